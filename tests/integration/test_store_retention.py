"""Retention: a set time after closing a crime is removed, or stripped of its officers, and that is written down."""

from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from compliance.store import (
    RetentionPeriods,
    Store,
    apply_retention,
    judge_due,
    load_columns,
    load_crimes,
    rebuild,
    retention_due,
)
from compliance.store.content import crime_digest, unpack
from compliance.store.removing import retention
from compliance.store.removing.retention import Action
from compliance.store.tables import (
    CRIME,
    CRIME_VERSION,
    NOTICE,
    OBLIGATION,
    OUTBOX,
    QUARANTINE,
    REMOVAL,
    TRANSITION,
)
from tests import stores
from tests.engine import shipped
from tests.stores import Record, at, crime, rows, take, updates

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

WEST_MERCIA = shipped("west-mercia")[0]
JULY, AUGUST, LATER = at("2026-07-12 06:00"), at("2026-08-12 06:00"), at("2027-12-01 06:00")
CLOSED = {"status": "closed", "at": "2026-07-20T22:59:00Z"}  # 23:59 on 20 July in London
OPEN, CANCELLED = (
    {"status": "open", "at": "2026-08-01T09:00:00Z"},
    {"status": "cancelled", "at": "2026-08-02T09:00:00Z"},
)


def rule(action: Action = "remove", days: int = 400) -> RetentionPeriods:
    return RetentionPeriods(action, days, WEST_MERCIA.local)


def due(store: Store, now: Any, days: int = 400) -> dict[str, date]:
    return {ended.crime_ref: ended.closed_on for ended in retention_due(store, rule(days=days), now)}


def closed(crime_ref: str, **fields: Any) -> Record:
    return crime(crime_ref, status=[CLOSED], updates=updates("2026-07-05"), **fields)


def test_its_time_has_come_that_many_local_days_after_it_was_closed_for_good(store: Store) -> None:
    take(
        store,
        AUGUST,
        closed("closed"),
        crime("open"),
        crime("reopened", status=[CLOSED, OPEN]),
        crime("reopened, then cancelled", status=[CANCELLED, OPEN, CLOSED]),
        crime("cancelled after closing", status=[CLOSED, CANCELLED]),
        crime("at the same instant", status=[CLOSED, {**OPEN, "at": CLOSED["at"]}]),
        crime("to be closed", status=[{"status": "closed", "at": "2027-12-24T09:00:00Z"}]),
    )
    judge_due(store, WEST_MERCIA, LATER)
    assert due(store, LATER) == {
        "cancelled after closing": date(2026, 7, 20),
        "closed": date(2026, 7, 20),
        "reopened, then cancelled": date(2026, 8, 2),
    }
    last_day = at("2027-08-24 22:59")  # the 400th day after, until midnight in London
    assert due(store, last_day) == {}
    assert set(due(store, at("2027-08-24 23:00"))) == {"cancelled after closing", "closed"}


def test_what_is_still_owed_is_kept(store: Store) -> None:
    take(store, JULY, crime("owed", status=[CLOSED]), closed("done"))
    judge_due(store, WEST_MERCIA, JULY)  # and never since: the 7-day requirement stands as overdue
    assert set(due(store, LATER)) == {"done"}


@pytest.fixture
def told(store: Store) -> Store:
    """Two crimes with versions, obligations, transitions, a refused form and a mail that told of both; one was closed."""
    take(store, JULY, crime("A"), crime("B"))
    judge_due(store, WEST_MERCIA, JULY)
    both = {"division": "D", "allocations": [{"from": "2026-07-02T09:00:00Z", "officer_ref": "O2", "team": "T"}]}
    late = [{"update_ref": "U", "at": "2026-07-13T09:00:00Z", "outcome": "informed", "officer_ref": "O3"}]
    held = [{"victim_ref": "V1", "contact_holds": [{"reason": "unsafe", "by": "O4"}]}]
    take(store, AUGUST, *(crime(ref, status=[CLOSED], updates=late, victims=held, **both) for ref in "AB"))
    take(store, AUGUST, crime("A", reported_at="soon"))
    judge_due(store, WEST_MERCIA, AUGUST)
    take(store, at("2027-11-01 06:00"), crime("B", status=[CLOSED, OPEN]))
    with store.writing() as connection:
        mail = {
            "id": 1, "key": "digest", "kind": "digest", "recipient_ref": "O1", "to_address": "o1@force.example", "attempts": 1,
            "subject": "1 victim", "text": "crime A", "html": "<p>crime A", "headers": {}, "message_id": "<1@x>",
            "state": "sent", "created_at": JULY,
        }  # fmt: skip
        connection.execute(insert(OUTBOX), [mail, mail | {"id": 2, "key": "another", "text": "crime B"}])
        notice = {
            "recipient_ref": "O1", "crime_ref": "A", "victim_ref": "V1", "requirement": "7-day", "cycle": 1, "clock_date": JULY.date(),
            "spell": 1, "step": "overdue", "decided_on": JULY.date(), "outcome": "told", "reason": "overdue", "outbox_id": 1,
        }  # fmt: skip
        connection.execute(insert(NOTICE), [notice, notice | {"crime_ref": "B", "outbox_id": 2}])
    return store


