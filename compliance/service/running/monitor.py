"""`/live`, `/ready` and `/metrics` of the running service, on this machine's own address (docs/conditions.md).

Whatever goes wrong here is logged and answered with an error. It never disturbs the jobs.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from compliance.errors import ComplianceError, UnavailableError
from compliance.service.conditions import read_facts
from compliance.service.noting.job_runs import JobRuns
from compliance.service.running.metrics import write_metrics
from compliance.service.service import Service
from compliance.serving import serve_locally

log = structlog.get_logger()

_LINGER_SECONDS = 2


@contextmanager
def monitor(service: Service, runs: JobRuns) -> Iterator[None]:
    """Answer on the port of the settings, if there is one, during the context.

    If the port cannot be used, that is logged, and the service works without.
    """
    port = service.settings.monitoring.port
    with ExitStack() as stack:
        if port is not None:
            try:
                url = stack.enter_context(serve_monitoring(service, runs, port))
                log.info("monitoring", url=url)
            except UnavailableError as error:
                log.error("no monitoring", problem=f"[monitoring] port: {error}")
        yield


@contextmanager
def serve_monitoring(service: Service, runs: JobRuns, port: int) -> Iterator[str]:
    """Serve on a port of 127.0.0.1 (0: any free one); give the address. Raises UnavailableError if it is in use."""
    with serve_locally(_application(service, runs), port, "monitoring", linger_seconds=_LINGER_SECONDS) as url:
        yield url


def _application(service: Service, runs: JobRuns) -> Starlette:
    turn = Lock()  # one request at a time reads the store

    def live(_: Request) -> Response:
        return PlainTextResponse("the service is running\n")

    def ready(_: Request) -> Response:
        service.store.check_schema()
        return PlainTextResponse("the database can be read, and its schema is up to date\n")

    def metrics(request: Request) -> Response:
        with turn:
            facts = read_facts(service.settings, service.policy, service.clock(), service.store, runs.list_runs())
        content, content_type = write_metrics(facts, request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": content_type})

    answers = {"/live": live, "/ready": ready, "/metrics": metrics}
    return Starlette(routes=[Route(path, _guard(path, answer)) for path, answer in answers.items()])


def _guard(path: str, answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Answer 503 with the reason if the database cannot be used, and 500 without one for a fault, which is logged."""

    def guarded(request: Request) -> Response:
        try:
            return answer(request)
        except ComplianceError as error:
            return PlainTextResponse(f"{error}\n", 503)
        except Exception:
            log.exception("fault", asked=path)
            return PlainTextResponse("a fault; the log of the service says where\n", 500)

    return guarded
