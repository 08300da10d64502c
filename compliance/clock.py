"""The one place that asks what time it is.

Rooms below the service take the instant as an argument, so that a clock can be moved in tests, in the demo and in a
reproduction of an old report.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
