"""The audit log."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

_IS_CONFIGURATION = text("what = 'configuration'")
_IS_OF_OUTBOX = text("what = 'disclosure' AND target = 'outbox'")


class AuditRow(SQLModel, table=True):
    """An entry of the audit log, which no code changes and only retention removes (`AuditEntry`, docs/audit.md).

    `details`: JSON, kept as the text that was hashed. `previous`: the hash of the entry before. Both in hexadecimal.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(
            "ix_audit_entry_configuration",
            "target",
            "number",
            sqlite_where=_IS_CONFIGURATION,
            postgresql_where=_IS_CONFIGURATION,
        ),
        Index("ix_audit_entry_outbox", "number", sqlite_where=_IS_OF_OUTBOX, postgresql_where=_IS_OF_OUTBOX),
    )
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = Field(index=True)
    who: str = Field(index=True)
    role: str
    what: str
    target: str
    details: str = Field(sa_column=Column(Text, nullable=False))
    reason: str | None = None
    previous: str
    hash: str


class AuditStamp(SQLModel, table=True):
    """A stamp of an entry of the audit log, and so of all before it, by a time-stamping service (`KeptStamp`)."""

    __tablename__ = "audit_stamp"
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: str
    asked_at: datetime
    stamped_at: datetime
    answer: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
