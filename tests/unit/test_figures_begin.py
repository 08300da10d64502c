"""What the report says of a period that begins before the records do (statistics 1.2b)."""

from datetime import date, timedelta

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from compliance.records import columns, convert_crime
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.proportions import Proportion
from compliance.reports.rendering.render import render
from compliance.reports.tracing import Edition, cases
from tests.unit.test_figures_words import DUE, HELD_SINCE, POLICY, WEEK, crimes, figures, line

NOT_HELD = "is not held in full, so there is nothing to compare it with."


@pytest.mark.parametrize(
    ("begun", "period", "said"),
    [
        (date(2026, 6, 1), "2026-W24", f"The records begin on 1 June 2026: the week before {NOT_HELD}"),
        (date(2026, 5, 26), "2026-W24", f"The records begin on 26 May 2026: the week before {NOT_HELD}"),
        (date(2026, 5, 25), "2026-W24", "Nothing was due in the week before, so there is nothing to compare it with."),
        (date(2026, 6, 1), "2026-06", f"The records begin on 1 June 2026: the month before {NOT_HELD}"),
        (date(2026, 1, 5), "2026-Q2", f"The records begin on 5 January 2026: the quarter before {NOT_HELD}"),
        (
            date(2025, 12, 25),
            "2026-Q2",
            "Nothing was due in the quarter before, so there is nothing to compare it with.",
        ),
    ],
)
def test_1_2b_nothing_was_due_before_is_said_only_of_a_period_that_is_held_in_full(
    begun: date, period: str, said: str
) -> None:
    """What falls due within 7 days is held in full from B + 7 on."""
    found = figures(*crimes(40, 30), begun=begun, period=period)
    assert line("7-day rate", *crimes(40, 30), begun=begun, period=period).endswith(said)
    assert said.removesuffix(", so there is nothing to compare it with.") in render(found), "nor is it on its card"


def test_1_2b_a_period_that_is_held_in_part_is_compared_with_nothing() -> None:
    records = [*crimes(40, 30), *crimes(40, 10, DUE - timedelta(days=7))]
    held, part = figures(*records), figures(*records, begun=date(2026, 5, 27))
    assert held.requirements[0].change is not None
    assert part.requirements[0].change is None
    assert part.requirements[0].before.rate.share.of == 40, "its counts are shown"
    assert line("7-day rate", *records, begun=date(2026, 5, 27)).endswith(f"the week before {NOT_HELD}")


def test_1_2b_the_same_week_last_year_is_compared_only_where_it_is_held_in_full() -> None:
    records = [*crimes(40, 30), *crimes(40, 8, date(2025, 6, 11))]
    assert "last year" in line("7-day rate", *records)
    assert "last year" not in line("7-day rate", *records, begun=date(2025, 6, 4))


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        (date(2026, 5, 4), "No update was due in the week, so there is no rate."),
        (date(2026, 5, 12), "The records begin on 12 May 2026: the week is not held in full, and nothing that is held was "
                            "due in it."),
        (date(2026, 6, 1), "The records begin on 1 June 2026: nothing reported since could fall due in the week, so there "
                           "is no rate."),
    ],
)  # fmt: skip
def test_1_2b_a_rate_of_which_nothing_could_yet_be_due_says_where_the_records_begin(begun: date, said: str) -> None:
    """Never "nothing was due": a further contact is due 28 days after the records begin at the earliest."""
    assert line("28-day rate", *crimes(12, 6), begun=begun) == said
    assert said in render(figures(*crimes(12, 6), begun=begun))


def test_1_2b_where_the_records_begin_is_found_in_the_records_and_stands_among_the_methods() -> None:
    found = figures(*crimes(40, 30), begun=None)
    assert found.basis.records_begin == date(2026, 6, 1)
    assert "on 1 June 2026: of crimes reported before, not all are held" in render(found)


def test_1_2b_a_crime_reported_before_the_records_begin_takes_no_part_in_rates_charts_or_stocks() -> None:
    """Its victims are silent, its updates overdue and due in the weeks charted: none of it is counted. What is known of
    the records still counts it."""
    early = crimes(30, 0, DUE - timedelta(weeks=9), early=True)
    records = [*crimes(40, 30), *crimes(40, 30, DUE - timedelta(weeks=1)), *early]
    held, apart = figures(*records, begun=HELD_SINCE), figures(*records, begun=date(2026, 4, 6))
    without = figures(*[record for record in records if record not in early], begun=date(2026, 4, 6))
    for found, plainly in zip(apart.requirements, without.requirements, strict=True):
        assert replace(found, areas=UNSET, former=UNSET) == replace(plainly, areas=UNSET, former=UNSET)
    first, further = held.requirements
    assert (first.overdue.count, further.week.silent and further.week.silent.count) == (50, 30)
    assert (apart.requirements[0].overdue.count, apart.requirements[1].week.silent) == (
        20,
        Proportion(0, 0, None, None, None, 1.0),
    )
    assert apart.same_day == without.same_day
    assert (apart.basis.crimes, without.basis.crimes) == (110, 80), "it is held, and explained"


def test_1_2b_what_is_counted_is_traced_without_crimes_reported_before() -> None:
    records = [*crimes(40, 30), *crimes(30, 0, DUE - timedelta(weeks=9), early=True)]
    given = GivenRecords("a few crimes", columns([convert_crime(record) for record in records]))
    for begun, overdue in ((HELD_SINCE, 40), (date(2026, 4, 6), 10)):
        edition = Edition(given, POLICY, WEEK, ReportOptions(records_begin=begun))
        assert cases(edition, "overdue.7-day").counted == overdue


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        (date(2026, 5, 18), "The records begin on 18 May 2026: no case reported since can have been open for more than 28 "
                            "days."),
        (date(2026, 5, 17), "No victim's case had been open for more than 28 days."),
    ],
)  # fmt: skip
def test_1_2b_silent_victims_are_said_not_to_be_possible_yet_until_b_plus_28_days(begun: date, said: str) -> None:
    """The week ends on 14 June, the 27th or the 28th day after."""
    assert line("Silent victims", *crimes(12, 6), begun=begun) == said
