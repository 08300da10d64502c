"""A crime system asked over HTTP: pages with a cursor, and the officer directory (records section 4)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
import stamina

from compliance.errors import SettingsError, UnavailableError
from compliance.feeds.base import Directory, Page
from compliance.feeds.bodies import directory, json_page, ndjson_page

T = TypeVar("T")

LARGEST_BODY: Final = 64 * 1024 * 1024
"""Bytes of one answer, unpacked."""
_NDJSON: Final = "application/x-ndjson"
# NDJSON first: a line that is no JSON cannot spoil the others.
_ACCEPT: Final = f"{_NDJSON}, application/json;q=0.9"
_EXPECTED: Final = "expected one such as https://crime-system.example/crimes"
_TRY_LATER: Final = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a crime system that does not answer is asked again: at most so many attempts, and none begun after
    `within` seconds; between them `first_wait` seconds, then twice that and so on up to `longest_wait`, with jitter, or
    what its Retry-After says where that is no longer than `longest_wait`."""

    attempts: int = 5
    within: float = 120
    first_wait: float = 1
    longest_wait: float = 60


class HttpFeed:
    """The pages at `url` and the officer directory at `officers_url` (None: there is none).

    `page_size` is asked for by `limit`; `timeout` is in seconds, for connecting and for each part of an answer; `token`
    is sent as a bearer token, and never shown. No proxy and no other setting of the environment is used. Use it as a
    context manager, or `close` it.
    """

    def __init__(
        self,
        url: str,
        officers_url: str | None,
        page_size: int = 500,
        timeout: float = 30,
        token: str | None = None,
        transport: httpx.BaseTransport | None = None,
        patience: Patience = Patience(),
        largest_body: int = LARGEST_BODY,
    ) -> None:
        """Nothing is asked yet. `transport` takes the place of the network. Raises SettingsError for a wrong URL."""
        for address in filter(None, (url, officers_url)):
            _check_url(address)
        headers = {"Accept": _ACCEPT, "User-Agent": "victims-code-compliance"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(headers=headers, timeout=timeout, transport=transport, trust_env=False)
        self._url, self._officers_url, self._page_size = url, officers_url, page_size
        self._patience, self._largest_body = patience, largest_body

    def __enter__(self) -> Self:
        """The feed itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """The pages from a cursor (None: from the beginning) to "nothing further for now", each as it comes.

        Raises UnavailableError where the crime system cannot be reached, refuses, answers with something else than a
        page, or goes round in a circle: it says there is more and gives a cursor that it gave before.
        """
        given = {cursor}
        while True:
            page = self._page(cursor)
            yield page
            if not page.more:
                return
            if page.next in given:
                raise UnavailableError(
                    f"{_shown(self._url)} says that there is more and gives a cursor that it gave before: it would "
                    "repeat its pages for ever; what came is kept, and the supplier of the crime system must look at it"
                )
            given.add(page.next)
            cursor = page.next

    def officers(self) -> Directory:
        """The officer directory as it stands, empty where there is none. Raises UnavailableError as `pages` does."""
        if self._officers_url is None:
            return Directory([], [])
        url = self._officers_url
        return self._patiently(url, lambda: directory(self._body(url, {})[0]))

    def _page(self, cursor: str | None) -> Page:
        asked: dict[str, str | int] = {"limit": self._page_size}
        if cursor is not None:
            asked["changed_since"] = cursor

        def ask() -> Page:
            body, headers = self._body(self._url, asked)
            if headers.get("Content-Type", "").partition(";")[0].strip().lower() == _NDJSON:
                _refuse_without_length(headers, self._url)
                return ndjson_page(body, headers, _shown(self._url))
            return json_page(body, _shown(self._url))

        return self._patiently(self._url, ask)

    def _patiently(self, url: str, ask: Callable[[], T]) -> T:
        """Ask, and again where waiting may help."""
        patience = self._patience
        for attempt in stamina.retry_context(
            on=self._wait,
            attempts=patience.attempts,
            timeout=patience.within,
            wait_initial=patience.first_wait,
            wait_max=patience.longest_wait,
            wait_jitter=patience.first_wait,
        ):
            with attempt:
                try:
                    return ask()
                except httpx.RequestError as error:
                    cause = str(error) or type(error).__name__
                    raise _NotNowError(f"{_shown(url)} could not be asked ({cause})") from error
        raise AssertionError("the last attempt neither answered nor failed")

    def _wait(self, error: Exception) -> bool | float:
        """Whether to ask again after an error, or after how many seconds."""
        if not isinstance(error, _NotNowError):
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self._patience.longest_wait else False

    def _body(self, url: str, asked: dict[str, str | int]) -> tuple[bytes, httpx.Headers]:
        """One answer, read as it comes and no further than the bound."""
        with self._client.stream("GET", httpx.URL(url).copy_merge_params(asked)) as response:
            _refuse_unless_ok(response, url)
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if len(body) > self._largest_body:
                    raise UnavailableError(
                        f"{_shown(url)} gave an answer of more than {self._largest_body:,} bytes; ask for smaller pages"
                    )
            return bytes(body), response.headers


class _NotNowError(UnavailableError):
    """Asking again may help, after `retry_after` seconds where the crime system said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        wait = "" if retry_after is None else f" and asks to wait {retry_after:.0f} s"
        super().__init__(f"{message}{wait}; nothing is lost, it will be asked again")
        self.retry_after = retry_after


def _refuse_unless_ok(response: httpx.Response, url: str) -> None:
    """Raises _NotNowError or, where asking again cannot help, UnavailableError for an answer other than 200."""
    status = response.status_code
    if status == httpx.codes.OK:
        return
    found = f"{_shown(url)} answered {status} {response.reason_phrase}".rstrip()
    if status in _TRY_LATER or status > 504:
        raise _NotNowError(found, _retry_after(response))
    advice = {
        401: "see that the token is right and has not run out",
        403: "see that this service may read the feed",
        404: "see that the address is right",
    }
    raise UnavailableError(f"{found}; {advice.get(status, 'a page was expected: see that the address is right')}")


def _refuse_without_length(headers: httpx.Headers, url: str) -> None:
    """Raises UnavailableError where nobody could tell that lines at the end of an answer are missing."""
    if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        raise UnavailableError(
            f"{_shown(url)} gave an NDJSON page that does not say how long it is: one cut short would look whole; "
            "expected a Content-Length or a chunked answer"
        )


def _retry_after(response: httpx.Response) -> float | None:
    """What Retry-After says, in seconds; a date counts from the answer's own Date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers["Date"])
    except (ValueError, TypeError, KeyError):
        return None
    return max(wait.total_seconds(), 0.0)


def _check_url(url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SettingsError(
            f"feed url: not a URL ({error}); expected one such as https://crimes.example/crimes"
        ) from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SettingsError(f"feed url: found {_shown(url)!r}; expected one such as https://crimes.example/crimes")


def _shown(url: str) -> str:
    """A URL without what may be secret in it: user, password, query."""
    parsed = httpx.URL(url)
    return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))
