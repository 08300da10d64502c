"""What an OpenID provider may answer otherwise than it should, or not at all: nobody is signed in, and both read why."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey
from starlette.responses import HTMLResponse, JSONResponse, Response
from structlog.testing import capture_logs

from compliance import clock
from compliance.errors import SettingsError, UnavailableError
from compliance.service.openid_discovery import discover
from compliance.store.tables import WEB_SESSION
from compliance.web.openid_sign_in import OpenIdSignIn
from compliance.web.serving_pages import sign_in_of
from compliance.web_settings import WebSettings
from tests import stores
from tests.openid import BentProvider, bent_provider, openid, return_address, shared_key, stranger
from tests.serving_sockets import dripping_port, free_port, silent_port
from tests.stores import rows
from tests.web_office import CRIMES, TLS, Browser, WebOffice, open_web_office, words_of

NOW: Final = int(clock.now().timestamp())


@pytest.fixture(scope="module")
def bent() -> Iterator[BentProvider]:
    with bent_provider() as provider:
        yield provider


@pytest.fixture
def provider(bent: BentProvider) -> BentProvider:
    """Honest again, and not asked anything yet."""
    bent.claims, bent.header, bent.key, bent.token, bent.facts, bent.keys = {}, {}, None, None, {}, None
    bent.asked.clear()
    return bent


@pytest.fixture(scope="module")
def office(bent: BentProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("answers")
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with open_web_office(url, folder, **openid(bent.url, folder, longest_hours=1)) as opened:
        yield opened


def back(office: WebOffice) -> tuple[Browser, str]:
    """A browser that was at the provider, and where it is sent then."""
    browser = stranger(office)
    leaving = browser.get("/sign-in/openid").headers["location"]
    return browser, return_address(httpx.get(leaving, verify=TLS))


def outcome(office: WebOffice, browser: Browser, address: str) -> tuple[int, str, str]:
    """The status, the words, and the line that is logged, of which nothing names anybody."""
    with capture_logs() as logs:
        answer = browser.get(address)
    assert "__Host-session" not in browser.cookies
    assert "__Host-leaving" not in browser.cookies
    assert CRIMES["n1a"] not in browser.get("/my-victims").text
    (line,) = logs
    assert "n1a" not in str(line)
    return answer.status_code, words_of(answer.text), line.get("reason") or line["problem"]


def test_an_honest_answer_signs_in_with_a_verifier_that_only_we_have(office: WebOffice, provider: BentProvider) -> None:
    browser, address = back(office)
    assert browser.get(address).headers["location"] == "/"
    assert CRIMES["n1a"] in browser.get("/my-victims").text


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "another"}, "InvalidClaimError nonce"),
        ({"nonce": None}, "MissingClaimError nonce"),
        ({"nonce": None, "nonce_supported": False}, "MissingClaimError nonce"),
        ({"iss": "https://evil.example"}, "InvalidClaimError iss"),
        ({"iss": None}, "MissingClaimError iss"),
        ({"aud": "another client"}, "InvalidClaimError aud"),
        ({"aud": "another client", "azp": "victim-updates"}, "InvalidClaimError aud"),
        ({"aud": ["victim-updates", "another client"]}, "MissingClaimError azp"),
        ({"azp": "another client"}, "InvalidClaimError azp"),
        ({"aud": None}, "MissingClaimError aud"),
        ({"exp": NOW - 3600}, "ExpiredTokenError exp"),
        ({"exp": None}, "MissingClaimError exp"),
        ({"exp": "never"}, "InvalidClaimError exp"),
        ({"iat": NOW + 3600}, "InvalidClaimError iat"),
        ({"nbf": NOW + 3600}, "InvalidClaimError nbf"),
        ({"at_hash": "of another token"}, "InvalidClaimError at_hash"),
    ],
)
def test_a_token_for_another_sign_in_is_not_accepted(
    office: WebOffice, provider: BentProvider, claims: dict[str, Any], reason: str
) -> None:
    provider.claims = claims
    status, words, logged = outcome(office, *back(office))
    assert (status, logged) == (403, f"ID token: {reason}")
    assert "could not be accepted, so you are not signed in" in words


@pytest.mark.parametrize(
    ("header", "key", "reason"),
    [
        ({}, RSAKey.generate_key(2048), "BadSignatureError"),
        ({"kid": "unknown"}, None, "InvalidKeyIdError"),
        ({"alg": "none"}, None, "UnsupportedAlgorithmError"),
        ({"alg": "HS256"}, shared_key(), "UnsupportedAlgorithmError"),
        ({"alg": "ES256"}, ECKey.generate_key("P-256"), "InvalidKeyTypeError"),
    ],
    ids=["another's key", "an unknown key", "no signature", "a key made of our secret", "a key of another kind"],
)
def test_a_token_that_the_provider_did_not_sign_is_not_accepted(
    office: WebOffice, provider: BentProvider, header: dict[str, str], key: Any, reason: str
) -> None:
    provider.header, provider.key = header, key
    status, _, logged = outcome(office, *back(office))
    assert (status, logged) == (403, f"ID token: {reason}")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (JSONResponse({"access_token": "x"}), "the token endpoint gave no ID token"),
        (HTMLResponse("<h1>n1a</h1>"), "the token endpoint gave no ID token"),
        (JSONResponse({"id_token": "x.y.z"}), "ID token: DecodeError"),
        (JSONResponse({"id_token": ""}), "ID token: DecodeError"),
        (HTMLResponse("n1a may not", 401), "the token endpoint answered with status 401"),
        (
            JSONResponse({"error": "invalid_client", "error_description": 'AADSTS7000222: "n1a"\r\n'}, 401),
            "the token endpoint answered with status 401 invalid_client AADSTS7000222",
        ),
        (JSONResponse({"error": "n1a may not"}, 400), "the token endpoint answered with status 400"),
        (Response(b"[" * 100_000), "the token endpoint gave no ID token"),
    ],
)
def test_another_answer_than_a_token_signs_nobody_in(
    office: WebOffice, provider: BentProvider, token: Response, reason: str
) -> None:
    provider.token = token
    status, words, logged = outcome(office, *back(office))
    assert (status, logged) == (403, reason)
    assert "Sign in once more" in words


@pytest.mark.parametrize(
    ("keys", "status", "reason"),
    [
        (HTMLResponse("<h1>Sign in</h1>"), 403, "ID token or keys that cannot be read (DecodeError)"),
        (JSONResponse({"keys": []}), 403, "ID token: MissingKeyError"),
        (JSONResponse(["keys"]), 403, "ID token or keys that cannot be read (TypeError)"),
        (JSONResponse({"keys": [{"kty": "RSA", "kid": "one"}]}), 403, "ID token: KeyParameterError"),
        (HTMLResponse("", 404), 503, "were answered with status 404"),
    ],
)
def test_keys_that_are_none_sign_nobody_in(
    office: WebOffice, provider: BentProvider, keys: Response, status: int, reason: str
) -> None:
    provider.keys = keys
    found, _, logged = outcome(office, *back(office))
    assert (found, reason in logged) == (status, True), logged


def test_no_more_than_some_wait_for_the_provider_at_a_time(office: WebOffice, provider: BentProvider) -> None:
    """The others read that they cannot sign in now, and the threads that are left serve whoever is signed in."""
    sign_in = sign_in_of(office.service)
    assert isinstance(sign_in, OpenIdSignIn)
    with ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(sign_in.provider._line())
        with pytest.raises(UnavailableError, match="16 people are waiting"):
            sign_in.provider.address_to_leave_for("held")
    assert sign_in.provider.address_to_leave_for("held").startswith(provider.url)


def test_an_answer_without_end_is_not_read_to_the_end(office: WebOffice, provider: BentProvider) -> None:
    provider.token = Response(b" " * 2_000_000)
    status, words, logged = outcome(office, *back(office))
    assert (status, logged) == (503, f"{provider.url}/token sent more than 1,048,576 bytes")
    assert "does not answer at the moment" in words


def test_coming_back_from_another_provider_is_not_believed(office: WebOffice, provider: BentProvider) -> None:
    """RFC 9207, where the provider says who it is."""
    browser, address = back(office)
    assert outcome(office, browser, f"{address}&iss=https://evil.example")[2] == "another issuer"
    browser, address = back(office)
    assert browser.get(f"{address}&iss={provider.url}").status_code == 303


def test_coming_back_without_a_code_signs_nobody_in(office: WebOffice, provider: BentProvider) -> None:
    browser, address = back(office)
    state = httpx.URL(address).params["state"]
    assert outcome(office, browser, f"/sign-in/openid/back?state={state}")[0] == 403


@pytest.mark.parametrize("listening", [free_port, silent_port, lambda: dripping_port(b"HTTP/1.1 200 OK\r\n\r\n{")])
def test_a_provider_that_does_not_answer_is_not_waited_for(tmp_path: Path, listening: Any) -> None:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    issuer = f"http://127.0.0.1:{listening()}"
    with open_web_office(url, tmp_path, **openid(issuer, tmp_path, timeout_seconds=0.3)) as office:
        browser = stranger(office)
        assert browser.get("/sign-in").status_code == 200, "the page itself asks nobody"
        with capture_logs() as logs:
            answer = browser.get("/sign-in/openid")
        assert answer.status_code == 503
        assert "does not answer at the moment. Try again in a few minutes" in words_of(answer.text)
        assert [line["event"] for line in logs] == ["sign-in not possible"]
        assert f"{issuer}/.well-known/openid-configuration" in logs[0]["problem"]
        assert rows(office.service.store, WEB_SESSION, "person") == []


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"issuer": "https://evil.example"}, "says that its issuer is 'https://evil.example', and [web.openid] issuer"),
        ({"issuer": 1}, "does not describe an OpenID provider"),
        ({"token_endpoint": "http://login.example/token"}, "not HTTPS: 'http://login.example/token'"),
        ({"jwks_uri": "file:///etc/passwd"}, "not HTTPS"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "not HTTPS"),
    ],
)
def test_a_provider_that_is_another_or_not_private_is_not_used(
    provider: BentProvider, facts: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    provider.facts = facts
    settings = WebSettings.model_validate(openid(provider.url, tmp_path)).openid
    assert settings is not None
    with pytest.raises(UnavailableError) as error:
        discover(settings)
    assert problem in str(error.value)


def test_a_secret_that_cannot_be_read_is_named_and_not_shown(office: WebOffice, tmp_path: Path) -> None:
    settings = office.service.settings.model_copy(update={"base": tmp_path})
    service = type(office.service)(settings, office.service.policy, office.service.store)
    with pytest.raises(SettingsError, match=r"web\.openid\.client_secret: the file secret cannot be read"):
        sign_in_of(service)


@pytest.mark.parametrize(
    ("web", "said"),
    [
        ({"user_header": "X-Remote-User", "openid": {}}, "user_header: people sign in either by this header"),
        ({"port": 8480}, "port: nobody can sign in to the pages"),
        ({"port": 8480, "user_header": "X-Remote-User"}, "proxies: name the address of the reverse proxy"),
        ({"openid": {"issuer": "http://login.example"}}, "expected an address that begins with https://"),
        ({"openid": {"address": "https://x.example/pages"}}, "expected an address without a path"),
        ({"openid": {"scope": "profile"}}, "should match pattern"),
    ],
)
def test_people_sign_in_in_exactly_one_way_and_only_where_nobody_reads_along(web: dict[str, Any], said: str) -> None:
    base = {
        "issuer": "https://login.example",
        "client_id": "x",
        "client_secret": "env:X",
        "address": "https://x.example",
    }
    if "openid" in web:
        web = web | {"openid": base | web["openid"]}
    with pytest.raises(ValueError, match=said):
        WebSettings.model_validate(web)
