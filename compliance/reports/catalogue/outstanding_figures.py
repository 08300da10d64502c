"""What is overdue now, and how cases were closed (rules section 5, statistics 1.8)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
from msgspec.structs import replace

from compliance.policy.verdicts import OVERDUE
from compliance.reports.catalogue.case import crimes, first_of_each, obligations
from compliance.reports.catalogue.counted import COUNT, CountedRows, every
from compliance.reports.catalogue.disclosure import SMALL, count, of_each_requirement, share
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import KEY, Disclosure, Figure
from compliance.reports.catalogue.row import PlacedRow, band_measure, count_row, share_row
from compliance.reports.catalogue.silence_figures import list_victims, select_owned
from compliance.reports.judging.clusters import correlation, effect
from compliance.reports.judging.rates import BANDS
from compliance.reports.judging.silent_victims import Facts, find_closed_across, victims_at_close
from compliance.reports.model.report_model import Figures, RequirementFigures


def _count_overdue(edition: Edition, requirement: str, _group: str | None) -> CountedRows:
    """Count what is outstanding as at T, by days overdue."""
    verdicts, place = edition.headline, edition.place(requirement)
    row = np.flatnonzero((verdicts.state == OVERDUE) & (verdicts.requirement == place))
    row = row[edition.own(verdicts, row)]
    days = verdicts.days_late[row]
    counts = {COUNT: every(row), "victims": first_of_each(verdicts.victim[row])}
    counts |= {band_measure(first, last): (days >= first) & (days <= (last or days.max(initial=0)))
               for first, last in BANDS}  # fmt: skip
    return CountedRows(counts, partial(obligations, verdicts, row))


def _count_closed_without_a_word(edition: Edition, _key: str, _group: str | None) -> CountedRows:
    """Count the victims of cases closed in the period, and those with no update about it (statistics 1.8)."""
    verdicts = edition.headline
    found = victims_at_close(verdicts, edition.period)
    rows = select_owned(edition, found.holders)
    local, officer = edition.policy.local, found.holders.owner("officer").codes
    return CountedRows(
        {COUNT: found.hit[rows], CASES_CLOSED: first_of_each(verdicts.columns.victims.crime[found.row[rows]])},
        lambda: list_victims(verdicts, found, rows, ("not told", "told"), local),
        lambda: effect(officer[rows], correlation(found.hit, officer)),
    )


def _count_closed_across(edition: Edition, _key: str, _group: str | None) -> CountedRows:
    """Count the crimes closed across a due date and reopened within 28 days (statistics 1.8)."""
    verdicts = edition.headline
    row = find_closed_across(verdicts, Facts(verdicts, verdicts.as_at), edition.period, edition.division)
    return CountedRows({COUNT: every(row)}, partial(crimes, verdicts.columns, row, "closed and reopened"))


def _rows_overdue(figures: Figures) -> Iterator[PlacedRow]:
    for requirement in figures.requirements:
        overdue, figure = requirement.overdue, f"overdue.{requirement.id}"
        bands = {band_measure(band.first, band.last): band.count for band in overdue.bands}
        yield PlacedRow((), count_row("outstanding", figure, f"{requirement.id} overdue", "all", figures.period,
                                      count=overdue.count, victims=overdue.victims, **bands))  # fmt: skip


def _rows_closed_without_a_word(figures: Figures) -> Iterator[PlacedRow]:
    yield PlacedRow((), share_row("outstanding", "closed-without-a-word", "victims told nothing at the close", "all",
                                  figures.period, figures.closing.without_a_word))  # fmt: skip


def _rows_closed_across(figures: Figures) -> Iterator[PlacedRow]:
    yield PlacedRow((), count_row("outstanding", "closed-across", "cases closed across a due date and reopened", "all",
                                  figures.period, count=figures.closing.across_due_date))  # fmt: skip


def _release_overdue(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    overdue = found.overdue
    counts = [overdue.count, overdue.victims, *(band.count for band in overdue.bands)]
    return disclosed if any(each in SMALL for each in counts) else replace(disclosed, overdue=overdue)


def _release_closed_without_a_word(board: Figures, disclosed: Figures) -> Figures:
    found = board.closing
    closing = replace(disclosed.closing, cases=count(found.cases), without_a_word=share(found.without_a_word))
    return replace(disclosed, closing=closing)


def _release_closed_across(board: Figures, disclosed: Figures) -> Figures:
    return replace(disclosed, closing=replace(disclosed.closing, across_due_date=count(board.closing.across_due_date)))


CASES_CLOSED: Final = "cases"
_ALONE: Final = "disclosed where it has no count from 1 to 4"
OVERDUE_NOW: Final = Figure(
    name="overdue", key=KEY, group="", title="Overdue now",
    meaning="Due date passed, not discharged and still owed on the morning the {kind} was settled, by days since the "
            "due date.",
    clause="rules 5", cases="obligations outstanding",
    measures={COUNT: "all", "victims": "each victim once"}
             | {band_measure(*band): "those overdue for so many days" for band in BANDS},
    count=_count_overdue, rows=_rows_overdue,
    disclosure=Disclosure("all of its counts or none", of_each_requirement(_release_overdue)),
)  # fmt: skip
CLOSED_WITHOUT_A_WORD: Final = Figure(
    name="closed-without-a-word", key="", group="", title="Closed without a word",
    meaning="Of the victims of cases closed in the {kind}, those with no counted update from 7 days before the closing "
            "to 7 days after it. Exempt and declining victims and cancelled crimes are left out.",
    clause="statistics 1.8", cases="victims of cases closed",
    measures={COUNT: "told nothing", CASES_CLOSED: "each case once"},
    count=_count_closed_without_a_word, rows=_rows_closed_without_a_word,
    disclosure=Disclosure(_ALONE, _release_closed_without_a_word),
)  # fmt: skip
CLOSED_ACROSS: Final = Figure(
    name="closed-across", key="", group="", title="Closed across a due date",
    meaning="Cases reopened in the {kind} within 28 days of being closed, an obligation having lapsed in between.",
    clause="statistics 1.8, rules 4.1", cases="crimes", measures={COUNT: "all"},
    count=_count_closed_across, rows=_rows_closed_across,
    disclosure=Disclosure(_ALONE, _release_closed_across),
)  # fmt: skip
