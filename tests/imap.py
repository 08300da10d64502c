"""A real IMAP server for the tests: pymap, over a Maildir of its own, one port with TLS from the first byte and one with
STARTTLS."""

import asyncio
import ssl
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Final

import trustme
from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.maildir import Config, Login
from pymap.imap import IMAPServer
from pysasl.hashing import Cleartext

from compliance.mail import ImapInbox
from compliance.mail_settings import InboundMail
from compliance.stopping import Stop

USER, PASSWORD = "bounces", 'a "pass"\\word'
HOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class ImapServer:
    """`inbox` is the Maildir of its one user; `ca_file` has the authority of its certificate."""

    folder: Path
    tls: int
    starttls: int

    @property
    def inbox(self) -> Path:
        return self.folder / "mail"

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def put(self, name: str, content: bytes) -> None:
        """Deliver a message."""
        (self.inbox / "tmp" / name).write_bytes(content)
        (self.inbox / "tmp" / name).rename(self.inbox / "new" / name)

    def channel(
        self, security: str = "tls", *, password: str = PASSWORD, trusted: bool = True, **said: Any
    ) -> ImapInbox:
        """The mailbox, as the settings of a force have it."""
        place = {"host": HOST, "port": self.tls if security == "tls" else self.starttls, "security": security}
        fixed = {"bounce_address": "bounces@force.example", "username": USER, "password": "env:X", "timeout_seconds": 5}
        settings = InboundMail.model_validate(fixed | place | said)
        return ImapInbox(settings, password, self.ca_file if trusted else None, Stop())


@contextmanager
def running(folder: Path) -> Iterator[ImapServer]:
    """The server while its context lasts, in a thread."""
    for name in ("tmp", "new", "cur"):
        (folder / "mail" / name).mkdir(parents=True)
    (folder / "pymap-etc-passwd").write_text(f"{USER}:x::::mail:\n")
    (folder / "pymap-etc-shadow").write_text(f"{USER}:{PASSWORD}:::::::\n")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(secure)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # clients that do not trust its certificate
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(made: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(made, loop).result(10)

    servers = [run(_serve(folder, secure, starts_secure)) for starts_secure in (True, False)]
    try:
        yield ImapServer(folder, *(server.sockets[0].getsockname()[1] for server in servers))
    finally:
        run(_end(servers))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _serve(folder: Path, secure: ssl.SSLContext, starts_secure: bool) -> asyncio.Server:
    said = Namespace(host=HOST, port=0, debug=False, cert=None, key=None, tls=not starts_secure)
    said = Namespace(**vars(said), base_dir=str(folder), layout="++", colon=None, concurrency=2, passlib_cfg=None)
    config = Config.from_args(
        said, ssl_context=secure, proxy_protocol=ProxyProtocolNoop(), hash_context=Cleartext(), invalid_user_sleep=0.0
    )
    config.apply_context()
    answer = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(Login(config), config))
    return await asyncio.start_server(answer, HOST, 0, ssl=secure if starts_secure else None)


async def _end(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
