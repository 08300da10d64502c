"""Storing decisions as notices, correcting them when an email is sent, and reading them by crime."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import and_, func, select, update
from sqlmodel import Session, col

from compliance.reminders.history import OBLIGATION, columns_of, of_crimes
from compliance.reminders.ladder import Obstacle
from compliance.reminders.morning import Decision
from compliance.reminders.owed import Key
from compliance.reminders.reasons import add_obstacles, decision_text, obstacle_text
from compliance.store.database.dialect import chunks, insert_of
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.tables import NOTICE, Notice, Outbox

Dropped = tuple[Reason, date | None]
"""Why something is not notified after all, and the date of that reason, if it has one."""
_NOTICE: Final = ("recipient_ref", *OBLIGATION, "spell", "step", "decided_on")
_REASON: Final = ("reason", "since", "rerouted", "rerouted_since", "obstacles")


def newest_notices(session: Session, crime_refs: Sequence[str], before: date | None = None) -> list[Notice]:
    """Return the newest notice of each step of each obligation of these crimes, of those decided before a date."""
    newest = select(func.max(Notice.id)).group_by(*columns_of(Notice), col(Notice.step))
    if before is not None:
        newest = newest.where(col(Notice.decided_on) < before)
    ids = [row[0] for row in of_crimes(session, newest, Notice, crime_refs)]
    columns = [column for column in NOTICE.c if column.name != "obstacles"]
    return [
        cast("Notice", row)  # the same attributes, without the cost of tracking changes
        for part in chunks(ids)
        for row in session.execute(select(*columns).where(NOTICE.c.id.in_(part)))
    ]


def write_notices(session: Session, decisions: Iterable[Decision], today: date, outbox_id: int | None = None) -> None:
    """Store decisions in the caller's transaction.

    Anything that one of today's emails lists or counts is final, regardless of later decisions.
    """
    rows = [
        {
            "recipient_ref": d.recipient_ref,
            **dict(zip(OBLIGATION, d.owed.key, strict=True)),
            "spell": d.owed.spell,
            "step": d.step,
            "decided_on": today,
            "outcome": d.outcome,
            "outbox_id": outbox_id,
            **_reason(d),
        }
        for d in decisions
    ]
    if not rows:
        return
    session.execute(_keep_statement(session.connection().dialect.name), rows)


def _reason(decision: Decision) -> dict[str, Any]:
    """Return the reason of a decision as stored."""
    obstacles = [obstacle.as_data() for obstacle in decision.obstacles]
    fields = {name: getattr(decision, name) for name in _REASON}
    return fields | {"obstacles": obstacles or None}


@cache
def _keep_statement(dialect: str) -> Any:
    """Return the statement that stores notices without replacing what was sent."""
    insert = insert_of(dialect, NOTICE)
    return insert.on_conflict_do_update(
        index_elements=_NOTICE,
        set_={name: insert.excluded[name] for name in ("outcome", "outbox_id", *_REASON)},
        where=and_(NOTICE.c.outcome != Outcome.SENT, NOTICE.c.outbox_id.is_(None)),
    )


def leave_out_said(session: Session, decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that differ from the newest notice: a notice applies until another replaces it."""
    newest = newest_notices(session, sorted({decision.owed.waiting.crime_ref for decision in decisions}))
    said = {(key_of(n), n.step): (n.recipient_ref, n.spell, n.outcome, n.reason, n.since) for n in newest}
    return [
        d
        for d in decisions
        if said.get((d.owed.key, d.step)) != (d.recipient_ref, d.owed.spell, d.outcome, d.reason, d.since)
    ]


def drop_notices(session: Session, dropped: Mapping[int, Dropped]) -> None:
    """Mark notices of an email, by id, as dropped from it, with the reason."""
    for notice_id, (reason, since) in dropped.items():
        changes = {"outcome": Outcome.DROPPED, "reason": reason, "since": since}
        session.execute(update(Notice).where(col(Notice.id) == notice_id).values(**changes))


def restate_notices(session: Session, restated: Mapping[int, Decision]) -> None:
    """Correct notices of an email, by id, whose reason has changed since it was written."""
    for notice_id, decision in restated.items():
        session.execute(update(Notice).where(col(Notice.id) == notice_id).values(**_reason(decision)))


def says_the_same(notice: Notice, decision: Decision) -> bool:
    """Return whether a notice gives the same reason as a new decision."""
    return {name: getattr(notice, name) for name in _REASON} == _reason(decision)


def key_of(notice: Notice) -> Key:
    """Return the obligation of a notice."""
    return notice.crime_ref, notice.victim_ref, notice.requirement, notice.cycle, notice.clock_date


def step_notified(notice: Notice) -> LadderStep:
    """Return the step of the ladder of a notice, distinguishing the officer's first email from a repeat."""
    again = notice.step == LadderStep.OVERDUE and notice.reason == Reason.STILL_WAITING
    return LadderStep.AGAIN if again else LadderStep(notice.step)


def reason_of(notice: Notice) -> str:
    """Return the reason as text, with the obstacles to the officer in the case.

    An example: `new; obstacles: contact hold from 2026-06-02 to 2026-06-08`.
    """
    rerouted = Reason(notice.rerouted) if notice.rerouted and notice.outcome == Outcome.SENT else None
    why = decision_text(Reason(notice.reason), notice.since, rerouted, notice.rerouted_since)
    return add_obstacles(why, [obstacle_text(Obstacle.from_data(data)) for data in notice.obstacles or ()])


def notices(session: Session, crime_ref: str) -> list[tuple[Notice, str | None]]:
    """Return all decisions on a crime, in order, each with the state of its email (None: no email)."""
    asked = select(Notice, col(Outbox.state)).join(Outbox, col(Outbox.id) == col(Notice.outbox_id), isouter=True)
    of_crime = asked.where(col(Notice.crime_ref) == crime_ref).order_by(col(Notice.decided_on), col(Notice.id))
    return [(notice, state) for notice, state in session.execute(of_crime).all()]
