"""Disputes: replies and words on a page that say that something is wrong. Each is for the performance team to answer;
none stops a clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select, update

from compliance.errors import RecordError
from compliance.store.database.engine import Store
from compliance.store.kept.notice_kinds import Outcome
from compliance.store.tables import DISPUTE, DISPUTED_VICTIM, NOTICE, OBLIGATION


class DisputeAnswer(StrEnum):
    """How the performance team answered, as stored."""

    RECORD_WRONG = "the record was wrong"
    RECORD_RIGHT = "the record is right"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A reply to an email, or what was filed on a page (`outbox_id` None). Instants are in UTC.

    `victims`: (crime, victim) that it concerns; if not `is_assigned`, those of the whole email, because the reply names
    no crime number. `answer`: None while it is open. `answered_by`: the reference of who answered, None if not known.
    """

    id: int
    outbox_id: int | None
    recipient_ref: str | None
    received_at: datetime
    text: str
    is_assigned: bool
    answer: DisputeAnswer | None
    note: str | None
    answered_at: datetime | None
    answered_by: str | None = None
    victims: tuple[tuple[str, str], ...] = ()

    @property
    def crimes(self) -> tuple[str, ...]:
        """The crimes that it concerns, each once."""
        return tuple(dict.fromkeys(crime_ref for crime_ref, _ in self.victims))


def file_dispute(
    connection: Connection, outbox_id: int, recipient_ref: str | None, text: str, received_at: datetime
) -> int:
    """Store a reply to an email in the caller's transaction, and return its number.

    It concerns the crimes of the email that its text names, or else all of them until the performance team assigns it.
    """
    of_email = (NOTICE.c.outbox_id == outbox_id, NOTICE.c.outcome == Outcome.SENT)
    asked = select(NOTICE.c.crime_ref, NOTICE.c.victim_ref).where(*of_email).distinct()
    victims = [tuple(row) for row in connection.execute(asked.order_by(NOTICE.c.crime_ref, NOTICE.c.victim_ref))]
    named = [(crime, victim) for crime, victim in victims if _names(text, crime)]
    row = {
        "outbox_id": outbox_id, "recipient_ref": recipient_ref, "received_at": received_at, "text": text,
        "is_assigned": bool(named) or len({crime for crime, _ in victims}) <= 1,
    }  # fmt: skip
    return _add(connection, row, named or victims)


def dispute_victim(store: Store, recipient_ref: str, victim: tuple[str, str], text: str, received_at: datetime) -> bool:
    """Store that somebody says on a page that what it shows of a victim (crime, reference) is wrong.

    Return whether it was: nothing is stored while a dispute of theirs on that victim is open.
    """
    mine = (DISPUTE.c.recipient_ref == recipient_ref, DISPUTE.c.answer.is_(None))
    of_victim = (DISPUTED_VICTIM.c.crime_ref == victim[0], DISPUTED_VICTIM.c.victim_ref == victim[1])
    asked = select(DISPUTE.c.id).join(DISPUTED_VICTIM, DISPUTED_VICTIM.c.dispute_id == DISPUTE.c.id)
    row = {"recipient_ref": recipient_ref, "received_at": received_at, "text": text, "is_assigned": True}
    with store.writing() as connection:
        if connection.execute(asked.where(*mine, *of_victim).limit(1)).first() is not None:
            return False
        _add(connection, row, [victim])
    return True


def _add(connection: Connection, row: dict[str, Any], victims: Sequence[tuple[Any, ...]]) -> int:
    number = int(connection.execute(insert(DISPUTE).values(row).returning(DISPUTE.c.id)).scalar_one())
    rows = [{"dispute_id": number, "crime_ref": crime, "victim_ref": victim} for crime, victim in victims]
    if rows:
        connection.execute(insert(DISPUTED_VICTIM), rows)
    return number


def _names(text: str, crime_ref: str) -> bool:
    return re.search(rf"(?<![\w/-]){re.escape(crime_ref)}(?![\w/-])", text, re.IGNORECASE) is not None


def list_disputes(store: Store, *, only_open: bool = False) -> list[Dispute]:
    """Return the disputes, the oldest first."""
    return _read(store, DISPUTE.c.answer.is_(None) if only_open else DISPUTE.c.id.is_not(None))


def page_disputes(
    store: Store, which: ColumnElement[bool], *, is_open: bool, after: int | None, limit: int
) -> list[Dispute]:
    """Return some disputes: those that are open, the oldest first, or the answered ones, the newest first.

    `after`: the number of the dispute after which they begin; None: from the first.
    """
    number = DISPUTE.c.id
    of_kind = DISPUTE.c.answer.is_(None) if is_open else DISPUTE.c.answer.is_not(None)
    chosen = select(number).where(which, of_kind).order_by(number if is_open else number.desc()).limit(limit)
    if after is not None:
        chosen = chosen.where(number > after if is_open else number < after)
    with store.reading() as connection:
        numbers = list(connection.execute(chosen).scalars())
    found = _read(store, number.in_(numbers))
    return found if is_open else found[::-1]


