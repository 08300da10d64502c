"""Crime records as rows of exported files: one file for crimes, one for each list of a record (docs/export.md)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from compliance.policy.status import STATUS_NAMES, status_at, statuses_of
from compliance.records import Crime
from compliance.records.instants import NONE, from_micros

INSTANT: Final = pa.timestamp("us", "UTC")
NAMED: Final = pa.dictionary(pa.int32(), pa.string())
"""Texts with few distinct values."""


def schema(required: dict[str, Any], **others: Any) -> pa.Schema:
    """Return a schema: columns that always have a value, then those that may be empty."""
    return pa.schema(
        [pa.field(name, kind, nullable=False) for name, kind in required.items()]
        + [pa.field(name, kind) for name, kind in others.items()]
    )


@dataclass(frozen=True, slots=True)
class HeldCrime:
    """A crime record with what the store knows of it."""

    crime: Crime
    first_seen_at: datetime
    seen_at: datetime
    missing_since: datetime | None


Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True)
class RecordFile:
    """A file made from crime records: its name, its columns, and the rows of some crimes."""

    name: str
    schema: pa.Schema
    rows: Callable[[Sequence[HeldCrime]], Rows]


def _crimes(held: Sequence[HeldCrime]) -> Rows:
    """Yield crimes with their last change of status on record (at the same instant the later one, rules 2.9)."""
    status = status_at(statuses_of([each.crime.status for each in held]), len(held), None)
    for each, kind, since in zip(held, status.kind.tolist(), status.since.tolist(), strict=True):
        crime, changed = each.crime, since != NONE
        yield {
            "crime_ref": crime.crime_ref,
            "reported_at": _instant(crime.reported_at),
            "recorded_at": _instant(crime.recorded_at),
            "changed_at": _instant(crime.changed_at),
            "status": STATUS_NAMES[kind] if changed else None,
            "status_at": from_micros(since) if changed else None,
            "offence": crime.offence,
            "division": crime.division,
            "team": crime.team,
            "officer_ref": crime.officer_ref,
            "victims": len(crime.victims or ()),
            "updates": len(crime.updates or ()),
            "events": len(crime.events or ()),
            "first_seen_at": each.first_seen_at,
            "seen_at": each.seen_at,
            "missing_since": each.missing_since,
        }


def _victims(held: Sequence[HeldCrime]) -> Rows:
    """Yield the victims; of a repeated reference the last one counts (records section 1)."""
    for crime in (each.crime for each in held):
        for victim in {victim.victim_ref: victim for victim in crime.victims or ()}.values():
            yield {
                "crime_ref": crime.crime_ref,
                "victim_ref": victim.victim_ref,
                "category": victim.category,
                "added_at": _instant(victim.added_at),
                "declined_at": _instant(victim.declined_at),
                "declined_until": _instant(victim.declined_until),
                "declined_entered_at": _instant(victim.declined_entered_at),
                "agreed_interval_days": victim.agreed_interval_days,
            }


def _updates(held: Sequence[HeldCrime]) -> Rows:
    """Yield the updates; of a repeated reference the last one counts (records section 1)."""
    for crime in (each.crime for each in held):
        for update in {update.update_ref: update for update in crime.updates or ()}.values():
            yield {
                "crime_ref": crime.crime_ref,
                "update_ref": update.update_ref,
                "at": _instant(update.at),
                "victim_ref": update.victim_ref,
                "entered_at": _instant(update.entered_at),
                "outcome": update.outcome,
                "method": update.method,
                "officer_ref": update.officer_ref,
            }


def _statuses(held: Sequence[HeldCrime]) -> Rows:
    for crime in (each.crime for each in held):
        for change in crime.status or ():
            yield {"crime_ref": crime.crime_ref, "at": _instant(change.at), "status": change.status}


def _allocations(held: Sequence[HeldCrime]) -> Rows:
    for crime in (each.crime for each in held):
        for allocation in crime.allocations or ():
            yield {
                "crime_ref": crime.crime_ref,
                "from": _instant(allocation.start),
                "division": allocation.division,
                "team": allocation.team,
                "officer_ref": allocation.officer_ref,
            }


def _events(held: Sequence[HeldCrime]) -> Rows:
    """Yield the events; of a repeated reference the last one counts (records section 1)."""
    for crime in (each.crime for each in held):
        for event in {event.event_ref: event for event in crime.events or ()}.values():
            yield {"crime_ref": crime.crime_ref, "event_ref": event.event_ref, "kind": event.kind,
                   "at": _instant(event.at)}  # fmt: skip


def _instant(text: str | None) -> datetime | None:
    """Return a checked instant of a record, in UTC."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


RECORD_FILES: Final = (
    RecordFile(
        "crimes",
        schema(
            {
                "crime_ref": pa.string(), "reported_at": INSTANT, "victims": pa.int32(), "updates": pa.int32(),
                "events": pa.int32(), "first_seen_at": INSTANT, "seen_at": INSTANT,
            },
            recorded_at=INSTANT, changed_at=INSTANT, status=NAMED, status_at=INSTANT, offence=NAMED, division=NAMED,
            team=NAMED, officer_ref=pa.string(), missing_since=INSTANT,
        ),
        _crimes,
    ),
    RecordFile(
        "victims",
        schema(
            {"crime_ref": pa.string(), "victim_ref": pa.string()},
            category=NAMED, added_at=INSTANT, declined_at=INSTANT, declined_until=INSTANT, declined_entered_at=INSTANT,
            agreed_interval_days=pa.int32(),
        ),
        _victims,
    ),
    RecordFile(
        "updates",
        schema(
            {"crime_ref": pa.string(), "update_ref": pa.string(), "at": INSTANT},
            victim_ref=pa.string(), entered_at=INSTANT, outcome=NAMED, method=NAMED, officer_ref=pa.string(),
        ),
        _updates,
    ),
    RecordFile("statuses", schema({"crime_ref": pa.string(), "at": INSTANT, "status": NAMED}), _statuses),
    RecordFile(
        "allocations",
        schema({"crime_ref": pa.string(), "from": INSTANT}, division=NAMED, team=NAMED, officer_ref=pa.string()),
        _allocations,
    ),
    RecordFile(
        "events",
        schema({"crime_ref": pa.string(), "event_ref": pa.string(), "kind": NAMED, "at": INSTANT}),
        _events,
    ),
)  # fmt: skip
"""The files made from crime records, each in order of crime number and then in the order of the record."""
