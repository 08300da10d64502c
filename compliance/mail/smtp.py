"""Sending over SMTP: many emails over one connection, and the result of each, without guessing."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from compliance.errors import SettingsError, System, UnavailableError
from compliance.mail.channel import Fate, OutgoingMessage, SendResult
from compliance.mail.message import Mail, hide_addresses
from compliance.mail_settings import MailServer
from compliance.stopping import Stop
from compliance.text import printable


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server, from its settings.

    A server that does not offer `starttls` is not used if the settings require it. `password` is the value of the
    secret in the settings. `ca_file` (PEM) lists the authorities to trust, and `hello` is the name we give; None: this
    machine's own. If `stop` says so, no connection is waited for, and the answer for an email being handed over is not
    awaited much longer.
    """

    settings: MailServer
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    hello: str | None = None
    stop: Stop = field(default_factory=Stop, repr=False, compare=False)

    def __str__(self) -> str:
        return f"mail server {self.settings.host}:{self.settings.port}"

    def compose(self, message: OutgoingMessage) -> Mail:
        """Return a message as an email."""
        return Mail.of(message)

    def open(self) -> "Mailer":
        """Return a connection, made when first needed. Raises SettingsError for invalid authorities."""
        return Mailer(self)


class Mailer:
    """A connection to the mail server, made when first needed and again if it was lost (`channel.Connection`)."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._secure = None if server.settings.security == "plain" else _context(server)
        self._smtp: smtplib.SMTP | None = None
        self._carried = 0
        self._begun = False

    def close(self) -> None:
        """Say goodbye to the server and close the connection."""
        if self._smtp is not None:
            try:
                with self._cut_in_time(self._smtp):
                    self._smtp.quit()
            except OSError:
                self._smtp.close()
            self._smtp = None

    def certificate_end(self) -> str | None:
        """Return when the certificate of the connected server ends, as it says it; None without encryption."""
        sock = None if self._smtp is None else self._smtp.sock
        held = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        return str(held["notAfter"]) if held else None

    def connect(self) -> None:
        """Connect if there is no connection.

        Raises UnavailableError if there is no server, no TLS, an invalid certificate or a refused login, or if the
        service is to stop.
        """
        if self._smtp is not None:
            return
        try:
            self._smtp = self._server.stop.outcome_of(self._connect)
            self._carried = 0
        except UnicodeError as error:
            raise SettingsError(
                f"{self._server}: its name, our user name or our password contains a character that cannot be used "
                f"({error})"
            ) from None
        except OSError as error:
            raise UnavailableError(
                f"{self._server}: {_reason(error)}; no email is lost: {_remedy(error)}",
                is_lasting=_is_lasting(error),
                system=System.MAIL_SERVER,
            ) from None

    def send(self, mail: Mail) -> SendResult:
        """Hand over one email to the connected server. Never raises for what a server does: the result says it.

        A server may close a connection after an idle time or a number of emails. If a connection that has carried
        emails is lost before this one was begun, it is sent over a new connection.
        """
        carried = self._carried
        answer = self._hand_over(mail)
        if answer.fate is Fate.LOST and carried and not self._begun:
            try:
                self.connect()
            except UnavailableError as error:
                return SendResult(Fate.LOST, str(error))
            answer = self._hand_over(mail)
        return answer

    def _hand_over(self, mail: Mail) -> SendResult:
        smtp, content = self._smtp, mail.as_bytes()
        if smtp is None:
            return SendResult(Fate.LOST, "not connected")
        self._carried += 1
        self._begun = False
        with self._cut_in_time(smtp):
            return self._spoken(smtp, mail, content)

    def _spoken(self, smtp: smtplib.SMTP, mail: Mail, content: bytes) -> SendResult:
        complete = False
        try:
            for command, expected, never, of_recipient in (
                (f"MAIL FROM:<{mail.sender}>", (250,), Fate.HALTED, False),
                (f"RCPT TO:<{mail.to_address}>", (250, 251), Fate.REFUSED, True),
                ("DATA", (354,), Fate.REFUSED, False),
            ):
                code, reply = smtp.docmd(command)
                if code not in expected:
                    return self._read_refusal(smtp, code, reply, never, of_recipient)
                self._begun = True
            # RFC 5321 4.5.2: a line's leading full stop is doubled; 4.1.1.4: the end mark is on a line of its own.
            smtp.send(re.sub(rb"(?m)^\.", b"..", content) + (b"" if content.endswith(b"\r\n") else b"\r\n"))
            complete = True  # from the end mark on, the server may have it regardless of what we hear
            smtp.send(b".\r\n")
            code, reply = smtp.getreply()
        except OSError as error:
            self._drop()
            return SendResult(Fate.UNCERTAIN if complete else Fate.LOST, _reason(error))
        if 200 <= code < 300:
            return SendResult(Fate.ACCEPTED, _one_line(code, reply))
        if 400 <= code < 600:
            return self._read_refusal(smtp, code, reply, Fate.REFUSED, True)
        self._drop()  # an answer cut short, or not an SMTP answer
        return SendResult(Fate.UNCERTAIN, _one_line(code, reply))

    def _read_refusal(self, smtp: smtplib.SMTP, code: int, reply: bytes, never: Fate, of_recipient: bool) -> SendResult:
        """Return the result of a refusal: 4xx is temporary, 5xx permanent; 421 also closes (RFC 5321 4.2)."""
        if code == 421 or code < 200:  # below 200: an answer cut short, or not an SMTP answer
            self._drop()
            return SendResult(Fate.LOST, _one_line(code, reply))
        try:
            smtp.rset()
        except OSError:
            self._drop()
        if 500 <= code < 600:
            return SendResult(never, _one_line(code, reply))
        return SendResult(Fate.DEFERRED, _one_line(code, reply), defers_recipient=of_recipient)

    @contextmanager
    def _cut_in_time(self, smtp: smtplib.SMTP) -> Iterator[None]:
        """Stop waiting for an answer soon after the service is told to stop.

        The socket is shut down beneath TLS: another thread must not interfere above it.
        """

        def cut() -> None:
            if (connection := smtp.sock) is not None:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        with self._server.stop.cut_when_late(cut):
            yield

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _connect(self) -> smtplib.SMTP:
        server, secure = self._server, self._secure
        smtp: smtplib.SMTP
        wanted = server.settings
        if wanted.security == "tls":
            smtp = smtplib.SMTP_SSL(
                wanted.host, wanted.port, local_hostname=server.hello, timeout=wanted.timeout_seconds, context=secure
            )
        else:
            smtp = smtplib.SMTP(wanted.host, wanted.port, local_hostname=server.hello, timeout=wanted.timeout_seconds)
        try:
            # The end mark is sent alone (see `send`): it must not wait until the previous data is acknowledged.
            if smtp.sock is not None:
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if wanted.security == "starttls":
                smtp.starttls(context=secure)
                smtp.ehlo_or_helo_if_needed()
            if wanted.username is not None and server.password is not None:
                smtp.login(wanted.username, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _context(server: SmtpServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise SettingsError(f"{server}: ca_file {str(server.ca_file)!r} cannot be used: {error}") from None


def _one_line(code: int, reply: bytes) -> str:
    """Return a server's answer on one line, at most 300 characters, without addresses, so that it can be logged."""
    text = hide_addresses(reply.decode("utf-8", "replace"))
    return printable(" ".join(f"{code} {text}".split()), 300)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it rejects our user name and password ({_one_line(error.smtp_code, _bytes(error.smtp_error))})"
    if isinstance(error, smtplib.SMTPResponseException):
        return _one_line(error.smtp_code, _bytes(error.smtp_error))
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return printable(" ".join(str(text).split()), 300) or type(error).__name__


def _remedy(error: OSError) -> str:
    """Return what must happen before emails go out again: some errors do not resolve by themselves."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "emails go out once username and password are correct"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "emails go out once its certificate is valid, or ca_file names the authority that signed it"
    if isinstance(error, smtplib.SMTPNotSupportedError) or _is_refused_tls(error):
        return "emails go out once it offers what the settings security and username require"
    return "emails go out once it answers again"


def _is_lasting(error: OSError) -> bool:
    """Return whether the mail server refuses us, or its certificate is not accepted, until a person acts."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return error.smtp_code >= 500  # 454: its own directory of users is out of reach
    return isinstance(error, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError) or _is_refused_tls(error)


def _is_refused_tls(error: OSError) -> bool:
    """Return whether the two sides cannot agree on encryption. A connection lost meanwhile says nothing of that."""
    if type(error) is smtplib.SMTPResponseException:  # the answer to STARTTLS, to which 4xx is "not now"
        return error.smtp_code >= 500
    return isinstance(error, ssl.SSLError) and error.errno == ssl.SSL_ERROR_SSL


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
