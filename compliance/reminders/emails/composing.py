"""Writing the letter to one person from the decisions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, assert_never
from urllib.parse import quote

from compliance.policy import Policy
from compliance.reminders.decisions import Decision
from compliance.reminders.emails.letter import PARTS, Due, Entry, Holder, Letter, PlanDay
from compliance.reminders.emails.obstacles import Obstacles
from compliance.reminders.emails.victim_sentences import (
    away,
    because,
    day_text,
    hold_line,
    last_update,
    plain,
    remarks,
)
from compliance.reminders.emails.who_else import Others, escalation
from compliance.reminders.history import accepted_about
from compliance.reminders.owed import Key, Owed, Standing
from compliance.reminders.recipients import Directory
from compliance.reminders.settings import ReminderSettings
from compliance.reminders.support_list import Support
from compliance.reminders.waiting import ATTEMPTED, Waiting
from compliance.store.notice_kinds import LadderStep, Reason


@dataclass(frozen=True, slots=True)
class LetterContext:
    """What a letter says in addition to the obligations.

    It holds when the crime system was last read, as text; why something is owed again; the directory, for who is away;
    officers with repeated misses; what there was no room for; and who else is notified.
    """

    read_at: str | None = None
    again: Mapping[Key, str] = field(default_factory=dict)
    directory: Directory | None = None
    support: Sequence[Support] = ()
    unlisted: Sequence[Decision] = ()
    others: Others = field(default_factory=Others)


NOTHING_ELSE: Final = LetterContext()
_PRESSING: Final = ("waiting", "closed", "stuck", "soon")


def write(
    listed: Sequence[Decision],
    policy: Policy,
    settings: ReminderSettings,
    today: date,
    context: LetterContext = NOTHING_ELSE,
) -> Letter:
    """Return the letter to one person: new items first, and the longest owed first in each part.

    Each victim is one entry, regardless of how much is owed to them. What is stuck with officers below the reader is
    listed as far as there is room, and counted by officer.
    """
    cases = _by_victim(listed)
    others = {waiting: found for waiting, found in _by_victim(context.unlisted).items() if waiting not in cases}
    parts: dict[str, list[Waiting]] = {name: [] for name in PARTS}
    for waiting, decisions in cases.items():
        parts[_part(decisions)].append(waiting)
    counts = Counter({name: len(parts[name]) for name in PARTS}) + Counter(_part(d) for d in others.values())
    holders = _holders(parts["stuck"], cases, today, context.directory)
    stuck = [*parts["stuck"], *(w for w, decisions in others.items() if _part(decisions) == "stuck")]
    room = max(settings.reminders.listed - sum(len(parts[name]) for name in PARTS if name != "stuck"), 0)
    whose = [holder.officer for holder in holders]  # group victims by officer
    parts["stuck"] = sorted(parts["stuck"][:room], key=lambda waiting: whose.index(waiting.officer_ref))
    writer = _Writer(policy, settings, today, context)
    owed_here = {decision.owed.requirement for decision in listed}
    requirements = tuple(r for r in policy.requirement if r.id in owed_here)
    return Letter(
        victims=len(cases) + len(others),
        parts={name: tuple(writer.entry(w, cases[w]) for w in parts[name]) for name in PARTS},
        counts={name: counts[name] for name in PARTS},
        more=len(cases) + len(others) - sum(len(waiting) for waiting in parts.values()),
        meant=_is_meant([*listed, *context.unlisted]),
        with_officers=all(waiting.officer_ref for waiting in stuck),
        to_ring=any(_is_to_ring(d) for d in listed),
        to_see=any(not _is_to_ring(d) for d in listed),
        requirements=requirements,
        policy_title=policy.title,
        counted_outcomes=tuple(policy.counted_outcomes),
        counted_methods=tuple(policy.counted_methods or ()),
        attempts_count=ATTEMPTED in policy.counted_outcomes,
        same_day=any(r.shows_same_day for r in requirements),
        read_at=context.read_at,
        escalation=tuple(escalation(listed, policy, settings.reminders, today, context.directory, context.others)),
        holders=holders if counts["stuck"] > min(len(parts["stuck"]), 1) else (),
        support=tuple(context.support),
        week=_week(cases, today),
    )


def _week(cases: Mapping[Waiting, Sequence[Decision]], today: date) -> tuple[PlanDay, ...]:
    """Return what falls due by the next week's plan, by day."""
    days: dict[date, list[str]] = {}
    for waiting, decisions in cases.items():
        for due in sorted({d.owed.due_date for d in decisions if d.step is LadderStep.DUE_SOON and d.owed.planned}):
            victim = f", victim {plain(waiting.victim_ref)}" if waiting.several else ""
            days.setdefault(due, []).append(plain(waiting.crime_ref) + victim)
    return tuple(PlanDay(day_text(day, today), tuple(days[day])) for day in sorted(days))


