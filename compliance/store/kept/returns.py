"""Returns as they were made, in every version, and who signed them off."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from compliance.errors import SettingsError
from compliance.store.database.engine import Store
from compliance.store.tables import MADE_RETURN, RETURN_SIGNATURE


@dataclass(frozen=True, slots=True)
class StoredReturn:
    """A version of a return, as made. `content`: as JSON; `digest`: the SHA-256 of that. `made_at`: UTC."""

    name: str
    period: str
    version: int
    digest: str
    content: Mapping[str, Any]
    made_at: datetime
    made_by: str


def add_return(store: Store, made: StoredReturn) -> tuple[StoredReturn, bool]:
    """Store a return as its next version, unless the newest says the same -> what stands, and whether it is new."""
    of = MADE_RETURN.c
    with store.writing() as connection:
        asked = select(MADE_RETURN).where(of.name == made.name, of.period == made.period).order_by(of.version.desc())
        newest = connection.execute(asked.limit(1)).first()
        if newest is not None and newest.digest == made.digest:
            return StoredReturn(*newest), False
        version = 1 if newest is None else newest.version + 1
        stored = replace(made, version=version)
        connection.execute(
            insert(MADE_RETURN).values({field.name: getattr(stored, field.name) for field in fields(stored)})
        )
    return stored, True


def newest_version(store: Store, name: str, period: str) -> int:
    """Return the number of the newest version of a return; 0 if there is none."""
    of = MADE_RETURN.c
    asked = select(func.max(of.version)).where(of.name == name, of.period == period)
    with store.reading() as connection:
        return connection.execute(asked).scalar() or 0


def find_return(store: Store, name: str, period: str, version: int | None = None) -> StoredReturn:
    """Return a version of a return, by default the newest. Raises SettingsError if there is none."""
    of = MADE_RETURN.c
    asked = select(MADE_RETURN).where(of.name == name, of.period == period).order_by(of.version.desc())
    if version is not None:
        asked = asked.where(of.version == version)
    with store.reading() as connection:
        row = connection.execute(asked.limit(1)).first()
    if row is None and (newest := newest_version(store, name, period)):
        raise SettingsError(f"there is no version {version} of {name} for {period}; the newest is {newest}")
    if row is None:
        raise SettingsError(
            f"there is no return {name} for {period}; `compliance return make {name} --period {period}` makes it"
        )
    return StoredReturn(*row)


def list_made(store: Store) -> list[tuple[str, str, int, datetime]]:
    """Return the name, period, version and instant (UTC) of every return that was made, the newest first."""
    of = MADE_RETURN.c
    asked = select(of.name, of.period, of.version, of.made_at).order_by(of.made_at.desc(), of.name, of.version.desc())
    with store.reading() as connection:
        return [(row.name, row.period, row.version, row.made_at) for row in connection.execute(asked)]


def sign_return(store: Store, made: StoredReturn, role: str, now: datetime, by: str) -> None:
    """Store that somebody signed a version off in a role. Raises SettingsError if somebody has already."""
    key = {"name": made.name, "period": made.period, "version": made.version, "role": role}
    of = RETURN_SIGNATURE.c
    with store.writing() as connection:
        held = connection.execute(
            select(of.signed_by).where(*(of[column] == value for column, value in key.items()))
        ).scalar()
        mine = select(of.role).where(
            *(of[column] == key[column] for column in ("name", "period", "version")), of.signed_by == by
        )
        other = connection.execute(mine).scalar()
        if other is not None and other != role:
            raise SettingsError(
                f"{by} has signed {made.name} for {made.period} off as {other}; each role is signed by another person"
            )
        if held is not None:
            raise SettingsError(
                f"{made.name} for {made.period}, version {made.version}, was signed off as {role} by {held} already"
            )
        connection.execute(insert(RETURN_SIGNATURE).values({**key, "signed_at": now, "signed_by": by}))


def list_signatures(store: Store, made: StoredReturn) -> list[tuple[str, str, datetime]]:
    """Return the role, the user name and the instant (UTC) of each signature of a version, in their order."""
    of = RETURN_SIGNATURE.c
    asked = select(of.role, of.signed_by, of.signed_at).order_by(of.signed_at, of.role)
    asked = asked.where(of.name == made.name, of.period == made.period, of.version == made.version)
    with store.reading() as connection:
        return [(row.role, row.signed_by, row.signed_at) for row in connection.execute(asked)]
