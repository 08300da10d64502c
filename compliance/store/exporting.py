"""Exporting the store as Parquet files for the force's own tools (docs/export.md), in bounded memory.

All files are as at one moment.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Select, select

from compliance.errors import SettingsError
from compliance.policy.status import STATUS_NAMES, status_at, statuses_of
from compliance.records import Crime
from compliance.records.instants import NONE, from_micros
from compliance.store.content import unpack
from compliance.store.engine import Store
from compliance.store.tables import CRIME, OBLIGATION, SET_ASIDE, TRANSITION
from compliance.writing import whole_file

_AT_ONCE: Final = 10_000
_INSTANT: Final = pa.timestamp("us", "UTC")
_NAMED: Final = pa.dictionary(pa.int32(), pa.string())
"""Texts with few distinct values."""


def _schema(required: dict[str, Any], **others: Any) -> pa.Schema:
    return pa.schema(
        [pa.field(name, kind, nullable=False) for name, kind in required.items()]
        + [pa.field(name, kind) for name, kind in others.items()]
    )


CRIMES: Final = _schema(
    {
        "crime_ref": pa.string(), "reported_at": _INSTANT, "victims": pa.int32(), "updates": pa.int32(),
        "events": pa.int32(), "first_seen_at": _INSTANT, "seen_at": _INSTANT,
    },
    recorded_at=_INSTANT, changed_at=_INSTANT, status=_NAMED, status_at=_INSTANT, offence=_NAMED, division=_NAMED,
    team=_NAMED, officer_ref=pa.string(), missing_since=_INSTANT,
)  # fmt: skip
UPDATES: Final = _schema(
    {"crime_ref": pa.string(), "update_ref": pa.string(), "at": _INSTANT},
    victim_ref=pa.string(), entered_at=_INSTANT, outcome=_NAMED, method=_NAMED, officer_ref=pa.string(),
)  # fmt: skip
OBLIGATIONS: Final = _schema(
    {
        "crime_ref": pa.string(), "victim_ref": pa.string(), "requirement": _NAMED, "cycle": pa.int32(),
        "clock_date": pa.date32(), "due_date": pa.date32(), "state": _NAMED, "clause": _NAMED,
    },
    discharged_on=pa.date32(), reason=_NAMED, same_day_update=pa.bool_(), division=_NAMED, team=_NAMED,
    officer_ref=pa.string(),
)  # fmt: skip
SET_ASIDES: Final = _schema(
    {
        "crime_ref": pa.string(), "victim_ref": pa.string(), "requirement": _NAMED, "cycle": pa.int32(),
        "clause": _NAMED, "reason": _NAMED, "gap": _NAMED,
    }
)  # fmt: skip
TRANSITIONS: Final = _schema(
    {
        "crime_ref": pa.string(), "victim_ref": pa.string(), "requirement": _NAMED, "cycle": pa.int32(),
        "clock_date": pa.date32(), "dated": pa.date32(), "noticed_at": _INSTANT, "spell": pa.int32(),
    },
    from_state=_NAMED, to_state=_NAMED,
)  # fmt: skip
_HELD: Final = ("crime_ref", "record", "first_seen_at", "seen_at", "missing_since")


def export(store: Store, folder: Path) -> dict[str, int]:
    """Write the Parquet files into a folder, created if there is none, and return the number of rows of each.

    The files are `crimes.parquet`, `updates.parquet`, `obligations.parquet`, `set_aside.parquet` and
    `transitions.parquet`. All are as at one moment, and each replaces a former one once all are written. Raises
    SettingsError if the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as whole, store.reading() as connection:
            crimes, updates, obligations, set_aside, transitions = (
                whole.enter_context(whole_file(folder / f"{name}.parquet"))
                for name in ("crimes", "updates", "obligations", "set_aside", "transitions")
            )
            counts = _crimes(connection, crimes, updates)
            counts["obligations"] = _table(connection, obligations, OBLIGATIONS, OBLIGATION)
            counts["set_aside"] = _table(connection, set_aside, SET_ASIDES, SET_ASIDE)
            counts["transitions"] = _table(connection, transitions, TRANSITIONS, TRANSITION)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written to ({error.strerror or error})") from None
    return counts


def _crimes(connection: Connection, crimes_file: BinaryIO, updates_file: BinaryIO) -> dict[str, int]:
    """Write crimes and updates, by crime number."""
    counts = {"crimes": 0, "updates": 0}
    asked = select(*(CRIME.c[name] for name in _HELD)).order_by(CRIME.c.crime_ref)
    with (
        pq.ParquetWriter(crimes_file, CRIMES, compression="zstd") as crimes,
        pq.ParquetWriter(updates_file, UPDATES, compression="zstd") as updates,
    ):
        for stored in _in_parts(connection, asked):
            records = unpack(row.record for row in stored)
            crimes.write_table(pa.Table.from_pylist(list(_crime_rows(records, stored)), CRIMES))
            rows = [row for crime in records for row in _updates(crime)]
            updates.write_table(pa.Table.from_pylist(rows, UPDATES))
            counts["crimes"] += len(stored)
            counts["updates"] += len(rows)
    return counts


def _table(connection: Connection, file: BinaryIO, schema: pa.Schema, table: Any) -> int:
    count = 0
    asked = select(*(table.c[column] for column in schema.names)).order_by(*table.primary_key)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in _in_parts(connection, asked):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    return count


def _in_parts(connection: Connection, asked: Select[Any]) -> Iterator[Sequence[Any]]:
    """Yield rows some at a time, so that the whole is never in memory on either side."""
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(asked).partitions()


def _crime_rows(crimes: Sequence[Crime], stored: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield crimes with their last change of status on record (at the same instant the later one, rules 2.9)."""
    status = status_at(statuses_of([crime.status for crime in crimes]), len(crimes), None)
    each = zip(crimes, stored, status.kind.tolist(), status.since.tolist(), strict=True)
    for crime, row, kind, since in each:
        changed = since != NONE
        yield _crime(crime, row) | {
            "status": STATUS_NAMES[kind] if changed else None,
            "status_at": from_micros(since) if changed else None,
        }


def _crime(crime: Crime, stored: Any) -> dict[str, Any]:
    return {
        "crime_ref": crime.crime_ref,
        "reported_at": _instant(crime.reported_at),
        "recorded_at": _instant(crime.recorded_at),
        "changed_at": _instant(crime.changed_at),
        "offence": crime.offence,
        "division": crime.division,
        "team": crime.team,
        "officer_ref": crime.officer_ref,
        "victims": len(crime.victims or ()),
        "updates": len(crime.updates or ()),
        "events": len(crime.events or ()),
        "first_seen_at": stored.first_seen_at,
        "seen_at": stored.seen_at,
        "missing_since": stored.missing_since,
    }


def _updates(crime: Crime) -> Iterator[dict[str, Any]]:
    """Yield the updates of a crime; of a repeated reference the last one counts (records section 1)."""
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


def _instant(text: str | None) -> Any:
    """Return a checked instant of a record, in UTC."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