def _by_victim(decisions: Iterable[Decision]) -> dict[Waiting, list[Decision]]:
    cases: dict[Waiting, list[Decision]] = {}
    for decision in sorted(decisions, key=lambda d: d.owed.urgency):
        cases.setdefault(decision.owed.waiting, []).append(decision)
    return cases


def _holders(
    stuck: Iterable[Waiting], cases: Mapping[Waiting, Sequence[Decision]], today: date, directory: Directory | None
) -> tuple[Holder, ...]:
    """Return the officers who have the stuck cases, in the order of the victims."""
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
    """Return the heading for a victim: the most pressing of what the email says about them."""
    overdue = [d for d in decisions if d.step is LadderStep.OVERDUE]
    if new := [d for d in overdue if d.is_new]:
        return "handed" if all(_is_handed(d) for d in new) else "new"
    return "waiting" if overdue else min(map(_part_of_step, {d.step for d in decisions}), key=_PRESSING.index)


def _part_of_step(step: LadderStep) -> str:
    """Return the heading for a victim about whom the email says only one thing."""
    match step:
        case LadderStep.OVERDUE | LadderStep.AGAIN:
            return "waiting"
        case LadderStep.CLOSED:
            return "closed"
        case LadderStep.SUPERVISOR | LadderStep.CHAMPION:
            return "stuck"
        case LadderStep.DUE_SOON:
            return "soon"
        case _:
            assert_never(step)


def _is_meant(decisions: Sequence[Decision]) -> bool:
    """Return whether the reader has every case on which they must act, and there is at least one."""
    to_act = [decision for decision in decisions if not decision.step.is_escalation]
    return bool(to_act) and all(decision.own for decision in to_act)


def _is_to_ring(decision: Decision) -> bool:
    """Return whether the recipient must make contact themselves."""
    return not decision.step.is_escalation and decision.rerouted not in (
        Reason.NOBODY,
        Reason.CONTACT_HOLD,
        Reason.ATTEMPTS,
    )


def _is_handed(decision: Decision) -> bool:
    """Return whether it is notified for the first time to an officer who has just taken the case over."""
    return decision.is_new and decision.own and decision.owed.handed_over_on is not None


@dataclass(frozen=True, slots=True)
class _Writer:
    """What every entry of a letter needs."""

    policy: Policy
    settings: ReminderSettings
    today: date
    context: LetterContext

    def entry(self, waiting: Waiting, listed: Sequence[Decision]) -> Entry:
        link = self.settings.crime_link
        owed: dict[Key, Decision] = {}
        for decision in listed:
            owed.setdefault(decision.owed.key, decision)
        return Entry(
            crime=plain(waiting.crime_ref),
            link=link.replace("{crime_ref}", quote(waiting.crime_ref, safe="")) if link else None,
            victim=plain(waiting.victim_ref) if waiting.several else None,
            hold=hold_line(waiting.hold, self.today),
            owed=tuple(self._due(decision) for decision in owed.values()),
            last_update=last_update(waiting, self.today),
            remarks=tuple(self._sentences(waiting, listed, [d.owed for d in owed.values()])),
        )

    def _due(self, decision: Decision) -> Due:
        owed = decision.owed
        title = next(r.title for r in self.policy.requirement if r.id == owed.requirement)
        gently = decision.step is LadderStep.OVERDUE and (
            _is_handed(decision) or (decision.own and decision.is_new and self._obstacles(decision).excuses())
        )
        by = day_text(owed.due_date, self.today) + (f" at {owed.due_time}" if owed.due_time else "")
        return Due(title, by, None if gently else owed.days_over, owed.standing is Standing.OVERDUE)

    def _sentences(self, waiting: Waiting, listed: Sequence[Decision], owed: Sequence[Owed]) -> Iterator[str]:
        yield from because(listed, away(waiting.officer_ref, self.context.directory, self.today))
        if not any(decision.rerouted is Reason.CONTACT_HOLD for decision in listed):  # otherwise it is said already
            yield from list(dict.fromkeys(filter(None, map(self._describe_obstacles, listed))))[:1]
        yield from dict.fromkeys(self.context.again[o.key] for o in owed if o.key in self.context.again)
        yield from remarks(waiting, owed, self.today, own=any(d.own for d in listed))

    def _describe_obstacles(self, decision: Decision) -> str | None:
        days = self.settings.reminders.ladder_for(
            decision.owed.requirement, decision.owed.waiting.category
        ).supervisor_days
        return self._obstacles(decision).sentence(days)

    def _obstacles(self, decision: Decision) -> Obstacles:
        accepted = accepted_about(self.context.others.accepted, decision.owed)
        return Obstacles(decision, self.policy, self.today, self.context.directory, accepted)
