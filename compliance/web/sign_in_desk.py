"""Where people sign in and out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from compliance.web.frame import Frame, go, read_form
from compliance.web.page_table import Answer
from compliance.web.roles import ROLE_NAMES
from compliance.web.sign_in import SignIn

SIGN_IN: Final = "/sign-in"
UNSENT: Final = "unsent"
"""What the address says where a form was sent without a session."""
_SIGNED_OUT: Final = "/signed-out"


@dataclass(frozen=True, slots=True)
class SignInDesk:
    """The page on which people choose whom to go on as, and signing out."""

    frame: Frame
    sign_in: SignIn

    def routes(self) -> Sequence[Route]:
        """Return what is answered here."""
        return [
            Route(SIGN_IN, self.show_sign_in, methods=["GET"]),
            Route(SIGN_IN, self.sign_in_as, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route(_SIGNED_OUT, self.show_signed_out, methods=["GET"]),
        ]

    async def show_sign_in(self, request: Request) -> Response:
        """Answer with who may sign in."""
        return await run_in_threadpool(self.frame.guarded, self._show_sign_in, request)

    def _show_sign_in(self, request: Request, problem: str | None = None) -> Response:
        frame, sessions = self.frame, self.frame.sessions
        now = frame.service.clock()
        offer = self.sign_in.offer(request, sessions.identity(request, now), sessions.local.date_of(now))
        token, held = sessions.token_before(request)
        place = frame.place(request.query_params.get("next", ""))
        values = {
            "offer": offer, "problem": problem or offer.problem, "names": ROLE_NAMES, "form_token": token,
            "unsent": UNSENT in request.query_params,
            "next": place, "leave": offer.leaves_by and f"{offer.leaves_by}?next={quote(place)}",
        }  # fmt: skip
        shown = Answer("sign_in.html.j2", "Sign in", values, status=400 if problem else 403 if offer.problem else 200)
        response = frame.show(shown, None, None, None)
        sessions.give_form_cookie(response, held)
        return response

    async def sign_in_as(self, request: Request) -> Response:
        """Sign in as the person and role chosen."""
        form = await read_form(request)
        return await run_in_threadpool(self.frame.guarded, self._sign_in_as, request, form)

    def _sign_in_as(self, request: Request, form: dict[str, str]) -> Response:
        sessions = self.frame.sessions
        now = self.frame.service.clock()
        if (refusal := self.frame.too_many_attempts(request, now)) is not None:
            return refusal
        token, _ = sessions.token_before(request)
        if form.get("token") != token:
            return self._show_sign_in(request, "That form was out of date. Choose again.")
        person, role, today = form.get("person", "").strip(), form.get("role", ""), sessions.local.date_of(now)
        viewer = self.sign_in.find(request, sessions.identity(request, now), person, role, today)
        if viewer is None:
            self.frame.attempts.note_failure(request, now)
            return self._show_sign_in(request, "Nobody with this reference can sign in here. Choose again.")
        response = go(self.frame.place(form.get("next", "")))
        sessions.begin(request, response, viewer, now)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        form = await read_form(request)
        return await run_in_threadpool(self.frame.guarded, self._sign_out, request, form)

    def _sign_out(self, request: Request, form: dict[str, str]) -> Response:
        sessions = self.frame.sessions
        if form.get("token") != sessions.token(request):
            return go(SIGN_IN)
        response = go(_SIGNED_OUT)
        sessions.end(request, self.frame.service.clock())
        sessions.forget(response)
        return response

    async def show_signed_out(self, request: Request) -> Response:
        """Answer with what of having signed in remains elsewhere."""
        return await run_in_threadpool(self.frame.guarded, self._show_signed_out, request)

    def _show_signed_out(self, _: Request) -> Response:
        remains = self.sign_in.remains()
        values = {"words": remains.words, "leave": remains.leave}
        return self.frame.show(Answer("signed_out.html.j2", "You are signed out", values), None, None, None)
