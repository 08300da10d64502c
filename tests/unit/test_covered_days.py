"""The days that a number covers, and those as at whose end its cases were judged (statistics 1.2)."""

from datetime import date

import pytest

from compliance.reports.catalogue.case import TracedCase
from compliance.reports.catalogue.registry import find_figure
from compliance.reports.periods.periods import parse_period
from compliance.reports.tracing.answer import split_figure
from compliance.reports.tracing.covered import judged_on, spans_of
from compliance.reports.tracing.number_words import describe_number
from tests.integration.test_report_html import figures

WEEK = parse_period("2026-W25")
BEGUN = date(2025, 1, 6)


def covered(name: str, group: str = "", begun: date | None = BEGUN) -> tuple[date, date]:
    spans = spans_of(name, group, WEEK, begun)
    return spans[0].first, spans[-1].last


def judged(name: str, group: str = "", due: date | None = None) -> tuple[date, date]:
    return judged_on(name, group, WEEK, spans_of(name, group, WEEK, BEGUN), TracedCase("A", due_date=due))


@pytest.mark.parametrize(
    ("name", "group", "first", "last"),
    [
        ("rate", "", date(2026, 6, 15), date(2026, 6, 21)),
        ("division", "North", date(2026, 6, 15), date(2026, 6, 21)),
        ("before", "", date(2026, 6, 8), date(2026, 6, 14)),
        ("last-year", "", date(2025, 6, 16), date(2025, 6, 22)),
        ("provisional", "", date(2026, 6, 22), date(2026, 6, 28)),
        ("week", "2026-W20", date(2026, 5, 11), date(2026, 5, 17)),
        ("trailing", "Herefordshire", date(2026, 3, 23), date(2026, 6, 21)),
        ("trailing-area", "West", date(2026, 3, 23), date(2026, 6, 21)),
        ("own-past", "Herefordshire", date(2025, 12, 22), date(2026, 6, 21)),
        ("restated", "2026-W24/now", date(2026, 6, 8), date(2026, 6, 14)),
    ],
)
def test_a_number_covers_its_own_days(name: str, group: str, first: date, last: date) -> None:
    assert covered(name, group) == (first, last)


def test_there_are_no_weeks_before_the_records_begin() -> None:
    assert covered("trailing", "North", date(2026, 6, 1)) == (date(2026, 6, 1), date(2026, 6, 21))


def test_there_may_be_no_such_week_in_the_year_before() -> None:
    assert spans_of("last-year", "", parse_period("2026-W53"), BEGUN) == []


@pytest.mark.parametrize(
    ("name", "group", "due", "as_at", "known_at"),
    [
        ("rate", "", date(2026, 6, 17), date(2026, 6, 28), date(2026, 6, 28)),
        ("provisional", "", date(2026, 6, 24), date(2026, 6, 28), date(2026, 6, 28)),
        ("before", "", date(2026, 6, 10), date(2026, 6, 21), date(2026, 6, 21)),
        ("trailing", "North", date(2026, 3, 25), date(2026, 4, 5), date(2026, 4, 5)),
        ("silent", "", None, date(2026, 6, 28), date(2026, 6, 28)),
        ("restated", "2026-W24/published", date(2026, 6, 10), date(2026, 6, 21), date(2026, 6, 21)),
        ("restated", "2026-W24/now", date(2026, 6, 10), date(2026, 6, 21), date(2026, 6, 28)),
    ],
)
def test_each_span_is_judged_when_it_was_settled(
    name: str, group: str, due: date | None, as_at: date, known_at: date
) -> None:
    assert judged(name, group, due) == (as_at, known_at)


@pytest.mark.parametrize(
    ("figure", "shown", "what", "sums"),
    [
        ("trailing.28-day/B:rate", "21.3%", "B, a further update at least every 28 days while the case is open, due",
         "37 given in time of 174 due"),
        ("trailing.28-day/B:of", "174", "B, a further update", "37 given in time of 174 due"),
        ("trailing.28-day/not recorded:rate", "16.6%", "none recorded, a further", "93 given in time of 559 due"),
        ("rate.7-day:late", "6", "Whole force, first update within 7 days of the report, due", "6 late of 20 due"),
        ("enhanced.7-day:count", "2", "Whole force, enhanced victims, first update", "2 given in time of 4 due"),
        ("silent/C:rate", "76.0%", "C, silent victims, ", "76 silent of 100 victims asked about"),
        ("overdue.7-day:count", "161", "Whole force, overdue now, first update", "161 all"),
        ("rate.nothing:rate", "", "Whole force, due", ""),
    ],
)  # fmt: skip
def test_a_number_is_said_in_words(figure: str, shown: str, what: str, sums: str) -> None:
    held = figures()
    name, measure = split_figure(figure)
    found = find_figure(name)
    assert found
    spans = spans_of(found[0].name, found[2], parse_period(held.period), None)
    said = describe_number(held, found[0], name, measure, spans)
    assert (said.shown, said.sums) == (shown, sums)
    assert said.what.startswith(what)
    assert found[0].clause in said.counting
