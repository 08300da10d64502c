"""The only place that reads the time.

Rooms below the service take the instant as an argument, so tests, the demo and the reproduction of an old report can
set the clock.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)
