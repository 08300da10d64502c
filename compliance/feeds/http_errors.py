"""What an answer other than 200 means: not now, not known, or not at all."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from compliance.errors import UnavailableError
from compliance.feeds.access import redact

LONGEST_WAIT: Final = timedelta(days=366)
"""The longest Retry-After that is believed: more is a mistake, and an instant beyond the calendar."""
_TRY_LATER: Final = (408, 425, 429, 500, 502, 503, 504)


class NotNowError(UnavailableError):
    """A retry may help, after `retry_after` seconds or from `retry_at` if the crime system said so."""

    def __init__(self, message: str, retry_after: float | None = None, retry_at: datetime | None = None) -> None:
        wait = "" if retry_after is None else f" and asks to wait {retry_after:.0f} s"
        wait = wait if retry_at is None else f" and asks to wait until {retry_at:%Y-%m-%dT%H:%M:%SZ}"
        super().__init__(f"{message}{wait}; nothing is lost, it will be asked again")
        self.retry_after, self.retry_at = retry_after, retry_at

    def until(self, now: datetime) -> datetime | None:
        """Return the instant (UTC) before which the crime system asked for no requests; None: it asked for no wait."""
        if self.retry_after is not None:
            return now + timedelta(seconds=self.retry_after)
        return None if self.retry_at is None else min(self.retry_at, now + LONGEST_WAIT)


class NotKnownError(UnavailableError):
    """A 401: the crime system does not recognise the caller."""

    def __init__(self, message: str) -> None:
        super().__init__(message, is_lasting=True)


class RefusedRequestError(UnavailableError):
    """The crime system refuses what was asked: 400, 410 or 422. `found`: the answer, as it is named in messages."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(f"{found}; {advice}")
        self.found = found


def refuse_unless_ok(response: httpx.Response, url: str, advice: str | None) -> None:
    """Raise an error for any answer other than 200: NotNowError, or UnavailableError if a retry cannot help."""
    status = response.status_code
    if status == httpx.codes.OK:
        return
    found = f"{redact(url)} answered {status} {response.reason_phrase[:80]}".rstrip()
    if status in _TRY_LATER or status > 504:
        raise NotNowError(found, *_retry_after(response))
    if status == httpx.codes.UNAUTHORIZED:
        raise NotKnownError(f"{found}; {advice or 'check that the token is right and has not expired'}")
    by_status = {
        403: "check that this service may read the feed",
        404: "check that the address is right",
    }
    advised = advice or by_status.get(status, "a page was expected: check that the address is right")
    if advice is None and status in (400, 410, 422):
        raise RefusedRequestError(found, advised)
    # An advice is about the identity.
    raise UnavailableError(f"{found}; {advised}", is_lasting=status == httpx.codes.FORBIDDEN or advice is not None)


def _retry_after(response: httpx.Response) -> tuple[float | None, datetime | None]:
    """Return the Retry-After: in seconds or, if only a date is given, that instant; neither if there is none.

    A date is relative to the answer's own Date, if it has one.
    """
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT.total_seconds()), None
    at = _instant(text)
    if at is None:
        return None, None
    sent_at = _instant(response.headers.get("Date", ""))
    if sent_at is None:
        return None, at
    return min(max((at - sent_at).total_seconds(), 0.0), LONGEST_WAIT.total_seconds()), None


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
