"""Every history of one victim up to a stated bound, judged by the engine and by the plain reference (docs/rules.md).

A history is some facts, each of one kind and on one day after the report; day 0 is D0. `every_sequence` writes each one
in every order. `histories` writes one of each set that the rules cannot tell apart:

- facts on different days, or in different lists of the record, are the same in any order (2.3, 2.9);
- of several changes of status on a day the last decides, and one that leaves the status as it was decides nothing (2.9);
- a second update on a day adds nothing, and of several handovers the last decides (3.2, 4.4, records section 2);
- asking again counts only after the date of the decline (5.4);
- a fact later than the day of the question does not exist (2.7);
- between two days on which something can fall due, one day represents the others, where a bound has a grid of days.

Tests hold the second list against the first: the same classes of answers, and no difference in either.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations, islice, product
from typing import Any, Final, NamedTuple

import pyarrow as pa

from compliance.policy import Policy, judge, parse_policy
from compliance.policy.verdicts import Clause
from compliance.records import columns, convert_crime
from tests.deciding_clauses import clauses_that_hold
from tests.engine import RULES, shipped
from tests.reference import Owed
from tests.reference_case import Case, Json

UPDATE, CLOSE, REOPEN, CANCEL, DECLINE, ASK_AGAIN, HAND_OVER, ARREST = (
    "update", "closed", "open", "cancelled", "decline", "ask again", "hand over", "arrest",
)  # fmt: skip
STATUS: Final = (CLOSE, REOPEN, CANCEL)
KINDS: Final = (UPDATE, *STATUS, DECLINE, ASK_AGAIN, HAND_OVER)
"""The kinds of fact of every bound; one may add arrests."""
DAY_0: Final = date(2026, 3, 2)
CHUNK: Final = 4000
"""Histories judged in one call of the engine."""


class Fact(NamedTuple):
    """One fact, on a day after the report."""

    day: int
    kind: str


History = tuple[Fact, ...]


@dataclass(frozen=True)
class Bound:
    """Which histories: at most `facts` facts, of `kinds`, on `days`; each asked about on every day of `todays`.

    `policy` is the name of a shipped policy. `limits` are the numbers of days put in place of its own (`shorten`).
    """

    name: str
    facts: int
    days: tuple[int, ...]
    todays: tuple[int, ...]
    policy: str = "west-mercia"
    category: str = "standard"
    kinds: tuple[str, ...] = KINDS
    limits: tuple[int, int, int] | None = None

    def __str__(self) -> str:
        return self.name

    def rules(self) -> tuple[Policy, Json]:
        """The policy, for the engine and for the reference."""
        return shorten(self.policy, self.limits) if self.limits else shipped(self.policy)


@cache
def shorten(name: str, limits: tuple[int, int, int]) -> tuple[Policy, Json]:
    """A shipped policy of a first and a repeated requirement with short limits, so that every day is a deadline or next
    to one: for the first, for the repeated one, and how long a closed case owes."""
    first, repeat, after_close = limits
    data: Json = {**shipped(name)[1], "owed_after_close_days": after_close}
    once, again = data["requirement"]
    data["requirement"] = [
        once | {"within": {"days": first}},
        again | {"within": {"days": repeat}, "repeat_every": {"days": repeat}},
    ]
    return parse_policy(data, RULES / f"{name}.toml"), data


def histories(bound: Bound, today: int) -> Iterator[History]:
    """One history of each set that cannot be told apart, with every fact on or before today."""
    return _days_on(bound, [day for day in bound.days if day <= today], bound.facts, "open", None)


def _days_on(bound: Bound, days: list[int], left: int, status: str, declining: bool | None) -> Iterator[History]:
    """Every continuation on some days. `declining`: None before a decline, False once the victim has asked again."""
    yield ()
    for place, day in enumerate(days):
        for kinds in _kinds_of_a_day(bound.kinds, left, status, declining):
            facts = tuple(Fact(day, kind) for kind in kinds)
            stands = next((kind for kind in kinds if kind in STATUS), status)
            declines = True if DECLINE in kinds else False if ASK_AGAIN in kinds else declining
            for rest in _days_on(bound, days[place + 1 :], left - len(kinds), stands, declines):
                yield facts + rest


@cache
def _kinds_of_a_day(every: tuple[str, ...], left: int, status: str, declining: bool | None) -> list[tuple[str, ...]]:
    """Which kinds of fact one day can hold, at least one and at most `left`."""
    free = [kind for kind in every if kind not in {*STATUS, DECLINE, ASK_AGAIN}]
    if declining is not False:
        free.append(ASK_AGAIN if declining else DECLINE)
    changes = [(), *((kind,) for kind in STATUS if kind != status)]
    several = [change + some for change in changes for n in range(left + 1) for some in combinations(free, n)]
    return [kinds for kinds in several if 1 <= len(kinds) <= left]


def every_sequence(bound: Bound) -> Iterator[History]:
    """Every sequence of facts, in any order and with repetitions, also of days still to come. A record has room for one
    decline and one end of it (records section 1)."""
    facts = [Fact(day, kind) for day in bound.days for kind in bound.kinds]
    for count in range(bound.facts + 1):
        for sequence in product(facts, repeat=count):
            if all([fact.kind for fact in sequence].count(kind) < 2 for kind in (DECLINE, ASK_AGAIN)):
                yield sequence


@cache
def instant_of(day: int, hour: int = 12) -> datetime:
    """An hour of a day after the report, in UTC."""
    return datetime(DAY_0.year, DAY_0.month, DAY_0.day, hour, tzinfo=UTC) + timedelta(days=day)


@cache
def _text(day: int, hour: int = 12) -> str:
    return instant_of(day, hour).isoformat()


def record_of(history: History, category: str, number: int) -> Json:
    """The crime record of a history: reported and allocated in the morning of day 0, each fact at noon of its day."""
    found: dict[str, list[str]] = {}
    for fact in history:
        found.setdefault(fact.kind, []).append(_text(fact.day))
    handed = [_text(0, 10), *found.get(HAND_OVER, ())]
    place = {at: n for n, at in enumerate(sorted(set(handed)))}
    return {
        "crime_ref": str(number),
        "reported_at": _text(0, 10),
        "status": [{"status": kind, "at": _text(day)} for day, kind in history if kind in STATUS],
        "allocations": [{"from": at, "officer_ref": f"P{place[at]}.{n}"} for n, at in enumerate(handed)],
        "victims": [
            {
                "victim_ref": "V",
                "category": category,
                "declined_at": next(iter(found.get(DECLINE, ())), None),
                "declined_until": next(iter(found.get(ASK_AGAIN, ())), None),
            }
        ],
        "updates": [
            {"update_ref": f"U{n}", "at": at, "outcome": "informed"} for n, at in enumerate(found.get(UPDATE, ()))
        ],
        "events": [
            {"event_ref": f"E{n}", "at": at, "kind": "suspect_arrested"} for n, at in enumerate(found.get(ARREST, ()))
        ],
    }


@dataclass
class Tally:
    """What was compared: how many histories (one for each day asked about) and verdicts, by clause, and the classes."""

    histories: int = 0
    clauses: Counter[str] = field(default_factory=Counter)
    classes: set[Any] = field(default_factory=set)

    def add(self, other: "Tally") -> None:
        """Count what was compared elsewhere too."""
        self.histories += other.histories
        self.clauses += other.clauses
        self.classes |= other.classes

    @property
    def verdicts(self) -> int:
        """How many verdicts were compared."""
        return self.clauses.total()


def compare_all(bound: Bound, *, part: int = 0, parts: int = 1) -> Tally:
    """Engine and reference on `histories`, on every day of the bound that is asked about."""
    tally = Tally()
    for today in bound.todays:
        tally.add(compare(bound, today, histories(bound, today), part=part, parts=parts))
    return tally


def compare(bound: Bound, today: int, found: Iterator[History], *, part: int = 0, parts: int = 1) -> Tally:
    """Engine and reference on some histories, as at the evening of a day; of every `parts` chunks that numbered `part`.

    Raises AssertionError with the first history on which they differ, or for which not exactly one clause decides.
    """
    tally, number = Tally(), 0
    while chunk := list(islice(found, CHUNK)):
        if number % parts == part:
            _compare_chunk(bound, today, chunk, tally)
        number += 1
    return tally


def _compare_chunk(bound: Bound, today: int, chunk: list[History], tally: Tally) -> None:
    policy, data = bound.rules()
    as_at = instant_of(today, 18)
    records = [record_of(history, bound.category, number) for number, history in enumerate(chunk)]
    verdicts = judge(columns([convert_crime(record) for record in records]), policy, as_at)
    rows = zip(*(_values(column) for column in verdicts.table().columns), strict=True)
    clauses = map(Clause, verdicts.clause.tolist())
    for history, record in zip(chunk, records, strict=True):
        expected = _answers(Case(record, data, as_at, None))
        for row, holding in expected:
            got, decided = next(rows, None), next(clauses, None)
            if got != row or [decided] != holding:
                raise AssertionError(
                    f"{history} on day {today}\nengine    {got} {decided!r}\nreference {row} {holding!r}"
                )
        tally.histories += 1
        tally.clauses.update(holding[0].name for _, holding in expected)
        tally.classes.add(tuple(_class_of(row, holding[0]) for row, holding in expected))
    assert next(rows, None) is None, f"{bound} on day {today}: the engine has more verdicts than the reference"


def _values(column: pa.ChunkedArray) -> list[Any]:
    return (column.cast(pa.string()) if pa.types.is_date(column.type) else column).to_pylist()


def _answers(case: Case) -> list[tuple[tuple[Any, ...], list[Clause]]]:
    """The rows that the reference gives, in order, each with every clause whose condition holds for it."""
    owed = Owed(case, case.record["victims"][0])
    found = [
        (tuple(owed.row(requirement, obligation, answer).values()), clauses_that_hold(owed, requirement, obligation))
        for requirement in owed.requirements.values()
        for obligation, answer in owed.answers(requirement)
    ]
    return sorted(found, key=lambda each: each[0][2:4])


def _class_of(row: tuple[Any, ...], clause: Clause) -> tuple[Any, ...]:
    """What a verdict says, without its dates: how late, in three steps, and whether on the due date itself."""
    requirement, cycle, _, due, _, discharged, late, reason, same_day, entered, _, _, officer = row[2:]
    which = officer.partition(".")[0]  # the officer of the nth day with a handover, whoever else had the case that day
    return (requirement, cycle, clause, discharged == due, late and min(late, 2), reason, same_day, entered, which)
