"""The sections of a published report as pages: drawn by its own parts from the stored figures, and chosen from."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from compliance.reports.catalogue.editions import public
from compliance.reports.pieces.parts import Section, Table, plain
from compliance.reports.rendering.on_screen import on_screen
from compliance.reports.rendering.render import page_of, render
from compliance.reports.sections import report_of
from compliance.web.roles import WebRole
from tests import stores
from tests.integration.test_report_html import figures
from tests.integration.test_web_reports import publish
from tests.web_office import WebOffice, open_web_office, words_of

AT = "/reports/2026-W45/board/sections"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("web")
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as opened:
        held = msgspec.to_builtins(figures())
        publish(opened, "2026-W44", "board", held=held)
        publish(opened, "2026-W45", "board", held=held)
        publish(opened, "2026-W45", "public", held=msgspec.to_builtins(public(figures())))
        publish(opened, "2026-W45", "division-north", held=held | {"unit": "North"})
        publish(opened, "2026-W46", "division-south", held=held | {"unit": "South"})
        publish(opened, "2026-W27", "board")
        publish(opened, "2026-10", "board")
        yield opened


def section_named(name: str) -> Section:
    return report_of(figures()).section(name)


def rows_of(page: str) -> list[str]:
    """The names of the rows of the page's tables, with those of their feet."""
    return [words_of(f"<main{each}") for each in re.findall(r'<th scope="row">(.*?)</th>', page, re.DOTALL)]


def test_every_section_is_a_page_drawn_as_in_the_file(office: WebOffice) -> None:
    """Line by line as the HTML has it but for how cases are listed, and each leads to the one before and the next."""
    board, sections = office.browser(WebRole.BOARD), report_of(figures()).sections
    drawn = page_of(on_screen(report_of(figures()), figures(), has_cases=False))
    contents = board.get(AT).text
    names = "|".join(each.id for each in sections)
    whole = re.split(rf'(?=<section aria-labelledby="(?:{names})")', drawn)[1:]
    for place, (section, of_file) in enumerate(zip(sections, whole, strict=True)):
        assert f'<a href="{AT}/{section.id}">{section.heading}</a>' in contents.replace("&#39;", "'")
        page = board.get(f"{AT}/{section.id}").text
        bare = re.sub(rf"{AT}/[a-z-]+#", "#", page)
        assert of_file.partition("</main>")[0].strip() in bare
        titled = page.replace("&#39;", "'")
        named = f"{section.heading} – Weekly report, 2 to 8 November 2026"
        assert f"<title>{named if len(named) <= 70 else section.heading}</title>" in titled
        assert f"<h1>{section.heading}</h1>" in titled
        assert 'href="/figures" aria-current="true"' in page
        for way, other in (("prev", place - 1), ("next", place + 1)):
            leads = re.findall(rf'href="{AT}/([a-z-]+)" rel="{way}"', page)
            assert leads == ([sections[other].id] if 0 <= other < len(sections) else [])
        assert "style=" not in page


def test_a_link_within_the_report_leads_to_the_page_of_the_other_section(office: WebOffice) -> None:
    board = office.browser(WebRole.BOARD)
    for section in report_of(figures()).sections:
        for path, name in re.findall(rf'href="({AT}/[a-z-]+)#([^"]*)"', board.get(f"{AT}/{section.id}").text):
            assert f'id="{name}"' in board.get(path).text
    assert f'href="{AT}/in-full#in-full"' in board.get(f"{AT}/divisions").text


def test_no_name_of_a_figure_and_no_command_is_on_a_page(office: WebOffice) -> None:
    """They are in the file, for whoever lists the cases by the command."""
    machine = re.compile(r"compliance report cases|[Cc]ases: figure|<code>[a-z-]+\.(7|28)-day")
    assert len(machine.findall(render(figures()))) > 10
    board, analyst = office.browser(WebRole.BOARD), office.browser(WebRole.PERFORMANCE)
    for browser in (board, analyst):
        for path in (AT.removesuffix("/sections"), *(f"{AT}/{each.id}" for each in report_of(figures()).sections)):
            assert not machine.search(browser.get(path).text), path


def test_the_sample_to_read_is_for_those_who_may_open_its_cases(office: WebOffice) -> None:
    sample = figures().sample
    assert sample
    said = words_of(office.browser(WebRole.PERFORMANCE).get(f"{AT}/sample").text)
    assert all(ref in said for ref in sample.crime_refs)
    for role in (WebRole.BOARD, WebRole.CHAMPION):
        said = words_of(office.browser(role).get(f"{AT}/sample").text)
        assert not any(ref in said for ref in sample.crime_refs)
        drawn = f"{len(sample.crime_refs)} of the {sample.drawn_from} crimes with an update due in the week were drawn"
        assert f"{drawn} at random; the performance team reads what the victim was told." in said


