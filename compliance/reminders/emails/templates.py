"""Turning letters into emails with the force's templates, and checking the templates on invented letters."""

import re
import textwrap
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from compliance.errors import SettingsError
from compliance.mail import Rendered
from compliance.policy import Policy
from compliance.reminders.contact_holds import Hold, HoldSpan
from compliance.reminders.emails.composing import LetterContext, write
from compliance.reminders.emails.letter import SAFE_CONTACT, Due, Holder, Letter
from compliance.reminders.emails.victim_sentences import plain, plural
from compliance.reminders.ladder import Hindrance, Obstacle
from compliance.reminders.morning import Decision
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.settings import ReminderSettings
from compliance.reminders.support_list import Support
from compliance.reminders.waiting import Waiting
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.templating import Templates
from compliance.text import join_words

WIDTH: Final = 76
"""The width of a line of text: every email program shows it without breaking it."""


def render(letter: Letter, settings: ReminderSettings) -> Rendered:
    """Return a letter as subject, text and HTML.

    Raises SettingsError, naming the template and the line, if a template is broken, or omits the sentence on safe
    contact in a letter that covers a victim.
    """
    text = _fill_in(settings, "digest.txt.j2", letter)
    html = _fill_in(settings, "digest.html.j2", letter)
    return Rendered(letter.subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html.strip() + "\n")


def _fill_in(settings: ReminderSettings, name: str, letter: Letter) -> str:
    folder, can_reply = settings.templates, settings.mail.replies_to is not None
    result = _templates(folder).fill(name, letter=letter, can_reply=can_reply)
    if letter.victims and SAFE_CONTACT not in " ".join(result.split()):
        raise SettingsError(
            f"{folder / name}: the sentence on safe contact is missing; put {{{{ letter.safe_contact }}}} back"
        )
    return result


@lru_cache
def _templates(folder: Path) -> Templates:
    return Templates(
        folder, {"fill": _fill, "when": describe_due, "plural": plural, "listing": _join_with_or, "whose": _whose}
    )


@lru_cache(maxsize=4096)  # most sentences are in every email
def _fill(text: Any, indent: int = 0, hanging: int | None = None) -> str:
    """Return a paragraph in lines of at most WIDTH characters.

    The first line is indented by `indent`, the others by `hanging`.
    """
    return textwrap.fill(
        str(text).strip(),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def describe_due(due: Due) -> str:
    """Return the due date in words: `due 9 June, 3 days ago`."""
    if due.days_over is None:
        return f"due {due.by}"
    if due.days_over > 0:
        return f"due {due.by}, {plural(due.days_over, 'day', 'days')} ago"
    if due.is_overdue:
        return f"was due {due.by}, today"
    when = {0: "today", -1: "tomorrow"}.get(due.days_over, f"in {plural(-due.days_over, 'day', 'days')}")
    return f"due {due.by}, {when}"


def _whose(of: Holder | Support) -> str:
    """Return an officer with their team: `PC Sarah Ahmed (1042), North 1`."""
    return (of.officer or "Nobody") + (f", {plain(of.team)}" if of.team else "")


def _join_with_or(texts: Any) -> str:
    """Return texts joined as `a`, `a or b` or `a, b or c`."""
    return join_words([str(text) for text in texts], "or")


TODAY: Final = date(2026, 6, 10)
_DUE: Final = date(2026, 6, 2)
_ADDED: Final = date(2026, 5, 26)
_VICTIM: Final = Waiting(
    crime_ref="22/1/26", victim_ref="V1", several=True, officer_ref="1",
    hold=Hold(True, TODAY, True, ("as recorded",), _DUE, True, (HoldSpan(_DUE, TODAY),)),
    reported_on=_ADDED, last_update=None, attempts=(_DUE, TODAY), uncounted=(_DUE,), added_on=_ADDED,
    too_early=date(2026, 5, 20),
)  # fmt: skip
_SAMPLES: Final = (
    *((step, Reason.NEW, None) for step in LadderStep if step is not LadderStep.AGAIN),
    (LadderStep.OVERDUE, Reason.STILL_WAITING, None),
    (LadderStep.OVERDUE, Reason.NEW, Reason.ABSENT),
)
_SUPPORT: Final = (Support("1", "North 1", 5, 8), Support("2", None, 3, 9))
_OBSTACLES: Final = tuple(Obstacle(what, _DUE, TODAY) for what in Hindrance)
_STANDING: Final = {LadderStep.DUE_SOON: Standing.DUE_SOON, LadderStep.CLOSED: Standing.CLOSED}


def check_templates(policy: Policy, settings: ReminderSettings) -> None:
    """Try the templates on letters that contain everything, and on letters that contain hardly anything.

    Raises SettingsError, naming the template and the line, if a template is broken or omits the sentence on safe
    contact.
    """
    decisions = sample(policy)
    again = {decisions[0].owed.key: "Contact is owed again."}
    one = settings.reminders.model_copy(update={"listed": 1})
    without, link = settings.mail.model_copy(update={"reply_to": None}), "https://crimes.example/{crime_ref}"
    bare = replace(settings, reminders=one, mail=without, crime_link=None)
    full = replace(settings, mail=without.model_copy(update={"reply_to": settings.mail.sender}), crime_link=link)
    escalated, soon = (
        [d for d in decisions if d.step.is_escalation],
        [d for d in decisions if d.step is LadderStep.DUE_SOON],
    )
    for part in (decisions, escalated, soon, []):
        everything = LetterContext("Wednesday 10 June at 06:45", again, support=_SUPPORT)
        render(write(part, policy, full, TODAY, everything), full)
        render(write(part, policy, bare, TODAY, LetterContext(support=_SUPPORT[:1])), bare)


def sample(policy: Policy) -> list[Decision]:
    """Return every step of the ladder, new and repeated, to the intended recipient and to another; and a handover."""
    found = []
    for number, (step, reason, rerouted) in enumerate(_SAMPLES):
        waiting = replace(_VICTIM, victim_ref=f"V{number}")
        if step is LadderStep.CLOSED:
            waiting = replace(waiting, is_open=False, closed_on=TODAY)
        found += _of(waiting, policy, step, reason, rerouted)
    handed = replace(_VICTIM, victim_ref="V9", officer_since=TODAY - timedelta(days=1))
    return found + _of(handed, policy, LadderStep.OVERDUE, Reason.NEW)


def _of(
    waiting: Waiting, policy: Policy, step: LadderStep, reason: Reason, rerouted: Reason | None = None
) -> list[Decision]:
    """Return everything a policy's requirements owe to a victim, at one step of the ladder."""
    due = TODAY + timedelta(days=2) if step is LadderStep.DUE_SOON else _DUE
    return [
        Decision(
            Owed(
                waiting=waiting, requirement=requirement.id, cycle=3, clock_date=waiting.reported_on, due_date=due,
                days_over=(TODAY - due).days, same_day=requirement.shows_same_day, spell=1,
                standing=_STANDING.get(step, Standing.OVERDUE), missed_before=2, first_due=_DUE,
                planned=step is LadderStep.DUE_SOON,
            ),
            "1", Outcome.SENT, reason, step, rerouted, _OBSTACLES,
        )
        for requirement in policy.requirement
    ]  # fmt: skip
