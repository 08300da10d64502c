"""What is owed after an event (rules section 7) in a report: a chart of each rule, out of the board's way."""

from datetime import UTC, datetime

from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.figures import report_figures
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import Chart
from compliance.reports.rendering.render import render
from compliance.reports.sections import report_of
from tests.histories import BEGUN, histories

SETTLED = datetime(2026, 11, 16, tzinfo=UTC)


def test_what_is_owed_after_an_event_has_its_charts_among_the_figures_in_full() -> None:
    records = GivenRecords("histories", columns([convert_crime(each) for each in histories(53, 900, as_at=SETTLED)]))
    policy = load_policy("victims-code-2020")
    figures = report_figures(
        records, policy, parse_period("2026-W45"), SETTLED, force="A force", options=ReportOptions(records_begin=BEGUN)
    )
    charted = [r for r in figures.requirements if r.event and any(share.of for share in r.trend.shares)]
    assert charted
    html = render(figures)
    for requirement in charted:
        assert html.index('id="in-full"') < html.index(f'id="trend-{requirement.id}"')
        assert f'id="weeks-{requirement.id}"' in html  # its table
    section = report_of(figures).section("in-full")
    assert section.full
    assert sum(isinstance(part, Chart) for part in section.parts) == len(charted)
