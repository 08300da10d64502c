"""Silent victims: at the end of the period, of other periods, and of some victims or methods alone (statistics 1.7)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
from msgspec.structs import replace

from compliance.policy.allocation import CaseHolders
from compliance.policy.calendars import LocalDates, from_day
from compliance.policy.status import Flags
from compliance.policy.verdicts import Verdicts
from compliance.reports.catalogue.case import TracedCase, heard, victims
from compliance.reports.catalogue.counted import COUNT, CountedRows, every
from compliance.reports.catalogue.disclosure import (
    WITHHELD,
    counts_of,
    disclose_part,
    find_hidden_parts,
    not_disclosed,
    of_each_requirement,
    share,
)
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.edition_period import EditionPeriod
from compliance.reports.catalogue.edition_records import find_name
from compliance.reports.catalogue.figure import Counting, Disclosure, Figure, ReportRows
from compliance.reports.catalogue.row import PlacedRow, share_row
from compliance.reports.catalogue.unit_figures import each_unit, section_of
from compliance.reports.catalogue.unit_levels import UnitLevel, find_level
from compliance.reports.judging.clusters import effect
from compliance.reports.judging.rates import has
from compliance.reports.judging.silent_victims import VictimsAsked, silent_victims
from compliance.reports.model.report_model import Figures, Period, RequirementFigures


def count_silent(
    edition: Edition, read: EditionPeriod, group: str | None = "", *, enhanced: bool = False, unit: str = ""
) -> CountedRows:
    """Count the silent at the end of a period: of all, of enhanced victims alone, or of one unit.

    If no kind of `unit` is named, it is a division or team, as in the edition.
    """
    asked = read.silence
    rows = asked.enhanced if enhanced else every(asked.silent)
    name = None
    if group != "":
        unit = unit or edition.unit
        column = edition.unit_of(asked, unit)
        name = find_name([column], group, unit)
        rows = rows & has(column, name)

    def listed() -> tuple[TracedCase, ...]:
        found = silent_victims(read.verdicts, read.span)
        own = np.flatnonzero(select_owned(edition, found.holders))[rows]
        return list_victims(read.verdicts, found, own, ("silent", "heard"), edition.policy.local)

    return CountedRows({COUNT: asked.silent[rows]}, listed, lambda: effect(asked.officer.codes[rows], read.silence_rho))


def select_owned(edition: Edition, holders: CaseHolders) -> Flags:
    """Return which of some victims belong to the edition."""
    rows = every(holders.crime)
    return rows if edition.division is None else rows & has(holders.owner("division"), edition.division)


def list_victims(
    verdicts: Verdicts, found: VictimsAsked, rows: Flags | np.ndarray, states: tuple[str, str], local: LocalDates
) -> tuple[TracedCase, ...]:
    """List some of the victims that a question is asked about.

    `states`: the state of those for whom the answer is yes, and of the others.
    """
    hit, (yes, no) = found.hit[rows], states
    more = heard(verdicts.columns, found.update[rows], local)
    if found.closed is not None:
        more["closed_on"] = [from_day(day) for day in found.closed[rows].tolist()]
    return victims(verdicts.columns, found.row[rows], [yes if one else no for one in hit.tolist()], **more)


def _count(which: str) -> Counting:
    def count(edition: Edition, _key: str, group: str | None) -> CountedRows:
        return count_silent(edition, edition.read(which), group, enhanced=which == "enhanced")

    return count


def _rows_beside_rate(name: str, order: int, period_of: Callable[[RequirementFigures], Period | None]) -> ReportRows:
    """Return a function that yields a row next to the rate of a period, if its requirement repeats."""

    def rows(figures: Figures) -> Iterator[PlacedRow]:
        for place, requirement in enumerate(figures.requirements):
            period = period_of(requirement)
            if period and period.silent:
                row = share_row("rates", name, "silent victims", "all", period.week, period.silent)
                yield PlacedRow((place, order), row)

    return rows


def _rows_of_part(name: str, group: str, order: int, period_of: Callable[[RequirementFigures], Period]) -> ReportRows:
    def rows(figures: Figures) -> Iterator[PlacedRow]:
        for place, requirement in enumerate(figures.requirements):
            if silent := period_of(requirement).silent:
                row = share_row("groups", name, "silent victims", group, figures.period, silent)
                yield PlacedRow((place, order), row)

    return rows


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    yield from _rows_beside_rate("silent", 1, lambda found: found.week)(figures)
    yield from rows_of_units(figures, find_level(figures))


def rows_of_units(figures: Figures, level: UnitLevel) -> Iterator[PlacedRow]:
    """Yield the rows of the units of a level."""
    for place, _, order, unit in each_unit(figures, level):
        if unit.silent:
            group, section = level.group(unit), section_of(level)
            row = share_row(section, f"{level.silent}/{group}", "silent victims", group, figures.period, unit.silent)
            yield PlacedRow((place, order, 1), row)


def _release(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    """Release the whole, and the divisions that are its parts."""
    silent = [division.silent for division in found.divisions if division.silent]
    hidden = iter(find_hidden_parts([counts_of(each) for each in silent]))
    divisions = tuple(
        replace(public, silent=division.silent and (WITHHELD if next(hidden) else division.silent))
        for division, public in zip(found.divisions, disclosed.divisions, strict=True)
    )
    return replace(disclosed, week=_disclose_period(disclosed.week, found.week), divisions=divisions)


def _release_before(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    return replace(disclosed, before=_disclose_period(disclosed.before, found.before))


def _release_last_year(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    return replace(
        disclosed,
        last_year=disclosed.last_year and found.last_year and _disclose_period(disclosed.last_year, found.last_year),
    )


def _release_live(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    return replace(disclosed, live=_disclose_part(disclosed.live, found.live, found.week))


def _release_enhanced(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    return replace(disclosed, enhanced=_disclose_part(disclosed.enhanced, found.enhanced, found.week))


def _disclose_period(disclosed: Period, found: Period) -> Period:
    return replace(disclosed, silent=found.silent and share(found.silent))


def _disclose_part(disclosed: Period, part: Period, whole: Period) -> Period:
    return replace(disclosed, silent=disclose_part(part.silent, whole.silent) if part.silent and whole.silent else None)


_ALONE: Final = "disclosed where it has no count from 1 to 4"
_PART: Final = "disclosed where neither it nor what is not in it has a count from 1 to 4"
_figure = partial(
    Figure, key="", clause="statistics 1.7", cases="victims asked about", measures={COUNT: "silent"},
)  # fmt: skip
SILENT: Final = _figure(
    name="silent", group="[NAME]", title="Silent victims",
    meaning="Of the victims of cases open for more than 28 days at the end of the {kind}, neither exempt nor "
            "declining, those without a counted update in the last 28 days. A reopened case counts from its reopening, "
            "a victim added later from then.",
    count=_count("rate"), rows=_rows,
    disclosure=Disclosure(
        f"{_ALONE}; of the divisions the smallest are withheld until those withheld are at least two and come together "
        "to no count from 1 to 4",
        of_each_requirement(_release),
    ),
)  # fmt: skip
SILENT_BEFORE: Final = _figure(
    name="silent-before", group="", title="Silent victims, the {kind} before",
    meaning="Silent victims at the end of the {kind} before.", count=_count("before"),
    rows=_rows_beside_rate("silent-before", 3, lambda found: found.before),
    disclosure=Disclosure(_ALONE, of_each_requirement(_release_before)),
)  # fmt: skip
SILENT_LAST_YEAR: Final = _figure(
    name="silent-last-year", group="", title="Silent victims, the same {kind} last year",
    meaning="Silent victims at the end of the {kind} of the same number a year before.", count=_count("last-year"),
    rows=_rows_beside_rate("silent-last-year", 5, lambda found: found.last_year),
    disclosure=Disclosure(_ALONE, of_each_requirement(_release_last_year)),
)  # fmt: skip
SILENT_PROVISIONAL: Final = _figure(
    name="silent-provisional", group="", title="Silent victims, provisional",
    meaning="Silent victims at the end of the week just ended, judged before updates have had seven days to be typed "
            "in.",
    count=_count("provisional"), rows=_rows_beside_rate("silent-provisional", 7, lambda found: found.provisional),
    disclosure=not_disclosed("next to the settled week it would reveal how many updates were typed in between"),
)  # fmt: skip
SILENT_LIVE: Final = _figure(
    name="silent-live", group="", title="Silent victims, live contact only",
    meaning="Silent victims had only {methods} counted.", count=_count("live"),
    rows=_rows_of_part("silent-live", "live contact only", 1, lambda found: found.live),
    disclosure=Disclosure(_PART, of_each_requirement(_release_live)),
)  # fmt: skip
SILENT_ENHANCED: Final = _figure(
    name="silent-enhanced", group="", title="Silent victims of category enhanced",
    meaning="Silent victims of category enhanced alone.", count=_count("enhanced"),
    rows=_rows_of_part("silent-enhanced", "enhanced victims", 3, lambda found: found.enhanced),
    disclosure=Disclosure(_PART, of_each_requirement(_release_enhanced)),
)  # fmt: skip
