"""What was owed when a case closed, and is still to be told to the victim: for the pages of leaders."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement

from compliance.policy import Policy
from compliance.reminders.owed import Standing, find_owed
from compliance.reminders.settings import ReminderSettings
from compliance.store import Store, load_crimes
from compliance.store.owed.owed_crimes import list_missed_at_close


@dataclass(frozen=True, slots=True)
class OwedAtClose:
    """One update that was owed when the case closed (rules 5.6); the officer has the case now, None if nobody has."""

    crime_ref: str
    victim_ref: str
    officer_ref: str | None
    due_date: date
    closed_on: date


def list_owed_at_close(
    store: Store, policy: Policy, settings: ReminderSettings, within: ColumnElement[bool], now: datetime
) -> list[OwedAtClose]:
    """Return what was owed when a case closed and is owed still, as at `now` (aware), what closed first leading.

    It is owed for `owed_after_close_days` unless the victim has been updated since. `within`: a condition on the
    obligations. Only the crimes concerned are judged.
    """
    since = policy.local.date_of(now) - timedelta(days=2 * policy.owed_after_close_days)
    missed = list_missed_at_close(store, within, since)
    crimes = load_crimes(store, sorted({key[0] for key in missed})) if missed else []
    found = [
        OwedAtClose(owed.waiting.crime_ref, owed.waiting.victim_ref, owed.waiting.officer_ref, owed.due_date, closed_on)
        for owed in find_owed(crimes, policy, settings.reminders, now, {})
        if owed.standing is Standing.CLOSED and owed.key[:4] in missed and (closed_on := owed.waiting.closed_on)
    ]
    return sorted(found, key=lambda each: (each.closed_on, each.crime_ref, each.victim_ref))
