"""The service's log: one event a line, on standard error. It never has a name, an address or a secret."""

import logging
import sys
from typing import Any

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
        log.log(min(record.levelno, logging.ERROR), record.getMessage(), library=record.name, exc_info=record.exc_info)


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Log a failed attempt that will be retried: the reason, its number, and the wait."""
    error = details.caused_by
    structlog.get_logger().warning(
        "asking again",
        attempt=details.retry_num,
        seconds=round(details.wait_for, 1),
        reason=str(error) if isinstance(error, ComplianceError) else type(error).__name__,
    )
