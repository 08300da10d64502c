"""Which obligations a period's emails covered and when, and when earlier ones would have been notified.

The earlier ones are those that fell due before the service sent any email. A report compares the two to show whether
reminders work. Their outcomes are already in the verdicts (one judging, the same for both): nothing is calculated here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, assert_never

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlmodel import col, select

from compliance.policy import Policy, Verdicts
from compliance.policy.calendars import Ints, from_day, to_day
from compliance.policy.verdicts import OVERDUE as OVERDUE_STATE
from compliance.records import to_micros
from compliance.reminder_settings import Ladder, Reminders
from compliance.reminders.digest_keys import DIGEST
from compliance.reminders.notices import newest_notices, step_notified
from compliance.reminders.sending_times import due_soon_on, leader_morning, newest_day, next_day_of, next_working
from compliance.reminders.waiting import ENHANCED
from compliance.store import Store
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.kept.trials import RegisteredTrial, newest_trial
from compliance.store.tables import Notice, Outbox

BEFORE: Final = timedelta(weeks=13)
"""How long before the first email a due date may be, for the comparison."""
AFTER_TRIAL: Final = timedelta(weeks=13)
"""For how long after a trial reports state what came of it."""
_NO_ADDRESS: Final = frozenset({Reason.NO_ADDRESS, Reason.BAD_ADDRESS})


@dataclass(frozen=True, slots=True)
class NotifiedObligations:
    """Obligations, as rows of some verdicts, each with a step of the ladder and the instant it was notified.

    `at` is in microseconds UTC. An obligation appears once for each email about it.
    """

    row: Ints
    step: npt.NDArray[np.str_]
    at: Ints


@dataclass(frozen=True, slots=True)
class MailedDigests:
    """The obligations notified by the digests of a period.

    `mail` (the row in the outbox) and `recipient` are parallel to `notified`. `comparison` has what fell due from
    `first` to `last`, before the service sent any email, at the instants at which it would have been notified.
    """

    notified: NotifiedObligations
    mail: Ints
    recipient: npt.NDArray[np.str_]
    comparison: NotifiedObligations
    first: date
    last: date
    trial: RegisteredTrial | None = None
    """The trial that was under way in the period, or had ended less than `AFTER_TRIAL` before it; None: none."""


def read_mailed(store: Store, verdicts: Verdicts, rules: Reminders, period: tuple[datetime, datetime]) -> MailedDigests:
    """Return what the digests sent in a period notified, from its first instant up to but not including its second.

    Both instants are aware. `verdicts` is everything as judged for the report. An obligation that no longer has a
    verdict with the same clock date (its date was corrected, or an update moved the next one) is left out.
    """
    notices = _notices(store, period)
    rows = _rows(verdicts, {notice.crime_ref for notice, _ in notices})
    found = [(rows.get(_key(notice), -1), notice, sent_at) for notice, sent_at in notices]
    found = [each for each in found if each[0] >= 0]
    notified = _to_notified([(row, step_notified(notice), to_micros(sent_at)) for row, notice, sent_at in found])
    last = rules.due_from - timedelta(days=1)
    first = max(rules.due_from - BEFORE, from_day(verdicts.policy.working.first))
    return MailedDigests(
        notified,
        np.array([notice.outbox_id for _, notice, _ in found], dtype=np.int64),
        np.array([notice.recipient_ref for _, notice, _ in found], dtype=np.str_),
        _to_notified(list(_list_unnotified(verdicts, rules, first, last))),
        first,
        last,
        _read_trial(store, verdicts.policy, period),
    )


def _read_trial(store: Store, policy: Policy, period: tuple[datetime, datetime]) -> RegisteredTrial | None:
    first, after = (policy.local.date_of(instant) for instant in period)
    with store.reading() as connection:
        trial = newest_trial(connection)
    told = trial is not None and trial.starts_on < after and first <= trial.last_day + AFTER_TRIAL
    return trial if told and trial is not None and trial.last_day >= trial.starts_on else None


def _to_notified(found: list[tuple[int, LadderStep, int]]) -> NotifiedObligations:
    row, step, at = zip(*found, strict=True) if found else ((), (), ())
    return NotifiedObligations(
        np.array(row, dtype=np.int64), np.array(step, dtype=np.str_), np.array(at, dtype=np.int64)
    )


def _notices(store: Store, period: tuple[datetime, datetime]) -> list[tuple[Notice, datetime]]:
    """Return the notices sent in a period, each with the instant at which the mail server accepted the email."""
    asked = (
        select(Notice, Outbox.sent_at)
        .join(Outbox, col(Outbox.id) == col(Notice.outbox_id))
        .where(Outbox.kind == DIGEST, Outbox.state == "sent", Notice.outcome == Outcome.SENT)
        .where(col(Outbox.sent_at) >= period[0], col(Outbox.sent_at) < period[1])
        .order_by(col(Notice.id))
    )
    with store.session(reading=True) as session:
        return [(notice, sent_at) for notice, sent_at in session.exec(asked).all() if sent_at is not None]


_Key = tuple[Any, ...]
"""Crime, victim, requirement, cycle and clock date, the last as a number."""


def _key(notice: Notice) -> _Key:
    return notice.crime_ref, notice.victim_ref, notice.requirement, notice.cycle, to_day(notice.clock_date)


def _rows(verdicts: Verdicts, crime_refs: set[str]) -> dict[_Key, int]:
    """Return the row of each obligation of some crimes."""
    wanted = pc.is_in(verdicts.columns.crime_ref, value_set=pa.array(sorted(crime_refs), pa.string()))
    row = np.flatnonzero(wanted.to_numpy(zero_copy_only=False)[verdicts.crime])
    return dict(zip(_keys(verdicts, row), row.tolist(), strict=True))


def _keys(verdicts: Verdicts, row: Ints) -> Iterator[_Key]:
    columns = verdicts.columns
    ids = [requirement.id for requirement in verdicts.policy.requirement]
    return zip(
        columns.crime_ref.take(pa.array(verdicts.crime[row])).to_pylist(),
        columns.victims.ref.take(pa.array(verdicts.victim[row])).to_pylist(),
        [ids[place] for place in verdicts.requirement[row].tolist()],
        verdicts.cycle[row].tolist(),
        verdicts.clock_date[row].tolist(),
        strict=True,
    )


def without_address(store: Store, verdicts: Verdicts) -> int:
    """Return of how many obligations overdue as at T no one could be notified for lack of an address.

    This uses the decisions up to the end of the day before T (aware, as in `verdicts`): on the day itself, more may be
    decided at any minute.
    """
    overdue = np.flatnonzero(verdicts.state == OVERDUE_STATE)
    keys = set(_keys(verdicts, overdue))
    refs = sorted({key[0] for key in keys})
    with store.session(reading=True) as session:
        notices = newest_notices(session, refs, verdicts.policy.local.date_of(verdicts.as_at))
    return sum(
        (notice.rerouted if notice.outcome == Outcome.SENT else notice.reason) in _NO_ADDRESS
        for notice in notices
        if notice.step == LadderStep.OVERDUE and _key(notice) in keys
    )


def _list_unnotified(
    verdicts: Verdicts, rules: Reminders, first: date, last: date
) -> Iterator[tuple[int, LadderStep, int]]:
    """Return (row, step, instant) for everything that fell due between two dates.

    The instant is the hour at which emails go out, on the day on which the ladder would have notified it.
    """
    policy, category = verdicts.policy, verdicts.columns.victims.category
    row = np.flatnonzero((verdicts.due_date >= to_day(first)) & (verdicts.due_date <= to_day(last)))
    kind = np.stack([verdicts.requirement[row], category.codes[verdicts.victim[row]], verdicts.due_date[row]], axis=1)
    kinds, place = np.unique(kind, axis=0, return_inverse=True)
    for number, (requirement, code, due) in enumerate(kinds.tolist()):
        named = category.value(code) or "standard"
        ladder = rules.ladder_for(policy.requirement[requirement].id, named)
        of_kind = row[place.ravel() == number].tolist()
        for step, day in _mornings(policy, rules, ladder, from_day(due), enhanced=named == ENHANCED):
            sent = to_micros(policy.local.start_of(day)) + _micros_into_day(rules)
            yield from ((each, step, sent) for each in of_kind)


def _mornings(
    policy: Policy, rules: Reminders, ladder: Ladder, due: date, *, enhanced: bool
) -> Iterator[tuple[LadderStep, date]]:
    """Return the steps of a ladder with the working days on which they would have been reached.

    The due date does not determine the day on which a case closes.
    """
    announced = _announced_on(policy, rules, ladder, due)
    if announced is None or enhanced:
        overdue = next_working(policy, due)
    else:
        overdue = next_day_of(policy, rules.days_of_digests, due)
    latest = due + timedelta(days=ladder.champion_days // 2)
    reached = min(due + timedelta(days=ladder.supervisor_days), latest)
    for step in LadderStep:
        match step:
            case LadderStep.DUE_SOON:
                if announced is not None:
                    yield step, announced
            case LadderStep.OVERDUE:
                yield step, overdue
            case LadderStep.AGAIN:
                before = overdue + timedelta(days=ladder.repeat_days - 1)
                yield step, next_day_of(policy, rules.days_of_digests, before)
            case LadderStep.SUPERVISOR:
                yield step, leader_morning(policy, rules, reached, enhanced=enhanced, latest=latest)
            case LadderStep.CHAMPION:
                champion = due + timedelta(days=ladder.champion_days)
                yield step, leader_morning(policy, rules, champion, enhanced=enhanced)
            case LadderStep.CLOSED:
                pass
            case _:
                assert_never(step)


def _announced_on(policy: Policy, rules: Reminders, ladder: Ladder, due: date) -> date | None:
    """Return the day on which something is announced that falls due then: by itself or in the week's plan, or None."""
    own = due_soon_on(policy, due, ladder.due_soon_days) if ladder.due_soon_days else None
    planned = newest_day(policy, rules.days_of_plan, due - timedelta(days=1))
    return min((day for day in (own, planned) if day is not None), default=None)


def _micros_into_day(rules: Reminders) -> int:
    at = rules.send_from
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000
