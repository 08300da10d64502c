"""What was decided, kept as notices: written, put right when a mail is sent, and read again by crime."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import and_, func, select, update
from sqlmodel import Session, col

from compliance.reminders.decisions import Decision, Outcome
from compliance.reminders.history import OBLIGATION, columns_of, of_crimes
from compliance.reminders.owed import Key
from compliance.store.dialect import chunks, insert_of
from compliance.store.tables import NOTICE, Notice, Outbox

_NOTICE: Final = ("recipient_ref", *OBLIGATION, "spell", "step", "decided_on")
Said = Mapping[tuple[Key, str], tuple[str, int, str, str]]
"""(obligation, step) -> recipient, spell, outcome and reason."""


def standing(session: Session, crime_refs: Sequence[str], before: date | None = None) -> Said:
    """What the newest notice of each step of each obligation of these crimes says, of those decided before a date."""
    newest = select(func.max(Notice.id)).group_by(*columns_of(Notice), col(Notice.step))
    if before is not None:
        newest = newest.where(col(Notice.decided_on) < before)
    ids = [row[0] for row in of_crimes(session, newest, Notice, crime_refs)]
    said = (col(Notice.step), col(Notice.recipient_ref), col(Notice.spell), col(Notice.outcome), col(Notice.reason))
    return {
        (tuple(row[:5]), row[5]): tuple(row[6:])
        for part in chunks(ids)
        for row in session.execute(select(*columns_of(Notice), *said).where(col(Notice.id).in_(part)))
    }


def write_notices(session: Session, decisions: Iterable[Decision], today: date, outbox_id: int | None = None) -> None:
    """Keep what was decided, in the caller's transaction. What a mail of today says or counts stands, whatever is
    decided later."""
    rows = [
        {
            "recipient_ref": d.recipient_ref,
            **dict(zip(OBLIGATION, d.owed.key, strict=True)),
            "spell": d.owed.spell,
            "step": d.step,
            "decided_on": today,
            "outcome": str(d.outcome),
            "outbox_id": outbox_id,
            **_reason(d),
        }
        for d in decisions
    ]
    if not rows:
        return
    session.execute(_kept(session.connection().dialect.name), rows)


def _reason(decision: Decision) -> dict[str, Any]:
    """The reason of a decision as it is kept: in words, and as data."""
    stood = [obstacle.as_data() for obstacle in decision.obstacles]
    return {"reason": decision.said, "rerouted": decision.rerouted, "obstacles": stood or None}


@cache
def _kept(dialect: str) -> Any:
    """The statement that keeps notices: what was sent stands."""
    insert = insert_of(dialect, NOTICE)
    return insert.on_conflict_do_update(
        index_elements=_NOTICE,
        set_={name: insert.excluded[name] for name in ("outcome", "reason", "outbox_id", "rerouted", "obstacles")},
        where=and_(NOTICE.c.outcome != Outcome.SENT, NOTICE.c.outbox_id.is_(None)),
    )


def unsaid(decisions: Iterable[Decision], said: Said) -> list[Decision]:
    """The decisions that say something else than the newest notice does: a notice stands until another replaces it."""
    return [
        d for d in decisions if said.get((d.owed.key, d.step)) != (d.recipient_ref, d.owed.spell, d.outcome, d.said)
    ]


def drop_notices(session: Session, dropped: Mapping[int, str]) -> None:
    """Notices of a mail, by id, that are not in it after all, and why."""
    for notice_id, reason in dropped.items():
        session.execute(
            update(Notice).where(col(Notice.id) == notice_id).values(outcome=str(Outcome.DROPPED), reason=reason)
        )


def restate_notices(session: Session, told: Mapping[int, Decision]) -> None:
    """Notices of a mail, by id, that tell for another reason than when it was written."""
    for notice_id, decision in told.items():
        session.execute(update(Notice).where(col(Notice.id) == notice_id).values(**_reason(decision)))


def reason_of(notice: Notice) -> str:
    """Why, as a person reads it, with what kept the officer in the case from acting: `new; in the officer's way:
    contact hold from 2026-06-02 to 2026-06-08`."""
    stood = [f"{o['what']} from {o['first']} to {o['last']}" for o in notice.obstacles or ()]
    return "; ".join([notice.reason, f"in the officer's way: {', '.join(stood)}"] if stood else [notice.reason])


def notices(session: Session, crime_ref: str) -> list[tuple[Notice, str | None]]:
    """All that was decided of a crime, in order, each with the state of the mail that tells it (None: no mail)."""
    asked = select(Notice, col(Outbox.state)).join(Outbox, col(Outbox.id) == col(Notice.outbox_id), isouter=True)
    of_crime = asked.where(col(Notice.crime_ref) == crime_ref).order_by(col(Notice.decided_on), col(Notice.id))
    return [(notice, state) for notice, state in session.execute(of_crime).all()]
