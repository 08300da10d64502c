"""Where every request of a program is received: known by its token, and logged before anything is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from compliance.errors import ComplianceError
from compliance.service import Service
from compliance.store import AuditKind
from compliance.text import count_noun
from compliance.web import skin
from compliance.web.access_notes import are_within, note_access
from compliance.web.api.client_tokens import RefusedTokenError, viewer_of
from compliance.web.api.problems import SAID, problem_response
from compliance.web.api.resource_table import PREFIX, ApiResource
from compliance.web.page_table import RefusedPageError, Visit, check_table
from compliance.web.sign_in_attempts import SignInAttempts

log = structlog.get_logger()

_NOT_KNOWN: Final = (
    "This request brought no token that is in force. Send it in the header `Authorization: Bearer TOKEN`. If you do, "
    "it may be mistyped, out of date or revoked: whoever runs this service can make a new one."
)
_NOT_NOW: Final = (
    "The service cannot answer at the moment. Ask again later; if that does not help, tell whoever runs it."
)
_ASK: Final = {"WWW-Authenticate": 'Bearer realm="Victims\' Code compliance"'}


def api_mount(service: Service, resources: Sequence[ApiResource]) -> Mount:
    """Return the JSON API of a table of resources, and nothing else below its path.

    Raises ValueError if a resource does not declare who sees what.
    """
    check_table(resources)
    desk = _ApiDesk(service, SignInAttempts(service.settings.web.proxies, "API tokens"))
    routes = [Route(each.below, desk.endpoint(each), methods=["GET"]) for each in resources]
    for route in routes:
        route.methods = {"GET"}  # Starlette adds HEAD, which would log as shown what nobody gets
    application = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_resource})
    application.router.redirect_slashes = False
    return Mount(PREFIX, application)


@dataclass(frozen=True, slots=True)
class _ApiDesk:
    service: Service
    attempts: SignInAttempts

    def endpoint(self, resource: ApiResource) -> Any:
        """Return what answers for a resource."""

        async def answer(request: Request) -> Response:
            return await run_in_threadpool(self._guarded, request, resource)

        return answer

    def _guarded(self, request: Request, resource: ApiResource) -> Response:
        """Answer 503 if the database or a setting cannot be used, and 500 for a fault, which is logged without text."""
        now = self.service.clock()
        try:
            return self._answer(request, resource, now)
        except RefusedTokenError as refused:
            return self._refuse(request, refused.why, now)
        except ComplianceError as error:
            log.error("API not answered", resource=resource.path, problem=str(error))
            return problem_response(503, _NOT_NOW)
        except Exception:
            log.exception("fault")
            return problem_response(500, "Something is wrong with this resource. The log of the service has it.")

    def _answer(self, request: Request, resource: ApiResource, now: datetime) -> Response:
        viewer = viewer_of(self.service.store, request.headers.getlist("authorization"), now)
        asked = request.query_params.multi_items()
        visit = Visit(self.service, viewer, resource, dict(request.path_params), dict(asked), {}, now)
        try:
            if viewer.role not in (resource.roles or ()):
                words = f"The token has the role {viewer.role}. docs/api.md says what each role may ask for."
                raise RefusedPageError("This is not for the role of your token", words, "not for this role")
            if any("\0" in each for each in visit.place.values()):  # no database compares it
                raise RefusedPageError("There is nothing at this address", "Check it.", "an address with a NUL", 404)
            resource.check_query(asked)
            answer = resource.answer(visit)
            if not are_within(visit, answer.crimes):
                why = "cases that changed hands meanwhile"
                raise RefusedPageError("Cases changed hands while the answer was made", "Ask again.", why, 409)
        except RefusedPageError as refused:
            note_access(visit, AuditKind.DISCLOSURE, refused=refused.why)
            return problem_response(refused.status, f"{refused.title}. {refused.words}")
        if answer.rows is not None:
            crimes, rows = list(dict.fromkeys(answer.crimes)), {"rows": str(answer.rows)}
            note_access(visit, AuditKind.DISCLOSURE, crimes=crimes, given=rows)
        return Response(msgspec.json.encode(answer.content), 200, skin.HEADERS, "application/json")

    def _refuse(self, request: Request, why: str, now: datetime) -> Response:
        """Return the same answer whatever is wrong with a token; the log of the service says what it is.

        After too many the log says nothing more. A token that is in force goes on, from whatever address.
        """
        wait = self.attempts.wait(request, now)
        if wait is not None:
            minutes = max(1, -(-wait // timedelta(minutes=1)))
            words = f"{SAID[429]} Correct the token, and wait {count_noun(minutes, 'minute')}."
            return problem_response(429, words, {"Retry-After": str(60 * minutes)})
        log.warning("API token refused", reason=why)
        self.attempts.note_failure(request, now)
        return problem_response(401, _NOT_KNOWN, _ASK)


def _no_such_resource(_: Request, error: Exception) -> Response:
    """Answer for a path, or a way of asking, that is in no table."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (404, None)
    words = {
        404: f"There is no such resource. {PREFIX}/openapi.json describes those there are.",
        405: "Programs only read here: use GET.",
    }
    return problem_response(status, words.get(status, "The request cannot be used."), headers)
