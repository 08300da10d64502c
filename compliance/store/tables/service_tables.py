"""How the service itself is doing."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel


class JobRow(SQLModel, table=True):
    """A job that has failed, and how it has ended since. Written when it fails, and when it first succeeds again.

    The name `stop` has when a service was stopped and ended cleanly.
    """

    __tablename__ = "job"
    name: str = Field(primary_key=True)
    ended_at: datetime
    succeeded_at: datetime | None = None
    failures: int
    failing_since: datetime | None = None
    is_lasting: bool
    system: str | None = None
    problem: str | None = None


class IncidentRow(SQLModel, table=True):
    """A condition from when it was found until it was over.

    `gone_at`: since when it is no longer found; it is over if that lasts. `due_at`: since when it is to be told.
    """

    __tablename__ = "incident"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    severity: str
    sentence: str
    began_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = Field(default=None, index=True)


class AlertRow(SQLModel, table=True):
    """What has been told of an incident one way (email, webhook): `began` or `over`, last at `told_at`.

    `claimed_at`: since when a service has been telling it; None: none is.
    """

    __tablename__ = "alert"
    incident_id: int = Field(primary_key=True)
    way: str = Field(primary_key=True)
    told: str | None = None
    told_at: datetime | None = None
    claimed_at: datetime | None = None


class MaintenanceRow(SQLModel, table=True):
    """A time of planned work, in which no alerts are sent. `until` is moved back if the work ends early."""

    __tablename__ = "maintenance"
    id: int | None = Field(default=None, primary_key=True)
    began_at: datetime
    until: datetime
    reason: str


class DatabaseSize(SQLModel, table=True):
    """The size of the database in bytes on a local date, as last taken."""

    __tablename__ = "database_size"
    day: date = Field(primary_key=True)
    taken_at: datetime
    size: int = Field(sa_column=Column(BigInteger, nullable=False))


class WorkProgressRow(SQLModel, table=True):
    """How far long work under way is; no row for work of a few seconds.

    `what`: what is counted in its present part, which began at `part_began_at`. `of`: None: not known.
    """

    __tablename__ = "work_progress"
    work: str = Field(primary_key=True)
    began_at: datetime
    part_began_at: datetime
    noted_at: datetime
    what: str
    done: int = Field(sa_column=Column(BigInteger, nullable=False))
    of: int | None = Field(default=None, sa_column=Column(BigInteger))
