"""The effect of reminders: what was discharged after an email, compared with the time before there were emails.

Instants are microseconds in UTC, days local dates as numbers since 1970-01-01.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, Protocol, assert_never

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE, PENDING, Verdicts
from compliance.records.columns import Coded
from compliance.reports.examining.trial_effect import measure_trial
from compliance.reports.judging.clusters import clustered
from compliance.reports.judging.rates import has, owner
from compliance.reports.model.findings import EntryQuestion, Reminded, StepEffect
from compliance.store.kept.notice_kinds import LadderStep
from compliance.store.kept.trials import RegisteredTrial

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY


def name_step(step: LadderStep) -> tuple[str, str]:
    """Return the name of a step of the ladder in a figure's name, and in words."""
    match step:
        case LadderStep.DUE_SOON:
            return "due-soon", "Due soon"
        case LadderStep.OVERDUE:
            return "overdue", "Overdue, for the first time"
        case LadderStep.AGAIN:
            return "again", "Still overdue, told again"
        case LadderStep.CLOSED:
            return "closed", "Case closed with something owed"
        case LadderStep.SUPERVISOR:
            return "supervisor", "To the supervisor"
        case LadderStep.CHAMPION:
            return "champion", "To the division’s champion"
        case _:
            assert_never(step)


class Notified(Protocol):
    """Obligations (rows of the verdicts), each listed by one step of the ladder at an instant."""

    @property
    def row(self) -> Ints: ...  # noqa: D102
    @property
    def step(self) -> npt.NDArray[np.str_]: ...  # noqa: D102
    @property
    def at(self) -> Ints: ...  # noqa: D102


class Mailed(Protocol):
    """What emails listed in a period, each obligation with its email and recipient.

    `comparison`: what fell due from `first` to `last`, before there were emails, at the instants at which it would have
    been listed. `trial`: one that was under way in the period, or ended in the weeks before it; None: none.
    """

    @property
    def notified(self) -> Notified: ...  # noqa: D102
    @property
    def mail(self) -> Ints: ...  # noqa: D102
    @property
    def recipient(self) -> npt.NDArray[np.str_]: ...  # noqa: D102
    @property
    def comparison(self) -> Notified: ...  # noqa: D102
    @property
    def first(self) -> date: ...  # noqa: D102
    @property
    def last(self) -> date: ...  # noqa: D102
    @property
    def trial(self) -> RegisteredTrial | None: ...  # noqa: D102


class Waits:
    """How long obligations that were outstanding when listed then waited, in microseconds.

    Those recorded as discharged by then, and those no longer owed, are left out. An obligation not discharged as at T
    waits for ever.
    """

    def __init__(self, verdicts: Verdicts, notified: Notified, division: str | None = None) -> None:
        """Cover all obligations, or those that were a division's."""
        update = verdicts.update[notified.row]
        done = np.isin(verdicts.state[notified.row], (MET, LATE)) & (update >= 0)
        entered = np.full(len(notified.row), np.iinfo(np.int64).max)
        entered[done] = verdicts.columns.updates.entered_at[update[done]]
        counts = np.isin(verdicts.state[notified.row], (MET, LATE, OVERDUE, MISSED, PENDING)) & (entered > notified.at)
        if division is not None:
            counts &= has(owner(verdicts, notified.row, "division"), division)
        self.place = np.flatnonzero(counts)
        self.row, self.step, self.at = notified.row[counts], notified.step[counts], notified.at[counts]
        self.officer = owner(verdicts, self.row, "officer")
        self.done: Flags = done[counts]
        self.wait: Ints = np.where(self.done, entered[counts] - self.at, np.iinfo(np.int64).max)
        local = verdicts.policy.local
        contact = np.zeros(len(self.row), dtype=np.int64)
        contact[self.done] = verdicts.columns.updates.at[update[counts][self.done]]
        self.earlier: Flags = self.done & (local.of(contact) < local.of(self.at))

    def within(self, longest: int, which: Flags) -> tuple[Flags, Coded]:
        """Return (which of some were discharged within a time, their officers)."""
        return self.wait[which] <= longest, self.officer.take(which)


def count_effects(verdicts: Verdicts, mailed: Mailed, division: str | None = None) -> Reminded:
    """Return the effect of a period's emails, of all or of those about a division's obligations."""
    notified, comparison = Waits(verdicts, mailed.notified, division), Waits(verdicts, mailed.comparison, division)
    return Reminded(
        mails=len(np.unique(mailed.mail[notified.place])),
        recipients=len(np.unique(mailed.recipient[notified.place])),
        obligations=len(np.unique(notified.row)),
        repeats=int((notified.step == LadderStep.AGAIN).sum()),
        steps=tuple(_effects(notified, comparison)),
        before_first=mailed.first,
        before_last=mailed.last,
        trial=measure_trial(verdicts, mailed.trial) if mailed.trial and division is None else None,
    )


def _effects(notified: Waits, comparison: Waits) -> Iterator[StepEffect]:
    for step in LadderStep:
        key, title = name_step(step)
        which, before = notified.step == step, comparison.step == step
        if not which.any():
            continue
        compared = before.any()
        yield StepEffect(
            step=key,
            title=title,
            day=clustered(*notified.within(DAY, which)),
            three_days=clustered(*notified.within(3 * DAY, which)),
            median_hours=_median(notified, which),
            earlier=int((notified.earlier & (notified.wait <= 3 * DAY))[which].sum()),
            before_day=clustered(*comparison.within(DAY, before)) if compared else None,
            before_three_days=clustered(*comparison.within(3 * DAY, before)) if compared else None,
            before_median_hours=_median(comparison, before) if compared else None,
        )


def _median(waits: Waits, which: Any) -> float | None:
    """Return the median wait in hours of those discharged by T."""
    found = waits.wait[which & waits.done]
    return round(float(np.median(found)) / HOUR, 1) if len(found) else None


def after_last_mail(verdicts: Verdicts, mailed: Mailed, division: str | None = None) -> tuple[Ints, Ints, Flags]:
    """Return what was discharged within a week of the last email that listed it.

    A tuple: (rows, the instants of those emails, which were discharged within a day).
    """
    notified = Waits(verdicts, mailed.notified, division)
    soon = notified.done & (notified.wait <= WEEK)
    order = np.lexsort((notified.wait[soon], notified.row[soon]))
    rows, first = np.unique(notified.row[soon][order], return_index=True)
    return rows, notified.at[soon][order][first], notified.wait[soon][order][first] <= DAY


def after_reminder(verdicts: Verdicts, mailed: Mailed, division: str | None = None) -> EntryQuestion:
    """Return the question whether updates are entered just after reminders."""
    rows, _, within = after_last_mail(verdicts, mailed, division)
    return EntryQuestion(
        "after-reminder", "Of the updates recorded in the week after a reminder, those within 24 hours",
        "Did the mail lead to a contact, or to an earlier one being typed in?", "rules 8",
        clustered(within, owner(verdicts, rows, "officer")), 1 / 7 if len(rows) else None,
        "if any day of the week after the mail were as likely as another",
    )  # fmt: skip
