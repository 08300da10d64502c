"""Which records came in a span of time: stored as new or changed, or refused (rules 8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, union

from compliance.store.database.dialect import among, chunks
from compliance.store.database.engine import Store
from compliance.store.tables import CRIME, CRIME_VERSION, QUARANTINE


@dataclass(frozen=True, slots=True)
class ReceivedRecords:
    """The records that came in a span of time, each crime once.

    `count`: how many. `refused`: how many of them stood refused at its end. `unfit`: how many stood refused, or are
    among the crimes asked about. `asked`: how many of those came.
    """

    count: int
    refused: int
    unfit: int
    asked: tuple[int, ...]


def count_received(store: Store, since: datetime, until: datetime, *asked: Collection[str]) -> ReceivedRecords:
    """Count the records that came from one instant until another (both aware and included), and some crimes of them.

    A record first refused in that time counts by its crime number or, if that cannot be read, by itself.
    """
    crime, version, refused = CRIME.c, CRIME_VERSION.c, QUARANTINE.c
    came = union(
        select(crime.crime_ref).where(crime.seen_at >= since, crime.seen_at <= until),
        select(version.crime_ref).where(~version.late, version.seen_at >= since, version.seen_at <= until),
    ).subquery()
    standing = select(func.coalesce(refused.crime_ref, refused.digest).label("ref")).where(
        refused.first_seen_at >= since,
        refused.first_seen_at <= until,
        or_(refused.cleared_at.is_(None), refused.cleared_at > until),
    )
    with store.reading() as connection:

        def select_came(refs: Collection[str]) -> set[str]:
            parts = (select(came.c.crime_ref).where(among(connection, came.c.crime_ref, part)) for part in chunks(refs))
            return {row[0] for part in parts for row in connection.execute(part)}

        count = connection.execute(select(func.count()).select_from(came)).scalar_one()
        stand = {row[0] for row in connection.execute(standing)}
        again = select_came(sorted(stand))
        found = [select_came(sorted(refs)) for refs in asked]
    unfit = stand.union(*found)
    return ReceivedRecords(count + len(stand - again), len(stand), len(unfit), tuple(map(len, found)))
