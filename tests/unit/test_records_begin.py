"""Statistics 1.2b: where the records begin, and which periods are not reported for it."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from compliance.policy import load_policy
from compliance.records import Columns, columns, convert_crime
from compliance.reports.judging.beginning import Beginning, CannotReportError, begin
from compliance.reports.judging.judged import list_charted_weeks
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.weeks import Week
from tests.stores import at, crime

LOCAL = load_policy("west-mercia").local
FIRST = Week.parse("2026-W10").first
READ = at("2028-12-31 12:00")


def reported(counts: Sequence[int]) -> Columns:
    """So many crimes in each week from FIRST on, spread over its days."""
    days = [FIRST + timedelta(days=7 * week + n % 7) for week, count in enumerate(counts) for n in range(count)]
    return columns([convert_crime(crime(f"{n}", reported_at=f"{day}T09:00:00Z")) for n, day in enumerate(days)])


def found(*counts: int) -> int | None:
    """In which of the weeks the records begin, from 0; the last is the one under way."""
    begun = begin(reported([*counts, 1]).reported_at, LOCAL, READ)
    return None if begun is None else (begun - FIRST).days // 7


def test_1_2b_the_first_monday_from_which_no_week_has_fewer_than_half_the_median() -> None:
    assert found(40, 41, 39, 40) == 0
    assert found(2, 0, 3, 40, 41, 39, 40) == 3, "of what is older only open cases were brought over"
    assert found(*[2] * 60, 40, 41, 39, 40) == 60, "however many such weeks there are"
    assert found(40, 41, 39, 40, 19, 40, 41) == 5
    assert found(40, 41, 39, 40, 20, 40, 40) == 0, "half is not fewer than half"


def test_1_2b_a_week_of_few_crimes_at_the_end_moves_no_beginning() -> None:
    """Where the records begin is no matter of what came last (that is section 7)."""
    assert found(40, 41, 39, 40, 3) == found(40, 41, 39, 40, 0, 0, 0) == 0


def test_1_2b_where_a_week_has_fewer_than_ten_crimes_chance_decides_nothing() -> None:
    assert found(1, 0, 0, 5, 1, 9, 0) == 0


def test_the_week_under_way_and_crimes_dated_after_the_reading_decide_nothing() -> None:
    assert begin(reported([40, 40, 2]).reported_at, LOCAL, at(f"{FIRST + timedelta(days=15)} 12:00")) == FIRST
    typed = columns([convert_crime(crime("X", reported_at="2062-01-01T00:00:00Z"))])
    assert begin(typed.reported_at, LOCAL, READ) is None
    assert begin(columns([]).reported_at, LOCAL, READ) is None
    assert begin(reported([3]).reported_at, LOCAL, at(f"{FIRST + timedelta(days=2)} 12:00")) == FIRST


@pytest.mark.parametrize(
    ("policy", "refused", "reported"),
    [
        ("west-mercia", ["2026-W09", "2026-W10", "2026-02"], ["2026-W11", "2026-03", "2026-Q1"]),
        ("hertfordshire", ["2026-W09", "2026-02"], ["2026-W10", "2026-W11", "2026-03"]),
    ],
)
def test_1_2b_a_period_that_ends_before_anything_could_be_due_is_not_reported(
    policy: str, refused: list[str], reported: list[str]
) -> None:
    """Records from Monday of week 10: under West Mercia nothing is due for 7 days, in Hertfordshire an enhanced victim's
    update after 1."""
    begun = Beginning(FIRST, load_policy(policy))
    for period in refused:
        with pytest.raises(CannotReportError, match=rf"{period} is not reported: the records begin on 2 March 2026"):
            begun.check(parse_period(period))
    for period in reported:
        begun.check(parse_period(period))


def test_1_2b_working_days_are_counted_by_the_policys_calendar() -> None:
    """Under the Code of 2020 nothing is due for a working day: from Thursday 2 April over Easter until Tuesday 7."""
    policy = load_policy("victims-code-2020")
    assert Beginning(date(2026, 4, 2), policy).first_due == date(2026, 4, 7)
    assert Beginning(date(1990, 4, 2), policy).first_due == date(1990, 4, 3), "where the calendar is silent, the least"


def test_where_no_crime_is_held_nothing_is_reported() -> None:
    with pytest.raises(CannotReportError, match="2026-W10 is not reported: no crime is held"):
        Beginning(None, load_policy("west-mercia")).check(parse_period("2026-W10"))


def test_1_2b_charts_begin_when_every_victim_of_the_week_was_reported_since() -> None:
    """A first requirement B + within; the first further contact B + within of cycle 1; continuing contact B + 3 x
    repeat_every."""
    policy = load_policy("west-mercia")
    begun, (first, further) = Beginning(FIRST, policy), policy.requirement
    assert begun.charted_from(first) == FIRST + timedelta(days=7)
    assert begun.charted_from(further, "first") == FIRST + timedelta(days=28)
    assert begun.charted_from(further, "continuing") == FIRST + timedelta(days=84)
    assert begun.charted_from(further) == FIRST + timedelta(days=28), "both together, as soon as one of them is"
    week = Week.of(FIRST)
    assert [begun.is_charted(week.plus(n), further, "continuing") for n in (11, 12)] == [False, True]
    assert Beginning(None, policy).charted_from(first) is None
    assert not Beginning(None, policy).is_charted(week, first)


def test_1_2b_a_chart_waits_for_the_longest_limit_and_a_rate_for_the_shortest() -> None:
    """In Hertfordshire five days, and one for an enhanced victim; an event's working days over Easter."""
    policy = load_policy("hertfordshire")
    begun = Beginning(FIRST, policy)
    assert begun.due_from(policy.requirement[0]) == FIRST + timedelta(days=1)
    assert begun.charted_from(policy.requirement[0]) == FIRST + timedelta(days=5)
    code = load_policy("victims-code-2020")
    arrested = code.requirement_by_id("arrested")
    assert Beginning(date(2026, 4, 2), code).charted_from(arrested) == date(2026, 4, 13)


def test_1_2b_make_up_and_stocks_take_their_time() -> None:
    policy = load_policy("west-mercia")
    begun, (first, further) = Beginning(FIRST, policy), policy.requirement
    aged = FIRST + timedelta(days=182)
    assert begun.ages_until(further, "continuing") == begun.ages_until(further) == aged
    assert begun.ages_until(further, "first") is begun.ages_until(first) is None
    assert (begun.stocks_from, begun.filled_from) == (FIRST + timedelta(days=28), FIRST + timedelta(days=364))


def test_1_2b_a_report_looks_at_52_weeks_or_as_many_as_are_held() -> None:
    weeks = list_charted_weeks(Week.of(FIRST).plus(20), FIRST)
    assert (weeks[0], weeks[-1], len(weeks)) == (Week.of(FIRST), Week.of(FIRST).plus(20), 21)
    assert list_charted_weeks(Week.of(FIRST).plus(20), FIRST - timedelta(days=1))[0] == Week.of(FIRST).plus(-1)
    assert len(list_charted_weeks(Week.of(FIRST).plus(80), FIRST)) == 52
    assert list_charted_weeks(Week.of(FIRST), None) == [Week.of(FIRST)]
