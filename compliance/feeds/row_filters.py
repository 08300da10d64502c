"""The rows of a table that belong to a list: those with certain values, such as the victims among persons."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from compliance.feeds.table_rows import WRONG, Row
from compliance.feeds.values import absent, column

log = structlog.get_logger()

_DISTINCT: Final = 50


@dataclass
class FilteredRows:
    """What became of the rows of a list's table.

    - `wanted`: the values that a row must have, by column.
    - `kept`, `left_out`: how many rows belong to the list, and how many do not.
    - `counts`: how often each value came, by column, as text; an absent one is "". `more`: how many rows had a value
      beyond the first 50 of their column.
    """

    wanted: Mapping[str, frozenset[str]]
    kept: int = 0
    left_out: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    more: Counter[str] = field(default_factory=Counter)

    @property
    def unseen(self) -> dict[str, list[str]]:
        """The wanted values that no row had, by column, of the columns that have any."""
        unseen = {name: sorted(wanted - self.counts.get(name, {}).keys()) for name, wanted in self.wanted.items()}
        return {name: values for name, values in unseen.items() if values}


class RowFilters:
    """The filters of a mapping, with the rows they have seen (`seen`, by list)."""

    def __init__(self, rows: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        """`rows`: by list and column, the values of which a row must have one."""
        self.seen = {
            name: FilteredRows({key: frozenset(values) for key, values in columns.items()})
            for name, columns in rows.items()
        }

    def kept(self, name: str, rows: Iterable[Row]) -> Iterable[Row]:
        """Return the rows that belong to a list. One that states its fault is kept, so that its crime is refused."""
        return self._kept(self.seen[name], rows) if name in self.seen else rows

    def log(self, source: str) -> None:
        """Log how many rows of a source belong to each list so far; a warning if none does. No values: they may be
        personal data."""
        for name, seen in self.seen.items():
            if seen.kept or not seen.left_out:
                log.info("rows filtered", source=source, list=name, kept=seen.kept, left_out=seen.left_out)
            else:
                setting = f"crime_system.mapping.rows.{name}"
                log.warning("a row filter keeps no row", source=source, setting=setting, left_out=seen.left_out)

    def _kept(self, seen: FilteredRows, rows: Iterable[Row]) -> Iterator[Row]:
        takes = [(name, column(name), wanted) for name, wanted in seen.wanted.items()]
        for row in rows:
            if not isinstance(row, Mapping) or WRONG in row:
                yield row
                continue
            keeps = True
            for name, take, wanted in takes:
                value = take(row)
                text = "" if absent(value) else str(value)
                counted = seen.counts.setdefault(name, Counter())
                if text in counted or len(counted) < _DISTINCT:
                    counted[text] += 1
                else:
                    seen.more[name] += 1
                keeps = keeps and text in wanted
            if keeps:
                seen.kept += 1
                yield row
            else:
                seen.left_out += 1
