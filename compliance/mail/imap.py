"""A mailbox on an IMAP server, over TLS, with the server's certificate and name always checked."""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from compliance.errors import SettingsError, System, UnavailableError
from compliance.mail.inbox import InboundMessage
from compliance.mail.incoming import LONGEST
from compliance.mail.message import hide_addresses
from compliance.mail_settings import InboundMail
from compliance.stopping import Stop
from compliance.text import printable

T = TypeVar("T")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_NOT_NOW: Final = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]")
"""How a server begins an answer that has nothing to do with our password (RFC 5530)."""


@dataclass(frozen=True, slots=True)
class ImapInbox:
    """A mailbox of an IMAP server, from its settings.

    `password` is the value of the secret in the settings. `ca_file` (PEM) lists the authorities to trust; None: the
    machine's own. If `stop` says so, no answer is waited for.
    """

    settings: InboundMail
    password: str = field(repr=False)
    ca_file: Path | None = None
    stop: Stop = field(default_factory=Stop, repr=False, compare=False)

    def __str__(self) -> str:
        return f"mailbox server {self.settings.host}:{self.settings.port}"

    def open(self) -> "ImapConnection":
        """Log in and select the mailbox.

        Raises UnavailableError if there is no server, no TLS, an invalid certificate, a refused log-in or no such
        mailbox; SettingsError for invalid authorities, or a user name or password that cannot be sent.
        """
        try:
            secure = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise SettingsError(f"{self}: ca_file {str(self.ca_file)!r} cannot be used: {error}") from None
        return self.stop.outcome_of(lambda: self._select(secure))

    def _select(self, secure: ssl.SSLContext) -> "ImapConnection":
        with _telling(self):
            imap = self._connect(secure)
            try:
                self._log_in(imap)
                offered = frozenset(_text(imap.capability()[1]).upper().split())
                status, said = imap.select(_quoted(self.settings.mailbox))
                if status != "OK":
                    raise self.unusable(f"there is no mailbox {self.settings.mailbox!r} ({_text(said)})", lasting=True)
            except BaseException:
                _hang_up(imap)
                raise
        return ImapConnection(self, imap, offered)

    def _log_in(self, imap: imaplib.IMAP4) -> None:
        if "LOGINDISABLED" in imap.capabilities:
            raise self.unusable("it takes no user name and password", lasting=True)
        try:
            imap.login(_quoted(str(self.settings.username)), self.password)
        except UnicodeError:
            raise SettingsError(f"{self}: the user name or password has a character that cannot be used") from None
        except imaplib.IMAP4.abort:
            raise  # the connection was lost
        except imaplib.IMAP4.error as error:
            if _words(error).upper().startswith(_NOT_NOW):
                raise
            raise self.unusable(f"it rejects our user name and password ({_words(error)})", lasting=True) from None

    def _connect(self, secure: ssl.SSLContext) -> imaplib.IMAP4:
        wanted, host = self.settings, str(self.settings.host)
        if wanted.security == "tls":
            return imaplib.IMAP4_SSL(host, wanted.port, ssl_context=secure, timeout=wanted.timeout_seconds)
        imap = imaplib.IMAP4(host, wanted.port, timeout=wanted.timeout_seconds)
        try:
            imap.starttls(secure)
        except BaseException:
            _hang_up(imap)
            raise
        return imap

    def unusable(self, why: str, *, lasting: bool = False) -> UnavailableError:
        """Return the error that says why the mailbox cannot be used. Lasting: until a person acts."""
        return UnavailableError(f"{self}: {why}; no message is lost", is_lasting=lasting, system=System.MAILBOX)


class ImapConnection:
    """A mailbox that was selected (`inbox.OpenInbox`)."""

    def __init__(self, inbox: ImapInbox, imap: imaplib.IMAP4, offered: frozenset[str]) -> None:
        self._inbox, self._imap, self._offered = inbox, imap, offered

    def messages(self) -> Iterator[InboundMessage]:
        """Yield the messages in the order of their arrival, of each at most `LONGEST` bytes. None is marked as read."""
        for uid in _text(self._ask("SEARCH", "ALL")).split():
            found = self._ask("FETCH", uid, f"(RFC822.SIZE BODY.PEEK[]<0.{LONGEST}>)")
            parts = [part for part in found if isinstance(part, tuple)]
            if not parts:  # another has taken it away
                continue
            said = b" ".join(part if isinstance(part, bytes) else part[0] for part in found if part)
            size = _SIZE.search(said)
            content = bytes(parts[0][1])[:LONGEST]
            yield InboundMessage(uid, content, int(size[1]) if size else len(content))

    def remove(self, message: InboundMessage) -> None:
        """Delete a message; do nothing if it is gone."""
        self._ask("STORE", message.place, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._offered:
            self._ask("EXPUNGE", message.place)
        else:
            self._said(self._imap.expunge)

    def move(self, message: InboundMessage, folder: str) -> None:
        """Move a message to a folder, made if there is none; do nothing if it is gone."""
        place = _quoted(folder)
        command = "MOVE" if "MOVE" in self._offered else "COPY"
        status, _ = self._said(lambda: self._imap.uid(command, message.place, place))
        if status != "OK":
            self._said(lambda: self._imap.create(place))
            self._ask(command, message.place, place)
        if command == "COPY":
            self.remove(message)

    def close(self) -> None:
        """Log out."""
        with suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()

    def _ask(self, *command: str) -> list[Any]:
        """Return the answer to a command about messages. Raises UnavailableError if it is refused."""
        status, found = self._said(lambda: self._imap.uid(*command))
        if status != "OK":
            raise self._inbox.unusable(f"it refuses {command[0]} ({_text(found)})")
        return found

    def _said(self, ask: Callable[[], T]) -> T:
        self._inbox.stop.check()
        with _telling(self._inbox):
            return ask()


@contextmanager
def _telling(inbox: ImapInbox) -> Iterator[None]:
    """Turn what the library raises into UnavailableError."""
    try:
        yield
    except (OSError, imaplib.IMAP4.error) as error:
        lasting = isinstance(error, ssl.SSLCertVerificationError)
        raise inbox.unusable(_words(error), lasting=lasting) from None


def _hang_up(imap: imaplib.IMAP4) -> None:
    with suppress(OSError):  # of a connection that is no longer there
        imap.shutdown()


def _text(found: list[Any]) -> str:
    return " ".join(part.decode("utf-8", "replace") for part in found if isinstance(part, bytes))


def _words(error: BaseException) -> str:
    """Return what went wrong on one line, without addresses: a server may quote the user name."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if said.startswith("b'") or said.startswith('b"'):  # the library quotes a server's bytes so
        said = said[2:-1]
    return printable(hide_addresses(" ".join(said.split())), 300) or type(error).__name__


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
