"""A letter to one person as the templates see it: the victims who wait, and the sentences around them."""

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
"""The sentence on safe contact, in exactly these words in every email."""
PARTS: Final = {
    "new": "NEW",
    "handed": "HANDED OVER TO YOU",
    "closed": "CASE CLOSED",
    "stuck": "WAITING LONG, WITH YOUR OFFICERS",
    "soon": "DUE SOON",
    "waiting": "STILL WAITING",
}
"""The headings for victims, in order; those notified before are last."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing owed: what, its due date as text, and the days since.

    `days_over` is negative before the due date, and None if the days are not held against the reader. It may be 0 for
    what is overdue, if its limit is in hours (rules A6).
    """

    title: str
    by: str
    days_over: int | None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One victim who waits.

    `victim` is set only if the crime has several. `hold` says that contact must not be made now, until when and why; it
    is shown before everything else. `remarks` are whole sentences.
    """

    crime: str
    link: str | None
    victim: str | None
    hold: str | None
    owed: tuple[Due, ...]
    last_update: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """An officer with stuck cases.

    It gives the number of victims, the days overdue of the longest wait, and why the officer cannot act, as text.
    """

    officer: str | None
    team: str | None
    victims: int
    longest: int
    away: str | None


@dataclass(frozen=True, slots=True)
class PlanDay:
    """A day of the week's plan as text, and the crimes (with the victim, if there are several) for whom something falls
    due on it."""

    day: str
    crimes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything the templates may use.

    `parts` maps each name of PARTS to its victims, at most `listed` of them in all. `more` counts the others.
    `requirements` are those owed in this letter.
    """

    victims: int
    parts: Mapping[str, tuple[Entry, ...]]
    counts: Mapping[str, int]
    """The number of victims in each part, listed or not."""
    more: int
    meant: bool
    """Whether the reader has every case on which they must act."""
    with_officers: bool
    """Whether each stuck case has an officer."""
    to_ring: bool
    """Whether the reader must make contact: they have the case, or are notified in its officer's place."""
    to_see: bool
    """Whether the reader must check that someone makes contact: no one or their officer has it, or they decide."""
    requirements: tuple[Requirement, ...]
    policy_title: str
    counted_outcomes: tuple[str, ...]
    counted_methods: tuple[str, ...]
    attempts_count: bool
    """Whether the policy counts an attempt as an update."""
    same_day: bool
    """Whether an update on the day of the report fails to meet one of the requirements."""
    read_at: str | None
    """When the crime system was last read to its end, as text."""
    escalation: tuple[str, ...]
    """Sentences on who else is notified, about how many victims, and from when if nothing happens."""
    holders: tuple[Holder, ...] = ()
    """The officers with stuck cases, the longest wait first; filled if more than one victim is stuck."""
    support: tuple[Support, ...] = ()
    """Officers with repeated misses, in the weekly list."""
    week: tuple[PlanDay, ...] = ()
    """What falls due by the next week's plan, by day."""
    safe_contact: str = SAFE_CONTACT

    @property
    def sections(self) -> list[tuple[str, tuple[Entry, ...]]]:
        """Return the headings that have entries, with those entries."""
        return [(self._heading(name), entries) for name, entries in self.parts.items() if entries]

    def _heading(self, part: str) -> str:
        return "WAITING LONG" if part == "stuck" and not self.with_officers else PARTS[part]

    @property
    def subject(self) -> str:
        """Return the subject: counts and nothing personal, overdue first."""
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
