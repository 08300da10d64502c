"""Published reports, which reports are owed, and what keeps reports from being published."""

from datetime import date, datetime
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


class ReportHold(SQLModel, table=True):
    """A report that is not published because something stands against it (statistics section 7).

    `faults`: by name (`reports.release`). `facts`: what was looked at. `ended_at`: when it was released or published;
    None: it is held.
    """

    __tablename__ = "report_hold"
    id: int | None = Field(default=None, primary_key=True)
    period: str
    since: datetime
    faults: list[str] = Field(sa_column=Column(JSON, nullable=False))
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    ended_at: datetime | None = None


class ReportRelease(SQLModel, table=True):
    """That a person released a report although some faults stood against it, and why."""

    __tablename__ = "report_release"
    id: int | None = Field(default=None, primary_key=True)
    period: str
    faults: list[str] = Field(sa_column=Column(JSON, nullable=False))
    reason: str
    released_by: str
    released_at: datetime


class ReportSuspension(SQLModel, table=True):
    """That a person suspended all reports: from an instant until the end of a local date.

    `ended_at`: when it ended, by itself or by a person; None: not yet, or the service has not looked since.
    """

    __tablename__ = "report_suspension"
    id: int | None = Field(default=None, primary_key=True)
    began_at: datetime
    until: date
    reason: str
    suspended_by: str
    ended_at: datetime | None = None
