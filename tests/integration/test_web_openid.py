"""Signing in at an OpenID provider, over HTTP: in each role, refused in plain words, and for how long (decision 0060)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from compliance.records import Officer
from compliance.store.tables import WEB_SESSION
from compliance.web.roles import ROLE_NAMES, WebRole
from tests import stores
from tests.openid import (
    CLIENT,
    come_back,
    openid,
    register,
    return_address,
    role_claim,
    running_provider,
    sign_in_at,
    stranger,
)
from tests.serving_sockets import free_port
from tests.stores import rows
from tests.web_office import (
    CRIMES,
    NOW,
    PEOPLE,
    STAFF,
    TLS,
    Browser,
    WebOffice,
    field_of,
    later,
    open_web_office,
    words_of,
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider(free_port()) as url:
        yield url


@pytest.fixture(scope="module")
def shared(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("openid")
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with open_web_office(url, folder, **openid(issuer, folder)) as opened:
        yield opened


@pytest.fixture
def office(shared: WebOffice) -> WebOffice:
    """The pages, at the hour at which they were opened, with everybody there."""
    shared.now = NOW
    shared.directory(*STAFF)
    return shared


def signed_in(office: WebOffice, issuer: str, person: str, *roles: WebRole, **claims: Any) -> Browser:
    register(issuer, person, roles=role_claim(*roles), **claims)
    browser = stranger(office)
    sign_in_at(browser, person)
    return browser


def first_page(browser: Browser) -> str:
    """The page to which the browser comes by the address alone."""
    page = browser.get("/")
    while page.is_redirect:
        page = browser.get(page.headers["location"])
    return page.text


def sees(browser: Browser) -> bool:
    """Whether the pages of an officer are shown."""
    return CRIMES["n1a"] in browser.get("/my-victims").text


def refusal(office: WebOffice, issuer: str, person: str = "n1a", **claims: Any) -> tuple[str, str]:
    """What somebody reads who is not let in, and the reason that is logged without naming them."""
    register(issuer, person, **claims)
    browser = stranger(office)
    back = come_back(browser, person)
    with capture_logs() as logs:
        answer = browser.get(back)
    assert answer.status_code == 403
    assert "__Host-session" not in browser.cookies
    assert not sees(browser)
    (line,) = logs
    assert person not in str(line)
    return words_of(answer.text), line["reason"]


@pytest.mark.parametrize("role", WebRole)
def test_everybody_has_the_role_that_the_claim_gives_them(office: WebOffice, issuer: str, role: WebRole) -> None:
    browser = signed_in(office, issuer, PEOPLE[role], role)
    assert f", {ROLE_NAMES[role].lower()}</span>" in first_page(browser)
    assert sees(browser) is (role is WebRole.OFFICER)


def test_one_comes_back_to_the_page_asked_for_and_to_no_other_place(office: WebOffice, issuer: str) -> None:
    register(issuer, "n1a", roles=role_claim(WebRole.OFFICER))
    asked = stranger(office).get("/my-victims").headers["location"]
    page = stranger(office).get(asked).text
    assert 'href="/sign-in/openid?next=/my-victims"' in page
    for place, expected in (
        ("/my-victims", "/my-victims"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("/nowhere", "/"),
        (f"/crimes/{'x' * 1000}", "/"),
    ):  # fmt: skip
        answer = sign_in_at(stranger(office), "n1a", place)
        assert (answer.status_code, answer.headers["location"]) == (303, expected)


def test_who_has_several_roles_chooses_one_and_sees_nothing_before(office: WebOffice, issuer: str) -> None:
    register(issuer, "n1a", roles=role_claim(WebRole.OFFICER, WebRole.BOARD))
    browser = stranger(office)
    answer = sign_in_at(browser, "n1a", "/my-victims")
    assert answer.headers["location"] == "/sign-in?next=/my-victims"
    assert not sees(browser)
    page = browser.get(answer.headers["location"]).text
    assert "Officer: Ash Adze" in page
    assert "Performance board: Ash Adze" in page
    form = {"token": field_of(page, "token"), "next": "/my-victims", "person": "n1a"}
    assert browser.ask("POST", "/sign-in", data=form | {"role": "supervisor"}).status_code == 400
    assert browser.ask("POST", "/sign-in", data=form | {"role": "officer", "person": "n1b"}).status_code == 400
    before = browser.cookies["__Host-session"]
    assert browser.ask("POST", "/sign-in", data=form | {"role": "officer"}).headers["location"] == "/my-victims"
    assert sees(browser)
    assert not sees(stranger(office, **{"__Host-session": before})), "each has a cookie of its own"


def test_a_role_that_was_chosen_later_lasts_no_longer(office: WebOffice, issuer: str) -> None:
    """The time counts from when the provider answered."""
    browser = signed_in(office, issuer, "n1a", WebRole.OFFICER, WebRole.BOARD)
    later(office, minutes=25)
    form = {"token": field_of(browser.get("/sign-in").text, "token"), "person": "n1a", "role": "officer"}
    browser.ask("POST", "/sign-in", data=form)
    for _ in range(9):
        assert sees(browser)
        later(office, minutes=25)
    assert not sees(browser)


def test_a_session_ends_after_four_hours_however_much_it_is_used(office: WebOffice, issuer: str) -> None:
    browser = signed_in(office, issuer, "n1a", WebRole.OFFICER)
    for _ in range(12):
        assert sees(browser)
        later(office, minutes=20)
    assert sees(browser)
    later(office, minutes=1)
    assert not sees(browser)
    assert ("4 hours old",) in rows(office.service.store, WEB_SESSION, "ended")
    page = browser.get("/sign-in").text
    assert 'class="button"' in page, "the provider is asked again"
    assert "Ash Adze" not in page


def test_who_let_the_session_become_idle_signs_in_at_the_provider_again(office: WebOffice, issuer: str) -> None:
    browser = signed_in(office, issuer, "n1a", WebRole.OFFICER, WebRole.BOARD)
    assert "Officer: Ash Adze" in browser.get("/sign-in").text
    later(office, minutes=31)
    page = browser.get("/sign-in").text
    assert "Ash Adze" not in page
    assert 'href="/sign-in/openid?next=/"' in page


def test_a_leaver_is_signed_out_at_once_and_not_let_in_again(office: WebOffice, issuer: str) -> None:
    browser = signed_in(office, issuer, "n1a", WebRole.OFFICER)
    assert sees(browser)
    office.directory(Officer("n1a", left_on="2026-07-20"))
    assert not sees(browser)
    words, reason = refusal(office, issuer, roles=role_claim(WebRole.OFFICER))
    assert "the officer directory has nobody with this reference" in words
    assert reason == "no role, or not in the officer directory"


def test_a_group_without_a_role_says_so(office: WebOffice, issuer: str) -> None:
    words, _ = refusal(office, issuer, roles=["some other group"])
    assert "You have no role here You are signed in as n1a, but in no group that has a role here" in words


@pytest.mark.parametrize("said", [None, {"group of officer": 1}, [1, 2], 7])
def test_a_missing_claim_means_no_role_and_says_which(office: WebOffice, issuer: str, said: Any) -> None:
    words, reason = refusal(office, issuer, roles=said)
    assert "did not say which role you have: the claim roles is missing" in words
    assert reason == "claim roles missing or no list of texts"


GROUPS = [f"group {n}" for n in range(200)]


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": [*GROUPS, "group of officer"]},
        {"_claim_names": {"roles": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.example"}}},
        {"_claim_names": {"roles": "src1"}, "roles": ["group of officer"]},
        {"hasgroups": True},
        {"hasgroups": "true"},
    ],
    ids=["201 groups", "left out", "left out in part", "too many for an address", "the same as text"],
)
def test_too_many_groups_mean_no_role_and_what_to_do(office: WebOffice, issuer: str, claims: dict[str, Any]) -> None:
    words, reason = refusal(office, issuer, **claims)
    assert "You are in more than 200 groups" in words
    assert "give you an app role" in words
    assert reason == "groups overage: claim roles does not list all groups"


def test_two_hundred_groups_are_not_too_many_and_one_alone_may_be_a_text(office: WebOffice, issuer: str) -> None:
    register(issuer, "n1a", roles=[*GROUPS[1:], "group of officer"])
    browser = stranger(office)
    sign_in_at(browser, "n1a")
    assert sees(browser)
    kept = {str(groups) for (groups,) in rows(office.service.store, WEB_SESSION, "groups")}
    assert not any("group 1" in groups for groups in kept), "no more than is needed"
    register(issuer, "n1a", roles="group of officer", hasgroups=True)
    sign_in_at(browser, "n1a")
    assert sees(browser)


@pytest.mark.parametrize("said", [None, "", "  ", 7, ["n1a"], "n1a\u202e", "x" * 321])
def test_who_is_not_named_is_nobody(office: WebOffice, issuer: str, said: Any) -> None:
    words, reason = refusal(office, issuer, "nameless", preferred_username=said, roles=role_claim(WebRole.BOARD))
    assert "did not say who you are: the claim preferred_username is missing" in words
    assert reason == "claim preferred_username missing or no text"


def test_the_header_of_a_proxy_counts_for_nothing(office: WebOffice) -> None:
    browser = Browser(office, "n1a", ["group of officer"])
    assert "Ash Adze" not in browser.get("/sign-in").text
    form = {"token": field_of(browser.get("/sign-in").text, "token"), "person": "n1a", "role": "officer"}
    browser.ask("POST", "/sign-in", data=form)
    assert not sees(browser)


def test_a_cookie_that_was_planted_is_never_adopted(office: WebOffice, issuer: str) -> None:
    """Session fixation: coming back from the provider makes a new one, and ends the one before."""
    register(issuer, "n1a", roles=role_claim(WebRole.OFFICER))
    browser = stranger(office, **{"__Host-session": "planted"})
    sign_in_at(browser, "n1a")
    first = browser.cookies["__Host-session"]
    assert first != "planted"
    sign_in_at(browser, "n1a")
    assert browser.cookies["__Host-session"] != first
    assert not sees(stranger(office, **{"__Host-session": first}))
    assert sees(browser)


def test_coming_back_counts_only_where_one_left_and_only_once(office: WebOffice, issuer: str) -> None:
    """Another's address to come back to signs nobody in: neither without the cookie, nor with that of another."""
    register(issuer, "n1a", roles=role_claim(WebRole.OFFICER))
    victim, attacker = stranger(office), stranger(office)
    back = come_back(attacker, "n1a")
    assert come_back(victim, "n1a") != back
    for browser in (stranger(office), victim):
        with capture_logs() as logs:
            answer = browser.get(back)
        assert "begun in another window, or too long ago" in words_of(answer.text)
        assert [line["reason"] for line in logs] == ["state does not match"]
        assert not sees(browser)
    kept = dict(attacker.cookies)
    assert attacker.get(back).status_code == 303
    assert "__Host-leaving" not in attacker.cookies
    assert "begun in another window" in attacker.get(back).text
    assert sees(attacker), "which ends no session"
    with capture_logs() as logs:
        replayed = stranger(office, **kept).get(back)
    assert "did not confirm who you are" in replayed.text
    assert [line["reason"] for line in logs] == ["the token endpoint answered with status 400 invalid_grant"]


