"""Writing the letter to one person from the decisions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, assert_never
from urllib.parse import quote

from compliance.policy import Policy
from compliance.reminders.emails.letter import PARTS, Due, Entry, Holder, Letter
from compliance.reminders.emails.obstacles import Obstacles
from compliance.reminders.emails.victim_sentences import (
    CardLabel,
    EntryRemark,
    away,
    because,
    day_text,
    describe_obstacles,
    hold_line,
    last_update,
    officer_text,
    plain,
    remarks,
)
from compliance.reminders.emails.who_else import Others, who_else
from compliance.reminders.history import accepted_about
from compliance.reminders.morning import Decision
from compliance.reminders.owed import Key, Owed, Standing
from compliance.reminders.recipients import Directory
from compliance.reminders.settings import ReminderSettings
from compliance.reminders.support_list import Support
from compliance.reminders.waiting import ATTEMPTED, Waiting
from compliance.store.kept.notice_kinds import LadderStep, Reason


@dataclass(frozen=True, slots=True)
class LetterContext:
    """What a letter says in addition to the obligations.

    It holds when the crime system was last read, as text; why something is owed again; the directory, for who is away;
    officers with repeated misses; what there was no room for; who else is notified; and sentences on the reader's own
    disputes, by (crime, victim).
    """

    read_at: str | None = None
    again: Mapping[Key, str] = field(default_factory=dict)
    directory: Directory | None = None
    support: Sequence[Support] = ()
    unlisted: Sequence[Decision] = ()
    others: Others = field(default_factory=Others)
    queries: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


NOTHING_ELSE: Final = LetterContext()
_PRESSING: Final = ("waiting", "closed", "stuck", "soon")


def write(
    listed: Sequence[Decision],
    policy: Policy,
    settings: ReminderSettings,
    today: date,
    context: LetterContext = NOTHING_ELSE,
) -> Letter:
    """Return the letter to one person: victims under a contact hold first, then new items, the longest owed first.

    Each victim is one entry, regardless of how much is owed to them. What is stuck with officers below the reader is
    listed as far as there is room, open cases first, and counted by officer.
    """
    cases = _by_victim(listed)
    unlisted = {decision.owed.waiting for decision in context.unlisted} - set(cases)
    kinds: dict[str, list[Waiting]] = {name: [] for name in PARTS}
    for waiting, decisions in cases.items():
        kinds[_part(decisions)].append(waiting)
    parts = {name: [waiting for waiting in kinds[name] if not waiting.hold.now] for name in PARTS}
    counts = {name: len(parts[name]) for name in PARTS} | {"hold": sum(waiting.hold.now for waiting in cases)}
    for waits in parts.values():
        waits.sort(key=lambda waiting: not waiting.is_enhanced)
    room = max(settings.reminders.listed - sum(len(kinds[name]) for name in PARTS if name != "stuck"), 0)
    named = sorted(kinds["stuck"], key=lambda waiting: (not waiting.hold.now, not waiting.is_open))[:room]
    parts["hold"] = [w for w in cases if w.hold.now and (w in named or w not in kinds["stuck"])]
    stuck = [waiting for waiting in kinds["stuck"] if waiting not in parts["hold"]]
    whose = list(dict.fromkeys(waiting.officer_ref for waiting in stuck))  # group victims by officer
    parts["stuck"] = sorted((w for w in stuck if w in named), key=lambda waiting: whose.index(waiting.officer_ref))
    new = [waiting for waiting, decisions in cases.items() if any(decision.is_new for decision in decisions)]
    writer = _Writer(policy, settings, today, context)
    owed_here = {decision.owed.requirement for decision in listed}
    return Letter(
        day=day_text(today, today),
        victims=len(cases) + len(unlisted),
        parts={name: tuple(writer.entry(w, cases[w]) for w in parts[name]) for name in PARTS},
        counts=counts,
        new=len(new),
        new_on_hold=sum(waiting.hold.now for waiting in new),
        more=len(cases) + len(unlisted) - sum(len(waiting) for waiting in parts.values()),
        with_officers=all(waiting.officer_ref for waiting in kinds["stuck"]),
        to_ring=any(_is_to_ring(d) for d in listed),
        to_see=any(not _is_to_ring(d) and not d.owed.waiting.hold.now for d in listed),
        on_hold=any(waiting.hold.now for waiting in cases),
        requirements=tuple(r for r in policy.requirement if r.id in owed_here),
        policy_title=policy.title,
        policy_link=settings.reminders.policy_link,
        counted_outcomes=tuple(policy.counted_outcomes),
        counted_methods=tuple(policy.counted_methods or ()),
        attempts_count=ATTEMPTED in policy.counted_outcomes,
        read_at=context.read_at,
        holders=_holders(stuck, cases, today, context.directory),
        support=tuple(replace(s, officer=_call(s.officer, context.directory)) for s in context.support),
    )


def write_entries(
    listed: Sequence[Decision], policy: Policy, settings: ReminderSettings, today: date, context: LetterContext
) -> dict[Waiting, Entry]:
    """Return the entries that a letter would have, whatever there is room for, the longest owed first."""
    writer = _Writer(policy, settings, today, context)
    return {waiting: writer.entry(waiting, decisions) for waiting, decisions in _by_victim(listed).items()}


def _by_victim(decisions: Iterable[Decision]) -> dict[Waiting, list[Decision]]:
    cases: dict[Waiting, list[Decision]] = {}
    for decision in sorted(decisions, key=lambda d: d.owed.urgency):
        cases.setdefault(decision.owed.waiting, []).append(decision)
    return cases


def _by_label(remarks: Sequence[EntryRemark]) -> Iterator[tuple[CardLabel, tuple[str, ...]]]:
    """Yield the sentences of a card under each label that has any."""
    for label in CardLabel:
        if said := tuple(remark.text for remark in remarks if remark.label is label):
            yield label, said


def _call(officer: str, directory: Directory | None) -> str:
    """Return what an email calls an officer at the beginning of a sentence."""
    name = officer_text(officer, directory)
    return f"{name[0].upper()}{name[1:]}"


def _holders(
    stuck: Iterable[Waiting], cases: Mapping[Waiting, Sequence[Decision]], today: date, directory: Directory | None
) -> tuple[Holder, ...]:
    """Return the officers who have the stuck cases, in the order of the victims."""
    of: dict[str | None, list[Waiting]] = {}
    for waiting in stuck:
        of.setdefault(waiting.officer_ref, []).append(waiting)
    return tuple(
        Holder(
            ref=officer,
            officer="nobody" if officer is None else officer_text(officer, directory),
            team=mine[0].team,
            victims=len(mine),
            longest=max(decision.owed.days_missed for waiting in mine for decision in cases[waiting]),
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
        items, own = [decision.owed for decision in owed.values()], any(decision.own for decision in listed)
        way = tuple(self._in_the_way(waiting, listed, items, own=own))
        found = tuple(remarks(waiting, items, self.today, own=own))
        told = tuple(self._told(listed))
        return Entry(
            crime=plain(waiting.crime_ref),
            link=link.replace("{crime_ref}", quote(waiting.crime_ref, safe="")) if link else None,
            victim=plain(waiting.victim_ref) if waiting.several else None,
            enhanced=waiting.is_enhanced,
            hold=hold_line(waiting.hold, self.today),
            owed=tuple(self._due(decision) for decision in owed.values()),
            last_update=last_update(waiting, self.today),
            in_the_way=tuple(remark.text for remark in way),
            remarks=tuple(remark.text for remark in found),
            clauses=frozenset(remark.clause for remark in (*way, *found) if remark.clause),
            holder=waiting.officer_ref,
            told=tuple(remark.text for remark in told),
            lines=tuple(_by_label((*way, *found, *told))),
        )

    def _told(self, listed: Sequence[Decision]) -> Iterator[EntryRemark]:
        """Yield from when the reader's time runs, and who else is told."""
        context = self.context
        for said in dict.fromkeys(said for decision in listed if (said := self._obstacles(decision).runs_from())):
            yield EntryRemark(said, label=CardLabel.NOTE)
        rules = self.settings.reminders
        for said in who_else(listed, self.policy, rules, self.today, context.directory, context.others):
            yield EntryRemark(said, label=CardLabel.NEXT)

    def _due(self, decision: Decision) -> Due:
        owed = decision.owed
        title = next(r.title for r in self.policy.requirement if r.id == owed.requirement)
        gently = decision.step is LadderStep.OVERDUE and (
            _is_handed(decision) or (decision.own and decision.is_new and self._obstacles(decision).excuses())
        )
        by = day_text(owed.due_date, self.today) + (f" at {owed.due_time}" if owed.due_time else "")
        return Due(title, owed.due_date, by, None if gently else owed.days_over, owed.standing is Standing.OVERDUE)

    def _in_the_way(
        self, waiting: Waiting, listed: Sequence[Decision], owed: Sequence[Owed], *, own: bool
    ) -> Iterator[EntryRemark]:
        grouped = _part(listed) == "stuck" and not waiting.hold.now  # under a heading that says who has the case
        yield from because(listed, self.context.directory, self.today, with_officer=not grouped)
        if not any(decision.rerouted is Reason.CONTACT_HOLD for decision in listed):  # otherwise it is said already
            yield from map(EntryRemark, list(dict.fromkeys(filter(None, map(self._describe_obstacles, listed))))[:1])
        again = self.context.again
        for said in dict.fromkeys(again[o.key] for o in owed if o.key in again):
            yield EntryRemark(said, label=CardLabel.WHY)
        for said in self.context.queries.get((waiting.crime_ref, waiting.victim_ref), ()):
            yield EntryRemark(said, label=CardLabel.QUERY)
        yield from describe_obstacles(waiting, owed, self.today, own=own)

    def _describe_obstacles(self, decision: Decision) -> str | None:
        days = self.settings.reminders.ladder_for(
            decision.owed.requirement, decision.owed.waiting.category
        ).supervisor_days
        return self._obstacles(decision).sentence(days)

    def _obstacles(self, decision: Decision) -> Obstacles:
        accepted = accepted_about(self.context.others.accepted, decision.owed)
        return Obstacles(decision, self.policy, self.today, self.context.directory, accepted)
