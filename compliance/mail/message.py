"""A mail as it goes out: one recipient, a text and an HTML part, and headers that cannot be forged by a value."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.charset import QP, Charset
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from hashlib import sha256
from typing import Final

from compliance.errors import SettingsError

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ADDRESS: Final = re.compile(rf"({_LOCAL})@{_DOMAIN.pattern}")
_NAMED: Final = re.compile(r"([^<>]*)<([^<>]*)>")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_WIRE: Final = compat32.clone(linesep="\r\n")  # the newer policies parse each header again: four times as slow
_UTF8: Final = Charset("utf-8")
_UTF8.body_encoding = QP
_OWN: Final = frozenset({"to", "cc", "bcc", "subject", "date", "message-id", "mime-version"})


def address_problem(address: str) -> str | None:
    """Why a text cannot be used as the one address of a mail, None where it can. The address itself is not repeated.

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


def bare_address(sender: str) -> str:
    """The address in `Name <address>`, or the address itself. Raises SettingsError where there is not exactly one."""
    return _split(sender)[1]


def _split(sender: str) -> tuple[str, str]:
    """The name, empty where there is none, and the address."""
    check_line("mail sender or reply address", sender)
    named = _NAMED.fullmatch(sender.strip())
    name, address = (named[1].strip().strip('"'), named[2]) if named else ("", sender.strip())
    if problem := address_problem(address):
        expected = "expected name@domain or Name <name@domain>"
        raise SettingsError(f"mail sender or reply address {sender!r}: {problem}; {expected}")
    return name, address


def message_id(key: str, domain: str) -> str:
    """The Message-ID of the mail with a key: always the same one (design decision 5), telling nothing of the key.

    Raises SettingsError where `domain` is no domain name.
    """
    if not _DOMAIN.fullmatch(domain):
        raise SettingsError(f"mail domain {domain!r}: not a domain name; expected one such as 'mail.force.example'")
    return f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def check_header(name: str, value: str) -> None:
    """Refuse a header that could break out of its line, or that only this room may set. Raises SettingsError."""
    if not _NAME.fullmatch(name) or name.lower() in _OWN or name.lower().startswith("content-"):
        raise SettingsError(f"mail header {name!r}: it cannot be set here")
    check_line(f"mail header {name}", value)


def check_line(what: str, value: str) -> None:
    """Refuse a value with a line break or another control character. Raises SettingsError that names `what`."""
    if _CONTROL.search(value):
        raise SettingsError(f"{what}: it has a line break or another control character; expected one line of text")


def compose(
    *,
    to_address: str,
    subject: str,
    text: str,
    html: str | None,
    headers: Mapping[str, str],
    identity: str,
    now: datetime,
) -> bytes:
    """The mail as bytes for the wire (CRLF, quoted-printable). `identity` is its Message-ID; `now` becomes its Date.

    The same arguments give the same bytes. Raises SettingsError for a header that breaks its line or an unusable
    address.
    """
    if problem := address_problem(to_address):
        raise SettingsError(f"mail {identity}: its address cannot be used: {problem}")
    check_line("mail header Subject", subject)
    own = {"To": to_address, "Subject": subject, "Date": format_datetime(now), "Message-ID": identity}
    for name, value in headers.items():
        check_header(name, value)
        # An address stays as it is: only its name may be encoded.
        own[name] = formataddr(_split(value)) if name in ("From", "Reply-To") else value
    message: Message = _part("plain", text)
    if html is not None:
        boundary = f"part-{sha256(identity.encode()).hexdigest()[:32]}"
        parts = [message, _part("html", html)]
        message = MIMEMultipart("alternative", boundary, parts, policy=_WIRE)
    for name, value in own.items():
        message[name] = value
    return message.as_bytes()


def _part(subtype: str, content: str) -> Message:
    part = Message(policy=_WIRE)
    part["Content-Type"] = f"text/{subtype}"
    part.set_payload(content, _UTF8)
    return part
