"""The entry in the risk register follows from published weeks, and chance alone does not move it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from compliance.reports.rendering.list_files import list_csv
from compliance.reports.rendering.render import page_of
from compliance.reports.risk_register import PublishedWeek, assess, level_of, risk_list, risk_report
from compliance.risk_settings import RiskControl, RiskSettings

SETTINGS = RiskSettings(
    owner="Assistant Chief Constable",
    controls=(
        RiskControl(name="Champions chase", figure="overdue.7-day", measure="count", at_most=100),
        RiskControl(name="Case reviews", figure="rate.28-day", at_least=80),
        RiskControl(name="Nobody knows", figure="rate.none", at_least=80),
    ),
)
"""Below 50 per cent: 5; 60: 4; 75: 3; 90: 2; else 1."""


def week(number: int, low: float, rate: float, high: float, overdue: int = 10) -> PublishedWeek:
    numbers: dict[str, dict[str, float | int | None]] = {
        "rate.7-day": {"rate": rate, "low": low, "high": high}, "rate.28-day": {"rate": 0.79, "low": 0.7, "high": 0.8},
        "overdue.7-day": {"count": overdue},
    }  # fmt: skip
    return PublishedWeek(f"2026-W{number:02}", 1, numbers)


def likelihoods(*weeks: PublishedWeek) -> list[tuple[str, int]]:
    entry = assess(SETTINGS, weeks)
    assert entry is not None
    return [(each.since, each.likelihood) for each in entry.versions]


def test_it_begins_at_the_level_of_the_first_week() -> None:
    assert likelihoods(week(20, 0.55, 0.62, 0.68)) == [("2026-W20", 3)]


def test_an_interval_that_reaches_across_a_threshold_makes_no_version() -> None:
    assert likelihoods(week(20, 0.55, 0.62, 0.68), week(21, 0.52, 0.58, 0.64), week(22, 0.68, 0.74, 0.80)) == [
        ("2026-W20", 3)
    ]


def test_a_week_of_which_the_whole_interval_lies_beyond_makes_one_with_the_statement_that_did() -> None:
    entry = assess(SETTINGS, [week(20, 0.55, 0.62, 0.68), week(21, 0.51, 0.55, 0.59), week(22, 0.76, 0.8, 0.84)])
    assert entry is not None
    assert [each.statement for each in entry.versions] == [
        "Week 20 of 2026: rate.7-day was 62.0% (55.0% to 68.0%), so the likelihood began at 3.",
        "Week 21 of 2026: rate.7-day was 55.0% (51.0% to 59.0%). All of that is below 60%, so the likelihood went from 3 to 4.",
        "Week 22 of 2026: rate.7-day was 80.0% (76.0% to 84.0%). All of that is 75% or more, so the likelihood went from 4 to 2.",
    ]  # fmt: skip
    assert (entry.likelihood, entry.impact, entry.score) == (2, 4, 8)
    assert entry.report == "2026-W22, version 1"


def test_it_goes_as_far_as_the_interval_supports_and_no_further() -> None:
    """From 3, a week of 45 per cent whose interval ends at 53 is surely below 60 and perhaps not below 50."""
    assert likelihoods(week(20, 0.55, 0.62, 0.68), week(21, 0.37, 0.45, 0.53))[-1] == ("2026-W21", 4)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_every_version_is_supported_by_the_whole_interval_of_its_week(rates: list[tuple[float, float, float]]) -> None:
    weeks = [week(number, min(each), sorted(each)[1], max(each)) for number, each in enumerate(rates, 1)]
    held = {each.period: each.interval("rate.7-day") for each in weeks}
    versions = likelihoods(*weeks)
    for (_, before), (since, now) in pairwise(versions):
        _, low, high = held[since]  # type: ignore[misc]
        assert now != before
        assert level_of(SETTINGS, high) <= now <= level_of(SETTINGS, low)
        assert now in {level_of(SETTINGS, low), level_of(SETTINGS, high)}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ((0.5, 0.55, 0.6), (0.7, 0.75, 0.8), "falling over 2 published weeks: more is met"),
        ((0.7, 0.75, 0.8), (0.5, 0.55, 0.6), "rising over 2 published weeks: less is met"),
        ((0.5, 0.6, 0.7), (0.6, 0.7, 0.8), "no change shown over 2 published weeks"),
    ],
)
def test_a_trend_is_told_only_of_intervals_that_lie_apart(
    first: tuple[float, float, float], last: tuple[float, float, float], said: str
) -> None:
    entry = assess(SETTINGS, [week(20, *first), week(21, *last)])
    assert entry is not None
    assert entry.trend == said


def test_a_control_works_by_its_own_figure_or_it_is_not_known() -> None:
    entry = assess(SETTINGS, [week(20, 0.55, 0.62, 0.68, overdue=101)])
    assert entry is not None
    assert [(each.name, each.number, each.works) for each in entry.controls] == [
        ("Champions chase", 101, False), ("Case reviews", 79.0, False), ("Nobody knows", None, None),
    ]  # fmt: skip
    better = assess(SETTINGS, [week(20, 0.55, 0.62, 0.68, overdue=100)])
    assert better is not None
    assert better.controls[0].works is True


def test_without_a_published_week_there_is_none() -> None:
    assert assess(SETTINGS, []) is None
    assert assess(SETTINGS, [PublishedWeek("2026-W20", 1, {"rate.7-day": {"rate": None}})]) is None


def test_it_is_one_row_of_a_register_and_a_page() -> None:
    entry = assess(SETTINGS, [week(20, 0.55, 0.62, 0.68)])
    assert entry is not None
    head, row = list_csv(risk_list(entry, "A force")).decode().splitlines()
    assert head.startswith(
        "risk,cause,likelihood,impact,score,trend,controls,owner,next review,version,since,why,report"
    )
    assert row.startswith("Victims of crime are not kept informed in time,")
    assert "Champions chase: works; Case reviews: does not work; Nobody knows: not known" in row
    page = page_of(risk_report(entry, "A force"))
    assert "Assistant Chief Constable" in page
    assert "so the likelihood began at 3" in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"levels": [{"below": 60, "likelihood": 4}, {"below": 50, "likelihood": 5}]}, "the lowest threshold first"),
        ({"levels": [{"below": 50, "likelihood": 3}, {"below": 60, "likelihood": 4}]}, "a lower likelihood with each"),
        ({"controls": [{"name": "x", "figure": "rate.7-day"}]}, "needs either at_least or at_most"),
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RiskSettings.model_validate(given)
