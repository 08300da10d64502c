"""The stamps of the audit log that are kept: what a time-stamping service answered of a head of the log (RFC 3161).

Here nothing is verified: `compliance.service.audit.stamp_tokens` does.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from compliance.store.audit.audit_entry import AuditHead
from compliance.store.database.dialect import insert_into
from compliance.store.database.engine import Store
from compliance.store.tables import AUDIT_STAMP


@dataclass(frozen=True, slots=True)
class KeptStamp:
    """A stamp: of which entry's number and hash, when it was asked for by our clock, and when the service says it was.

    `answer`: what the service sent, as DER (TimeStampResp). Instants are in UTC.
    """

    number: int
    hash: str
    asked_at: datetime
    stamped_at: datetime
    answer: bytes

    @property
    def head(self) -> AuditHead:
        """Return the head that was stamped."""
        return AuditHead(self.number, self.hash)


def name_stamp(stamped_at: datetime) -> str:
    """Return what a stamp is called where it is told of."""
    return f"the stamp of {stamped_at:%Y-%m-%d %H:%M:%SZ}"


def keep_stamp(store: Store, stamp: KeptStamp) -> None:
    """Store a stamp. One that is there of the same entry stays: another service has asked too."""
    with store.writing() as connection:
        connection.execute(insert_into(connection, AUDIT_STAMP).on_conflict_do_nothing().values(asdict(stamp)))


def newest_stamp(connection: Connection) -> KeptStamp | None:
    """Return the stamp of the newest entry that was stamped; None if none was."""
    row = connection.execute(select(AUDIT_STAMP).order_by(AUDIT_STAMP.c.number.desc()).limit(1)).mappings().first()
    return None if row is None else KeptStamp(**row)


def iterate_stamps(connection: Connection) -> Iterator[KeptStamp]:
    """Yield the stamps, by the number of the entry."""
    for row in connection.execute(select(AUDIT_STAMP).order_by(AUDIT_STAMP.c.number)).mappings():
        yield KeptStamp(**row)


def stamped_heads(connection: Connection) -> Iterator[tuple[AuditHead, str]]:
    """Yield the heads that were stamped, each with what its stamp is called."""
    asked = select(AUDIT_STAMP.c.number, AUDIT_STAMP.c.hash, AUDIT_STAMP.c.stamped_at)
    for number, hashed, stamped_at in connection.execute(asked.order_by(AUDIT_STAMP.c.number)):
        yield AuditHead(number, hashed), name_stamp(stamped_at)


def forget_stamps(connection: Connection, until: int) -> None:
    """Remove the stamps of entries up to a number, which are removed too."""
    connection.execute(delete(AUDIT_STAMP).where(AUDIT_STAMP.c.number <= until))
