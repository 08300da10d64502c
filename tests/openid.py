"""OpenID providers for the pages: the package's own as another process, and one that can be bent in every way.

The first is as any provider; the second answers what no honest provider would.
"""

import json
import subprocess
import sys
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from compliance import clock
from compliance.serving import serve_locally
from compliance.web.roles import WebRole
from tests.web_office import TLS, Browser, WebOffice

CLIENT: Final = "victim-updates"
SECRET: Final = "between the two & nobody else"  # noqa: S105
ADDRESS: Final = "https://victims.force.example"
ALGORITHMS: Final = ("RS256", "ES256", "HS256")


@contextmanager
def running_provider(port: int) -> Iterator[str]:
    """The package's provider, until the context ends: its issuer."""
    command = [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while not _answers(url):
                assert process.poll() is None, "the provider did not start"
                assert time.monotonic() < deadline
                Event().wait(0.1)
            yield url
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/.well-known/openid-configuration", verify=TLS).is_success
    except httpx.TransportError:
        return False


def openid(issuer: str, folder: Path, **more: Any) -> dict[str, Any]:
    """The settings of the pages that sign in there, and the file with the secret."""
    folder.mkdir(exist_ok=True)
    (folder / "secret").write_text(SECRET)
    asked = {"issuer": issuer, "client_id": CLIENT, "client_secret": "file:secret", "address": ADDRESS}
    return {"user_header": None, "proxies": ["127.0.0.1"], "openid": asked | more}


_NUMBERS: Final = count()


def stranger(office: WebOffice, address: str = "", **cookies: str) -> Browser:
    """A browser whom no proxy names, at an address; by default one of its own."""
    number = next(_NUMBERS)
    sender = address or f"10.0.{number // 256}.{number % 256}"
    return Browser(office, "", [], headers={"X-Forwarded-For": sender}, cookies=cookies)


def register(issuer: str, person: str, **claims: Any) -> None:
    """Have a provider know a person with their claims; by default, those of nobody in particular."""
    claims = {"preferred_username": person} | claims
    said = {name: value for name, value in claims.items() if value is not None}
    answer = httpx.put(f"{issuer}/users/{quote(person)}", json=said, verify=TLS)
    assert answer.is_success, answer.text


def come_back(browser: Browser, person: str, place: str = "/", **form: str) -> str:
    """Leave for the provider, sign in there as a person, and return the address to which it sends the browser back."""
    leaving = browser.get(f"/sign-in/openid?next={quote(place)}")
    assert leaving.status_code == 303, leaving.text
    return return_address(httpx.post(leaving.headers["location"], data={"sub": person} | form, verify=TLS))


def return_address(answer: httpx.Response) -> str:
    """The path and query of ours to which a provider sends a browser."""
    location = answer.headers["location"]
    assert location.startswith(f"{ADDRESS}/")
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}"


def sign_in_at(browser: Browser, person: str, place: str = "/") -> httpx.Response:
    """Sign in at the provider as a person: what the pages answer then."""
    return browser.get(come_back(browser, person, place))


def role_claim(*roles: WebRole) -> list[str]:
    return [f"group of {role}" for role in roles]


@dataclass
class BentProvider:
    """A provider whose answers can be bent. It lets in whoever comes, once for each code, and holds them to PKCE.

    `claims`: what its tokens say otherwise than they should; None leaves a claim out. `key`: what signs them. `header`:
    their header. `token` and `keys`: the answers of the endpoint for tokens and that for keys, `facts` what it says of
    itself, otherwise than they should be.
    """

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = None
    header: dict[str, Any] = field(default_factory=dict)
    token: Response | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    keys: Response | None = None
    own: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    asked: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """What was asked for each code that is still good."""

    @property
    def application(self) -> Starlette:
        paths: Any = {
            "/.well-known/openid-configuration": self._describe, "/authorize": self._authorize, "/keys": self._keys,
        }  # fmt: skip
        routes = [Route(path, answer) for path, answer in paths.items()]
        return Starlette(routes=[*routes, Route("/token", self._grant, methods=["POST"])])

    def _describe(self, _: Request) -> Response:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        said = {"issuer": self.url} | {name: f"{self.url}/{path}" for name, path in ends.items()}
        return JSONResponse(said | self.facts)

    def _authorize(self, request: Request) -> Response:
        asked = parse_qs(request.url.query, strict_parsing=True)
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return RedirectResponse(f"{asked['redirect_uri'][0]}?{urlencode({'code': code, 'state': asked['state'][0]})}")

    def _keys(self, _: Request) -> Response:
        return self.keys or JSONResponse(KeySet([self.own]).as_dict(private=False))

    async def _grant(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.asked.pop(form["code"], None)
        user, _, secret = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if asked is None or (user, secret) != (CLIENT, SECRET.replace(" ", "+").replace("&", "%26")):
            return JSONResponse({"error": "invalid_grant", "error_description": "not for n1a@force.example"}, 400)
        if (asked["code_challenge"], asked["code_challenge_method"]) != ([challenge], ["S256"]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return self.token or JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self.made(asked)})

    def made(self, asked: dict[str, list[str]]) -> str:
        """A token for what was asked."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300, "nonce": asked["nonce"][0],
            "preferred_username": "n1a", "roles": role_claim(WebRole.OFFICER),
        } | self.claims  # fmt: skip
        claims = {name: said for name, said in claims.items() if said is not None}
        header = {"alg": "RS256", "kid": "one"} | self.header
        if header["alg"] == "none":
            return (
                ".".join(urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in (header, claims))
                + "."
            )
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        return jwt.encode(header, claims, self.key or self.own, registry=registry)


@contextmanager
def bent_provider() -> Iterator[BentProvider]:
    """A provider on this machine, honest until it is bent."""
    provider = BentProvider()
    with serve_locally(provider.application, 0, "provider") as url:
        provider.url = url
        yield provider


def shared_key() -> OctKey:
    """The key that whoever knows our secret can sign with."""
    return OctKey.import_key(SECRET.ljust(32), {"kid": "one"})
