"""The pages on reports and on the service: what is published, held and suspended, each form by role; what `status` shows."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compliance.errors import ComplianceError
from compliance.records import Officer
from compliance.reports.periods.periods import parse_period
from compliance.reports.rendering.on_screen import on_screen
from compliance.reports.rendering.render import page_of
from compliance.reports.sections import report_of
from compliance.service.conditions import find_conditions, read_facts
from compliance.service.overview import Overview
from compliance.store.tables import Published
from compliance.web.local_times import in_local_time
from compliance.web.roles import WebRole
from tests import stores
from tests.integration.test_report_html import figures
from tests.unit.test_release import FAULTY, facts
from tests.web_office import NOW, WebOffice, later, open_web_office, words_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with open_web_office(url, tmp_path) as opened:
        publish(opened, "2026-W27", "board")
        publish(opened, "2026-W26", "board", version=2)
        publish(opened, "2026-W27", "division-north", unit="North")
        publish(opened, "2026-W27", "division-south", unit="South")
        yield opened


def publish(
    office: WebOffice, period: str, edition: str, version: int = 1, unit: str | None = None, held: Any = None
) -> None:
    """A report whose files say which they are. `held`: its figures, as stored."""
    folder, files = office.service.report_folder, {}
    folder.mkdir(exist_ok=True)
    for form in ("html", "pdf", "csv"):
        content = f"<style>p {{}}</style> {period} {edition} as {form}".encode()
        name = f"{period}-{edition}{f'-v{version}' if version > 1 else ''}.{form}"
        (folder / name).write_bytes(content)
        files[name] = sha256(content).hexdigest()
    row = Published(
        period=period, edition=edition, version=version, as_at=NOW, known_at=NOW, policy_digest="", policy={},
        figures=held or {"unit": unit}, files=files, published_at=NOW,
    )  # fmt: skip
    with office.service.store.session() as session:
        session.add(row)


NEWEST_FIRST = (
    "Weekly report, 29 June to 5 July 2026 2026-W27", "Weekly report, 29 June to 5 July 2026: North 2026-W27",
    "Weekly report, 22 to 28 June 2026 2026-W26",
)  # fmt: skip


def test_the_reports_are_listed_the_newest_first_with_their_version(office: WebOffice) -> None:
    said = words_of(office.browser(WebRole.BOARD).get("/reports").text)
    places = [said.index(each) for each in NEWEST_FIRST]
    assert places == sorted(places)
    assert "version 2" in said


@pytest.mark.parametrize(
    ("role", "forms"),
    [(WebRole.BOARD, "html pdf"), (WebRole.CHAMPION, "html pdf"), (WebRole.PERFORMANCE, "html pdf csv")],
)
def test_each_role_gets_its_forms_byte_for_byte_as_published(office: WebOffice, role: WebRole, forms: str) -> None:
    browser = office.browser(role)
    listed = browser.get("/reports").text
    for form in ("html", "pdf", "csv"):
        path = f"/reports/2026-W27/board/{form}"
        answer = browser.get(path)
        assert (f'href="{path}"' in listed) is (form in forms.split())
        assert (answer.content == f"<style>p {{}}</style> 2026-W27 board as {form}".encode()) is (form in forms.split())
    page = browser.get("/reports/2026-W27/board/html")
    assert "sandbox" in page.headers["content-security-policy"], "it may do nothing but be looked at"
    assert page.headers["content-type"].startswith("text/html")
    assert browser.get("/reports/2026-W26/board/pdf").content.endswith(b"2026-W26 board as pdf")


def test_what_is_kept_rather_than_looked_at_has_a_name(office: WebOffice) -> None:
    answer = office.browser(WebRole.PERFORMANCE).get("/reports/2026-W27/board/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="2026-W27-board.csv"'


def test_a_champion_gets_the_edition_of_their_own_division_only(office: WebOffice) -> None:
    champion = office.browser(WebRole.CHAMPION)
    assert "division-south" not in champion.get("/reports").text
    assert champion.get("/reports/2026-W27/division-south/html").status_code == 404
    assert champion.get("/reports/2026-W27/division-north/html").content.endswith(b"division-north as html")
    office.directory(Officer("nc", email="nc@force.example", role="champion"))
    assert champion.get("/reports/2026-W27/division-north/html").status_code == 404, "nor with a division no more"


@pytest.mark.parametrize("path", ["2026-W27/board/exe", "2026-W99/board/html", "../config.toml", "2026-W27/..%2F/html"])
def test_nothing_but_a_published_report_is_given(office: WebOffice, path: str) -> None:
    assert office.browser(WebRole.BOARD).get(f"/reports/{path}").status_code == 404


def test_a_file_that_was_changed_is_not_given(office: WebOffice) -> None:
    (office.service.report_folder / "2026-W27-board.html").write_text("other figures")
    answer = office.browser(WebRole.BOARD).get("/reports/2026-W27/board/html")
    assert answer.status_code == 503
    assert "other figures" not in answer.text


def test_what_is_held_says_why_and_a_suspension_until_when(office: WebOffice) -> None:
    gate, (_, changed, _, _) = office.service.reporting.gate, FAULTY[0]
    with suppress(ComplianceError):
        gate.pass_or_hold(parse_period("2026-W28"), facts(**changed), NOW)
    (held,) = gate.holds()
    gate.suspend(date(2026, 8, 2), "The crime system is being replaced", "mhill", NOW)
    said = words_of(office.browser(WebRole.BOARD).get("/reports").text)
    assert f"2026-W28 6 July 2026 to 12 July 2026. Since 20 July 2026: {held.words}" in said
    assert "The crime system is being replaced" in said


def test_health_says_what_status_says(office: WebOffice) -> None:
    later(office, days=3)  # so that something is wrong: nothing was read
    service = office.service
    seen = read_facts(service.settings, service.policy, office.now, service.store)
    page = words_of(re.sub("</?code>", "`", office.browser(WebRole.ADMINISTRATOR).get("/health").text))
    found = find_conditions(seen)
    assert found
    for each in found:
        assert (
            f"{each.condition.severity.capitalize()}: {each.condition.name} {in_local_time(each.sentence, service.policy.local)}"
            in page
        )
        assert f"To do: {each.condition.remedy}" in page
    text = " ".join(Overview(seen, found).text().split())
    assert "6 crimes held" in text
    assert "6 crimes held, 0 refused" in page
    assert not re.search(r"\d\d:\d\dZ", page)


def test_the_key_figures_of_a_report_are_a_page_drawn_as_in_its_file(office: WebOffice) -> None:
    """What to look at first and the rates, line by line as the HTML has them, from the figures stored with it."""
    publish(office, "2026-W45", "board", held=msgspec.to_builtins(figures()))
    for role in (WebRole.BOARD, WebRole.CHAMPION, WebRole.PERFORMANCE):
        browser = office.browser(role)
        assert 'href="/reports/2026-W45/board"' in browser.get("/reports").text
        page = browser.get("/reports/2026-W45/board").text
        assert (' class="cases" ' in page) is (role is WebRole.PERFORMANCE)
        bare = re.sub(r'<a class="cases"[^>]*>(<data [^>]*>[^<]*</data>)<span[^>]*>[^<]*</span></a>', r"\1", page)
        bare = bare.replace("/reports/2026-W45/board/html#", "#")
        of_role = on_screen(report_of(figures()), figures(), has_cases=role is WebRole.PERFORMANCE)
        texts = (re.sub(r'<a href="[^"]*">cases</a>', "cases", text) for text in (bare, page_of(of_role)))
        shown, of_file = (text.split("<section aria-labelledby=")[1:3] for text in texts)
        assert shown[0] == of_file[0]
        assert shown[1].partition("</section>")[0] == of_file[1].partition("</section>")[0]
        assert page.count('<article class="card"') >= 2
        assert set(re.findall(r'href="#([^"]*)"', page)) <= set(re.findall(r'id="([^"]*)"', page))
        assert 'href="/reports/2026-W45/board/pdf"' in page
        assert "style=" not in page


def test_figures_that_this_version_cannot_read_are_said_to_be_in_the_files(office: WebOffice) -> None:
    said = words_of(office.browser(WebRole.BOARD).get("/reports/2026-W26/board").text)
    assert "Version 2, as published. The whole report: HTML of the weekly report, 22 to 28 June 2026 , PDF" in said
    assert "stored by another version of this program" in said


def test_a_champion_has_no_page_of_another_division(office: WebOffice) -> None:
    champion = office.browser(WebRole.CHAMPION)
    assert champion.get("/reports/2026-W27/division-north").status_code == 200
    assert champion.get("/reports/2026-W27/division-south").status_code == 404
    assert champion.get("/reports/2026-W99/board").status_code == 404
