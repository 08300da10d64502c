"""How a crime stands, held against the plain reference (rules 2.7, 2.9)."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from compliance.policy import judge
from compliance.policy.calendars import from_day
from compliance.policy.moment import Moment
from compliance.policy.status import STATUS_NAMES, Openness, shut_since, status_at, statuses_of
from compliance.policy.verdicts import Clause
from compliance.policy.wake import find_end_days
from compliance.records import Crime, columns, convert_crime
from compliance.records.instants import NONE, from_micros, to_micros
from tests.engine import shipped
from tests.histories import AS_AT, histories
from tests.reference_case import Case, Json, instant

POLICY, DATA = shipped("west-mercia")
INSTANTS = (AS_AT, AS_AT - timedelta(days=30), AS_AT - timedelta(days=90))


@cache
def crowd() -> tuple[list[Json], list[Crime]]:
    records = list(histories(9, 1500))
    return records, [convert_crime(record) for record in records]


def changes(record: Json, as_at: datetime) -> list[Json]:
    """The changes of status that exist as at T, in order (rules 2.7, 2.9)."""
    return Case(record, DATA, as_at, None).by_time(record.get("status"), "at")


def shutting(told: list[Json]) -> Json | None:
    """Of changes in order the one that shut the crime and after which nothing opened it."""
    shut = None
    for change in told:
        shut = None if change["status"] == "open" else shut or change
    return shut


def test_a_crime_stands_as_its_last_change_leaves_it_at_an_instant() -> None:
    """Rules 2.9: open without one; of two at the same instant the later in the record. A change to come is none yet."""
    records, crimes = crowd()
    statuses, seen = columns(crimes).statuses, set()
    for as_at in INSTANTS:
        status = status_at(statuses, len(records), to_micros(as_at))
        for row, record in enumerate(records):
            told = changes(record, as_at)
            assert STATUS_NAMES[int(status.kind[row])] == (told[-1]["status"] if told else "open")
            since = int(status.since[row])
            assert (None if since == NONE else from_micros(since)) == (instant(told[-1]["at"]) if told else None)
            seen.add((STATUS_NAMES[int(status.kind[row])], len(told) > 1))
    assert seen >= {("open", False), ("open", True), ("closed", False), ("closed", True), ("cancelled", False)}


def test_a_crime_is_shut_since_the_change_after_which_nothing_opened_it() -> None:
    """Closed, then closed or cancelled again: since the first of them. What retention counts from."""
    records, crimes = crowd()
    statuses, again = columns(crimes).statuses, 0
    for as_at in INSTANTS:
        since = shut_since(statuses, len(records), to_micros(as_at))
        for row, record in enumerate(records):
            told = changes(record, as_at)
            shut = shutting(told)
            assert since[row] == (to_micros(instant(shut["at"])) if shut else NONE)
            again += shut is not None and shut is not told[-1]
    assert again


def test_changes_read_from_records_are_those_that_the_engine_has() -> None:
    """What the store reads without the rest of a record stands in the same order (rules 2.9)."""
    expected = columns(crowd()[1]).statuses
    found = statuses_of([crime.status for crime in crowd()[1]])
    for name in ("crime", "at", "kind"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))
    assert len(statuses_of([None, []])) == 0


def test_of_all_that_is_on_record_changes_to_come_are_too() -> None:
    record = {
        "crime_ref": "A",
        "reported_at": "2026-05-01T09:00:00Z",
        "status": [{"status": "closed", "at": "2026-06-05T09:00:00Z"}],
    }
    statuses = columns([convert_crime(record)]).statuses
    june = to_micros(datetime(2026, 6, 1, tzinfo=UTC))
    assert [STATUS_NAMES[int(status_at(statuses, 1, at).kind[0])] for at in (june, None)] == ["open", "closed"]
    assert shut_since(statuses, 1, june)[0] == NONE
    assert from_micros(int(shut_since(statuses, 1, None)[0])) == datetime(2026, 6, 5, 9, tzinfo=UTC)


def test_a_crime_was_open_at_the_end_of_a_day_as_the_last_change_of_the_day_leaves_it() -> None:
    records, crimes = crowd()
    moment = Moment.of(POLICY.local, AS_AT)
    openness = Openness(columns(crimes).statuses, len(crimes), moment, POLICY.local)
    every = np.arange(len(records))
    for back in (1, 2, 7, 30, 90):
        day = moment.today - back
        found = openness.at(every, np.full(len(records), day, dtype=np.int32))[0].tolist()
        assert found == [Case(r, DATA, AS_AT, None).open_at_end(from_day(day)) for r in records]
    assert openness.cancelled.tolist() == [Case(r, DATA, AS_AT, None).cancelled for r in records]


def test_what_a_cancellation_ended_ended_on_its_local_day() -> None:
    """Rules 5.3, 2.6."""
    records, crimes = crowd()
    verdicts = judge(columns(crimes), POLICY, AS_AT)
    ended, rows = find_end_days(verdicts), np.flatnonzero(verdicts.clause == Clause.CANCELLED)
    assert len(rows)
    for row in rows.tolist():
        case = Case(records[int(verdicts.crime[row])], DATA, AS_AT, None)
        assert from_day(ended[row]) == case.status[-1][0]
