"""Victims' characteristics, and the returns that were made with them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from compliance.store.tables.column_types import BIG_ID


class VictimCharacteristics(SQLModel, table=True):
    """What a record said of a victim, apart from it (A7), from `seen_at` until `replaced_at` (None: it stands)."""

    __tablename__ = "victim_characteristics"
    __table_args__ = (Index("ix_victim_characteristics_crime", "crime_ref"),)
    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
    crime_ref: str
    victim_ref: str
    age_band: str | None = None
    sex: str | None = None
    ethnicity: str | None = None
    disability: str | None = None
    seen_at: datetime
    replaced_at: datetime | None = None


class ReturnRow(SQLModel, table=True):
    """A version of a return for a period. `content`: all that its forms say. `digest`: the SHA-256 of that as hex."""

    __tablename__ = "made_return"
    name: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    digest: str
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    made_at: datetime
    made_by: str


class ReturnSignature(SQLModel, table=True):
    """That somebody signed off a version of a return, in one of the roles that it asks for."""

    __tablename__ = "return_signature"
    name: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    role: str = Field(primary_key=True)
    signed_at: datetime
    signed_by: str
