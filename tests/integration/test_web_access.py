"""The access matrix: every page, every role, and own, team's, division's and another's case, by direct request.

What gets through is judged by what is in the answer or was stored, never by a status code.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import insert, update

from compliance.mail.by_hand import crimes_told, list_emails
from compliance.policy.setting_aside import CalendarGap
from compliance.reminders import remind
from compliance.service.answers.background_work import WHATIF
from compliance.store import dispute_victim, list_disputes, list_quarantined
from compliance.store.kept.background_tasks import list_tasks
from compliance.store.kept.reviews import readings_of
from compliance.store.tables import OUTBOX, QUARANTINE, SET_ASIDE
from compliance.web.page_table import Answer, Visit, WebPage, check_table
from compliance.web.pages import PAGES
from compliance.web.roles import CaseScope, WebRole
from tests import stores
from tests.access_matrix import MATRIX, PAGE, WHOSE, written_page
from tests.accesses import list_accesses, newest_number
from tests.integration.test_web_reports import publish
from tests.integration.test_web_reviews import add_sample
from tests.stores import crime, take
from tests.traced_lists import FIGURE, compared, looked_up
from tests.web_office import CRIMES, Browser, WebOffice, open_web_office

ELSE: Final = {"team": "n1b", "division": "n2a", "other": "s1a"}
OWN: Final = {WebRole.OFFICER: "n1a", WebRole.SUPERVISOR: "n1s", WebRole.CHAMPION: "nc"}
"""Whose case each cell of the matrix is about. Who has no case of their own is asked for that of an officer."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("web")
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as opened:
        for ref in CRIMES.values():
            dispute_victim(
                opened.service.store, "somebody", (ref, "V1"), f"not so, says the reply on {ref}", opened.now
            )
        service = opened.service
        remind(service.store, service.policy, service.reminder_settings, opened.now)
        take(service.store, opened.now, *(crime(ref, reported_at="soon") for ref in CRIMES.values()))
        aside = {
            "victim_ref": "V1",
            "requirement": "7-day",
            "cycle": 0,
            "clause": "6.1a",
            "reason": "no day",
            "gap": CalendarGap.AFTER,
        }
        with service.store.writing() as connection:
            connection.execute(insert(SET_ASIDE), [{"crime_ref": ref} | aside for ref in CRIMES.values()])
        add_sample(opened)
        publish(opened, "2026-W27", "division-north", unit="North")
        looked_up(opened, "2026-W27", "North", [*CRIMES.values()])
        compared(opened, [*CRIMES.values()])
        yield opened


def test_every_page_has_a_row_for_every_role_and_no_row_is_of_no_page() -> None:
    """A page that is added fails here until somebody has said who is shown what."""
    assert set(MATRIX) == {f"{page.method} {page.path}" for page in PAGES}
    assert all(set(row) == set(WebRole) and {len(cells) for cells in row.values()} == {4} for row in MATRIX.values())


def test_the_page_on_security_prints_the_matrix() -> None:
    assert PAGE.read_text("utf-8") == written_page(), "run `make docs`"


@pytest.fixture(scope="module")
def browsers(office: WebOffice) -> dict[WebRole, Browser]:
    """One for each role."""
    return {role: office.browser(role) for role in WebRole}


@pytest.mark.parametrize("role", WebRole)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
def test_nothing_gets_through_that_the_matrix_does_not_show(
    office: WebOffice, browsers: dict[WebRole, Browser], page: WebPage, role: WebRole
) -> None:
    browser = browsers[role]
    for whose, expected in zip(WHOSE, MATRIX[f"{page.method} {page.path}"][role], strict=True):
        holder = OWN.get(role, "n1a") if whose == "own" else ELSE[whose]
        logged = newest_number(office.service.store)
        assert is_shown(office, browser, page, holder) is (expected != "no"), whose
        if expected != "no" and whose != "own":
            entry = list_accesses(office.service.store, logged)[-1]
            assert CRIMES[holder] in entry.crimes, "what is shown is logged"
            assert (entry.person, entry.role) == (browser.person, role)
            assert entry.reason == ("covering" if expected == "reason" else None)
            is_act = page.method == "POST" and "{crime_ref" not in page.path
            is_file = "{form}" in page.path or page.path.startswith("/proof")
            assert entry.what == ("decision" if is_act else "disclosure" if is_file else "consultation")


def is_shown(office: WebOffice, browser: Browser, page: WebPage, holder: str) -> bool:
    """Whether somebody gets to see another's crime on a page, or to act on it; a reason is given where one is asked."""
    ref, store = CRIMES[holder], office.service.store
    path, is_of_crime = page.path.replace("{crime_ref:path}", quote(ref, safe="")), "{crime_ref" in page.path
    path = path.replace("{period}", "2026-W27").replace("{edition}", "division-north")
    if "/cases" in path:
        path += f"?figure={FIGURE}"
    path = path.replace("{officer_ref:path}", holder).replace("{form}", "csv")
    path = path.replace("{number}", str(number_of(office, page, ref)))
    path = path.replace("{case}", str([*CRIMES].index(holder) + 1))
    if page.method == "GET":
        body = text_of(browser.get(path))
        return f"offence of {holder}" in body if is_of_crime else ref in body
    form = {"crime": ref, "victim": "V1", "text": "not so"}
    form |= {"answer": "right", "told": "no", "note": str(newest_number(store)), "do": "retry"}
    if is_of_crime:
        assert f"offence of {holder}" not in browser.post(path, **form).text, "without a reason"
        return f"offence of {holder}" in browser.post(path, **form, reason="covering").text
    with store.writing() as connection:  # so that trying a record again changes it: its reason is brought up to date
        connection.execute(update(QUARANTINE).values(reason="as an older version said it"))
    before = what_can_change(office)
    browser.post(path, **form)
    return what_can_change(office) != before


