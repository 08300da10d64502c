"""First further and continuing contact apart, and stocks, over the weeks (statistics 1.2b, 1.7, 1.10)."""

from datetime import date, timedelta
from functools import cache

import pytest

from compliance.records import columns, convert_crime
from compliance.reports.catalogue.editions import public
from compliance.reports.figure_rows import rows as figure_rows
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.report_model import Figures, RequirementFigures
from compliance.reports.periods.weeks import Week
from compliance.reports.pieces.parts import Chart, Statement, claims_in
from compliance.reports.sections.change_over_time import trend_parts
from compliance.reports.tracing import Edition, cases
from compliance.reports.wording.telling import causes_of
from tests import plain_figures as plain
from tests.unit.test_figures_words import DUE, HELD_SINCE, POLICY, WEEK, crimes, figures


@pytest.mark.parametrize("back", [0, 4, 11])
def test_1_10_the_parts_are_rated_apart_and_add_up_to_both_together(back: int) -> None:
    """By the plain reference, in the period and in weeks of its chart, each at its own age."""
    found, week = plain.requirement("28-day"), plain.WEEK.plus(-back)
    settled = plain.SETTLED - timedelta(weeks=back)
    due = plain.of("28-day", plain.rows(week, settled.replace(hour=0)))
    counts = {}
    for part in found.parts:
        own = [row for row in due if (row["cycle"] == 1) == (part.part == "first")]
        place = part.trend.weeks.index(str(week))
        expected = plain.rate(own)
        share = part.trend.shares[place]
        assert (share.count, share.of) == (expected.share.count, expected.share.of)
        if back == 0:
            assert (part.week.late, part.week.overdue, part.week.missed) == (
                expected.late,
                expected.overdue,
                expected.missed,
            )
        counts[part.part] = share.of
    both = found.trend.shares[found.trend.weeks.index(str(week))]
    assert both.of == sum(counts.values())
    assert min(counts.values()) > 0


def test_1_10_special_causes_are_looked_for_in_the_parts_alone() -> None:
    found = plain.requirement("28-day")
    assert found.trend.control.limits
    assert found.trend.control.signals == ()
    assert all(unit.control.signals == () for unit in found.units)
    of_parts = [signal for part in found.parts for signal in part.trend.control.signals]
    assert of_parts
    assert {cause.subject for cause in causes_of(found)} <= {"first-further.28-day", "continuing.28-day"}
    assert sum(cause.length for cause in causes_of(found)) == len(of_parts)
    assert plain.requirement("7-day").parts == ()


@cache
def waiting(begun: date = HELD_SINCE) -> Figures:
    """Each week 20 crimes, open ever after; half of their victims are told once, before the first update is due."""
    held = [crime for back in range(26) for crime in crimes(20, 10, DUE - timedelta(weeks=back))]
    return figures(*held, begun=begun)


def further(begun: date = HELD_SINCE) -> RequirementFigures:
    return waiting(begun).requirements[1]


def said(begun: date) -> str:
    parts = [part for part in trend_parts(further(begun), waiting().last) if isinstance(part, Statement)]
    return " ".join(run.text for part in parts for run in part.text)


NOT_CHARTED = (
    "There is no chart yet. It begins with the first week on or after 29 June 2026, when everything due in a week "
)
AGEING = "In weeks before 31 August 2026 its make-up is still ageing"
FILLING = "Still filling until 1 March 2027: it grows as the records do, and is compared with nothing before that."


@pytest.mark.parametrize(
    ("begun", "told", "untold"),
    [
        (date(2026, 4, 6), NOT_CHARTED, AGEING),
        (date(2026, 3, 2), AGEING, NOT_CHARTED),
        (date(2026, 3, 2), FILLING, "Thirteen weeks before"),
        (HELD_SINCE, "Thirteen weeks before", "Still filling"),
        (HELD_SINCE, "signals are not looked for in this chart", "still ageing"),
    ],
)
def test_1_2b_what_is_not_charted_yet_ages_or_fills_is_said_while_it_is_so(begun: date, told: str, untold: str) -> None:
    """Continuing contact is charted from B + 3 x 28 days and ages until B + 182; stocks fill until B + 364."""
    assert told in said(begun)
    assert untold not in said(begun)


def test_1_2b_the_charts_of_the_parts_begin_where_each_may() -> None:
    begun = date(2026, 3, 2)
    starts = {part.part: part.trend.weeks[0] for part in further(begun).parts}
    assert starts == {
        "first": str(Week.of(begun + timedelta(days=28))),
        "continuing": str(Week.of(begun + timedelta(days=84))),
    }


def test_1_7_silent_victims_have_a_chart_without_limits_or_signals() -> None:
    parts = list(trend_parts(further(), waiting().last))
    (drawn,) = (part for part in parts if isinstance(part, Chart) and part.id == "silent-weeks-28-day")
    chart = drawn.drawing
    assert (chart.bands, {dot.kind for dot in chart.dots}) == ([], {"plain"})  # type: ignore[union-attr]
    assert not any(
        claim.kind == "improved" and claim.subject == "silent" for part in parts for claim in claims_in(part)
    )


def test_1_7_what_was_overdue_is_shown_from_b_plus_28_days() -> None:
    begun = date(2026, 3, 2)
    trend = waiting(begun).requirements[0].trend
    shown = {week: count is not None for week, count in zip(trend.weeks, trend.overdue, strict=True)}
    assert shown == {week: Week.parse(week).last >= begun + timedelta(days=28) for week in trend.weeks}
    assert set(shown.values()) == {True, False}


def test_1_10_a_part_is_traced_to_its_crimes_and_one_that_does_not_repeat_has_none() -> None:
    held = [crime for back in range(26) for crime in crimes(20, 10, DUE - timedelta(weeks=back))]
    given = GivenRecords("waiting", columns([convert_crime(record) for record in held]))
    edition = Edition(given, POLICY, WEEK, ReportOptions(records_begin=HELD_SINCE))
    for part in further().parts:
        name = {"first": "first-further", "continuing": "continuing"}[part.part]
        answer = cases(edition, f"{name}.28-day")
        assert (answer.counted, answer.of) == (part.week.share.count, part.week.share.of)
        assert {case.cycle == 1 for case in answer.cases} == {part.part == "first"}
        week = cases(edition, f"week-{name}.28-day/{part.trend.weeks[-3]}")
        assert week.of == part.trend.shares[-3].of
    assert "does not repeat" in cases(edition, "continuing.7-day").instead


def test_1_10_the_parts_are_rows_of_the_board_and_not_of_the_public() -> None:
    names = {row.figure.partition(".")[0] for row in figure_rows(waiting())}
    parts = {"first-further", "continuing", "week-first-further", "week-continuing"}
    assert parts <= names
    disclosed = public(waiting())
    assert not parts & {row.figure.partition(".")[0] for row in figure_rows(disclosed)}
    assert disclosed.requirements[1].trend.control.signals == ()
