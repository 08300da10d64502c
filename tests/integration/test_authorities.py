"""Every connection that the service makes trusts the authorities of the machine, a force's own among them."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from compliance.authorities import machine_authorities
from compliance.service.alerts.ways import beat
from compliance.stopping import Stop
from tests.web_server import WebServer, answer, serving


@pytest.fixture
def server() -> Iterator[tuple[WebServer, trustme.CA]]:
    """A server whose certificate a force's own authority has issued."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with serving(tls) as web:
        web.answers = [answer(b"", "204 No Content")]
        yield web, authority
    machine_authorities.cache_clear()


def test_the_heartbeat_goes_to_a_server_that_the_machine_trusts(
    server: tuple[WebServer, trustme.CA], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, authority = server
    stop = Stop()
    assert not beat(web.url, stop)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    machine_authorities.cache_clear()
    assert beat(web.url, stop)
