"""Digests as other people's tools see them: axe-core (WCAG 2.2 AA) and html-validate find nothing.

A mail is shown inside another page, so that rules about whole pages (landmarks) are left out; and for Outlook's Word
engine it is laid out by tables that hold no data, and carries its styles in its elements.
"""

import json
from pathlib import Path

import pytest

from tests import stores
from tests.browser import BROWSER, COLOURS, NEEDED, WCAG, Look, Seen, Window, html_validate, look
from tests.office import crime, open_office

pytestmark = NEEDED
NOT_FOR_MAILS = {"no-inline-style": "off", "prefer-tbody": "off"}
WINDOWS = [Window(320), Window(400)]
PHONE = Window(360)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What an officer gets about one victim, and another about many, some new, some not, one of them due soon."""
    folder = tmp_path_factory.mktemp("bodies")
    with open_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as office:
        office.records(crime("A", "2026-06-01"), *(crime(f"B{n}", "2026-05-20", "2000") for n in range(25)))
        office.told("2026-06-10")
        attempt = {"update_ref": "1", "at": "2026-06-12T11:00:00Z", "outcome": "attempted"}
        several = [{"victim_ref": "V1"}, {"victim_ref": "V2"}]
        office.records(
            crime("C", "2026-06-08", "2000", victims=several, updates=[attempt]), crime("D", "2026-06-12", "2000")
        )
        office.told("2026-06-17")
        made = []
        for row in office.outbox():
            assert row.html is not None
            made.append(folder / f"{row.id}.html")
            made[-1].write_text(row.html, "utf-8")
    assert len(made) >= 3
    return made


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an officer gets about three victims."""
    folder = tmp_path_factory.mktemp("three")
    with open_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as office:
        office.records(*(crime(f"22/4821{n}/26", "2026-06-02") for n in range(3)))
        office.remind("2026-06-10")
        (row,) = office.outbox()
    page = folder / "three.html"
    page.write_text(str(row.html), "utf-8")
    return page


@pytest.fixture(scope="module")
def seen(bodies: list[Path], three: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    """The bodies on a light screen and on a dark one, and that about three victims."""
    return look(
        tmp_path_factory.mktemp("seen"),
        Look(bodies, WCAG, WINDOWS), Look(bodies, COLOURS, dark=True), Look([three], windows=[PHONE]),
    )  # fmt: skip


@BROWSER
def test_axe_finds_nothing_in_a_mail(seen: list[Seen]) -> None:
    assert seen[0].wrong == {}


@BROWSER
def test_axe_finds_nothing_in_a_mail_on_a_dark_screen(seen: list[Seen]) -> None:
    assert seen[1].wrong == {}


@BROWSER
def test_three_victims_fit_on_one_screen_of_a_phone(seen: list[Seen]) -> None:
    """Some 640 pixels high at a width of 360; the text of a mail is what takes the room."""
    assert 500 < seen[2].height[PHONE]["three.html"] <= 640


@BROWSER
@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: str(window.width))
def test_wcag_1_4_10_no_mail_scrolls_sideways(seen: list[Seen], window: Window) -> None:
    assert seen[0].wide[window] == {}


def test_html_validate_finds_nothing_in_a_mail(bodies: list[Path], tmp_path: Path) -> None:
    rules = {"root": True, "extends": ["html-validate:recommended", "html-validate:a11y"], "rules": NOT_FOR_MAILS}
    config = tmp_path / "mail.json"
    config.write_text(json.dumps(rules), "utf-8")
    done = html_validate(f"--config={config}", *bodies)
    assert done.returncode == 0, done.stdout
