"""Retention of the audit log: whole months of entries are removed, and the last of them stays as a head in the log.

What is to be removed is verified first: a log that was tampered with is evidence, and stays (decision 0067).
"""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, func, select

from compliance.errors import AuditError
from compliance.policy.calendars import LocalDates, from_day
from compliance.store.audit.audit_check import AUDIT_LOG, CheckedLog, check_log, published_heads
from compliance.store.audit.audit_entry import AuditEntry, AuditHead, AuditKind
from compliance.store.audit.audit_log import append_entry
from compliance.store.audit.audit_stamps import forget_stamps, stamped_heads
from compliance.store.database.dialect import take_turn_in_log
from compliance.store.database.engine import Store
from compliance.store.tables import AUDIT_ENTRY

KEPT_AS: Final = "last"
"""The part of an entry's details that has the head of the entries removed."""


class OldMonths(NamedTuple):
    """Entries that retention is to remove: how many, the first one's number, the last one's head, before which instant.

    The instant is the beginning of a local month.
    """

    entries: int
    first: int
    last: AuditHead
    before: datetime


def find_old_months(store: Store, local: LocalDates, days: int, now: datetime) -> OldMonths | None:
    """Return the entries of the local months whose last day is more than so many days ago; None: there are none."""
    with store.reading() as connection:
        return _find(connection, _begin_of_kept(local, days, now))


def remove_old_months(store: Store, local: LocalDates, days: int, now: datetime, who: str, role: str) -> int:
    """Remove these entries and write an entry that says so and has their head; return how many were removed.

    Raises AuditError, and removes nothing, if they are not as they were written.
    """
    before = _begin_of_kept(local, days, now)
    with store.reading() as connection:
        found = _find(connection, before)
        if found is None:
            return 0
        _check(check_log(connection, [*published_heads(connection), *stamped_heads(connection)]), found)
    with store.writing() as connection:
        take_turn_in_log(connection)
        if _find(connection, before) != found:  # another service has removed them
            return 0
        until = local.date_of(before)
        details = {"before": str(until), "entries": found.entries, "first": found.first, KEPT_AS: str(found.last)}
        append_entry(connection, AuditEntry(now, who, role, AuditKind.ERASURE, AUDIT_LOG, details))
        connection.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number <= found.last.number))
        forget_stamps(connection, found.last.number)
    return found.entries


def _begin_of_kept(local: LocalDates, days: int, now: datetime) -> datetime:
    """Return the beginning of the local month from which entries are kept."""
    return local.start_of(from_day(local.day_of(now) - days).replace(day=1))


def _find(connection: Connection, before: datetime) -> OldMonths | None:
    """Return the entries up to the first that is kept, whatever the clocks said of those between."""
    number, at = AUDIT_ENTRY.c.number, AUDIT_ENTRY.c.at
    first_kept = connection.execute(select(func.min(number)).where(at >= before)).scalar_one()
    old = select(func.count(), func.min(number), func.max(number))
    count, first, last = connection.execute(old if first_kept is None else old.where(number < first_kept)).one()
    if not count:
        return None
    kept = connection.execute(select(AUDIT_ENTRY.c.hash).where(number == last)).scalar_one()
    return OldMonths(count, first, AuditHead(last, kept), before)


def _check(checked: CheckedLog, old: OldMonths) -> None:
    """Raise AuditError if anything is wrong with entries that are to be removed, or with what follows them."""
    wrong = [fault for fault in checked.faults if fault.first <= old.last.number + 1]
    if wrong:
        raise AuditError(
            f"no entry of the audit log is removed, because it is not as it was written: {wrong[0].words}; "
            "`compliance audit verify` says what else is wrong (docs/audit.md)"
        )
