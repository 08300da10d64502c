"""Who is signed in to the pages, which programs may read the JSON API, and what pages have asked for."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from compliance.store.tables.column_types import BIG_ID

_NOT_REVOKED = text("revoked_at IS NULL")


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


class ApiToken(SQLModel, table=True):
    """What a program shows to read the JSON API. `digest`: SHA-256 of the token, which is stored nowhere.

    `name`: what the program is called; one token of a name is not revoked. `division`: whose cases it may read, where
    the role is that of a division. `made_by` and `revoked_by`: the user names. `used_at`: about when it was last used.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        Index("ix_api_token_name", "name", unique=True, sqlite_where=_NOT_REVOKED, postgresql_where=_NOT_REVOKED),
    )
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    name: str
    role: str
    division: str | None = None
    made_at: datetime
    made_by: str
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None


class BackgroundTaskRow(SQLModel, table=True):
    """Something that a page asked for and that takes long (decision 0064).

    `kind`: what is worked out; `asked`: of what, as JSON with its keys in order, so that the same question is the same
    text. `asked_by`: the person. `seen_at`: when the process that works on it last said so. `done`, `of`: how far it
    is; None: not known. `result`: what came of it, compressed. `problem`: why nothing came of it, in words.
    """

    __tablename__ = "background_task"
    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
    kind: str
    asked: str
    asked_by: str
    asked_at: datetime
    state: str = Field(index=True)
    seen_at: datetime
    began_at: datetime | None = None
    ended_at: datetime | None = None
    done: int = 0
    of: int | None = None
    result: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    problem: str | None = None
