"""Deciding who is notified of what today, with a named reason for everything considered.

    owed -> which steps of the ladder have been reached -> did it fall due before the start -> is our data fresh
         -> is it news -> may the officer be notified, or who in their place -> one digest per person -> notified

Each stage is a small named function that may decide. The first stage that answers decides; what passes all of them is
notified. Held and suppressed are deliveries, never states: the obligation stays outstanding (decision 0019).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from compliance.reminders.digest_sharing import share_digest
from compliance.reminders.morning import Decision, Morning
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.recipients import Route
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason

Answer = tuple[Outcome, Reason]
"""What a stage decides, and why."""


def instead_of_officer(owed: Owed, about: Morning) -> Reason | None:
    """Return the reason to notify the supervisor instead of an officer who could be notified, or None.

    No officer is pushed into a contact that may be unsafe, or to keep trying without end. Their supervisor decides.
    """
    if owed.waiting.hold.now:
        return Reason.CONTACT_HOLD
    return Reason.ATTEMPTS if len(owed.waiting.attempts) >= about.rules.attempts else None


def route(owed: Owed, step: LadderStep, about: Morning) -> Route:
    """Return who is notified of a step."""
    match step:
        case LadderStep.DUE_SOON | LadderStep.OVERDUE | LadderStep.AGAIN | LadderStep.CLOSED:
            return _to_officer(owed, step, about)
        case LadderStep.SUPERVISOR:
            return about.directory.to_supervisor(owed.waiting)
        case LadderStep.CHAMPION:
            return about.directory.to_champion(owed.waiting)
        case _:
            assert_never(step)


def _to_officer(owed: Owed, step: LadderStep, about: Morning) -> Route:
    """Return the route to the officer, or in their place; what can wait is held during a short absence."""
    directory, officer, instead = about.directory, owed.waiting.officer_ref, instead_of_officer(owed, about)
    if instead and step is LadderStep.DUE_SOON:
        return Route(None, instead)
    if not instead and officer and directory.problem(officer) is Reason.ABSENT:
        back = directory.back_on(officer)
        latest = about.today + timedelta(days=about.rules.absence_held_days)
        if back and (about.opens(back) <= owed.due_date if step is LadderStep.DUE_SOON else back <= latest):
            return Route(None, Reason.ABSENT)
    return directory.to_officer(owed.waiting, instead)


def before_start(owed: Owed, _: LadderStep, about: Morning) -> Answer | None:
    """Suppress what fell due before the service started: it is reported but never emailed."""
    return (Outcome.SUPPRESSED, Reason.BEFORE_START) if owed.due_date < about.rules.due_from else None


def on_old_data(_: Owed, step: LadderStep, about: Morning) -> Answer | None:
    """Hold everything while our data is old. After a gap, officers first get a day to record what they did."""
    if about.silence:
        return Outcome.HELD, about.silence
    return (Outcome.HELD, Reason.RECOVERING) if about.recovering and not step.is_escalation else None


def no_news(owed: Owed, step: LadderStep, about: Morning) -> Answer | None:
    """Suppress "due soon" for a victim who already has an overdue update: one contact is owed at once."""
    return (
        (Outcome.SUPPRESSED, Reason.WAITING_ALREADY)
        if step is LadderStep.DUE_SOON and owed.waiting.key in about.waiting
        else None
    )


STAGES: Final = (before_start, on_old_data, no_news)
"""The stages, in order; then the recipient is chosen, and each person gets one digest a day."""


def steps(owed: Owed, about: Morning) -> Iterator[LadderStep]:
    """Return the steps of the ladder that have been reached."""
    if owed.standing is Standing.DUE_SOON:
        yield LadderStep.DUE_SOON
        return
    yield LadderStep.CLOSED if owed.standing is Standing.CLOSED else LadderStep.OVERDUE
    if owed.due_date < about.rules.due_from:
        return
    if about.is_supervisor_due(owed):
        yield LadderStep.SUPERVISOR
    if about.is_champion_due(owed):
        yield LadderStep.CHAMPION


def decide(owed: Iterable[Owed], about: Morning) -> list[Decision]:
    """Return the decisions on everything owed: exactly one per step reached, and at least one per obligation."""
    owed = list(owed)
    overdue = (o for o in owed if o.standing is Standing.OVERDUE and o.due_date >= about.rules.due_from)
    about = replace(about, waiting=frozenset(o.waiting.key for o in overdue))
    decisions: list[Decision] = []
    to_notify: dict[str, list[Decision]] = defaultdict(list)
    for item, step in [(one, step) for one in owed for step in steps(one, about)]:
        decision = _decide_alone(item, step, about)
        if decision.outcome is Outcome.SENT:
            to_notify[decision.recipient_ref].append(decision)
        else:
            decisions.append(decision)
    for recipient in sorted(to_notify):
        decisions += share_digest(recipient, to_notify[recipient], about)
    return decisions


def _decide_alone(item: Owed, step: LadderStep, about: Morning) -> Decision:
    """Return the decision on one step by itself: who can be notified, or why no one can."""
    officer = item.waiting.officer_ref or ""
    if answer := next((answer for stage in STAGES if (answer := stage(item, step, about))), None):
        return Decision(item, officer, *answer, step)
    found = route(item, step, about)
    if item.early and not item.planned and found.why:  # it can wait for the officer
        return Decision(item, officer, Outcome.SUPPRESSED, Reason.NOT_YET, step)
    if found.recipient_ref is None:
        assert found.why is not None  # noqa: S101  # a route says why it leads to nobody
        return Decision(item, officer, Outcome.HELD, found.why, step, since=found.since)
    return decide_to_notify(item, step, found.recipient_ref, found)


def decide_to_notify(item: Owed, step: LadderStep, recipient: str, found: Route) -> Decision:
    """Return the decision to notify a recipient of a step for the first time."""
    return Decision(item, recipient, Outcome.SENT, Reason.NEW, step, found.why, rerouted_since=found.since)
