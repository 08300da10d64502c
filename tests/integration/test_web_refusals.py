"""What pages say where somebody may not go on: who has the page, what to correct, and where they still are."""

import re
from urllib.parse import quote

import pytest

from compliance.web.roles import WebRole
from tests import web_office
from tests.integration.test_web_quality import receive
from tests.web_office import CRIMES, WebOffice, later, words_of

office = web_office.office


def test_a_page_of_other_roles_says_whose_it_is(office: WebOffice) -> None:
    said = words_of(office.browser(WebRole.BOARD).get("/overdue").text)
    assert "This page is for supervisors, divisional champions and the performance team." in said
    assert "Attempts to open it are logged." in said
    assert "This page is for the performance team. " in words_of(office.browser(WebRole.OFFICER).get("/outbox").text)


def test_what_is_not_there_keeps_the_menu_and_the_name(office: WebOffice) -> None:
    answer = office.browser(WebRole.SUPERVISOR).get("/no-such-page")
    assert answer.status_code == 404
    assert "Cedar Chalk" in answer.text
    assert 'href="/team"' in answer.text
    assert '<a href="/">Home</a>' in answer.text
    nobody = web_office.Browser(office, "", [], headers={}).get("/no-such-page")
    assert nobody.status_code == 404
    assert 'href="/team"' not in nobody.text


@pytest.mark.parametrize(("role", "may"), [(WebRole.SUPERVISOR, True), (WebRole.OFFICER, False)])
def test_only_who_may_open_it_for_a_reason_is_told_so(office: WebOffice, role: WebRole, may: bool) -> None:
    said = words_of(office.browser(role).get(f"/versions/{quote(CRIMES['s1a'], safe='')}").text)
    assert ("for a reason" in said) is may


def test_a_crime_number_may_have_other_marks_where_one_crime_of_the_scope_fits(office: WebOffice) -> None:
    supervisor = office.browser(WebRole.SUPERVISOR)
    for typed in ("22A-701-26", "22A 701 26", "22A.701.26"):
        answer = supervisor.get(f"/crimes?number={quote(typed)}")
        assert answer.headers["location"] == f"/crimes/{quote(CRIMES['n1a'], safe='')}"
    outside = supervisor.get("/crimes?number=22A-706-26").headers["location"]
    assert outside == "/crimes/22A-706-26", "nothing is said of a crime outside the scope"


def test_a_mistyped_number_can_be_corrected_before_a_reason_is_given(office: WebOffice) -> None:
    page = office.browser(WebRole.SUPERVISOR).get("/crimes/zzz").text
    assert re.search(r'<input id="number" name="number"[^>]* value="zzz"', page)


def test_every_error_of_a_form_is_listed(office: WebOffice) -> None:
    page = office.browser(WebRole.PERFORMANCE).post("/reports/suspension", reason="", until="").text
    assert re.findall(r'<p><a href="#([a-z]+)">([^<]*)</a></p>', page) == [
        ("until", "Enter the last day"), ("reason", "Give a reason in words"),
    ]  # fmt: skip


def test_refused_records_are_a_click_away_for_who_has_their_page(office: WebOffice) -> None:
    receive(office)
    later(office, days=8)
    link = '<a href="/quality/refused">See them under Data quality</a>'
    pages = {role: office.browser(role).get("/health").text for role in (WebRole.PERFORMANCE, WebRole.ADMINISTRATOR)}
    assert all("records-in-quarantine" in page for page in pages.values())
    assert link in pages[WebRole.PERFORMANCE]
    assert link not in pages[WebRole.ADMINISTRATOR]
