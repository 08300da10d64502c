"""The engine and the plain reference asked the same question, for tests that hold one against the other."""

import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from compliance.policy import Policy, judge, load_policy
from compliance.records import check_instants, columns, convert_crime
from tests.reference import judge_record

RULES = Path(__file__).parents[1] / "rules"
POLICIES = ("west-mercia", "hertfordshire", "victims-code-2006", "victims-code-2020")
Row = dict[str, Any]


@cache
def shipped(name: str) -> tuple[Policy, dict[str, Any]]:
    """A shipped policy, for the engine and for the reference."""
    path = RULES / f"{name}.toml"
    return load_policy(path), tomllib.loads(path.read_text("utf-8"))


def engine_rows(records: Iterable[Row], policy: Policy, as_at: datetime, known_at: datetime | None = None) -> list[Row]:
    """The engine's verdicts on records, as JSON would hold them."""
    crimes = [convert_crime(record) for record in records]
    assert not check_instants(crimes)
    rows = judge(columns(crimes), policy, as_at, known_at).table().to_pylist()
    return [{k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows]


def first_difference(
    records: list[Row], policy: Policy, data: dict[str, Any], as_at: datetime, known_at: datetime | None = None
) -> tuple[int, str | None]:
    """(how many verdicts were compared, the first record on which engine and reference differ, in words)."""
    got = engine_rows(records, policy, as_at, known_at)
    place = 0
    for record in records:
        expected = judge_record(record, data, as_at, known_at)
        mine = got[place : place + len(expected)]
        if mine != expected:
            return place, f"{record}\nengine    {mine}\nreference {expected}"
        place += len(expected)
    return place, None if place == len(got) else f"{len(got) - place} verdicts more than the reference gives"
