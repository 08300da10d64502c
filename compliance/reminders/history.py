"""What the store says was told before, and the writing of what is decided now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select, update
from sqlmodel import Session, col

from compliance.mail import allows
from compliance.policy import Policy
from compliance.reminders.owed import Key, horizon
from compliance.reminders.rules import ReminderRules, today_of
from compliance.reminders.stages import Decision, History, Outcome, phase
from compliance.store.dialect import chunks, insert_of
from compliance.store.tables import NOTICE, SET_ASIDE, Notice, Obligation, Outbox, SetAsideRow, Transition

DIGEST: Final = "digest"
"""The kind of a digest's row in the outbox."""
STAFF_LIST: Final = "staff list"
"""The kind of a weekly list that tells of no victim."""
TOLD: Final = ("sent", "sending", "uncertain", "pilot")
"""States of a mail that has told what it says, a pilot's while it keeps it back: what waits has told nobody."""
_OBLIGATION: Final = ("crime_ref", "victim_ref", "requirement", "cycle", "clock_date")
_NOTICE: Final = ("recipient_ref", *_OBLIGATION, "spell", "step", "decided_on")
_READ: Final = (col(Outbox.kind).in_((DIGEST, STAFF_LIST)), col(Outbox.state).in_(TOLD))
Said = Mapping[tuple[Key, str], tuple[str, int, str, str]]
"""(obligation, step) -> recipient, spell, outcome and reason."""


def digest_key(recipient: str, day: date) -> str:
    """The key of a person's one digest, or list, of a local date."""
    return f"{DIGEST}:{recipient}:{day}"


def concerned(session: Session, policy: Policy, rules: ReminderRules, today: date) -> list[str]:
    """The crimes of which somebody may have to be told something on a local date, as last judged, in order."""
    state, due = col(Obligation.state), col(Obligation.due_date)
    soon, long_ago = (today + timedelta(days=d) for d in (horizon(policy, rules), -2 * policy.owed_after_close_days))
    asked = select(col(Obligation.crime_ref)).where(
        or_(
            state == "overdue",
            and_(state.in_(("pending", "met")), due.between(today, soon)),
            and_(state == "missed", col(Obligation.clause) == "5.6", due >= long_ago),
        )
    )
    return sorted(session.execute(asked.distinct()).scalars())


def spells(session: Session, crime_refs: Sequence[str]) -> dict[Key, int]:
    """How often each obligation of these crimes has become overdue."""
    asked = select(*_columns(Transition), func.max(Transition.spell)).where(col(Transition.to_state) == "overdue")
    found = _of(session, asked.group_by(*_columns(Transition)), Transition, crime_refs)
    return {tuple(row[:5]): row[5] for row in found}


def set_aside_of(session: Session, crime_refs: Sequence[str]) -> set[tuple[Any, ...]]:
    """What of these crimes is set aside (rules 6.1a): crime, victim, requirement, and the event's number or 0."""
    asked: Select[Any] = select(*(SET_ASIDE.c[name] for name in ("crime_ref", "victim_ref", "requirement", "cycle")))
    return {tuple(row) for row in _of(session, asked, SetAsideRow, crime_refs)}


def history(session: Session, policy: Policy, rules: ReminderRules, today: date, crime_refs: Sequence[str]) -> History:
    """What was told before of what is owed on these crimes."""
    mail = (col(Outbox.state), col(Outbox.to_address))
    said = (col(Notice.recipient_ref), *_columns(Notice), col(Notice.spell), col(Notice.step), *mail)
    asked = (
        select(*said, func.max(Notice.decided_on))
        .join(Outbox, col(Outbox.id) == col(Notice.outbox_id))
        .where(col(Notice.outcome) == Outcome.SENT, col(Outbox.state).in_(TOLD))
        .group_by(*said)
    )
    told: dict[tuple[str, Key, int, str], date] = {}
    for row in _of(session, asked, Notice, crime_refs):
        if row[8] == "pilot" and (rules.allow is None or allows(rules.allow, row[9])):
            continue  # nobody has read it, and they are written to now
        key = (row[0], tuple(row[1:6]), row[6], phase(row[7]))
        told[key] = max(row[10], told.get(key, date.min))
    lasts = _lasts(session)
    return History(
        told=told,
        refused=refused_lately(session, policy),
        today=frozenset(ref for ref, _, _, key, _ in lasts if key == digest_key(ref, today)),
        last=_last_read(session),
    )


def refused_lately(session: Session, policy: Policy) -> dict[tuple[str, str], date]:
    """(recipient, address) -> the day of their last digest, where the mail server refused that one."""
    return {(ref, to): today_of(policy, at) for ref, to, state, _, at in _lasts(session) if state == "refused"}


