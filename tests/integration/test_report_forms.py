"""Every form of a report is read back, and says the same numbers."""

import json
import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.editions import public
from compliance.reports.figure_rows import SECTIONS, rows
from compliance.reports.figures import figures_of, report_figures
from compliance.reports.judging.judged import JudgedPeriod, Judgements, ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import percent
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.reports.pieces.parts import Cell, Table, plain
from compliance.reports.rendering.forms import FORMS, form, schema
from compliance.reports.sections import report_of
from tests.histories import BEGUN, histories
from tests.read_forms import SAID, Key, Numbers, in_csv, in_xlsx, sheet_views, sheets

SETTLED = datetime(2026, 11, 16, tzinfo=UTC)


@cache
def given(count: int = 900) -> GivenRecords:
    return GivenRecords("histories", columns([convert_crime(r) for r in histories(52, count, as_at=SETTLED)]))


@cache
def held(policy: str) -> dict[tuple[date | None, Span], JudgedPeriod]:
    """What was judged of the records given by a policy, for reports of other periods."""
    return {}


@cache
def judged(period: str, policy: str) -> Judgements:
    options = ReportOptions(records_begin=BEGUN)
    return judge_periods(given(), load_policy(policy), parse_period(period), SETTLED, options, held=held(policy))


@cache
def figures(edition: str = "board", period: str = "2026-W45", policy: str = "west-mercia") -> Figures:
    division = "A" if edition == "division" else None
    found = figures_of(judged(period, policy), force="A & B <Police>", division=division)
    return public(found) if edition == "public" else found


def numbers(found: Figures) -> dict[tuple[Key, str], float | None]:
    """Every number by ((figure, period), measure)."""
    return {((row.figure, row.period), measure): value for row in rows(found) for measure, value in row.numbers.items()}


EDITIONS = ("board", "division", "public")


@pytest.mark.parametrize("edition", EDITIONS)
def test_csv_and_workbook_hold_every_number_to_the_last_digit(edition: str) -> None:
    found = figures(edition)
    expected = numbers(found)
    assert len(expected) > 300
    assert in_csv(form(found, "csv")) == expected
    in_book = in_xlsx(form(found, "xlsx"))
    for key, value in expected.items():
        assert in_book[key] == (None if value is None else pytest.approx(value, rel=1e-15)), key
    assert {in_book[key] for key in set(in_book) - set(expected)} == {None}


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_number_of_the_html_names_a_figure_that_says_the_same(edition: str) -> None:
    found = figures(edition)
    by_figure: dict[str, list[float | None]] = {}
    for ((figure, _), measure), value in numbers(found).items():
        by_figure.setdefault(f"{figure}:{measure}", []).append(value)
    named = Numbers(form(found, "html")).found
    assert len(named) > 100
    for name, value, text in named:
        assert value in by_figure[name], name
        shown = (
            f"{value:,.0f}"
            if not name.endswith(":rate")
            else "100%"
            if value == 1
            else "0%"
            if value == 0
            else f"{min(max(value * 100, 0.1), 99.9):.1f}%"
        )
        assert text == shown


@pytest.mark.parametrize("edition", EDITIONS)
def test_json_is_the_figures_themselves(edition: str) -> None:
    found = figures(edition)
    told = json.loads(form(found, "json"))
    assert set(told) == {name for name in Figures.__struct_fields__ if getattr(found, name) is not msgspec.UNSET}
    without = {"areas", "satisfaction"}
    assert set(Figures.__struct_fields__) - set(told) == without, "what a force without areas and survey does not have"
    assert told["requirements"][0]["week"]["rate"]["late"] == found.requirements[0].week.rate.late
    if edition != "public":
        assert msgspec.json.decode(form(found, "json"), type=Figures) == found


def test_the_schema_of_the_json_is_documented_and_up_to_date() -> None:
    """`make docs` writes it."""
    path = Path(__file__).parents[2] / "docs" / "report.schema.json"
    assert json.loads(path.read_text("utf-8")) == json.loads(json.dumps(schema()))


def cells_of(found: Figures) -> list[Cell]:
    tables = [part for section in report_of(found).sections for part in section.parts if isinstance(part, Table)]
    return [cell for table in tables for row in (*table.rows, *table.foot) for cell in row]


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_pdf_is_tagged_and_its_tables_say_what_the_html_says(edition: str) -> None:
    found = figures(edition)
    content = form(found, "pdf")
    assert content.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in content
    assert b"pdfuaid:part" in content
    page = form(found, "html").decode()
    cells = {plain(cell.text) for cell in cells_of(found)}
    for requirement in found.requirements:
        share = requirement.week.rate.share
        if not share.withheld:
            assert f"{share.count:,} / {share.of:,}" in cells
            assert f">{percent(share.rate)}</data>" in page


def test_1_6_a_rate_of_fewer_than_ten_is_grey_on_paper_too() -> None:
    found = figures()
    few = [share for r in found.requirements for share in (r.enhanced.rate.share, *(g.share for g in r.offences[:15]))
           if 0 < share.of < 10]  # fmt: skip
    assert few
    for share in few:
        assert any(
            cell.text[0].tone == "few" and plain(cell.text) == f"{percent(share.rate)} {share.count} / {share.of}"
            for cell in cells_of(found)
            if cell.text
        )


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_board_meets_short_tables_and_the_full_ones_stand_at_the_end(edition: str) -> None:
    told = report_of(figures(edition)).sections
    rows = {full: [len(part.rows) for section in told if section.full is full for part in section.parts
                   if isinstance(part, Table)] for full in (False, True)}  # fmt: skip
    assert max(rows[False]) <= 15 < max(rows[True])
    assert [section.heading for section in told if section.full] == ["The figures in full", "How this is computed"]


