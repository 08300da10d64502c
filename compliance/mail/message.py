"""An email as sent: one recipient, a text and an HTML part, and headers that no value can forge."""

import re
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import cached_property
from hashlib import sha256
from typing import Final

from compliance.errors import SettingsError
from compliance.mail.channel import OutgoingMessage

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ADDRESS: Final = re.compile(rf"({_LOCAL})@{_DOMAIN.pattern}")
_NAMED: Final = re.compile(r"([^<>]*)<([^<>]*)>")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_CRLF: Final = "\r\n"
_LONGEST_LINE: Final = 78
_OWN: Final = frozenset({"to", "cc", "bcc", "subject", "date", "message-id", "mime-version"})


def address_problem(address: str) -> str | None:
    """Return why a text is not a valid single address, or None if it is valid. The address itself is not repeated.

    An address is `local@domain` in ASCII: no display name, no second address, no space, no line break.
    """
    if _CONTROL.search(address):
        return "it has a line break or another control character"
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return "it is not one address of the form name@domain in plain ASCII"
    if len(address) > 254 or len(found[1]) > 64:
        return "it is longer than an address may be (254 characters, 64 before the @)"
    return None


def hide_addresses(text: str) -> str:
    """Return another system's words with a placeholder for each address, so that they can be stored and logged."""
    return re.sub(r"<?[^\s<>]+@[^\s<>]+>?", "<address>", text)


def bare_address(sender: str) -> str:
    """Return the address in `Name <address>`, or the address itself.

    Raises SettingsError unless there is exactly one.
    """
    return _split(sender)[1]


def _split(sender: str) -> tuple[str, str]:
    """Return the name, empty if there is none, and the address."""
    check_line("mail sender or reply address", sender)
    named = _NAMED.fullmatch(sender.strip())
    name, address = (named[1].strip().strip('"'), named[2]) if named else ("", sender.strip())
    if problem := address_problem(address):
        expected = "expected name@domain or Name <name@domain>"
        raise SettingsError(f"mail sender or reply address {sender!r}: {problem}; {expected}")
    return name, address


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID for a key: always the same one (decision 0017), revealing nothing of the key.

    Raises SettingsError if `domain` is not a valid domain name.
    """
    if not _DOMAIN.fullmatch(domain):
        raise SettingsError(f"mail domain {domain!r}: not a domain name; expected one such as 'mail.force.example'")
    return f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def check_header(name: str, value: str) -> None:
    """Reject a header that could break out of its line, or that only this room may set. Raises SettingsError."""
    if not _NAME.fullmatch(name) or name.lower() in _OWN or name.lower().startswith("content-"):
        raise SettingsError(f"mail header {name!r}: it cannot be set here")
    check_line(f"mail header {name}", value)


def check_line(what: str, value: str) -> None:
    """Reject a value with a line break or another control character. Raises SettingsError that names `what`."""
    if _CONTROL.search(value):
        raise SettingsError(f"{what}: it has a line break or another control character; expected one line of text")


@dataclass(frozen=True)
class Mail:
    """One complete email to one recipient, as given to a channel to send.

    `headers` are all except To, Subject, Date and Message-ID; `From` is required. If `html` is None, there is only a
    text part. `date` (aware) is when it is sent. `return_path`: where reports on its delivery go; None: to the sender.
    """

    to_address: str
    subject: str
    text: str
    html: str | None
    headers: Mapping[str, str]
    message_id: str
    date: datetime
    return_path: str | None = None

    @classmethod
    def of(cls, message: OutgoingMessage) -> "Mail":
        """Return a message as an email, its bytes made. Raises SettingsError as `as_bytes` does."""
        content = message.content
        mail = cls(
            message.destination, content.subject, content.text, content.html, message.headers, message.message_id,
            message.date, message.return_path,
        )  # fmt: skip
        mail.as_bytes()
        return mail

    @property
    def sender(self) -> str:
        """Return the envelope sender: the bare address to which reports on its delivery go."""
        return self.return_path or bare_address(self.headers["From"])

    def as_bytes(self) -> bytes:
        """Return the email as sent (RFC 5322, CRLF, quoted-printable), always the same bytes, built once.

        Raises SettingsError for a header that breaks its line or an invalid address.
        """
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        if problem := address_problem(self.to_address):
            raise SettingsError(f"mail {self.message_id}: its address cannot be used: {problem}")
        check_line("mail header Subject", self.subject)
        own = {"To": self.to_address, "Subject": self.subject, "Date": format_datetime(self.date)}
        own |= {"Message-ID": self.message_id, "Auto-Submitted": "auto-generated", "MIME-Version": "1.0"}
        for name, value in self.headers.items():
            check_header(name, value)
            # An address must not change: only its name may be encoded.
            own[name] = formataddr(_split(value)) if name in ("From", "Reply-To") else value
        if "References" in own:  # Outlook uses the one, other programs the other
            own.setdefault("In-Reply-To", own["References"].split()[-1])
        parts = [_part("plain", self.text)]
        if self.html is not None:
            mark = f"part-{sha256(self.message_id.encode()).hexdigest()[:32]}"
            parts = [f"--{mark}\r\n{part}\r\n" for part in (*parts, _part("html", self.html))]
            parts = [f'Content-Type: multipart/alternative;\r\n boundary="{mark}"\r\n\r\n', *parts, f"--{mark}--\r\n"]
        return "".join([*(_header(name, value) for name, value in own.items()), *parts]).encode("ascii")


def _header(name: str, value: str) -> str:
    """Return a header as sent: folded if it is long, encoded if it is not ASCII (RFC 2047)."""
    if value.isascii() and len(name) + len(value) + 2 <= _LONGEST_LINE:
        return f"{name}: {value}\r\n"
    return f"{name}: {Header(value, header_name=name, maxlinelen=_LONGEST_LINE).encode(linesep=_CRLF)}{_CRLF}"


def _part(subtype: str, content: str) -> str:
    """Return a text as a part with its headers, in quoted-printable."""
    lines = re.sub(r"\r\n?|\n", _CRLF, content).encode()
    coded = b2a_qp(lines, istext=True).decode("ascii")
    kind = f'text/{subtype}; charset="utf-8"'
    return f"Content-Type: {kind}{_CRLF}Content-Transfer-Encoding: quoted-printable{_CRLF}{_CRLF}{coded}"
