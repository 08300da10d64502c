"""HTTP requests: retried where that may help, sent once where it cannot, and never read without a bound."""

import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx
import stamina

from compliance.authorities import machine_authorities
from compliance.errors import SettingsError, UnavailableError
from compliance.feeds.access import ClientCredentials, Token, redact
from compliance.feeds.http_errors import NotKnownError, NotNowError, refuse_unless_ok
from compliance.stopping import Stop

T = TypeVar("T")

LARGEST_BODY: Final = 64 * 1024 * 1024
"""The largest size of an answer, decompressed, in bytes."""
_LARGEST_TOKEN: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a crime system that does not answer is retried.

    At most `attempts`, and none begun after `within` seconds. Between them `first_wait` seconds, doubled each time up
    to `longest_wait`, with jitter, or the Retry-After if it is no longer than `longest_wait`. One answer may take
    `longest_answer` seconds, however slowly it arrives.
    """

    attempts: int = 5
    within: float = 120
    first_wait: float = 1
    longest_wait: float = 60
    longest_answer: float = 600


PATIENCE: Final = Patience()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer with its decompressed body. `unchanged`: it was a 304, because the ETag sent is still current."""

    body: bytes
    headers: httpx.Headers
    unchanged: bool = False


class AskForLessError(UnavailableError):
    """The answer is too long, or one record in it is faulty: requesting less may help."""


class Asker:
    """A client for the addresses of one crime system.

    `token`: sent as a bearer token, as is one obtained with `credentials`; neither is ever shown. `tls`: how
    certificates are checked, None for the machine's own authorities. `timeout`: in seconds, for connecting and for each
    part of an answer. No proxy or other setting of the environment is used.
    """

    def __init__(
        self,
        accept: str,
        timeout: float,
        token: str | None,
        credentials: ClientCredentials | None,
        tls: ssl.SSLContext | None,
        transport: httpx.BaseTransport | None,
        patience: Patience,
        largest_body: int,
        stop: Stop,
    ) -> None:
        """Prepare the client without connecting. `transport`: replaces the network. `stop`: ends requests at once."""
        # Only gzip is accepted, because it is decompressed here under a bound.
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": "victims-code-compliance"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(
            headers=headers, timeout=timeout, transport=transport, verify=tls or machine_authorities(), trust_env=False
        )
        self._patience, self._largest_body, self._stop = patience, largest_body, stop
        self._token = None if credentials is None else Token(credentials, self._post)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, url: str, asked: dict[str, str | int], read: Callable[[HttpAnswer], T], etag: str | None = None) -> T:
        """Return what `read` makes of the answer, retrying with growing waits where that may help.

        `etag`: that of the answer already known. Raises UnavailableError, or AskForLessError if less should be
        requested.
        """
        return self._stop.outcome_of(lambda: self._ask(url, asked, read, etag))

    def _ask(self, url: str, asked: dict[str, str | int], read: Callable[[HttpAnswer], T], etag: str | None) -> T:
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
                return read(self._answer(url, asked, etag))
        raise AssertionError("the last attempt neither answered nor failed")

    def _wait(self, error: Exception) -> bool | float:
        """Return whether to retry after an error, or after how many seconds."""
        if not isinstance(error, NotNowError) or self._stop.is_requested():
            return False
        if error.retry_after is None:
            return error.retry_at is None
        return error.retry_after if error.retry_after <= self._patience.longest_wait else False

    def _answer(self, url: str, asked: dict[str, str | int], etag: str | None) -> HttpAnswer:
        """Return one answer. If the token is refused, another is requested once."""
        address = httpx.URL(url).copy_merge_params(asked)
        for again in (self._token is not None, False):
            headers = {} if etag is None else {"If-None-Match": etag}
            if self._token is not None:
                headers["Authorization"] = f"Bearer {self._token()}"
            request = self._client.build_request("GET", address, headers=headers)
            try:
                return self._send(request, url, self._largest_body)
            except NotKnownError:
                if not again or self._token is None:
                    raise
                self._token.drop()
        raise AssertionError("requested twice without an answer")

    def _post(self, url: str, form: dict[str, str], user: httpx.Auth) -> bytes:
        request = self._client.build_request("POST", url, data=form, headers={"Accept": "application/json"})
        try:
            return self._send(request, url, _LARGEST_TOKEN, user).body
        except AskForLessError as error:  # a smaller page is no help here
            raise UnavailableError(str(error)) from None

    def _send(self, request: httpx.Request, url: str, largest: int, user: httpx.Auth | None = None) -> HttpAnswer:
        """Return one answer, read as it arrives and only up to the bound."""
        try:
            response = self._client.send(request, auth=user, stream=True)
            try:
                if response.status_code == httpx.codes.NOT_MODIFIED and "If-None-Match" in request.headers:
                    return HttpAnswer(b"", response.headers, unchanged=True)
                refuse_unless_ok(response, url, "check that client_id and client_secret are right" if user else None)
                parts = self._in_time(response.iter_raw(), url)
                return HttpAnswer(_unpack(parts, response.headers, url, largest), response.headers)
            finally:
                response.close()
        except httpx.RequestError as error:
            cause = str(error)[:200] or type(error).__name__
            found = f"{redact(url)} could not be reached ({cause})"
            if refuses_certificate(error):
                raise UnavailableError(
                    f"{found}; its certificate must be corrected, or ca_file name the authority that signed it",
                    is_lasting=True,
                ) from error
            raise NotNowError(found) from error

    def _in_time(self, parts: Iterable[bytes], url: str) -> Iterator[bytes]:
        """Yield the parts of an answer. Raises UnavailableError if it takes too long."""
        longest = self._patience.longest_answer
        until = time.monotonic() + longest
        for part in parts:
            if time.monotonic() > until:
                raise UnavailableError(
                    f"{redact(url)} took more than {longest:.0f} s over one answer; request smaller pages, or look at "
                    "the crime system"
                )
            yield part


def _unpack(parts: Iterable[bytes], headers: httpx.Headers, url: str, largest: int) -> bytes:
    """Return the body, decompressed only up to the bound: a few bytes may expand beyond the memory available."""
    packing = headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise UnavailableError(
            f"{redact(url)} sent an answer compressed with {packing[:40]!r}; only gzip was requested"
        )
    unpacker = zlib.decompressobj(_GZIP) if packing.endswith("gzip") else None
    body = bytearray()
    for part in parts:
        try:
            body += part if unpacker is None else unpacker.decompress(part, largest + 1 - len(body))
        except zlib.error as error:
            raise NotNowError(f"{redact(url)} sent an answer that cannot be decompressed ({error})") from None
        if len(body) > largest or (unpacker is not None and unpacker.unconsumed_tail):
            raise AskForLessError(f"{redact(url)} gave an answer of more than {largest:,} bytes; request smaller pages")
    if unpacker is not None and (not unpacker.eof or unpacker.unused_data):
        raise NotNowError(f"{redact(url)} sent a compressed answer that is cut short or continues after its end")
    return bytes(body)


def refuses_certificate(error: BaseException) -> bool:
    """Return whether an error came of a certificate that is not accepted: the other side's, or ours by it."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, ssl.SSLCertVerificationError) or (isinstance(at, ssl.SSLError) and "ALERT" in str(at.reason)):
            return True
        at = at.__cause__ or at.__context__
    return False


def check_url(url: str) -> None:
    """Raise SettingsError for an invalid URL."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SettingsError(
            f"feed url: not a URL ({error}); expected one such as https://crime-system.example/crimes"
        ) from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SettingsError(
            f"feed url: found {redact(url)!r}; expected one such as https://crime-system.example/crimes"
        )
