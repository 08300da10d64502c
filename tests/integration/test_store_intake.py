"""Taking in pages: by content, whole or not at all, every earlier version kept, the refused set apart."""

from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete

from compliance.errors import UnavailableError
from compliance.records import Officer
from compliance.store import (
    Store,
    begin_poll,
    cursor_of,
    end_poll,
    last_complete_poll,
    load_crimes,
    officers,
    quarantine_counts,
    save_officers,
    seen_by,
    take_page,
)
from compliance.store.content import unpack, unpack_raw
from compliance.store.receiving import intake
from compliance.store.tables import CRIME, CRIME_VERSION, FEED, POLL, QUARANTINE
from tests import stores
from tests.stores import SOURCE, at, crime, raws, rows, take

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

FIRST, SECOND, THIRD = at("2026-07-02 06:00"), at("2026-07-03 06:00"), at("2026-07-04 06:00")
NO_OFFSET = crime(reported_at="2026-07-01T09:00:00")


def held(store: Store) -> list[dict[str, Any]]:
    """The versions that were replaced, as records."""
    return [msgspec.to_builtins(found) for found in unpack(row[0] for row in rows(store, CRIME_VERSION, "record"))]


def test_a_new_crime_is_kept_whole_and_wakes_at_once(store: Store) -> None:
    record = crime(changed_at="2026-07-02T05:00:00Z", offence="burglary")
    outcome = take(store, FIRST, record)
    assert (outcome.received, outcome.changed, outcome.refused) == (1, 1, 0)
    (found,) = load_crimes(store, ["22A/1/26", "22A/9/26"])
    assert (found.crime_ref, found.offence, found.changed_at) == ("22A/1/26", "burglary", "2026-07-02T05:00:00Z")
    assert rows(store, CRIME, "seen_at", "first_seen_at", "wake_on") == [(FIRST, FIRST, date.min)]


def test_an_unchanged_record_costs_no_write(store: Store) -> None:
    take(store, FIRST, crime(changed_at="2026-07-02T05:00:00Z"))
    before = rows(store, CRIME)
    outcome = take(store, SECOND, dict(reversed(crime(changed_at="2026-07-02T05:00:00Z", colour="blue").items())))
    assert (outcome.received, outcome.changed) == (1, 0)
    assert rows(store, CRIME) == before
    assert rows(store, CRIME_VERSION) == []


def test_of_a_record_that_only_changed_otherwise_the_instant_is_noted(store: Store) -> None:
    """So that nothing older takes its place (records section 4). It is no version, and nothing is judged again."""
    take(store, FIRST, crime(changed_at="2026-07-02T05:00:00Z"))
    (before,) = rows(store, CRIME)
    assert take(store, SECOND, crime(changed_at="2026-07-03T05:00:00Z")).changed == 0
    (after,) = rows(store, CRIME)
    assert (after[:-1], after[-1]) == (before[:-1], at("2026-07-03 05:00"))
    assert rows(store, CRIME_VERSION) == []


def test_a_changed_record_replaces_the_one_that_stands_which_becomes_a_version(store: Store) -> None:
    take(store, FIRST, crime(), crime("22A/2/26"))
    assert take(store, SECOND, crime(division="A"), crime("22A/2/26")).changed == 1
    assert take(store, THIRD, crime(division="B")).changed == 1
    assert [found.division for found in load_crimes(store, ["22A/1/26"])] == ["B"]
    assert rows(store, CRIME, "crime_ref", "seen_at", "first_seen_at") == [
        ("22A/1/26", THIRD, FIRST),
        ("22A/2/26", FIRST, FIRST),
    ]
    assert rows(store, CRIME_VERSION, "crime_ref", "seen_at", "replaced_at") == [
        ("22A/1/26", FIRST, SECOND),
        ("22A/1/26", SECOND, THIRD),
    ]
    assert [version.get("division") for version in held(store)] == [None, "A"]


def test_of_a_record_that_stands_twice_in_a_page_the_last_stands(store: Store) -> None:
    outcome = take(store, FIRST, crime(division="A"), crime("22A/2/26"), crime(division="B"))
    assert (outcome.received, outcome.changed) == (3, 2)
    assert [found.division for found in load_crimes(store, ["22A/1/26"])] == ["B"]
    assert rows(store, CRIME_VERSION) == []


