"""What the report says of its findings, right in every case: special causes, what stands out, what is at fault."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest

from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.disclosure import NO_RATE
from compliance.reports.catalogue.unit_figures import release_over_weeks
from compliance.reports.catalogue.unit_levels import DIVISIONS
from compliance.reports.figures import figures_of, report_figures
from compliance.reports.judging.judged import judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.methods.control import Control, Limits, Rule, Signal
from compliance.reports.methods.statistics import wilson
from compliance.reports.model import words
from compliance.reports.model.findings import EntryQuestion, Restated, Step, Trend
from compliance.reports.model.proportions import Proportion, Rate, RateDifference
from compliance.reports.model.report_model import DivisionFigures, Figures, Quality
from compliance.reports.periods.weeks import Week
from compliance.reports.sections import summary_lines
from compliance.reports.wording import attention, passages, telling
from compliance.reports.wording.rate_claims import rests_on, unit_compared, units_compared
from compliance.reports.wording.sentences import sentence
from tests.unit.test_figures_words import NOW, WEEK, weeks_of

replace = msgspec.structs.replace
LINES = Limits(0, 25, 26, 60.0, 50.0, 70.0, 53.3, 66.7, None)


def share(count: int, of: int) -> Proportion:
    found = wilson(count, of)
    low, high = (found.low, found.high) if found else (None, None)
    return Proportion(count, of, count / of if of else None, low, high, 1.0)


def trend(*signals: tuple[int, Rule, bool], first: date = date(2026, 1, 5)) -> Trend:
    weeks = tuple(str(Week.of(first + timedelta(weeks=place))) for place in range(26))
    found = tuple(Signal(*signal) for signal in signals)
    return Trend(weeks, (share(60, 100),) * 26, None, (), Control((LINES,), found), (), None, None)


def said(*signals: tuple[int, Rule, bool], first: date = date(2026, 1, 5)) -> list[str]:
    found = trend(*signals, first=first)
    return [sentence(cause) for cause in telling.causes(found.weeks, found)]


def test_what_was_outstanding_is_that_of_the_weeks_it_names() -> None:
    """The newest week, the one before and thirteen before it, each where the trend reaches as far."""

    def told(*overdue: int) -> str:
        requirement = figures().requirements[0]
        trend = replace(requirement.trend, overdue=overdue, filled_from=None)
        return telling.overdue_in_words(replace(requirement, trend=trend))

    assert told() == "Nothing has been overdue."
    assert told(7) == "Overdue when the newest week was settled: 7. The most was 7."
    assert told(9, 7) == "Overdue when the newest week was settled: 7; the week before: 9. The most was 9."
    weeks = tuple(range(40, 54))
    assert "thirteen weeks" not in told(*weeks[1:])
    assert "settled: 53; the week before: 52; thirteen weeks before: 40. The most was 53." in told(*weeks)


def test_2_2_a_run_is_one_cause_dated_as_the_chart_is() -> None:
    assert said(*[(place, "shift", False) for place in range(8, 15)]) == [
        "2 March to 19 April 2026 (weeks 10 to 16): 7 weeks in a row below the mean."
    ]
    assert said((10, "outside", True)) == ["16 to 22 March 2026 (week 12): beyond the upper limit."]


def test_2_2_a_run_that_another_rule_cuts_short_is_not_said_to_be_shorter_than_seven() -> None:
    run: list[tuple[int, Rule, bool]] = [(place, "shift", True) for place in range(7)]
    run[3] = (3, "outside", True)
    assert [text.split(": ")[1].rstrip(".") for text in said(*run)] == [
        "part of 7 or more weeks in a row above the mean",
        "beyond the upper limit",
        "part of 7 or more weeks in a row above the mean",
    ]


def test_2_2c_only_a_point_beyond_a_limit_in_the_newest_two_weeks_calls_for_action() -> None:
    """All else is told as history. Of a division nothing is called by its chart (statistics 1.5b)."""
    assert said((25, "outside", False)) == ["29 June to 5 July 2026 (week 27): beyond the lower limit: a concern."]
    assert said((24, "outside", True)) == ["22 to 28 June 2026 (week 26): beyond the upper limit: an improvement."]
    assert said((23, "outside", False)) == ["15 to 21 June 2026 (week 25): beyond the lower limit."]
    assert said(*[(place, "shift", False) for place in range(19, 26)])[0].endswith("7 weeks in a row below the mean.")


def test_1_5_the_difference_of_a_restated_rate_is_that_of_the_rates_as_shown() -> None:
    """Published 6,828 of 10,000 (68.3%), known now 6,664 (66.6%): 1.64 points, shown as 1.7."""
    found = Restated("2026-W10", 1, "7-day", None, 6828, 10_000, 6664, 10_000, ())
    assert passages.format_difference(found) == "−1.7"


def test_2_2_trends_and_two_in_three() -> None:
    assert "8 weeks in a row, each higher than the one before" in said(*[(p, "trend", True) for p in range(8)])[0]
    assert "one of two weeks in three near the lower limit" in said((4, "two in three", False))[0]
    assert ": two weeks in three near the lower limit" in said(*[(p, "two in three", False) for p in (4, 5)])[0]


def test_2_2_a_cause_across_the_new_year() -> None:
    assert said((0, "trend", False), (1, "trend", False), first=date(2025, 12, 22))[0].startswith(
        "22 December 2025 to 4 January 2026 (weeks 52 to 1): "
    )


def test_2_1_the_limits_in_words_are_clipped_and_provisional_where_there_are_few_points() -> None:
    wide = Limits(0, 25, 9, 76.7, 48.5, 104.9, 60.0, 95.0, None)
    text = telling.chart_in_words(replace(trend(), control=Control((wide,), ())))
    assert text.endswith(
        "mean 76.7%, limits 48.5% to 100%; the limits are provisional, on 9 of the 13 weeks that they need."
    )


def question(count: int, of: int, expected: float | None) -> EntryQuestion:
    return EntryQuestion("key", "Seen", "Why?", "rules 8", share(count, of), expected, "")


@pytest.mark.parametrize(
    ("count", "of", "expected", "stands_out"),
    [
        (678, 922, 0.427, True), (265, 1695, 0.317, False), (13, 36, 0.309, False), (9, 9, 0.1, False),
        (50, 1000, None, True), (49, 1000, None, False), (9, 9, None, False), (0, 0, None, False),
    ],
)  # fmt: skip
def test_1_6_a_question_is_for_the_board_beyond_chance_or_from_one_in_twenty_never_from_fewer_than_ten(
    count: int, of: int, expected: float | None, stands_out: bool
) -> None:
    assert bool(attention.stand_out([question(count, of, expected)])) is stands_out


def test_how_many_of_the_questions_are_shown_is_said() -> None:
    seen, unseen = question(50, 100, 0.1), question(1, 100, 0.1)
    assert attention.describe_questions([unseen, unseen]).startswith(
        "None of the 2 questions put to the entries stands out"
    )
    assert attention.describe_questions([seen, unseen]).startswith("1 of 2 questions put to the entries: ")
    assert attention.describe_questions([seen]).startswith("What chance would give is ")


def test_section_8_faults_are_what_was_found_and_is_no_ordinary_contact() -> None:
    def item(key: str, in_week: int | None, held: int | None) -> Quality:
        return Quality(key, "title", "meaning", "8", in_week, held)

    ordinary = [item(key, 9, 99) for key in ("attempt", "same-day", "recording-day", "late-entry", "entered-after-due")]
    nothing = [item("future", 0, 7), item("no-address", None, 0), item("unknown-officer", None, None)]
    found = [item("before-report", 1, 1), item("refused", None, 6), item("feed-gap", 1, None)]
    assert attention.faults([*ordinary, *nothing, *found]) == found


@cache
def figures(unit: str | None = None) -> Figures:
    records = [*weeks_of("North", 14), *weeks_of("South", 14), *weeks_of("West", 4)]
    for place, record in enumerate(records if unit else []):
        record["team"] = f"Team {place % 2}"
    given = GivenRecords("three divisions", columns([convert_crime(record) for record in records]))
    judged = judge_periods(given, load_policy("west-mercia"), WEEK, NOW)
    return figures_of(judged, force="A force", division=unit)


def test_nothing_stands_out_where_there_is_nothing() -> None:
    given = GivenRecords("nothing", columns([]))
    found = report_figures(given, load_policy("west-mercia"), WEEK, NOW, force="A force")
    assert attention.things_to_look_at(found) == []


def test_the_edition_of_a_division_speaks_of_its_teams() -> None:
    lines = {line.about: line.words for line in summary_lines(figures("West"))}
    assert lines["Teams"] == (
        "Over the last 13 settled weeks, no significant difference between any team and the rest of the division."
    )
    assert "Divisions" not in lines


def test_a_month_is_not_called_a_week() -> None:
    text = " ".join(line.words for line in summary_lines(replace(figures(), kind="month", provisional=None)))
    assert "updates due in the month were given in time" in text
    assert "That is, to one decimal, the rate of the month before." in text
    assert "due in the week" not in text


def test_statistics_5_how_many_earlier_figures_still_stand() -> None:
    def text(*restated: Restated) -> str:
        return sentence(passages.earlier_of(replace(figures(), restated=restated)))

    stands = Restated("2026-W22", 1, "7-day", None, 30, 40, 30, 40, ())
    moved = replace(stands, period="2026-W23", met=31, steps=(Step("entered", 1, 0),))
    of_north = replace(moved, unit="North")
    assert text() == "No earlier week of this edition has been published, so there is nothing to restate."
    assert text(stands, of_north) == "1 rate published for 25 to 31 May 2026 stands as published."
    assert text(stands, stands) == "2 rates published for 25 to 31 May 2026: all stand as published."
    assert text(stands, moved).startswith("Of 2 rates published for 25 May to 7 June 2026, 1 has changed since. ")
    assert passages.select_changed(replace(figures(), restated=(stands, of_north, moved))) == [moved]


def test_1_8_closings_in_words() -> None:
    def text(**changes: Any) -> tuple[str, str]:
        return passages.describe_closings(replace(figures(), closing=replace(figures().closing, **changes)))

    assert text() == (
        "No case with a victim to be told was closed in the week.",
        "No case was closed across a due date and reopened within 28 days.",
    )
    assert text(without_a_word=share(1, 40), across_due_date=1) == (
        "Of 40 victims of cases closed in the week, 1 (2.5%, interval 0.4% to 12.9%) had no update from seven days "
        "before the closing to seven days after it.",
        "1 case was closed across a due date and reopened within 28 days.",
    )
    withheld = replace(share(0, 0), withheld=True)
    assert text(without_a_word=withheld, across_due_date=None) == (
        f"The share is {words.WITHHELD}.",
        f"How many cases were reopened within 28 days is {words.WITHHELD}.",
    )


def test_1_7_the_silent_victims_beside_the_chart() -> None:
    def text(*silent: Proportion) -> str:
        return telling.silent_in_words(replace(trend(), silent=silent))

    none, hidden = share(0, 0), replace(share(0, 0), withheld=True)
    long = "of the victims of cases open for more than 28 days in the newest week"
    assert text(none) == "No case was open for more than 28 days."
    assert text(share(1, 4), share(1, 2)) == (f"50.0% {long}; over these weeks from 25.0% to 50.0%.")
    assert text(share(1, 4), none) == (
        "No case was open for more than 28 days in the newest week; over these weeks from 25.0% to 25.0%."
    )
    assert text(hidden) == f"Of the newest week their share is {words.WITHHELD}."


def test_1_6_a_chart_of_which_weeks_are_withheld_says_so() -> None:
    hidden = replace(share(0, 0), withheld=True)
    shown = trend().shares
    assert telling.chart_in_words(replace(trend(), shares=(hidden, *shown))).endswith("; 1 week is withheld.")
    assert telling.chart_in_words(replace(trend(), shares=(hidden,))) == f"The rate of each week is {words.WITHHELD}."
    assert telling.chart_in_words(replace(trend(), shares=())) == (
        "As far as the records are held, nothing was due in any week, so there is no chart."
    )


def test_1_5_units_that_differ_in_words() -> None:
    """The same words in the summary, beside the funnel and of one unit."""
    found = figures()
    first = found.requirements[0]
    rates = [Rate(share(count, 100), 0, 0, 0) for count in (90, 50, 62)]
    rest = Rate(share(60, 100), 0, 0, 0)
    units = tuple(
        DivisionFigures(name, rate, None, rate, rest, RateDifference(0, 0, 0, tested=True, significant=name != "C"))
        for name, rate in zip("ABC", rates, strict=True)
    )
    moved = replace(first, divisions=units)
    found = replace(found, requirements=(moved, *found.requirements[1:]))
    (claim,) = units_compared(found, moved)
    assert sentence(claim) == (
        "Over the last 13 settled weeks, against the rest of the force, in points: the 7-day rate was above in A (+30.0) "
        "and below in B (−10.0). Each of these is unlikely to have occurred by chance."
    )
    assert [sentence(unit_compared(moved, unit, found, DIVISIONS)) for unit in units[1:]] == [
        "Over the last 13 settled weeks, against the rest of the force, in points: the 7-day rate was below in B "
        "(−10.0). This is unlikely to have occurred by chance.",
        "Over the last 13 settled weeks, no significant difference between C and the rest of the force.",
    ]
    alike = replace(moved, divisions=units[2:])
    assert [sentence(claim) for claim in units_compared(replace(found, requirements=(alike,)), alike)] == [
        "Over the last 13 settled weeks, no significant difference between any division and the rest of the force."
    ]
    alone = replace(moved, divisions=(replace(units[0], rests_on=("B", "C")), *units[1:]))
    assert [sentence(claim) for claim in rests_on(alone, DIVISIONS)] == [
        "A, 7-day rate: with B or C left out, no significant difference from the rest of the force."
    ]


def test_1_5_the_public_too_is_told_which_other_unit_makes_a_difference() -> None:
    """It says no number. Where the unit's rate is withheld, nothing is told of its difference."""
    rate, change = Rate(share(30, 60), 9, 9, 12), RateDifference(0.3, 0.2, 0.4, tested=True, significant=True)
    found = DivisionFigures("A", rate, None, rate, rate, change, rests_on=("B",))
    hidden = DivisionFigures("A", NO_RATE, None, NO_RATE, None, None)
    assert release_over_weeks(found, hidden, compared=True).rests_on == ("B",)
    assert release_over_weeks(found, hidden, compared=False).rests_on == ()


def test_names_in_a_sentence() -> None:
    assert words.list_names(["A"]) == "A"
    assert words.list_names(["A", "B"]) == "A and B"
    assert words.list_names(["A", "B", "C"]) == "A, B and C"
    assert words.list_names(list("ABCDEFG")) == "A, B, C, D and 3 others"
