"""The interface of a channel, and the results it can report for an email.

SMTP (`compliance.mail.smtp`) is the only channel built in; docs/mail.md says how to add another.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from compliance.mail.message import Mail


class Fate(StrEnum):
    """The result of handing over an email."""

    ACCEPTED = "accepted"
    """The other side accepted it and is responsible for it from now on."""
    REFUSED = "refused"
    """It will never be accepted: this recipient or this email is refused."""
    DEFERRED = "deferred"
    """It is not accepted now."""
    LOST = "lost"
    """The connection was lost before the email was complete: it was not accepted."""
    UNCERTAIN = "uncertain"
    """The email was complete and no answer arrived: it may have been accepted."""
    HALTED = "halted"
    """We are refused, not this email: no other email would succeed."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """The fate of an email, with the other side's answer or the error as text.

    `defers_recipient` says whether a deferred email was deferred because of its recipient or itself. A server that is
    busy for everyone says nothing about one mailbox.
    """

    fate: Fate
    said: str
    defers_recipient: bool = False


class Connection(Protocol):
    """A channel for the length of one run."""

    def connect(self) -> None:
        """Prepare to send; do nothing if ready. Raises UnavailableError: nothing is claimed and the run ends."""

    def send(self, mail: Mail) -> SendResult:
        """Hand over one email and return the result.

        Never raises because of what the other side does, and never guesses: if no one can know, the fate is
        `UNCERTAIN`. The same Message-ID may be sent a second time.
        """

    def close(self) -> None:
        """Close the connection politely."""


class Channel(Protocol):
    """A way of sending emails, built from the settings; its `str` is its name in messages."""

    def open(self) -> Connection:
        """Return a connection for one run; it need not be made before `connect`."""
