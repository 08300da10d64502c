"""Sentences on why something is owed again: an update removed, a date corrected, a case reopened."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from sqlalchemy import select
from sqlmodel import Session

from compliance.policy import Policy
from compliance.reminders.emails.victim_sentences import day_text
from compliance.reminders.owed import Key
from compliance.store.dialect import chunks
from compliance.store.tables import TRANSITION, Transition
from compliance.store.transitions import SET_ASIDE

_DISCHARGED = ("met", "late")


def explain_owed_again(session: Session, policy: Policy, crime_refs: Sequence[str], today: date) -> dict[Key, str]:
    """Return a sentence for each obligation of these crimes that became overdue again.

    It had been discharged, written off or set aside, or was owed with another date.
    """
    rows: list[Transition] = []
    for part in chunks(crime_refs):
        asked = select(TRANSITION).where(TRANSITION.c.crime_ref.in_(part)).order_by(TRANSITION.c.id)
        rows += cast("list[Transition]", session.execute(asked).all())
    repeating = {requirement.id for requirement in policy.requirement if requirement.repeat_every}
    found: dict[Key, str] = {}
    discharged: dict[Key, date] = {}
    ended: dict[tuple[str, str, str, int], date] = {}
    for row in rows:
        key = (row.crime_ref, row.victim_ref, row.requirement, row.cycle, row.clock_date)
        if row.to_state in _DISCHARGED:
            discharged[key] = row.dated
        if row.to_state is None:
            ended[key[:4]] = row.clock_date
        if row.to_state != "overdue":
            continue
        on = f"as seen on {day_text(policy.local.date_of(row.noticed_at), today)}"  # the change itself is undated
        if row.from_state in _DISCHARGED:
            which = f"The update dated {day_text(discharged[key], today)}" if key in discharged else "An update"
            found[key] = f"{which} does not count any more, {on}: contact is owed again."
        elif row.from_state in ("missed", "lapsed"):
            found[key] = (
                f"The record or the policy was changed, {on} (the case opened again, a wish not to be told was taken "
                "back, or the like): contact is owed again."
            )
        elif row.from_state == SET_ASIDE:
            found[key] = f"Its due date could not be worked out for a time; since {on} it can, and contact is owed."
        elif row.from_state is None and key[:4] in ended:
            repeats = row.requirement in repeating
            found[key] = _explain_move(ended[key[:4]], row.clock_date, on, today, by_update=repeats and row.cycle > 1)
    return found


def _explain_move(before: date, clock_date: date, on: str, today: date, *, by_update: bool) -> str:
    """Return why it is owed by another date; `by_update` means that the time runs from the last update."""
    if not by_update:
        return f"The date from which the time runs was changed, {on}: contact is owed again."
    if clock_date > before:
        since = day_text(clock_date, today)
        return f"The time runs from an update dated {since}, {on}: contact is still owed."
    return f"The update from which the time ran does not count any more, {on}: contact is owed again."
