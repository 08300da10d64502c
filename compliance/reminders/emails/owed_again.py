"""Sentences on why something is owed again: an update removed, a date corrected, a case reopened."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from sqlalchemy import select
from sqlmodel import Session

from compliance.policy import Policy
from compliance.reminders.emails.victim_sentences import day_text
from compliance.reminders.owed import Key
from compliance.store.database.dialect import chunks
from compliance.store.judgements.transitions import SET_ASIDE
from compliance.store.tables import TRANSITION, Transition

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
        on = f"seen on {day_text(policy.local.date_of(row.noticed_at), today)}"  # the change itself is undated
        if row.from_state in _DISCHARGED:
            which = f"the update of {day_text(discharged[key], today)}" if key in discharged else "an update"
            found[key] = f"Owed again: {which} no longer counts ({on})."
        elif row.from_state in ("missed", "lapsed"):
            found[key] = (
                f"Owed again: the record or the policy was changed ({on}), for example because the case opened again."
            )
        elif row.from_state == SET_ASIDE:
            found[key] = f"Owed: its due date can now be worked out ({on})."
        elif row.from_state is None and key[:4] in ended:
            repeats = row.requirement in repeating
            found[key] = _explain_move(ended[key[:4]], row.clock_date, on, today, by_update=repeats and row.cycle > 1)
    return found


def _explain_move(before: date, clock_date: date, on: str, today: date, *, by_update: bool) -> str:
    """Return why it is owed by another date; `by_update` means that the time runs from the last update."""
    if not by_update:
        return f"Owed again: the date from which the time runs was changed ({on})."
    if clock_date > before:
        return f"Still owed: the time now runs from an update of {day_text(clock_date, today)} ({on})."
    return f"Owed again: the update from which the time ran no longer counts ({on})."
