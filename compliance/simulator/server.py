"""Serve the crime system over HTTP, like a supplier's interface."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from compliance.errors import RecordError, UnavailableError
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


@contextmanager
def serve(system: SimulatedCrimeSystem, port: int = 0) -> Iterator[str]:
    """Serve the crime system on a port of 127.0.0.1 (0: any free port) during the context; give `http://127.0.0.1:PORT`.

    Raises UnavailableError if the port is in use or the server does not start.
    """
    # The protocol is given because asyncio sends small answers at once only on sockets that say they are TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UnavailableError(
                f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); choose another"
            ) from None
        config = uvicorn.Config(application(system), log_config=None, access_log=False, lifespan="off")
        server = _Server(config)
        thread = Thread(target=server.run, args=([listener],), name="crime system", daemon=True)
        thread.start()
        if not server.ready.wait(20):
            raise UnavailableError("the simulated crime system did not start within 20 s; is this machine overloaded?")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """A server that signals when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
