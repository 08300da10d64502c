"""A letter to one person, as the templates see it: the victims who wait, and what is said besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from compliance.policy import Requirement
from compliance.reminders.emails.victim_sentences import plural
from compliance.reminders.support_list import Support

SAFE_CONTACT: Final = (
    "Before any contact, open the crime and check how this victim agreed to be contacted. "
    "If nothing safe is recorded, do not ring: ask your supervisor."
)
"""In every mail, in these words."""
PARTS: Final = {
    "new": "NEW",
    "handed": "HANDED OVER TO YOU",
    "closed": "CASE CLOSED",
    "stuck": "WAITING LONG, WITH YOUR OFFICERS",
    "soon": "DUE SOON",
    "waiting": "STILL WAITING",
}
"""The headings under which victims are told, in their order: what has been told before comes last."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing owed: what, by when (as text), and how many days ago that was (negative: in so many days); None where
    that is not held against whoever reads it."""

    title: str
    by: str
    days_over: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One victim who waits: `victim` only where the crime has several. `hold`: that contact must not be made now, until
    when and why; it stands before all else. `remarks` are whole sentences."""

    crime: str
    link: str | None
    victim: str | None
    hold: str | None
    owed: tuple[Due, ...]
    last_update: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """An officer with whom something is stuck: of how many victims, for how many days the longest is overdue, and why
    the officer cannot act, as text."""

    officer: str | None
    team: str | None
    victims: int
    longest: int
    away: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that the templates may use. `parts` maps each name of PARTS to its victims, at most `listed` of them
    together; `more` counts the others; `requirements` are those that are owed here."""

    victims: int
    parts: Mapping[str, tuple[Entry, ...]]
    counts: Mapping[str, int]
    """How many victims there are in each part, listed or not."""
    more: int
    meant: bool
    """Whether all that the reader is to act on is with them because they have the case."""
    with_officers: bool
    """Whether somebody has each of the cases that are stuck."""
    to_ring: bool
    """Whether the reader is to make contact: they have the case, or stand in for the officer who has it."""
    to_see: bool
    """Whether the reader is to see that somebody does: it is with their officers or nobody, or theirs to decide."""
    requirements: tuple[Requirement, ...]
    policy_title: str
    counted_outcomes: tuple[str, ...]
    counted_methods: tuple[str, ...]
    attempts_count: bool
    """Whether the policy counts an attempt as an update."""
    same_day: bool
    """Whether one of the requirements is not met by an update on the day of the report."""
    read_at: str | None
    """When the crime system was last read to its end, as text."""
    escalation: tuple[str, ...]
    """Who else is told, of how many, and from when if nothing happens: sentences."""
    holders: tuple[Holder, ...] = ()
    """With whom what is stuck is, whoever waits longest first: where more than one victim is stuck."""
    support: tuple[Support, ...] = ()
    """In the weekly list: officers with repeated misses."""
    safe_contact: str = SAFE_CONTACT

    @property
    def sections(self) -> list[tuple[str, tuple[Entry, ...]]]:
        """The headings under which somebody is listed, with who stands there."""
        return [(self._heading(name), entries) for name, entries in self.parts.items() if entries]

    def _heading(self, part: str) -> str:
        return "WAITING LONG" if part == "stuck" and not self.with_officers else PARTS[part]

    @property
    def subject(self) -> str:
        """Counts and nothing personal: what is overdue, then what is not."""
        if not self.victims:
            return f"{plural(len(self.support), 'officer', 'officers')} who may need support"
        counts, you = self.counts, " from you" if self.meant else ""
        overdue = counts["new"] + counts["handed"] + counts["closed"] + counts["waiting"]
        waiting = f"waiting for an update{you}"
        if overdue == counts["handed"]:
            waiting = f"due an update{you}: handed over to you"
        elif overdue == counts["closed"]:
            waiting = "waiting for an update: how their case ended"
        stuck = "waiting with your officers" if self.with_officers else "waiting long"
        if not overdue + counts["soon"]:
            stuck = "waiting for an update from your officers" if self.with_officers else "waiting long for an update"
        said = [
            (overdue, waiting),
            (counts["soon"], "due soon" if overdue else f"due an update{you} soon"),
            (counts["stuck"], stuck),
        ]
        (number, what), *others = [each for each in said if each[0]]
        first = f"{'1 victim is' if number == 1 else f'{number} victims are'} {what}"
        return ", ".join([first, *(f"{number} {what}" for number, what in others)])
