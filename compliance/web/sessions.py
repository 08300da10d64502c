"""The session of a request: found by its cookie, kept only as long as it may be; and the token of its forms."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from compliance.policy.calendars import LocalDates
from compliance.store import Store, begin_session, end_session, find_session, touch_session
from compliance.web.roles import Viewer
from compliance.web.sign_in import SignIn
from compliance.web_settings import WebSettings

_BYTES: Final = 32


def form_token(held: str) -> str:
    """Return what a form must carry, from what a cookie holds. Whoever cannot read the cookie cannot make it."""
    return hmac.digest(held.encode(), b"form", "sha256").hex()


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
        digest = _digest(request.cookies.get(self.cookie, ""))
        found = find_session(self.store, digest)
        if found is None:
            return None
        settings, viewer = self.settings, None
        if now - found.seen_at > timedelta(minutes=settings.idle_minutes):
            why = f"idle for {settings.idle_minutes} minutes"
        elif now - found.began_at > timedelta(hours=settings.longest_hours):
            why = f"{settings.longest_hours} hours old"
        else:
            why = "no longer signed in as this person in this role"
            viewer = self.sign_in.find(request, found.person, found.role, self.local.date_of(now))
        if viewer is None:
            end_session(self.store, digest, why, now)
        else:
            touch_session(self.store, found, now)
        return viewer

    def begin(self, request: Request, response: Response, viewer: Viewer, now: datetime) -> None:
        """Sign somebody in: always by a new cookie, whatever the request brought. The session before it ends."""
        self.end(request, now)
        held = secrets.token_urlsafe(_BYTES)
        begin_session(self.store, _digest(held), viewer.person, viewer.role, now)
        self._set(response, self.cookie, held)
        response.delete_cookie(self.form_cookie, secure=self.is_secure, httponly=True, samesite="lax")

    def end(self, request: Request, now: datetime) -> None:
        """Sign out."""
        end_session(self.store, _digest(request.cookies.get(self.cookie, "")), "signed out", now)

    def forget(self, response: Response) -> None:
        """Have the browser drop the session's cookie."""
        response.delete_cookie(self.cookie, secure=self.is_secure, httponly=True, samesite="lax")

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

    def _set(self, response: Response, name: str, held: str) -> None:
        response.set_cookie(name, held, path="/", secure=self.is_secure, httponly=True, samesite="lax")


def _digest(held: str) -> bytes:
    return sha256(held.encode()).digest()
