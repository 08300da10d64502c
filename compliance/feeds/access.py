"""Authentication to a crime system: certificates, and OAuth 2 client credentials (RFC 6749, 4.4)."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import msgspec

from compliance.errors import SettingsError, UnavailableError
from compliance.feed_settings import OAuth

_LEEWAY: Final = 30
"""Seconds before a token expires from which it is no longer used."""
_SHORTEST: Final = 5
_UNSAID: Final = 300
"""How many seconds a token is used if its server does not say how long it lasts."""


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The settings of OAuth 2 and the client secret, which is never shown."""

    settings: OAuth
    secret: str = field(repr=False)


Post = Callable[[str, dict[str, str], httpx.Auth], bytes]
"""Sends a form with a user and password to an address, and returns the body of the answer."""


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: float | None = None


_decode = msgspec.json.Decoder(_Granted, strict=False).decode


def tls_context(ca_file: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return the TLS context: the check of a server's certificate, and this service's own certificate (PEM files).

    None if the machine's own authorities are trusted and no certificate is sent. Raises SettingsError that names the
    file.
    """
    if ca_file is None and certificate is None:
        return None
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(_unreadable("ca_file", ca_file, error, "certificates of authorities")) from None
    if certificate is not None:
        try:
            # With an empty password, an encrypted key fails instead of prompting at a terminal.
            context.load_cert_chain(certificate, key, password="")
        except (OSError, ssl.SSLError) as error:
            expected = "a certificate and its key, not encrypted"
            raise SettingsError(_unreadable("certificate", certificate, error, expected)) from None
    return context


def _unreadable(setting: str, path: Path | None, error: OSError, expected: str) -> str:
    reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
    return f"crime_system.{setting}: {path} cannot be used ({reason}); expected a PEM file with {expected}"


class Token:
    """A token from client credentials, requested when there is none or when it expires.

    Exceptions from `post` are passed on.
    """

    def __init__(self, credentials: ClientCredentials, post: Post) -> None:
        """Request nothing yet."""
        self._credentials, self._post = credentials, post
        self._token: str | None = None
        self._until = 0.0

    def __call__(self) -> str:
        """Return the token. Raises UnavailableError if none can be obtained."""
        if self._token is None or time.monotonic() >= self._until:
            return self._renew()
        return self._token

    def drop(self) -> None:
        """Discard a refused token, so that another is requested next time."""
        self._token = None

    def _renew(self) -> str:
        asked = self._credentials.settings
        form = {"grant_type": "client_credentials"} | ({"scope": asked.scope} if asked.scope else {})
        body = self._post(asked.token_url, form, httpx.BasicAuth(asked.client_id, self._credentials.secret))
        try:
            granted = _decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            granted = _Granted("")
        if not granted.access_token.isprintable() or not granted.access_token.isascii() or not granted.access_token:
            raise UnavailableError(
                f"{redact(asked.token_url)} gave no token; expected a JSON object with access_token and expires_in: "
                "check that token_url is the token endpoint"
            )
        if granted.token_type.lower() != "bearer":
            raise UnavailableError(f"{redact(asked.token_url)} gave a token that is not a bearer token")
        lasts = _UNSAID if granted.expires_in is None else granted.expires_in - _LEEWAY
        self._token, self._until = granted.access_token, time.monotonic() + max(lasts, _SHORTEST)
        return self._token


def redact(url: str) -> str:
    """Return a URL without the parts that may be secret: user, password, query."""
    parsed = httpx.URL(url)
    return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))
