"""The session of a request: found by its cookie, kept only as long as it may be; and the token of its forms."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from compliance.policy.calendars import LocalDates
from compliance.store import Store, begin_session, end_session, find_session, touch_session
from compliance.store.tables import WebSession
from compliance.web.roles import Viewer, WebRole
from compliance.web.sign_in import Identity, SignIn
from compliance.web_settings import WebSettings

_BYTES: Final = 32
_NO_ROLE: Final = ""
"""The role of a session whose person is yet to choose one."""
_LONGEST_AWAY: Final = 600
"""Seconds that signing in elsewhere may take."""


def derive(held: str, purpose: str) -> str:
    """Return 64 characters made from what a cookie holds. Whoever cannot read the cookie cannot make them, nor those of
    another purpose."""
    return hmac.digest(held.encode(), purpose.encode(), "sha256").hex()


def form_token(held: str) -> str:
    """Return what a form must carry, from what a cookie holds."""
    return derive(held, "form")


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of these pages. `is_secure`: whether cookies go over HTTPS only; not in the demo."""

    store: Store
    settings: WebSettings
    sign_in: SignIn
    local: LocalDates
    is_secure: bool

    @property
    def cookie(self) -> str:
        """The name of the session's cookie. Browsers take the prefix only with Secure, for the whole host."""
        return "__Host-session" if self.is_secure else "session"

    @property
    def form_cookie(self) -> str:
        """The name of the cookie that stands for a session on the page for signing in."""
        return "__Host-form" if self.is_secure else "form"

    def find(self, request: Request, now: datetime) -> Viewer | None:
        """Return who is signed in by this request, or None. A session that no longer stands is ended."""
        found = self._standing(request, now)
        if found is None or found.role == _NO_ROLE:
            return None
        kept, today = _identity_of(found), self.local.date_of(now)
        viewer = self.sign_in.find(request, kept, found.person, found.role, today)
        if viewer is None:
            end_session(self.store, found.digest, "no longer signed in as this person in this role", now)
        else:
            touch_session(self.store, found, now)
        return viewer

    def identity(self, request: Request, now: datetime) -> Identity | None:
        """Return whom the way of signing in identified when the session of this request began, if it kept that."""
        found = self._standing(request, now)
        return None if found is None else _identity_of(found)

    def _standing(self, request: Request, now: datetime) -> WebSession | None:
        """Return the session of a request, ended if its time is over."""
        found = find_session(self.store, _digest(request.cookies.get(self.cookie, "")))
        if found is None:
            return None
        settings = self.settings
        if now - found.seen_at > timedelta(minutes=settings.idle_minutes):
            why = f"idle for {settings.idle_minutes} minutes"
        elif now - found.began_at > timedelta(hours=settings.session_hours):
            why = f"{settings.session_hours} hours old"
        else:
            return found
        end_session(self.store, found.digest, why, now)
        return None

    def begin(self, request: Request, response: Response, viewer: Viewer, now: datetime) -> None:
        """Sign somebody in: always by a new cookie, whatever the request brought. The session before it ends.

        What the way of signing in kept in that one, and when it began, are kept.
        """
        before = self._standing(request, now)
        kept, began = (None, now) if before is None else (_identity_of(before), before.began_at)
        self._begin(request, response, viewer.person, viewer.role, now, kept, began if kept else now)

    def begin_identified(
        self, request: Request, response: Response, identity: Identity, role: WebRole | None, now: datetime
    ) -> None:
        """Begin a session, as `begin`, of somebody whom another system has just identified.

        `role`: None if they have several, and are yet to choose; until then nothing is shown.
        """
        self._begin(request, response, identity.person, role or _NO_ROLE, now, identity, now)

    def _begin(
        self,
        request: Request,
        response: Response,
        person: str,
        role: str,
        now: datetime,
        kept: Identity | None,
        began: datetime,
    ) -> None:
        self.end(request, now)
        held = secrets.token_urlsafe(_BYTES)
        groups = None if kept is None else list(kept.groups)
        begin_session(self.store, WebSession(digest=_digest(held), person=person, role=role, began_at=began,
                      seen_at=now, groups=groups))  # fmt: skip
        self._set(response, self.cookie, held)
        self._drop(response, self.form_cookie)

    def end(self, request: Request, now: datetime) -> None:
        """Sign out."""
        end_session(self.store, _digest(request.cookies.get(self.cookie, "")), "signed out", now)

    def forget(self, response: Response) -> None:
        """Have the browser drop the session's cookie."""
        self._drop(response, self.cookie)

    def token(self, request: Request) -> str:
        """Return the token of the forms of a signed-in person."""
        return form_token(request.cookies.get(self.cookie, ""))

    def token_before(self, request: Request) -> tuple[str, str]:
        """Return the token of the form for signing in, and what its cookie holds, new if there is none."""
        held = request.cookies.get(self.form_cookie) or secrets.token_urlsafe(_BYTES)
        return form_token(held), held

    def give_form_cookie(self, response: Response, held: str) -> None:
        """Give the cookie that the form for signing in is checked by."""
        self._set(response, self.form_cookie, held)

    def leaving(self, request: Request) -> str:
        """Return what the cookie of somebody holds who left to sign in elsewhere; empty if they did not."""
        return request.cookies.get(self._leaving_cookie, "")

    def new_leaving(self, place: str) -> str:
        """Return what the cookie is to hold of somebody who leaves to sign in elsewhere: secret bits, and the path of
        ours to which they want to go."""
        return f"{secrets.token_urlsafe(_BYTES)}.{urlsafe_b64encode(place.encode()).decode().rstrip('=')}"

    def give_leaving_cookie(self, response: Response, held: str) -> None:
        """Give the cookie of somebody who leaves to sign in elsewhere."""
        self._set(response, self._leaving_cookie, held, _LONGEST_AWAY)

    def drop_leaving_cookie(self, response: Response) -> None:
        """Have the browser drop it: it is good for coming back once."""
        self._drop(response, self._leaving_cookie)

    @property
    def _leaving_cookie(self) -> str:
        return "__Host-leaving" if self.is_secure else "leaving"

    def _set(self, response: Response, name: str, held: str, seconds: int | None = None) -> None:
        response.set_cookie(name, held, path="/", max_age=seconds, secure=self.is_secure, httponly=True, samesite="lax")

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, secure=self.is_secure, httponly=True, samesite="lax")


def place_of(held: str) -> str:
    """Return the path of ours to which somebody wanted to go who left to sign in elsewhere."""
    coded = held.partition(".")[2]
    try:
        return urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except ValueError:
        return ""


def _identity_of(session: WebSession) -> Identity | None:
    return None if session.groups is None else Identity(session.person, tuple(session.groups))


def _digest(held: str) -> bytes:
    return sha256(held.encode()).digest()
