"""The sentences of the report, right in every case: no data, few, all, none, a first week, one division."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.figures import report_figures
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model import words
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures, RateDifference
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.weeks import Week
from compliance.reports.sections import summary_lines

WEEK = Week.parse("2026-W24")  # 8 to 14 June
NOW = datetime(2026, 6, 22, tzinfo=UTC)
DUE = date(2026, 6, 10)
HELD_SINCE = date(2024, 1, 1)
POLICY = load_policy("west-mercia")


def crimes(count: int, met: int, due: date = DUE, **more: Any) -> list[dict[str, Any]]:
    """Crimes whose first update is due on a day; so many victims get it the day before, the others never."""
    reported = due - timedelta(days=7)
    made = []
    for number in range(count):
        update = {"update_ref": "U", "at": f"{due - timedelta(days=1)}T10:00:00Z", "outcome": "informed"}
        made.append(
            {
                "crime_ref": f"22A/{due:%j}{len(more)}{number}/26",
                "reported_at": f"{reported}T10:00:00Z",
                "officer_ref": f"O{number}",
                "victims": [{"victim_ref": "V"}],
                "updates": [update] if number < met else [],
            }
            | more
        )
    return made


def figures(*records: dict[str, Any], begun: date | None = HELD_SINCE, period: str = "2026-W24") -> Figures:
    given = GivenRecords("a few crimes", columns([convert_crime(record) for record in records]))
    span, options = parse_period(period), ReportOptions(records_begin=begun)
    now = max(NOW, span.settling_instant(POLICY.local))
    return report_figures(given, POLICY, span, now, force="A force", options=options)


def line(about: str, *records: dict[str, Any], **more: Any) -> str:
    return {found.about: found.words for found in summary_lines(figures(*records, **more))}[about]


def test_no_data_at_all() -> None:
    assert [(found.about, found.words) for found in summary_lines(figures())] == [
        ("No rate", "No update was due in the week, so there is no rate."),
        ("Overdue", "No update was overdue on 22 June 2026."),
    ]


def test_a_rate_its_interval_and_no_week_before() -> None:
    assert line("7-day rate", *crimes(40, 30)) == (
        "75.0%: 30 of the 40 updates due in the week were given in time (95% interval 59.8% to 85.8%). "
        "Nothing was due in the week before, so there is nothing to compare it with."
    )


def test_1_5a_a_difference_from_the_week_before_is_a_number() -> None:
    before = crimes(40, 28, DUE - timedelta(days=7))
    assert line("7-day rate", *crimes(40, 30), *before).endswith(
        "That is 5.0 percentage points higher than the week before (95% interval −14.3 to +23.8)."
    )
    assert line("7-day rate", *crimes(40, 3), *before).endswith(
        "That is 62.5 percentage points lower than the week before (95% interval −75.4 to −42.7)."
    )
    assert line("7-day rate", *crimes(40, 28), *before).endswith(
        "That is, to one decimal, the rate of the week before."
    )
    assert line("7-day rate", *crimes(40, 28), *before[:9]).endswith(
        "Too little was due in the week before to compare it with."
    )


def test_a_difference_is_that_of_the_rates_as_they_are_shown() -> None:
    """68.3% and 66.6% are 1.7 points apart, and 58.7% and 57.7% are 1.0, whatever their further digits."""

    def points(one: float, other: float) -> str:
        shares = (Proportion(50, 100, rate, 0.0, 1.0, 1.0) for rate in (one, other))
        return words.points_text(words.points_between(*shares))

    assert words.points_text(0.68259 - 0.66639) == "+1.6"
    assert points(0.68259, 0.66639) == "+1.7"
    assert points(0.57651, 0.58749) == "−1.0"
    assert points(1.0, 0.99999) == "+0.1"
    assert points(0.5, 0.50049) == "0.0"


def test_the_same_week_last_year_where_it_is_held() -> None:
    last_year = crimes(40, 8, date(2025, 6, 11))
    assert line("7-day rate", *crimes(40, 30), *last_year).endswith(
        "That is 55.0 percentage points higher than the same week last year (95% interval +33.8 to +69.4)."
    )


def test_all_and_none() -> None:
    assert line("7-day rate", *crimes(12, 12)).startswith(
        "100%: all 12 updates due in the week were given in time (95% interval 75.8% to 100%)."
    )
    assert line("7-day rate", *crimes(12, 0)).startswith(
        "0%: none of the 12 updates due in the week was given in time (95% interval 0% to 24.2%)."
    )
    assert "1 of the 12 updates due in the week was given in time" in line("7-day rate", *crimes(12, 1))


def test_1_6_fewer_than_10_are_given_as_counts() -> None:
    assert (
        line("7-day rate", *crimes(9, 4))
        == "9 updates were due in the week, 4 given in time: too few for a rate to mean much."
    )
    assert (
        line("7-day rate", *crimes(1, 1))
        == "1 update was due in the week, 1 given in time: too few for a rate to mean much."
    )


def test_a_requirement_of_which_nothing_was_due() -> None:
    assert line("28-day rate", *crimes(12, 6)) == "No update was due in the week, so there is no rate."
    assert line("Silent victims", *crimes(12, 6)) == "No victim's case had been open for more than 28 days."


def test_1_7_silent_victims() -> None:
    old = date(2026, 5, 10)
    long = "of cases open for more than 28 days"
    told = {"updates": [{"update_ref": "U", "at": "2026-06-01T10:00:00Z", "outcome": "informed"}]}

    def said(*records: dict[str, Any]) -> str:
        return line("Silent victims", *records, *crimes(12, 6))

    assert said(*crimes(14, 14, old)) == f"100%: none of the 14 victims {long} had an update in the last 28 days."
    assert said(*crimes(14, 0, old, **told)) == f"0%: each of the 14 victims {long} had an update in the last 28 days."
    assert said(*crimes(2, 0, old, **told), *crimes(10, 10, old)) == (
        f"83.3%: 10 of the 12 victims {long} had no update in the last 28 days."
    )
    assert said(*crimes(3, 2, old)) == (
        f"None of the 3 victims {long} had an update in the last 28 days: too few for a share to mean much."
    )
    assert (
        said(*crimes(1, 1, old))
        == "The only victim of a case open for more than 28 days had no update in the last 28 days."
    )


def test_section_4_the_same_day_question() -> None:
    only = {"update_ref": "S", "at": "2026-06-03T12:00:00Z", "outcome": "informed"}
    text = line("Same day", *crimes(20, 10), *crimes(5, 0, updates=[only]))
    assert text == (
        "Had an update on the day of the report counted, the 7-day rate would be 60.0%; as the original system counted, "
        "40.0%. 5 victims had an update on the day of the report and no other in time."
    )


def test_what_is_overdue_now_and_for_how_long() -> None:
    assert line("Overdue", *crimes(12, 11)) == "1 update was overdue on 22 June 2026."
    assert line("Overdue", *crimes(12, 9)).startswith("3 updates were overdue on 22 June 2026, none of them")
    old = crimes(2, 0, date(2026, 5, 1))
    assert line("Overdue", *crimes(12, 10), *old) == (
        "6 updates were overdue on 22 June 2026, 2 of them for more than 28 days."
    )


def test_1_2_the_week_just_ended_is_provisional_and_never_without_the_silent_victims() -> None:
    text = line("Week just ended", *crimes(12, 6), *crimes(20, 5, DUE + timedelta(days=7)))
    assert text == (
        "15 to 21 June 2026: 7-day 25.0%, 28-day not available (silent victims not available). "
        "Provisional: updates are still being typed in."
    )


def weeks_of(division: str, met: int) -> list[dict[str, Any]]:
    """20 crimes a week of one division, over 13 weeks."""
    return [
        crime | {"crime_ref": f"{division}{crime['crime_ref']}"}
        for back in range(13)
        for crime in crimes(20, met, DUE - timedelta(weeks=back), division=division, officer_ref=None)
    ]


def test_1_5_divisions_against_the_rest_over_13_weeks() -> None:
    alike = [*weeks_of("North", 14), *weeks_of("South", 14), *weeks_of("West", 14)]
    over = "Over the last 13 settled weeks, "
    assert (
        line("Divisions", *alike) == over + "no significant difference between any division and the rest of the force."
    )
    unlike = [*weeks_of("North", 14), *weeks_of("South", 14), *weeks_of("West", 4)]
    assert line("Divisions", *unlike) == (
        f"{over}against the rest of the force, in points: the 7-day rate was above in North (+25.0) and South (+25.0) and "
        "below in West (−50.0). Each of these is unlikely to have occurred by chance. North, 7-day rate: with West left "
        "out, no significant difference from the rest of the force. South, 7-day rate: with West left out, no significant "
        "difference from the rest of the force."
    )


def test_one_division_has_no_rest_to_be_compared_with() -> None:
    assert "Divisions" not in {found.about for found in summary_lines(figures(*weeks_of("North", 14)))}


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "not available"), (0.0, "0%"), (1.0, "100%"), (0.99999, "99.9%"), (0.00001, "0.1%"), (0.4567, "45.7%")],
)
def test_1_1_only_what_is_exactly_0_or_100_is_shown_so(share: float | None, text: str) -> None:
    assert words.percent(share) == text


def test_numbers_and_dates_in_words() -> None:
    assert (
        words.points_text(0.051),
        words.points_text(-0.051),
        words.points_text(0.0004),
    ) == ("+5.1", "−5.1", "0.0")
    assert words.number(1234567) == "1,234,567"
    assert words.number(None) == "–"
    assert words.count_of(1, "victim") == "1 victim"
    assert words.count_of(2000, "victim") == "2,000 victims"
    assert words.span(date(2016, 5, 2), date(2016, 5, 8)) == "2 to 8 May 2016"
    assert words.span(date(2016, 5, 30), date(2016, 6, 5)) == "30 May to 5 June 2016"
    assert words.span(date(2015, 12, 28), date(2016, 1, 3)) == "28 December 2015 to 3 January 2016"


def test_1_5_the_words_for_a_difference() -> None:
    said = words.verdict
    assert said(None) == "not available"
    assert said(RateDifference(0.5, 0.4, 0.6, tested=False, significant=False)) == "too few to compare"
    assert said(RateDifference(0.5, 0.4, 0.6, tested=True, significant=True)) == "unlikely to have occurred by chance"
    assert said(RateDifference(0.5, -0.1, 0.6, tested=True, significant=False)) == "no significant difference"


def test_1_2_weeks_and_when_they_are_settled() -> None:
    local = load_policy("west-mercia").local
    assert (str(WEEK), WEEK.first, WEEK.last) == ("2026-W24", date(2026, 6, 8), date(2026, 6, 14))
    assert WEEK.end_instant(local) == datetime(2026, 6, 14, 23, tzinfo=UTC)  # local midnight in summer time
    assert WEEK.settling_instant(local) == datetime(2026, 6, 21, 23, tzinfo=UTC)
    assert Week.newest_settled(date(2026, 6, 22)) == WEEK
    assert Week.newest_settled(date(2026, 6, 21)) == WEEK.plus(-1)
    assert Week(2020, 53).plus(1) == Week(2021, 1)
    assert Week(2020, 53).last_year is None
    assert WEEK.last_year == Week(2025, 24)


@pytest.mark.parametrize("text", ["2026-24", "2026-W54", "2025-W53", "W24", ""])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="expected an ISO week such as 2026-W47"):
        Week.parse(text)
