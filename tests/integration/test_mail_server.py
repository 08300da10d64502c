"""What a mail server can do to us: TLS, log-in, refusals at every step, silence, and an answer that never comes."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from compliance.errors import SettingsError, System, UnavailableError
from compliance.mail import Fate, Mail, SmtpServer
from tests.mails import smtp_server

MAIL = Mail(
    "officer@force.example", "x", ".text\n", None, {"From": "updates@force.example"}, "<1@force.example>",
    datetime(2026, 6, 10, 6, tzinfo=UTC),
)  # fmt: skip


class Server:
    """What a scripted server answers to each command; it notes who connected and what it took."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[bytes] = []
        self.connections: set[Any] = set()
        self.drop_after_taking = False

    async def handle_MAIL(self, _: SMTP, session: Session, envelope: Envelope, address: str, *__: Any) -> str:  # noqa: N802
        self.connections.add(session.peer)
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, *___: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        if (answer := self.answers.get("data", "250 OK")).startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
        if self.drop_after_taking:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer


@contextmanager
def running(
    server: Server, *, implicit: ssl.SSLContext | None = None, kind: type[SMTP] = SMTP, **options: Any
) -> Iterator[int]:
    """The server on a free port of 127.0.0.1, in a thread of its own."""
    loop, ready, port = asyncio.new_event_loop(), Event(), [0]

    def run() -> None:
        asyncio.set_event_loop(loop)
        listening = loop.run_until_complete(
            loop.create_server(lambda: kind(server, loop=loop, **options), "127.0.0.1", 0, ssl=implicit)
        )
        port[0] = listening.sockets[0].getsockname()[1]
        loop.call_soon(ready.set)
        loop.run_forever()
        listening.close()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield port[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def plain(port: int, timeout: float = 5) -> SmtpServer:
    return smtp_server("127.0.0.1", port, security="plain", timeout=timeout)


def fates(server: Server, mails: int = 1) -> list[Fate]:
    """What becomes of some mails that are handed over one after another, reconnecting where need be."""
    found = []
    with running(server) as port, closing(plain(port).open()) as mailer:
        for _ in range(mails):
            mailer.connect()
            found.append(mailer.send(MAIL).fate)
    return found


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for localhost and 127.0.0.1, which is its own authority."""
    file = tmp_path / "localhost.pem"
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    parts = (issued.private_key_pem, *issued.cert_chain_pems, authority.cert_pem)
    file.write_bytes(b"".join(part.bytes() for part in parts))
    return file


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


def test_many_mails_go_over_one_connection() -> None:
    server = Server()
    assert fates(server, mails=3) == [Fate.ACCEPTED] * 3
    assert len(server.connections) == 1
    assert server.taken == [MAIL.as_bytes()] * 3


def test_a_text_whose_last_line_has_no_end_is_taken() -> None:
    server = Server()
    unended = replace(MAIL, text="one line", message_id="<2@force.example>")
    with running(server) as port, closing(plain(port, timeout=2).open()) as mailer:
        mailer.connect()
        assert mailer.send(unended).fate is Fate.ACCEPTED
    assert server.taken == [unended.as_bytes() + b"\r\n"]


@pytest.mark.parametrize(
    ("step", "answer", "fate"),
    [
        ("rcpt", "251 2.1.5 Will forward", Fate.ACCEPTED),
        ("rcpt", "550 5.1.1 No such mailbox", Fate.REFUSED),
        ("rcpt", "451 4.3.2 Later", Fate.DEFERRED),
        ("rcpt", "421 4.3.2 Closing", Fate.LOST),
        ("data", "554 5.7.1 Looks like spam", Fate.REFUSED),
        ("data", "452 4.2.2 Disk full", Fate.DEFERRED),
        ("mail", "451 4.7.1 Greylisted", Fate.DEFERRED),
        ("mail", "550 5.7.1 We do not know you", Fate.HALTED),
        ("mail", "530 5.7.0 Log in first", Fate.HALTED),
    ],
)
def test_every_answer_has_its_fate_and_the_next_mail_can_follow(step: str, answer: str, fate: Fate) -> None:
    server = Server(**{step: answer})
    assert fates(server, mails=2) == [fate, fate]
    assert len(server.taken) == (2 if fate is Fate.ACCEPTED else 0)


def test_a_mail_that_no_server_can_be_reached_for_any_more_is_lost_with_the_reason() -> None:
    with running(Server()) as port:
        mailer = plain(port).open()
        mailer.connect()
        assert mailer.send(MAIL).fate is Fate.ACCEPTED
    with closing(mailer):
        answer = mailer.send(MAIL)
    assert answer.fate is Fate.LOST
    assert f"127.0.0.1:{port}" in answer.said


@pytest.mark.parametrize("farewell", ["421 4.7.0 Too many mails on one connection", None])
def test_a_connection_that_was_closed_between_two_mails_is_made_again_for_the_next(farewell: str | None) -> None:
    """Idle for long, or enough mails on one: nothing was begun, so nothing is lost, and no retry is due."""

    class Tired(Server):
        async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, *_: Any) -> str:  # noqa: N802
            if session.peer in self.connections:
                if farewell is None:
                    assert isinstance(server.transport, asyncio.Transport)
                    server.transport.abort()
                return str(farewell)
            return await super().handle_MAIL(server, session, envelope, address)

    server = Tired()
    assert fates(server, mails=3) == [Fate.ACCEPTED] * 3
    assert len(server.connections) == 3


def test_what_a_server_says_may_be_logged() -> None:
    """No address of ours is repeated with it."""
    with running(Server(rcpt="550 5.1.1 <officer@force.example>: no mailbox")) as port:
        mailer = plain(port).open()
        mailer.connect()
        assert mailer.send(MAIL).said == "550 5.1.1 <address>: no mailbox"
        mailer.close()


def test_a_server_that_takes_a_mail_and_is_gone_before_its_answer_leaves_it_uncertain() -> None:
    server = Server()
    server.drop_after_taking = True
    assert fates(server) == [Fate.UNCERTAIN]
    assert server.taken == [MAIL.as_bytes()]


@pytest.mark.parametrize("answer", ["2", "25", "so?"])
def test_an_answer_that_says_nothing_leaves_a_mail_uncertain(answer: str) -> None:
    """Cut short, or none of SMTP's: after the mail was complete nobody can know."""

    class Garbled(Server):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            await super().handle_DATA(server, session, envelope)
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.write(answer.encode())
            server.transport.close()
            return "250 OK"

    server = Garbled()
    assert fates(server) == [Fate.UNCERTAIN]
    assert server.taken == [MAIL.as_bytes()]


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    class Silent(Server):
        async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
            await asyncio.Event().wait()
            return "250 OK"

    with running(Silent()) as port, closing(plain(port, timeout=0.2).open()) as mailer:
        mailer.connect()
        answer = mailer.send(MAIL)
    assert answer.fate is Fate.UNCERTAIN
    assert "timed out" in answer.said


@pytest.mark.parametrize(("reply", "is_lasting"), [("454 4.7.0 not now", False), ("502 5.5.1 not here", True)])
def test_only_a_lasting_answer_to_starttls_refuses_us(certificate: Path, reply: str, is_lasting: bool) -> None:
    class Unready(SMTP):
        async def smtp_STARTTLS(self, _: str) -> None:  # noqa: N802
            await self.push(reply)

    with (
        running(Server(), kind=Unready, tls_context=context(certificate)) as port,
        closing(smtp_server("127.0.0.1", port, "starttls").open()) as mailer,
        pytest.raises(UnavailableError, match=reply) as refused,
    ):
        mailer.connect()
    assert refused.value.is_lasting is is_lasting


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_with_log_in(certificate: Path, security: Any) -> None:
    def log_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (b"service", b"secret"), handled=False)

    server, tls = Server(), context(certificate)
    options: dict[str, Any] = {"implicit": tls, "auth_require_tls": False}
    if security == "starttls":
        options = {"tls_context": tls, "require_starttls": True, "auth_required": True}
    with running(server, authenticator=log_in, **options) as port:
        right = smtp_server("127.0.0.1", port, security, "service", "secret", 5, str(certificate))
        with closing(right.open()) as mailer:
            mailer.connect()
            assert mailer.send(MAIL).fate is Fate.ACCEPTED
        wrong = smtp_server("127.0.0.1", port, security, "service", "wrong", 5, str(certificate))
        with (
            closing(wrong.open()) as mailer,
            pytest.raises(UnavailableError, match="rejects our user name and password") as rejected,
        ):
            mailer.connect()
        assert (rejected.value.is_lasting, rejected.value.system) == (True, System.MAIL_SERVER)
        unknown = smtp_server("127.0.0.1", port, security, "service", "secret", 5)
        with closing(unknown.open()) as mailer, pytest.raises(UnavailableError, match="certificate") as untrusted:
            mailer.connect()
        assert untrusted.value.is_lasting


def test_a_server_without_starttls_is_not_used() -> None:
    with running(Server()) as port:
        mailer = smtp_server("127.0.0.1", port, "starttls", timeout=5).open()
        with pytest.raises(UnavailableError, match=f"127.0.0.1:{port}: STARTTLS") as error:
            mailer.connect()
        assert error.value.is_lasting


def test_a_server_that_is_down_may_be_back() -> None:
    with running(Server()) as port:
        pass
    with pytest.raises(UnavailableError) as error:
        plain(port).open().connect()
    assert (error.value.is_lasting, error.value.system) == (False, System.MAIL_SERVER)


def test_a_ca_file_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    server = smtp_server("127.0.0.1", 1, ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match=r"none\.pem"):
        server.open()