@pytest.mark.parametrize("name", FORMS)
def test_the_same_figures_give_the_same_bytes(name: Any) -> None:
    again = msgspec.json.decode(msgspec.json.encode(figures()), type=Figures)
    assert form(again, name) == form(figures(), name)


@pytest.mark.parametrize("name", FORMS)
def test_no_data_at_all_makes_every_form(name: Any) -> None:
    nothing = GivenRecords("nothing", columns([]))
    found = report_figures(nothing, load_policy("west-mercia"), parse_period("2026-W45"), SETTLED, force="A force")
    assert form(found, name)
    assert form(public(found), name)


@pytest.mark.parametrize("name", ["hertfordshire", "victims-code-2006", "victims-code-2020"])
def test_every_policy_makes_every_form(name: str) -> None:
    for ending in FORMS:
        assert form(figures(policy=name), ending)


@pytest.mark.parametrize("period", ["2026-10", "2026-Q3"])
def test_months_and_quarters_by_the_same_code(period: str) -> None:
    found = figures(period=period)
    assert (found.kind, found.provisional) == ("month" if period == "2026-10" else "quarter", None)
    text = form(found, "html").decode()
    assert "October 2026" in text if period == "2026-10" else "Third quarter of 2026" in text
    weeks = found.requirements[0].trend.weeks
    assert weeks[-1] == ("2026-W43" if period == "2026-10" else "2026-W39")
    assert in_csv(form(found, "csv")) == numbers(found)


def test_a_cell_that_a_spreadsheet_would_take_for_a_formula_is_text() -> None:
    found = msgspec.structs.replace(figures(), force="=1+1")
    assert form(found, "csv").decode().splitlines()[1].startswith("'=1+1,")


def test_1_6_the_public_edition_has_no_count_from_1_to_4_nor_what_would_leave_one() -> None:
    found = figures("public")
    for row in rows(found):
        counts = [value for measure, value in row.numbers.items()
                  if measure not in ("of", "design_effect") and isinstance(value, int)]  # fmt: skip
        assert not set(counts) & {1, 2, 3, 4}, row
        count, of = row.numbers.get("count"), row.numbers.get("of")
        if count is not None and of is not None:
            assert of - count not in (1, 2, 3, 4), row
    assert any(row.status == "withheld" for row in rows(found))
    told = form(found, "json").decode()
    assert re.search(r'"count": null,\s*"of": null', told)
    assert found.sample is None
    for content in (form(found, name) for name in ("html", "csv", "json")):
        assert not re.search(rb"\b22A/", content)


def test_the_edition_of_a_division_is_about_its_teams_and_its_own_cases() -> None:
    own, board = figures("division"), figures()
    assert SECTIONS["units"] == "Divisions"
    assert "Teams" in sheets(form(own, "xlsx"))
    for mine, whole in zip(own.requirements, board.requirements, strict=True):
        of_a = next((d for d in whole.divisions if d.name == "A"), None)
        assert of_a is not None
        assert mine.week.rate == of_a.week
        assert sum(d.week.share.of for d in mine.divisions) == mine.week.rate.share.of
        assert mine.week.silent == of_a.silent


def test_1_6_no_design_effect_is_shown_of_a_rate_that_is_withheld() -> None:
    """All its numbers stand as if there were none: shown, they would be counts of 0."""
    found = figures("public")
    shares = [period.rate.share for r in found.requirements for period in (r.week, r.before) if period]
    shares += [d.trailing.share for r in found.requirements for d in r.divisions if d.trailing]
    hidden = [share for share in shares if share.withheld]
    assert hidden
    (table,) = (part for part in report_of(found).section("method").parts
                if isinstance(part, Table) and part.id == "design-effects")  # fmt: skip
    assert len(table.rows) == len(shares) - len(hidden)
    assert all(row[3].text[0].value for row in table.rows)


def test_the_sheets_of_numbers_are_made_to_be_worked_with() -> None:
    """Each has the numbers of its section, its titles stay in view, and every column can be filtered over all rows."""
    content = form(figures(), "xlsx")
    written, views = sheets(content), sheet_views(content)
    assert set(views) == set(written) - {*SAID}
    for section, title in SECTIONS.items():
        own = [row.figure for row in rows(figures()) if row.section == section]
        assert [line[0] for line in written.get(title, [[]])[1:]] == own, title
    for title, view in views.items():
        head, *lines = written[title]
        assert view.frozen == (1, 1), title
        assert view.filtered == (0, len(head) - 1, len(lines) + 1), title


def test_shares_are_shown_in_per_cent_and_counts_without_decimals() -> None:
    for title, view in sheet_views(form(figures(), "xlsx")).items():
        for name, shown in view.formats.items():
            if name in ("Rate", "95% from", "95% to", "Difference", "Centre", "Funnel high 998", "Silent", "Expected"):
                assert shown == {"0.0%"}, (title, name)
            elif name == "Design effect":
                assert shown == {"0.00"}, (title, name)
            elif name in ("Count", "Of", "Late", "Victims", "In period", "Held"):
                assert shown == {"#,##0"}, (title, name)