def count_disputes(store: Store, which: ColumnElement[bool]) -> tuple[int, int]:
    """Return how many of some disputes are open, and how many are answered."""
    asked = select(func.count(), func.count(DISPUTE.c.answer)).select_from(DISPUTE).where(which)
    with store.reading() as connection:
        of, answered = connection.execute(asked).one()
    return of - answered, answered


def concerns_only(within: ColumnElement[bool]) -> ColumnElement[bool]:
    """Match the disputes that concern a crime, and none without an obligation that meets a condition."""
    theirs = DISPUTED_VICTIM.c.dispute_id == DISPUTE.c.id
    is_within = exists().where(OBLIGATION.c.crime_ref == DISPUTED_VICTIM.c.crime_ref, within)
    return and_(exists().where(theirs, is_within), ~exists().where(theirs, ~is_within))


def disputes_of(store: Store, crime_ref: str) -> list[Dispute]:
    """Return the disputes that concern a crime, the oldest first."""
    return _read(store, DISPUTE.c.id.in_(select(DISPUTED_VICTIM.c.dispute_id).where(_of(crime_ref))))


def show_dispute(store: Store, number: int) -> Dispute:
    """Return one dispute. Raises RecordError if there is none with that number."""
    found = _read(store, DISPUTE.c.id == number)
    if not found:
        raise RecordError(f"there is no dispute with the number {number}; `compliance disputes list` shows them")
    return found[0]


def answer_dispute(
    store: Store,
    number: int,
    answer: DisputeAnswer,
    note: str | None,
    crimes: Sequence[str],
    now: datetime,
    by: str | None = None,
) -> Dispute:
    """Store the answer to a dispute and who gave it, or another in its place, and return it.

    `crimes` assigns it: those of the email that it concerns. Raises RecordError if the number or a crime is unknown, or
    if it is not assigned and `crimes` is empty; nothing is then changed.
    """
    found = show_dispute(store, number)
    if strange := sorted(set(crimes) - set(found.crimes)):
        raise RecordError(f"dispute {number} does not concern crime {strange[0]}; it may concern {_named(found)}")
    if not (found.is_assigned or crimes or answer is DisputeAnswer.WITHDRAWN):
        raise RecordError(
            f"dispute {number} names no crime number; say with --crime which it concerns, of {_named(found)}"
        )
    changes = {
        "answer": answer, "note": note, "answered_at": now, "answered_by": by,
        "is_assigned": found.is_assigned or bool(crimes),
    }  # fmt: skip
    with store.writing() as connection:
        connection.execute(update(DISPUTE).where(DISPUTE.c.id == number).values(changes))
        if crimes:
            others = (DISPUTED_VICTIM.c.dispute_id == number, DISPUTED_VICTIM.c.crime_ref.not_in(crimes))
            connection.execute(delete(DISPUTED_VICTIM).where(*others))
    return show_dispute(store, number)


def _named(found: Dispute) -> str:
    return ", ".join(found.crimes) or "none"


def forget_disputes(connection: Connection, crime_refs: Sequence[str]) -> None:
    """Delete what disputes say of some crimes, and the disputes that concern no other."""
    mine = DISPUTED_VICTIM.c.crime_ref.in_(crime_refs)
    numbers = list(connection.execute(select(DISPUTED_VICTIM.c.dispute_id).where(mine).distinct()).scalars())
    if numbers:
        connection.execute(delete(DISPUTED_VICTIM).where(mine))
        connection.execute(delete(DISPUTE).where(DISPUTE.c.id.in_(numbers), concerns_none()))


def concerns_none() -> ColumnElement[bool]:
    """Match the disputes that concern no crime."""
    return ~exists().where(DISPUTED_VICTIM.c.dispute_id == DISPUTE.c.id)


def _of(crime_ref: str) -> ColumnElement[bool]:
    return DISPUTED_VICTIM.c.crime_ref == crime_ref


def _read(store: Store, which: ColumnElement[bool]) -> list[Dispute]:
    with store.reading() as connection:
        rows = connection.execute(select(DISPUTE).where(which).order_by(DISPUTE.c.id)).mappings().all()
        asked = select(DISPUTED_VICTIM).where(DISPUTED_VICTIM.c.dispute_id.in_(select(DISPUTE.c.id).where(which)))
        found = connection.execute(asked.order_by(*DISPUTED_VICTIM.primary_key)).all()
    victims: dict[int, list[tuple[str, str]]] = {}
    for number, crime_ref, victim_ref in found:
        victims.setdefault(number, []).append((crime_ref, victim_ref))
    return [_dispute(row, victims.get(row["id"], ())) for row in rows]


def _dispute(row: Any, victims: Sequence[tuple[str, str]]) -> Dispute:
    values = dict(row) | {"answer": row["answer"] and DisputeAnswer(row["answer"])}
    return Dispute(**values, victims=tuple(victims))
