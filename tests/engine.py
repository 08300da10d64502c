"""The engine and the plain reference asked the same question, for tests that hold one against the other."""

import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from compliance.policy import Policy, judge, load_policy
from compliance.policy.calendars import from_day
from compliance.records import check_instants, columns, convert_crime
from tests.reference import answer_record

RULES = Path(__file__).parents[1] / "rules"
POLICIES = ("west-mercia", "hertfordshire", "victims-code-2006", "victims-code-2020")
ADDITIONS = Path(__file__).parent / "additions"
ADDITIONAL = ("enhanced-fortnightly", "everyone-else", "by-offence", "working-day-repeats", "switch", "hours")
"""Policies that use the additions to the rules, which no shipped one does (docs/rules-additions.md)."""
Row = dict[str, Any]


@cache
def shipped(name: str) -> tuple[Policy, dict[str, Any]]:
    """A policy for the engine and for the reference: a shipped one, or one of `ADDITIONAL`."""
    path = (ADDITIONS if name in ADDITIONAL else RULES) / f"{name}.toml"
    return load_policy(path), tomllib.loads(path.read_text("utf-8"))


def engine_answers(
    records: Iterable[Row], policy: Policy, as_at: datetime, known_at: datetime | None = None
) -> tuple[list[Row], list[Row]]:
    """The engine's verdicts on records, as JSON would hold them, and what it sets aside (rules 6.1a), in the words of
    the reference."""
    crimes = [convert_crime(record) for record in records]
    assert not check_instants(crimes)
    verdicts = judge(columns(crimes), policy, as_at, known_at)
    rows = verdicts.table().to_pylist()
    rows = [{k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows]
    aside, names = verdicts.set_aside, ("crime_ref", "victim_ref", "requirement", "cycle")
    clocks = [{"clock": from_day(day).isoformat()} for day in aside.clock_date.tolist()]
    named = [{name: row[name] for name in names} for row in aside.table().to_pylist()]
    return rows, [name | clock for name, clock in zip(named, clocks, strict=True)]


def engine_rows(records: Iterable[Row], policy: Policy, as_at: datetime, known_at: datetime | None = None) -> list[Row]:
    """The engine's verdicts on records, as JSON would hold them."""
    return engine_answers(records, policy, as_at, known_at)[0]


def first_difference(
    records: list[Row], policy: Policy, data: dict[str, Any], as_at: datetime, known_at: datetime | None = None
) -> tuple[int, str | None]:
    """(how many verdicts were compared, the first record on which engine and reference differ, in words)."""
    got, aside = engine_answers(records, policy, as_at, known_at)
    place = other = 0
    for record in records:
        expected, apart = answer_record(record, data, as_at, known_at)
        mine, mine_apart = got[place : place + len(expected)], aside[other : other + len(apart)]
        if mine != expected or mine_apart != apart:
            return place, f"{record}\nengine    {mine}\n{mine_apart}\nreference {expected}\n{apart}"
        place, other = place + len(expected), other + len(apart)
    more = len(got) - place + len(aside) - other
    return place, f"{more} more than the reference gives" if more else None
