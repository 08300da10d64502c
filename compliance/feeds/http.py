"""A crime system over HTTP: pages with a cursor, and the officer directory (records section 4)."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple, Self

import httpx

from compliance.errors import UnavailableError
from compliance.feed_settings import PageNames
from compliance.feeds.access import ClientCredentials, redact
from compliance.feeds.bodies import NAMES, directory, json_page, ndjson_page
from compliance.feeds.feed import DirectoryEntries, Page
from compliance.feeds.http_errors import RefusedRequestError
from compliance.feeds.mapping import Mapper
from compliance.feeds.requests import LARGEST_BODY, PATIENCE, Asker, AskForLessError, HttpAnswer, Patience, check_url
from compliance.stopping import Stop

NOTHING_NEW: Final = 100
"""How many consecutive pages, empty or repeated, mean that the feed has no end."""
_NDJSON: Final = "application/x-ndjson"
# NDJSON is preferred: an invalid line does not affect the others.
_ACCEPT: Final = f"{_NDJSON}, application/json;q=0.9"
_FOR_PEOPLE: Final = ("text/html", "application/xhtml+xml")
_REMEMBERED: Final = 1000
_Asked = tuple[str, str | None, int]
_Known = tuple[str, str | None, bool]


class _Answered(NamedTuple):
    """A page, the ETag of the answer, and a hash of the records as received."""

    page: Page
    etag: str | None
    content: int


class Remembered:
    """The ETag of each answer taken in, with where its page continued.

    Kept in memory from poll to poll, so that the same answer is not sent again. At most a thousand, the newest.
    """

    def __init__(self) -> None:
        self._held: dict[_Asked, _Known] = {}

    def get(self, asked: _Asked) -> _Known | None:
        """Return (ETag, next, more) of the answer last taken in for a request, None if there is none."""
        return self._held.get(asked)

    def put(self, asked: _Asked, known: _Known | None) -> None:
        """Store the answer taken in for a request; None removes it."""
        self._held.pop(asked, None)
        if known is not None:
            self._held[asked] = known
            while len(self._held) > _REMEMBERED:
                del self._held[next(iter(self._held))]


class HttpFeed:
    """A feed of the pages at `url` and the officer directory at `officers_url` (None: there is none).

    `page_size`: the limit requested, reduced if a page is too large to read. `token`, `credentials`, `tls`: the
    identity of the caller (see `Asker`). `timeout`: in seconds. `mapper`: turns the source's records and officers into
    the record format. `names`: the names in requests and pages. `remembered`: answers from earlier polls. Use it as a
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
        patience: Patience = PATIENCE,
        largest_body: int = LARGEST_BODY,
        credentials: ClientCredentials | None = None,
        tls: ssl.SSLContext | None = None,
        mapper: Mapper | None = None,
        remembered: Remembered | None = None,
        names: PageNames = NAMES,
        stop: Stop | None = None,
    ) -> None:
        """Prepare the feed without connecting.

        `transport`: replaces the network. `stop`: ends waits for an answer at once when requested. Raises SettingsError
        for an invalid URL.
        """
        for address in (url, officers_url, None if credentials is None else credentials.settings.token_url):
            if address is not None:
                check_url(address)
        stop = Stop() if stop is None else stop
        self._asker = Asker(_ACCEPT, timeout, token, credentials, tls, transport, patience, largest_body, stop)
        self._url, self._officers_url, self._page_size = url, officers_url, page_size
        self._mapper, self._names = mapper, names
        self._remembered = Remembered() if remembered is None else remembered

    def __enter__(self) -> Self:
        """Return the feed itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the feed."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._asker.close()

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield the pages from a cursor (None: from the beginning) to "nothing further for now", each as it arrives.

        Raises UnavailableError if the crime system cannot be reached, refuses, answers with anything but a page, or has
        no end. It has no end if it says there is more and repeats a cursor, or sends `NOTHING_NEW` pages in a row
        without anything new. What was received is kept, and the next poll continues from there.
        """
        given: set[str | None] = {cursor}
        contents: set[int] = set()
        idle, limit = 0, self._page_size
        while True:
            try:
                page, etag, content = self._page(cursor, limit)
            except AskForLessError:
                if limit == 1:
                    raise
                limit = max(1, limit // 4)
                continue
            yield page
            known = None if etag is None else (etag, page.next, page.more)
            self._remembered.put((self._url, cursor, limit), known)
            if not page.more:
                return
            idle = idle + 1 if not page.records or content in contents else 0
            contents.add(content)
            if page.next in given or idle >= NOTHING_NEW:
                found = (
                    "a cursor that it gave before" if page.next in given else f"{idle} pages in a row with nothing new"
                )
                raise UnavailableError(
                    f"{redact(self._url)} says that there is more and gives {found}: it would repeat its pages for "
                    "ever; what was received is kept, and the supplier of the crime system must correct this"
                )
            given.add(page.next)
            cursor = page.next

    def officers(self) -> DirectoryEntries:
        """Return the current officer directory; not read if there is none. Raises UnavailableError as `pages` does."""
        if self._officers_url is None:
            return DirectoryEntries([], [], read=False)
        url = self._officers_url
        asked = (url, None, 0)
        known = self._remembered.get(asked)

        def read(answer: HttpAnswer) -> DirectoryEntries:
            if answer.unchanged:
                return DirectoryEntries([], [], unchanged=True)
            _refuse_a_web_page(answer, redact(url))
            etag = answer.headers.get("ETag")
            remember = partial(self._remembered.put, asked, None if etag is None else (etag, None, False))
            return replace(directory(answer.body, self._mapper), kept=remember)

        return self._asker.ask(url, {}, read, known and known[0])

    def _page(self, cursor: str | None, limit: int) -> _Answered:
        asked: dict[str, str | int] = {self._names.limit_parameter: limit}
        if cursor is not None:
            asked[self._names.cursor_parameter] = cursor
        known = self._remembered.get((self._url, cursor, limit))

        def read(answer: HttpAnswer) -> _Answered:
            if answer.unchanged and known is not None:
                return _Answered(Page([], known[1], known[2]), known[0], 0)
            source = redact(self._url) + ("" if cursor is None else f", asked from the cursor {cursor[:80]!r},")
            if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _NDJSON:
                _refuse_without_length(answer.headers, source)
                page = ndjson_page(answer.body, answer.headers, source)
            else:
                page = json_page(answer.body, source, self._names)
            return _Answered(self._mapped(page), answer.headers.get("ETag"), hash(tuple(page.raws)))

        try:
            return self._asker.ask(self._url, asked, read, known and known[0])
        except RefusedRequestError as error:
            if cursor is None:
                raise
            raise UnavailableError(
                f"{error.found} when it was asked from the cursor {cursor[:80]!r}, which it gave before: the cursor "
                "may have expired. `compliance feed restart` reads from the beginning into the same database, and "
                "nothing stored is lost"
            ) from None

    def _mapped(self, page: Page) -> Page:
        if self._mapper is None:
            return page
        return replace(page, records=[self._mapper.map_when_read(raw) for raw in page.raws])


def _refuse_a_web_page(answer: HttpAnswer, source: str) -> None:
    """Raise UnavailableError for a web page, such as one to sign in on."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in _FOR_PEOPLE or answer.body.lstrip()[:1] == b"<":
        raise UnavailableError(
            f"{source} gave a web page instead of an officer directory; expected NDJSON, one entry per line: check "
            "that officers_url is right and does not ask anyone to sign in"
        )


def _refuse_without_length(headers: httpx.Headers, source: str) -> None:
    """Raise UnavailableError for an answer without a length, because missing lines at its end could not be detected."""
    if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        raise UnavailableError(
            f"{source} gave an NDJSON page that does not say how long it is: one cut short would look whole; "
            "expected a Content-Length or a chunked answer"
        )
