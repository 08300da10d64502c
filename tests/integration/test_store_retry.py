"""Refused records looked at, and taken again as though they had come (decision 0014)."""

from typing import Any

import msgspec
import pytest

from compliance.errors import RecordError
from compliance.records import Refusal, decode_crimes
from compliance.store import (
    Store,
    list_quarantined,
    load_crimes,
    quarantine_counts,
    read_quarantined,
    retry_quarantined,
)
from compliance.store.receiving import retry
from compliance.store.tables import CRIME, CRIME_VERSION, QUARANTINE
from tests import stores
from tests.stores import at, crime, rows, take

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

FIRST, SECOND, THIRD = at("2026-07-02 06:00"), at("2026-07-03 06:00"), at("2026-07-04 06:00")
SOON = crime("A", reported_at="soon")


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the service that reads `soon` as an instant, and takes what has no crime number for crime A."""

    def read(raws: list[bytes]) -> Any:
        raws = [
            raw.replace(b'"soon"', b'"2026-07-01T09:00:00Z"').replace(b'"crime_ref":5', b'"crime_ref":"A"')
            for raw in raws
        ]
        return decode_crimes(raws)

    monkeypatch.setattr(retry, "decode_crimes", read)


def test_what_stands_is_listed_the_newest_first_and_shown_as_it_came(store: Store) -> None:
    take(store, FIRST, SOON, crime("B", reported_at=None))
    take(store, SECOND, SOON)
    found = list_quarantined(store)
    assert [(record.crime_ref, record.times) for record in found] == [("A", 2), ("B", 1)]
    record, raw = read_quarantined(store, found[0].id or 0)
    assert record.reason.startswith("reported_at: found 'soon'")
    assert msgspec.json.decode(raw) == SOON
    with pytest.raises(RecordError, match="has the number 99"):
        read_quarantined(store, 99)


def test_what_is_refused_still_stays_with_its_count_and_its_reason_brought_up_to_date(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, FIRST, SOON)
    before = rows(store, QUARANTINE)
    done = retry_quarantined(store, SECOND)
    assert (done.taken, done.overtaken, done.refused) == (0, 0, 1)
    assert rows(store, QUARANTINE) == before
    monkeypatch.setattr(retry, "decode_crimes", lambda _: ([], [Refusal(0, "A", "said better")]))
    retry_quarantined(store, SECOND)
    assert quarantine_counts(store) == {"said better": 1}


@pytest.mark.usefixtures("lenient")
def test_what_comes_right_is_taken_in_and_leaves(store: Store) -> None:
    take(store, FIRST, crime("A", division="old"), crime("B", reported_at="soon"), crime("C", reported_at=None))
    take(store, SECOND, SOON)
    number = {record.crime_ref: record.id or 0 for record in list_quarantined(store)}
    assert retry_quarantined(store, THIRD, [number["A"]]).taken == 1
    assert [found.division for found in load_crimes(store, ["A"])] == [None]
    assert rows(store, CRIME_VERSION, "crime_ref", "replaced_at") == [("A", THIRD)]
    done = retry_quarantined(store, THIRD)
    assert (done.taken, done.refused) == (1, 1)
    assert rows(store, CRIME, "crime_ref", "seen_at") == [("A", THIRD), ("B", THIRD)]
    assert [record.crime_ref for record in list_quarantined(store)] == ["C"]
    with pytest.raises(RecordError, match="no refused record that stands"):
        retry_quarantined(store, THIRD, [number["A"]])


@pytest.mark.usefixtures("lenient")
def test_it_never_takes_the_place_of_what_came_later(store: Store) -> None:
    """One without a readable crime number stays when the crime comes right; it may be older than what stands."""
    take(store, FIRST, crime(5, division="old"))  # type: ignore[arg-type]
    take(store, SECOND, crime("A", division="new"))
    assert len(list_quarantined(store)) == 1
    done = retry_quarantined(store, THIRD)
    assert (done.taken, done.overtaken, done.refused) == (0, 1, 0)
    assert [found.division for found in load_crimes(store, ["A"])] == ["new"]
    assert list_quarantined(store) == []


@pytest.mark.usefixtures("lenient")
def test_what_was_too_long_to_be_kept_whole_stays(store: Store) -> None:
    take(store, FIRST, b'{"crime_ref":"A","reported_at":"2026-07-01T09:00:00Z"}' + b" " * 2_000_000)
    assert retry_quarantined(store, SECOND).refused == 1
    assert list(quarantine_counts(store)) == ["the record is 2,000,054 bytes long; a record is at most 1,048,576 bytes"]
