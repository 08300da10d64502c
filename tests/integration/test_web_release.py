"""Releasing a held report, suspending reports and resuming them on pages: as by the commands, for a reason, asked twice."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from compliance.errors import ComplianceError
from compliance.reports.periods.periods import parse_period
from compliance.reports.wording.sentences import sentence
from compliance.web.roles import WebRole
from tests import web_office
from tests.accesses import list_accesses
from tests.integration.test_report_release import crimes as weekly
from tests.stores import take
from tests.unit.test_release import FAULTY, facts
from tests.web_office import NOW, Browser, WebOffice, field_of, later, words_of

WEEK = "2026-W28"
PATH = f"/reports/{WEEK}/release"


office, analyst = web_office.office, web_office.analyst


def hold(office: WebOffice, place: int = 0, week: str = WEEK) -> None:
    """Something stands against a report."""
    with suppress(ComplianceError):
        office.service.reporting.gate.pass_or_hold(parse_period(week), facts(**FAULTY[place][1]), office.now)


def confirm(browser: Browser, path: str, **form: str) -> dict[str, str]:
    """The fields that the page sends which asks once more."""
    page = browser.post(path, **form)
    assert page.status_code == 200, words_of(page.text)
    return {name: field_of(page.text, name) for name in ("confirmed", "seen", "reason", "until")}


def test_a_held_report_is_released_after_what_stands_against_it_was_read_and_confirmed(
    office: WebOffice, analyst: Browser
) -> None:
    hold(office)
    gate = office.service.reporting.gate
    (held,) = gate.holds()
    assert f'href="{PATH}"' in analyst.get("/reports").text
    asked = words_of(analyst.get(PATH).text)
    assert all(sentence(claim) in asked for claim in held.claims)
    sure = analyst.post(PATH, reason="  The crime system\r\nwas down. ").text
    assert "Release 2026-W28: are you sure?" in words_of(sure)
    assert "Reason The crime system was down." in words_of(sure)
    assert all(sentence(claim) in words_of(sure) for claim in held.claims)
    assert gate.releases(held.period) == [], "nothing is done yet"
    assert list_accesses(office.service.store) == []
    done = analyst.post(PATH, **confirm(analyst, PATH, reason="The crime system was down."))
    assert done.headers["location"].startswith("/reports?said=released")
    (released,) = gate.releases(held.period)
    assert (released.by, released.reason, released.at) == ("an.analyst", "The crime system was down.", office.now)
    assert gate.holds() == []
    (entry,) = list_accesses(office.service.store)
    assert (entry.person, entry.page, entry.crimes) == ("an.analyst", "/reports/{period}/release", [])
    assert entry.reason == "The crime system was down."
    assert (entry.asked["period"], entry.asked["confirmed"]) == (WEEK, "yes")
    assert analyst.get(PATH).status_code == 404, "it is held no more"


def test_what_was_released_is_published_by_the_running_service_with_who_and_why(
    office: WebOffice, analyst: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """14 weeks of 12 crimes, and then one with 3 and those of the office."""
    monkeypatch.setattr("compliance.service.report_jobs.release_evidence.try_examples", lambda _: (173, ()))
    take(office.service.store, office.now, *weekly(14), *weekly(1, 3, first=900, since=date(2026, 7, 6)))
    report = office.service.settings.report.model_copy(update={"records_begin": date(2026, 3, 30), "forms": ("html",)})
    settings = office.service.settings.model_copy(update={"report": report})
    service = replace(office.service, settings=settings)
    assert service.report_if_due() == []
    said = words_of(analyst.get("/reports").text)
    assert "Held: a person decides 2026-W28 6 July 2026 to 12 July 2026." in said
    assert "The service publishes it when it next looks." in words_of(analyst.get(PATH).text)
    done = analyst.post(PATH, **confirm(analyst, PATH, reason="The crime system was down."))
    said = words_of(analyst.get(done.headers["location"]).text)
    assert "The service publishes it when it next looks, in some minutes." in said
    assert "6 July 2026 to 12 July 2026: released by an.analyst on 20 July 2026, The crime system was down." in said
    later(office, minutes=5)
    assert "2026-W28-board.html" in [made.path.name for made in service.report_if_due()]
    page = (tmp_path / "reports" / "2026-W28-board.html").read_text("utf-8")
    assert "Released by an.analyst at 2026-07-20T11:00:00Z" in page
    assert "Weekly report, 6 to 12 July 2026" in words_of(analyst.get("/reports").text)


def test_a_report_that_the_settings_do_not_ask_for_is_left_to_the_command(office: WebOffice, analyst: Browser) -> None:
    hold(office, week="2026-W20")
    path = "/reports/2026-W20/release"
    assert "compliance report --period 2026-W20" in words_of(analyst.get(path).text)
    done = analyst.post(path, **confirm(analyst, path, reason="why"))
    assert "Now publish it with compliance report" in words_of(analyst.get(done.headers["location"]).text)


def test_a_release_is_for_what_was_read(office: WebOffice, analyst: Browser) -> None:
    """Something else stands against the report by the time it is confirmed: it is asked again."""
    hold(office)
    fields = confirm(analyst, PATH, reason="why")
    hold(office, 2)
    again = analyst.post(PATH, **fields)
    assert again.status_code == 409
    assert "What stands against it has changed. Read it again." in words_of(again.text)
    assert office.service.reporting.gate.releases(parse_period(WEEK)) == []
    analyst.post(PATH, **fields | {"seen": field_of(again.text, "seen")})
    assert len(office.service.reporting.gate.releases(parse_period(WEEK))) == 1


@pytest.mark.parametrize("form", [{"reason": "  "}, {"reason": "x" * 501}])
def test_a_reason_is_asked_for_again(office: WebOffice, analyst: Browser, form: dict[str, str]) -> None:
    hold(office)
    for more in ({}, {"confirmed": "yes", "seen": "crimes"}):
        page = analyst.post(PATH, **form, **more)
        assert page.status_code == 400
        assert '<a href="#reason">' in page.text
    assert office.service.reporting.gate.releases(parse_period(WEEK)) == []


def test_reports_are_suspended_and_resumed_as_by_the_commands(office: WebOffice, analyst: Browser) -> None:
    gate = office.service.reporting.gate
    path = "/reports/suspension"
    sure = words_of(analyst.post(path, reason="A new crime system", until="2026-08-02").text)
    assert "Last day 2 August 2026 Reason A new crime system" in sure
    assert gate.suspension(office.now) is None
    done = analyst.post(path, **confirm(analyst, path, reason="A new crime system", until="2026-08-02"))
    found = gate.suspension(office.now)
    assert found is not None
    assert (found.until, found.about, found.words) == (date(2026, 8, 2), "an.analyst", "A new crime system")
    page = words_of(analyst.get(done.headers["location"]).text)
    assert "No report is published until the end of that day. The readers are told." in page
    assert sentence(found) in page
    assert f"{sentence(found)} This one takes its place." in words_of(analyst.get(path).text)
    path = "/reports/resumption"
    assert sentence(found) in words_of(analyst.get(path).text)
    done = analyst.post(path, **confirm(analyst, path, reason="It is ready"))
    assert gate.suspension(office.now) is None
    assert "Reports are published again" in words_of(analyst.get(done.headers["location"]).text)
    assert analyst.get(path).status_code == 404, "it is over"
    acts = [(each.page, each.reason) for each in list_accesses(office.service.store) if not each.refused]
    assert acts == [("/reports/suspension", "A new crime system"), ("/reports/resumption", "It is ready")]


@pytest.mark.parametrize("until", ["", "soon", "2026-02-30", "2026-07-19"])
def test_a_last_day_is_a_day_to_come(office: WebOffice, analyst: Browser, until: str) -> None:
    for more in ({}, {"confirmed": "yes", "seen": ""}):
        page = analyst.post("/reports/suspension", reason="why", until=until, **more)
        assert page.status_code == 400
        assert '<a href="#until">' in page.text
    assert office.service.reporting.gate.suspension(office.now) is None


def test_nothing_is_released_while_reports_are_suspended(office: WebOffice, analyst: Browser) -> None:
    hold(office)
    fields = confirm(analyst, PATH, reason="why")
    office.service.reporting.gate.suspend(date(2026, 8, 2), "A new crime system", "mhill", NOW)
    answer = analyst.post(PATH, **fields)
    assert answer.status_code == 409
    assert "reports are suspended until 2 August 2026, that day included, by mhill (A new crime system)." in words_of(
        answer.text
    )
    assert "compliance report resume" not in answer.text


def test_nobody_else_decides(office: WebOffice) -> None:
    hold(office)
    for role in set(WebRole) - {WebRole.PERFORMANCE}:
        browser = office.browser(role)
        for path in (PATH, "/reports/suspension", "/reports/resumption"):
            form = {"confirmed": "yes", "seen": "read", "reason": "why", "until": "2026-08-02"}
            assert (browser.get(path).status_code, browser.post(path, **form).status_code) == (403, 403), (role, path)
        assert "/release" not in browser.get("/reports").text
    gate = office.service.reporting.gate
    assert (len(gate.holds()), gate.suspension(office.now)) == (1, None)


def test_a_form_without_its_token_decides_nothing(office: WebOffice, analyst: Browser) -> None:
    hold(office)
    form = confirm(analyst, PATH, reason="why")
    assert analyst.ask("POST", PATH, data=form).status_code == 403
    assert len(office.service.reporting.gate.holds()) == 1
