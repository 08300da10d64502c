"""What an answer other than 200 means: not now, not known, or not at all."""

from datetime import datetime, timedelta
from typing import Final

import httpx

from compliance.errors import UnavailableError
from compliance.feeds.access import redact
from compliance.retry_after import LONGEST_WAIT, retry_after

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
        raise NotNowError(found, *retry_after(response.headers))
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
