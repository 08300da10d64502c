"""Digests as other people's tools see them: axe-core (WCAG 2.2 AA) and html-validate find nothing.

A mail is shown inside another page, so that rules about whole pages (landmarks) are left out; and for Outlook's Word
engine it is laid out by tables that hold no data, and carries its styles in its elements.
"""

import json
from pathlib import Path

import pytest

from tests.browser import BROWSER, COLOURS, NEEDED, WCAG, axe_findings, height_of, html_validate, wider_than
from tests.office import Office, crime, office

__all__ = ["office"]
pytestmark = NEEDED
NOT_FOR_MAILS = {"no-inline-style": "off", "prefer-tbody": "off"}


@pytest.fixture
def bodies(office: Office, tmp_path: Path) -> list[Path]:
    """What an officer gets about one victim, and another about many, some new, some not, one of them due soon."""
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
        made.append(tmp_path / f"{row.id}.html")
        made[-1].write_text(row.html, "utf-8")
    assert len(made) >= 3
    return made


@BROWSER
def test_axe_finds_nothing_in_a_mail(bodies: list[Path], tmp_path: Path) -> None:
    assert axe_findings(bodies, WCAG, tmp_path) == {}


@BROWSER
def test_axe_finds_nothing_in_a_mail_on_a_dark_screen(bodies: list[Path], tmp_path: Path) -> None:
    assert axe_findings(bodies, COLOURS, tmp_path, dark=True) == {}


@BROWSER
def test_three_victims_fit_on_one_screen_of_a_phone(office: Office, tmp_path: Path) -> None:
    """Some 640 pixels high at a width of 360; the text of a mail is what takes the room."""
    office.records(*(crime(f"22/4821{n}/26", "2026-06-02") for n in range(3)))
    office.remind("2026-06-10")
    (row,) = office.outbox()
    page = tmp_path / "three.html"
    page.write_text(str(row.html), "utf-8")
    assert 500 < height_of(page, 360, tmp_path) <= 640


def test_html_validate_finds_nothing_in_a_mail(bodies: list[Path], tmp_path: Path) -> None:
    rules = {"root": True, "extends": ["html-validate:recommended", "html-validate:a11y"], "rules": NOT_FOR_MAILS}
    config = tmp_path / "mail.json"
    config.write_text(json.dumps(rules), "utf-8")
    done = html_validate(f"--config={config}", *bodies)
    assert done.returncode == 0, done.stdout


@BROWSER
@pytest.mark.parametrize("width", [320, 400])
def test_wcag_1_4_10_no_mail_scrolls_sideways(bodies: list[Path], tmp_path: Path, width: int) -> None:
    assert wider_than(bodies, width, tmp_path) == {}
