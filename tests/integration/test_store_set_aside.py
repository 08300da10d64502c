"""What the calendar does not allow to be judged is kept beside what is judged, by the same projection (rules 6.1a)."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import delete, insert, update

from compliance.store import RetentionPeriods, Store, apply_retention, count_set_aside, export, judge_due, rebuild
from compliance.store.judgements import projection
from compliance.store.tables import CRIME, OBLIGATION, SET_ASIDE, TRANSITION
from tests import stores
from tests.calendars import policy_until
from tests.engine import shipped
from tests.stores import Record, at, crime, rows, take, updates

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

CODE = shipped("victims-code-2020")[0]
NOW = at("2026-07-20 06:00")
KEY = ("crime_ref", "victim_ref", "requirement", "cycle")
LOG = ("requirement", "cycle", "from_state", "to_state", "spell")


def arrested(*days: str, **fields: Any) -> Record:
    """A crime whose suspect was arrested on those days."""
    events = [
        {"event_ref": f"E{n}", "kind": "suspect_arrested", "at": f"{day}T12:00:00Z"} for n, day in enumerate(days)
    ]
    return crime(**({"events": events} | fields))


def poison(ref: str = "22A/90/90", **fields: Any) -> Record:
    """A crime of 1990 with an event of then, which no calendar knows."""
    old = {"reported_at": "1990-03-01T10:00:00Z", "status": [{"status": "closed", "at": "1990-03-20T12:00:00Z"}]}
    return arrested("1990-03-02", crime_ref=ref, **(old | fields))


def states(store: Store) -> dict[tuple[Any, ...], str]:
    """How each obligation under `arrested` stands, by crime and number."""
    found = rows(store, OBLIGATION, "crime_ref", "requirement", "cycle", "state")
    return {(ref, cycle): state for ref, requirement, cycle, state in found if requirement == "arrested"}


def test_one_record_that_cannot_be_judged_keeps_no_other_from_being_judged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One crime of 1990 with an event among good ones, in the same batch and in another (6.1a)."""
    monkeypatch.setattr(projection, "BATCH", 2)
    good = [arrested("2026-07-06", crime_ref=f"22A/{n}/26") for n in range(5)]
    take(store, NOW, *good[:2], poison("22A/2.5/90"), *good[2:])
    assert judge_due(store, CODE, NOW).crimes == 6
    assert states(store) == {(f"22A/{n}/26", 1): "overdue" for n in range(5)}
    assert rows(store, SET_ASIDE) == [
        (
            "22A/2.5/90", "V1", "arrested", 1, "6.1a",
            "5 working days after 2 March 1990 (suspect arrested) begin before the calendar does; calendar "
            "'england-and-wales' is known from 1 January 1995 to 31 December 2028: check that date in the record, or move "
            "covers_from in the calendar's file", "before the calendar",
        )
    ]  # fmt: skip
    assert count_set_aside(store) == 1
    assert judge_due(store, CODE, NOW).crimes == 0, "nothing is due any more"


def test_a_corrected_record_is_judged_again(store: Store) -> None:
    take(store, NOW, poison())
    judge_due(store, CODE, NOW)
    take(store, NOW, arrested("2026-07-06", crime_ref="22A/90/90"))
    judge_due(store, CODE, NOW)
    assert rows(store, SET_ASIDE) == []
    assert states(store) == {("22A/90/90", 1): "overdue"}


def test_a_calendar_that_moves_on_judges_what_it_could_not(store: Store, tmp_path: Path) -> None:
    """Another calendar is another policy digest, and wakes every crime (6.1a)."""
    take(store, NOW, arrested("2026-07-01", "2026-07-09"))
    judge_due(store, policy_until(tmp_path, "2026-07-10"), NOW)
    assert rows(store, SET_ASIDE, *KEY) == [("22A/1/26", "V1", "arrested", 2)]
    assert "9 July 2026 (suspect arrested) end after the calendar does" in rows(store, SET_ASIDE, "reason")[0][0]
    assert states(store) == {("22A/1/26", 1): "overdue"}
    judge_due(store, policy_until(tmp_path, "2026-12-31"), NOW)
    assert rows(store, SET_ASIDE) == []
    assert states(store) == {("22A/1/26", 1): "overdue", ("22A/1/26", 2): "overdue"}


def test_what_becomes_set_aside_is_neither_discharged_nor_gone_in_the_log(store: Store, tmp_path: Path) -> None:
    """An obligation overdue, then not to be judged, then overdue again: the log says so, dated when it was noticed."""
    long, short = "2026-12-31", "2026-07-10"
    take(store, NOW, arrested("2026-07-09"))
    for until in (long, short, long):
        judge_due(store, policy_until(tmp_path, until), NOW)
    assert rows(store, TRANSITION, *LOG) == [
        ("arrested", 1, None, "overdue", 1),
        ("arrested", 1, "overdue", "set aside", 1),
        ("arrested", 1, "set aside", "overdue", 2),
    ]
    assert [str(dated) for (dated,) in rows(store, TRANSITION, "dated")] == ["2026-07-16", "2026-07-20", "2026-07-16"]


def test_an_obligation_that_is_there_no_longer_is_not_said_to_be_set_aside(store: Store) -> None:
    """A world in which the sentence would be untrue: the event was deleted from the record."""
    take(store, NOW, arrested("2026-07-06"))
    judge_due(store, CODE, NOW)
    take(store, NOW, crime())
    judge_due(store, CODE, NOW)
    assert rows(store, TRANSITION, *LOG)[-1] == ("arrested", 1, "overdue", None, 1)


def test_rebuild_counts_what_stood_otherwise_among_what_is_set_aside(store: Store) -> None:
    take(store, NOW, poison("22A/1/90"), poison("22A/2/90"), poison("22A/3/90"))
    judge_due(store, CODE, NOW)
    before = rows(store, SET_ASIDE)
    assert rebuild(store, CODE, NOW).differences == 0
    orphan = dict(
        zip((*KEY, "clause", "reason"), ("22A/9/90", "V1", "arrested", 1, "6.1a", "of no crime"), strict=True)
    )
    with store.writing() as connection:
        connection.execute(delete(SET_ASIDE).where(SET_ASIDE.c.crime_ref == "22A/1/90"))
        connection.execute(update(SET_ASIDE).where(SET_ASIDE.c.crime_ref == "22A/2/90").values(reason="another"))
        connection.execute(insert(SET_ASIDE).values(orphan))
    assert rebuild(store, CODE, NOW).differences == 3
    assert rows(store, SET_ASIDE) == before


def test_what_is_set_aside_goes_with_its_crime(store: Store) -> None:
    """Retention removes it with all else that follows from the crime."""
    take(store, NOW, poison(), arrested("2026-07-06", crime_ref="22A/2/26"))
    judge_due(store, CODE, NOW)
    assert apply_retention(store, RetentionPeriods("remove", 365, CODE.local), NOW) == 1
    assert rows(store, CRIME, "crime_ref") == [("22A/2/26",)]
    assert rows(store, SET_ASIDE) == []


def test_what_is_set_aside_is_exported(store: Store, tmp_path: Path) -> None:
    take(store, NOW, poison(), arrested("2026-07-06", crime_ref="22A/2/26", updates=updates("2026-07-07")))
    judge_due(store, CODE, NOW)
    assert export(store, tmp_path)["set_aside"] == 1
    (row,) = pq.read_table(tmp_path / "set_aside.parquet").to_pylist()
    assert tuple(row.values()) == rows(store, SET_ASIDE)[0]