def text_of(answer: httpx.Response) -> str:
    """What an answer says; of a ZIP file, what its files say."""
    if answer.headers.get("content-type") != "application/zip":
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        return "".join(pack.read(name).decode() for name in pack.namelist())


def number_of(office: WebOffice, page: WebPage, ref: str) -> int:
    """The number of the email, dispute, refused record or comparison on a crime; of several emails that on the fewest
    others."""
    store = office.service.store
    if page.path.startswith("/whatif"):
        return list_tasks(store, WHATIF, 1, office.now)[0].id
    if page.path.startswith("/reviews"):
        return 1
    if page.path.startswith("/quality"):
        return next(each.id or 0 for each in list_quarantined(store) if each.crime_ref == ref)
    if page.path.startswith("/outbox"):
        told = {mail.id: crimes_told(store, mail.id) for mail in list_emails(store)}
        return min((number for number in told if ref in told[number]), key=lambda number: len(told[number]))
    return next(each.id for each in list_disputes(store) if ref in each.crimes)


def what_can_change(office: WebOffice) -> list[object]:
    """What forms change: disputes, the emails that wait, refused records, and what readers of a dip sample found."""
    store = office.service.store
    return [
        list_disputes(store),
        stores.rows(store, OUTBOX, "state", "next_attempt_at"),
        stores.rows(store, QUARANTINE, "reason"),
        readings_of(store, 1),
    ]


def test_a_page_that_does_not_say_who_may_open_it_or_whose_cases_it_shows_does_not_start() -> None:
    def show(_: Visit) -> Answer:
        raise AssertionError

    for page, missing in (
        (WebPage("/new", show, shows=CaseScope.OWN), "which roles"),
        (WebPage("/new", show, frozenset(), CaseScope.OWN), "which roles"),
        (WebPage("/new", show, frozenset({WebRole.BOARD})), "whose cases"),
    ):
        with pytest.raises(ValueError, match=f"/new does not say {missing}"):
            check_table([*PAGES, page])
    with pytest.raises(ValueError, match="the page GET / is there twice"):
        check_table([*PAGES, PAGES[0]])


def test_a_page_that_would_show_more_than_it_declares_shows_nothing(tmp_path: Path) -> None:
    """The scope of the table holds whatever a page's own query says."""

    def show_too_much(_: Visit) -> Answer:
        values = {"words": f"secret: {CRIMES['n2a']}"}
        return Answer("message.html.j2", "All", values, [CRIMES["n1a"], CRIMES["n2a"]])

    page = WebPage("/leak", show_too_much, frozenset({WebRole.SUPERVISOR}), CaseScope.TEAM)
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with open_web_office(url, tmp_path, (*PAGES, page)) as office:
        answer = office.browser(WebRole.SUPERVISOR).get("/leak")
        assert "secret" not in answer.text
        assert answer.status_code == 409
        assert [entry.refused for entry in list_accesses(office.service.store)] == [
            "cases that changed hands meanwhile"
        ]


def test_every_refusal_is_in_the_audit_log_with_who_when_what_and_why(tmp_path: Path) -> None:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with open_web_office(url, tmp_path) as office:
        officer, board = office.browser(WebRole.OFFICER), office.browser(WebRole.BOARD)
        officer.get(f"/crimes/{quote(CRIMES['s1a'], safe='')}")
        board.get("/my-victims")
        officer.ask("POST", "/disputes", data={"crime": CRIMES["n1a"], "victim": "V1", "text": "private words"})
        first, second, third = list_accesses(office.service.store)
        assert (first.person, first.role, first.at) == ("n1a", "officer", office.now)
        assert (first.page, first.asked) == ("/crimes/{crime_ref:path}", {"crime_ref": CRIMES["s1a"]})
        assert (first.refused, first.crimes) == ("a crime outside their scope", [])
        assert (second.person, second.refused) == ("a.superintendent", "not for this role")
        assert third.refused == "form without its token"
        assert third.asked == {"crime": CRIMES["n1a"], "victim": "V1"}, "what was written stands elsewhere"


def test_a_view_of_ones_own_cases_is_not_logged(tmp_path: Path) -> None:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with open_web_office(url, tmp_path) as office:
        browser = office.browser(WebRole.OFFICER)
        assert CRIMES["n1a"] in browser.get("/my-victims").text
        assert "offence of n1a" in browser.get(f"/crimes/{quote(CRIMES['n1a'], safe='')}").text
        assert list_accesses(office.service.store) == []
