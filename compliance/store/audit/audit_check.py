"""Checking the audit log: whether each entry is as it was written, in its place, and follows the one before.

Read once from front to back, in bounded memory. The chain alone finds edits, removals and reordering by whoever does
not rewrite what follows; heads kept elsewhere find what is rewritten from some entry on, and a log cut off at its end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from compliance.store.audit.audit_entry import BEGINNING, AuditHead, AuditKind, hash_entry
from compliance.store.audit.audit_log import StoredEntry, iterate_entries
from compliance.store.tables import AUDIT_ENTRY, PUBLISHED

AUDIT_LOG: Final = "audit log"
"""The target of entries about the log itself."""
_MOST_FAULTS: Final = 1000
_HEAD: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class FaultKind(StrEnum):
    """What is wrong with the log at a number, or with a stamp of it."""

    CHANGED = "changed"
    MOVED = "moved"
    MISSING = "missing"
    REWRITTEN = "rewritten"
    CUT_OFF = "cut off"
    STAMP = "stamp"


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Something wrong with the log: at which number, or from which to which, and what, in words."""

    kind: FaultKind
    first: int
    last: int
    words: str


@dataclass(slots=True)
class CheckedLog:
    """What a check found: how many entries from which number to which head, and what is wrong, by number.

    `beginning`: what the first entry follows: what retention left of those before. `heads`: how many of the heads kept
    elsewhere were compared; `too_old`: how many are of entries that retention has removed, last at `removed_at` (UTC).
    """

    entries: int = 0
    beginning: AuditHead = BEGINNING
    head: AuditHead = BEGINNING
    heads: int = 0
    too_old: int = 0
    removed_at: datetime | None = None
    faults: list[AuditFault] = field(default_factory=list)
    more_faults: int = 0

    def sort(self) -> None:
        """Put what is wrong in the order of its numbers."""
        self.faults.sort(key=lambda fault: (fault.first, fault.last))

    def add(self, fault: AuditFault) -> None:
        """Note something wrong; of very much, only how much more there is."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.more_faults += 1


def parse_head(text: str) -> AuditHead | None:
    """Return the head that a text is, such as `12:` and 64 hexadecimal digits; None if it is none."""
    found = _HEAD.fullmatch(text.strip().lower())
    return None if found is None else AuditHead(int(found[1]), found[2])


def check_log(connection: Connection, heads: Iterable[tuple[AuditHead, str]] = ()) -> CheckedLog:
    """Check the whole log against itself and against heads kept elsewhere, each with where it was kept."""
    checked, wanted = CheckedLog(), _by_number(heads)
    moved = _Moved(connection)
    before: AuditHead | None = None
    anchor: AuditHead | None = BEGINNING
    for stored in iterate_entries(connection):
        if before is None:
            checked.beginning = before = AuditHead(stored.number - 1, stored.previous)
        _check_place(checked, before, stored, moved)
        _compare(checked, stored.head, wanted.pop(stored.number, ()))
        if (removed := _anchor_of(stored)) is not None:
            anchor, checked.removed_at = removed, stored.entry.at
        before = stored.head
        checked.entries += 1
    checked.head = before or BEGINNING
    _check_beginning(checked, anchor)
    for number, kept in sorted(wanted.items()):
        _compare_outside(checked, number, kept)
    checked.sort()
    return checked


def _by_number(heads: Iterable[tuple[AuditHead, str]]) -> dict[int, list[tuple[AuditHead, str]]]:
    found: dict[int, list[tuple[AuditHead, str]]] = {}
    for head, place in heads:
        found.setdefault(head.number, []).append((head, place))
    return found


def _check_place(checked: CheckedLog, before: AuditHead, stored: StoredEntry, moved: "_Moved") -> None:
    number = stored.number
    if number != before.number + 1:
        checked.add(_missing(before.number + 1, number - 1))
    is_whole = stored.hash == hash_entry(number, stored.entry, stored.details, stored.previous)
    if not is_whole:
        place = moved.place_of(stored)
        words = (
            f"entry {number} was written as entry {place}: entries were reordered"
            if place is not None
            else f"entry {number} is not what was written: it was changed"
        )
        checked.add(AuditFault(FaultKind.CHANGED if place is None else FaultKind.MOVED, number, number, words))
    elif number == before.number + 1 and stored.previous != before.hash:
        words = f"entry {number} does not follow entry {before.number} as it stands: that one was replaced"
        checked.add(AuditFault(FaultKind.REWRITTEN, before.number, number, words))


def _missing(first: int, last: int) -> AuditFault:
    what = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    return AuditFault(FaultKind.MISSING, first, last, f"{what} missing")


class _Moved:
    """Finds where an entry that is not in its place was written: after the one whose hash it names."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._left = 100

    def place_of(self, stored: StoredEntry) -> int | None:
        """Return the number that an entry was written with; None: it is not as it was written."""
        if self._left == 0:  # each costs a reading of the log
            return None
        self._left -= 1
        asked = select(AUDIT_ENTRY.c.number).where(AUDIT_ENTRY.c.hash == stored.previous)
        for (number,) in self._connection.execute(asked).all():
            if hash_entry(number + 1, stored.entry, stored.details, stored.previous) == stored.hash:
                return int(number) + 1
        return None


