"""A figure of the report: one object, without any part of which it cannot be created (decision 0030)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from compliance.reports.catalogue.counted import CountedRows
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.row import PlacedRow
from compliance.reports.proportions import Proportion
from compliance.reports.report_model import Figures

Counting = Callable[[Edition, str, str | None], CountedRows | str]
"""(edition, key, group) to the rows that are counted, or why there are none and where to look. `group`: its text, empty
for the whole, None for what has none."""
ReportRows = Callable[[Figures], Iterator[PlacedRow]]
"""The rows that a figure has in a published report."""
Release = Callable[[Figures, Figures], Figures]
"""(the board's figures, the public ones so far) to the public ones with what the figure tells in them."""
KEY: Final = "REQUIREMENT"
_MAY_BE_EMPTY: Final = {"key", "group"}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What of a figure the public edition tells, in words, and the function that tells it (statistics 1.6)."""

    words: str
    release: Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A kind of figure, whose names are `NAME.KEY/GROUP`: `rate.7-day`, `division.7-day/North`.

    `key` and `group`: what stands in their places, in brackets where it may be left out, empty where there is none.
    `title`, `meaning`, `clause`: what it means; `{kind}` stands for week, month or quarter, `{methods}` for the methods
    of live contact. `cases`: what it is of. `measures`: what of these is counted, in words by the measures'
    names, first the one that is meant where none is named. `count`: the rows that are counted, of which value and
    cases are made. `rows`: where it stands in a published report. `disclosure`: what of it the public edition tells.
    """

    name: str
    key: str
    group: str
    title: str
    meaning: str
    clause: str
    cases: str
    measures: Mapping[str, str]
    count: Counting
    rows: ReportRows
    disclosure: Disclosure

    def __post_init__(self) -> None:
        """Raises ValueError for a part that says nothing."""
        for field in fields(self):
            if field.name not in _MAY_BE_EMPTY and not getattr(self, field.name):
                raise ValueError(f"figure {self.name!r}: {field.name} says nothing")

    @property
    def form(self) -> str:
        """What its names look like: `silent[/NAME]`."""
        return self.name + "".join(
            f"[{mark}{part[1:]}" if part.startswith("[") else f"{mark}{part}"
            for mark, part in ((".", self.key), ("/", self.group))
            if part
        )

    def name_of(self, key: str = "", group: str = "") -> str:
        """Its name of a key and a group."""
        return self.name + (f".{key}" if key else "") + (f"/{group}" if group else "")

    def takes(self, key: str, group: str) -> bool:
        """Whether a name has the parts that its names have."""
        parts = ((key, self.key), (group, self.group))
        return all(bool(given) == bool(asked) or (asked.startswith("[") and not given) for given, asked in parts)

    def counted(self, edition: Edition, key: str = "", group: str | None = "") -> CountedRows:
        """The rows of an edition that it counts. Raises ValueError where it counts none of the records'."""
        found = self.count(edition, key, group)
        if isinstance(found, str):
            raise ValueError(f"{self.name_of(key, group or '')}: {found}")
        return found

    def share(self, edition: Edition, key: str = "", group: str | None = "") -> Proportion:
        """The share that it is."""
        return self.counted(edition, key, group).share
