"""Finding an officer by name: within one's scope, whatever the accents and case, at most 20, and the name in no address."""

from collections.abc import Iterator

import pytest

from compliance.records import Officer
from compliance.web.roles import WebRole
from tests import stores
from tests.accesses import list_accesses
from tests.conftest import OBEYED
from tests.stores import crime, take
from tests.web_office import NORTH, STAFF, WebOffice, open_web_office, words_of


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    """The office, with an officer without a case, one of a strange name, and 25 namesakes in South."""
    folder = tmp_path_factory.mktemp("web")
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with open_web_office(url, folder) as opened:
        others = [Officer(f"z{n:02}", name=f"Zoë Zinc {n:02}", division="South", team="S1") for n in range(25)]
        strange = Officer("x1", name="Łucja Ñandú <b>\u202e", **NORTH)
        opened.directory(*STAFF, *others, strange, Officer("x0", name="Ash Without Cases", **NORTH))
        held = [(f"22A/9{n:02}/26", each) for n, each in enumerate([*others, strange])]
        take(opened.service.store, opened.now, *(
            crime(ref, officer_ref=each.officer_ref, team=each.team, division=each.division) for ref, each in held
        ))  # fmt: skip
        opened.service.judge()
        yield opened


def found(office: WebOffice, role: WebRole, name: str) -> list[str]:
    """The references of the officers whom somebody finds, in order."""
    page = office.browser(role).post("/officers", name=name).text
    return [part.partition('"')[0] for part in page.split('href="/officers/')[1:]]


@pytest.mark.parametrize(
    ("role", "name", "expected"),
    [
        (WebRole.SUPERVISOR, "a", ""),
        (WebRole.SUPERVISOR, "ash", "n1a"),
        (WebRole.SUPERVISOR, " ADZE  ash ", "n1a"),
        (WebRole.SUPERVISOR, "flint", ""),
        (WebRole.CHAMPION, "flint", "n2a"),
        (WebRole.CHAMPION, "jasper", ""),
        (WebRole.PERFORMANCE, "jasper", "s1a"),
        (WebRole.PERFORMANCE, "nandu", "x1"),
        (WebRole.PERFORMANCE, "al", "n1b n1s"),
        (WebRole.PERFORMANCE, "%%", ""),
    ],
)
def test_officers_of_ones_scope_are_found_by_some_letters_of_their_names(
    office: WebOffice, role: WebRole, name: str, expected: str
) -> None:
    """Those without a case are not found: there would be nothing to see."""
    assert sorted(found(office, role, name)) == sorted(expected.split())


def test_at_most_twenty_are_listed_by_name_and_more_letters_asked_for(office: WebOffice) -> None:
    assert found(office, WebRole.PERFORMANCE, "zoe") == [f"z{n:02}" for n in range(20)]
    page = words_of(office.browser(WebRole.PERFORMANCE).post("/officers", name="zoe").text)
    assert "More than 20 officers These are the first 20 by name. Give more letters" in page
    assert found(office, WebRole.PERFORMANCE, "zoe 24") == ["z24"]
    assert found(office, WebRole.CHAMPION, "zoe") == [], "of another division"


def test_a_name_is_asked_for_again_if_it_is_too_short(office: WebOffice) -> None:
    page = office.browser(WebRole.SUPERVISOR).post("/officers", name=" a ")
    assert (page.status_code, page.text.count("Give at least 2 letters")) == (400, 2)
    assert 'value="a"' in page.text


def test_a_search_is_on_the_first_page_and_leads_to_the_officer(office: WebOffice) -> None:
    supervisor = office.browser(WebRole.SUPERVISOR)
    assert 'action="/officers"' in supervisor.get("/").text
    page = words_of(supervisor.post("/officers", name="ash").text)
    assert "1 officer Ash Adze (n1a) , N1, North" in page
    assert "Ash Adze (n1a)" in supervisor.get("/officers/n1a").text
    nobody = words_of(supervisor.post("/officers", name="nobody at all").text)
    assert "No officer with a case that your role shows you has such a name." in nobody


def test_a_search_is_in_the_audit_log_and_no_name_is_in_an_address(office: WebOffice) -> None:
    analyst = office.browser(WebRole.PERFORMANCE)
    answer = analyst.post("/officers", name="jasper")
    assert "jasper" not in str(answer.request.url)
    entry = list_accesses(office.service.store)[-1]
    assert (entry.person, entry.page, entry.asked, entry.crimes) == ("an.analyst", "/officers", {"name": "jasper"}, [])
    assert analyst.get("/officers?name=jasper").status_code in (404, 405)


@pytest.mark.parametrize("role", [WebRole.OFFICER, WebRole.BOARD, WebRole.ADMINISTRATOR])
def test_nobody_else_searches(office: WebOffice, role: WebRole) -> None:
    answer = office.browser(role).post("/officers", name="ash")
    assert answer.status_code == 403
    assert "Ash Adze (n1a)" not in words_of(answer.text)


def test_a_name_is_shown_and_never_obeyed(office: WebOffice) -> None:
    page = office.browser(WebRole.PERFORMANCE).post("/officers", name="nandu <b>").text
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert not OBEYED.search(page)
