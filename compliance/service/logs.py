"""The service's log: one line an event, on standard error. Never a name, an address or a secret."""

import logging
import sys

import stamina.instrumentation
import structlog

from compliance.config import Log


def set_up(log: Log) -> None:
    """Text for people, or JSON for a log collector; instants in UTC."""
    last = structlog.processors.JSONRenderer() if log.format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(log.level),
        # Standard error as it is when something is said: it may have been put elsewhere since.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stamina.instrumentation.set_on_retry_hooks([_asking_again])


def _asking_again(details: stamina.instrumentation.RetryDetails) -> None:
    """An attempt that failed and is made again: why, which it was, and when the next is."""
    structlog.get_logger().warning(
        "asking again", attempt=details.retry_num, seconds=round(details.wait_for, 1), reason=str(details.caused_by)
    )
