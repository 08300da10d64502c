"""The life of a crime record: every fact with the second at which it was entered in the crime system.

Both kinds of history, the simulated force and the replay of given records, are lists of such lives. The crime system
shows only what had been entered by now.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right, insort
from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import msgspec

from compliance.simulator.days import instant
from compliance.simulator.malformed import spoil

Record = dict[str, Any]
Entry = tuple[int, str, str | None, Any]
"""(second of entry, field, key of the item in a list field or None, value; None withdraws an item)."""

SPOILT: Final = ""
"""The field with the kind of fault that a record is served with (`malformed.KINDS`), until it is corrected."""

_second: Final = itemgetter(0)


class Life:
    """One crime record through time. Its first entries create it; before that it does not exist."""

    __slots__ = ("_entries",)

    def __init__(self, entries: list[Entry]) -> None:
        """Take a list of entries in any order. Entries in the same second keep the order given."""
        entries.sort(key=_second)
        self._entries = entries

    def add(self, entry: Entry) -> None:
        """Add one more fact. The order of keys decides between facts entered in the same second."""
        insort(self._entries, entry, key=lambda other: (other[0], other[2] or ""))

    @property
    def begins(self) -> int:
        """Return the second at which the record is first seen."""
        return self._entries[0][0]

    @property
    def ends(self) -> int:
        """Return the second of its last change."""
        return self._entries[-1][0]

    def count_typed(self, by: int) -> int:
        """Return how many of its facts had been entered by a second."""
        return bisect_right(self._entries, by, key=_second)

    def second(self, position: int) -> int | None:
        """Return the second of the entry at a position, or None beyond the last."""
        return self._entries[position][0] if position < len(self._entries) else None

    def record(self, by: int) -> Record:
        """Return the record as the crime system held it at a second: a plain dict (records section 1)."""
        record: Record = {}
        lists: dict[str, Record] = {}
        changed = 0
        for second, field, key, value in self._entries:
            if second > by:
                break
            changed = second
            if key is None:
                record[field] = value
            elif value is None:
                lists[field].pop(key, None)
            else:
                lists.setdefault(field, {})[key] = value
        for field, items in lists.items():
            record[field] = list(items.values())
        record["changed_at"] = instant(changed)
        return record

    def encode(self, by: int) -> bytes:
        """Return the record as JSON in UTF-8, malformed if it was entered that way."""
        record = self.record(by)
        fault = record.pop(SPOILT, None)
        return msgspec.json.encode(record) if fault is None else spoil(record, fault)


class RecordLives(ABC):
    """The content of a crime system: the lives of its records, and its officers.

    The order of `lives` never changes. `late` lists (second, position in `lives`) of entries added since the start.
    """

    lives: list[Life]
    late: list[tuple[int, int]]
    start: datetime
    end: datetime

    @abstractmethod
    def officers(self, now: datetime) -> list[Record]:
        """Return the officer directory as it was at `now` (records section 4)."""

    def answers(self, now: datetime) -> bool:  # noqa: ARG002
        """Return whether the crime system is up at `now`."""
        return True

    def deliver(self, recipient: str, sent_at: datetime, crime_refs: Iterable[str]) -> None:  # noqa: B027
        """Receive an email about some crimes at an address. By default, no one acts on it."""
