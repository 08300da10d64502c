"""A mapped record is read from its fields as its JSON text would be, refusals included (records sections 1 and 4)."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from compliance.records import MappedRecord, decode_crimes
from compliance.records.wire import MAX_RECORD_BYTES
from compliance.store.content import read_contents
from tests.histories import histories

GOOD: dict[str, Any] = {"crime_ref": "22A/1/26", "reported_at": "2026-07-01T09:00:00Z"}
ODD: list[Any] = [
    None, 1, 1.0, 1.5, -1, 0, 366, 367, 2**70, True, "", "5", "open", "é\u0001", "x" * 200, "x" * 201, "\ud800",
    "2026-07-01T09:00:00Z", "2026-07-01T09:00:00", float("nan"), float("inf"), b"ab", Decimal("5"), Decimal("5.0"),
    date(2026, 7, 1), datetime.fromisoformat("2026-07-01T09:00:00"), datetime(2026, 7, 1, 9, tzinfo=UTC), time(9), timedelta(1),
    UUID(int=7), [], {}, (), ("a",), {"a"}, [1], [None], [{}], [[]],
]  # fmt: skip


def with_odd(value: Any) -> list[dict[str, Any]]:
    """Records, each with an odd value in another field."""
    text = {"victim_ref": "V1", "contact_holds": [{"reason": value}]}
    victims: list[Any] = [{"victim_ref": value}, {"victim_ref": "V1", "agreed_interval_days": value}, text, value]
    fields = ("crime_ref", "reported_at", "division", "changed_at", "victims", "status", "updates")
    status = {"at": "2026-07-01T09:00:00Z", "status": value}
    return [
        *(GOOD | {field: value} for field in fields),
        *(GOOD | {"victims": [victim]} for victim in victims),
        GOOD | {"status": [status]},
        GOOD | {"updates": [{"update_ref": "U1", "at": value}]},
    ]


@pytest.mark.parametrize("value", ODD, ids=lambda value: f"{type(value).__name__}-{ascii(value)[:20]}")
def test_every_value_is_taken_or_refused_as_in_the_text(value: Any) -> None:
    for fields in with_odd(value):
        record = MappedRecord(fields)
        assert read_contents([record]) == read_contents([record.text])
        assert read_contents([MappedRecord(GOOD), record]) == read_contents([MappedRecord(GOOD).text, record.text])


def test_good_records_are_read_without_their_text() -> None:
    records = [MappedRecord(record) for record in histories(13, 200)]
    contents, refusals = read_contents(records)
    assert refusals == []
    assert not any("text" in vars(record) for record in records), "nobody asked for it"
    assert contents == read_contents([record.text for record in records])[0]


@pytest.mark.parametrize("more", [0, 1])
def test_a_mapped_record_is_bound_to_the_size_of_a_record(more: int) -> None:
    update = {"update_ref": "U1", "at": "2026-07-06T11:00:00Z"}
    plain = GOOD | {"division": "", "updates": [update]}
    room = MAX_RECORD_BYTES - len(msgspec.json.encode(plain))
    further, left = divmod(room, len(msgspec.json.encode(update)) + 1)
    record = plain | {"division": "x" * (left + more), "updates": [update] * (1 + further)}
    assert len(msgspec.json.encode(record)) == MAX_RECORD_BYTES + more
    contents, refusals = read_contents([MappedRecord(record), MappedRecord(GOOD)])
    assert [content.crime.crime_ref for content in contents] == ["22A/1/26"] * (2 - more)
    said = f"the record is {MAX_RECORD_BYTES + 1:,} bytes long; a record is at most {MAX_RECORD_BYTES:,} bytes"
    assert [refusal.reason for refusal in refusals] == [said] * more


def test_half_a_surrogate_pair_spoils_its_own_record_alone() -> None:
    """One bad record never stops a batch (decision 0014)."""
    spoilt = MappedRecord(GOOD | {"crime_ref": "22A/2/26", "victims": [{"victim_ref": "\ud800"}]})
    contents, [refusal] = read_contents([MappedRecord(GOOD), spoilt])
    assert [content.crime.crime_ref for content in contents] == ["22A/1/26"]
    assert (refusal.index, refusal.crime_ref) == (1, "22A/2/26")
    assert refusal.reason == decode_crimes([spoilt.text])[1][0].reason
