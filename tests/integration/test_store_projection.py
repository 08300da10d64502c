"""The obligations as a projection of the records: kept up at the cost of what changed, and always rebuildable."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from compliance.policy import Policy, judge
from compliance.progress import WorkStep, watching
from compliance.records import columns, convert_crime
from compliance.store import Store, judge_due, list_overdue
from compliance.store.judgements import projection
from compliance.store.tables import CRIME, OBLIGATION, TRANSITION
from tests import stores
from tests.engine import shipped
from tests.histories import histories
from tests.stores import Record, at, crime, rows, take, updates

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

WEST_MERCIA = shipped("west-mercia")[0]
KEY = ("crime_ref", "victim_ref", "requirement", "cycle")
COMPARED = (*KEY, "clock_date", "due_date", "state", "discharged_on", "reason", "same_day_update")
HOLDER = ("division", "team", "officer_ref")
LOG = ("requirement", "cycle", "from_state", "to_state", "dated", "spell")
"""A crime reported on 1 July: due on 8 July, and on the 29th."""
JULY = [at(f"2026-07-{day:02} 06:00") for day in range(1, 32)]


def judged(records: Iterable[Record], policy: Policy, now: datetime) -> list[tuple[Any, ...]]:
    """The obligations that should stand, by judging all records at once."""
    ordered = sorted(records, key=lambda record: str(record["crime_ref"]))
    found = judge(columns([convert_crime(record) for record in ordered]), policy, now).table().to_pylist()
    holders = {record["crime_ref"]: holder(record, now) for record in ordered}
    return sorted((*(row[name] for name in COMPARED), *holders[row["crime_ref"]]) for row in found)


def holder(record: Record, now: datetime) -> tuple[Any, ...]:
    """Who has the case now (records section 1), plainly."""
    since = [(datetime.fromisoformat(a["from"]), n, a) for n, a in enumerate(record.get("allocations") or [])]
    there = sorted((at, n) for at, n, _ in since if at <= now)
    has = since[there[-1][1]][2] if there else record
    return tuple(has.get(name) for name in HOLDER)


def log(store: Store) -> list[tuple[Any, ...]]:
    """The transitions in the order they were written, dates as text."""
    return [(*row[:4], f"{row[4]:%d %b}", row[5]) for row in rows(store, TRANSITION, *LOG)]


def test_judging_what_is_due_is_as_good_as_judging_everything(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any sequence of changes and days: changed, new and untouched crimes, several batches a cycle."""
    monkeypatch.setattr(projection, "BATCH", 17)
    dice = Random(26)
    now = at("2026-09-20 05:00")
    standing: dict[str, Record] = {}
    variants = [list(histories(seed, 60, as_at=now + timedelta(days=15 * seed))) for seed in range(5)]
    judged_crimes = 0
    for _ in range(25):
        now += timedelta(minutes=dice.choice((0, 1, 300, 1440, 1440, 1440, 3 * 1440, 9 * 1440)))
        changed = dice.sample(dice.choice(variants), dice.choice((0, 0, 3, 20)))
        take(store, now, *changed)
        standing |= {record["crime_ref"]: record for record in changed}
        done = judge_due(store, WEST_MERCIA, now)
        judged_crimes += done.crimes
        assert sorted(rows(store, OBLIGATION, *COMPARED, *HOLDER)) == judged(standing.values(), WEST_MERCIA, now)
        before = rows(store, TRANSITION)
        assert judge_due(store, WEST_MERCIA, now).transitions == 0
        assert rows(store, TRANSITION) == before
        check_log(store)
    assert 200 < judged_crimes < 25 * len(standing) / 2, "only what changed or woke is judged"


def check_log(store: Store) -> None:
    """The log, read from its start, ends in what stands, and counts the spells."""
    now: dict[tuple[Any, ...], str | None] = {}
    spells: dict[tuple[Any, ...], int] = defaultdict(int)
    for *key, from_state, to_state, spell in rows(
        store, TRANSITION, *KEY, "clock_date", "from_state", "to_state", "spell"
    ):
        of = tuple(key)
        assert from_state != to_state
        assert (from_state in ("overdue", "met", "late")) <= (now.get(of) == from_state), "it goes on where it left off"
        spells[of] += to_state == "overdue"
        assert spell == max(spells[of], 1)
        now[of] = to_state
    for *key, state in rows(store, OBLIGATION, *KEY, "clock_date", "state"):
        logged = state in ("overdue", "met", "late")
        assert now.get(tuple(key)) == state if logged else now.get(tuple(key)) not in ("overdue", "met", "late")


