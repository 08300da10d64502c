"""How mail leaves: the one interface that a channel has, and what it says became of a mail.

SMTP (`compliance.mail.smtp`) is the channel built; docs/mail.md says how another is added.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from compliance.mail.message import Mail


class Fate(StrEnum):
    """What became of a mail that was handed over."""

    TAKEN = "taken"
    """The other side took it and answers for it from now on."""
    REFUSED = "refused"
    """It will never be taken: this recipient or this mail."""
    DEFERRED = "deferred"
    """It is not taken now."""
    LOST = "lost"
    """The connection went before the mail was complete: it was not taken."""
    UNCERTAIN = "uncertain"
    """The mail was complete and no answer came: it may have been taken."""
    HALTED = "halted"
    """We are refused, not this mail: no other mail would fare better."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """A mail's fate, and in words what the other side said or what went wrong.

    `puts_recipient_off`: a deferred mail was put off for its recipient or for itself; a server that is busy with
    everybody does not say so of one mailbox.
    """

    fate: Fate
    said: str
    puts_recipient_off: bool = False


class Connection(Protocol):
    """A channel while a run lasts."""

    def connect(self) -> None:
        """Be ready to send; at once where it is. Raises UnavailableError: nothing is claimed, the run ends."""

    def send(self, mail: Mail) -> SendResult:
        """Hand one mail over and say what became of it. Never raises for what the other side does; never guesses: where
        nobody can know, the fate is `UNCERTAIN`. The same Message-ID may come a second time."""

    def close(self) -> None:
        """Take leave."""


class Channel(Protocol):
    """A way for mail to leave, set up from the settings; its text (`str`) names it in messages."""

    def open(self) -> Connection:
        """A connection for one run; it need not be made before `connect`."""
