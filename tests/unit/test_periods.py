"""Weeks, months and quarters: their dates, their neighbours, when they are settled (docs/statistics.md 1.2)."""

from datetime import UTC, date, datetime

import pytest

from compliance.errors import SettingsError
from compliance.policy.calendars import LocalDates
from compliance.reports.periods.periods import Month, Quarter, in_words, newest_settled, parse_period
from compliance.reports.periods.spans import Span


@pytest.mark.parametrize(
    ("text", "first", "last", "words"),
    [
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4), "week 1 of 2026"),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28), "February 2026"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "February 2024"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "December 2026"),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "fourth quarter of 2026"),
    ],
)
def test_a_period_by_its_text(text: str, first: date, last: date, words: str) -> None:
    span = parse_period(text)
    assert (span.first, span.last, str(span), in_words(text)) == (first, last, text, words)
    assert span.plus(0) == span
    assert span.plus(-1).plus(1) == span
    assert span.plus(-1).last.toordinal() + 1 == first.toordinal()


def test_the_same_one_a_year_before() -> None:
    spans: list[Span] = [Month(2026, 2), Quarter(2026, 1), parse_period("2026-W20")]
    assert [str(span.last_year) for span in spans] == ["2025-02", "2025-Q1", "2025-W20"]
    assert parse_period("2026-W53").last_year is None


def test_a_period_is_settled_at_the_start_of_the_eighth_day_after_it() -> None:
    local = LocalDates("Europe/London")
    assert parse_period("2026-06").settling_instant(local) == datetime(2026, 7, 7, 23, tzinfo=UTC)
    assert parse_period("2026-W28").settling_instant(local) == datetime(2026, 7, 19, 23, tzinfo=UTC)
    assert parse_period("2026-Q4").settling_instant(local) == datetime(2027, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "today", "newest"),
    [
        ("month", date(2026, 7, 7), "2026-05"),
        ("month", date(2026, 7, 8), "2026-06"),
        ("quarter", date(2026, 7, 7), "2026-Q1"),
        ("quarter", date(2026, 7, 8), "2026-Q2"),
        ("week", date(2026, 7, 19), "2026-W27"),
        ("week", date(2026, 7, 20), "2026-W28"),
    ],
)
def test_the_newest_settled_one_of_a_kind(kind: str, today: date, newest: str) -> None:
    span = newest_settled(kind, today)  # type: ignore[arg-type]
    assert str(span) == newest
    assert (today - span.last).days >= 8
    assert (today - span.plus(1).last).days < 8


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-Q5", "2026-W54", "today", "2026-1"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="expected"):
        parse_period(text)
