"""The life of a crime record: every fact with the second at which it was typed into the crime system.

Both kinds of history, the simulated force and the replay of given records, are lists of such lives; the crime system
shows of each life only what had been typed in by now.
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
"""(second it was typed in, field, key of the item in a list field or None, value; None withdraws an item)."""

SPOILT: Final = ""
"""The field that holds the kind of fault a record is served with (`malformed.KINDS`), until it is corrected."""

_second: Final = itemgetter(0)


class Life:
    """One crime record through time. Its first entries create it; before them it does not exist."""

    __slots__ = ("_entries",)

    def __init__(self, entries: list[Entry]) -> None:
        """Takes over a list of entries in any order; those of the same second are taken in the order given."""
        entries.sort(key=_second)
        self._entries = entries

    def add(self, entry: Entry) -> None:
        """Type one more fact in; of those typed in in the same second the order of their keys decides."""
        insort(self._entries, entry, key=lambda other: (other[0], other[2] or ""))

    @property
    def begins(self) -> int:
        """The second at which the record is first seen."""
        return self._entries[0][0]

    @property
    def ends(self) -> int:
        """The second of its last change."""
        return self._entries[-1][0]

    def typed(self, by: int) -> int:
        """How many of its facts had been typed in by a second."""
        return bisect_right(self._entries, by, key=_second)

    def second(self, position: int) -> int | None:
        """The second of the entry at a position; None beyond the last."""
        return self._entries[position][0] if position < len(self._entries) else None

    def record(self, by: int) -> Record:
        """The record as the crime system held it at a second: a plain dict as records section 1."""
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

    def encoded(self, by: int) -> bytes:
        """The record as JSON in UTF-8, malformed if that is how it was typed in."""
        record = self.record(by)
        fault = record.pop(SPOILT, None)
        return msgspec.json.encode(record) if fault is None else spoil(record, fault)


class History(ABC):
    """What a crime system is filled with: the lives of its records, and who works there.

    `lives` never changes its order. `late` lists (second, position in `lives`) of entries added since the beginning.
    """

    lives: list[Life]
    late: list[tuple[int, int]]
    start: datetime
    end: datetime

    @abstractmethod
    def officers(self, now: datetime) -> list[Record]:
        """The officer directory as it stood at `now` (records section 4)."""

    def answers(self, now: datetime) -> bool:  # noqa: ARG002
        """Whether the crime system is up at `now`."""
        return True

    def deliver(self, recipient: str, sent_at: datetime, crime_refs: Iterable[str]) -> None:  # noqa: B027
        """An email about some crimes reached an address; by default nobody acts on it."""
