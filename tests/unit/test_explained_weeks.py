"""Explained weeks, from the settings to the chart, its text and its table (statistics 2.2b)."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compliance.config import load_settings
from compliance.errors import SettingsError
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.editions import public
from compliance.reports.figure_rows import rows
from compliance.reports.figures import report_figures
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.findings import Explained
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.explained import ExplainedWeeks
from compliance.reports.periods.weeks import Week
from compliance.reports.sections.change_over_time import trend_parts, weeks_table
from compliance.reports.wording.telling import explained_in_words
from compliance.service.report_jobs.reporting import Reporting
from tests.unit.test_config import changed
from tests.unit.test_figures_words import DUE, HELD_SINCE, NOW, POLICY, WEEK, crimes

OUTAGE = ExplainedWeeks(WEEK.plus(-9), WEEK.plus(-8), "the crime system was replaced", excluded=True)
STORM = ExplainedWeeks(WEEK.plus(-2), WEEK.plus(-2), "a storm")
HELD = 20
"""Weeks in which 20 updates were due, of which 14 or 15 were given in time, 3 in the two weeks of the outage."""


def settings(tmp_path: Path, *tables: str) -> Path:
    written = "".join(f"[[report.explained_weeks]]\n{table}\n" for table in tables)
    return changed(tmp_path, "[retention]", f"{written}[retention]")


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (['first = "2026-W54"\nreason = "r"'],
         "report.explained_weeks.0.first: expected an ISO week that its year has, such as 2026-W12"),
        (['first = "2026-12"\nreason = "r"'], "such as 2026-W12"),
        (['first = "2026-W13"\nlast = "2026-W12"\nreason = "r"'],
         "last: 2026-W12 is before 2026-W13; expected the last of the weeks"),
        (['first = "2026-W12"\nreason = ""'], "report.explained_weeks.0.reason"),
        (['first = "2026-W12"'], "report.explained_weeks.0.reason: missing; it is required"),
        (['first = "2026-W12"\nreason = "r"\nexcluded = true'], "did you mean 'exclude'?"),
        (['first = "2026-W12"\nlast = "2026-W14"\nreason = "one"', 'first = "2026-W14"\nreason = "other"'],
         "explained_weeks: 2026-W14 is explained twice, as 'one' and as 'other'"),
    ],
)  # fmt: skip
def test_2_2b_a_wrong_explanation_is_refused_with_what_is_expected(
    tmp_path: Path, tables: list[str], said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(settings(tmp_path, *tables))
    assert said in str(refused.value)


def test_2_2b_a_report_knows_the_explained_weeks_of_the_settings(tmp_path: Path) -> None:
    asked = load_settings(settings(
        tmp_path, 'first = "2026-W12"\nlast = "2026-W13"\nreason = "an outage"\nexclude = true',
        'first = "2025-W52"\nreason = "Christmas"',
    ))  # fmt: skip
    no_store: Any = None
    options = Reporting(asked, POLICY, no_store)._options()
    found = {str(week): options.explanation_of(week) for week in map(Week.parse, ("2026-W11", "2026-W13", "2025-W52"))}
    assert found["2026-W11"] is None
    assert found["2026-W13"] == ExplainedWeeks(Week(2026, 12), Week(2026, 13), "an outage", excluded=True)
    assert found["2025-W52"] == ExplainedWeeks(Week(2025, 52), Week(2025, 52), "Christmas", excluded=False)


@cache
def figures(*explained: ExplainedWeeks) -> Figures:
    made = []
    for back in range(HELD):
        week = WEEK.plus(-back)
        met = 3 if week in OUTAGE else 14 + back % 2
        made += crimes(20, met, DUE - timedelta(weeks=back), division="North")
    given = GivenRecords("a few crimes", columns([convert_crime(record) for record in made]))
    options = ReportOptions(records_begin=HELD_SINCE, explained_weeks=explained)
    return report_figures(given, POLICY, WEEK, NOW, force="A force", options=options)


def test_2_2b_excluded_weeks_take_no_part_in_the_charts_of_force_and_divisions() -> None:
    told, untold = figures(OUTAGE, STORM).requirements[0], figures().requirements[0]
    for charted, plainly in (
        (told.trend.control, untold.trend.control),
        (told.units[0].control, untold.units[0].control),
    ):
        assert charted.limits[-1].points == plainly.limits[-1].points - 2
        assert charted.signals == ()
        assert {signal.rule for signal in plainly.signals} == {"outside"}
    assert told.trend.control.limits[-1].centre == pytest.approx(72.5, abs=0.3)
    assert told.trend.shares == untold.trend.shares, "the rates of the weeks are as they were"


def test_2_2b_they_are_named_with_their_reason_in_text_table_and_rows() -> None:
    found = figures(OUTAGE, STORM)
    requirement = found.requirements[0]
    said = [run.text for part in trend_parts(requirement, found.last) for run in getattr(part, "text", ())]
    assert (
        "Explained, 6 to 19 April 2026 (weeks 15 to 16): the crime system was replaced. These weeks take no part in the "
        "mean, the limits and the signals." in said
    )
    assert "Explained, 25 to 31 May 2026 (week 22): a storm. This week counts as others do." in said
    cells = {row[0].text[0].text: row[-1].text for row in weeks_table(requirement, found).rows}
    assert {week: text[0].text for week, text in cells.items() if text and text[0].text} == {
        "2026-W15": "explained: the crime system was replaced", "2026-W16": "explained: the crime system was replaced",
        "2026-W22": "explained: a storm",
    }  # fmt: skip
    told = {row.period: row.what for row in rows(found) if row.figure.startswith("week.7-day/")}
    assert told["2026-W15"].endswith("; explained: the crime system was replaced, left out of mean and limits")
    assert told["2026-W22"].endswith("; explained: a storm")
    assert "explained" not in told["2026-W21"]


def test_2_2b_an_edition_for_the_public_says_the_same_and_charts_what_it_shows() -> None:
    disclosed = public(figures(OUTAGE, STORM)).requirements[0].trend
    assert [week.week for week in disclosed.explained] == ["2026-W15", "2026-W16", "2026-W22"]
    assert any(share.withheld for share in disclosed.shares), "of 20, 17 not met: 3 are met"
    assert disclosed.control.limits[-1].points == HELD - 2


def test_2_2b_words_of_one_week_left_out() -> None:
    alone = [Explained(0, "2026-W15", "an outage.", excluded=True)]
    assert explained_in_words(alone) == (
        "Explained, 6 to 12 April 2026 (week 15): an outage. This week takes no part in the mean, the limits and the "
        "signals."
    )
