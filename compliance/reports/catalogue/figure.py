"""A figure of the report: one object, which cannot be created without all of its parts (decision 0030)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from compliance.reports.catalogue.counted import CountedRows
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.row import PlacedRow
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures

Counting = Callable[[Edition, str, str | None], CountedRows | str]
"""Takes (edition, key, group) and returns the rows that are counted, or why there are none and where to look.

`group`: its text, empty for the whole, None for rows without one.
"""
ReportRows = Callable[[Figures], Iterator[PlacedRow]]
"""The rows that a figure has in a published report."""
Release = Callable[[Figures, Figures], Figures]
"""Takes the board's figures and the public ones so far, and returns the public ones with what this figure discloses."""
KEY: Final = "REQUIREMENT"
_MAY_BE_EMPTY: Final = {"key", "group"}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What the public edition discloses of a figure, in words, and the function that does it (statistics 1.6)."""

    words: str
    release: Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A kind of figure, whose names have the form `NAME.KEY/GROUP`: `rate.7-day`, `division.7-day/North`.

    - `key`, `group`: what takes their places in a name; in brackets if it may be left out, empty if there is none.
    - `title`, `meaning`, `clause`: what it means. `{kind}` stands for week, month or quarter, `{methods}` for the
      methods of live contact.
    - `cases`: what its cases are.
    - `measures`: what is counted of these, in words, by the name of the measure. The first is the default.
    - `count`: returns the rows that are counted, which give both value and cases.
    - `rows`: its rows in a published report.
    - `disclosure`: what the public edition discloses of it.
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
        """Raise ValueError for a part that is empty."""
        for field in fields(self):
            if field.name not in _MAY_BE_EMPTY and not getattr(self, field.name):
                raise ValueError(f"figure {self.name!r}: {field.name} says nothing")

    @property
    def form(self) -> str:
        """The form of its names, such as `silent[/NAME]`."""
        return self.name + "".join(
            f"[{mark}{part[1:]}" if part.startswith("[") else f"{mark}{part}"
            for mark, part in ((".", self.key), ("/", self.group))
            if part
        )

    def name_of(self, key: str = "", group: str = "") -> str:
        """Return its name for a key and a group."""
        return self.name + (f".{key}" if key else "") + (f"/{group}" if group else "")

    def takes(self, key: str, group: str) -> bool:
        """Return whether a name has the parts that this figure's names have."""
        parts = ((key, self.key), (group, self.group))
        return all(bool(given) == bool(asked) or (asked.startswith("[") and not given) for given, asked in parts)

    def counted(self, edition: Edition, key: str = "", group: str | None = "") -> CountedRows:
        """Return the rows of an edition that it counts. Raises ValueError if it does not count rows of the records."""
        found = self.count(edition, key, group)
        if isinstance(found, str):
            raise ValueError(f"{self.name_of(key, group or '')}: {found}")
        return found

    def share(self, edition: Edition, key: str = "", group: str | None = "") -> Proportion:
        """Return its share."""
        return self.counted(edition, key, group).share