def test_who_is_refused_by_the_provider_reads_so(office: WebOffice, issuer: str) -> None:
    browser = stranger(office)
    leaving = browser.get("/sign-in/openid").headers["location"]
    answer = httpx.post(leaving, data={"action": "deny"}, verify=TLS)
    state = httpx.URL(leaving).params["state"]
    back = (
        f"{return_address(answer)}&state={state}&error_description=AADSTS50105%3A+n1a%40force.example+is+not+assigned"
    )
    with capture_logs() as logs:
        shown = browser.get(back)
    assert (shown.status_code, "did not let you in" in shown.text) == (403, True)
    assert "n1a" not in shown.text
    assert [line["reason"] for line in logs] == ["the provider answered access_denied AADSTS50105"]


def test_signing_out_ends_the_session_here_and_says_what_remains(office: WebOffice, issuer: str) -> None:
    browser = signed_in(office, issuer, "n1a", WebRole.OFFICER)
    kept = dict(browser.cookies)
    answer = browser.post("/sign-out")
    assert answer.headers["location"] == "/signed-out"
    page = browser.get("/signed-out").text
    assert "You are still signed in with the force" in page
    assert f'href="{issuer}/oauth2/end_session?client_id={CLIENT}"' in page
    assert not sees(stranger(office, **kept))
