"""Signing in and out of the pages: who is believed, what a session is worth and when it ends, and what a form must carry."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from compliance.errors import SettingsError
from compliance.records import Officer
from compliance.service import Service
from compliance.store import begin_poll, end_poll, note_directory
from compliance.store.tables import WEB_SESSION
from compliance.web.roles import WebRole
from compliance.web.serving_pages import serve_demo, serve_pages
from compliance.web.sessions import form_token
from tests import stores
from tests.accesses import list_accesses
from tests.stores import rows
from tests.web_office import CRIMES, STAFF, Browser, WebOffice, field_of, later, open_web_office, settings_of, words_of


def database(folder: Path) -> str:
    return stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with open_web_office(database(tmp_path), tmp_path, idle_minutes=30, longest_hours=10) as opened:
        yield opened


def sees(browser: Browser) -> bool:
    """Whether the pages of an officer are shown."""
    return CRIMES["n1a"] in browser.get("/my-victims").text


def ended(office: WebOffice) -> list[str]:
    """Why the sessions that ended did."""
    return [why for (why,) in rows(office.service.store, WEB_SESSION, "ended") if why]


def test_without_signing_in_nothing_is_shown_and_one_comes_back_to_the_page_asked_for(office: WebOffice) -> None:
    browser = Browser(office, "n1a", ["group of officer"])
    answer = browser.get("/my-victims")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/my-victims")
    page = browser.get("/sign-in?next=/my-victims").text
    form = {name: field_of(page, name) for name in ("token", "next", "person", "role")}
    answer = browser.ask("POST", "/sign-in", data=form)
    assert answer.headers["location"] == "/my-victims"
    assert sees(browser)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "/nowhere", "", "x"]
)
def test_signing_in_leads_to_no_other_place_than_a_page_of_the_table(office: WebOffice, elsewhere: str) -> None:
    answer = Browser(office, "n1a", ["group of officer"]).sign_in(WebRole.OFFICER, next=elsewhere)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Remote-Groups": "group of officer"},
        {"X-Remote-User": "n1a"},
        {"X-Remote-User": "n1a", "X-Remote-Groups": "group of officers"},
        {"X-Remote-User": "unknown", "X-Remote-Groups": "group of officer"},
        {"X-Remote-User": "", "X-Remote-Groups": "group of officer"},
    ],
)
def test_who_is_not_named_or_has_no_role_is_told_why_and_cannot_sign_in(
    office: WebOffice, headers: dict[str, str]
) -> None:
    browser = Browser(office, "n1a", [], headers=headers)
    page = browser.get("/sign-in")
    assert page.status_code == 403
    assert 'role="alert"' in page.text
    browser.ask("POST", "/sign-in", data={"token": token_of(browser), "person": "n1a", "role": "officer"})
    assert not sees(browser)


def token_of(browser: Browser) -> str:
    """What the form for signing in would carry, whether or not it is offered."""
    return form_token(browser.cookies["__Host-form"])


def test_a_missing_role_says_so_with_the_name_that_the_proxy_gave(office: WebOffice) -> None:
    browser = Browser(office, "n1a", ["some other group"])
    assert "signed in as n1a, but in no group that has a role here" in words_of(browser.get("/sign-in").text)


def test_headers_from_another_address_are_ignored_and_so_are_two_of_one_name(tmp_path: Path) -> None:
    """Whoever reaches the port past the proxy is nobody, and a header that a visitor sent along does not count."""
    with open_web_office(database(tmp_path), tmp_path, proxies=["192.0.2.7"]) as office:
        assert Browser(office, "n1a", ["group of officer"]).get("/sign-in").status_code == 403
    with open_web_office(database(tmp_path / "b"), tmp_path / "b") as office:
        spoofed = [
            ("X-Remote-User", "an.analyst"),
            ("X-Remote-User", "n1a"),
            ("X-Remote-Groups", "group of performance"),
        ]
        assert httpx.get(f"{office.url}/sign-in", headers=spoofed).status_code == 403
        forwarded = {"X-Forwarded-For": "192.0.2.7"}
        allowed = Browser(office, "n1a", ["group of officer"]).get("/sign-in", headers=forwarded)
        assert allowed.status_code == 200, "what a request says of its own address changes nothing"


def test_the_proxy_may_name_an_email_address_and_roles_are_chosen_one_at_a_time(office: WebOffice) -> None:
    browser = Browser(office, "N1A@force.example", ["group of officer", "group of board", "another"])
    offered = words_of(browser.get("/sign-in").text)
    assert "Officer: Ash Adze" in offered
    assert "Performance board: Ash Adze" in offered
    browser.sign_in(WebRole.OFFICER)
    assert sees(browser)
    browser.sign_in(WebRole.BOARD)
    assert not sees(browser)


def test_a_cookie_that_was_planted_is_never_adopted(office: WebOffice) -> None:
    """Session fixation: signing in makes a new one, and ends the one before."""
    browser = Browser(office, "n1a", ["group of officer"], cookies={"__Host-session": "planted"})
    browser.sign_in(WebRole.OFFICER)
    first = browser.cookies["__Host-session"]
    assert first != "planted"
    browser.sign_in(WebRole.OFFICER)
    stolen = Browser(office, "n1a", ["group of officer"], cookies={"__Host-session": first})
    assert not sees(stolen)
    assert sees(browser)
    assert first.encode() not in b"".join(digest for (digest,) in rows(office.service.store, WEB_SESSION, "digest"))


def test_a_session_ends_when_idle_and_in_any_case_after_some_hours(office: WebOffice) -> None:
    browser = office.browser(WebRole.OFFICER)
    later(office, minutes=30)
    assert sees(browser)
    later(office, minutes=31)
    assert not sees(browser)
    browser.sign_in(WebRole.OFFICER)
    for _ in range(24):
        later(office, minutes=25)
        assert sees(browser)
    later(office, minutes=1)
    assert not sees(browser)
    assert sorted(ended(office)) == ["10 hours old", "idle for 30 minutes"]


def test_signing_out_ends_it_for_whoever_has_the_cookie(office: WebOffice) -> None:
    browser = office.browser(WebRole.OFFICER)
    kept = Browser(office, "n1a", ["group of officer"], cookies=dict(browser.cookies))
    browser.ask("POST", "/sign-out", data={})
    assert sees(kept), "without its token the form does nothing"
    answer = browser.post("/sign-out")
    assert "You are still signed in with the force" in words_of(browser.get(answer.headers["location"]).text)
    assert "__Host-session" not in browser.cookies
    assert not sees(kept)
    assert ended(office) == ["signed out"]


def test_a_session_ends_when_the_proxy_names_another_or_the_group_is_gone(office: WebOffice) -> None:
    browser = office.browser(WebRole.OFFICER)
    browser.person = "n1b"
    assert not sees(browser)
    browser = office.browser(WebRole.OFFICER)
    browser.groups = ["group of board"]
    assert not sees(browser)
    assert ended(office) == ["no longer signed in as this person in this role"] * 2


def test_a_leaver_is_signed_out_at_once_and_cannot_sign_in_again(office: WebOffice) -> None:
    officer, analyst = office.browser(WebRole.OFFICER), office.browser(WebRole.PERFORMANCE, "n1b")
    assert sees(officer)
    office.directory(Officer("n1a", left_on="2026-07-20"), Officer("n1b", left_on="2026-07-21"))
    assert not sees(officer)
    assert officer.sign_in(WebRole.OFFICER).status_code == 400
    assert analyst.get("/").status_code == 200, "not before the day"
    later(office, days=1)
    analyst.sign_in(WebRole.PERFORMANCE)
    assert not analyst.get("/").is_success, "in whatever role"


def test_who_is_no_longer_in_the_directory_has_left_it(office: WebOffice) -> None:
    """An entry stays as last seen; the directory that is in force no longer has it."""
    later(office, days=3)
    office.directory(*STAFF[1:])
    poll = begin_poll(office.service.store, stores.SOURCE, office.now)
    note_directory(office.service.store, poll, len(STAFF) - 1)
    end_poll(office.service.store, poll, office.now, complete=True)
    assert Browser(office, "n1a", ["group of officer"]).get("/sign-in").status_code == 403
    assert Browser(office, "n1b", ["group of officer"]).get("/sign-in").status_code == 200


def test_no_form_does_anything_without_the_token_of_the_session(office: WebOffice) -> None:
    """Cross-site request forgery."""
    browser, other = office.browser(WebRole.OFFICER), office.browser(WebRole.OFFICER, "n1b")
    form = {"crime": CRIMES["n1a"], "victim": "V1", "text": "It was done on the 7th"}
    for token in ({}, {"token": ""}, {"token": "0" * 64}, {"token": other.token()}):
        assert browser.ask("POST", "/disputes", data=form | token).status_code == 403
    assert [entry.refused for entry in list_accesses(office.service.store)] == ["form without its token"] * 4
    assert browser.post("/disputes", **form).status_code == 303
    stranger = Browser(office, "n1a", ["group of officer"])
    planted = stranger.ask("POST", "/sign-in", data={"token": "0" * 64, "person": "n1a", "role": "officer"})
    assert planted.status_code == 400
    assert not sees(stranger)


def test_a_form_that_is_too_large_or_none_is_not_read(office: WebOffice) -> None:
    browser = office.browser(WebRole.OFFICER)
    form = {"token": browser.token(), "crime": CRIMES["n1a"], "victim": "V1"}
    assert browser.ask("POST", "/disputes", data=form | {"text": "x" * 70_000}).status_code == 403
    assert browser.ask("POST", "/disputes", json=form | {"text": "x"}).status_code == 403


def test_every_answer_forbids_what_is_inline_or_elsewhere_and_to_be_kept(office: WebOffice) -> None:
    browser = office.browser(WebRole.OFFICER)
    for path in ("/", "/my-victims", "/sign-in", "/nowhere", "/crimes", f"/crimes/{CRIMES['s1a']}"):
        answer = browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert not re.search(r"<script|<style| style=|\son\w+=|https?://", answer.text), path
    style = browser.get("/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_a_path_that_is_not_in_the_table_is_not_there(office: WebOffice) -> None:
    browser = office.browser(WebRole.OFFICER)
    assert browser.get("/nowhere").status_code == 404
    assert browser.ask("POST", "/my-victims", data={}).status_code == 405
    assert browser.ask("PUT", "/my-victims").status_code == 405


def test_pages_without_a_port_are_not_served(tmp_path: Path) -> None:
    url = database(tmp_path)
    with (
        Service.open(settings_of(url, tmp_path, port=None)) as service,
        pytest.raises(SettingsError, match=r"\[web\] port: there is none"),
        serve_pages(service),
    ):
        pass


def test_the_demo_signs_in_by_choosing_a_person_and_never_by_a_header(tmp_path: Path) -> None:
    with (
        open_web_office(database(tmp_path), tmp_path) as office,
        serve_demo(office.service, 0) as url,
        httpx.Client(base_url=url, follow_redirects=True) as browser,
    ):
        page = browser.get("/", headers={"X-Remote-User": "n1a", "X-Remote-Groups": "group of officer"}).text
        assert "choose whose pages to see" in page
        offered = set(re.findall(r'name="person" value="([^"]*)"', page))
        assert {"performance", "board", "administrator"} < offered
        assert offered & {officer.officer_ref for officer in STAFF}
        form = {"token": field_of(page, "token"), "role": "", "next": "/my-victims"}
        assert CRIMES["n1a"] in browser.post("/sign-in", data=form | {"person": "n1a"}).text
        page = browser.get("/sign-in").text
        form["token"] = field_of(page, "token")
        assert "Nobody with this reference" in browser.post("/sign-in", data=form | {"person": "nobody"}).text
        as_supervisor = browser.post("/sign-in", data=form | {"person": "n1a", "role": "supervisor"})
        assert "Nobody with this reference" in as_supervisor.text, "in no other role than their own"