def _lasts(session: Session) -> Sequence[Any]:
    """Everybody's last digest or list: recipient, address, state, key, and when it was queued."""
    recipient, at = col(Outbox.recipient_ref), col(Outbox.created_at)
    newest = select(func.max(Outbox.id)).where(col(Outbox.kind).in_((DIGEST, STAFF_LIST))).group_by(recipient)
    last = select(recipient, col(Outbox.to_address), col(Outbox.state), col(Outbox.key), at)
    return session.execute(last.where(col(Outbox.id).in_(newest))).all()


def _last_read(session: Session) -> dict[str, date]:
    """Recipient -> the day of their last digest or list that has told what it says; a key ends with the date."""
    asked = select(col(Outbox.recipient_ref), func.max(col(Outbox.key))).where(*_READ)
    return {ref: _day(key) for ref, key in session.execute(asked.group_by(col(Outbox.recipient_ref)))}


def owed_list(session: Session, row: Outbox, list_day: date | None) -> bool:
    """Whether a digest is its recipient's first since the day of the weekly list, and so is that list."""
    earlier = select(col(Outbox.key)).where(
        *_READ, col(Outbox.recipient_ref) == row.recipient_ref, col(Outbox.id) < row.id
    )
    before = session.execute(earlier.order_by(col(Outbox.id).desc()).limit(1)).scalar()
    return list_day is not None and (before is None or _day(before) < list_day)


def _day(key: str) -> date:
    """The local date of a digest, by its key."""
    return date.fromisoformat(key.rpartition(":")[2])


def standing(session: Session, crime_refs: Sequence[str]) -> Said:
    """What the newest notice of each step of each obligation of these crimes says."""
    newest = select(func.max(Notice.id)).group_by(*_columns(Notice), col(Notice.step))
    ids = [row[0] for row in _of(session, newest, Notice, crime_refs)]
    said = (col(Notice.step), col(Notice.recipient_ref), col(Notice.spell), col(Notice.outcome), col(Notice.reason))
    return {
        (tuple(row[:5]), row[5]): tuple(row[6:])
        for part in chunks(ids)
        for row in session.execute(select(*_columns(Notice), *said).where(col(Notice.id).in_(part)))
    }


def write_notices(session: Session, decisions: Iterable[Decision], today: date, outbox_id: int | None = None) -> None:
    """Keep what was decided, in the caller's transaction. What a mail of today says or counts stands, whatever is
    decided later."""
    rows = [
        {
            "recipient_ref": d.recipient_ref,
            **dict(zip(_OBLIGATION, d.owed.key, strict=True)),
            "spell": d.owed.spell,
            "step": d.step,
            "decided_on": today,
            "outcome": str(d.outcome),
            "reason": d.reason,
            "outbox_id": outbox_id,
        }
        for d in decisions
    ]
    if not rows:
        return
    session.execute(_kept(session.connection().dialect.name), rows)


@cache
def _kept(dialect: str) -> Any:
    """The statement that keeps notices: what was sent stands."""
    insert = insert_of(dialect, NOTICE)
    return insert.on_conflict_do_update(
        index_elements=_NOTICE,
        set_={name: insert.excluded[name] for name in ("outcome", "reason", "outbox_id")},
        where=and_(NOTICE.c.outcome != Outcome.SENT, NOTICE.c.outbox_id.is_(None)),
    )


def unsaid(decisions: Iterable[Decision], said: Said) -> list[Decision]:
    """The decisions that say something else than the newest notice does: a notice stands until another replaces it."""
    return [
        d for d in decisions if said.get((d.owed.key, d.step)) != (d.recipient_ref, d.owed.spell, d.outcome, d.reason)
    ]


def drop_notices(session: Session, dropped: Mapping[int, str]) -> None:
    """Notices of a mail, by id, that are not in it after all, and why."""
    for notice_id, reason in dropped.items():
        session.execute(
            update(Notice).where(col(Notice.id) == notice_id).values(outcome=str(Outcome.DROPPED), reason=reason)
        )


def notices(session: Session, crime_ref: str) -> list[tuple[Notice, str | None]]:
    """All that was decided of a crime, in order, each with the state of the mail that tells it (None: no mail)."""
    asked = select(Notice, col(Outbox.state)).join(Outbox, col(Outbox.id) == col(Notice.outbox_id), isouter=True)
    of_crime = asked.where(col(Notice.crime_ref) == crime_ref).order_by(col(Notice.decided_on), col(Notice.id))
    return [(notice, state) for notice, state in session.execute(of_crime).all()]


def _columns(table: Any) -> list[Any]:
    return [getattr(table, name) for name in _OBLIGATION]


def _of(session: Session, asked: Select[Any], table: Any, crime_refs: Sequence[str]) -> Iterator[Any]:
    for part in chunks(crime_refs):
        yield from session.execute(asked.where(table.crime_ref.in_(part)))
