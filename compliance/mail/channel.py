"""The interface of a channel, and the results it can report for a message.

Email over SMTP (`compliance.mail.smtp`) and cards in Microsoft Teams (`compliance.mail.teams`) are built in.
docs/mail.md says how to add another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

T = TypeVar("T")
C_contra = TypeVar("C_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The content of a message."""

    subject: str
    text: str
    html: str | None
    to_address: str | None = None
    """The address to send to now; None: the one it was queued for."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A rendered content for one destination, such as an email address, before a channel gives it its form.

    `headers` go with it, as far as the channel has a use for them. `message_id` is always the same one for a message.
    `date` (aware) is when it is sent. `return_path`: the address to which reports on its delivery go; None: the
    sender's.
    """

    destination: str
    content: Rendered
    headers: Mapping[str, str]
    message_id: str
    date: datetime
    return_path: str | None = None


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
    busy for everyone says nothing about one mailbox. `retry_after`: how long the other side asks us to wait; None: it
    does not.
    """

    fate: Fate
    said: str
    defers_recipient: bool = False
    retry_after: timedelta | None = None


class Connection(Protocol[C_contra]):
    """A channel for the length of one run."""

    def connect(self) -> None:
        """Prepare to send; do nothing if ready. Raises UnavailableError: nothing is claimed and the run ends."""

    def send(self, composed: C_contra, /) -> SendResult:
        """Hand over one message, as its channel composed it, and return the result.

        Never raises because of what the other side does, and never guesses: if no one can know, the fate is
        `UNCERTAIN`. The same Message-ID may be sent a second time.
        """

    def close(self) -> None:
        """Close the connection politely."""


class Channel(Protocol[T]):
    """A way of sending messages, built from the settings; its `str` is its name in messages.

    `T` is what it makes of a message, such as an email.
    """

    def compose(self, message: OutgoingMessage, /) -> T:
        """Return a message in the form in which it is handed over.

        It is called while another message is being handed over, and does all that need not wait for that.
        """

    def open(self) -> Connection[T]:
        """Return a connection for one run; it need not be made before `connect`."""
