"""A mail server that refuses us is left alone for an hour, then a day: no account is locked by this service."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from structlog.testing import capture_logs

from compliance.config import Settings
from compliance.mail.by_hand import list_emails, send_again
from compliance.service import Service
from compliance.service.mail_channel import rest_of_mail
from compliance.store import Store
from tests import alerting, stores
from tests.alerting import Told, watch_of
from tests.integration.test_mail_server import Server, certificate, context, running
from tests.service_states import NOW, ServiceState
from tests.web_server import serving

__all__ = ["certificate"]
new_database, database_url, store = stores.one_database, stores.database_url, stores.store
state = alerting.state
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Guarded:
    """A mail server that asks for a password, and counts the connections on which it was given one."""

    def __init__(self) -> None:
        self.password, self.server, self._peers = b"right", Server(), set[Any]()

    @property
    def tried(self) -> int:
        return len(self._peers)

    def log_in(self, _: SMTP, session: Session, __: Any, ___: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self._peers.add(session.peer)
        return AuthResult(success=data.password == self.password, handled=False)


class Post:
    """A service with one email to send, over that server."""

    def __init__(self, state: ServiceState, port: int, password: Path) -> None:
        self.state, self.password, self.port = state, password, port
        self.write("wrong")
        state.settings = self.settings()
        self.queue()

    def queue(self) -> None:
        self.state.email("queued", self.state.now, kind="report", headers={"From": "updates@force.example"})

    def settings(self, *changes: tuple[str, str]) -> Settings:
        login = f'security = "plain"\nusername = "us"\npassword = "file:{self.password}"'
        return self.state.settings_with(
            ("^port = 8471", f"port = {self.port}"), (r'^security = "plain"', login), *changes
        )

    def write(self, password: str) -> None:
        self.password.write_text(password)

    def service(self, store: Store | None = None) -> Service:
        """The service, or another one, or this one after a restart."""
        state = self.state
        return Service(state.settings, state.policy, store or state.store, lambda: state.now)

    def after(self, time: timedelta) -> "Post":
        self.state.now += time
        return self


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


@pytest.fixture
def post(state: ServiceState, guarded: Guarded, tmp_path: Path) -> Iterator[Post]:
    with running(guarded.server, authenticator=guarded.log_in, auth_require_tls=False) as port:
        yield Post(state, port, tmp_path / "password")


def test_a_wrong_password_is_tried_after_an_hour_and_then_after_a_day(post: Post, guarded: Guarded) -> None:
    done = post.service().deliver()
    assert (done.is_refused, done.rests_until, guarded.tried) == (True, None, 1)
    for _ in range(3):
        done = post.after(19 * MINUTE).service().deliver()
        assert done.rests_until == NOW + HOUR
        assert "is not tried again until 2026-07-20 11:00Z" in str(done.stopped)
    assert guarded.tried == 1
    for day in range(1, 3):
        post.after(4 * MINUTE if day == 1 else timedelta(hours=1)).service().deliver()
        assert guarded.tried == day + 1
        assert post.after(23 * HOUR).service().deliver().rests_until is not None
        assert guarded.tried == day + 1


@stores.on_both
def test_two_services_try_a_wrong_password_once_between_them_also_after_a_restart(post: Post, guarded: Guarded) -> None:
    post.service().deliver()
    other = Store.open(post.state.url)
    try:
        assert post.after(MINUTE).service(other).deliver().rests_until == NOW + HOUR
    finally:
        other.close()
    assert guarded.tried == 1


def test_a_right_password_is_tried_at_once_and_ends_it(post: Post, guarded: Guarded) -> None:
    post.service().deliver()
    post.write("right")
    assert post.after(MINUTE).service().deliver().sent == 1
    assert rest_of_mail(post.state.store) is None


def test_another_wrong_password_is_left_alone_for_an_hour_again(post: Post, guarded: Guarded) -> None:
    post.service().deliver()
    post.after(HOUR).service().deliver()
    post.write("wrong too")
    assert post.after(MINUTE).service().deliver().rests_until is None
    rest = rest_of_mail(post.state.store)
    assert rest is not None
    assert (rest.refusals, rest.until) == (1, post.state.now + HOUR)


def test_another_host_is_tried_at_once(post: Post, guarded: Guarded) -> None:
    post.service().deliver()
    post.state.settings = post.settings(('^host = "127.0.0.1"', 'host = "localhost"'))
    post.after(MINUTE).service().deliver()
    assert guarded.tried == 2


def test_a_person_who_reminds_or_sends_again_by_hand_has_it_tried_at_once(post: Post, guarded: Guarded) -> None:
    post.service().deliver()
    guarded.password = b"wrong"  # mended at the server, which nobody can see from here
    assert post.after(MINUTE).service().remind()[1].rests_until is not None
    assert post.service().remind(ask_now=True)[1].sent
    guarded.password = b"right"
    post.queue()
    assert post.service().deliver().is_refused
    guarded.password = b"wrong"
    assert post.service().deliver().rests_until is not None
    send_again(post.state.store, [each.id for each in list_emails(post.state.store, ["queued"])], post.state.now)
    assert post.service().deliver().sent == 1


def test_what_is_stored_does_not_reveal_the_password(post: Post) -> None:
    post.service().deliver()
    rest = rest_of_mail(post.state.store)
    assert rest is not None
    assert b"wrong".hex() not in rest.settings
    assert "wrong" not in rest.problem


def test_status_says_until_when_and_one_alert_tells_of_it(post: Post, guarded: Guarded) -> None:
    state = post.state
    with capture_logs(), ExitStack() as stack:
        post.service().deliver()
        said = state.found()["mail-refuses-us"]
        assert said.endswith("It is tried again on 2026-07-20 11:00Z.")
        web = stack.enter_context(serving())
        web.answers, web.grants = [alerting.TAKEN], [alerting.TAKEN]
        state.settings = post.settings(
            (r"^to = \[\]", 'to = ["it@force.example"]'), ("^# webhook = .*$", f'webhook = "{web.url}"')
        )
        told = Told(state, guarded.server, web, watch_of(state, state.store))
        told.look_for(5 * MINUTE, 55 * MINUTE, 25 * MINUTE)
        assert told.events() == [("began", "mail-refuses-us")]
        assert guarded.tried == 1, "an alert by email does not log in either"
        state.now = NOW + 2 * HOUR
        assert "tried again" not in state.found()["mail-refuses-us"]


@contextmanager
def speaking_no_tls() -> Iterator[int]:
    """A server that greets in plain text, as one for STARTTLS does, and listens no further."""

    def greet() -> None:
        with suppress(OSError):
            while True:
                with listening.accept()[0] as connection:
                    connection.sendall(b"220 mail.force.example ESMTP\r\n")
                    connection.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=greet, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_or_encryption_that_is_refused_is_left_alone_too(
    post: Post, certificate: Path, security: str
) -> None:
    """STARTTLS with a certificate that nobody vouches for; TLS to a server that speaks none."""
    server = running(Server(), tls_context=context(certificate)) if security == "starttls" else speaking_no_tls()
    with server as port:
        changes = {"port": port, "security": security, "username": None, "password": None}
        mail = post.state.settings.mail.model_copy(update=changes)
        post.state.settings = post.state.settings.model_copy(update={"mail": mail})
        assert post.service().deliver().is_refused
        assert post.after(MINUTE).service().deliver().rests_until == NOW + HOUR


def test_a_server_that_is_only_away_is_tried_at_every_run(post: Post) -> None:
    post.state.settings = post.settings((f"^port = {post.port}", "port = 9"))
    for _ in range(2):
        done = post.after(MINUTE).service().deliver()
        assert done.stopped is not None
        assert done.rests_until is None
    assert rest_of_mail(post.state.store) is None
