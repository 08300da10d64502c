"""What a digest tells: the victims who wait for one person, as the templates see them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from urllib.parse import quote

from compliance.policy import Policy, Requirement
from compliance.reminders.escalation import escalation
from compliance.reminders.owed import Key, Owed
from compliance.reminders.routing import NOBODY, Directory
from compliance.reminders.rules import ReminderRules
from compliance.reminders.staff import Support
from compliance.reminders.stages import (
    ATTEMPTS,
    CLOSED,
    CONTACT_HOLD,
    DUE_SOON,
    LEADERS,
    OVERDUE,
    Decision,
)
from compliance.reminders.waiting import Waiting
from compliance.reminders.words import away, because, day_text, last_update, plain, plural, remarks

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
    """One victim who waits: `victim` only where the crime has several. `remarks` are whole sentences."""

    crime: str
    link: str | None
    victim: str | None
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
    """Whether something is with the reader because they have the case."""
    to_ring: bool
    """Whether the reader is to make contact: they have the case, or stand in for the officer who has it."""
    to_see: bool
    """Whether the reader is to see that somebody does: it is with their officers or nobody, or theirs to decide."""
    requirements: tuple[Requirement, ...]
    policy_title: str
    counted_outcomes: tuple[str, ...]
    counted_methods: tuple[str, ...]
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
        return [(PARTS[name], entries) for name, entries in self.parts.items() if entries]

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
        said = [
            (overdue, waiting),
            (counts["soon"], "due soon" if overdue else f"due an update{you} soon"),
            (
                counts["stuck"],
                "waiting with your officers"
                if overdue + counts["soon"]
                else "waiting for an update from your officers",
            ),
        ]
        (number, what), *others = [each for each in said if each[0]]
        first = f"{'1 victim is' if number == 1 else f'{number} victims are'} {what}"
        return ", ".join([first, *(f"{number} {what}" for number, what in others)])


@dataclass(frozen=True, slots=True)
class Told:
    """What is told besides the obligations: when the crime system was last read, as text; why something is owed
    again; who is away; officers with repeated misses; for what there was no room."""

    read_at: str | None = None
    again: Mapping[Key, str] = field(default_factory=dict)
    directory: Directory | None = None
    support: Sequence[Support] = ()
    unlisted: Sequence[Decision] = ()


NOTHING_ELSE: Final = Told()


def write(
    told: Sequence[Decision], policy: Policy, rules: ReminderRules, today: date, besides: Told = NOTHING_ELSE
) -> Letter:
    """The letter to one person out of what they are told: what is new first, in each part the longest owed first.

    One victim is one entry, whatever is owed to them. What is stuck with a leader's officers is listed as far as there
    is room, and counted by officer.
    """
    cases = _by_victim(told)
    others = {waiting: found for waiting, found in _by_victim(besides.unlisted).items() if waiting not in cases}
    parts: dict[str, list[Waiting]] = {name: [] for name in PARTS}
    for waiting, decisions in cases.items():
        parts[_part(decisions)].append(waiting)
    counts = Counter({name: len(parts[name]) for name in PARTS}) + Counter(_part(d) for d in others.values())
    holders = _holders(parts["stuck"], cases, today, besides.directory)
    room = max(rules.listed - sum(len(parts[name]) for name in PARTS if name != "stuck"), 0)
    whose = [holder.officer for holder in holders]  # together what is with one officer
    parts["stuck"] = sorted(parts["stuck"][:room], key=lambda waiting: whose.index(waiting.officer_ref))
    writer = _Writer(policy, rules, today, besides)
    owed_here = {decision.owed.requirement for decision in told}
    requirements = tuple(r for r in policy.requirement if r.id in owed_here)
    return Letter(
        victims=len(cases) + len(others),
        parts={name: tuple(writer.entry(w, cases[w]) for w in parts[name]) for name in PARTS},
        counts={name: counts[name] for name in PARTS},
        more=len(cases) + len(others) - sum(len(waiting) for waiting in parts.values()),
        meant=any(d.own for d in told),
        to_ring=any(_is_to_ring(d) for d in told),
        to_see=any(not _is_to_ring(d) for d in told),
        requirements=requirements,
        policy_title=policy.title,
        counted_outcomes=tuple(policy.counted_outcomes),
        counted_methods=tuple(policy.counted_methods or ()),
        same_day=any(r.shows_same_day for r in requirements),
        read_at=besides.read_at,
        escalation=tuple(escalation(told, policy, rules, today, besides.directory)),
        holders=holders if counts["stuck"] > 1 else (),
        support=tuple(besides.support),
    )


def _by_victim(decisions: Iterable[Decision]) -> dict[Waiting, list[Decision]]:
    cases: dict[Waiting, list[Decision]] = {}
    for decision in sorted(decisions, key=lambda d: d.owed.urgency):
        cases.setdefault(decision.owed.waiting, []).append(decision)
    return cases


def _holders(
    stuck: Iterable[Waiting], cases: Mapping[Waiting, Sequence[Decision]], today: date, directory: Directory | None
) -> tuple[Holder, ...]:
    """With whom what is stuck is, in the order in which the victims come."""
    of: dict[str | None, list[Waiting]] = {}
    for waiting in stuck:
        of.setdefault(waiting.officer_ref, []).append(waiting)
    return tuple(
        Holder(
            officer=officer,
            team=mine[0].team,
            victims=len(mine),
            longest=max(decision.owed.days_over for waiting in mine for decision in cases[waiting]),
            away=away(officer, directory, today),
        )
        for officer, mine in of.items()
    )


def _part(decisions: Iterable[Decision]) -> str:
    """Under which heading a victim stands: the most pressing of what is told of them."""
    overdue = [d for d in decisions if d.step == OVERDUE]
    if new := [d for d in overdue if d.is_new]:
        return "handed" if all(_is_handed(d) for d in new) else "new"
    if overdue:
        return "waiting"
    steps = {d.step for d in decisions}
    return "closed" if CLOSED in steps else "soon" if steps == {DUE_SOON} else "stuck"


def _is_to_ring(decision: Decision) -> bool:
    """Whether whoever is told is to make contact themselves."""
    return decision.step not in LEADERS and decision.rerouted not in (NOBODY, CONTACT_HOLD, ATTEMPTS)


def _is_handed(decision: Decision) -> bool:
    """Whether it is told for the first time to somebody who has just taken the case over."""
    return decision.is_new and decision.own and decision.owed.taken_over is not None


@dataclass(frozen=True, slots=True)
class _Writer:
    """What every entry of a letter needs."""

    policy: Policy
    rules: ReminderRules
    today: date
    besides: Told

    def entry(self, waiting: Waiting, told: Sequence[Decision]) -> Entry:
        link = self.rules.crime_link
        owed: dict[Key, Decision] = {}
        for decision in told:
            owed.setdefault(decision.owed.key, decision)
        return Entry(
            crime=plain(waiting.crime_ref),
            link=link.replace("{crime_ref}", quote(waiting.crime_ref, safe="")) if link else None,
            victim=plain(waiting.victim_ref) if waiting.several else None,
            owed=tuple(self._due(decision) for decision in owed.values()),
            last_update=last_update(waiting, self.today),
            remarks=tuple(self._sentences(waiting, told, [d.owed for d in owed.values()])),
        )

    def _due(self, decision: Decision) -> Due:
        owed = decision.owed
        title = next(r.title for r in self.policy.requirement if r.id == owed.requirement)
        gently = decision.step == OVERDUE and _is_handed(decision)
        return Due(title, day_text(owed.due_date, self.today), None if gently else owed.days_over)

    def _sentences(self, waiting: Waiting, told: Sequence[Decision], owed: Sequence[Owed]) -> Iterator[str]:
        yield from because(told, away(waiting.officer_ref, self.besides.directory, self.today))
        yield from dict.fromkeys(self.besides.again[o.key] for o in owed if o.key in self.besides.again)
        yield from remarks(waiting, owed, self.today, own=any(d.own for d in told))
