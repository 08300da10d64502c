"""The versions of a crime record, as they were received one after another."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from compliance.records import Crime
from compliance.store.content import unpack
from compliance.store.database.engine import Store
from compliance.store.tables import CRIME, CRIME_VERSION


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """A version of a crime record.

    `seen_at`: when it was first received; `replaced_at`: when another took its place, None of the current one (aware,
    UTC). `is_late`: it was never current, because it was older than the one stored when it arrived (records section 4).
    """

    record: Crime
    seen_at: datetime
    replaced_at: datetime | None
    is_late: bool = False


def list_versions(store: Store, crime_ref: str) -> list[RecordVersion]:
    """Return the versions of a crime record in the order in which they were received; empty if it is not stored."""
    of_crime, version = CRIME.c, CRIME_VERSION.c
    with store.reading() as connection:
        current = connection.execute(
            select(of_crime.record, of_crime.seen_at).where(of_crime.crime_ref == crime_ref)
        ).first()
        if current is None:
            return []
        replaced = connection.execute(
            select(version.record, version.seen_at, version.replaced_at, version.late)
            .where(version.crime_ref == crime_ref)
            .order_by(version.seen_at, version.id)
        ).all()
    records = unpack([row.record for row in replaced] + [current.record])
    before = [
        RecordVersion(record, row.seen_at, row.replaced_at, row.late)
        for record, row in zip(records, replaced, strict=False)
    ]
    found = [*before, RecordVersion(records[-1], current.seen_at, None)]
    return sorted(found, key=lambda each: (each.seen_at, each.replaced_at is None))
