"""Too many sign-ins that fail, from one address or in all, end in a wait; whoever is signed in goes on."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from compliance.web.roles import WebRole
from compliance.web.sign_in_attempts import FROM_ONE, IN_TOTAL, LATELY, SignInAttempts
from tests import stores
from tests.openid import BentProvider, bent_provider, openid, stranger
from tests.web_office import CRIMES, NOW, Browser, WebOffice, later, open_web_office, words_of


@pytest.fixture(scope="module")
def provider() -> Iterator[BentProvider]:
    with bent_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def office(provider: BentProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("attempts")
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with open_web_office(url, folder, **openid(provider.url, folder)) as opened:
        yield opened


def test_after_thirty_failures_an_address_waits_and_others_do_not(office: WebOffice) -> None:
    guesser = stranger(office, "192.0.2.7")
    with capture_logs() as logs:
        for _ in range(FROM_ONE):
            assert guesser.get("/sign-in/openid/back?state=x&code=y").status_code == 403
    assert logs[-1]["reason"] == "30 failures from one address within 0:10:00"
    assert "192.0.2.7" not in str(logs)
    for path in ("/sign-in/openid/back?state=x&code=y", "/sign-in/openid"):
        answer = guesser.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
        assert "Try again in 10 minutes" in words_of(answer.text)
    assert guesser.ask("POST", "/sign-in", data={}).status_code == 429
    assert guesser.get("/sign-in").status_code == 200, "the page itself says how one signs in"
    assert stranger(office).get("/sign-in/openid").status_code == 303
    later(office, minutes=9, seconds=1)
    assert "Try again in 1 minute." in words_of(guesser.get("/sign-in/openid").text)
    later(office, minutes=1)
    assert guesser.get("/sign-in/openid").status_code == 303


def test_choosing_somebody_whom_one_is_not_counts_too_and_nobody_else_is_signed_out(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("header")
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with open_web_office(url, folder) as office:
        browser = office.browser(WebRole.OFFICER)
        wrong = Browser(office, "n1b", ["group of officer"])
        for _ in range(FROM_ONE):
            assert wrong.sign_in(WebRole.BOARD).status_code == 400
        assert wrong.sign_in(WebRole.OFFICER).status_code == 429
        assert CRIMES["n1a"] in browser.get("/my-victims").text


def request_from(sender: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return Request({"type": "http", "client": (sender, 1), "headers": headers})


def test_three_hundred_failures_in_all_make_everybody_wait_until_the_oldest_are_old() -> None:
    attempts = SignInAttempts([])
    with capture_logs() as logs:
        for number in range(IN_TOTAL):
            assert attempts.wait(request_from(f"10.0.{number // 256}.{number % 256}"), NOW) is None
            attempts.note_failure(
                request_from(f"10.0.{number // 256}.{number % 256}"), NOW + timedelta(seconds=number / 10)
            )
    assert [line["reason"] for line in logs] == ["300 failures in all within 0:10:00"]
    end = NOW + timedelta(seconds=30)
    assert attempts.wait(request_from("10.9.9.9"), end) == LATELY - timedelta(seconds=30)
    assert attempts.wait(request_from("10.9.9.9"), NOW + LATELY) is None


@pytest.mark.parametrize(
    ("sender", "forwarded", "counted"),
    [
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["2001:DB8::1"], "2001:db8::1"),
        ("127.0.0.1", ["somebody"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
    ],
)
def test_where_a_request_comes_from_is_what_the_proxy_saw_and_not_what_a_visitor_says(
    sender: str, forwarded: list[str], counted: str
) -> None:
    attempts = SignInAttempts(["127.0.0.1"])
    for _ in range(FROM_ONE):
        attempts.note_failure(request_from(sender, *forwarded), NOW)
    assert attempts.wait(request_from(counted), NOW) is not None
    assert attempts.wait(request_from("203.0.113.9"), NOW) is None
