"""Who is signed in to the pages, and what they looked at."""

from datetime import datetime

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, SQLModel

from compliance.store.tables.column_types import BIG_ID


class WebSession(SQLModel, table=True):
    """A person signed in to the pages in one role. `digest`: SHA-256 of what their cookie holds.

    `person`: as the way of signing in names them. `role`: empty while they are yet to choose one. `groups`: what they
    were in when they signed in, where nothing says so at every request. `ended`: why, in words; None while it stands.
    """

    __tablename__ = "web_session"
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person: str
    role: str
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    ended: str | None = None
    groups: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class AccessRow(SQLModel, table=True):
    """An entry of the access log: a view of other people's cases, an act, or an attempt that was refused. Append-only.

    `page`: the path of the table of pages, `asked`: what was filled in there and asked for. `crimes`: the crime numbers
    shown that are not the person's own, or that the act concerns. `refused`: why, None if it was not. `reason`: why the
    person looked or acted, where they were asked.
    """

    __tablename__ = "access"
    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
    at: datetime = Field(index=True)
    person: str = Field(index=True)
    role: str
    page: str
    asked: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    crimes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    refused: str | None = None
    reason: str | None = None
