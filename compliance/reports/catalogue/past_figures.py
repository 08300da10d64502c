"""Divisions and teams against their own past (statistics 1.5b)."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from compliance.policy.verdicts import MET
from compliance.reports.catalogue.case import TracedCase, obligations
from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.edition_period import EditionPeriod
from compliance.reports.catalogue.edition_records import find_name
from compliance.reports.catalogue.figure import KEY, Counting, Figure, ReportRows
from compliance.reports.catalogue.rate_figures import CASES
from compliance.reports.catalogue.row import PlacedRow, count_row
from compliance.reports.judging.judged import TRAILING, list_charted_weeks
from compliance.reports.judging.rates import Cohort, has, together
from compliance.reports.judging.weeks_compared import COMPARED, list_compared, of_part
from compliance.reports.model.changes import PAST_FIGURE, Part
from compliance.reports.model.report_model import Figures

DUE: Final = "due"
MET_BEFORE: Final = "met_before"
DUE_BEFORE: Final = "due_before"


def _count(part: Part) -> Counting:
    """Return a function that counts the obligations of a unit over the weeks compared, of a part of a requirement."""

    def count(edition: Edition, requirement: str, group: str | None) -> CountedRows:
        weeks = list_compared(list_charted_weeks(edition.period, edition.beginning.begun), edition.options)[-COMPARED:]
        read = [edition.read("week", str(week)) for week in weeks]
        held = [_due(week, edition.place(requirement), part) for week in read]
        column = edition.unit_of(together(held), edition.unit)
        name = find_name([column], group, edition.unit)
        own = [cohort.where(has(edition.unit_of(cohort, edition.unit), name)) for cohort in held]
        recent = np.repeat(np.arange(len(own)) >= len(own) - TRAILING, [len(cohort) for cohort in own])
        met = np.concatenate([cohort.state == MET for cohort in own])
        counts = {COUNT: met & recent, DUE: recent, MET_BEFORE: met & ~recent, DUE_BEFORE: ~recent}
        return CountedRows(counts, _list_cases(read, own))

    return count


def _due(week: EditionPeriod, place: int, part: Part) -> Cohort:
    cohort = week.due(place)
    return cohort.where(of_part(cohort, part))


def _list_cases(read: list[EditionPeriod], own: list[Cohort]) -> Callable[[], tuple[TracedCase, ...]]:
    pairs = list(zip(read, own, strict=True))
    return lambda: tuple(case for week, cohort in pairs for case in obligations(week.verdicts, cohort.verdict))


def _rows(part: Part) -> ReportRows:
    """Return a function that yields the rows of a part of each requirement."""

    def rows(figures: Figures) -> Iterator[PlacedRow]:
        places = {requirement.id: place for place, requirement in enumerate(figures.requirements)}
        for series in figures.own_past:
            for order, unit in enumerate(series.units if series.part == part else ()):
                what = f"{series.requirement} in time against its own past{CHANGED[unit.turn]}"
                yield PlacedRow((places[series.requirement], order, 3), count_row(
                    "units", f"{PAST_FIGURE[part]}.{series.requirement}/{unit.name}", what, unit.name, figures.period,
                    count=unit.met, due=unit.due, met_before=unit.met_before, due_before=unit.due_before, p=unit.p,
                    rate_before_change=unit.base, rate_since=unit.now, updates_missed=unit.missed,
                ))  # fmt: skip

    return rows


CHANGED: Final = {None: "", "worse": "; changed for the worse", "better": "; changed for the better"}
"""What a row says of a unit that changed (statistics 1.5b)."""
_MEASURES: Final = {
    COUNT: "met over the last 13 settled weeks", DUE: "due over the last 13 settled weeks",
    MET_BEFORE: "met over the 13 before", DUE_BEFORE: "due over the 13 before",
}  # fmt: skip


def _figure(part: Part, title: str, which: str) -> Figure:
    return Figure(
        name=PAST_FIGURE[part], key=KEY, group="NAME", title=title,
        meaning=f"{which} of a division, or of a team in a division’s edition, over the last 13 settled weeks and the "
                "13 before, without excluded weeks; with it what the two questions to its own past say.",
        clause="statistics 1.5b", cases=f"{CASES} over the 26 weeks", measures=_MEASURES, count=_count(part),
        rows=_rows(part),
        disclosure=not_disclosed("weeks of one division would follow from two reports, whose weeks overlap"),
    )  # fmt: skip


OWN_PAST: Final = _figure("", "Against its own past", "A requirement that does not repeat")
OWN_PAST_FIRST: Final = _figure(
    "first", "First further contact against its own past",
    "The first cycle of a requirement that repeats (statistics 1.10)",
)  # fmt: skip
OWN_PAST_CONTINUING: Final = _figure(
    "continuing", "Continuing contact against its own past",
    "The cycles after the first of a requirement that repeats (statistics 1.10)",
)  # fmt: skip