def test_a_crime_is_removed_with_all_that_follows_from_it_and_nothing_else_is(told: Store) -> None:
    kept = {t.name: rows(told, t) for t in (CRIME, CRIME_VERSION, OBLIGATION, TRANSITION, NOTICE)}
    assert apply_retention(told, rule(), LATER) == 1
    for table in (CRIME, CRIME_VERSION, OBLIGATION, TRANSITION, NOTICE):
        place = list(table.c.keys()).index("crime_ref")
        assert rows(told, table) == [row for row in kept[table.name] if row[place] != "A"]
        assert rows(told, table) != []
    assert rows(told, QUARANTINE) == []
    assert rows(told, OUTBOX, "key", "text", "html") == [("digest", "", None), ("another", "crime B", "<p>crime A")]
    assert load_columns(told, JULY).crime_ref.to_pylist() == ["B"], "nor is it known as at an earlier instant"
    assert apply_retention(told, rule(), LATER) == 0


def test_each_removal_is_written_down_without_the_crime_number(told: Store) -> None:
    (digest,) = (row[1] for row in rows(told, CRIME, "crime_ref", "digest") if row[0] == "A")
    apply_retention(told, rule(), LATER)
    (written,) = rows(told, REMOVAL)
    assert written[1:6] == (crime_digest("A"), digest, "remove", date(2026, 7, 20), LATER)
    assert written[6:] == (1, 2, 2, 1), "versions, obligations, transitions and notices that went with it"


def test_the_same_record_does_not_come_back_and_one_that_was_worked_on_does(told: Store) -> None:
    """A nightly export may hold a crime for years after."""
    (record,) = load_crimes(told, ["A"])
    apply_retention(told, rule(), LATER)
    assert take(told, LATER, msgspec.to_builtins(record)).changed == 0
    assert load_crimes(told, ["A"]) == []
    reopened = msgspec.to_builtins(record) | {"status": [CLOSED, {**OPEN, "at": "2027-12-01T05:00:00Z"}]}
    assert take(told, LATER, reopened).changed == 1


def test_a_crime_is_stripped_of_its_officers_in_every_version_and_judged_as_before(told: Store) -> None:
    plain = rows(told, OBLIGATION, "crime_ref", "requirement", "state", "division", "team")
    (record,) = load_crimes(told, ["A"])
    assert apply_retention(told, rule("strip"), LATER) == 1
    (found,) = load_crimes(told, ["A"])
    told_of = [found, *unpack(row[1] for row in rows(told, CRIME_VERSION, "crime_ref", "record") if row[0] == "A")]
    assert not any(b'"O' in msgspec.json.encode(each) for each in told_of)
    assert (found.division, (found.allocations or [])[0].team) == ("D", "T")
    assert rows(told, OBLIGATION, "crime_ref", "requirement", "state", "division", "team") == plain
    assert {row[1] for row in rows(told, OBLIGATION, "crime_ref", "officer_ref") if row[0] == "A"} == {None}
    assert rows(told, NOTICE, "crime_ref") == [("B",)]
    assert rows(told, REMOVAL, "action", "versions") == [("strip", 1)]
    assert apply_retention(told, rule("strip"), LATER) == 0
    assert take(told, LATER, msgspec.to_builtins(record)).changed == 0, "the same record brings no officer back"
    judge_due(told, WEST_MERCIA, LATER)
    assert rebuild(told, WEST_MERCIA, LATER).differences == 0


def test_in_batches_and_after_an_interruption(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 3)
    take(store, AUGUST, *(closed(f"22A/{n}/26") for n in range(8)), crime("22A/9/26"))
    judge_due(store, WEST_MERCIA, LATER)
    remove, calls = retention._remove, iter(range(9))

    def fail(*arguments: Any) -> None:
        if next(calls) == 1:
            raise RuntimeError("power cut")
        remove(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(retention, "_remove", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            apply_retention(store, rule(), LATER)
    assert (len(rows(store, CRIME)), len(rows(store, REMOVAL))) == (6, 3), "written down and gone, or neither"
    assert len(due(store, LATER)) == 5
    assert apply_retention(store, rule(), LATER) == 5
    assert [row[0] for row in rows(store, CRIME, "crime_ref")] == ["22A/9/26"]
