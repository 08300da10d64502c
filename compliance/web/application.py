"""The pages as a web application: who asks is found, what they may not see is refused, what is shown is logged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from compliance.service import Service
from compliance.store import AuditKind
from compliance.store.owed.owed_crimes import crimes_within
from compliance.web import skin
from compliance.web.access_notes import are_within, note_access
from compliance.web.api.api_desk import api_mount
from compliance.web.api.api_resources import RESOURCES
from compliance.web.frame import Frame, go, read_form
from compliance.web.openid_desk import OpenIdDesk
from compliance.web.openid_sign_in import OpenIdSignIn
from compliance.web.page_table import Answer, Download, GoTo, RefusedPageError, Visit, WebPage, check_table
from compliance.web.restriction import restrict
from compliance.web.roles import LOGGED, CaseScope, people_in
from compliance.web.sessions import Sessions
from compliance.web.sign_in import SignIn
from compliance.web.sign_in_attempts import SignInAttempts
from compliance.web.sign_in_desk import SIGN_IN, UNSENT, SignInDesk

_OUT_OF_DATE: Final = "form without its token"


def make_application(
    service: Service, sign_in: SignIn, pages: Sequence[WebPage], *, is_secure: bool = True
) -> Starlette:
    """Return the application of a table of pages. Raises ValueError if a page does not declare who sees what."""
    check_table(pages)
    sessions = Sessions(service.store, service.settings.web, sign_in, service.policy.local, is_secure)
    frame = Frame(service, sessions, tuple(pages), SignInAttempts(service.settings.web.proxies))
    desk, entrance = _Desk(frame), SignInDesk(frame, sign_in)
    routes: list[BaseRoute] = [Route(page.path, desk.endpoint(page), methods=[page.method]) for page in pages]
    routes += [api_mount(service, RESOURCES), Route("/style.css", _style), *entrance.routes()]
    if isinstance(sign_in, OpenIdSignIn):
        routes += OpenIdDesk(frame, sign_in).routes()
    return Starlette(routes=routes, exception_handlers={HTTPException: desk.show_no_page})


def _style(_: Request) -> Response:
    headers = skin.HEADERS | {"Cache-Control": "public, max-age=300"}
    return Response(skin.stylesheet(), media_type="text/css", headers=headers)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where every request for a page of the table is received."""

    frame: Frame

    def endpoint(self, page: WebPage) -> Any:
        """Return what answers for a page."""

        async def answer(request: Request) -> Response:
            form = await read_form(request) if page.method == "POST" else {}
            return await run_in_threadpool(self.frame.guarded, self._answer, request, page, form)

        return answer

    def _answer(self, request: Request, page: WebPage, form: dict[str, str]) -> Response:
        service, sessions = self.frame.service, self.frame.sessions
        now = service.clock()
        viewer = sessions.find(request, now)
        if viewer is None:
            if page.method == "POST":
                return go(f"{SIGN_IN}?next=/&{UNSENT}=yes")
            return go(f"{SIGN_IN}?next={quote(request.url.path)}")
        visit = Visit(service, viewer, page, dict(request.path_params), dict(request.query_params), form, now)
        try:
            if viewer.role not in (page.roles or ()):
                raise RefusedPageError("This page is not for your role", _of_roles(page), "not for this role")
            if page.method == "POST" and form.get("token") != sessions.token(request):
                if page.again is not None and form:
                    note_access(visit, AuditKind.CONSULTATION, refused=_OUT_OF_DATE)
                    return self._show_cases(replace(page.again(visit), status=403), visit, request)
                words = "Go back, load the page again, and send the form once more. Nothing was changed."
                raise RefusedPageError("This form is out of date", words, _OUT_OF_DATE)
            if page.concerns is not None and (crimes := page.concerns(visit)) is not None:
                reason = form.get("reason", "").strip()[:500] or None
                note_access(visit, AuditKind.DECISION, crimes=crimes, reason=reason)
            answer = page.answer(visit)
        except RefusedPageError as refused:
            note_access(visit, AuditKind.CONSULTATION, refused=refused.why)
            return self.frame.message(viewer, refused.title, refused.words, refused.status, request)
        if isinstance(answer, GoTo):
            return go(answer.path)
        return self._show_cases(answer, visit, request)

    def _show_cases(self, answer: Answer | Download, visit: Visit, request: Request) -> Response:
        """Show a page once what it shows of other people's cases is logged; what it may not show it never does.

        Of a file that is a list of cases, one's own are logged too.
        """
        store, viewer, crimes = visit.service.store, visit.viewer, dict.fromkeys(answer.crimes)
        has_reason = isinstance(answer, Answer) and answer.reason is not None
        if not has_reason and not are_within(visit, list(crimes)):
            note_access(visit, AuditKind.CONSULTATION, refused="cases that changed hands meanwhile")
            return self.frame.message(viewer, "These cases have changed", "Load the page again.", 409, request)
        if isinstance(answer, Download):
            if answer.rows is not None:
                note_access(visit, AuditKind.DISCLOSURE, crimes=list(crimes), given={"rows": str(answer.rows)})
            return _download(answer)
        own = crimes_within(store, restrict(viewer, CaseScope.OWN), crimes)
        if others := [crime for crime in crimes if crime not in own]:
            note_access(visit, AuditKind.CONSULTATION, crimes=others, reason=answer.reason)
        return self.frame.show(answer, viewer, request, visit.page)

    def show_no_page(self, request: Request, error: Exception) -> Response:
        """Answer for a path, or a way of asking, that is in no table."""
        return self.frame.guarded(self._no_page, request, error)

    def _no_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        viewer = self.frame.sessions.find(request, self.frame.service.clock())
        words = "The address may be mistyped or out of date."
        return self.frame.message(viewer, "There is no such page", words, status, request)


def _of_roles(page: WebPage) -> str:
    return f"This page is for {people_in(page.roles or ())}. {LOGGED}"


def _download(file: Download) -> Response:
    headers = skin.HEADERS | {"Content-Security-Policy": skin.DOCUMENT}
    if file.name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return Response(file.content, 200, headers, file.media_type)
