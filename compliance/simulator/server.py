"""Serve the crime system over HTTP, like a supplier's interface."""

from contextlib import AbstractContextManager
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from compliance.errors import RecordError
from compliance.serving import serve_locally
from compliance.simulator.crime_system import SimulatedCrimeSystem, SimulatedPage, Trouble

NDJSON: Final = "application/x-ndjson"
RETRY_AFTER: Final = 2
"""Seconds that a busy crime system asks its callers to wait."""
_LARGEST: Final = 5000


def application(system: SimulatedCrimeSystem) -> Starlette:
    """Answer `GET /crimes?changed_since=CURSOR&limit=N` and `GET /officers` (records section 4).

    A page is JSON, or NDJSON if the request accepts `application/x-ndjson`. A bad cursor or limit is answered with 400.
    """

    async def crimes(request: Request) -> Response:
        if refusal := _refusal(system):
            return refusal
        try:
            limit = int(request.query_params.get("limit", "500"))
            cursor = request.query_params.get("changed_since")
            if limit < 1:
                raise ValueError
            page = system.page(None if system.trouble is Trouble.SAME_PAGE else cursor, min(limit, _LARGEST))
        except ValueError:
            return JSONResponse({"error": "limit: a whole number above 0 is expected"}, 400)
        except RecordError as error:
            return JSONResponse({"error": str(error)}, 400)
        if system.trouble is Trouble.SAME_PAGE:
            page = SimulatedPage(page.records, page.next, True)
        return _answer(page, NDJSON in request.headers.get("accept", ""))

    async def officers(_: Request) -> Response:
        return _refusal(system) or Response(system.directory(), media_type=NDJSON)

    return Starlette(routes=[Route("/crimes", crimes), Route("/officers", officers)])


def _refusal(system: SimulatedCrimeSystem) -> Response | None:
    """Return the answer of a crime system in trouble, or None if it works."""
    if system.trouble is Trouble.ERROR:
        return PlainTextResponse("Internal Server Error", 500)
    if system.trouble is Trouble.BUSY or not system.up:
        return PlainTextResponse("Service Unavailable", 503, {"Retry-After": str(RETRY_AFTER)})
    if system.trouble is Trouble.HTML:
        return HTMLResponse("<!doctype html><title>Sign in</title><p>Your session has expired. Please sign in.</p>")
    return None


def _answer(page: SimulatedPage, lines: bool) -> Response:
    if lines:
        body = b"".join(record + b"\n" for record in page.records)
        headers = {"Next-Cursor": page.next, "More": "true" if page.more else "false"}
        return Response(body, headers=headers, media_type=NDJSON)
    tail = f'],"next":"{page.next}","more":{"true" if page.more else "false"}}}'.encode()
    return Response(b'{"records":[' + b",".join(page.records) + tail, media_type="application/json")


def serve(system: SimulatedCrimeSystem, port: int = 0) -> AbstractContextManager[str]:
    """Serve the crime system on a port of 127.0.0.1 (0: any free port) during the context; give `http://127.0.0.1:PORT`.

    Raises UnavailableError if the port is in use or the server does not start.
    """
    return serve_locally(application(system), port, "simulated crime system")
