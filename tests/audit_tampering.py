"""What somebody who may write to the database can do to the audit log: one random act, and which entries it touches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from compliance.store.audit.audit_check import AUDIT_LOG, CheckedLog
from compliance.store.audit.audit_entry import AuditEntry, AuditKind, hash_entry, write_details
from compliance.store.audit.audit_log import iterate_entries
from compliance.store.tables import AUDIT_ENTRY as LOG


@dataclass(frozen=True)
class Tampering:
    """What was done, and the numbers of which each must be named by a fault."""

    what: str
    touched: tuple[int, ...]

    def is_named(self, checked: CheckedLog) -> bool:
        return all(any(fault.first <= n <= fault.last for fault in checked.faults) for n in self.touched)


def tamper(connection: Connection, random: Random) -> Tampering:
    """Do one of them."""
    first, last = connection.execute(select(func.min(LOG.c.number), func.max(LOG.c.number))).one()
    return random.choice(ACTS)(connection, random, first, last)


def _row(connection: Connection, number: int) -> dict[str, Any]:
    return dict(connection.execute(select(LOG).where(LOG.c.number == number)).mappings().one())


def _changed(random: Random, row: dict[str, Any], column: str) -> Any:
    value = row[column]
    if column == "at":
        return value + timedelta(microseconds=random.choice((-1, 1, 3_600_000_000)))
    if column == "reason":
        return "" if value is None else None
    if column == "what":
        return random.choice([kind.value for kind in AuditKind if kind != value])
    place = random.randrange(len(value) + 1)
    return f"{value[:place]}{random.choice('0aZ ')}{value[place:]}"


def edit(connection: Connection, random: Random, first: int, last: int) -> Tampering:
    number = random.randint(first, last)
    column = random.choice([column.name for column in LOG.c if column.name != "number"])
    row = _row(connection, number)
    connection.execute(update(LOG).where(LOG.c.number == number).values({column: _changed(random, row, column)}))
    return Tampering(f"changed {column} of {number}", (number,))


def edit_and_seal(connection: Connection, random: Random, first: int, last: int) -> Tampering:
    """Whoever knows how entries are hashed makes the entry itself hold."""
    number = random.randint(first, last)
    row = _row(connection, number)
    row["who"] = _changed(random, row, "who")
    connection.execute(update(LOG).where(LOG.c.number == number).values(who=row["who"], hash=_hash(row)))
    return Tampering(f"changed and sealed {number}", (number,))


def rewrite(connection: Connection, random: Random, first: int, last: int) -> Tampering:
    """An entry is changed and all that follow are chained anew: only a head kept elsewhere finds it."""
    number = random.randint(max(first, last - 30), last)
    previous = None
    for stored in list(iterate_entries(connection)):
        if stored.number >= number:
            row = _row(connection, stored.number)
            row["previous"] = row["previous"] if previous is None else previous
            row["target"] += "x" if stored.number == number else ""
            previous = row["hash"] = _hash(row)
            connection.execute(update(LOG).where(LOG.c.number == stored.number).values(row))
    return Tampering(f"rewrote from {number} on", (last,))


def _hash(row: dict[str, Any]) -> str:
    entry = AuditEntry(row["at"], row["who"], row["role"], row["what"], row["target"], {}, row["reason"])
    return hash_entry(row["number"], entry, row["details"], row["previous"])


def remove(connection: Connection, random: Random, first: int, last: int) -> Tampering:
    begin = random.randint(first, last)
    end = min(last, begin + random.choice((0, 0, 1, 7)))
    connection.execute(delete(LOG).where(LOG.c.number.between(begin, end)))
    return Tampering(f"removed {begin} to {end}", (begin, end))


def truncate(connection: Connection, random: Random, first: int, last: int) -> Tampering:
    number = random.randint(first, last)
    connection.execute(delete(LOG).where(LOG.c.number >= number))
    return Tampering(f"cut off at {number}", (number, last))


def pretend_retention(connection: Connection, at: datetime, number: int) -> None:
    """In place of the whole log there is an entry which says that retention has removed all before it."""
    connection.execute(delete(LOG))
    details = write_details({"before": str(at.date()), "entries": number, "first": 1, "last": f"{number}:{'ab' * 32}"})
    row = {
        "number": number + 1, "at": at, "who": "compliance", "role": "service", "what": str(AuditKind.ERASURE),
        "target": AUDIT_LOG, "details": details, "reason": None, "previous": "ab" * 32,
    }  # fmt: skip
    connection.execute(insert(LOG).values(row | {"hash": _hash(row)}))


def swap(connection: Connection, random: Random, first: int, last: int) -> Tampering:
    """Two entries change places."""
    one, other = random.sample(range(first, last + 1), 2)
    rows = _row(connection, one), _row(connection, other)
    connection.execute(delete(LOG).where(LOG.c.number.in_((one, other))))
    for row, number in zip(rows, (other, one), strict=True):
        connection.execute(insert(LOG).values(row | {"number": number}))
    return Tampering(f"swapped {one} and {other}", (one, other))


def swap_contents(connection: Connection, random: Random, first: int, last: int) -> Tampering:
    """Two entries change places, and their places in the chain stay."""
    one, other = random.sample(range(first, last + 1), 2)
    rows = _row(connection, one), _row(connection, other)
    for row, number in zip(rows, (other, one), strict=True):
        said = {name: row[name] for name in ("at", "who", "role", "what", "target", "details", "reason")}
        connection.execute(update(LOG).where(LOG.c.number == number).values(said))
    return Tampering(f"swapped what {one} and {other} say", (one, other))


Act = Callable[[Connection, Random, int, int], Tampering]
ACTS: Final[tuple[Act, ...]] = (edit, edit, edit_and_seal, rewrite, remove, truncate, swap, swap_contents)
