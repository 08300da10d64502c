"""The OpenID provider of the pages: where people are sent to sign in, and what comes back of it (decision 0060).

The authorization code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636). Signature and claims are checked by Authlib
and joserfc.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Semaphore
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from compliance import clock as real_clock
from compliance.errors import UnavailableError
from compliance.service.openid_discovery import ProviderFacts, ask_provider, discover
from compliance.web.sessions import derive
from compliance.web_settings import OpenIdSettings

BACK: Final = "/sign-in/openid/back"
"""The path to which the provider sends people back."""
_KNOWN_FOR: Final = 3600.0
"""Seconds for which it is not asked again what it says of itself."""
_FAILED_FOR: Final = 5.0
"""Seconds for which it is not asked that again after it did not answer."""
_AT_ONCE: Final = 16
"""How many people may wait for it at a time: fewer than a web server has threads."""
_LEEWAY: Final = 60
"""Seconds by which its clock and ours may differ."""
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a key that only the provider has: not those made with our secret, nor none."""


class RefusedSignInError(Exception):
    """Nobody is signed in. Title and message are for the person; `why`, for the log, names nobody."""

    def __init__(self, words: str, why: str, title: str = "You are not signed in") -> None:
        super().__init__(words)
        self.why, self.title = why, title


class _Granted(msgspec.Struct):
    """What the provider gives for a code."""

    id_token: str
    access_token: str | None = None


@dataclass(slots=True)
class OpenIdProvider:
    """A provider. `secret`: ours there. `clock`: returns the present instant (aware) by which tokens expire."""

    settings: OpenIdSettings
    secret: str = field(repr=False)
    clock: Callable[[], datetime] = real_clock.now
    _facts: tuple[float, ProviderFacts] | None = None
    _failed: tuple[float, str] | None = None
    _turn: Lock = field(default_factory=Lock)
    _lines: Semaphore = field(default_factory=lambda: Semaphore(_AT_ONCE))

    def address_to_leave_for(self, held: str) -> str:
        """Return where somebody signs in. `held`: what the cookie holds that the browser keeps meanwhile.

        Raises UnavailableError if the provider cannot be asked.
        """
        asked = {"nonce": derive(held, "nonce"), "code_challenge_method": "S256"}
        challenge = create_s256_code_challenge(derive(held, "verifier"))
        return prepare_grant_uri(
            self._known().authorization_endpoint, self.settings.client_id, "code", self._back, self.settings.scope,
            derive(held, "state"), code_challenge=challenge, **asked,
        )  # fmt: skip

    def redeem(self, code: str, held: str) -> Mapping[str, Any]:
        """Return the claims about the person who came back with a code to the browser that holds the cookie.

        Raises RefusedSignInError if the provider does not take the code, or if its answer is not for this sign-in;
        UnavailableError if it cannot be asked.
        """
        facts = self._known()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._back,
            "code_verifier": derive(held, "verifier"),
        }  # fmt: skip
        user = None
        if "client_secret_basic" in facts.token_endpoint_auth_methods_supported:
            # Each part is form-encoded first (RFC 6749, 2.3.1).
            user = httpx.BasicAuth(quote_plus(self.settings.client_id), quote_plus(self.secret))
        else:
            form |= {"client_id": self.settings.client_id, "client_secret": self.secret}
        status, body = self._ask(facts.token_endpoint, form, user)
        if status != httpx.codes.OK:
            raise _not_taken(status, body)
        try:
            granted = msgspec.json.decode(body, type=_Granted)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise _not_acceptable("the token endpoint gave no ID token") from None
        return self._check(granted, facts, derive(held, "nonce"))

    def address_to_sign_out(self) -> str | None:
        """Return where people sign out of the provider, if it said so in the last hour."""
        known = self._facts
        end = None if known is None else known[1].end_session_endpoint
        return end and add_params_to_uri(end, [("client_id", self.settings.client_id)])

    @property
    def _back(self) -> str:
        return f"{self.settings.address}{BACK}"

    def _known(self) -> ProviderFacts:
        """Return what the provider says of itself, which it is asked once an hour."""
        facts = self._facts
        if facts is not None and time.monotonic() - facts[0] < _KNOWN_FOR:
            return facts[1]
        with self._line():
            return self._discover()

    def _discover(self) -> ProviderFacts:
        """Ask the provider, one at a time. If it did not answer just now, those who waited fail without asking."""
        with self._turn:
            now = time.monotonic()
            if self._facts is not None and now - self._facts[0] < _KNOWN_FOR:
                return self._facts[1]
            if self._failed is not None and now - self._failed[0] < _FAILED_FOR:
                raise UnavailableError(self._failed[1])
            try:
                facts = discover(self.settings)
            except UnavailableError as error:
                self._failed = time.monotonic(), str(error)
                raise
            self._facts = time.monotonic(), facts
            return facts

    def _ask(self, url: str, form: dict[str, str] | None = None, user: httpx.Auth | None = None) -> tuple[int, bytes]:
        with self._line():
            return ask_provider(url, self.settings.timeout_seconds, form, user)

    @contextmanager
    def _line(self) -> Iterator[None]:
        """Let somebody wait for the provider, unless many are: the pages go on for whoever is signed in."""
        if not self._lines.acquire(blocking=False):
            raise UnavailableError(f"{_AT_ONCE} people are waiting for {self.settings.issuer} already")
        try:
            yield
        finally:
            self._lines.release()

    def _check(self, granted: _Granted, facts: ProviderFacts, nonce: str) -> Mapping[str, Any]:
        status, body = self._ask(facts.jwks_uri)
        if status != httpx.codes.OK:
            raise UnavailableError(f"the keys of {facts.issuer} were answered with status {status}")
        options: Any = {
            "iss": {"essential": True, "value": facts.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        expected = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": granted.access_token}
        try:
            keys = KeySet.import_key_set(msgspec.json.decode(body))
            registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
            token = jwt.decode(granted.id_token, keys, registry=registry)
            claims = CodeIDToken(token.claims, token.header, options, expected)
            claims.validate(now=int(self.clock().timestamp()), leeway=_LEEWAY)
        except JoseError as error:
            raise _not_acceptable(f"ID token: {type(error).__name__} {getattr(error, 'claim', '')}".strip()) from None
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _not_acceptable(f"ID token or keys that cannot be read ({type(error).__name__})") from None
        return dict(claims)


def _not_taken(status: int, body: bytes) -> RefusedSignInError:
    """Return what it means that a code was not taken. `error_description` may name the person, so it is not kept."""
    try:
        said = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        said = {}
    why = f"the token endpoint answered with status {status} {describe_error(said)}"
    return RefusedSignInError("The force’s sign-in did not confirm who you are. Sign in once more.", why.strip())


def describe_error(said: Mapping[str, Any]) -> str:
    """Return the error code of a provider, and the number that Microsoft Entra gives with it; nothing else of it."""
    code, description = said.get("error"), said.get("error_description")
    found = [code] if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", code) else []
    if isinstance(description, str) and (number := re.match(r"AADSTS\d+", description)):
        found.append(number[0])
    return " ".join(found)


def _not_acceptable(why: str) -> RefusedSignInError:
    words = (
        "What the force’s sign-in answered could not be accepted, so you are not signed in. Sign in once more; if that "
        "does not help, tell the administrators when it happened."
    )
    return RefusedSignInError(words, why)
