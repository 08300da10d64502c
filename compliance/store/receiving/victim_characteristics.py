"""The characteristics of victims, apart from the records (records A7): as they are now, and as they were known before
(decision 0074).

They are removed with their crime, and when the settings no longer name them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from compliance.records.characteristics import NAMES, Characteristics
from compliance.store.content import Content
from compliance.store.database.dialect import add, among, chunks, rows_of
from compliance.store.database.engine import Store
from compliance.store.tables import VICTIM_CHARACTERISTICS

_OF: Final = VICTIM_CHARACTERISTICS.c
_FIELDS: Final = [_OF[name] for name in ("victim_ref", *NAMES)]


def put_characteristics(connection: Connection, contents: Sequence[Content], now: datetime) -> None:
    """Store what records say of their victims, in place of what was stored of the same crimes."""
    came = {content.crime_ref: content.described for content in contents if content.described is not None}
    held = _read_held(connection, came)
    over = [key for (ref, said), key in held.items() if said not in (came[ref] or ())]
    for keys in chunks(over):
        connection.execute(update(VICTIM_CHARACTERISTICS).where(_OF.id.in_(keys)).values(replaced_at=now))
    new = [(ref, said) for ref, every in came.items() for said in every or () if (ref, said) not in held]
    add(connection, VICTIM_CHARACTERISTICS, [{"crime_ref": ref, **said._asdict(), "seen_at": now} for ref, said in new])


def are_characteristics_as_stored(connection: Connection, contents: Sequence[Content]) -> bool:
    """Return whether `put_characteristics` would write nothing."""
    came = {content.crime_ref: content.described for content in contents if content.described is not None}
    return _read_held(connection, came).keys() == {(ref, said) for ref, every in came.items() for said in every or ()}


def _read_held(connection: Connection, refs: Collection[str]) -> dict[tuple[str, Characteristics], int]:
    """Return the number of the row of what stands of each victim of some crimes."""
    asked = select(_OF.id, _OF.crime_ref, *_FIELDS).where(_OF.replaced_at.is_(None))
    found: dict[tuple[str, Characteristics], int] = {}
    for part in chunks(refs):
        for key, ref, *said in rows_of(connection, asked.where(among(connection, _OF.crime_ref, part))):
            found[ref, Characteristics(*said)] = key
    return found


def read_characteristics(
    store: Store, known_at: datetime | None = None, crime_ref: str | None = None
) -> list[tuple[str, Characteristics]]:
    """Return the crime number and what was known of each victim at an instant (aware; None: as it stands).

    `crime_ref`: of that crime alone.
    """
    asked = select(_OF.crime_ref, *_FIELDS).order_by(_OF.crime_ref, _OF.victim_ref)
    if known_at is None:
        asked = asked.where(_OF.replaced_at.is_(None))
    else:
        asked = asked.where(_OF.seen_at <= known_at, or_(_OF.replaced_at.is_(None), _OF.replaced_at > known_at))
    if crime_ref is not None:
        asked = asked.where(_OF.crime_ref == crime_ref)
    with store.reading() as connection:
        return [(ref, Characteristics(*said)) for ref, *said in connection.execute(asked)]


def first_kept(store: Store, field: str) -> datetime | None:
    """Return the first instant (UTC) of which a characteristic of anybody is stored; None: none is."""
    with store.reading() as connection:
        found = connection.execute(select(func.min(_OF.seen_at)).where(_OF[field].is_not(None))).scalar()
    return found


def read_first_characteristic(store: Store, field: str) -> dict[tuple[str, str], str]:
    """Return what was first stored of a characteristic of each victim, by crime number and reference."""
    asked = select(_OF.crime_ref, _OF.victim_ref, _OF[field]).where(_OF[field].is_not(None)).order_by(_OF.id.desc())
    with store.reading() as connection:
        return {(ref, victim): value for ref, victim, value in connection.execute(asked)}


def count_characteristics(store: Store, keep: Collection[str]) -> int:
    """Return how many rows have a characteristic that `keep` does not name."""
    with store.reading() as connection:
        asked = select(func.count()).select_from(VICTIM_CHARACTERISTICS)
        return connection.execute(asked.where(or_(*_given_up(keep)))).scalar_one() if _given_up(keep) else 0


def remove_characteristics(store: Store, keep: Collection[str]) -> int:
    """Remove the characteristics that `keep` does not name, from all that is stored, and return of how many rows."""
    gone = _given_up(keep)
    if not gone:
        return 0
    cleared: dict[str, Any] = dict.fromkeys((name for name in NAMES if name not in keep), None)
    with store.writing() as connection:
        done = connection.execute(update(VICTIM_CHARACTERISTICS).where(or_(*gone)).values(cleared))
        connection.execute(delete(VICTIM_CHARACTERISTICS).where(and_(*(_OF[name].is_(None) for name in NAMES))))
    return done.rowcount


def forget_characteristics(connection: Connection, refs: Sequence[str]) -> None:
    """Remove what is stored of the victims of crimes that are removed."""
    connection.execute(delete(VICTIM_CHARACTERISTICS).where(_OF.crime_ref.in_(refs)))


def _given_up(keep: Collection[str]) -> list[Any]:
    return [_OF[name].is_not(None) for name in NAMES if name not in keep]
