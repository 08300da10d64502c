"""How long a server over HTTP asks us to wait (RFC 9110 10.2.3)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT: Final = timedelta(days=366)
"""The longest Retry-After that is believed: more is a mistake, and an instant beyond the calendar."""


def retry_after(headers: Mapping[str, str]) -> tuple[float | None, datetime | None]:
    """Return the Retry-After: in seconds or, if only a date is given, that instant (UTC); neither if there is none.

    A date is relative to the answer's own Date, if it has one.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT.total_seconds()), None
    at = _instant(text)
    if at is None:
        return None, None
    sent_at = _instant(headers.get("Date", ""))
    if sent_at is None:
        return None, at
    return min(max((at - sent_at).total_seconds(), 0.0), LONGEST_WAIT.total_seconds()), None


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
