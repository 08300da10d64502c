"""Which crimes retention removed, so that the same record is not stored again."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from compliance.store.content import crime_digest
from compliance.store.database.dialect import chunks
from compliance.store.tables import REMOVAL


def list_removed_contents(connection: Connection, crime_refs: Sequence[str]) -> set[bytes]:
    """Return the digests of the contents with which some of these crimes were removed.

    A crime received with other content has been worked on since, and is a new crime to the store.
    """
    if not crime_refs or connection.execute(select(REMOVAL.c.id).limit(1)).first() is None:
        return set()
    digests: set[bytes] = set()
    for part in chunks(map(crime_digest, crime_refs)):
        digests.update(connection.execute(select(REMOVAL.c.digest).where(REMOVAL.c.crime_digest.in_(part))).scalars())
    return digests