def test_what_becomes_overdue_is_logged_once_dated_at_the_deadline(store: Store) -> None:
    take(store, JULY[1], crime())
    for now in JULY[1:8]:
        judge_due(store, WEST_MERCIA, now)
        assert log(store) == []
    for now in JULY[11:14]:
        judge_due(store, WEST_MERCIA, now)
        assert log(store) == [("7-day", 1, "pending", "overdue", "08 Jul", 1)]
    assert rows(store, TRANSITION, "noticed_at", "clock_date") == [(JULY[11], date(2026, 7, 1))]


def test_what_is_discharged_is_logged_dated_at_the_discharge(store: Store) -> None:
    take(store, JULY[1], crime())
    judge_due(store, WEST_MERCIA, JULY[8])
    take(store, JULY[14], crime(updates=updates("2026-07-12")))
    judge_due(store, WEST_MERCIA, JULY[14])
    assert log(store) == [
        ("7-day", 1, None, "overdue", "08 Jul", 1),
        ("28-day", 1, "pending", "met", "12 Jul", 1),
        ("7-day", 1, "overdue", "late", "12 Jul", 1),
    ]


def test_an_update_withdrawn_makes_it_overdue_again_in_a_second_spell(store: Store) -> None:
    """An update that was moved to another crime re-opens what it had discharged; both facts stay in the log."""
    late = crime(updates=updates("2026-07-12"))
    for now, record in ((JULY[8], crime()), (JULY[12], late), (JULY[13], crime()), (JULY[14], late)):
        take(store, now, record)
        judge_due(store, WEST_MERCIA, now)
    assert [row[2:] for row in log(store) if row[0] == "7-day"] == [
        (None, "overdue", "08 Jul", 1),
        ("overdue", "late", "12 Jul", 1),
        ("late", "overdue", "08 Jul", 2),
        ("overdue", "late", "12 Jul", 2),
    ]


def test_an_update_moved_to_another_crime_reopens_one_and_discharges_the_other(store: Store) -> None:
    """Whichever of the two crimes comes first, and in whichever page: all facts stay in the log."""
    told = updates("2026-07-12")
    take(store, JULY[8], crime("A", updates=[]), crime("B"))
    judge_due(store, WEST_MERCIA, JULY[8])
    for now, records in (
        (JULY[12], [crime("A", updates=told)]),
        (JULY[14], [crime("B", updates=told)]),  # for a while both crimes have it
        (JULY[15], [crime("A", updates=[])]),
    ):
        take(store, now, *records)
        judge_due(store, WEST_MERCIA, now)
    found = rows(store, TRANSITION, "crime_ref", "requirement", "from_state", "to_state", "spell", "noticed_at")
    assert [(ref, *rest) for ref, requirement, *rest in found if requirement == "7-day"][2:] == [
        ("A", "overdue", "late", 1, JULY[12]),
        ("B", "overdue", "late", 1, JULY[14]),
        ("A", "late", "overdue", 2, JULY[15]),
    ]
    assert [o.crime_ref for o in list_overdue(store, date(2026, 7, 16))] == ["A"]


def test_a_corrected_report_date_ends_one_obligation_and_begins_another(store: Store) -> None:
    """The clock date is part of what an obligation is: the spells of one count nothing for the other."""
    take(store, JULY[1], crime())
    judge_due(store, WEST_MERCIA, JULY[9])
    take(store, JULY[10], crime(reported_at="2026-07-02T09:00:00Z"))
    judge_due(store, WEST_MERCIA, JULY[10])
    assert log(store) == [
        ("7-day", 1, None, "overdue", "08 Jul", 1),
        ("7-day", 1, "overdue", None, "11 Jul", 1),
        ("7-day", 1, None, "overdue", "09 Jul", 1),
    ]


@pytest.mark.parametrize(
    ("why", "change", "state", "dated"),
    [
        ("rules 5.3", {"status": [{"status": "cancelled", "at": "2026-07-10T09:00:00Z"}]}, "lapsed", "10 Jul"),
        ("rules 5.4", {"victims": [{"victim_ref": "V1", "declined_at": "2026-07-11T09:00:00Z"}]}, "missed", "11 Jul"),
        ("rules 5.5", {"victims": [{"victim_ref": "V1", "category": "state"}]}, "exempt", "15 Jul"),
        ("the victim was the wrong one", {"victims": []}, None, "15 Jul"),
    ],
)
def test_what_is_owed_no_longer_is_dated_when_it_ended_or_else_when_that_was_noticed(
    store: Store, why: str, change: dict[str, Any], state: str | None, dated: str
) -> None:
    take(store, JULY[1], crime())
    judge_due(store, WEST_MERCIA, JULY[8])
    take(store, JULY[14], crime(**change))
    judge_due(store, WEST_MERCIA, JULY[14])
    assert log(store)[1:] == [("7-day", 1, "overdue", state, dated, 1)], why


