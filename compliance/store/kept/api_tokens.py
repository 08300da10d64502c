"""The tokens of programs that read the JSON API (decision 0063)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, or_, select, update
from sqlmodel import col

from compliance.errors import SettingsError
from compliance.store.database.engine import Store
from compliance.store.tables import API_TOKEN, OBLIGATION, OFFICER, ApiToken

USED_EVERY: Final = timedelta(hours=1)
"""How often it is stored, at most, that a token was used."""
_MADE = (API_TOKEN.c.made_at, API_TOKEN.c.name)


def add_token(store: Store, token: ApiToken) -> None:
    """Store a new token. One of the same name that has expired is revoked by it.

    Raises SettingsError if one of that name stands.
    """
    same = (API_TOKEN.c.name == token.name, API_TOKEN.c.revoked_at.is_(None))
    over = (*same, API_TOKEN.c.expires_at <= token.made_at)
    with store.writing() as connection:
        connection.execute(update(API_TOKEN).where(*over).values(revoked_at=token.made_at, revoked_by=token.made_by))
        if connection.execute(select(func.count()).where(*same)).scalar_one():
            raise SettingsError(
                f"there is a token {token.name} already; choose another name, change the program over and then revoke "
                "this one"
            )
        connection.execute(insert(API_TOKEN).values(token.model_dump()))


def find_token(store: Store, digest: bytes) -> ApiToken | None:
    """Return a token, whether or not it has expired or was revoked, or None."""
    with store.session(reading=True) as session:
        return session.execute(select(ApiToken).where(col(ApiToken.digest) == digest)).scalar_one_or_none()


def list_tokens(store: Store) -> list[ApiToken]:
    """Return all tokens, the oldest first."""
    with store.session(reading=True) as session:
        return list(session.execute(select(ApiToken).order_by(*_MADE)).scalars())


def tokens_ending(store: Store, until: datetime) -> list[tuple[str, datetime]]:
    """Return the names of the tokens that stand and expire, or have expired, before an instant, and when."""
    asked = select(API_TOKEN.c.name, API_TOKEN.c.expires_at).order_by(API_TOKEN.c.expires_at, API_TOKEN.c.name)
    with store.reading() as connection:
        found = connection.execute(asked.where(API_TOKEN.c.revoked_at.is_(None), API_TOKEN.c.expires_at < until))
        return [(name, expires_at) for name, expires_at in found]


def touch_token(store: Store, token: ApiToken, now: datetime) -> None:
    """Store that a token was used, if that is news."""
    if token.used_at is None or now - token.used_at >= USED_EVERY:
        with store.writing(in_turn=False) as connection:
            connection.execute(update(API_TOKEN).where(API_TOKEN.c.digest == token.digest).values(used_at=now))


def revoke_token(store: Store, name: str, by: str, now: datetime) -> None:
    """Revoke the token of a name for good. Raises SettingsError if there is none that stands."""
    mine = (API_TOKEN.c.name == name, API_TOKEN.c.revoked_at.is_(None))
    with store.writing() as connection:
        done = connection.execute(update(API_TOKEN).where(*mine).values(revoked_at=now, revoked_by=by))
    if done.rowcount == 0:
        raise SettingsError(f"there is no token {name} that is not revoked; `compliance token list` lists them")


def has_division(store: Store, division: str) -> bool:
    """Return whether an officer of the directory, or something owed, is of a division."""
    there = or_(
        select(OFFICER.c.officer_ref).where(OFFICER.c.division == division).exists(),
        select(OBLIGATION.c.crime_ref).where(OBLIGATION.c.division == division).exists(),
    )
    with store.reading() as connection:
        return bool(connection.execute(select(there)).scalar_one())
