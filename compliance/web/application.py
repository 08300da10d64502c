"""The pages as a web application: who asks is found, what they may not see is refused, what is shown is logged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route

from compliance.errors import ComplianceError
from compliance.service import Service
from compliance.store import Access, log_access
from compliance.store.owed_crimes import crimes_within
from compliance.web import skin
from compliance.web.page_table import Answer, Download, GoTo, RefusedPageError, Visit, WebPage, check_table
from compliance.web.restriction import restrict
from compliance.web.roles import ROLE_NAMES, CaseScope, Viewer
from compliance.web.sessions import Sessions
from compliance.web.sign_in import SignIn

log = structlog.get_logger()

LARGEST_FORM: Final = 64 * 1024
"""The bytes of a form that are read, at most."""
_SIGN_IN: Final = "/sign-in"
MOST_FIELDS: Final = 300
"""The fields of a form that are read, at most."""
_NOT_SECRET: Final = frozenset({"token", "reason", "text", "note"})
"""What is posted and not repeated in the log's query: tokens, and words that stand elsewhere."""


def make_application(
    service: Service, sign_in: SignIn, pages: Sequence[WebPage], *, is_secure: bool = True
) -> Starlette:
    """Return the application of a table of pages. Raises ValueError if a page does not declare who sees what."""
    check_table(pages)
    sessions = Sessions(service.store, service.settings.web, sign_in, service.policy.local, is_secure)
    desk = _Desk(service, sign_in, sessions, tuple(pages))
    routes = [Route(page.path, desk.endpoint(page), methods=[page.method]) for page in pages]
    routes += [
        Route("/style.css", _style),
        Route(_SIGN_IN, desk.show_sign_in, methods=["GET"]),
        Route(_SIGN_IN, desk.sign_in_as, methods=["POST"]),
        Route("/sign-out", desk.sign_out, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: desk.show_no_page})


