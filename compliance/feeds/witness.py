"""What can be noted of an HTTP server beside its answers: its clock, its certificate, and how it last answered."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx


class Witness:
    """What was seen of the servers asked.

    - `status`: of the last answer; None before the first, and after a request that was not answered.
    - `skew`: by how much the server's clock, as its header `Date` gives it, was ahead of ours; None: it gave none.
    - `certificates`: when the certificate of each server ends, by its name and port, as the certificate says it.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """`clock`: returns the present instant (aware) of this machine."""
        self._clock = clock
        self.status: int | None = None
        self.skew: timedelta | None = None
        self.certificates: dict[str, str] = {}

    def through(self, tls: ssl.SSLContext) -> httpx.BaseTransport:
        """Return a transport that connects as any other, checks certificates as `tls` says, and is watched."""
        return _Watched(self, tls)

    def note(self, request: httpx.Request, response: httpx.Response) -> None:
        """Note what there is to note of an answer."""
        self.status = response.status_code
        try:
            said = parsedate_to_datetime(response.headers["Date"])
            self.skew = (said if said.tzinfo else said.replace(tzinfo=UTC)) - self._clock()
        except (KeyError, ValueError, TypeError, OverflowError):
            pass  # it says no time, or not as HTTP does
        stream = response.extensions.get("network_stream")
        secure = None if stream is None else stream.get_extra_info("ssl_object")
        if secure is not None and (held := secure.getpeercert()):
            self.certificates[f"{request.url.host}:{request.url.port or 443}"] = str(held["notAfter"])


class _Watched(httpx.BaseTransport):
    def __init__(self, witness: Witness, tls: ssl.SSLContext) -> None:
        self._witness, self._inner = witness, httpx.HTTPTransport(verify=tls, trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._witness.status = None
        response = self._inner.handle_request(request)
        self._witness.note(request, response)
        return response

    def close(self) -> None:
        self._inner.close()
