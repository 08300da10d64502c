"""What is held on one officer, for an answer to somebody who asks for it (Data Protection Act 2018, section 45).

Others are left out: victims, other officers and what they did. In their place stands `OTHER`.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select

from compliance.progress import telling
from compliance.records import Crime
from compliance.store.audit.audit_log import iterate_entries
from compliance.store.content import unpack
from compliance.store.database.engine import Store
from compliance.store.tables import (
    API_TOKEN,
    AUDIT_ENTRY,
    BACKGROUND_TASK,
    CRIME,
    CRIME_VERSION,
    DISPUTE,
    DISPUTED_VICTIM,
    NOTICE,
    OFFICER,
    OUTBOX,
    REPORT_RELEASE,
    REPORT_SUSPENSION,
    REVIEW_READING,
    WEB_SESSION,
)

OTHER: Final = "(somebody else)"
Rows = list[dict[str, Any]]
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class _Subject:
    """An officer by the reference, and the email address by which they may sign in; empty: none is known."""

    ref: str
    email: str

    def is_in(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that a column names them, however they were signed in."""
        return or_(column == self.ref, func.lower(column) == self.email) if self.email else column == self.ref

    @property
    def lower(self) -> list[str]:
        """The names in lower-case, as readers of dip samples are named."""
        return [name.lower() for name in (self.ref, self.email) if name]

    def is_called(self, name: str) -> bool:
        """Return whether somebody is called so."""
        return name == self.ref or (bool(self.email) and name.lower() == self.email)


def read_subject(store: Store, officer_ref: str) -> dict[str, Rows]:
    """Return the rows held on an officer, by what they are, as of one moment; each is empty if there are none.

    Every stored record is read, also earlier versions. Instants are aware, in UTC.
    """
    ref = officer_ref
    with store.reading() as connection:
        directory = _rows(connection, OFFICER, OFFICER.c.officer_ref == ref)
        whom = _Subject(ref, next(((entry["email"] or "").lower() for entry in directory), ""))
        for entry in directory:
            entry["supervisor_ref"] = entry["supervisor_ref"] and OTHER
        return {
            "directory": directory,
            "cases": _cases(connection, ref),
            "reminders": _rows(
                connection, NOTICE, NOTICE.c.recipient_ref == ref,
                "crime_ref requirement step decided_on outcome reason outbox_id",
            ),
            "emails": _rows(
                connection, OUTBOX, OUTBOX.c.recipient_ref == ref,
                "id kind to_address subject state created_at sent_at bounced_at",
            ),
            "disputes": _disputes(connection, ref),
            "answers": _rows(connection, DISPUTE, whom.is_in(DISPUTE.c.answered_by), "id answered_at answer note"),
            "readings": _rows(
                connection, REVIEW_READING, REVIEW_READING.c.reader.in_(whom.lower),
                "review_id number told told_on note",
            ),
            "sessions": _rows(
                connection, WEB_SESSION, whom.is_in(WEB_SESSION.c.person), "role began_at seen_at ended_at"
            ),
            "questions": _rows(connection, BACKGROUND_TASK, whom.is_in(BACKGROUND_TASK.c.asked_by), "kind asked_at"),
            "tokens": _rows(connection, API_TOKEN, whom.is_in(API_TOKEN.c.made_by), "name role made_at expires_at"),
            "releases": _rows(
                connection, REPORT_RELEASE, whom.is_in(REPORT_RELEASE.c.released_by), "period reason released_at"
            ),
            "suspensions": _rows(
                connection, REPORT_SUSPENSION, whom.is_in(REPORT_SUSPENSION.c.suspended_by), "began_at until reason"
            ),
            "audit_entries": list(_audit(connection, whom)),
        }  # fmt: skip


def crimes_in(held: Mapping[str, Rows]) -> list[str]:
    """Return the numbers of the crimes that are named in what is held, in order (by code point)."""
    rows = [row for part in held.values() for row in part]
    single = {row["crime_ref"] for row in rows if "crime_ref" in row}
    return sorted(single.union(*(row["crimes"] for row in rows if "crimes" in row)))


def _rows(connection: Connection, table: Table, which: Any, names: str | None = None) -> Rows:
    """Return the columns that are asked for of some rows, in the order of the table's key."""
    columns = [table.c[name] for name in names.split()] if names else list(table.c)
    asked = select(*columns).where(which).order_by(*table.primary_key)
    return [dict(row) for row in connection.execute(asked).mappings()]


def _cases(connection: Connection, ref: str) -> Rows:
    """Return the crimes whose record, as it is now or was, names the officer, with what it says of them."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"has_now": False, "had_from": set(), "updates_at": set()})
    current = ((crime, True) for crime in _crimes(connection, select(CRIME.c.record), CRIME))
    earlier = ((crime, False) for crime in _crimes(connection, select(CRIME_VERSION.c.record), CRIME_VERSION))
    for crime, is_current in telling("records read", chain(current, earlier)):
        had = {each.start for each in crime.allocations or () if each.officer_ref == ref}
        updates = {each.at for each in crime.updates or () if each.officer_ref == ref}
        has = crime.officer_ref == ref
        if has or had or updates:
            case = found[crime.crime_ref]
            case["has_now"] |= has and is_current
            case["had_from"] |= had
            case["updates_at"] |= updates
    return [
        {"crime_ref": crime_ref, **{key: sorted(each) if isinstance(each, set) else each for key, each in case.items()}}
        for crime_ref, case in sorted(found.items())
    ]


def _crimes(connection: Connection, asked: Select[Any], table: Table) -> Iterator[Crime]:
    rows = connection.execute(asked.order_by(*table.primary_key), execution_options={"yield_per": _AT_ONCE})
    for part in rows.scalars().partitions():
        yield from unpack(part)


def _disputes(connection: Connection, ref: str) -> Rows:
    disputes = _rows(
        connection, DISPUTE, DISPUTE.c.recipient_ref == ref, "id received_at text answer answered_at answered_by"
    )
    for dispute in disputes:
        victims = select(DISPUTED_VICTIM.c.crime_ref).where(DISPUTED_VICTIM.c.dispute_id == dispute["id"])
        dispute["crimes"] = sorted(set(connection.execute(victims).scalars()))
        dispute["answered_by"] = dispute["answered_by"] and OTHER
    return disputes


def _audit(connection: Connection, whom: _Subject) -> Iterator[dict[str, Any]]:
    """Yield the entries of what the officer did, and those of others that name them.

    What they asked for is left out, for it can name somebody else.
    """
    details = AUDIT_ENTRY.c.details
    named = or_(*(details.contains(json.dumps(name), autoescape=True) for name in (whom.ref, whom.email) if name))
    for stored in iterate_entries(connection, select(AUDIT_ENTRY).where(whom.is_in(AUDIT_ENTRY.c.who) | named)):
        entry = stored.entry
        is_own = whom.is_called(entry.who)
        yield {
            "number": stored.number, "at": entry.at, "who": entry.who if is_own else OTHER, "what": str(entry.what),
            "target": entry.target, "crimes": list(entry.details.get("crimes", ())) if is_own else [],
            "refused": entry.details.get("refused") if is_own else None, "reason": entry.reason if is_own else None,
        }  # fmt: skip
