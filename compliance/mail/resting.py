"""Leaving a server alone that refuses us: trying a wrong password all day would lock the account (decision 0047).

After a refusal that lasts until a person acts (a password, encryption, a certificate) a channel is not tried for an
hour, and after the next one for a day at a time. That is stored, so it outlives the process and holds for every service
on the database. It ends at once if the settings change.
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
from compliance.store import Store
from compliance.store.dialect import upsert
from compliance.store.tables import CHANNEL_REST

T = TypeVar("T")

FIRST_REST: Final = timedelta(hours=1)
LATER_REST: Final = timedelta(days=1)
"""How long a channel is not tried after its first refusal, and after each further one in a row."""
_SALT: Final = 16


class RestingError(UnavailableError):
    """A channel was not tried, because it refused us not long ago. `until`: when it is tried again (UTC)."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message, is_lasting=True, system=System.MAIL_SERVER)
        self.until = until


@dataclass(frozen=True, slots=True)
class Rest:
    """A channel that is not tried until an instant (UTC), after so many refusals in a row, and why."""

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
class Resting(Generic[T]):
    """A channel that is left alone for a time after it refused us (`channel.Channel`).

    `name`: of its rest in the store. `settings`: everything the channel is tried with; others are tried at once.
    `ask_now`: try it in any case, because a person asks. `clock` returns the present instant (aware).
    """

    name: str
    channel: Channel[T]
    store: Store
    clock: Callable[[], datetime]
    settings: bytes = field(repr=False)
    ask_now: bool = False

    def __str__(self) -> str:
        return str(self.channel)

    def compose(self, message: OutgoingMessage) -> T:
        """Return a message as the channel hands it over."""
        return self.channel.compose(message)

    def open(self) -> "RestingConnection[T]":
        """Return a connection for one run."""
        return RestingConnection(self, self.channel.open())


class RestingConnection(Generic[T]):
    """A connection that is not made while its channel rests (`channel.Connection`).

    It is made if the database cannot be used: administrators are told of that by email too.
    """

    def __init__(self, about: Resting[T], line: Line[T]) -> None:
        self._about, self._line, self._is_first = about, line, True
        self._rest: Rest | None = None
        with suppress(ComplianceError):
            self._rest = read_rest(about.store, about.name)

    def connect(self) -> None:
        """Connect unless the channel rests. Raises RestingError if it does, UnavailableError if it cannot be used."""
        if self._is_first:
            self._check()
        try:
            self._line.connect()
        except UnavailableError as error:
            if error.is_lasting:
                self._note_refusal(str(error))
            raise
        if self._is_first:
            self._is_first = False
            self._end()

    def _check(self) -> None:
        about, rest = self._about, self._rest
        if rest is None:
            return
        if not rest.is_with(about.settings):
            self._rest = None  # what was refused is no longer what is tried
        elif about.clock() < rest.until and not about.ask_now:
            raise RestingError(
                f"{about} is not tried again until {rest.until:%Y-%m-%d %H:%MZ}, unless its settings change or a "
                f"person asks: {rest.problem}",
                rest.until,
            )

    def _note_refusal(self, problem: str) -> None:
        about = self._about
        refusals = 1 if self._rest is None else self._rest.refusals + 1
        until = about.clock() + (FIRST_REST if refusals == 1 else LATER_REST)
        row = {
            "channel": about.name, "until": until, "refusals": refusals, "problem": problem,
            "settings": _digest(about.settings, token_bytes(_SALT)),
        }  # fmt: skip
        with suppress(ComplianceError), about.store.writing() as connection:
            upsert(connection, CHANNEL_REST, [row])

    def _end(self) -> None:
        about, self._rest = self._about, None
        with suppress(ComplianceError):
            if read_rest(about.store, about.name) is not None:
                with about.store.writing() as connection:
                    connection.execute(delete(CHANNEL_REST).where(CHANNEL_REST.c.channel == about.name))

    def send(self, composed: T) -> SendResult:
        """Hand over one message (`channel.Connection.send`)."""
        return self._line.send(composed)

    def close(self) -> None:
        """Close the connection."""
        self._line.close()
