"""The record format (records section 1): what is read, what is refused, and with which reason."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.records import NONE, columns, convert_crime, decode_crimes, from_micros
from compliance.records.columns import EVERY_VICTIM, UNKNOWN_VICTIM
from compliance.records.instants import parse_instants
from compliance.records.wire import MAX_RECORD_BYTES

GOOD: dict[str, Any] = {"crime_ref": "22A/1/26", "reported_at": "2026-07-01T10:00:00+01:00"}


def refusal(record: Any) -> str:
    """The one reason for which a record is refused."""
    raw = record if isinstance(record, bytes) else json.dumps(record).encode()
    crimes, refusals = decode_crimes([json.dumps(GOOD).encode(), raw, json.dumps(GOOD).encode()])
    assert len(crimes) == 2, "the good ones go on"
    assert [r.index for r in refusals] == [1]
    return refusals[0].reason


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-06-30T23:30:00Z", datetime(2026, 6, 30, 23, 30, tzinfo=UTC)),
        ("2026-07-01T00:30:00+01:00", datetime(2026, 6, 30, 23, 30, tzinfo=UTC)),
        ("2026-06-30T18:00:00-05:30", datetime(2026, 6, 30, 23, 30, tzinfo=UTC)),
        ("2026-06-30T23:30:00.5Z", datetime(2026, 6, 30, 23, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-06-30T23:30:00.000001+00:00", datetime(2026, 6, 30, 23, 30, 0, 1, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2999-12-31T23:59:59Z", datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_instants_that_are_read(text: str, utc: datetime) -> None:
    micros, bad = parse_instants([text])
    assert not bad[0]
    assert from_micros(int(micros[0])) == utc


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01T10:00:00", "2026-07-01 10:00:00Z", "2026-07-01T10:00Z", "2026-07-01t10:00:00z", "2026-07-01",
        "2026-07-01T10:00:00.Z", "2026-07-01T10:00:00.1234567Z", "2026-07-01T10:00:00+0100", "2026-07-01T10:00:00+1:00",
        "2026-07-01T24:00:00Z", "2026-07-01T10:60:00Z", "2026-07-01T10:00:60Z", "2026-13-01T10:00:00Z",
        "2026-00-01T10:00:00Z", "2026-02-29T10:00:00Z", "2026-04-31T10:00:00Z", "1899-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "2026-07-01T10:00:00+24:00", "2026-07-01T10:00:00+01:60",
        "2026-07-01T10:00:00Z ", " 2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z\0", "2026-07-01T10:00:00ZZ", "",
        "yesterday", "２026-07-01T10:00:00Z", "2026-07-01T10:00:00.12345é",
    ],
)  # fmt: skip
def test_instants_that_are_refused(text: str) -> None:
    """Anything else is refused: never guessed."""
    assert parse_instants([text, "2026-07-01T10:00:00Z"])[1].tolist() == [True, False]


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ANY_INSTANT = st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 30), timezones=OFFSETS)  # noqa: DTZ001


@given(st.lists(st.none() | ANY_INSTANT, max_size=8))
def test_instants_agree_with_the_standard_library(instants: list[datetime | None]) -> None:
    """Whatever the offset and however many decimals."""
    micros, bad = parse_instants([None if at is None else at.isoformat() for at in instants])
    assert not bad.any()
    assert [None if value == NONE else from_micros(value) for value in micros.tolist()] == instants


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({**GOOD, "reported_at": "2026-07-01T10:00:00"}, "reported_at: found '2026-07-01T10:00:00', an instant without an offset; expected"),
        ({**GOOD, "updates": [{"update_ref": "U1", "at": "then"}]}, "updates[0].at: found 'then'; expected YYYY-MM-DD"),
        ({"reported_at": GOOD["reported_at"]}, "crime_ref: missing; it is required"),
        ({"crime_ref": "1"}, "reported_at: missing; it is required"),
        ({**GOOD, "crime_ref": ""}, "crime_ref: found ''; expected str of length >= 1"),
        ({**GOOD, "crime_ref": "x" * 201}, "crime_ref: found 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'; expected str of length <= 200"),
        ({**GOOD, "crime_ref": 7}, "crime_ref: found 7; expected str"),
        ({**GOOD, "status": [{"status": "shut", "at": GOOD["reported_at"]}]}, "status[0].status: found 'shut'; expected open, closed or cancelled"),
        ({**GOOD, "victims": [{"victim_ref": "V1"}, {}]}, "victims[1].victim_ref: missing; it is required"),
        ({**GOOD, "victims": [{"victim_ref": "V1", "agreed_interval_days": 0}]}, "victims[0].agreed_interval_days: found 0; expected int >= 1"),
        ({**GOOD, "victims": [{"victim_ref": "V1", "agreed_interval_days": "28"}]}, "victims[0].agreed_interval_days: found '28'; expected int"),
        ({**GOOD, "victims": {"victim_ref": "V1"}}, "victims: found an object; expected array"),
        ({**GOOD, "updates": None, "events": [{"event_ref": "E", "kind": "", "at": GOOD["reported_at"]}]}, "events[0].kind: found ''; expected str of length >= 1"),
        ({**GOOD, "allocations": [{"officer_ref": "1"}]}, "allocations[0].from: missing; it is required"),
        ([1], "the record: found a list; expected object"),
        (b"", "the record is not readable JSON"),
        (b'{"crime_ref": "1", "reported_at": "2026-07-', "the record is not readable JSON"),
        (b'{"crime_ref": "\xff", "reported_at": "2026-07-01T10:00:00Z"}', "the record is not valid UTF-8"),
        (b'{"crime_ref": "\\ud800", "reported_at": "2026-07-01T10:00:00Z"}', "the record is not readable JSON"),
        (b'{"crime_ref": 5, "reported_at": "2026-07-', "crime_ref: found something else; expected str"),
        (b'{"status": [null], "status": null}', "status[0]: found something else; expected object"),
        (b"[", "the record: found something else; expected object"),
        (b'{"crime_ref": "1", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "the record is nested too deeply"),
        (b'{"crime_ref": "1", "x": "' + b"y" * MAX_RECORD_BYTES + b'"}', "bytes long; a record is at most 1,048,576 bytes"),
    ],
)  # fmt: skip
def test_a_refused_record_has_one_clear_reason(record: Any, reason: str) -> None:
    """Which field, what was found, what is expected; and the batch goes on (decision 0014)."""
    assert reason in refusal(record)


def test_null_means_absent_wherever_a_field_is_not_required() -> None:
    nothing = dict.fromkeys(
        ["recorded_at", "status", "offence", "division", "allocations", "victims", "updates", "events"]
    )
    victim = dict.fromkeys(["category", "added_at", "declined_at", "agreed_interval_days", "contact_holds"])
    crimes, refusals = decode_crimes(
        [json.dumps({**GOOD, **nothing}), json.dumps({**GOOD, "victims": [{"victim_ref": "V1", **victim}]})]
    )
    assert not refusals
    table = columns(crimes)
    assert table.victims.category.values == ("standard",)
    assert table.victims.declined_at.tolist() == [NONE]


def test_unknown_extra_fields_are_ignored() -> None:
    crimes, refusals = decode_crimes(
        [json.dumps({**GOOD, "beat": 7, "victims": [{"victim_ref": "V1", "shoe": "red"}]})]
    )
    assert (len(crimes), len(refusals)) == (1, 0)


def test_a_repeated_reference_within_a_record_leaves_the_last_one_standing() -> None:
    at = GOOD["reported_at"]
    table = columns(
        [
            convert_crime(
                {
                    **GOOD,
                    "victims": [
                        {"victim_ref": "V1", "category": "enhanced"},
                        {"victim_ref": "V0"},
                        {"victim_ref": "V1"},
                    ],
                    "updates": [
                        {"update_ref": "U1", "at": at, "outcome": "informed"},
                        {"update_ref": "U1", "at": at, "outcome": "attempted"},
                    ],
                    "events": [{"event_ref": "E1", "kind": "a", "at": at}, {"event_ref": "E1", "kind": "b", "at": at}],
                }
            ),
            convert_crime({**GOOD, "crime_ref": "2", "updates": [{"update_ref": "U1", "at": at}]}),
        ]
    )
    assert table.victims.ref.to_pylist() == ["V0", "V1"]
    assert set(np.array(table.victims.category.values)[table.victims.category.codes]) == {"standard"}
    assert table.updates.crime.tolist() == [0, 1]
    assert table.updates.outcome.texts().to_pylist() == ["attempted", None]
    assert table.events.kind.texts().to_pylist() == ["b"]


def test_lists_are_taken_by_instant_equal_instants_in_the_order_given() -> None:
    """Updates by `at`, then `entered_at`, then place (rules 2.3)."""

    def update(ref: str, at: str, entered: str | None = None) -> dict[str, str | None]:
        return {"update_ref": ref, "at": at, "entered_at": entered}

    one, two, three = (f"2026-07-0{day}T10:00:00Z" for day in (1, 2, 3))
    record = {
        **GOOD,
        "updates": [
            update("d", two, three),
            update("c", two),
            update("b", one),
            update("e", two, three),
            update("a", one),
        ],
    }
    assert columns([convert_crime(record)]).updates.ref.to_pylist() == ["b", "a", "c", "d", "e"]


def test_an_update_is_for_the_victim_it_names_for_every_one_or_for_no_one() -> None:
    """One that names a victim whom the record does not have is kept, and known as such (rules 2.3)."""
    at = GOOD["reported_at"]
    named = [{"update_ref": str(i), "at": at, "victim_ref": who} for i, who in enumerate(["V2", None, "V9", "V1"])]
    other = {**GOOD, "crime_ref": "0", "victims": [{"victim_ref": "V9"}]}
    record = {**GOOD, "victims": [{"victim_ref": "V1"}, {"victim_ref": "V2"}], "updates": named}
    table = columns([convert_crime(other), convert_crime(record)])
    assert table.updates.victim.tolist() == [2, EVERY_VICTIM, UNKNOWN_VICTIM, 1]
    part = table.slice(1, 2)
    assert part.updates.victim.tolist() == [1, EVERY_VICTIM, UNKNOWN_VICTIM, 0]
    assert part.victims.ref.to_pylist() == ["V1", "V2"]
