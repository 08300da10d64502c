"""What a message in the mailbox of bounces is: a report on the delivery of an email, an automatic reply, or neither.

Whatever a message holds, it is read within bounds and never raises.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from enum import StrEnum
from typing import Final

from compliance.mail.message import hide_addresses
from compliance.text import printable

LONGEST: Final = 256 * 1024
"""The bytes of a message that are read: a report begins with what it reports."""
DEEPEST: Final = 40
"""The number of parts, at most, of a message that is read: of more, nothing is."""
LONGEST_HEADER: Final = 4096
"""The bytes of a header on what a part is, at most: the parser takes time by their square."""
_PART_HEADER: Final = re.compile(rb"content-(?:type|disposition):(?:[^\r\n]++|[\r\n]++[ \t])*+", re.IGNORECASE)
_RECIPIENTS: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
"""Where mail systems name the address to which a message was delivered, and its sender the one it was sent to."""


class InboundKind(StrEnum):
    """What a message is, as stored."""

    BOUNCED = "bounced"
    """An email was not delivered, and will not be (RFC 3464: `failed`, or a status 5.x.x)."""
    DELAYED = "delayed"
    """An email was not delivered yet, and is still tried."""
    AUTOMATIC = "automatic"
    """An automatic reply, such as out of office (RFC 3834), or a report of another kind."""
    REPLY = "reply"
    """A person's reply to an email, filed as a dispute."""
    OTHER = "other"
    """Anything else: a person should look at it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a message is. `said`: why an email was not delivered, in the mail system's words, without addresses."""

    kind: InboundKind
    said: str | None = None


def recipients_of(content: bytes) -> list[str]:
    """Return the headers of a message that name its recipients."""
    try:
        headers = BytesHeaderParser().parsebytes(content)
        return [str(value) for name in _RECIPIENTS for value in headers.get_all(name, ())]
    except Exception:  # the parser has raised errors of many kinds over the years
        return []


def is_within_bounds(content: bytes) -> bool:
    """Return whether a message can be parsed in little time, whoever made it."""
    headers = [len(found[0]) for found in _PART_HEADER.finditer(content)]
    return len(headers) <= 2 * DEEPEST and max(headers, default=0) <= LONGEST_HEADER


def read_incoming(content: bytes) -> Incoming:
    """Return what a message is, from at most its first `LONGEST` bytes."""
    try:
        return _read(content[:LONGEST])
    except Exception:  # including a recursion that is too deep
        return Incoming(InboundKind.OTHER)


def _read(content: bytes) -> Incoming:
    if not is_within_bounds(content):
        return Incoming(InboundKind.OTHER)
    message = message_from_bytes(content)
    reports = list(_delivery_reports(message))
    for report in reports:
        if _is_failure(report):
            return Incoming(InboundKind.BOUNCED, _words(report))
    if any(_field(report, "Action") == "delayed" or _field(report, "Status").startswith("4.") for report in reports):
        return Incoming(InboundKind.DELAYED)
    return Incoming(InboundKind.AUTOMATIC if reports or _is_automatic(message) else InboundKind.OTHER)


def _delivery_reports(message: Message) -> Iterator[Message]:
    """Yield the groups of fields for each recipient of a report on delivery (RFC 3464 2.3)."""
    if message.get_content_type() != "multipart/report":
        return
    for part in _parts(message):
        if part.get_content_type() == "message/delivery-status":
            yield from _parts(part)[1:]  # the first group is about the message


def _parts(message: Message) -> Sequence[Message]:
    found = message.get_payload()
    return [part for part in found if isinstance(part, Message)] if isinstance(found, list) else []


def _is_failure(report: Message) -> bool:
    action = _field(report, "Action")
    return action == "failed" or (not action and _field(report, "Status").startswith("5."))


def _field(report: Message, name: str) -> str:
    return str(report.get(name, "")).partition("(")[0].strip().lower()


def _words(report: Message) -> str:
    status = _field(report, "Status")
    reply = " ".join(str(report.get("Diagnostic-Code", "")).split())
    said = hide_addresses(": ".join(part for part in (status, reply) if part))
    return printable(said or "no reason given", 300)


def _is_automatic(message: Message) -> bool:
    """Return whether a machine wrote a message (RFC 3834), as those of Exchange and of older programs mark it."""
    submitted = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    return (
        submitted not in ("no", "")
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(name in message for name in ("X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond"))
        or message.get_content_type() == "multipart/report"
    )
