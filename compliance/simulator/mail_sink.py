"""A mail server that stores every message in a folder and delivers none."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from compliance.errors import UnavailableError

OnMessage = Callable[[str, EmailMessage], None]


@dataclass(frozen=True, slots=True)
class Received:
    """A message accepted for a recipient, and the `.eml` file with it. `sender`: where reports on delivery go."""

    recipient: str
    path: Path
    sender: str

    @property
    def message(self) -> EmailMessage:
        """Read the message from its file."""
        return parse(self.path.read_bytes())


def parse(content: bytes) -> EmailMessage:
    """Return a message from its bytes as sent."""
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # what the default policy makes
    return message


class MailSink:
    """Accept emails over SMTP on a port of 127.0.0.1 (`host`, `port`) during its context.

    `messages` lists the accepted messages, in order; files are named by number and the recipient's local part.
    `on_message` is called for each, in the server's thread, before the sender gets the answer. Addresses in `refuse`
    are answered 550, those in `defer` 451. For those in `drop` the connection breaks during DATA and nothing is stored.
    """

    def __init__(self, folder: Path, on_message: OnMessage | None = None, port: int = 0) -> None:
        """Use `folder`, created if missing; files already in it stay. `port` 0 means any free port."""
        self.host = "127.0.0.1"
        self.port = port
        self.messages: list[Received] = []
        self.refuse: set[str] = set()
        self.defer: set[str] = set()
        self.drop: set[str] = set()
        self._folder = folder
        self._before = 0
        self._on_message = on_message
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._thread = Thread(target=self._run, name="mail sink", daemon=True)

    def __enter__(self) -> Self:
        """Start accepting emails. Raises UnavailableError if the server does not start."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._before = sum(1 for _ in self._folder.glob("*.eml"))
        self._thread.start()
        if not self._ready.wait(20):
            raise UnavailableError(f"the mail sink did not start within 20 s; is port {self.port} of {self.host} free?")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop accepting emails; those received stay in the folder."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(loop.create_server(self._session, self.host, self.port))
        self.port = server.sockets[0].getsockname()[1]
        loop.call_soon(self._ready.set)
        loop.run_forever()
        server.close()
        open_sessions = asyncio.all_tasks(loop)
        for session in open_sessions:
            session.cancel()
        loop.run_until_complete(asyncio.gather(*open_sessions, return_exceptions=True))
        loop.run_until_complete(server.wait_closed())
        loop.close()

    def _session(self) -> SMTP:
        return _Session(self, hostname="mail.force.example", enable_SMTPUTF8=True, loop=self._loop)

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer one recipient (called by the SMTP server)."""
        if address in self.refuse:
            return "550 5.1.1 No such mailbox"
        if address in self.defer:
            return "451 4.3.2 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store a message, once for each recipient (called by the SMTP server)."""
        content = envelope.content
        assert isinstance(content, bytes)  # noqa: S101  # decode_data is off
        for recipient in envelope.rcpt_tos:
            local = re.sub(r"[^A-Za-z0-9._-]", "_", recipient.partition("@")[0])[:80]
            path = self._folder / f"{self._before + len(self.messages) + 1:06}-{local}.eml"
            path.write_bytes(content)
            self.messages.append(Received(recipient, path, envelope.mail_from or ""))
            if self._on_message is not None:
                self._on_message(recipient, parse(content))
        return "250 2.0.0 Kept"


class _Session(SMTP):
    """One connection, which breaks during DATA if the sink says so."""

    def __init__(self, sink: MailSink, **options: Any) -> None:
        super().__init__(sink, **options)
        self._sink = sink

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        envelope, transport = self.envelope, self.transport
        if envelope and isinstance(transport, asyncio.Transport) and self._sink.drop.intersection(envelope.rcpt_tos):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.readline()
            transport.abort()
            return
        await super().smtp_DATA(arg)
