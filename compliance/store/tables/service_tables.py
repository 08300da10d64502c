"""How the service itself is doing."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class JobRow(SQLModel, table=True):
    """A job that has failed, and how it has ended since. Written when it fails, and when it first succeeds again."""

    __tablename__ = "job"
    name: str = Field(primary_key=True)
    ended_at: datetime
    succeeded_at: datetime | None = None
    failures: int
    failing_since: datetime | None = None
    is_lasting: bool
    system: str | None = None
    problem: str | None = None
