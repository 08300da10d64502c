"""Reports as other people's tools see them: axe-core (WCAG 2.2 AA and best practice) and html-validate find nothing.

`npm install` in `tests/accessibility` brings both; a Chromium is needed beside them.
"""

from datetime import date
from pathlib import Path

import pytest

from compliance.reports.model.claims import Claim, ClaimKind
from compliance.reports.periods.periods import parse_period
from compliance.reports.releasing.release import find_faults
from compliance.reports.rendering.notice_pages import Notices, write_notices
from compliance.reports.rendering.render import render
from compliance.reports.sections import delayed_report, held_report, suspended_report
from compliance.reports.wording.delay import Reading
from tests.browser import BROWSER, COLOURS, NEEDED, WCAG, Look, Seen, Window, axe_findings, html_validate, look
from tests.integration.test_report_forms import figures
from tests.unit.test_release import FAULTY, facts

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
    weeks = [parse_period(f"2026-W{number}") for number in (45, 46, 47)]
    faults = [find_faults(facts(**changed)) for _, changed, _, _ in FAULTY]
    suspension = Claim(kind=ClaimKind.SUSPENDED, subject="suspension", since=date(2026, 11, 2),
                       until=date(2026, 11, 30), about="mhill", words="The crime system is being replaced")  # fmt: skip
    notices: Notices = {
        weeks[0]: ("delayed", delayed_report("A force", weeks[0], Reading(None, None).claim)),
        weeks[1]: ("held", held_report("A force", weeks[1], [each[0] for each in faults], date(2026, 11, 23))),
        weeks[2]: ("suspended", suspended_report("A force", weeks[2], suspension)),
    }
    return [*made, *write_notices(folder, notices)]


PHONE = Window(320, ".scroll { overflow: visible !important } .chart { display: none !important }")
"""Charts alone are scrolled: what they show needs both dimensions, and stands in words and in a table beside them."""
WINDOWS = [Window(320), Window(400), Window(1280)]


@pytest.fixture(scope="module")
def seen(pages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Seen]:
    """Every page on a light screen; a report and a notice on a dark one: all have the same colours."""
    light, dark = look(
        tmp_path_factory.mktemp("seen"),
        Look(pages, (*WCAG, "best-practice"), [PHONE, *WINDOWS]), Look(pages[::4], COLOURS, dark=True),
    )  # fmt: skip
    return light, dark


@BROWSER
def test_axe_finds_nothing(seen: tuple[Seen, Seen]) -> None:
    assert seen[0].wrong == {}


@BROWSER
def test_axe_finds_nothing_on_a_dark_screen(seen: tuple[Seen, Seen]) -> None:
    assert seen[1].wrong == {}


@BROWSER
@pytest.mark.long
def test_axe_finds_nothing_in_any_report_on_a_dark_screen(pages: list[Path], tmp_path: Path) -> None:
    assert axe_findings(pages, COLOURS, tmp_path, dark=True) == {}


@BROWSER
def test_wcag_1_4_10_no_table_is_scrolled_sideways_on_a_phone(seen: tuple[Seen, Seen]) -> None:
    assert seen[0].wide[PHONE] == {}


def test_html_validate_finds_nothing(pages: list[Path]) -> None:
    done = html_validate("--preset=recommended,a11y", *pages)
    assert done.returncode == 0, done.stdout


@BROWSER
@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: str(window.width))
def test_wcag_1_4_10_no_page_scrolls_sideways(seen: tuple[Seen, Seen], window: Window) -> None:
    assert seen[0].wide[window] == {}
