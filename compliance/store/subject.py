"""What is held on one officer, for an answer to somebody who asks for it (Data Protection Act 2018, section 45).

Others are left out: victims, other officers and what they did. In their place stands `OTHER`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, select

from compliance.records import Crime
from compliance.store.audit_log import iterate_entries
from compliance.store.content import unpack
from compliance.store.dialect import chunks
from compliance.store.engine import Store
from compliance.store.tables import (
    API_TOKEN,
    AUDIT_ENTRY,
    CRIME,
    CRIME_VERSION,
    DISPUTE,
    DISPUTED_VICTIM,
    NOTICE,
    OFFICER,
    OUTBOX,
    REPORT_RELEASE,
    REPORT_SUSPENSION,
    WEB_SESSION,
)

OTHER: Final = "(somebody else)"
Rows = list[dict[str, Any]]


def read_subject(store: Store, officer_ref: str, progress: Callable[[int], None] = lambda _: None) -> dict[str, Rows]:
    """Return the rows held on an officer, by what they are, as of one moment; each is empty if there are none.

    Every stored record is read, also earlier versions: `progress` is told how many were. Instants are aware, in UTC.
    """
    ref = officer_ref
    with store.reading() as connection:
        directory = _rows(connection, OFFICER, OFFICER.c.officer_ref == ref)
        for entry in directory:
            entry["supervisor_ref"] = entry["supervisor_ref"] and OTHER
        return {
            "directory": directory,
            "cases": _cases(connection, ref, progress),
            "reminders": _rows(
                connection, NOTICE, NOTICE.c.recipient_ref == ref,
                "crime_ref requirement step decided_on outcome reason outbox_id",
            ),
            "emails": _rows(
                connection, OUTBOX, OUTBOX.c.recipient_ref == ref,
                "id kind to_address subject state created_at sent_at bounced_at",
            ),
            "disputes": _disputes(connection, ref),
            "sessions": _rows(connection, WEB_SESSION, WEB_SESSION.c.person == ref, "role began_at seen_at ended_at"),
            "tokens": _rows(connection, API_TOKEN, API_TOKEN.c.made_by == ref, "name role made_at expires_at"),
            "releases": _rows(
                connection, REPORT_RELEASE, REPORT_RELEASE.c.released_by == ref, "period reason released_at"
            ),
            "suspensions": _rows(
                connection, REPORT_SUSPENSION, REPORT_SUSPENSION.c.suspended_by == ref, "began_at until reason"
            ),
            "audit_entries": list(_audit(connection, ref)),
        }  # fmt: skip


def _rows(connection: Connection, table: Table, which: Any, names: str | None = None) -> Rows:
    """Return the columns that are asked for of some rows, in the order of the table's key."""
    columns = [table.c[name] for name in names.split()] if names else list(table.c)
    asked = select(*columns).where(which).order_by(*table.primary_key)
    return [dict(row) for row in connection.execute(asked).mappings()]


def _cases(connection: Connection, ref: str, progress: Callable[[int], None]) -> Rows:
    """Return the crimes whose record, as it is now or was, names the officer, with what it says of them."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"has_now": False, "had_from": set(), "updates_at": set()})
    current = ((crime, True) for crime in _crimes(connection, select(CRIME.c.record), CRIME))
    earlier = ((crime, False) for crime in _crimes(connection, select(CRIME_VERSION.c.record), CRIME_VERSION))
    for number, (crime, is_current) in enumerate(chain(current, earlier), 1):
        if number % 10_000 == 0:
            progress(number)
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
    rows: Iterable[Any] = (
        connection.execution_options(yield_per=1000).execute(asked.order_by(*table.primary_key)).scalars()
    )
    for part in chunks(rows):
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


def _audit(connection: Connection, ref: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of what the officer did, and those whose details or target name them."""
    named = AUDIT_ENTRY.c.details.contains(f'"{ref}"', autoescape=True)
    about = AUDIT_ENTRY.c.target.contains(ref, autoescape=True)
    for stored in iterate_entries(connection, select(AUDIT_ENTRY).where((AUDIT_ENTRY.c.who == ref) | named | about)):
        entry = stored.entry
        is_own = entry.who == ref
        yield {
            "number": stored.number, "at": entry.at, "who": ref if is_own else OTHER, "what": str(entry.what),
            "target": entry.target, "details": dict(entry.details) if is_own else {},
            "reason": entry.reason if is_own else None,
        }  # fmt: skip