def _style(_: Request) -> Response:
    headers = skin.HEADERS | {"Cache-Control": "public, max-age=300"}
    return Response(skin.stylesheet(), media_type="text/css", headers=headers)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where every request is received."""

    service: Service
    sign_in: SignIn
    sessions: Sessions
    pages: tuple[WebPage, ...]

    def endpoint(self, page: WebPage) -> Any:
        """Return what answers for a page."""

        async def answer(request: Request) -> Response:
            form = await _read_form(request) if page.method == "POST" else {}
            return await run_in_threadpool(self._guarded, self._answer, request, page, form)

        return answer

    def _guarded(self, answer: Any, request: Request, *given: Any) -> Response:
        """Answer 503 if the database or a setting cannot be used, and 500 for a fault, which is logged without text."""
        try:
            return answer(request, *given)
        except ComplianceError as error:
            log.error("page not shown", page=request.url.path, problem=str(error))
            words = (
                "The service cannot answer at the moment. Try again later; if that does not help, tell whoever runs it."
            )
            return self.message(None, "This page cannot be shown now", words, 503)
        except Exception:
            log.exception("fault")
            return self.message(
                None, "Something is wrong with this page", "It was noted in the log of the service.", 500
            )

    def _answer(self, request: Request, page: WebPage, form: dict[str, str]) -> Response:
        now = self.service.clock()
        viewer = self.sessions.find(request, now)
        if viewer is None:
            back = request.url.path if page.method == "GET" else "/"
            return _go(f"{_SIGN_IN}?next={quote(back)}")
        visit = Visit(self.service, viewer, page, dict(request.path_params), dict(request.query_params), form, now)
        try:
            if viewer.role not in (page.roles or ()):
                raise RefusedPageError("This page is not for your role", _of_role(viewer), "not for this role")
            if page.method == "POST" and form.get("token") != self.sessions.token(request):
                words = "Go back, load the page again, and send the form once more. Nothing was changed."
                raise RefusedPageError("This form is out of date", words, "form without its token")
            if page.concerns is not None:
                reason = form.get("reason", "").strip()[:500] or None
                self._log(visit, crimes=list(page.concerns(visit)), reason=reason)
            answer = page.answer(visit)
        except RefusedPageError as refused:
            self._log(visit, refused=refused.why)
            return self.message(viewer, refused.title, refused.words, refused.status, request)
        if isinstance(answer, GoTo):
            return _go(answer.path)
        if isinstance(answer, Download):
            return _download(answer)
        return self._show_cases(answer, visit, request)

    def _show_cases(self, answer: Answer, visit: Visit, request: Request) -> Response:
        """Show a page once what it shows of other people's cases is logged; what it may not show it never does."""
        store, viewer, crimes = self.service.store, visit.viewer, dict.fromkeys(answer.crimes)
        is_of_all = visit.scope is CaseScope.FORCE or answer.reason is not None
        if not is_of_all and set(crimes) - crimes_within(store, visit.within, crimes):
            self._log(visit, refused="cases that changed hands meanwhile")
            return self.message(viewer, "These cases have changed", "Load the page again.", 409, request)
        own = crimes_within(store, restrict(viewer, CaseScope.OWN), crimes)
        if others := [crime for crime in crimes if crime not in own]:
            self._log(visit, crimes=others, reason=answer.reason)
        return self._show(answer, viewer, request, visit.page)

    def _log(self, visit: Visit, **what: Any) -> None:
        asked = {**visit.place, **visit.query, **visit.form}
        asked = {name: text[:200] for name, text in asked.items() if name not in _NOT_SECRET}
        entry = Access(visit.now, visit.viewer.person, visit.viewer.role, visit.page.path, asked)
        log_access(self.service.store, replace(entry, **what))

    def _show(self, answer: Answer, viewer: Viewer | None, request: Request | None, page: WebPage | None) -> Response:
        role = None if viewer is None else viewer.role
        menu = [each for each in self.pages if each.label and role in (each.roles or ())]
        html = skin.fill(
            answer.template,
            title=answer.title,
            force=self.service.settings.force.name,
            viewer=viewer,
            role=role and ROLE_NAMES[role],
            menu=menu,
            here=page and page.path,
            token=self.sessions.token(request) if request else "",
            **answer.values,
        )
        return Response(html, answer.status, skin.HEADERS, "text/html")

    def show_no_page(self, _: Request, error: Exception) -> Response:
        """Answer for a path, or a way of asking, that is in no table."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        return self.message(None, "There is no such page", "The address may be mistyped or out of date.", status)

    def message(
        self, viewer: Viewer | None, title: str, words: str, status: int, request: Request | None = None
    ) -> Response:
        """Return a page that says only one thing."""
        answer = Answer("message.html.j2", title, {"words": words}, status=status)
        return self._show(answer, viewer, request if viewer else None, None)

    async def show_sign_in(self, request: Request) -> Response:
        """Answer with who may sign in."""
        return await run_in_threadpool(self._guarded, self._show_sign_in, request)

    def _show_sign_in(self, request: Request, problem: str | None = None) -> Response:
        offer = self.sign_in.offer(request, self.service.policy.local.date_of(self.service.clock()))
        token, held = self.sessions.token_before(request)
        values = {
            "offer": offer, "problem": problem or offer.problem, "names": ROLE_NAMES, "form_token": token,
            "next": self._place(request.query_params.get("next", "")),
        }  # fmt: skip
        shown = Answer("sign_in.html.j2", "Sign in", values, status=400 if problem else 403 if offer.problem else 200)
        response = self._show(shown, None, None, None)
        self.sessions.give_form_cookie(response, held)
        return response

    async def sign_in_as(self, request: Request) -> Response:
        """Sign in as the person and role chosen."""
        form = await _read_form(request)
        return await run_in_threadpool(self._guarded, self._sign_in_as, request, form)

    def _sign_in_as(self, request: Request, form: dict[str, str]) -> Response:
        now = self.service.clock()
        token, _ = self.sessions.token_before(request)
        if form.get("token") != token:
            return self._show_sign_in(request, "That form was out of date. Choose again.")
        today = self.service.policy.local.date_of(now)
        viewer = self.sign_in.find(request, form.get("person", "").strip(), form.get("role", ""), today)
        if viewer is None:
            return self._show_sign_in(request, "Nobody with this reference can sign in here. Choose again.")
        response = _go(self._place(form.get("next", "")))
        self.sessions.begin(request, response, viewer, now)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        form = await _read_form(request)
        return await run_in_threadpool(self._guarded, self._sign_out, request, form)

    def _sign_out(self, request: Request, form: dict[str, str]) -> Response:
        response = _go(_SIGN_IN)
        if form.get("token") == self.sessions.token(request):
            self.sessions.end(request, self.service.clock())
            self.sessions.forget(response)
        return response

    def _place(self, asked: str) -> str:
        """Return a path of one of our own pages to go to, whatever is asked for."""
        scope = {"type": "http", "path": asked, "method": "GET"}
        routes = (Route(page.path, _style, methods=["GET"]) for page in self.pages if page.method == "GET")
        return quote(asked) if any(route.matches(scope)[0] is Match.FULL for route in routes) else "/"


def _of_role(viewer: Viewer) -> str:
    return f"You are signed in as {ROLE_NAMES[viewer.role].lower()}. That you asked for it was noted."


def _go(path: str) -> Response:
    return RedirectResponse(path, 303, skin.HEADERS)


def _download(file: Download) -> Response:
    headers = skin.HEADERS | {"Content-Security-Policy": skin.DOCUMENT}
    if file.name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return Response(file.content, 200, headers, file.media_type)


async def _read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name; nothing if it is too large or no form."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LARGEST_FORM:
            return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        found = parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # more fields than any of our forms has
        return {}
    return dict(found)
