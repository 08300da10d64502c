"""The service's log: one event a line, on standard error, by the name of an action. It never has a name of a person, an
address or a secret.
"""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import stamina.instrumentation
import structlog

from compliance.config import Log
from compliance.errors import ComplianceError, fault_trace
from compliance.text import printable


def set_up(log: Log) -> None:
    """Set up logging: text for people or JSON for a log collector, with instants in UTC. Includes library warnings."""
    last = structlog.processors.JSONRenderer() if log.format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(lambda error: fault_trace(error[1])),
            _printable,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(log.level),
        # Standard error is looked up for each event, because it may have been redirected.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    root = logging.getLogger()
    root.handlers = [*(handler for handler in root.handlers if not isinstance(handler, _Libraries)), _Libraries()]
    stamina.instrumentation.set_on_retry_hooks([_log_retry])


def new_run_id() -> str:
    """Return a name for one cycle of the jobs, which all of its lines have."""
    return uuid4().hex[:8]


def log_as(job: str, run: str) -> AbstractContextManager[None]:
    """Return a context in which each line of the log has the name of the job, and that of its cycle (`run`)."""
    return structlog.contextvars.bound_contextvars(job=job, run=run)


def _printable(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Make every text of an event printable, and all but a traceback one line."""
    return {key: _make_printable(value, "\n" if key == "exception" else "") for key, value in event.items()}


def _make_printable(value: Any, kept: str = "") -> Any:
    if isinstance(value, str):
        return printable(value, kept=kept)
    if isinstance(value, list | tuple):
        return [_make_printable(item) for item in value]
    return value


class _Libraries(logging.Handler):
    """A handler that logs library messages as events of this log.

    Without it, libraries would write errors to standard error unfiltered.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Log a library's message."""
        log = structlog.get_logger()
        level, said = min(record.levelno, logging.ERROR), record.getMessage()
        log.log(level, "library message", message=said, library=record.name, exc_info=record.exc_info)


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Log a failed attempt that will be retried: the reason, its number, and the wait."""
    error = details.caused_by
    structlog.get_logger().warning(
        "asking again",
        attempt=details.retry_num,
        seconds=round(details.wait_for, 1),
        reason=str(error) if isinstance(error, ComplianceError) else type(error).__name__,
    )
