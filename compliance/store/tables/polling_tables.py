"""The crime system as it is read: its polls, where a feed continues, and the officer directory."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Integer
from sqlmodel import Field, SQLModel

from compliance.store.tables.column_types import BIG_ID


class Poll(SQLModel, table=True):
    """One run of the feed from its cursor to "nothing further for now", or as far as it got.

    `idle_since`: if it brought nothing new, when the first of the idle polls in a row ended. This row stands for them:
    `started_at` and `ended_at` are those of the last (`idle_polls.py`). `officers`: usable entries of
    the officer directory, None if it was not read; `directory_problem`: why it was not, or why its contents are not
    believed. `complete` is about the crimes, regardless of the directory. `emptied`: how many of the changed crimes
    lost all their updates or all their victims.
    """

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    started_at: datetime
    ended_at: datetime | None = Field(default=None, index=True)
    complete: bool = False
    pages: int = 0
    received: int = 0
    changed: int = 0
    refused: int = 0
    problem: str | None = None
    officers: int | None = None
    directory_problem: str | None = None
    idle_since: datetime | None = None
    emptied: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))


class FeedRow(SQLModel, table=True):
    """Where a feed is to be continued. The cursor is the feed's: never parsed, compared or invented.

    `origin`: the crime system that the cursor belongs to, such as `http https://crimes.example/crimes`. `ask_again_at`,
    `directory_ask_again_at`: until when the crime system and the officer directory asked for no requests (Retry-After).
    """

    __tablename__ = "feed"
    source: str = Field(primary_key=True)
    cursor: str | None = None
    moved_at: datetime | None = None
    origin: str | None = None
    ask_again_at: datetime | None = None
    directory_ask_again_at: datetime | None = None


class FeedCursor(SQLModel, table=True):
    """A cursor that a feed gave earlier, from which a poll can begin so as to cover late commits at the source.
    `reaches`: nothing before it in the feed changed later than that."""

    __tablename__ = "feed_cursor"
    __table_args__ = (Index("ix_feed_cursor_source", "source"),)
    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
    source: str
    cursor: str
    taken_at: datetime
    reaches: datetime


class OfficerRow(SQLModel, table=True):
    """An entry of the officer directory as last seen. `absent` is a list of {"from", "until"} (local dates, ISO)."""

    __tablename__ = "officer"
    officer_ref: str = Field(primary_key=True)
    name: str | None = None
    email: str | None = None
    team: str | None = None
    division: str | None = None
    supervisor_ref: str | None = None
    role: str | None = None
    left_on: date | None = None
    absent: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    seen_at: datetime
