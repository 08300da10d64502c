"""Dip samples: what was drawn from a published period, and what readers found."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from compliance.store.tables.column_types import CompressedText


class ReviewRow(SQLModel, table=True):
    """A dip sample of a requirement in a published period.

    `version`: of the board's report whose figures it was drawn for. `seed`: draws the same cases again.
    `populations`, `drawn`: how many obligations there were and were drawn, by what the record says. `criteria`: what
    readers are asked, as id and question. `proof`: what they take as proof that a victim was told, a sentence each;
    empty: drawn before that was stored. `drawn_by`: the user name of who drew it. `closed_at`, `closed_by`: since when
    no answer is taken any more, and who said so; None: it is open.
    """

    __tablename__ = "review"
    id: int | None = Field(default=None, primary_key=True)
    period: str
    requirement: str
    version: int
    seed: str
    populations: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    drawn: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    criteria: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))
    proof: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    drawn_at: datetime
    drawn_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None


class ReviewCaseRow(SQLModel, table=True):
    """An obligation that was drawn. `crime_ref` and `victim_ref` are empty once its crime was removed."""

    __tablename__ = "review_case"
    __table_args__ = (Index("ix_review_case_crime", "crime_ref"),)
    review_id: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    crime_ref: str
    victim_ref: str
    cycle: int
    look_from: date
    due_date: date
    division: str
    state: str
    reader: str
    second_reader: str | None = None


class ReviewReadingRow(SQLModel, table=True):
    """What a reader found of a case. `criteria`: the answers by id. `stored_by`: the user name of who stored it."""

    __tablename__ = "review_reading"
    review_id: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    reader: str = Field(primary_key=True)
    told: str
    told_on: date | None = None
    told_by: str = Field(sa_column=Column(CompressedText, nullable=False))
    criteria: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    answered_request: bool | None = None
    note: str = Field(sa_column=Column(CompressedText, nullable=False))
    stored_at: datetime
    stored_by: str
