"""Where people leave for the OpenID provider, and come back (decision 0060)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from compliance.errors import UnavailableError
from compliance.web.frame import Frame, go
from compliance.web.openid_provider import BACK, RefusedSignInError, describe_error
from compliance.web.openid_sign_in import LEAVE, NO_ROLE, OpenIdSignIn
from compliance.web.sessions import derive, place_of
from compliance.web.sign_in_desk import SIGN_IN

log = structlog.get_logger()

_SIGN_IN: Final = (SIGN_IN, "Sign in")
_LONGEST_PLACE: Final = 1000
"""Characters of a path that are kept in a cookie."""


@dataclass(frozen=True, slots=True)
class OpenIdDesk:
    """The two addresses between which somebody signs in elsewhere. What is secret of it is in a cookie meanwhile."""

    frame: Frame
    sign_in: OpenIdSignIn

    def routes(self) -> Sequence[Route]:
        """Return what is answered here."""
        return [Route(LEAVE, self.leave, methods=["GET"]), Route(BACK, self.come_back, methods=["GET"])]

    async def leave(self, request: Request) -> Response:
        """Send somebody to the provider."""
        return await run_in_threadpool(self.frame.guarded, self._leave, request)

    def _leave(self, request: Request) -> Response:
        sessions = self.frame.sessions
        if (refusal := self.frame.too_many_attempts(request, self.frame.service.clock())) is not None:
            return refusal
        place = self.frame.place(request.query_params.get("next", ""))
        held = sessions.new_leaving(place if len(place) <= _LONGEST_PLACE else "/")
        try:
            response = go(self.sign_in.provider.address_to_leave_for(held))
        except UnavailableError as error:
            return self._refuse(request, error)
        sessions.give_leaving_cookie(response, held)
        return response

    async def come_back(self, request: Request) -> Response:
        """Sign in whom the provider sends back."""
        return await run_in_threadpool(self.frame.guarded, self._come_back, request)

    def _come_back(self, request: Request) -> Response:
        sessions = self.frame.sessions
        if (refusal := self.frame.too_many_attempts(request, self.frame.service.clock())) is not None:
            return refusal
        held = sessions.leaving(request)
        state = request.query_params.get("state", "")
        if not held or not hmac.compare_digest(state.encode(), derive(held, "state").encode()):
            words = "This sign-in was begun in another window, or too long ago. Sign in once more."
            return self._refuse(request, RefusedSignInError(words, "state does not match"))
        try:
            response = self._sign_in(request, held)
        except (RefusedSignInError, UnavailableError) as error:
            response = self._refuse(request, error)
        sessions.drop_leaving_cookie(response)
        return response

    def _sign_in(self, request: Request, held: str) -> Response:
        """Begin a session of whom the provider names; those who have several roles choose one next."""
        sessions, now = self.frame.sessions, self.frame.service.clock()
        code = self._read_code(request)
        identity = self.sign_in.identify(self.sign_in.provider.redeem(code, held))
        offer = self.sign_in.offer_to(identity, sessions.local.date_of(now))
        if offer.problem is not None:
            raise RefusedSignInError(offer.problem, "no role, or not in the officer directory", NO_ROLE)
        place, roles = self.frame.place(place_of(held)), [viewer.role for viewer in offer.viewers]
        response = go(place if len(roles) == 1 else f"{SIGN_IN}?next={quote(place)}")
        sessions.begin_identified(request, response, identity, roles[0] if len(roles) == 1 else None, now)
        return response

    def _read_code(self, request: Request) -> str:
        asked, issuer = request.query_params, self.sign_in.provider.settings.issuer
        if asked.get("iss", issuer) != issuer:  # RFC 9207
            raise RefusedSignInError("This sign-in was not the force’s. Sign in once more.", "another issuer")
        if "error" in asked or not asked.get("code"):
            words = "The force’s sign-in did not let you in. If you think that it should, ask those who run it."
            raise RefusedSignInError(words, f"the provider answered {describe_error(dict(asked))}".strip())
        return asked["code"]

    def _refuse(self, request: Request, error: RefusedSignInError | UnavailableError) -> Response:
        """Say why nobody was signed in: to the person in words, and in the log without naming anybody."""
        if isinstance(error, RefusedSignInError):
            log.warning("sign-in refused", reason=error.why)
            self.frame.attempts.note_failure(request, self.frame.service.clock())
            return self.frame.message(None, error.title, str(error), 403, link=_SIGN_IN)
        log.error("sign-in not possible", problem=str(error))
        words = (
            "The force’s sign-in does not answer at the moment. Try again in a few minutes; if that does not help, "
            "tell the administrators."
        )
        return self.frame.message(None, "You cannot sign in now", words, 503, link=_SIGN_IN)
