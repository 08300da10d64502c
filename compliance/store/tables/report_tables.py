"""Published reports, and which reports are owed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel


class Published(SQLModel, table=True):
    """A published report: its figures, the content of the policy they were judged by, and the digests of its files."""

    __tablename__ = "published"
    __table_args__ = (UniqueConstraint("period", "edition", "version", name="uq_published"),)
    id: int | None = Field(default=None, primary_key=True)
    period: str
    edition: str
    version: int
    as_at: datetime
    known_at: datetime
    policy_digest: str
    policy: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    figures: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    files: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    published_at: datetime


class ReportDuty(SQLModel, table=True):
    """The instant since which the service owes the reports of a kind of period in an edition and a form.

    Owed is every period that settles later, and the newest that had settled then.
    """

    __tablename__ = "report_duty"
    kind: str = Field(primary_key=True)
    edition: str = Field(primary_key=True)
    form: str = Field(primary_key=True)
    since: datetime
