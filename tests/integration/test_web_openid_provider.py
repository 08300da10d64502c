"""Signing in at a certified OpenID provider, another's implementation of the other side (decision 0060)."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import httpx
import pytest

from compliance.web.roles import WebRole
from tests import stores
from tests.browser import MODULES
from tests.openid import ADDRESS, CLIENT, SECRET, openid, return_address, stranger
from tests.serving_sockets import free_port
from tests.web_office import CRIMES, TLS, Browser, WebOffice, later, open_web_office, words_of

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not (MODULES / "oidc-provider").is_dir(),
    reason="needs node, and `npm install` in tests/accessibility",
)
SCRIPT = Path(__file__).parents[1] / "openid_provider.mjs"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder, port = tmp_path_factory.mktemp("provider"), free_port()
    back = f"{ADDRESS}/sign-in/openid/back"
    command = [str(NODE), str(SCRIPT), str(MODULES), str(port), CLIENT, SECRET, back]
    issuer = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while not answers(issuer):
                assert process.poll() is None, "the provider did not start"
                assert time.monotonic() < deadline
                Event().wait(0.1)
            url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
            with open_web_office(url, folder, **openid(issuer, folder)) as opened:
                yield opened
        finally:
            process.kill()


def answers(issuer: str) -> bool:
    try:
        return httpx.get(f"{issuer}/.well-known/openid-configuration", verify=TLS).is_success
    except httpx.TransportError:
        return False


def come_back(browser: Browser, person: str) -> str:
    """Leave for the provider, sign in and consent in its forms: the address of ours to which it sends the browser."""
    with httpx.Client(verify=TLS) as away:
        answer = away.get(browser.get("/sign-in/openid").headers["location"])
        for _ in range(9):
            while answer.is_redirect:
                if answer.headers["location"].startswith(ADDRESS):
                    return return_address(answer)
                answer = away.get(answer.url.join(answer.headers["location"]))
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
            assert form, answer.text
            assert prompt, answer.text
            sent = {"prompt": prompt[1], "login": person, "password": "x"}
            answer = away.post(answer.url.join(form[1]), data=sent)
    raise AssertionError("the provider asks without end")


def signed_in(office: WebOffice, person: str) -> tuple[Browser, httpx.Response]:
    browser = stranger(office)
    return browser, browser.get(come_back(browser, person))


def test_an_officer_signs_in_and_sees_their_own_cases(office: WebOffice) -> None:
    browser, answer = signed_in(office, "n1a")
    assert answer.status_code == 303, words_of(answer.text)
    page = browser.get("/my-victims").text
    assert CRIMES["n1a"] in page
    assert CRIMES["n1b"] not in page


def test_who_has_two_roles_chooses_one(office: WebOffice) -> None:
    browser, _ = signed_in(office, "nc")
    browser.person = "nc"
    browser.sign_in(WebRole.CHAMPION)
    assert CRIMES["n2a"] in browser.get("/division").text


@pytest.mark.parametrize(
    ("person", "said"),
    [("without groups", "the claim roles is missing"), ("in 201 groups", "more than 200 groups")],
)
def test_who_has_no_role_is_told_why_and_sees_nothing(office: WebOffice, person: str, said: str) -> None:
    browser, answer = signed_in(office, person)
    assert answer.status_code in (403, 303)
    shown = answer.text if answer.status_code == 403 else browser.get("/sign-in").text
    assert said in words_of(shown), words_of(shown)
    assert browser.get("/my-victims").is_redirect


def test_a_code_is_good_for_one_browser_and_once(office: WebOffice) -> None:
    browser = stranger(office)
    back = come_back(browser, "n1a")
    assert stranger(office).get(back).status_code >= 400
    assert browser.get(back).status_code == 303
    again = browser.get(back)
    assert again.status_code >= 400


def test_a_session_ends_after_four_hours_however_much_it_is_used(office: WebOffice) -> None:
    browser, _ = signed_in(office, "n1a")
    for _ in range(9):
        assert CRIMES["n1a"] in browser.get("/my-victims").text
        later(office, minutes=26)
    assert CRIMES["n1a"] in browser.get("/my-victims").text
    later(office, minutes=7)
    assert browser.get("/my-victims").is_redirect
