"""Trials of reminders as registered: which teams try what, and until when (docs/trials.md)."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, insert, select, update

from compliance.errors import SettingsError
from compliance.store.database.engine import Store
from compliance.store.tables import TRIAL


@dataclass(frozen=True, slots=True)
class RegisteredTrial:
    """A trial, registered at an instant (UTC) and so before it starts. Dates are local.

    `setting` of `[reminders]` is `tried` by about a `share` of the teams, and `usual` for the others. `seed` draws
    them. `ended_on`: the first day on which all mail was as usual again, if a person ended it before its end.
    """

    name: str
    setting: str
    usual: str
    tried: str
    share: float
    seed: str
    registered_at: datetime
    starts_on: date
    until: date
    ended_on: date | None = None

    @property
    def last_day(self) -> date:
        """The last day of the trial, as known now; before `starts_on` if it never began."""
        return self.until if self.ended_on is None else min(self.until, self.ended_on - timedelta(days=1))

    def runs_on(self, day: date) -> bool:
        """Return whether a day is one of the trial's."""
        return self.starts_on <= day <= self.last_day

    def is_tried_by(self, team: str) -> bool:
        """Return whether a team was drawn to try it: the same at any time, by the seed alone."""
        drawn = int.from_bytes(sha256(f"{self.seed}\n{team}".encode()).digest()[:8])
        return drawn < self.share * 2**64


_FIELDS = [field.name for field in fields(RegisteredTrial)]


def newest_trial(connection: Connection) -> RegisteredTrial | None:
    """Return the trial registered last, whether or not it is over; None if there never was one."""
    asked = select(*(TRIAL.c[name] for name in _FIELDS)).order_by(TRIAL.c.id.desc()).limit(1)
    row = connection.execute(asked).first()
    return None if row is None else RegisteredTrial(*row)


def store_trial(store: Store, trial: RegisteredTrial, today: date) -> None:
    """Store a trial before it starts.

    Raises SettingsError if one of its name is registered already, or another is not over on a local date.
    """
    with store.writing() as connection:
        if connection.execute(select(TRIAL.c.id).where(TRIAL.c.name == trial.name)).first():
            raise SettingsError(
                f"[reminders.trial] name: a trial called {trial.name!r} is registered already; choose another name"
            )
        newest = newest_trial(connection)
        if newest is not None and newest.last_day >= today:
            raise SettingsError(
                f"the trial {newest.name!r} lasts until {newest.last_day}; end it with `compliance trial end`, or wait"
            )
        connection.execute(insert(TRIAL).values(**asdict(trial)))


def end_trial(store: Store, today: date) -> RegisteredTrial | None:
    """End the trial that is not over on a local date, from that day on; return it, or None if there is none."""
    with store.writing() as connection:
        newest = newest_trial(connection)
        if newest is None or newest.last_day < today:
            return None
        connection.execute(update(TRIAL).where(TRIAL.c.name == newest.name).values(ended_on=today))
        return newest_trial(connection)
