"""What a force decides about its reminders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
class Ladder:
    """Who is told when: the officer on the last working morning at least `due_soon_days` before the due date (0: not
    at all) and once it has passed, again every `repeat_days`; the supervisor once it is `supervisor_days` overdue, the
    divisional champion once it is `champion_days`."""

    due_soon_days: int = 2
    repeat_days: int = 7
    supervisor_days: int = 7
    champion_days: int = 21


@dataclass(frozen=True, slots=True)
class LadderChange:
    """What is different for one requirement, one category of victim, or both; None: for all, or as otherwise."""

    requirement: str | None = None
    category: str | None = None
    due_soon_days: int | None = None
    repeat_days: int | None = None
    supervisor_days: int | None = None
    champion_days: int | None = None

    def concerns(self, requirement: str | None, category: str | None) -> bool:
        """Whether it holds for an obligation of this requirement to a victim of this category."""
        return self.requirement in (None, requirement) and self.category in (None, category)

    def __str__(self) -> str:
        """` for 7-day, enhanced`; nothing where it is for all."""
        concerned = [name for name in (self.requirement, self.category) if name]
        return f" for {', '.join(concerned)}" if concerned else ""


ENHANCED: Final = LadderChange(category="enhanced", repeat_days=4, supervisor_days=3, champion_days=10)
"""Victims owed the enhanced service are escalated sooner."""
_STEPS: Final = ("due_soon_days", "repeat_days", "supervisor_days", "champion_days")


@dataclass(frozen=True, slots=True)
class ReminderRules:
    """Who is reminded, when and from whom; times are local times of the policy's time zone.

    `due_from`: what fell due before this date is reported and never mailed. `repeat_days` and the other days of the
    `Ladder`; `ladder` changes them by requirement and category, later ones over earlier ones. `ahead_days`: what falls
    due within so many days is announced along with whatever else an officer is told. `absence_held_days`: an
    absence that ends within so many days holds a mail, a longer one sends it to who covers. `attempts`: after attempts
    on so many dates without reaching the victim the supervisor decides. `hold_days`: how long a contact hold without an
    end counts. `stale_hours`: no mail while the last complete poll is older. `cover`: officer -> who covers for them.
    `champion_role`, `supervisor_role`: as the directory calls them. `send_from`, `send_until`: mail goes out
    between these times of a working day. `list_weekday` (0: Monday): the day of the weekly list of those above;
    None: no list. `repeated_misses`: from how many in 28 days on an officer is in it. `allow`: the pilot's list;
    what it keeps back counts as told while it does; None: no pilot. `listed`: at most so many victims are listed in
    a mail, the others counted. `sender`, `reply_to`: `name@domain` or `Name <name@domain>`. `domain`: of the
    Message-IDs. `list_id`: by which mail can be sorted. `crime_link`: the address of a crime in the crime system,
    `{crime_ref}` where its number goes; None: no link. `templates`: the folder of `digest.txt.j2` and
    `digest.html.j2`.
    """

    due_from: date
    sender: str
    domain: str
    list_id: str
    reply_to: str | None = None
    due_soon_days: int = 2
    repeat_days: int = 7
    supervisor_days: int = 7
    champion_days: int = 21
    ladder: tuple[LadderChange, ...] = (ENHANCED,)
    ahead_days: int = 7
    absence_held_days: int = 3
    attempts: int = 3
    hold_days: int = 28
    stale_hours: int = 24
    cover: Mapping[str, str] = field(default_factory=dict)
    champion_role: str = "champion"
    supervisor_role: str = "supervisor"
    list_weekday: int | None = 0
    repeated_misses: int = 3
    send_from: time = time(7)
    send_until: time = time(18)
    listed: int = 20
    allow: tuple[str, ...] | None = None
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
        for change in (LadderChange(), *self.ladder):
            steps = self.ladder_for(change.requirement, change.category)
            if steps.supervisor_days > steps.champion_days:
                told = f"{steps.supervisor_days}, supervisor_days, or more{change}"
                raise _wrong("champion_days", steps.champion_days, told)
        if self.listed < 1:
            raise _wrong("listed", self.listed, "1 or more")
        if not self.send_from < self.send_until:
            raise _wrong("send_until", self.send_until, f"a time after send_from, {self.send_from:%H:%M}")
        link = self.crime_link
        if link is not None and not (re.match(r"https?://[^\s{}]+", link) and link.count("{crime_ref}") == 1):
            raise _wrong("crime_link", link, "an address such as 'https://crimes.force.example/crime/{crime_ref}'")

    def ladder_for(self, requirement: str | None, category: str | None) -> Ladder:
        """The ladder of an obligation of this requirement to a victim of this category; None: of any other."""
        found = Ladder(*(getattr(self, name) for name in _STEPS))
        for change in self.ladder:
            if change.concerns(requirement, category):
                given = {name: value for name in _STEPS if (value := getattr(change, name)) is not None}
                found = replace(found, **given)
        return found

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of victims for whom a ladder is given."""
        return ("standard", *dict.fromkeys(change.category for change in self.ladder if change.category))


def check_rules(policy: Policy, rules: ReminderRules) -> None:
    """Raises SettingsError where a ladder is for a requirement that the policy does not have."""
    ids = [requirement.id for requirement in policy.requirement]
    for change in rules.ladder:
        if change.requirement not in (None, *ids):
            raise _wrong("ladder: requirement", change.requirement, f"one of {', '.join(ids)} ({policy.title})")


def _wrong(setting: str, found: object, expected: str) -> SettingsError:
    return SettingsError(f"[reminders] {setting}: found {str(found)!r}; expected {expected}")


def today_of(policy: Policy, now: datetime) -> date:
    """The local date of an instant in the policy's time zone (rules 2.6)."""
    return now.astimezone(ZoneInfo(policy.timezone)).date()


def not_now(policy: Policy, rules: ReminderRules, now: datetime) -> str | None:
    """Why no mail goes out at this instant, None where it does: working days of the policy's calendar, local hours.
    Beyond what the calendar covers every weekday is one, so that nobody is left untold."""
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


def due_soon_on(policy: Policy, due: date, days: int) -> date:
    """The last working day at least `days` before a due date, on whose morning it is announced."""
    day = due - timedelta(days=days)
    while not policy.working.is_working(to_day(day)):
        day -= timedelta(days=1)
    return day


def list_day(policy: Policy, rules: ReminderRules, today: date) -> date | None:
    """The newest day, up to a date, of the weekly list: the configured weekday, or the next working day after it. None
    where there is no list."""
    if rules.list_weekday is None:
        return None
    day = today - timedelta(days=(today.weekday() - rules.list_weekday) % 7)
    while (opening := working_from(policy, day)) > today:
        day -= timedelta(days=7)
    return opening


def working_from(policy: Policy, day: date) -> date:
    """The first working day from a date on."""
    return next_working(policy, day - timedelta(days=1))


def next_working(policy: Policy, day: date) -> date:
    """The first working day after a date."""
    day += timedelta(days=1)
    while not policy.working.is_working(to_day(day)):
        day += timedelta(days=1)
    return day
