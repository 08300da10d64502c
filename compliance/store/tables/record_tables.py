"""Crime records: the current ones and their versions, what was refused, what was unknown, and what was removed."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import Boolean, Column, Index, LargeBinary, false, text
from sqlmodel import Field, SQLModel

from compliance.store.tables.column_types import BIG_ID

_AHEAD: Final = text("changed_at > seen_at")


class CrimeRow(SQLModel, table=True):
    """A current crime record.

    `wake_on` is the local date on which its verdict next changes automatically; a crime changed since it was last
    judged wakes at once (the first of all dates). `missing_since` is the instant of the first full export that did not
    contain the crime: it is flagged, and stays. `changed_at`: the latest with which this content was received; None: as
    the record says. The index has the few that say they changed after they were seen
    (`compliance/store/receiving/out_of_order.py`).
    """

    __tablename__ = "crime"
    __table_args__ = (Index("ix_crime_changed_ahead", "changed_at", sqlite_where=_AHEAD, postgresql_where=_AHEAD),)
    crime_ref: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen_at: datetime
    seen_poll: int | None = None
    first_seen_at: datetime
    wake_on: date | None = Field(default=None, index=True)
    missing_since: datetime | None = None
    changed_at: datetime | None = None


class CrimeVersion(SQLModel, table=True):
    """A version of a crime record that has been replaced: seen at `seen_at`, replaced at `replaced_at`.

    `late`: never current, because it was older than the version stored when it arrived (records section 4).
    """

    __tablename__ = "crime_version"
    __table_args__ = (
        Index("ix_crime_version_ref", "crime_ref", "seen_at"),
        Index("ix_crime_version_replaced", "replaced_at", "seen_at"),
    )
    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
    crime_ref: str
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen_at: datetime
    replaced_at: datetime
    late: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))


class Quarantined(SQLModel, table=True):
    """A refused record: its reason, how often and when it was received.

    It stays until the crime is valid or refused in another form, or a person clears it (`cleared_at`). `digest` is of
    the bytes as received, `record` those bytes (the first MiB of them), compressed.
    """

    __tablename__ = "quarantine"
    id: int | None = Field(default=None, primary_key=True)
    source: str
    digest: str = Field(unique=True)
    crime_ref: str | None = Field(default=None, index=True)
    reason: str
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    first_seen_at: datetime
    last_seen_at: datetime
    times: int = 1
    cleared_at: datetime | None = None


class UnknownValue(SQLModel, table=True):
    """A value in the crime records unknown to mapping and policy: how often and when received (rules section 8)."""

    __tablename__ = "unknown_value"
    source: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    times: int = 1
    first_seen_at: datetime
    last_seen_at: datetime


class Removal(SQLModel, table=True):
    """A crime removed, or stripped of its officers, a time after it was closed (`action`: remove or strip).

    Nothing here identifies it: `crime_digest` is of the crime number, `digest` of the record's content as last
    received, so that the same record is not stored again. The counts say what was removed with it.
    """

    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
    crime_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    action: str
    closed_on: date
    removed_at: datetime
    versions: int
    obligations: int
    transitions: int
    notices: int
