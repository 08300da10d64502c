"""Dip samples as stored: what was drawn, and what readers found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from compliance.errors import SettingsError
from compliance.store.database.dialect import among, chunks
from compliance.store.database.engine import Store
from compliance.store.tables import REVIEW, REVIEW_CASE, REVIEW_READING


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A dip sample, with the fields of `ReviewRow`; its cases and readings have those of their rows."""

    id: int
    period: str
    requirement: str
    version: int
    seed: str
    populations: dict[str, int]
    drawn: dict[str, int]
    criteria: list[list[str]]
    proof: list[str]
    drawn_at: datetime
    drawn_by: str
    closed_at: datetime | None
    closed_by: str | None


def add_review(store: Store, review: Mapping[str, Any], cases: Iterable[Mapping[str, Any]]) -> int:
    """Store a dip sample with its cases, and return its number."""
    with store.writing() as connection:
        number = int(connection.execute(insert(REVIEW).values(**review)).inserted_primary_key[0])  # type: ignore[index]
        connection.execute(insert(REVIEW_CASE), [{"review_id": number, **case} for case in cases])
    return number


def list_reviews(store: Store) -> list[StoredReview]:
    """Return all dip samples, the oldest first."""
    with store.reading() as connection:
        rows = connection.execute(select(REVIEW).order_by(REVIEW.c.id)).mappings().all()
    return [StoredReview(**row) for row in rows]


def find_review(store: Store, number: int | None) -> StoredReview:
    """Return a dip sample by its number; None: the newest. Raises SettingsError if there is none."""
    found = [each for each in list_reviews(store) if number in (None, each.id)]
    if not found:
        which = "no dip sample has been drawn" if number is None else f"there is no dip sample {number}"
        raise SettingsError(f"{which}; `compliance review list` shows them, `compliance review draw` draws one")
    return found[-1]


def cases_of(store: Store, review: int) -> list[dict[str, Any]]:
    """Return the cases of a dip sample as rows, in the order of reading."""
    asked = select(REVIEW_CASE).where(REVIEW_CASE.c.review_id == review).order_by(REVIEW_CASE.c.number)
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(asked).mappings()]


def open_reviews_of(store: Store, readers: Collection[str]) -> list[int]:
    """Return the numbers of the dip samples that are open and have cases for one of some readers, the oldest first."""
    case = REVIEW_CASE.c
    asked = select(REVIEW.c.id).join(REVIEW_CASE, case.review_id == REVIEW.c.id).where(REVIEW.c.closed_at.is_(None))
    theirs = asked.where(or_(case.reader.in_(readers), case.second_reader.in_(readers)))
    with store.reading() as connection:
        return [row.id for row in connection.execute(theirs.distinct().order_by(REVIEW.c.id))]


def readings_of(store: Store, review: int, reader: str | None = None) -> list[dict[str, Any]]:
    """Return what readers found as rows, by case and reader. `reader`: only what this one found."""
    key = (REVIEW_READING.c.number, REVIEW_READING.c.reader)
    asked = select(REVIEW_READING).where(REVIEW_READING.c.review_id == review).order_by(*key)
    if reader is not None:
        asked = asked.where(REVIEW_READING.c.reader == reader)
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(asked).mappings()]


def store_readings(store: Store, review: int, reader: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store what a reader found, in place of what they found of the same cases before; return how many are new.

    Raises SettingsError if the sample is closed.
    """
    numbers = [row["number"] for row in rows]
    mine = (REVIEW_READING.c.review_id == review, REVIEW_READING.c.reader == reader)
    with store.writing() as connection:
        if connection.execute(select(REVIEW.c.closed_at).where(REVIEW.c.id == review)).scalar() is not None:
            raise SettingsError(f"dip sample {review} is closed: no answer is taken any more")
        before = 0
        for part in chunks(numbers):
            these = among(connection, REVIEW_READING.c.number, part)
            before += connection.execute(delete(REVIEW_READING).where(*mine, these)).rowcount
        if rows:
            connection.execute(insert(REVIEW_READING), [{"review_id": review, "reader": reader, **row} for row in rows])
    return len(rows) - before


def close_review(store: Store, review: int, at: datetime, by: str) -> None:
    """Take no more answers of a dip sample from an instant on; what was closed before stays as it was."""
    is_open = (REVIEW.c.id == review, REVIEW.c.closed_at.is_(None))
    with store.writing() as connection:
        connection.execute(update(REVIEW).where(*is_open).values(closed_at=at, closed_by=by))


def forget_reviewed(connection: Connection, refs: Sequence[str], *, strip: bool) -> None:
    """Forget what dip samples say of crimes that are removed, or stripped of officers; the counts stay.

    Readings lose by whom the victim was told and the note, and cases, unless only officers go, their crime and victim.
    """
    cases = REVIEW_CASE.c.crime_ref.in_(refs)
    found = connection.execute(select(REVIEW_CASE.c.review_id, REVIEW_CASE.c.number).where(cases)).all()
    for review, number in found:
        mine = (REVIEW_READING.c.review_id == review, REVIEW_READING.c.number == number)
        connection.execute(update(REVIEW_READING).where(*mine).values(told_by="", note=""))
    if found and not strip:
        connection.execute(update(REVIEW_CASE).where(cases).values(crime_ref="", victim_ref=""))
