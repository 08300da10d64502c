"""What a force decides about its reminders."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from compliance.errors import SettingsError
from compliance.mail import bare_address, message_id
from compliance.policy import Policy
from compliance.policy.calendars import to_day
from compliance.resources import resource

_LIST_ID: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class ReminderRules:
    """Who is reminded, when and from whom; times are local times of the policy's time zone.

    `due_from`: what fell due before this date is reported and never mailed. `repeat_days`: what is still outstanding is
    mentioned again this many days after the officer's last digest. `send_from`, `send_until`: mail goes out between
    these times of a working day. `listed`: at most so many victims are listed in a mail, the others counted. `sender`,
    `reply_to`: `name@domain` or `Name <name@domain>`. `domain`: of the Message-IDs. `list_id`: by which mail can be
    sorted. `crime_link`: the address of a crime in the crime system, `{crime_ref}` where its number goes; None: no
    link. `templates`: the folder of `digest.txt.j2` and `digest.html.j2`.
    """

    due_from: date
    sender: str
    domain: str
    list_id: str
    reply_to: str | None = None
    repeat_days: int = 7
    send_from: time = time(7)
    send_until: time = time(18)
    listed: int = 20
    crime_link: str | None = None
    templates: Path = field(default_factory=lambda: resource("templates", "email"))

    def __post_init__(self) -> None:
        """Raises SettingsError that names the setting."""
        bare_address(self.sender)
        if self.reply_to is not None:
            bare_address(self.reply_to)
        message_id("", self.domain)
        if not _LIST_ID.fullmatch(self.list_id):
            raise _wrong("list_id", self.list_id, "a name such as 'victim-updates.force.example'")
        if self.repeat_days < 1:
            raise _wrong("repeat_days", self.repeat_days, "1 or more")
        if self.listed < 1:
            raise _wrong("listed", self.listed, "1 or more")
        if not self.send_from < self.send_until:
            raise _wrong("send_until", self.send_until, f"a time after send_from, {self.send_from:%H:%M}")
        link = self.crime_link
        if link is not None and not (re.match(r"https?://[^\s{}]+", link) and link.count("{crime_ref}") == 1):
            raise _wrong("crime_link", link, "an address such as 'https://crimes.force.example/crime/{crime_ref}'")


def _wrong(setting: str, found: object, expected: str) -> SettingsError:
    return SettingsError(f"[reminders] {setting}: found {str(found)!r}; expected {expected}")


def today_of(policy: Policy, now: datetime) -> date:
    """The local date of an instant in the policy's time zone (rules 2.6)."""
    return now.astimezone(ZoneInfo(policy.timezone)).date()


def not_now(policy: Policy, rules: ReminderRules, now: datetime) -> str | None:
    """Why no mail goes out at this instant, None where it does: working days of the policy's calendar, local hours.

    Raises SettingsError for a day beyond what the calendar covers (rules 6.1).
    """
    local = now.astimezone(ZoneInfo(policy.timezone))
    if not policy.working.is_working(to_day(local.date())):
        return f"{local:%A} {local.day} {local:%B %Y} is not a working day"
    if local.time() < rules.send_from:
        return f"mail goes out from {rules.send_from:%H:%M}"
    if local.time() >= rules.send_until:
        return f"mail goes out until {rules.send_until:%H:%M}"
    return None


def next_opening(policy: Policy, rules: ReminderRules, now: datetime) -> datetime:
    """The first instant (UTC) after `now` at which mail goes out again."""
    zone = ZoneInfo(policy.timezone)
    day = now.astimezone(zone).date()
    while True:
        opening = datetime.combine(day, rules.send_from, zone).astimezone(UTC)
        if opening > now and policy.working.is_working(to_day(day)):
            return opening
        day += timedelta(days=1)
