"""The service's log: one line an event, on standard error. Never a name, an address or a secret."""

import logging
import sys

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
