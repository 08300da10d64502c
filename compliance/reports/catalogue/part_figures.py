"""First further contact and continuing contact: the parts of a rate that repeats (statistics 1.10)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from compliance.reports.catalogue.counted import CountedRows
from compliance.reports.catalogue.disclosure import not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import KEY, Counting, Figure, ReportRows
from compliance.reports.catalogue.rate_figures import CASES, OF_DUE, due_in_period, rows_of_weeks
from compliance.reports.catalogue.row import PlacedRow, share_row
from compliance.reports.judging.weeks_compared import of_part, parts_of
from compliance.reports.model.changes import PART_NAMES, PART_TITLES, Part
from compliance.reports.model.report_model import Figures


def _count(part: Part, which: str) -> Counting:
    """Return a function that counts what was due of a part of a requirement in a period (`Edition.read`)."""

    def count(edition: Edition, requirement: str, group: str | None) -> CountedRows | str:
        asked = edition.policy.requirement_by_id(requirement)
        if part not in parts_of(asked):
            return f"{asked.id} does not repeat, so it is rated as a whole: rate.{asked.id}"
        read = edition.read(which, group or "")
        cohort = read.due(edition.place(requirement))
        return due_in_period(edition, read, cohort.where(of_part(cohort, part)), requirement, part)

    return count


def _what(requirement: str, part: Part) -> str:
    return f"{requirement} {PART_TITLES[part]} in time"


def _rows(part: Part, order: int) -> ReportRows:
    """Return a function that yields the rate of a part of each requirement in the period."""

    def rows(figures: Figures) -> Iterator[PlacedRow]:
        for place, requirement in enumerate(figures.requirements):
            for found in requirement.parts:
                if found.part == part:
                    rate, name, what = found.week, f"{PART_NAMES[part]}.{requirement.id}", _what(requirement.id, part)
                    yield PlacedRow((place, order), share_row(
                        "rates", name, what, "all", figures.period, rate.share,
                        late=rate.late, overdue=rate.overdue, missed=rate.missed,
                    ))  # fmt: skip

    return rows


def _weeks(part: Part) -> ReportRows:
    """Return a function that yields the weeks in the chart of a part of each requirement."""

    def rows(figures: Figures) -> Iterator[PlacedRow]:
        for place, requirement in enumerate(figures.requirements):
            for found in requirement.parts:
                if found.part == part:
                    name, what = (
                        f"week-{PART_NAMES[part]}.{requirement.id}",
                        f"{requirement.id} {PART_TITLES[part]} in time",
                    )
                    yield from rows_of_weeks(found.trend, name, what, place)

    return rows


_figure = partial(
    Figure, key=KEY, cases=CASES, measures=OF_DUE, clause="statistics 1.10",
    disclosure=not_disclosed("next to the rate of both together it would reveal the other part"),
)  # fmt: skip
FIRST_FURTHER: Final = _figure(
    name=PART_NAMES["first"], group="", title="First further contact",
    meaning="Of what was due under a requirement that repeats, the first further contact of each victim (cycle 1).",
    count=_count("first", "rate"), rows=_rows("first", 8),
)  # fmt: skip
CONTINUING: Final = _figure(
    name=PART_NAMES["continuing"], group="", title="Continuing contact",
    meaning="Of what was due under a requirement that repeats, every contact after the first further one.",
    count=_count("continuing", "rate"), rows=_rows("continuing", 9),
)  # fmt: skip
WEEK_FIRST_FURTHER: Final = _figure(
    name=f"week-{PART_NAMES['first']}", group="WEEK", title="First further contact, week by week",
    meaning="The rate of first further contacts in each settled week of its chart.",
    count=_count("first", "week"), rows=_weeks("first"),
)  # fmt: skip
WEEK_CONTINUING: Final = _figure(
    name=f"week-{PART_NAMES['continuing']}", group="WEEK", title="Continuing contact, week by week",
    meaning="The rate of continuing contact in each settled week of its chart.",
    count=_count("continuing", "week"), rows=_weeks("continuing"),
)  # fmt: skip
OF_PERIOD: Final[dict[Part, Figure]] = {"first": FIRST_FURTHER, "continuing": CONTINUING}
OF_WEEK: Final[dict[Part, Figure]] = {"first": WEEK_FIRST_FURTHER, "continuing": WEEK_CONTINUING}