def test_a_closed_case_is_written_off_on_its_day_without_any_change(store: Store) -> None:
    """Rules 3.6: closed on 2 July, not open at the end of 28 days before 30 July; noticed the day after."""
    take(store, JULY[2], crime(status=[{"status": "closed", "at": "2026-07-02T09:00:00Z"}]))
    for now in JULY[2:31]:
        judge_due(store, WEST_MERCIA, now)
    assert [row for row in log(store) if row[0] == "7-day"] == [
        ("7-day", 1, "pending", "overdue", "08 Jul", 1),
        ("7-day", 1, "overdue", "missed", "30 Jul", 1),
    ]
    assert rows(store, TRANSITION, "noticed_at")[-1] == (JULY[30],)
    assert rows(store, CRIME, "wake_on") == [(None,)]


def test_a_cycle_judges_only_what_changed_or_woke(store: Store) -> None:
    take(store, JULY[1], crime("A"), crime("B"), crime("C", reported_at="2026-07-03T09:00:00Z"))
    assert judge_due(store, WEST_MERCIA, JULY[2]).crimes == 3
    assert rows(store, CRIME, "crime_ref", "wake_on") == [
        ("A", date(2026, 7, 9)),
        ("B", date(2026, 7, 9)),
        ("C", date(2026, 7, 3)),  # its report still lies in the future
    ]
    take(store, JULY[4], crime("A", division="X"), crime("B"))
    assert judge_due(store, WEST_MERCIA, JULY[4]).crimes == 2
    assert judge_due(store, WEST_MERCIA, JULY[5]).crimes == 0
    assert judge_due(store, WEST_MERCIA, at("2026-07-08 22:59")).crimes == 0
    assert judge_due(store, WEST_MERCIA, at("2026-07-08 23:00")).crimes == 2, "by the local date (rules 2.6)"


def test_a_changed_policy_judges_everything_again(store: Store) -> None:
    take(store, JULY[1], crime("A"), crime("B"))
    judge_due(store, WEST_MERCIA, JULY[2])
    strict = WEST_MERCIA.with_values(exempt_victims=["standard"])
    assert judge_due(store, strict, JULY[2]).crimes == 2
    assert {row[0] for row in rows(store, OBLIGATION, "state")} == {"exempt"}
    assert judge_due(store, strict, JULY[2]).crimes == 0


def test_an_obligation_says_who_has_the_case_now(store: Store) -> None:
    """Reminders go there, whoever had the case at the end of the due date."""
    handover = [{"officer_ref": "O7", "team": "T7", "division": "D7", "from": "2026-07-12T09:00:00Z"}]
    take(store, JULY[9], crime(allocations=handover, division="D1"))
    for now, held_by in ((JULY[9], ("D1", None, "O1")), (JULY[12], ("D7", "T7", "O7"))):
        judge_due(store, WEST_MERCIA, now)
        (overdue,) = list_overdue(store, now.date())
        assert (overdue.requirement, overdue.division, overdue.team, overdue.officer_ref) == ("7-day", *held_by)


def test_what_is_outstanding_comes_the_longest_overdue_first(store: Store) -> None:
    late, later = crime("B"), crime("A", reported_at="2026-07-02T09:00:00Z")
    take(store, JULY[3], late, later, crime("C", updates=updates("2026-07-05")))
    judge_due(store, WEST_MERCIA, JULY[10])
    found = list_overdue(store, date(2026, 7, 11))
    assert [(o.crime_ref, o.due_date.day) for o in found] == [("B", 8), ("A", 9)]
    assert [o.crime_ref for o in list_overdue(store, date(2026, 7, 9))] == ["B"]


def test_judging_says_after_each_batch_how_far_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "BATCH", 2)
    take(store, JULY[1], *(crime(f"22A/{number}/26") for number in range(5)))
    said: list[WorkStep] = []
    with watching(said.append):
        judge_due(store, WEST_MERCIA, JULY[1])
    assert said == [WorkStep("crimes judged", done, 5) for done in (2, 4, 5)]
