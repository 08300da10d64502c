"""How a crime system knows this service, over real HTTP and TLS (records section 4): OAuth 2, certificates."""

import json
import ssl
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stamina
import trustme

from compliance.authorities import machine_authorities
from compliance.errors import SettingsError, UnavailableError
from compliance.feed_settings import OAuth
from compliance.feeds import ClientCredentials, HttpFeed, tls_context
from tests.web_server import WebServer, answer, serving

PAGE = answer(b'{"records":[],"next":"c1","more":false}')
MORE = answer(b'{"records":[{}],"next":"c0","more":true}')
UNKNOWN = answer(b"", "401 Unauthorized")
SECRET = "s3cr:t/ü"  # noqa: S105


def grant(token: str, **fields: object) -> bytes:
    return answer(json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600} | fields).encode())


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    stamina.set_testing(True, attempts=2, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock by which tokens run out."""
    now = [1000.0]
    monkeypatch.setattr("compliance.feeds.access.time.monotonic", lambda: now[0])
    return now


def feed_of(web: WebServer) -> HttpFeed:
    credentials = ClientCredentials(
        OAuth(
            token_url=web.url.replace("/crimes", "/token"),
            client_id="monitor",
            client_secret="env:SECRET",  # noqa: S106  # names a variable
            scope="crimes.read",
        ),
        SECRET,
    )
    return HttpFeed(web.url, None, credentials=credentials)


def tokens(web: WebServer) -> list[str]:
    return [headers["Authorization"].removeprefix("Bearer ") for headers in web.headers]


def refused(web: WebServer) -> str:
    with feed_of(web) as feed, pytest.raises(UnavailableError) as raised:
        list(feed.pages(None))
    return str(raised.value)


def test_a_token_is_asked_for_once_and_used_for_every_page(web: WebServer) -> None:
    web.grants, web.answers = [grant("t1")], [MORE, PAGE]
    with feed_of(web) as feed:
        assert len(list(feed.pages(None))) == 2
    assert web.forms == [{"grant_type": "client_credentials", "scope": "crimes.read"}]
    assert tokens(web) == ["t1", "t1"]
    name = b64encode(f"monitor:{SECRET}".encode()).decode()
    assert web.users == [f"Basic {name}"], "the secret goes to the token server alone"


def test_a_token_that_runs_out_is_asked_for_anew_before_it_does(web: WebServer, seconds: list[float]) -> None:
    web.grants, web.answers = [grant("t1"), grant("t2")], [PAGE]
    with feed_of(web) as feed:
        for later in (0, 3569, 1):
            seconds[0] += later
            list(feed.pages(None))
    assert tokens(web) == ["t1", "t1", "t2"]


def test_a_token_that_is_refused_is_asked_for_anew_once(web: WebServer) -> None:
    web.grants, web.answers = [grant("t1"), grant("t2")], [UNKNOWN, PAGE]
    with feed_of(web) as feed:
        assert len(list(feed.pages(None))) == 1
    assert tokens(web) == ["t1", "t2"]


def test_a_second_token_that_is_refused_is_the_end_of_it(web: WebServer) -> None:
    web.grants, web.answers = [grant("t1")], [UNKNOWN]
    assert "401" in refused(web)
    assert (len(web.headers), len(web.forms)) == (2, 2)


def test_a_token_server_that_is_busy_is_asked_again(web: WebServer) -> None:
    web.grants, web.answers = [answer(b"", "503 Service Unavailable"), grant("t1")], [PAGE]
    with feed_of(web) as feed:
        assert len(list(feed.pages(None))) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (answer(b'{"error":"invalid_client"}', "401 Unauthorized"), "check that client_id and client_secret are right"),
        (answer(b'{"error":"invalid_scope"}', "400 Bad Request"), "check that client_id and client_secret are right"),
        (answer(b"<!doctype html>"), "gave no token"),
        (answer(b'{"access_token":7}'), "gave no token"),
        (grant(""), "gave no token"),
        (grant("t1\r\nX-Injected: 1"), "gave no token"),
        (grant("t1", **{"token_type": "mac"}), "not a bearer token"),
        (answer(b"[" * 60_000), "gave no token"),
        (answer(b" " * 70_000), "more than 65,536 bytes"),
    ],
    ids=["refused", "bad scope", "html", "number", "empty", "two lines", "another kind", "nested", "too long"],
)  # fmt: skip
def test_no_token_is_asked_for_once_and_said_without_the_secret(web: WebServer, given: bytes, said: str) -> None:
    web.grants, web.answers = [given], [PAGE]
    found = refused(web)
    assert said in found
    assert SECRET not in found
    assert len(web.forms) == 1
    assert web.headers == []


@dataclass(frozen=True)
class Papers:
    """A crime system's authority, its own certificate, and one for those who ask it."""

    authority: trustme.CA
    server: ssl.SSLContext
    ca_file: Path
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    client = authority.issue_cert("monitor@force.example")
    found = Papers(authority, server, folder / "ca.pem", folder / "monitor.pem", folder / "monitor.key")
    authority.cert_pem.write_to_path(found.ca_file)
    found.certificate.write_bytes(b"".join(blob.bytes() for blob in client.cert_chain_pems))
    client.private_key_pem.write_to_path(found.key)
    return found


def test_a_certificate_is_shown_and_the_servers_is_checked(papers: Papers) -> None:
    with serving(papers.server) as web:
        web.answers = [PAGE]
        tls = tls_context(papers.ca_file, papers.certificate, papers.key)
        with HttpFeed(web.url, None, tls=tls) as feed:
            assert len(list(feed.pages(None))) == 1


def test_without_authorities_of_its_own_it_trusts_those_of_the_machine(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A force installs its own authority on its machines; OpenSSL reads them where this variable says."""
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.ca_file))
    machine_authorities.cache_clear()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    papers.authority.issue_cert("127.0.0.1").configure_cert(server)
    with serving(server) as web, HttpFeed(web.url, None) as feed:
        web.answers = [PAGE]
        assert len(list(feed.pages(None))) == 1
    machine_authorities.cache_clear()


@pytest.mark.parametrize("shown", [False, True], ids=["no certificate is shown", "an authority is not known"])
def test_without_its_papers_it_is_not_let_in(papers: Papers, shown: bool) -> None:
    with serving(papers.server) as web:
        web.answers = [PAGE]
        own = (papers.certificate, papers.key) if shown else (None, None)
        tls = tls_context(None if shown else papers.ca_file, *own)
        with HttpFeed(web.url, None, tls=tls) as feed, pytest.raises(UnavailableError) as error:
            list(feed.pages(None))
        assert "could not be reached" in str(error.value)
        assert error.value.is_lasting, "only a person can correct it"
        assert web.asked == []


@pytest.mark.parametrize(
    ("ca_file", "certificate", "key", "said"),
    [
        ("none.pem", None, None, "crime_system.ca_file: .*none.pem cannot be used"),
        ("monitor.key", None, None, "crime_system.ca_file: .*monitor.key cannot be used"),
        (None, "none.pem", None, "crime_system.certificate: .*none.pem cannot be used"),
        (None, "monitor.pem", None, "crime_system.certificate: .*monitor.pem cannot be used"),
        (None, "monitor.pem", "ca.pem", "expected a PEM file with a certificate and its key, not encrypted"),
    ],
)
def test_papers_that_cannot_be_used_name_the_setting_and_the_file(
    papers: Papers, ca_file: str | None, certificate: str | None, key: str | None, said: str
) -> None:
    def path(name: str | None) -> Path | None:
        return None if name is None else papers.ca_file.with_name(name)

    with pytest.raises(SettingsError, match=said):
        tls_context(path(ca_file), path(certificate), path(key))
