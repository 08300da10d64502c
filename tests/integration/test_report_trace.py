"""From a printed figure to its cases: they add up to what is printed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.figures import report_figures
from compliance.reports.model import Figures
from compliance.reports.periods import parse_period
from compliance.reports.rows import Row, rows
from compliance.reports.sources import GivenRecords
from compliance.reports.trace import OBLIGATIONS, VICTIMS, Case, cases
from tests.histories import histories

SETTLED = datetime(2026, 11, 16, tzinfo=UTC)


@cache
def given() -> GivenRecords:
    return GivenRecords("histories", columns([convert_crime(r) for r in histories(52, 900, as_at=SETTLED)]))


@cache
def figures(period: str) -> Figures:
    return report_figures(given(), load_policy("west-mercia"), parse_period(period), SETTLED, force="A force")


def traced(period: str, figure: str) -> list[Case]:
    return cases(given(), load_policy("west-mercia"), parse_period(period), figure)


def asked(period: str) -> Iterator[Row]:
    """The rows that can be traced; of the many weeks and groups some."""
    seen: dict[str, int] = {}
    for row in rows(figures(period)):
        kind = row.figure.partition("/")[0].partition(".")[0]
        if kind not in (*OBLIGATIONS, *VICTIMS) or (row.figure == "silent" and row.section != "rates"):
            continue
        family = row.figure.partition("/")[0]
        seen[family] = seen.get(family, 0) + 1
        if seen[family] <= 3:
            yield row


@pytest.mark.parametrize("period", ["2026-W45", "2026-10"])
def test_the_cases_of_every_figure_add_up_to_it(period: str) -> None:
    count = 0
    for row in asked(period):
        found = traced(period, row.figure)
        assert sum(case.counted for case in found) == row.numbers["count"], row
        assert len(found) == row.numbers.get("of", row.numbers["count"]), row
        count += bool(found)
    assert count > 15


def test_a_case_is_named_with_its_verdict_and_by_opaque_references_alone() -> None:
    case = next(case for case in traced("2026-W45", "rate.7-day") if case.counted)
    assert (case.requirement, case.cycle, case.state) == ("7-day", 1, "met")
    assert case.due_date is not None
    assert parse_period("2026-W45").first <= case.due_date <= parse_period("2026-W45").last
    assert case.crime_ref.startswith("22A/")


def test_a_name_that_is_no_figure_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"figure 'rat\.7-day' cannot be traced to cases.*rate"):
        traced("2026-W45", "rat.7-day")
    with pytest.raises(SettingsError, match=r"no requirement '7-days'.*7-day"):
        traced("2026-W45", "rate.7-days")
