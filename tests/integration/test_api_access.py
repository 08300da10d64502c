"""Who gets what from the JSON API: by its token, its role and its scope; by nothing else; and it is written down first."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from compliance.errors import UnavailableError
from compliance.records import Officer
from compliance.store.kept.api_tokens import list_tokens, revoke_token
from compliance.web import access_notes, skin
from compliance.web.api.api_resources import RESOURCES
from compliance.web.api.client_tokens import ROLES, create_token
from compliance.web.api.owed_resources import OwedCounts
from compliance.web.api.resource_table import ApiAnswer, ApiResource
from compliance.web.page_table import Visit, check_table
from compliance.web.roles import CaseScope, WebRole
from compliance.web.sign_in_attempts import FROM_ONE
from tests import stores, web_office
from tests.access_matrix import API_MATRIX
from tests.accesses import list_accesses
from tests.api_client import Program, ask, program
from tests.web_office import CRIMES, NORTH, WebOffice, case, later, open_web_office, records

office = web_office.office
MATRIX: Final = API_MATRIX
HOLDERS: Final = {"own division": "n2a", "another": "s1a"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("api")
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as opened:
        yield opened


def path_of(resource: ApiResource, crime_ref: str) -> str:
    filled = resource.path.replace("{crime_ref:path}", quote(crime_ref, safe=""))
    return filled.replace("{period}", "2026-W27").replace("{edition}", "board")


def test_every_resource_has_a_row_for_every_role_of_a_token() -> None:
    """A resource that is added fails here until somebody has said who is shown what."""
    assert set(MATRIX) == {f"GET {each.path}" for each in RESOURCES}
    assert all(set(row) == set(ROLES) and {len(cells) for cells in row.values()} == {2} for row in MATRIX.values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.path)
def test_nothing_gets_through_that_the_matrix_does_not_show(
    shared: WebOffice, resource: ApiResource, role: WebRole
) -> None:
    client, store = program(shared, role), shared.service.store
    for holder, expected in zip(HOLDERS.values(), MATRIX[f"GET {resource.path}"][role], strict=True):
        before, ref = len(list_accesses(store)), CRIMES[holder]
        answer = client.get(path_of(resource, ref))
        logged = list_accesses(store)[before:]
        is_shown = f"offence of {holder}" in answer.text if "{crime_ref" in resource.path else ref in answer.text
        assert is_shown is (expected == "yes"), holder
        assert (answer.status_code == 403) is (
            role not in (resource.roles or ()) or (not is_shown and "crime" in resource.path)
        )
        if is_shown:
            (entry,) = logged
            assert (entry.person, entry.role, entry.page, entry.refused) == (client.person, role, resource.path, None)
            assert ref in entry.crimes, "what is shown is logged"
        if answer.status_code == 403:
            assert [entry.refused is not None for entry in logged] == [True], "and what is refused"


def test_the_counts_of_a_champions_program_are_of_the_division(shared: WebOffice) -> None:
    counts = program(shared, WebRole.CHAMPION).json("/owed/counts")["counts"]
    assert {each["division"] for each in counts} == {"North"}
    assert sum(each["count"] for each in counts) == 5
    of_south = program(shared, WebRole.CHAMPION, "South").json("/owed/counts?division=North")
    assert of_south["counts"] == []


def test_a_resource_that_does_not_say_who_may_ask_or_whose_cases_it_shows_does_not_start() -> None:
    def show(_: Visit) -> ApiAnswer:
        raise AssertionError

    def resource(roles: frozenset[WebRole] | None, shows: CaseScope | None) -> ApiResource:
        return ApiResource("/new", show, OwedCounts, "New", "New.", roles, shows)

    for each, missing in (
        (resource(None, CaseScope.FORCE), "which roles"),
        (resource(frozenset(), CaseScope.FORCE), "which roles"),
        (resource(frozenset({WebRole.BOARD}), None), "whose cases"),
    ):
        with pytest.raises(ValueError, match=f"/api/v1/new does not say {missing}"):
            check_table([*RESOURCES, each])


def revoked(office: WebOffice) -> str:
    client = program(office)
    revoke_token(office.service.store, client.name, "mhill", office.now)
    return f"Bearer {client.token}"


def expired(office: WebOffice) -> str:
    client = program(office, days=1)
    later(office, days=1)
    return f"Bearer {client.token}"


def bent(office: WebOffice) -> str:
    token = program(office).token
    return f"Bearer {token[:-1]}{'A' if token[-1] != 'A' else 'B'}"


REFUSED: Final[dict[str, tuple[Callable[[WebOffice], str | None], str]]] = {
    "no header": (lambda _: None, "no token"),
    "nothing in it": (lambda _: "", "not of the form of a token"),
    "a password": (lambda _: "Basic YTpi", "not of the form of a token"),
    "too long": (lambda office: f"Bearer {program(office).token}x", "not of the form of a token"),
    "a cookie's bits": (lambda _: "Bearer " + "x" * 47, "not of the form of a token"),
    "another": (bent, "unknown"),
    "revoked": (revoked, "was revoked"),
    "expired": (expired, "has expired"),
}


def test_every_token_that_is_not_in_force_is_told_the_same_and_only_the_log_says_why(office: WebOffice) -> None:
    told = set[tuple[object, ...]]()
    for name, (made, why) in REFUSED.items():
        header = made(office)
        with capture_logs() as logs:
            answer = ask(office, "/owed", headers={} if header is None else {"Authorization": header})
        told.add((answer.status_code, answer.headers["www-authenticate"], answer.text))
        (entry,) = logs
        assert entry["event"] == "API token refused"
        assert entry["reason"].endswith(why), name
        assert header is None or len(header) < 20 or header.partition(" ")[2] not in str(entry)
    ((status, challenge, text),) = told
    assert status == 401
    assert str(challenge).startswith("Bearer")
    problem = httpx.Response(200, content=str(text)).json()
    assert problem["status"] == 401
    assert "Authorization: Bearer TOKEN" in problem["detail"]
    assert list_accesses(office.service.store) == [], "nobody who is not known can fill the database"


def test_several_tokens_are_none(shared: WebOffice) -> None:
    header = ("Authorization", f"Bearer {program(shared).token}")
    assert httpx.get(f"{shared.url}/api/v1/owed", headers=[header, header], verify=web_office.TLS).status_code == 401


def test_no_cookie_counts_for_the_api_and_no_token_for_the_pages(shared: WebOffice) -> None:
    browser, client = shared.browser(WebRole.PERFORMANCE), program(shared)
    assert browser.get("/overdue/list").status_code == 200
    assert browser.get("/api/v1/owed").status_code == 401
    answer = httpx.get(
        f"{shared.url}/overdue/list", headers={"Authorization": f"Bearer {client.token}"}, verify=web_office.TLS
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert client.get(f"/owed?token={client.token}", headers={"Authorization": ""}).status_code == 401, (
        "nor in an address"
    )


def test_a_champions_program_loses_what_moves_to_another_division(office: WebOffice) -> None:
    client = program(office, WebRole.CHAMPION)
    path = f"/crimes/{quote(CRIMES['n2a'], safe='')}"
    assert client.get(path).status_code == 200
    records(office, case(Officer("n2a", team="S1", division="South")))
    assert client.get(path).status_code == 403
    assert CRIMES["n2a"] not in client.get("/owed").text


def test_what_changes_hands_while_the_answer_is_made_is_not_given(
    office: WebOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = program(office, WebRole.CHAMPION)
    monkeypatch.setattr(access_notes, "crimes_within", lambda *_: set())
    answer = client.get("/owed")
    assert answer.status_code == 409
    assert CRIMES["n1a"] not in answer.text
    assert list_accesses(office.service.store)[-1].refused == "cases that changed hands meanwhile"


def test_if_it_cannot_be_written_down_nothing_is_given(office: WebOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("the disk is full")

    client = program(office)
    monkeypatch.setattr(access_notes, "log_entry", fail)
    for path in ("/owed", f"/crimes/{quote(CRIMES['n1a'], safe='')}", "/nowhere/else?x", "/owed?x"):
        assert CRIMES["n1a"] not in client.get(path).text
    answer = client.get("/owed")
    assert (answer.status_code, answer.json()["title"]) == (503, "Service Unavailable")
    assert "the disk is full" not in answer.text


def test_a_list_is_one_entry_with_what_was_asked_its_crimes_and_their_number(office: WebOffice) -> None:
    client = program(office)
    client.get("/owed?team=N1&state=overdue")
    (entry,) = list_accesses(office.service.store)
    assert (entry.person, entry.role, entry.page) == (client.person, "performance", "/api/v1/owed")
    assert entry.what == "disclosure"
    assert entry.asked == {"team": "N1", "state": "overdue", "rows": "3"}
    assert entry.crimes == [CRIMES["n1a"], CRIMES["n1b"], CRIMES["n1s"]]


def test_when_a_token_was_used_is_written_at_most_once_an_hour(office: WebOffice) -> None:
    client, used = program(office), []
    for minutes in (0, 59, 1, 30):
        later(office, minutes=minutes)
        client.get("/openapi.json")
        used.append(list_tokens(office.service.store)[0].used_at)
    start = office.now - timedelta(minutes=90)
    assert used == [start, start, start + timedelta(minutes=60), start + timedelta(minutes=60)]


def test_after_thirty_failures_an_address_is_told_to_wait_and_a_token_in_force_goes_on(office: WebOffice) -> None:
    client, proxied = program(office), {"X-Forwarded-For": "192.0.2.7"}
    with capture_logs() as logs:
        for _ in range(FROM_ONE):
            assert ask(office, "/owed", headers=proxied).status_code == 401
        answer = ask(office, "/owed", headers=proxied)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
    assert "wait 10 minutes" in answer.json()["detail"]
    assert (logs[-1]["event"], logs[-1]["of"]) == ("attempts limited", "API tokens")
    assert len(logs) == FROM_ONE + 1, "nothing more is logged"
    assert "192.0.2.7" not in str(logs)
    assert client.get("/owed", headers=proxied).status_code == 200
    assert ask(office, "/owed", headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 401
    office.browser(WebRole.OFFICER)  # people sign in as ever
    later(office, minutes=10)
    assert ask(office, "/owed", headers=proxied).status_code == 401


@pytest.mark.parametrize("path", ["/owed", "/owed?x=1", "/nowhere", "/health", "/openapi.json"])
@pytest.mark.parametrize("has_token", [True, False])
def test_every_answer_has_the_headers_of_the_pages(shared: WebOffice, path: str, has_token: bool) -> None:
    client = program(shared)
    answer = client.get(path) if has_token else ask(shared, path)
    assert {name: answer.headers[name] for name in skin.HEADERS} == skin.HEADERS
    assert answer.headers["content-type"] == ("application/json" if answer.is_success else "application/problem+json")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_programs_only_read(shared: WebOffice, method: str) -> None:
    headers = {"Authorization": f"Bearer {program(shared).token}"}
    before = len(list_accesses(shared.service.store))
    answer = ask(shared, "/owed", method, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert len(list_accesses(shared.service.store)) == before


@pytest.mark.parametrize(
    "path", ["/nowhere", "/owed/", "", "/", "/reports/2026-W27", "/crimes/", "/crimes/%00", "/crimes/no%2Fsuch"]
)
def test_what_is_not_there_is_404(shared: WebOffice, path: str) -> None:
    answer = program(shared).get(path, follow_redirects=True)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() | {"detail": ""} == {"title": "Not Found", "status": 404, "type": "about:blank", "detail": ""}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour=red", "There is no parameter `colour`"),
        ("State=overdue", "There is no parameter `State`"),
        ("state=late", "Invalid enum value 'late' in `state`"),
        ("state=", "Invalid enum value '' in `state`"),
        ("age=9", "Invalid enum value '9' in `age`"),
        ("sort=due", "Invalid enum value 'due' in `sort`"),
        ("team=", "Expected `str` of length >= 1 in `team`"),
        ("team=N%001", "Expected `str` matching regex"),
        ("team=N1&team=N2", "`team` is given twice"),
        ("after=nonsense", "`after` names no page of this list"),
        ("after=2026-13-01%2FA", "`after` names no page of this list"),
    ],
)
def test_what_a_query_cannot_ask_is_refused_and_said(shared: WebOffice, query: str, said: str) -> None:
    """Nothing is left out unsaid: a filter that is mistyped would give the whole force."""
    answer = program(shared).get(f"/owed?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert "22A/" not in answer.text


def test_a_resource_without_parameters_takes_none(shared: WebOffice) -> None:
    answer = program(shared).get("/health?verbose=1")
    assert answer.status_code == 400
    assert "There are none here." in answer.json()["detail"]


def test_a_fault_and_a_database_that_does_not_answer_are_said_without_what_they_hold(
    office: WebOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = program(office)

    def fail(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("secret"))

    monkeypatch.setattr("compliance.web.api.owed_resources.page_owed", fail)
    with capture_logs() as logs:
        answer = client.get("/owed")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert logs[-1]["event"] == "fault"


def test_the_demo_has_no_token_and_gives_nothing(tmp_path: Path) -> None:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with open_web_office(url, tmp_path) as office:
        assert {ask(office, path_of(each, CRIMES["n1a"])).status_code for each in RESOURCES} == {401}


def test_a_token_of_a_division_that_nobody_has_is_not_made(office: WebOffice) -> None:
    store = office.service.store
    with pytest.raises(Exception, match="is of this division"):
        create_token(store, "a", WebRole.CHAMPION, NORTH["division"].lower(), 90, "mhill", office.now)
    assert isinstance(program(office, WebRole.CHAMPION), Program)
