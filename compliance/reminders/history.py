"""What the store says was told before, and the writing of what is decided now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, and_, func, select, update
from sqlmodel import Session, SQLModel, col

from compliance.policy import Policy
from compliance.reminders.owed import Key
from compliance.reminders.rules import today_of
from compliance.reminders.stages import STEP, Decision, History, Outcome
from compliance.store.dialect import insert_into
from compliance.store.tables import Notice, Obligation, Outbox, Transition

DIGEST: Final = "digest"
"""The kind of a digest's row in the outbox."""
_TOLD: Final = ("sent", "sending", "uncertain")
"""States of a mail that has told what it says: what still waits in the outbox has told nobody anything."""
_OBLIGATION: Final = ("crime_ref", "victim_ref", "requirement", "cycle", "clock_date")
_NOTICE: Final = ("recipient_ref", *_OBLIGATION, "spell", "step", "decided_on")


def digest_key(recipient: str, day: date) -> str:
    """The key of an officer's one digest of a local date."""
    return f"{DIGEST}:{recipient}:{day}"


def spells(session: Session, crime_refs: Sequence[str] | None = None) -> dict[Key, int]:
    """How often each obligation that is outstanding, of these crimes or of all, has become overdue."""
    became = and_(_same(Transition), col(Transition.to_state) == "overdue")
    asked = select(*_columns(Transition), func.max(Transition.spell)).join(Obligation, became)
    asked = _outstanding(asked, crime_refs).group_by(*_columns(Transition))
    return {tuple(row[:5]): row[5] for row in session.execute(asked)}


def history(session: Session, policy: Policy, today: date) -> History:
    """What was told before of all that is outstanding now."""
    told = (
        select(col(Notice.recipient_ref), *_columns(Notice), col(Notice.spell), func.max(Notice.decided_on))
        .join(Obligation, _same(Notice))
        .join(Outbox, col(Outbox.id) == col(Notice.outbox_id))
        .where(col(Notice.outcome) == Outcome.SENT, col(Notice.step) == STEP, col(Outbox.state).in_(_TOLD))
        .group_by(col(Notice.recipient_ref), *_columns(Notice), col(Notice.spell))
    )
    recipient, state, at = col(Outbox.recipient_ref), col(Outbox.state), col(Outbox.created_at)
    digests = col(Outbox.kind) == DIGEST
    newest = select(func.max(Outbox.id)).where(digests).group_by(recipient)
    last = select(recipient, col(Outbox.to_address), state, col(Outbox.key), at).where(col(Outbox.id).in_(newest))
    effective = select(recipient, func.max(at)).where(digests, state.in_(_TOLD)).group_by(recipient)
    lasts = session.execute(last).all()
    return History(
        told={(r[0], tuple(r[1:6]), r[6]): r[7] for r in session.execute(_outstanding(told, None))},
        last_digest={ref: today_of(policy, at) for ref, at in session.execute(effective)},
        refused={(ref, to): today_of(policy, at) for ref, to, state, _, at in lasts if state == "refused"},
        today=frozenset(ref for ref, _, _, key, _ in lasts if key == digest_key(ref, today)),
    )


def standing(session: Session) -> dict[Key, tuple[str, int, str, str]]:
    """What the newest notice of each outstanding obligation says: recipient, spell, outcome, reason."""
    newest = select(func.max(Notice.id)).join(Obligation, _same(Notice)).where(col(Notice.step) == STEP)
    newest = _outstanding(newest, None).group_by(*_columns(Notice))
    said = (col(Notice.recipient_ref), col(Notice.spell), col(Notice.outcome), col(Notice.reason))
    found = session.execute(select(*_columns(Notice), *said).where(col(Notice.id).in_(newest)))
    return {tuple(row[:5]): tuple(row[5:]) for row in found}


def write_notices(session: Session, decisions: Iterable[Decision], today: date, outbox_id: int | None = None) -> None:
    """Keep what was decided, in the caller's transaction. What was sent today stands, whatever is decided later."""
    rows = [
        {
            "recipient_ref": d.recipient_ref,
            **dict(zip(_OBLIGATION, d.owed.key, strict=True)),
            "spell": d.owed.spell,
            "step": STEP,
            "decided_on": today,
            "outcome": str(d.outcome),
            "reason": d.reason,
            "outbox_id": outbox_id,
        }
        for d in decisions
    ]
    if not rows:
        return
    insert = insert_into(session.connection(), SQLModel.metadata.tables["notice"])
    session.execute(
        insert.on_conflict_do_update(
            index_elements=_NOTICE,
            set_={name: insert.excluded[name] for name in ("outcome", "reason", "outbox_id")},
            where=col(Notice.outcome) != Outcome.SENT,
        ),
        rows,
    )


def unsaid(decisions: Iterable[Decision], said: Mapping[Key, tuple[str, int, str, str]]) -> list[Decision]:
    """The decisions that say something else than the newest notice does: a notice stands until another replaces it."""
    return [d for d in decisions if said.get(d.owed.key) != (d.recipient_ref, d.owed.spell, d.outcome, d.reason)]


def drop_notices(session: Session, dropped: Mapping[int, str]) -> None:
    """Notices of a mail, by id, that are not in it after all, and why."""
    for notice_id, reason in dropped.items():
        session.execute(
            update(Notice).where(col(Notice.id) == notice_id).values(outcome=str(Outcome.DROPPED), reason=reason)
        )


def _columns(table: Any) -> list[Any]:
    return [getattr(table, name) for name in _OBLIGATION]


def _same(table: Any) -> Any:
    return and_(*(getattr(table, name) == getattr(Obligation, name) for name in _OBLIGATION))


def _outstanding(asked: Select[Any], crime_refs: Sequence[str] | None) -> Select[Any]:
    asked = asked.where(col(Obligation.state) == "overdue")
    return asked if crime_refs is None else asked.where(col(Obligation.crime_ref).in_(crime_refs))
