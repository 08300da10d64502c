"""An obligation and how it stands, for the plain reference (`docs/rules.md` 2.5 and 5)."""

from dataclasses import dataclass
from datetime import date, datetime

from tests.reference_case import Update


@dataclass(frozen=True)
class Obligation:
    """One requirement owed to one victim with one due date (2.5)."""

    cycle: int
    clock: date
    opens: date
    due: date
    not_before: datetime | None = None  # the instant that starts the clock (7.1, A6)
    due_at: datetime | None = None  # of a requirement in hours (A6)


@dataclass(frozen=True)
class Answer:
    """How an obligation stands, and what decides whether its chain goes on."""

    state: str
    reason: str | None = None
    update: Update | None = None  # the discharging one; of a lapsed one, the one that had discharged it before
    last_update: Update | None = None  # of a met one: the last in its window (4.4)
    closed: date | None = None  # where the chain stopped: the due date of a lapsed one, the close date of a missed one
    silent: date | None = None  # of one missed by silence: due + N (4.5)
    by_decline: bool = False  # the chain is ended by the decline (5.4)


def in_time(update: Update, obligation: Obligation) -> bool:
    """On or before the due date; with hours, at or before the last instant (A6)."""
    return update.at <= obligation.due_at if obligation.due_at else update.on <= obligation.due


def entered_after_due(update: Update, obligation: Obligation) -> bool:
    """Records 2: it took place in time and was entered later; with hours, by the instants (A6)."""
    if obligation.due_at:
        return update.at <= obligation.due_at < update.entered_at
    return update.on <= obligation.due < update.entered_on
