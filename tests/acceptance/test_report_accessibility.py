"""Reports as other people's tools see them: axe-core (WCAG 2.2 AA and best practice) and html-validate find nothing.

`npm install` in `tests/accessibility` brings both; a Chromium is needed beside them.
"""

from pathlib import Path

import pytest

from compliance.reports.delay import Reading, write_delay
from compliance.reports.periods import parse_period
from compliance.reports.render import render
from tests.browser import BROWSER, NEEDED, WCAG, axe_findings, html_validate, wider_than
from tests.integration.test_report_forms import figures

pytestmark = NEEDED


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = []
    for edition, period, policy in (
        ("board", "2026-W45", "west-mercia"), ("division", "2026-W45", "west-mercia"),
        ("public", "2026-10", "west-mercia"), ("board", "2026-W45", "victims-code-2020"),
    ):  # fmt: skip
        made.append(folder / f"{edition}-{period}-{policy}.html")
        made[-1].write_text(render(figures(edition, period, policy)), "utf-8")
    return [*made, write_delay(folder, "A force", parse_period("2026-W45"), Reading(None, None))]


@BROWSER
def test_axe_finds_nothing(pages: list[Path], tmp_path: Path) -> None:
    for page in pages:
        assert axe_findings(page, (*WCAG, "best-practice"), tmp_path) == "[]", page.name


@BROWSER
def test_axe_finds_nothing_on_a_dark_screen(pages: list[Path], tmp_path: Path) -> None:
    """A browser without a screen is light: the colours for dark screens are made those for all."""
    dark = tmp_path / "dark.html"
    dark.write_text(pages[0].read_text("utf-8").replace("(prefers-color-scheme: dark)", "all"), "utf-8")
    assert axe_findings(dark, WCAG, tmp_path) == "[]"


@BROWSER
def test_wcag_1_4_10_no_table_is_scrolled_sideways_on_a_phone(pages: list[Path], tmp_path: Path) -> None:
    """Charts alone are: what they show needs both dimensions, and stands in words and in a table beside them."""
    for page in pages:
        bare = tmp_path / page.name
        style = "<style>.scroll { overflow: visible !important } .chart { display: none !important }</style></head>"
        bare.write_text(page.read_text("utf-8").replace("</head>", style), "utf-8")
        assert wider_than(bare, 320, tmp_path) == "", page.name


def test_html_validate_finds_nothing(pages: list[Path]) -> None:
    done = html_validate("--preset=recommended,a11y", *pages)
    assert done.returncode == 0, done.stdout


@BROWSER
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_wcag_1_4_10_no_page_scrolls_sideways(pages: list[Path], tmp_path: Path, width: int) -> None:
    assert {page.name: wide for page in pages if (wide := wider_than(page, width, tmp_path))} == {}
