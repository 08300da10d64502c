"""The access log of the pages: who saw which cases of other people, and what was refused. It is only added to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from compliance.store.engine import Store
from compliance.store.tables import ACCESS


@dataclass(frozen=True, slots=True)
class Access:
    """A view of other people's cases, or an attempt that was refused, with the fields of `AccessRow`."""

    at: datetime
    person: str
    role: str
    page: str
    asked: Mapping[str, str] = field(default_factory=dict)
    crimes: Sequence[str] = ()
    refused: str | None = None
    reason: str | None = None


def log_access(store: Store, access: Access) -> None:
    """Add an entry."""
    row = asdict(access) | {"asked": dict(access.asked), "crimes": list(access.crimes)}
    with store.writing(in_turn=False) as connection:
        connection.execute(insert(ACCESS).values(row))


def list_accesses(store: Store) -> list[Access]:
    """Return all entries, the oldest first."""
    asked = select(*(column for column in ACCESS.c if column.name != "id")).order_by(ACCESS.c.id)
    with store.reading() as connection:
        return [Access(**row) for row in connection.execute(asked).mappings()]