def _anchor_of(stored: StoredEntry) -> AuditHead | None:
    """Return the head that retention left of the entries it removed, if that is what an entry says."""
    if stored.entry.what != AuditKind.ERASURE or stored.entry.target != AUDIT_LOG:
        return None
    return parse_head(str(stored.entry.details.get("last")))


def _check_beginning(checked: CheckedLog, anchor: AuditHead | None) -> None:
    """Compare what the first entry follows with what retention left last."""
    begins, expected = checked.beginning, anchor or BEGINNING
    if checked.entries == 0 or begins == expected:
        return
    if begins.number > expected.number:
        checked.add(_missing(expected.number + 1, begins.number))
    elif begins.number < expected.number:
        words = f"entries {begins.number + 1} to {expected.number} are there, which retention had removed"
        checked.add(AuditFault(FaultKind.REWRITTEN, begins.number + 1, expected.number, words))
    else:
        number = begins.number + 1
        words = f"entry {number} does not follow the entries that retention removed: it was replaced"
        checked.add(AuditFault(FaultKind.REWRITTEN, number, number, words))


def _compare(checked: CheckedLog, head: AuditHead, kept: Sequence[tuple[AuditHead, str]]) -> None:
    """Compare an entry with the heads of it that were kept elsewhere."""
    for outside, place in kept:
        checked.heads += 1
        if outside != head:
            words = f"entry {head.number} is not the one of which {place} has the head: it or one before was rewritten"
            checked.add(AuditFault(FaultKind.REWRITTEN, head.number, head.number, words))


def _compare_outside(checked: CheckedLog, number: int, kept: Sequence[tuple[AuditHead, str]]) -> None:
    """Compare heads of an entry that the log does not have."""
    if number == checked.beginning.number:
        _compare(checked, checked.beginning, kept)
    elif number < checked.beginning.number:
        checked.too_old += len(kept)
    elif number > checked.head.number:
        checked.heads += len(kept)
        first, place = checked.head.number + 1, kept[0][1]
        words = (
            f"the log ends with entry {checked.head.number}, and {place} has the head of entry {number}: it was cut off"
        )
        checked.add(AuditFault(FaultKind.CUT_OFF, first, number, words))
    else:
        checked.heads += len(kept)  # that it is missing is said already


def published_heads(connection: Connection) -> Iterator[tuple[AuditHead, str]]:
    """Yield the heads that are printed in published reports, as far as the store has them, each with its report."""
    printed = PUBLISHED.c.figures["basis"]["audit_head"].as_string()
    asked = select(PUBLISHED.c.period, PUBLISHED.c.edition, PUBLISHED.c.version, printed.label("head"))
    for row in connection.execute(asked.order_by(PUBLISHED.c.id)):
        if row.head and (head := parse_head(row.head)) is not None:
            yield head, f"report {row.period} ({row.edition}, version {row.version})"
