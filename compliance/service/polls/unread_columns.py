"""Columns of victims and updates that no setting reads, and that may say which rows do not belong: suspects, say."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from compliance.feeds import Mapper
from compliance.feeds.values import absent
from compliance.policy.vocabulary import shorten
from compliance.service.polls.sample_notes import ENOUGH

_LISTS: Final = {"victims": "victims", "updates": "contacts with victims"}
"""The lists in which a row too many is believed, and what their rows are."""
_MOST_CODES: Final = 8


def notes_of_unread(sources: Iterable[Any], mapper: Mapper) -> Iterator[str]:
    """Yield a note for each unread column with a few values, from the rows of crimes by table as a feed gave them.

    Of a list whose rows are filtered, and of JSON, nothing is said.
    """
    given = [source for source in sources if isinstance(source, dict)] if mapper.is_tabular else []
    for name, what in _LISTS.items():
        rows = [row for source in given for row in source.get(name) or ()]
        if len(rows) < ENOUGH or name in mapper.mapping.rows:
            continue
        for column in mapper.unread(name, rows[0]):
            values = Counter("" if absent(row.get(column)) else str(row.get(column)) for row in rows)
            if 1 < len(values) <= _MOST_CODES:
                listed = ", ".join(f"{shorten(value)!r} {times:,}" for value, times in values.most_common())
                yield (
                    f"{name}: nothing reads the column {column}: {listed}; if not all of these rows are {what}, name "
                    f"those that are in [crime_system.mapping] rows.{name} (docs/feeds.md)"
                )
