"""The tokens of programs: made and shown once, and known again in a request (decision 0063)."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from compliance.errors import SettingsError
from compliance.store import Store
from compliance.store.kept.api_tokens import add_token, find_token, has_division, touch_token
from compliance.store.tables import ApiToken
from compliance.web.roles import Viewer, WebRole

ROLES: Final = (WebRole.PERFORMANCE, WebRole.CHAMPION, WebRole.BOARD, WebRole.ADMINISTRATOR)
"""The roles that a program may have: those that do not rest on cases of one's own."""
_BYTES: Final = 32
_PREFIX: Final = "vcc_"
"""So that whoever finds a token in a file knows whose it is, and what looks for secrets in files can."""
_SHAPE: Final = re.compile(rf"{_PREFIX}[\w-]{{43}}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}", re.ASCII)


class RefusedTokenError(Exception):
    """A request that no token lets through. `why`: for the log of the service, never for whoever asks."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def create_token(
    store: Store, name: str, role: WebRole, division: str | None, days: int, by: str, now: datetime
) -> str:
    """Make a token for a program and return it; of it only the hash is kept. `by`: the user name of who makes it.

    Raises SettingsError if the name or the division cannot be used, or a token of that name stands.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name}: a name has 1 to 40 lower-case letters, digits, dots and dashes, and begins with a letter or digit"
        )
    if role is WebRole.CHAMPION and not division:
        raise SettingsError("state whose cases the program may read: --division DIVISION")
    if role is not WebRole.CHAMPION and division is not None:
        raise SettingsError(f"--division is for the role champion; the role {role} is not of a division")
    if division is not None and not has_division(store, division):
        raise SettingsError(f"{division}: no officer of the directory and nothing that is owed is of this division")
    held = _PREFIX + secrets.token_urlsafe(_BYTES)
    expires_at = now + timedelta(days=days)
    add_token(store, ApiToken(digest=_digest(held), name=name, role=role, division=division, made_at=now, made_by=by,
              expires_at=expires_at))  # fmt: skip
    return held


def viewer_of(store: Store, authorization: Sequence[str], now: datetime) -> Viewer:
    """Return the program that a request is from, by its headers `Authorization`.

    Raises RefusedTokenError if no token that is in force is in them.
    """
    if len(authorization) != 1:
        raise RefusedTokenError("several tokens" if authorization else "no token")
    scheme, _, held = authorization[0].partition(" ")
    if scheme.lower() != "bearer" or not _SHAPE.fullmatch(held.strip()):
        raise RefusedTokenError("not of the form of a token")
    token = find_token(store, _digest(held.strip()))
    if token is None:
        raise RefusedTokenError("unknown")
    if token.revoked_at is not None:
        raise RefusedTokenError(f"{token.name} was revoked")
    if token.expires_at <= now:
        raise RefusedTokenError(f"{token.name} has expired")
    touch_token(store, token, now)
    return Viewer(person_of(token.name), WebRole(token.role), token.name, division=token.division)


def person_of(name: str) -> str:
    """Return how the audit log names a program."""
    return f"token {name}"


def _digest(held: str) -> bytes:
    return sha256(held.encode()).digest()
