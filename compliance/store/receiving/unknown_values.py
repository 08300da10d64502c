"""Counting values that neither mapping nor policy knows, in a table of bounded size."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection
from sqlmodel import col, select

from compliance.store.database.dialect import insert_into
from compliance.store.database.engine import Store
from compliance.store.tables import UNKNOWN_VALUE, UnknownValue

MOST: Final = 50
"""The number of values of a field with a row each; a feed may send another with every record."""
OTHERS: Final = ""
"""Stands for all other values of a field. No value is empty: an empty text says nothing."""

Value = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Unknown:
    """How often unknown values were received, by field and value, and which of them were new.

    `OTHERS` counts all values beyond the bound.
    """

    counts: Counter[Value] = field(default_factory=Counter)
    new: frozenset[Value] = frozenset()

    def __or__(self, other: "Unknown") -> "Unknown":
        """Return both together."""
        return Unknown(self.counts + other.counts, self.new | other.new)


def count_unknown(connection: Connection, source: str, found: Mapping[Value, int], now: datetime) -> Unknown:
    """Add to the stored counts, and return what was added and which values were new."""
    if not found:
        return Unknown()
    asked = select(UnknownValue.field, UnknownValue.value).where(UnknownValue.source == source)
    before = frozenset((name, text) for name, text in connection.execute(asked))
    rows = Counter(name for name, text in before if text != OTHERS)
    counts = Counter[Value]()
    for (name, text), times in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        fits = (name, text) in before or rows[name] < MOST
        rows[name] += (name, text) not in before
        counts[name, text if fits else OTHERS] += times
    for (name, text), times in counts.items():
        row = {
            "source": source,
            "field": name,
            "value": text,
            "times": times,
            "first_seen_at": now,
            "last_seen_at": now,
        }
        again = {"times": UNKNOWN_VALUE.c.times + times, "last_seen_at": now}
        statement = insert_into(connection, UNKNOWN_VALUE).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["source", "field", "value"], set_=again))
    return Unknown(counts, frozenset(counts) - before)


def values_seen(store: Store) -> list[UnknownValue]:
    """Return all values that were unknown when received, by field, most frequent first."""
    asked = select(UnknownValue).order_by(
        col(UnknownValue.field), col(UnknownValue.times).desc(), col(UnknownValue.value)
    )
    with store.session(reading=True) as session:
        return list(session.exec(asked))
