"""Asking another system over HTTP for one answer: for so long, so much, and trusting whom this machine trusts."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from compliance.authorities import machine_authorities
from compliance.errors import StoppedError, UnavailableError
from compliance.feeds.access import redact
from compliance.stopping import Stop, within

_LARGEST: Final = 1024 * 1024
"""The bytes of an answer that are read, at most."""


def ask_once(
    method: str, url: str, seconds: float, accept: str, stop: Stop | None = None,
    headers: Mapping[str, str] | None = None, **content: Any,
) -> tuple[int, bytes]:  # fmt: skip
    """Return the status and the body of an answer. `content`: what is sent, by the names that httpx has for it.

    The whole answer has `seconds`, and ends at once if `stop` is requested (StoppedError). Raises UnavailableError,
    which quotes nothing of what was sent or answered.
    """

    def read() -> tuple[int, bytes]:
        body = bytearray()
        with client.stream(method, url, **content) as answer:
            for part in answer.iter_bytes():
                body += part
                if len(body) > _LARGEST:
                    raise UnavailableError(f"{redact(url)} sent more than {_LARGEST:,} bytes")
            return answer.status_code, bytes(body)

    said = {"Accept": accept, "User-Agent": "victims-code-compliance", **(headers or {})}
    asked_to_stop = Stop() if stop is None else stop
    with (
        httpx.Client(headers=said, timeout=seconds, verify=machine_authorities()) as client,
        within(seconds) as limit,
    ):
        try:
            return asked_to_stop.outcome_of(lambda: limit.outcome_of(read, client.close), client.close)
        except (StoppedError, httpx.TimeoutException):
            asked_to_stop.check()
            raise UnavailableError(f"{redact(url)} did not answer to the end within {seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(f"{redact(url)} could not be asked ({type(error).__name__})") from None