def test_a_page_of_many_is_stored_as_its_records_are_one_by_one(store: Store) -> None:
    """New, changed, and the same with a later instant; some with no instant, or one in another zone."""
    stamps: list[Any] = [{}, {"changed_at": "2026-07-01T10:00:00.5+01:00"}, {"changed_at": "2026-07-01T09:00:00Z"}]
    later: list[Any] = [{}, {"changed_at": "2026-07-01T11:00:00Z"}, {"division": "B"}]
    first = [crime(f"{n}", **{"division": "A"} | stamps[n % 3]) for n in range(120)]
    second = [record | later[n // 3 % 3] for n, record in enumerate(first)]
    current = ("crime_ref", "digest", "record", "seen_at", "first_seen_at", "wake_on", "missing_since", "changed_at")
    earlier = ("crime_ref", "digest", "record", "seen_at", "replaced_at", "late")
    held = []
    for size in (120, 1):
        for day, records in enumerate((first, second), 2):
            for place in range(0, 120, size):
                take(store, at(f"2026-07-0{day} 06:00"), *records[place : place + size])
        held.append((rows(store, CRIME, *current), sorted(rows(store, CRIME_VERSION, *earlier))))
        with store.writing() as connection:
            connection.execute(delete(CRIME))
            connection.execute(delete(CRIME_VERSION))
    assert held[0] == held[1]
    assert [len(found) for found in held[0]] == [120, 39]


def test_a_refused_record_is_kept_once_with_its_reason_and_the_others_go_on(store: Store) -> None:
    """One bad record never stops a batch (decision 0014)."""
    outcome = take(store, FIRST, NO_OFFSET, crime("22A/2/26"))
    assert (outcome.received, outcome.changed, outcome.refused) == (2, 1, 1)
    take(store, SECOND, NO_OFFSET)
    ((reason, record, *rest),) = rows(
        store, QUARANTINE, "reason", "record", "crime_ref", "first_seen_at", "last_seen_at", "times", "cleared_at"
    )
    assert reason.startswith("reported_at: found '2026-07-01T09:00:00', an instant without an offset")
    assert msgspec.json.decode(unpack_raw(record)) == NO_OFFSET
    assert rest == ["22A/1/26", FIRST, SECOND, 2, None]
    assert [row[0] for row in rows(store, CRIME, "crime_ref")] == ["22A/2/26"]


def test_it_leaves_quarantine_when_the_crime_comes_right_and_is_back_when_it_is_wrong_again(store: Store) -> None:
    take(store, FIRST, NO_OFFSET)
    take(store, SECOND, crime())
    assert rows(store, QUARANTINE, "cleared_at") == [(SECOND,)]
    assert sum(quarantine_counts(store, FIRST).values()) == 1
    assert quarantine_counts(store) == quarantine_counts(store, SECOND) == {}
    take(store, THIRD, NO_OFFSET)
    assert rows(store, QUARANTINE, "cleared_at", "times") == [(None, 2)]
    assert sum(quarantine_counts(store).values()) == 1


def test_one_refused_in_another_form_takes_the_place_of_the_former(store: Store) -> None:
    take(store, FIRST, NO_OFFSET)
    take(store, SECOND, crime(reported_at=None))
    assert rows(store, QUARANTINE, "cleared_at") == [(SECOND,), (None,)]


@pytest.mark.parametrize(
    ("page", "standing"), [((NO_OFFSET, crime()), 0), ((crime(), NO_OFFSET), 1)], ids=["right last", "wrong last"]
)
def test_a_crime_both_right_and_wrong_in_one_page_stands_in_quarantine_if_it_ends_wrong(
    store: Store, page: tuple[Any, ...], standing: int
) -> None:
    assert take(store, FIRST, *page).refused == 1
    assert len(load_crimes(store, ["22A/1/26"])) == 1
    assert sum(quarantine_counts(store).values()) == standing


HOSTILE = [
    b"",
    b"{",
    b"null",
    b"\xff\xfe",
    b'{"crime_ref":"a\x00b"}',
    b'{"crime_ref":5,"offence":"\\ud800"}',
    b'{"crime_ref":"\\ud800","reported_at":"2026-07-01T09:00:00Z"}',
    b'{"crime_ref":5,"offence":"\xff"}',
    b'{"crime_ref":5,"x":' + b"[" * 100_000,
    b'{"crime_ref":"X","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"crime_ref":"X","reported_at":1e999999}',
    b'{"crime_ref":"' + b"x" * 2_000_000 + b'"}',
]


def test_no_bytes_whatever_stop_a_page(store: Store) -> None:
    outcome = take(store, FIRST, *HOSTILE, crime())
    assert (outcome.received, outcome.changed, outcome.refused) == (len(HOSTILE) + 1, 1, len(HOSTILE))
    assert len(rows(store, QUARANTINE)) == len(HOSTILE)


def test_one_whose_crime_number_cannot_be_read_stays_in_quarantine(store: Store) -> None:
    take(store, FIRST, b"{", NO_OFFSET)
    take(store, SECOND, crime())
    assert rows(store, QUARANTINE, "crime_ref", "cleared_at") == [(None, None), ("22A/1/26", SECOND)]


def test_a_page_that_fails_leaves_neither_rows_nor_cursor(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    take(store, FIRST, crime(), b"{")
    tables = (CRIME, CRIME_VERSION, FEED, POLL, QUARANTINE)
    poll = begin_poll(store, SOURCE, SECOND)
    before = [rows(store, table) for table in tables]

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(intake, "_count", fail)  # the last step of a page
    with pytest.raises(RuntimeError, match="power cut"):
        take_page(store, poll, SOURCE, raws([crime(division="A"), crime("22A/2/26"), b"{x"]), "further", SECOND)
    assert [rows(store, table) for table in tables] == before
    assert cursor_of(store, SOURCE) == f"until {FIRST}"


def test_the_cursor_is_the_feeds_and_moves_with_each_page(store: Store) -> None:
    """Records section 4: never parsed, compared or invented."""
    assert cursor_of(store, SOURCE) is None
    poll = begin_poll(store, SOURCE, FIRST)
    for cursor in ("100", "99", ""):
        take_page(store, poll, SOURCE, [], cursor, FIRST)
        assert cursor_of(store, SOURCE) == cursor
    take_page(store, poll, SOURCE, [], None, SECOND)
    assert cursor_of(store, SOURCE) == "", "a page without one leaves it where it is"
    assert cursor_of(store, "another") is None


def test_a_poll_counts_what_it_brought(store: Store) -> None:
    poll = begin_poll(store, SOURCE, FIRST)
    take_page(store, poll, SOURCE, raws([crime(), b"{"]), "a", FIRST)
    take_page(store, poll, SOURCE, raws([crime(), crime("22A/2/26")]), "b", SECOND)
    assert last_complete_poll(store) is None
    end_poll(store, poll, THIRD, complete=True)
    found = last_complete_poll(store)
    assert found is not None
    assert (found.started_at, found.ended_at, found.pages) == (FIRST, THIRD, 2)
    assert (found.received, found.changed, found.refused) == (4, 2, 1)


def test_a_poll_takes_in_nothing_more_once_a_newer_one_of_its_source_has_begun(store: Store) -> None:
    """Its pages could be older than what the newer one has taken in."""
    old = begin_poll(store, SOURCE, FIRST)
    begin_poll(store, "another source", FIRST)
    take_page(store, old, SOURCE, raws([crime()]), "a", FIRST)
    new = begin_poll(store, SOURCE, SECOND)
    take_page(store, new, SOURCE, raws([crime(division="new")]), "b", SECOND)
    with pytest.raises(UnavailableError, match="another poll of crimes"):
        take_page(store, old, SOURCE, raws([crime(division="old")]), "a", SECOND)
    assert [found.division for found in load_crimes(store, ["22A/1/26"])] == ["new"]
    assert cursor_of(store, SOURCE) == "b"


def test_which_poll_covers_an_instant(store: Store) -> None:
    """The first complete one that ended at or after it (decision 0008)."""
    for now, complete in ((FIRST, True), (SECOND, False), (THIRD, True)):
        take(store, now, complete=complete)
    covering = [seen_by(store, k) for k in (FIRST, SECOND, THIRD, at("2026-07-04 06:01"))]
    assert covering == [FIRST, THIRD, THIRD, None]


def test_the_officer_directory_is_kept_as_last_seen(store: Store) -> None:
    entry: dict[str, Any] = {"officer_ref": "O1", "email": "o1@force.example", "left_on": "2026-09-30"}
    entry |= {"absent": [{"from": "2026-08-01", "until": "2026-08-14"}]}
    save_officers(store, [msgspec.convert(e, Officer) for e in (entry, {"officer_ref": "O2"})], FIRST)
    save_officers(store, [msgspec.convert(entry | {"email": "o1@new.example"}, Officer)], SECOND)
    found = officers(store)
    assert sorted(found) == ["O1", "O2"]
    assert (found["O1"].email, found["O1"].left_on, found["O1"].seen_at) == (
        "o1@new.example",
        date(2026, 9, 30),
        SECOND,
    )
    assert found["O1"].absent == [{"from": "2026-08-01", "until": "2026-08-14"}]
    assert (found["O2"].email, found["O2"].seen_at) == (None, FIRST)