def test_other_periods_of_the_kind_and_other_editions_are_beside_it_at_the_same_section(office: WebOffice) -> None:
    page = office.browser(WebRole.BOARD).get(f"{AT}/views").text
    assert f'href="{AT}/views" aria-current="page">2 to 8 November 2026</a>' in page
    assert 'href="/reports/2026-W44/board/sections/views">26 October to 1 November 2026</a>' in page
    assert 'href="/reports/2026-W45/public/sections/views">For the public</a>' in page
    assert "1 to 31 October 2026" not in page, "a month beside months"


def test_a_section_that_a_report_does_not_have_leads_to_its_contents(office: WebOffice) -> None:
    answer = office.browser(WebRole.BOARD).get("/reports/2026-W45/public/sections/sample")
    assert answer.headers["location"] == "/reports/2026-W45/public/sections"
    said = words_of(office.browser(WebRole.BOARD).get("/reports/2026-W27/board/sections").text)
    assert "stored by another version of this program" in said


def test_a_requirement_is_chosen_of_every_table_that_has_it(office: WebOffice) -> None:
    """Rows of other requirements, and columns of theirs, are left out; the figures stay as they are."""
    board = office.browser(WebRole.BOARD)
    page = board.get(f"{AT}/views?requirement=7-day").text
    assert set(rows_of(page)) == {"7-day", "None recorded"}
    assert "28-day</th>" not in page
    figures_shown = set(re.findall(r'data-figure="[a-z-]+\.([0-9a-z-]+)', page))
    assert figures_shown == {"7-day"}
    whole = board.get(f"{AT}/views").text
    numbers = re.compile(r"<data [^>]*>[^<]*</data>")
    assert set(numbers.findall(page)) < set(numbers.findall(whole)), "nothing is counted anew"
    assert '<option value="7-day" selected>' in page


def test_a_unit_is_chosen_with_the_whole_below_it(office: WebOffice) -> None:
    page = office.browser(WebRole.BOARD).get(f"{AT}/in-full?unit=B&requirement=28-day").text
    table = next(
        each for each in section_named("in-full").parts if isinstance(each, Table) and each.id == "divisions-28-day"
    )
    assert rows_of(page) == ["B", plain(table.foot[0][0].text)]
    assert "in-full" in page
    assert "Of this section only the tables" in words_of(page)


def test_victims_of_the_enhanced_category_are_chosen(office: WebOffice) -> None:
    page = office.browser(WebRole.BOARD).get(f"{AT}/views?category=Enhanced+victims").text
    assert rows_of(page) == ["7-day", "28-day", "Silent victims"]
    kinds = {name.partition(".")[0].partition(":")[0] for name in re.findall(r'data-figure="([^"]*)"', page)}
    assert kinds == {"enhanced", "silent-enhanced"}


def test_what_no_table_has_is_said(office: WebOffice) -> None:
    said = words_of(office.browser(WebRole.BOARD).get(f"{AT}/views?unit=elsewhere%00%3Cb%3E").text)
    assert "No table of this section has what was chosen" in said


@pytest.mark.parametrize(
    ("name", "expected"), [("divisions", "requirement unit"), ("views", "requirement category"), ("rates", "")]
)
def test_a_form_offers_what_the_tables_of_the_section_differ_in(office: WebOffice, name: str, expected: str) -> None:
    page = office.browser(WebRole.BOARD).get(f"{AT}/{name}").text
    assert re.findall(r'<select id="filter-[a-z]+" name="([a-z]+)"', page) == expected.split()


@pytest.mark.parametrize(
    ("role", "path"),
    [(WebRole.BOARD, AT), (WebRole.PERFORMANCE, AT), (WebRole.CHAMPION, "/reports/2026-W45/division-north/sections")],
)
def test_division_and_force_leads_to_the_newest_report_of_the_reader(
    office: WebOffice, role: WebRole, path: str
) -> None:
    """A champion's own division; the force for the board and the performance team."""
    browser = office.browser(role)
    assert '<a href="/figures">Division and force</a>' in browser.get("/reports").text
    assert browser.get("/figures").headers["location"] == path
    assert ("/overdue" in browser.get(path).text.partition("<main")[2]) is (role is not WebRole.BOARD)


def test_a_champion_has_no_section_of_another_division(office: WebOffice) -> None:
    champion = office.browser(WebRole.CHAMPION)
    assert champion.get("/reports/2026-W46/division-south/sections").status_code == 404
    assert champion.get("/reports/2026-W46/division-south/sections/rates").status_code == 404
    assert "division-south" not in champion.get("/reports/2026-W45/division-north/sections/rates").text


def test_without_a_report_it_says_so(tmp_path: Path) -> None:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with open_web_office(url, tmp_path) as empty:
        assert "No report has been published yet" in empty.browser(WebRole.BOARD).get("/figures").text
