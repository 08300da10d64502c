"""What every answer of the pages stands in: the menu, one heading, the headers; and what is read of a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route

from compliance.errors import ComplianceError
from compliance.service import Service
from compliance.text import count_noun
from compliance.web import skin
from compliance.web.page_table import Answer, Declared, WebPage
from compliance.web.roles import ROLE_NAMES, Viewer
from compliance.web.sessions import Sessions
from compliance.web.sign_in_attempts import SignInAttempts

log = structlog.get_logger()

LARGEST_FORM: Final = 64 * 1024
"""The bytes of a form that are read, at most."""
MOST_FIELDS: Final = 300
"""The fields of a form that are read, at most."""

_FIRST_PAGE: Final = ("/", "Home")


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a table of pages."""

    service: Service
    sessions: Sessions
    pages: tuple[WebPage, ...]
    attempts: SignInAttempts

    def guarded(self, answer: Any, request: Request, *given: Any) -> Response:
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

    def show(self, answer: Answer, viewer: Viewer | None, request: Request | None, page: Declared | None) -> Response:
        """Return a page as HTML. `viewer`: who is signed in; `page`: where in the menu it is."""
        role = None if viewer is None else viewer.role
        menu = [each for each in self.pages if each.label and role in (each.roles or ())]
        here = None if page is None else self._menu_path(page, menu)
        html = skin.fill(
            answer.template,
            title=answer.title,
            force=self.service.settings.force.name,
            viewer=viewer,
            role=role and ROLE_NAMES[role],
            menu=menu,
            here=here,
            is_menu=page is not None and here == page.path,
            token=self.sessions.token(request) if request else "",
            **answer.values,
        )
        headers = skin.HEADERS | ({} if answer.refresh is None else {"Refresh": answer.refresh})
        return Response(html, answer.status, headers, "text/html")

    def _menu_path(self, page: Declared, menu: Sequence[WebPage]) -> str | None:
        """Return the path of the menu's entry under which a page is, None if it is under none."""
        under = next((each.under for each in self.pages if each.path == page.path and each.under), page.path)
        return max((each.path for each in menu if f"{under}/".startswith(f"{each.path}/")), key=len, default=None)

    def message(
        self,
        viewer: Viewer | None,
        title: str,
        words: str,
        status: int,
        request: Request | None = None,
        link: tuple[str, str] = _FIRST_PAGE,
    ) -> Response:
        """Return a page that says only one thing. `link`: where it leads, and what it calls that."""
        answer = Answer("message.html.j2", title, {"words": words, "link": link}, status=status)
        return self.show(answer, viewer, request if viewer else None, None)

    def too_many_attempts(self, request: Request, now: datetime) -> Response | None:
        """Return the answer to somebody from whose address, or in all, too many sign-ins have failed lately."""
        wait = self.attempts.wait(request, now)
        if wait is None:
            return None
        minutes = max(1, -(-wait // timedelta(minutes=1)))
        words = (
            f"Too many attempts to sign in have failed. Try again in {count_noun(minutes, 'minute')}. "
            "Whoever is signed in can go on."
        )
        response = self.message(None, "Nobody can sign in now", words, 429)
        response.headers["Retry-After"] = str(60 * minutes)
        return response

    def place(self, asked: str) -> str:
        """Return a path of one of our own pages to go to, whatever is asked for."""
        scope = {"type": "http", "path": asked, "method": "GET"}
        routes = (Route(page.path, go, methods=["GET"]) for page in self.pages if page.method == "GET")
        return quote(asked) if any(route.matches(scope)[0] is Match.FULL for route in routes) else "/"


def go(path: str) -> Response:
    """Return an answer that leads to another address."""
    return RedirectResponse(path, 303, skin.HEADERS)


async def read_form(request: Request) -> dict[str, str]:
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
