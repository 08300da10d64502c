"""What goes wrong in a year: each fault with its first and its last day. None lasts across the start of a Monday but that
of the mail server, so none changes what was known when a week or a month was settled (statistics 1.2)."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from tests.operated import DISK, OVER, Happening, OperatedYear, local

Act = Callable[[OperatedYear], None]
NIGHT: Final = "02:30"
"""When nobody enters anything."""


def lasting(name: str, first: str, last: str, begin: Act, end: Act) -> list[Happening]:
    """A fault from one local time to another: `2026-02-10 06:00`."""
    return [Happening(_instant(first), name, begin), Happening(_instant(last), name + OVER, end)]


def looked_at(happenings: Sequence[Happening]) -> list[datetime]:
    """Three cycles at the beginning of each, as there are within minutes in service."""
    return [each.at + n * HALF_AN_HOUR for each in happenings if not each.name.endswith(OVER) for n in range(3)]


def crimes_answer(status: int | None) -> Act:
    def act(year: OperatedYear) -> None:
        year.crimes.status = status

    return act


def directory_answers(status: int | None = None, share: float = 1.0) -> Act:
    def act(year: OperatedYear) -> None:
        year.crimes.directory_status, year.crimes.share = status, share

    return act


def clock_ahead(hours: float) -> Act:
    return lambda year: year.crimes.set_clock(timedelta(hours=hours))


def restored(days: int, forgets: bool) -> Act:
    """The crime system shows a backup, and knows no cursor of the days since."""

    def act(year: OperatedYear) -> None:
        year.crimes.restore(timedelta(days=days))
        year.crimes.forgets = forgets

    return act


def in_order_again(year: OperatedYear) -> None:
    year.crimes.backup = None


def mail(on: bool) -> Act:
    return lambda year: year.mail.switch(on)


def disk(full: bool) -> Act:
    def act(year: OperatedYear) -> None:
        for service in year.services:
            service.fill_disk(full)

    return act


def feed_faults(days: Sequence[date]) -> list[Happening]:
    """What is wrong with the crime system for less than `stale_hours` and not at the end of a day: no email waits for it
    until another day.

    Six days, none of them a Monday or a Sunday.
    """
    rejected, ahead, behind, refused, replayed, down = days
    return [
        *lasting("feed rejected", f"{rejected} 06:00", f"{rejected} 17:00", crimes_answer(401), crimes_answer(None)),
        *lasting("feed ahead", f"{ahead} {NIGHT}", f"{ahead + DAY} {NIGHT}", clock_ahead(2), clock_ahead(0)),
        *lasting("feed behind", f"{behind} {NIGHT}", f"{behind + DAY} {NIGHT}", clock_ahead(-2), clock_ahead(0)),
        *lasting("feed shrunk", f"{refused} 06:00", f"{refused} 17:00", restored(2, False), in_order_again),
        *lasting("feed replayed", f"{replayed} 06:00", f"{replayed} 17:00", restored(2, True), in_order_again),
        *lasting("feed down", f"{down} 06:00", f"{down} 17:00", crimes_answer(503), crimes_answer(None)),
    ]


def directory_faults(days: Sequence[date]) -> list[Happening]:
    """What is wrong with the officer directory, each on a day of its own; the last good one stays in force."""
    down, empty, halved = days
    return [
        *lasting("directory down", f"{down} 06:00", f"{down} 17:00", directory_answers(500), directory_answers()),
        *lasting("directory empty", f"{empty} 06:00", f"{empty} 17:00", directory_answers(share=0), directory_answers()),
        *lasting("directory halved", f"{halved} 06:00", f"{halved} 17:00", directory_answers(share=0.5), directory_answers()),
    ]  # fmt: skip


def disk_full(day: date) -> list[Happening]:
    """No room for any file during a day, after the morning's emails: of the database, where it is one."""
    return lasting(DISK, f"{day} 08:00", f"{day} 15:00", disk(True), disk(False))


def disk_full_at_report(monday: date) -> list[Happening]:
    """No room for any file when reports are due."""
    return lasting(f"{DISK} at a report", f"{monday} 06:00", f"{monday} 08:00", disk(True), disk(False))


def database_restarted(day: date) -> list[Happening]:
    """The database is restarted while the service works."""
    return [Happening(_instant(f"{day} 11:00"), "database restarted", OperatedYear.restart_database)]


def feed_away(first: date, days: int) -> list[Happening]:
    """No answer for some days, long enough for emails to wait; officers have the day on which it is back to write up."""
    return lasting(
        "feed away", f"{first} 06:00", f"{first + days * DAY} 05:00", crimes_answer(500), crimes_answer(None)
    )


def mail_away(monday: date) -> list[Happening]:
    """No mail server over a Monday."""
    return lasting("mail away", f"{monday - DAY} 12:00", f"{monday + DAY} 06:00", mail(False), mail(True))


DAY: Final = timedelta(days=1)
HALF_AN_HOUR: Final = timedelta(minutes=30)


def _instant(text: str) -> datetime:
    day, time = text.split()
    return local(date.fromisoformat(day), time)
