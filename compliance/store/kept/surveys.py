"""What surveys of victims found, as stored: each wave as last imported, and as it stood before."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from compliance.store.database.dialect import among
from compliance.store.database.engine import Store
from compliance.store.tables import SURVEY_RESULT


@dataclass(frozen=True, slots=True)
class WaveResult:
    """How many answered in a wave and a unit, and how many of them were satisfied.

    `wave`: the period it asks about, as text. `unit`: a division; empty: the force.
    """

    wave: str
    unit: str
    answers: int
    satisfied: int


@dataclass(frozen=True, slots=True)
class FormerResult:
    """What a wave of the whole force said until it was replaced. `imported_at`, `replaced_at`: aware, UTC."""

    result: WaveResult
    imported_at: datetime
    replaced_at: datetime


def store_waves(store: Store, results: Sequence[WaveResult], now: datetime, by: str) -> set[str]:
    """Store waves, in place of what was held of them; return those of which something was held.

    `now`: aware. `by`: the user name of who imports them.
    """
    waves = sorted({each.wave for each in results})
    with store.writing() as connection:
        held = {each.wave for each in _standing(connection, None)} & set(waves)
        these = (among(connection, SURVEY_RESULT.c.wave, waves), SURVEY_RESULT.c.replaced_at.is_(None))
        connection.execute(update(SURVEY_RESULT).where(*these).values(replaced_at=now))
        rows = [{**asdict(each), "imported_at": now, "imported_by": by} for each in results]
        connection.execute(insert(SURVEY_RESULT), rows)
    return held


def list_waves(store: Store, known_at: datetime | None = None) -> list[WaveResult]:
    """Return the waves as they stood at an instant (aware), by default as they stand; the force first in each."""
    with store.reading() as connection:
        return _standing(connection, known_at)


def list_former(store: Store, known_at: datetime) -> list[FormerResult]:
    """Return what waves of the whole force said before they were replaced, by an instant (aware)."""
    of = SURVEY_RESULT.c
    asked = select(of.wave, of.unit, of.answers, of.satisfied, of.imported_at, of.replaced_at).order_by(of.id)
    with store.reading() as connection:
        rows = connection.execute(asked.where(of.unit == "", of.replaced_at <= known_at)).all()
    return [FormerResult(WaveResult(*row[:4]), row.imported_at, row.replaced_at) for row in rows]


def _standing(connection: Connection, known_at: datetime | None) -> list[WaveResult]:
    of = SURVEY_RESULT.c
    asked = select(of.wave, of.unit, of.answers, of.satisfied).order_by(of.id)
    if known_at is None:
        asked = asked.where(of.replaced_at.is_(None))
    else:
        asked = asked.where(of.imported_at <= known_at, or_(of.replaced_at.is_(None), of.replaced_at > known_at))
    return sorted((WaveResult(*row) for row in connection.execute(asked)), key=lambda each: (each.wave, each.unit))
