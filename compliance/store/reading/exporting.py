"""Exporting the store as Parquet files for the force's own tools (docs/export.md), in bounded memory.

All files of an export are as at one moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Select, select

from compliance.errors import SettingsError, UnavailableError
from compliance.progress import tell_step
from compliance.store.content import unpack
from compliance.store.database.dialect import chunks
from compliance.store.database.engine import Store
from compliance.store.kept.idle_polls import covering_end
from compliance.store.reading.exported_records import INSTANT, NAMED, RECORD_FILES, HeldCrime, schema
from compliance.store.reading.reader import find_replaced
from compliance.store.tables import CRIME, CRIME_VERSION, OBLIGATION, SET_ASIDE, TRANSITION
from compliance.writing import whole_file

_AT_ONCE: Final = 10_000

OBLIGATIONS: Final = schema(
    {
        "crime_ref": pa.string(), "victim_ref": pa.string(), "requirement": NAMED, "cycle": pa.int32(),
        "clock_date": pa.date32(), "due_date": pa.date32(), "state": NAMED, "clause": NAMED,
    },
    discharged_on=pa.date32(), reason=NAMED, same_day_update=pa.bool_(), division=NAMED, team=NAMED,
    officer_ref=pa.string(),
)  # fmt: skip
SET_ASIDES: Final = schema(
    {
        "crime_ref": pa.string(), "victim_ref": pa.string(), "requirement": NAMED, "cycle": pa.int32(),
        "clause": NAMED, "reason": NAMED, "gap": NAMED,
    }
)  # fmt: skip
TRANSITIONS: Final = schema(
    {
        "crime_ref": pa.string(), "victim_ref": pa.string(), "requirement": NAMED, "cycle": pa.int32(),
        "clock_date": pa.date32(), "dated": pa.date32(), "noticed_at": INSTANT, "spell": pa.int32(),
    },
    from_state=NAMED, to_state=NAMED,
)  # fmt: skip
_JUDGED: Final = (
    ("obligations", OBLIGATIONS, OBLIGATION), ("set_aside", SET_ASIDES, SET_ASIDE),
    ("transitions", TRANSITIONS, TRANSITION),
)  # fmt: skip
_HELD: Final = ("crime_ref", "record", "first_seen_at", "seen_at", "missing_since")


def export(store: Store, folder: Path) -> dict[str, int]:
    """Write the Parquet files into a folder, created if there is none, and return the number of rows of each.

    The files are those of `RECORD_FILES`, `obligations.parquet`, `set_aside.parquet` and `transitions.parquet`. All are
    as at one moment, and each replaces a former one once all are written. Raises SettingsError if the folder cannot be
    written to.
    """
    names = [*(each.name for each in RECORD_FILES), *(name for name, _, _ in _JUDGED)]
    with _writing(folder, names) as files, store.reading() as connection:
        counts = _write_records(connection, files, {})
        for name, columns, table in _JUDGED:
            counts[name] = _write_table(connection, files[name], columns, table)
    return counts


def export_known(store: Store, folder: Path, known_at: datetime) -> dict[str, int]:
    """Write the files of `RECORD_FILES` with the records as known at K, an aware instant (decision 0008).

    Whether a crime is missing from the crime system is as it stands now. Raises UnavailableError if no complete poll
    has ended at or after K, and SettingsError if the folder cannot be written to.
    """
    with _writing(folder, [each.name for each in RECORD_FILES]) as files, store.reading() as connection:
        seen_until = covering_end(connection, known_at)
        if seen_until is None:
            raise UnavailableError(
                f"what was known at {known_at:%Y-%m-%dT%H:%MZ} is not known yet: the crime system has not been read to "
                "its end since; export again after the next poll"
            )
        return _write_records(connection, files, find_replaced(connection, seen_until))


@contextmanager
def _writing(folder: Path, names: Sequence[str]) -> Iterator[dict[str, BinaryIO]]:
    """Give the files to write to, by name. They take the place of former ones at the end, if nothing fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as whole:
            yield {name: whole.enter_context(whole_file(folder / f"{name}.parquet")) for name in names}
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written to ({error.strerror or error})") from None


def _write_records(
    connection: Connection, files: Mapping[str, BinaryIO], replaced: Mapping[str, int]
) -> dict[str, int]:
    """Write what is made from crime records, by crime number. `replaced`: versions to take instead of current records.

    Versions are given by crime number.
    """
    counts = {each.name: 0 for each in RECORD_FILES}
    asked = select(*(CRIME.c[name] for name in _HELD)).order_by(CRIME.c.crime_ref)
    with ExitStack() as open_files:
        writers = {
            each.name: open_files.enter_context(pq.ParquetWriter(files[each.name], each.schema, compression="zstd"))
            for each in RECORD_FILES
        }
        for stored in _in_parts(connection, asked):
            held = _held_crimes(connection, stored, replaced)
            for each in RECORD_FILES:
                rows = list(each.rows(held))
                writers[each.name].write_table(pa.Table.from_pylist(rows, each.schema))
                counts[each.name] += len(rows)
            tell_step("crimes written", counts["crimes"])
    return counts


def _held_crimes(connection: Connection, stored: Sequence[Any], replaced: Mapping[str, int]) -> list[HeldCrime]:
    versions = _read_versions(connection, [replaced[row.crime_ref] for row in stored if row.crime_ref in replaced])
    taken = [versions.get(replaced.get(row.crime_ref, -1), (row.record, row.seen_at)) for row in stored]
    crimes = unpack(record for record, _ in taken)
    return [
        HeldCrime(crime, row.first_seen_at, seen_at, row.missing_since)
        for crime, (_, seen_at), row in zip(crimes, taken, stored, strict=True)
    ]


def _read_versions(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[bytes, datetime]]:
    """Return (record, when it was seen) of replaced versions, by their numbers."""
    found: dict[int, tuple[bytes, datetime]] = {}
    version = CRIME_VERSION.c
    for part in chunks(ids):
        asked = select(version.id, version.record, version.seen_at).where(version.id.in_(part))
        found |= {row.id: (row.record, row.seen_at) for row in connection.execute(asked)}
    return found


def _write_table(connection: Connection, file: BinaryIO, columns: pa.Schema, table: Any) -> int:
    count = 0
    asked = select(*(table.c[column] for column in columns.names)).order_by(*table.primary_key)
    with pq.ParquetWriter(file, columns, compression="zstd") as writer:
        for rows in _in_parts(connection, asked):
            values = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(values, columns, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=columns))
            count += len(rows)
            tell_step(f"rows of {table.name} written", count)
    return count


def _in_parts(connection: Connection, asked: Select[Any]) -> Iterator[Sequence[Any]]:
    """Yield rows some at a time, so that the whole is never in memory on either side."""
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(asked).partitions()
