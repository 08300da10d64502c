"""Crimes that are probably on record twice (decision 0058)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from compliance.errors import SettingsError, nearest
from compliance.reports.catalogue.case import crimes
from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.row import PlacedRow, share_row
from compliance.reports.model.findings import TeamPattern
from compliance.reports.model.report_model import Figures


def list_duplicates(edition: Edition) -> tuple[TeamPattern, ...]:
    """Return the units of an edition with far more of them than by chance; no name: the whole."""
    return tuple(
        TeamPattern(each.name, DUPLICATES.share(edition, group=each.name), each.expected)
        for each in edition.duplicates.of(edition.division)
    )


def _count(edition: Edition, _key: str, group: str | None) -> CountedRows:
    """Count the crimes of a unit, and those that are alike one before."""
    units = {each.name: each for each in edition.duplicates.of(edition.division)}
    if (found := units.get(group or "")) is None:
        raise SettingsError(
            f"duplicates: no more of them than by chance in {group or 'the whole'!r}{nearest(group or '', list(units))}"
        )
    return CountedRows({COUNT: found.hit}, partial(crimes, edition.headline.columns, found.rows, "reported"))


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    for each in figures.duplicates:
        name = f"duplicates/{each.name}" if each.name else "duplicates"
        yield PlacedRow((), share_row("contact", name, "crimes probably on record twice", each.name or "all",
                                      figures.period, each.share, expected=each.expected / each.share.of))  # fmt: skip


DUPLICATES: Final = Figure(
    name="duplicates", key="", group="[NAME]", title="Crimes probably on record twice",
    meaning="Of the crimes of a division (or of a team in a division’s edition) reported in the 52 weeks up to the end "
            "of the {kind}, how many were reported in the same minute, in one offence group and team, as another "
            "before. Shown where chance would give as many in fewer than one report in a thousand. What the report "
            "would tell only with such crimes is not told.",
    clause="rules 8, statistics 6", cases="crimes reported", measures={COUNT: "probably on record before"},
    count=_count, rows=_rows, disclosure=not_disclosed("what looks at how entries were made stays inside the force"),
)  # fmt: skip
