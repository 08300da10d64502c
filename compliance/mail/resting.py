"""Leaving a server alone that refuses us: trying a wrong password all day would lock the account (decision 0047).

After a refusal that lasts until a person acts (a password, encryption, a certificate) a server is not tried for an
hour, and after the next one for a day at a time. So it is with a channel and a mailbox that is read. It is stored, so
it outlives the process and holds for every service on the database. It ends at once if the settings change.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import scrypt
from hmac import compare_digest
from secrets import token_bytes
from typing import Final, Generic, TypeVar

from sqlalchemy import delete, select

from compliance.errors import ComplianceError, System, UnavailableError
from compliance.mail.channel import Channel, OutgoingMessage, SendResult
from compliance.mail.channel import Connection as Line
from compliance.mail.inbox import Inbox, OpenInbox
from compliance.store import Store
from compliance.store.database.dialect import upsert
from compliance.store.tables import CHANNEL_REST

T = TypeVar("T")

FIRST_REST: Final = timedelta(hours=1)
LATER_REST: Final = timedelta(days=1)
"""How long a server is not tried after its first refusal, and after each further one in a row."""
_SALT: Final = 16


class RestingError(UnavailableError):
    """A server was not tried, because it refused us not long ago. `until`: when it is tried again (UTC)."""

    def __init__(self, message: str, until: datetime, system: System) -> None:
        super().__init__(message, is_lasting=True, system=system)
        self.until = until


@dataclass(frozen=True, slots=True)
class Rest:
    """A server that is not tried until an instant (UTC), after so many refusals in a row, and why."""

    channel: str
    until: datetime
    refusals: int
    problem: str
    settings: str = field(repr=False)

    def is_with(self, settings: bytes) -> bool:
        """Return whether it was tried with these settings."""
        return compare_digest(self.settings, _digest(settings, bytes.fromhex(self.settings[: 2 * _SALT])))


def read_rest(store: Store, channel: str) -> Rest | None:
    """Return the rest of a channel, whether or not it is over; None if it has not refused us since it last took us."""
    asked = select(*(CHANNEL_REST.c[name] for name in Rest.__slots__)).where(CHANNEL_REST.c.channel == channel)
    with store.reading() as connection:
        row = connection.execute(asked).first()
    return None if row is None else Rest(*row)


def _digest(settings: bytes, salt: bytes) -> str:
    """Return what tells settings from others. There is a password in them, so it is salted and slow to guess."""
    return (salt + scrypt(settings, salt=salt, n=2**14, r=8, p=1)).hex()


@dataclass(frozen=True, slots=True)
class RestKeeper:
    """What leaves a server alone for a time after it refused us.

    `name`: of its rest in the store. `settings`: everything the server is tried with; others are tried at once.
    `ask_now`: try it in any case, because a person asks. `clock` returns the present instant (aware). It stands in no
    way if the database cannot be used: administrators are told of that by email too.
    """

    name: str
    system: System
    store: Store
    clock: Callable[[], datetime]
    settings: bytes = field(repr=False)
    ask_now: bool = False

    def begin(self, server: str) -> int:
        """Return how often in a row the server has refused what it is tried with. Raises RestingError if it rests.

        `server`: its name in messages.
        """
        rest = None
        with suppress(ComplianceError):
            rest = read_rest(self.store, self.name)
        if rest is None or not rest.is_with(self.settings):
            return 0  # or what was refused is no longer what is tried
        if self.clock() < rest.until and not self.ask_now:
            raise RestingError(
                f"{server} is not tried again until {rest.until:%Y-%m-%d %H:%MZ}, unless its settings change or a "
                f"person asks: {rest.problem}",
                rest.until,
                self.system,
            )
        return rest.refusals

    def note_refusal(self, before: int, problem: str) -> None:
        """Store that the server refused us, after so many refusals before."""
        row = {
            "channel": self.name, "until": self.clock() + (LATER_REST if before else FIRST_REST),
            "refusals": before + 1, "problem": problem, "settings": _digest(self.settings, token_bytes(_SALT)),
        }  # fmt: skip
        with suppress(ComplianceError), self.store.writing() as connection:
            upsert(connection, CHANNEL_REST, [row])

    def end(self) -> None:
        """Store that the server has taken us."""
        with suppress(ComplianceError):
            if read_rest(self.store, self.name) is not None:
                with self.store.writing() as connection:
                    connection.execute(delete(CHANNEL_REST).where(CHANNEL_REST.c.channel == self.name))


@dataclass(frozen=True, slots=True)
class Resting(Generic[T]):
    """A channel that is left alone for a time after it refused us (`channel.Channel`)."""

    channel: Channel[T]
    keeper: RestKeeper

    def __str__(self) -> str:
        return str(self.channel)

    def compose(self, message: OutgoingMessage) -> T:
        """Return a message as the channel hands it over."""
        return self.channel.compose(message)

    def open(self) -> "RestingConnection[T]":
        """Return a connection for one run."""
        return RestingConnection(self, self.channel.open())


class RestingConnection(Generic[T]):
    """A connection that is not made while its channel rests (`channel.Connection`)."""

    def __init__(self, about: Resting[T], line: Line[T]) -> None:
        self._about, self._line, self._is_first, self._refusals = about, line, True, 0

    def connect(self) -> None:
        """Connect unless the channel rests. Raises RestingError if it does, UnavailableError if it cannot be used."""
        keeper = self._about.keeper
        if self._is_first:
            self._refusals = keeper.begin(str(self._about))
        try:
            self._line.connect()
        except UnavailableError as error:
            if error.is_lasting:
                keeper.note_refusal(self._refusals, str(error))
            raise
        if self._is_first:
            self._is_first, self._refusals = False, 0
            keeper.end()

    def send(self, composed: T) -> SendResult:
        """Hand over one message (`channel.Connection.send`)."""
        return self._line.send(composed)

    def close(self) -> None:
        """Close the connection."""
        self._line.close()


@dataclass(frozen=True, slots=True)
class RestingInbox:
    """A mailbox that is left alone for a time after it refused us (`inbox.Inbox`)."""

    inbox: Inbox
    keeper: RestKeeper

    def __str__(self) -> str:
        return str(self.inbox)

    def open(self) -> OpenInbox:
        """Open the mailbox unless it rests. Raises RestingError if it does, UnavailableError if it cannot be used."""
        refusals = self.keeper.begin(str(self))
        try:
            opened = self.inbox.open()
        except UnavailableError as error:
            if error.is_lasting:
                self.keeper.note_refusal(refusals, str(error))
            raise
        self.keeper.end()
        return opened
