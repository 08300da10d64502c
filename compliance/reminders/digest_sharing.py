"""What of everything that one person is to be told goes into their one digest today, and what waits.

A digest is sent if something in it is new or due to be repeated; then other things go along.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from compliance.reminders.morning import Decision, Morning, attach_obstacles
from compliance.reminders.recipients import Role
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason


def share_digest(recipient: str, matters: Sequence[Decision], about: Morning) -> list[Decision]:
    """Return the decisions on one person's digest: it is sent if something is new or due to be repeated."""
    days = [about.history.notified_on(recipient, matter.owed, matter.step) for matter in matters]
    due = [_is_due(recipient, matter, day, about) for matter, day in zip(matters, days, strict=True)]
    along = [_goes_along(recipient, matter, day, about) for matter, day in zip(matters, days, strict=True)]
    nothing = recipient in about.history.today or not any(due)
    room = about.rules.listed - _room_for_stuck(matters, due, about.rules.listed)
    fits = _select_victims(matters, days, due, along, room)
    decisions = []
    for matter, day, is_due, goes_along in zip(matters, days, due, along, strict=True):
        if nothing or not (is_due or goes_along):
            reason, since = _why_not_today(recipient, matter, day, is_due, about)
            decisions.append(replace(matter, outcome=Outcome.SUPPRESSED, reason=reason, since=since))
        elif not matter.step.is_escalation and matter.owed.waiting.key not in fits:
            decisions.append(replace(matter, outcome=Outcome.SUPPRESSED, reason=Reason.NO_ROOM))
        else:
            reason = Reason.NEW if day is None else Reason.STILL_WAITING
            decisions.append(attach_obstacles(replace(matter, reason=reason), about))
    return decisions


def _why_not_today(
    recipient: str, matter: Decision, notified_on: date | None, is_due: bool, about: Morning
) -> tuple[Reason, date | None]:
    """Return why a matter is not notified today, with the date of that reason."""
    if notified_on is not None:
        return Reason.NOTIFIED_BEFORE, notified_on
    if not is_due and (known := about.known_since(recipient, matter.owed, matter.step)):
        return Reason.NO_NEWS, known
    return (Reason.DIGEST_TODAY if is_due else Reason.NOT_YET), None


def _select_victims(
    matters: Sequence[Decision], days: Sequence[date | None], due: Sequence[bool], along: Sequence[bool], room: int
) -> set[tuple[str, str]]:
    """Return the victims named in a digest to the person who must act.

    New items come before repeated ones, then those that only go along, and what is not yet due after all of them; each
    group is ordered by how long it has been owed. The next digest names the others. Supervisors and champions get
    theirs as numbers by officer.
    """
    ranked = sorted(
        ((m.step is LadderStep.DUE_SOON, not is_due, day is not None), m.owed.urgency, m.owed.waiting.key)
        for m, day, is_due, goes_along in zip(matters, days, due, along, strict=True)
        if not m.step.is_escalation and (is_due or goes_along)
    )
    return set(list(dict.fromkeys(victim for _, _, victim in ranked))[:room])


def _room_for_stuck(matters: Sequence[Decision], due: Sequence[bool], listed: int) -> int:
    """Return how many places are reserved for stuck victims, so that a reader with many of their own sees them too."""
    own = {m.owed.waiting.key for m in matters if not m.step.is_escalation}
    stuck = {m.owed.waiting.key for m, is_due in zip(matters, due, strict=True) if m.step.is_escalation and is_due}
    return min(len(stuck - own), max(listed // 4, 1)) if listed > 1 else 0


def _is_due(recipient: str, matter: Decision, notified_on: date | None, about: Morning) -> bool:
    """Return whether a matter makes an email: it is new, or due to be repeated.

    What falls due soon does so once it is announced, or as part of the week's plan. It does not for a leader in the
    officer's place, unless the victim is an enhanced one: it is not theirs to act on until it is overdue. What is no
    news waits for the next of the digest days (`Morning.known_since`).
    """
    if notified_on is not None:
        return _is_repeat_due(matter, notified_on, about)
    if known := about.known_since(recipient, matter.owed, matter.step):
        return (about.digest_day or about.today) > known
    waiting, can_wait = matter.owed.waiting, matter.step is LadderStep.DUE_SOON and matter.rerouted is not None
    if can_wait and not waiting.is_enhanced and about.directory.role(recipient, waiting) is not Role.COVERS:
        return False
    return not matter.owed.early or (matter.owed.planned and about.owes_plan(recipient))


def _goes_along(recipient: str, matter: Decision, notified_on: date | None, about: Morning) -> bool:
    """Return whether a matter goes along with others.

    New items bring along what falls due soon and, on the days for what is not new, what an officer still owes. The
    week's plan has everything that falls due. Supervisors and champions are notified by exception.
    """
    if matter.step is LadderStep.DUE_SOON:
        return notified_on is None or (matter.owed.planned and about.owes_plan(recipient))
    if matter.step.is_escalation:
        return False
    return notified_on is None or (matter.step is LadderStep.OVERDUE and about.digest_day in (None, about.today))


def _is_repeat_due(matter: Decision, notified_on: date, about: Morning) -> bool:
    """Return whether a notification of an earlier day is due to be repeated.

    Only overdue updates are repeated: to the person who must act on the first of the digest days (`digest_days`) after
    `repeat_days`, and in the weekly list to supervisors and champions.
    """
    if matter.step.is_escalation:
        return about.list_day is not None and notified_on < about.list_day
    if matter.step is not LadderStep.OVERDUE:
        return False
    return (about.digest_day or about.today) >= notified_on + timedelta(days=about.ladder(matter.owed).repeat_days)
