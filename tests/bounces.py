"""Reports on delivery and automatic replies as mail systems write them, to the address of an email."""

from collections.abc import Callable
from datetime import datetime
from email.message import Message
from pathlib import Path
from typing import Any, Final

from compliance.mail import InboundOutcome, MaildirInbox, TokenAddresses, read_inbound
from compliance.mail_settings import InboundMail
from compliance.store import Store, signing_key
from compliance.store.tables import OUTBOX
from tests import stores
from tests.stores import at

ADDRESS: Final = "bounces@force.example"
REPLIES: Final = "updates-reply@force.example"
SETTINGS: Final = InboundMail(bounce_address=ADDRESS, reply_address=REPLIES, maildir="mail")
REPORT: Final = """\
From: Mail Delivery System <Mailer-Daemon@mail.force.example>
To: {to}
Subject: Mail delivery failed: returning message to sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"
Message-ID: <{number}@mail.force.example>

--b1
Content-Type: text/plain; charset=us-ascii

A message that you sent could not be delivered to 1042@force.example.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.force.example

{fields}

--b1
Content-Type: message/rfc822

Subject: 1 victim is waiting for an update from you
To: 1042@force.example

Crime 22A/1/26
--b1--
"""
FAILED: Final = """\
Final-Recipient: rfc822; 1042@force.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <1042@force.example>: no such mailbox"""
DELAYED: Final = "Final-Recipient: rfc822; 1042@force.example\nAction: delayed\nStatus: 4.4.1"


def addresses_of(store: Store) -> TokenAddresses:
    return TokenAddresses(signing_key(store, at("2026-06-01 09:00")), ADDRESS, REPLIES)


def path_of(store: Store, row_id: int) -> str:
    """The address to which reports on the delivery of an email go."""
    (key,) = (row[1] for row in stores.rows(store, OUTBOX, "id", "key") if row[0] == row_id)
    return addresses_of(store).return_path(row_id, key)


def report(to: str, fields: str = FAILED, number: int = 1) -> bytes:
    """A report on delivery (RFC 3464)."""
    return REPORT.format(to=to, fields=fields, number=number).encode()


def message(to: str, *headers: tuple[str, str], text: str = "I am away until Monday.") -> bytes:
    """A message with a text, such as an automatic reply."""
    made = Message()
    for name, value in (("To", to), ("From", "1042@force.example"), ("Subject", "Re"), *headers):
        made[name] = value
    made.set_payload(text)
    return made.as_bytes()


class Mailbox:
    """A Maildir."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True)

    def put(self, *contents: bytes) -> None:
        for number, content in enumerate(contents, len(list(self.folder.rglob("*.m")))):
            (self.folder / "new" / f"{number}.m").write_bytes(content)

    def held(self, folder: str = "") -> int:
        return sum(path.is_file() for name in ("new", "cur") for path in (self.folder / folder / name).glob("*"))

    def read(self, store: Store, clock: Callable[[], datetime], **settings: Any) -> InboundOutcome:
        said = SETTINGS.model_copy(update=settings)
        return read_inbound(store, MaildirInbox(self.folder), addresses_of(store), said, clock)
