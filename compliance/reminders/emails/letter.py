"""A letter to one person as the templates see it: the victims who wait, and the sentences around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from compliance.policy import Requirement
from compliance.reminders.emails.victim_sentences import CardLabel, plain, plural
from compliance.reminders.support_list import Support
from compliance.text import plural as noun_of

SAFE_CONTACT: Final = (
    "Before you contact a victim, check in the crime system how they agreed to be contacted. "
    "If nothing safe is recorded, do not ring: ask a supervisor."
)
"""The sentence on safe contact, in exactly these words in every email."""
_LONGEST_SUBJECT: Final = 70
PARTS: Final = {
    "hold": "ON HOLD",
    "new": "NEW",
    "handed": "HANDED OVER TO YOU",
    "closed": "CASE CLOSED",
    "waiting": "STILL WAITING",
    "soon": "DUE SOON",
    "stuck": "WAITING LONG",
}
"""The headings for victims, in order: those under a contact hold lead, what is not due yet follows what is owed."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing owed: what, its due date as text, and the days since.

    `days_over` is negative before the due date, and None if the days are not held against the reader. It may be 0 for
    what is overdue, if its limit is in hours (rules A6).
    """

    title: str
    on: date
    by: str
    days_over: int | None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One victim who waits.

    `victim` is set only if the crime has several. `hold` says that contact must not be made now, until when and why; it
    is shown before everything else, then what stands `in_the_way`. That and `remarks` are whole sentences; `clauses`
    are the clauses of the rules they rest on. `told` says from when the reader's time runs, who else has
    been told, and who is next on which day. `lines` are all these sentences as a card has them, by label.
    """

    crime: str
    link: str | None
    victim: str | None
    enhanced: bool
    hold: str | None
    owed: tuple[Due, ...]
    last_update: str
    in_the_way: tuple[str, ...]
    remarks: tuple[str, ...]
    clauses: frozenset[str]
    told: tuple[str, ...]
    holder: str | None = None
    """The reference of the officer who has the case."""
    lines: tuple[tuple[CardLabel, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """An officer with stuck cases.

    It gives the number of victims, the days overdue of the longest wait, and why the officer cannot act, as text.
    """

    ref: str | None
    """Their reference; None if nobody has the cases."""
    officer: str
    """What the email calls them."""
    team: str | None
    victims: int
    longest: int
    away: str | None

    @property
    def heading(self) -> str:
        """Return the heading of what is stuck with them: `With PC Sarah Ahmed (1042), North 1: 2 victims`."""
        team, many = f", {plain(self.team)}" if self.team else "", plural(self.victims, "victim", "victims")
        waits = f": {many}, longest {plural(self.longest, 'day', 'days')} overdue" if self.victims > 1 else ""
        return f"With {self.officer}{team}{f', who {self.away}' if self.away else ''}{waits}"


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything the templates may use.

    `parts` maps each name of PARTS to its victims, at most `listed` of them in all. `more` counts the others.
    `requirements` are those owed in this letter.
    """

    day: str
    """The day of the letter, as text."""
    victims: int
    parts: Mapping[str, tuple[Entry, ...]]
    counts: Mapping[str, int]
    """The number of victims by what the letter says of them, listed or not; those on hold are in `hold` alone."""
    new: int
    """The number of victims of whom the letter says something new, under a contact hold or not."""
    new_on_hold: int
    """The number of those of them under a contact hold."""
    more: int
    with_officers: bool
    """Whether each stuck case has an officer."""
    to_ring: bool
    """Whether the reader must make contact: they have the case, or are notified in its officer's place."""
    to_see: bool
    """Whether the reader must see that someone makes contact: they do not have the case, and no hold is in force."""
    on_hold: bool
    """Whether a contact hold is in force for one of the victims."""
    requirements: tuple[Requirement, ...]
    policy_title: str
    policy_link: str | None
    counted_outcomes: tuple[str, ...]
    counted_methods: tuple[str, ...]
    attempts_count: bool
    """Whether the policy counts an attempt as an update."""
    read_at: str | None
    """When the crime system was last read to its end, as text."""
    holders: tuple[Holder, ...] = ()
    """The officers with stuck cases, the longest wait first."""
    support: tuple[Support, ...] = ()
    """Officers with repeated misses, in the weekly list; `officer` is what the email calls them."""
    safe_contact: str = SAFE_CONTACT

    @property
    def sections(self) -> list[tuple[str, tuple[Entry, ...]]]:
        """Return the headings, with their entries: what is stuck by officer, listed or not; what falls due by day."""
        found: list[tuple[str, tuple[Entry, ...]]] = []
        for name, entries in self.parts.items():
            if name == "stuck":
                found += [
                    (holder.heading, tuple(e for e in entries if e.holder == holder.ref)) for holder in self.holders
                ]
            elif name == "soon":
                by_day = groupby(sorted(entries, key=_first_due), _first_due)
                found += [(f"DUE {day:%A} {day.day} {day:%B}".upper(), tuple(due)) for day, due in by_day]
            elif entries:
                found.append((PARTS[name], entries))
        return found

    @property
    def clauses(self) -> list[str]:
        """Return the clauses of the rules on which the sentences rest: what counts, and those of the entries."""
        return sorted({"2.4"}.union(*(entry.clauses for entries in self.parts.values() for entry in entries)))

    @property
    def subject(self) -> str:
        """Return the subject: counts, what is new first, and the day. Nothing personal, and no two days alike."""
        if not self.victims:
            return f"{plural(len(self.support), 'officer', 'officers')} who may need support, {self.day}"
        said = [(count, what) for count, what in self._counted() if count]
        whole, short = self._name(said), self._name(said[:2])
        return whole if len(whole) <= _LONGEST_SUBJECT else short

    def _counted(self) -> list[tuple[int, str]]:
        """Return how many victims are in which way a matter of this letter, in order of what to read first."""
        counts = self.counts
        on_hold = [(self.new_on_hold, "new on hold"), (counts["hold"] - self.new_on_hold, "on hold")]
        if not self.to_ring and counts["stuck"] + counts["hold"] == self.victims:
            new = self.new - self.new_on_hold
            return [(new, "new"), *on_hold, (counts["stuck"] - new, "still waiting")]
        return [
            (counts["new"], "new"),
            *on_hold,
            (counts["handed"], "handed over"),
            (counts["closed"], f"{noun_of(counts['closed'], 'case')} closed"),
            (counts["waiting"], "still waiting"),
            (counts["soon"], "due soon"),
            (counts["stuck"], "with your officers" if self.with_officers else "waiting long"),
        ]

    def _name(self, said: Sequence[tuple[int, str]]) -> str:
        """Return a subject that gives these counts, and the victims in none of them as more."""
        more = self.victims - sum(count for count, _ in said)
        counted = ", ".join(f"{count} {what}" for count, what in [*said, *([(more, "more")] if more else [])])
        return f"{counted}: {noun_of(self.victims, 'victim')} {self._matter()}, {self.day}"

    def _matter(self) -> str:
        """Return what the victims are to the reader."""
        if self.to_ring:
            return "to update"
        if self.counts["stuck"] == self.victims:
            return "with your officers" if self.with_officers else "waiting long"
        return "needing your decision"


def _first_due(entry: Entry) -> date:
    """Return the earliest day on which something falls due."""
    return min(due.on for due in entry.owed)
