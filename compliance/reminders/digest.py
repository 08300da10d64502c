"""What a digest tells: the victims who wait for one officer, as the templates see them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from compliance.policy import Policy, Requirement
from compliance.reminders.owed import Owed, Waiting
from compliance.reminders.rules import ReminderRules
from compliance.reminders.stages import NEW, Decision

SAFE_CONTACT: Final = (
    "Before any contact, open the crime and check how this victim agreed to be contacted. "
    "If nothing safe is recorded, do not ring: ask your supervisor."
)
"""In every mail, in these words."""

_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SHOWN_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Due:
    """One thing owed: what, by when (as text), and how many days ago that was."""

    title: str
    by: str
    days_over: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One victim who waits: `victim` only where the crime has several. `remarks` are whole sentences."""

    crime: str
    link: str | None
    victim: str | None
    owed: tuple[Due, ...]
    last_update: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that the templates may use. `new` and `waiting` list at most `listed` victims, `more` counts the
    others; `requirements` are those that are owed here."""

    victims: int
    new: tuple[Entry, ...]
    waiting: tuple[Entry, ...]
    more: int
    requirements: tuple[Requirement, ...]
    policy_title: str
    counted_outcomes: tuple[str, ...]
    counted_methods: tuple[str, ...]
    same_day: bool
    """Whether one of the requirements is not met by an update on the day of the report."""
    read_at: str | None
    """When the crime system was last read to its end, as text."""
    repeat_days: int
    safe_contact: str = SAFE_CONTACT

    @property
    def subject(self) -> str:
        """The count and nothing personal."""
        who = "1 victim is" if self.victims == 1 else f"{self.victims} victims are"
        return f"{who} waiting for an update from you"


def write(
    told: Sequence[Decision], policy: Policy, rules: ReminderRules, today: date, read_at: str | None = None
) -> Letter:
    """The letter to one officer out of what they are told: what is new first, in each part the most overdue first.

    One victim is one entry, whatever is owed to them. What is new is listed before what has been told, so that a mail
    sent for something new shows it.
    """
    cases: dict[Waiting, list[Decision]] = {}
    for decision in sorted(told, key=lambda d: (-d.owed.days_over, d.owed.key)):
        cases.setdefault(decision.owed.waiting, []).append(decision)
    new = [waiting for waiting, decisions in cases.items() if any(d.reason == NEW for d in decisions)]
    fresh = set(new)
    listed = (new + [waiting for waiting in cases if waiting not in fresh])[: rules.listed]

    def entries(wanted: Callable[[Waiting], bool]) -> tuple[Entry, ...]:
        owed = ((w, [d.owed for d in cases[w]]) for w in listed if wanted(w))
        return tuple(_entry(waiting, items, policy, rules, today) for waiting, items in owed)

    owed_here = {decision.owed.requirement for decision in told}
    requirements = tuple(r for r in policy.requirement if r.id in owed_here)
    return Letter(
        victims=len(cases),
        new=entries(lambda w: w in fresh),
        waiting=entries(lambda w: w not in fresh),
        more=len(cases) - len(listed),
        requirements=requirements,
        policy_title=policy.title,
        counted_outcomes=tuple(policy.counted_outcomes),
        counted_methods=tuple(policy.counted_methods or ()),
        same_day=any(r.shows_same_day for r in requirements),
        read_at=read_at,
        repeat_days=rules.repeat_days,
    )


def _entry(waiting: Waiting, owed: Sequence[Owed], policy: Policy, rules: ReminderRules, today: date) -> Entry:
    title = {requirement.id: requirement.title for requirement in policy.requirement}
    link = rules.crime_link.replace("{crime_ref}", quote(waiting.crime_ref, safe="")) if rules.crime_link else None
    return Entry(
        crime=_plain(waiting.crime_ref),
        link=link,
        victim=_plain(waiting.victim_ref) if waiting.several else None,
        owed=tuple(Due(title[o.requirement], day_text(o.due_date, today), o.days_over) for o in owed),
        last_update="none recorded" if waiting.last_update is None else day_text(waiting.last_update, today),
        remarks=tuple(_remarks(waiting, owed, today)),
    )


def _remarks(waiting: Waiting, owed: Iterable[Owed], today: date) -> Iterable[str]:
    """What the record has and what did not count, in sentences: nobody is told that they did nothing (rules 8)."""
    for item in owed:
        if item.same_day:
            # A victim added to the record later has their own day 0 (rules 3).
            what = (
                "the day of the report" if item.clock_date == waiting.reported_on else "the day this victim was added"
            )
            yield (
                f"Your update on {day_text(item.clock_date, today)}, {what}, is recorded. "
                f"The policy asks for one more by {day_text(item.due_date, today)}."
            )
    if waiting.attempts:
        what = _on(waiting.attempts, "An attempt on", "Attempts on", today)
        yield f"{what} recorded; an attempt does not count as an update (rules 2.4)."
    if waiting.uncounted:
        what = _on(waiting.uncounted, "A contact on", "Contacts on", today)
        yield f"{what} recorded, but not in a way that counts as an update (rules 2.4)."


def _on(days: Sequence[date], one: str, several: str, today: date) -> str:
    """`An attempt on DATE is`, `Attempts on DATE and DATE are`: the latest few."""
    texts = [day_text(day, today) for day in days[-_SHOWN_ATTEMPTS:]]
    if len(texts) == 1:
        return f"{one} {texts[0]} is"
    return f"{several} {', '.join(texts[:-1])} and {texts[-1]} are"


def day_text(day: date, today: date) -> str:
    """`Tuesday 9 June`, with the year where it is not this one."""
    return f"{day:%A} {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def _plain(text: str) -> str:
    """A reference as one line: a record may hold any character."""
    return _UNREADABLE.sub(" ", text).strip()
