"""The cases behind a number of a published report: looked up beside the pages, within the reader's scope, and logged."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import msgspec
import openpyxl
import pytest
from sqlalchemy import update
from sqlmodel import col, select

from compliance.reports.periods.periods import parse_period
from compliance.service.answers.background_work import CASES
from compliance.service.answers.background_worker import work_in_background
from compliance.service.report_jobs.reporting import Reporting
from compliance.store.kept.background_tasks import MOST_WAITING, TaskState, ask_task, end_task, list_tasks
from compliance.store.tables import BACKGROUND_TASK, Published
from compliance.web import list_answers
from compliance.web.roles import WebRole
from compliance.web.task_view import LOOKS
from tests import stores
from tests.accesses import list_accesses
from tests.integration.test_web_reports import publish
from tests.stores import crime, updates
from tests.traced_lists import FIGURE, asked, looked_up
from tests.web_office import CRIMES, NORTH, Browser, WebOffice, later, open_web_office, records, words_of

PERIOD = "2026-W28"
BOARD, NORTHS = f"/reports/{PERIOD}/board", f"/reports/{PERIOD}/division-north"
MET = [f"22A/71{n}/26" for n in range(4)]
DUE = len(CRIMES) + len(MET)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    """A force whose week 28 is published to the board and to both divisions, with the worker beside the pages."""
    folder = tmp_path_factory.mktemp("web")
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as opened:
        records(opened, *(crime(ref, updates=updates("2026-07-03"), officer_ref="n1a", **NORTH) for ref in MET))
        opened.service.reporting.publish(parse_period(PERIOD), opened.now, ("board", "division"), ("html",))
        with work_in_background(opened.service):
            yield opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    """The same pages with reports in name alone, and nobody who works on what is asked."""
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db"), tmp_path) as opened:
        publish(opened, PERIOD, "board")
        publish(opened, PERIOD, "public")
        publish(opened, PERIOD, "division-north", unit="North")
        publish(opened, PERIOD, "division-south", unit="South")
        yield opened


def path_of(report: str, figure: str = FIGURE) -> str:
    return f"{report}/cases?figure={quote(figure, safe='')}"


def look_up(browser: Browser, report: str, figure: str) -> str:
    """What the page says once the cases were looked up."""
    answer = browser.post(f"{report}/cases", figure=figure)
    assert answer.headers["location"] == path_of(report, figure)
    until = monotonic() + 60
    while monotonic() < until:
        page = browser.get(path_of(report, figure)).text
        if "Look again" not in page:
            return page
        sleep(0.1)
    raise AssertionError("nothing came of it")


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/crimes/[^"]*">([^<]*)</a>', page)


def numbers(page: str) -> dict[str, str]:
    """The numbers of a page that lead to their cases, by name: what is shown."""
    found = re.findall(r'<a class="cases" href="([^"]*)"><data value="[^"]*" data-figure="([^"]*)"[^>]*>([^<]*)<', page)
    return {name: shown for path, name, shown in found if path.endswith(quote(name, safe=""))}


def test_a_number_leads_to_the_cases_that_add_up_to_it(published: WebOffice) -> None:
    analyst = published.browser(WebRole.PERFORMANCE)
    shown = numbers(analyst.get(BOARD).text)
    assert (shown["rate.7-day:count"], shown["rate.7-day:of"]) == (str(len(MET)), str(DUE))
    assert "have not been" not in analyst.get(path_of(BOARD, "rate.7-day:count")).text
    before = words_of(analyst.get(path_of(BOARD, "rate.7-day:count")).text)
    assert "by judging the records again, as they were known then" in before
    page = look_up(analyst, BOARD, "rate.7-day:count")
    assert listed(page) == MET
    assert f"The cases add up to {len(MET)} of {DUE}, as published." in words_of(page)
    whole = analyst.get(path_of(BOARD, "rate.7-day:of")).text
    assert listed(whole) == sorted([*CRIMES.values(), *MET]), "of one search, the whole too"
    assert f"All ({DUE}) Counted ({len(MET)}) Not counted ({len(CRIMES)})" in words_of(whole)
    missed = analyst.get(path_of(BOARD, "rate.7-day:of") + "&show=others").text
    assert listed(missed) == sorted(CRIMES.values())
    assert "Cycle" not in missed, "it does not repeat"


def test_a_number_is_said_in_words(published: WebOffice) -> None:
    said = words_of(published.browser(WebRole.PERFORMANCE).get(path_of(BOARD, "division.7-day/North:rate")).text)
    share = f"{len(MET)} given in time of {len(MET) + 5} due."
    assert f"44.4% – North, first update within 7 days of the report, due 6 to 12 July 2026. {share}" in said
    assert "How it is counted: Division: The division that had the case at the end of the due date." in said
    assert "compared with the rest of the force (statistics 1.5, records 2)." in said
    assert "division.7-day" not in said


def test_a_case_opens_as_the_report_judged_it_not_as_it_is_now(published: WebOffice) -> None:
    """The report of week 28 judges as at the end of Sunday the 19th; the update was entered on the 20th."""
    analyst, late = published.browser(WebRole.PERFORMANCE), CRIMES["n2a"]
    page = look_up(analyst, BOARD, "rate.7-day:of")
    (path,) = re.findall(rf'<a href="([^"]*)">{late}</a>', page)
    assert path.endswith("?as_at=2026-07-19&amp;known_at=2026-07-19")
    later(published, minutes=1)
    told = updates("2026-07-18")
    records(published, crime(late, updates=told, officer_ref="n2a", division="North", team="N2"))
    assert "Overdue" in words_of(analyst.get(path.replace("&amp;", "&")).text)
    assert "Overdue" not in words_of(analyst.get(path.partition("?")[0]).text), "now it was given, late"


def test_the_numbers_of_every_section_lead_there(published: WebOffice) -> None:
    analyst = published.browser(WebRole.PERFORMANCE)
    page = analyst.get(f"{BOARD}/sections/divisions").text
    assert numbers(page)["division.7-day/North:of"] == str(len(MET) + 5)
    assert not re.search(r'class="cases"[^>]*><data value="0"', page), "where there is nothing, nothing is behind"
    assert listed(look_up(analyst, BOARD, "division.7-day/South:of")) == [CRIMES["s1a"]]


def test_a_champion_has_the_cases_of_their_own_division_as_it_is_now(published: WebOffice) -> None:
    champion = published.browser(WebRole.CHAMPION)
    assert numbers(champion.get(BOARD).text) == {}
    shown = numbers(champion.get(NORTHS).text)
    assert shown["rate.7-day:of"] == str(len(MET) + 5)
    page = look_up(champion, NORTHS, "rate.7-day:of")
    assert listed(page) == sorted([*MET, *(ref for ref in CRIMES.values() if ref != CRIMES["s1a"])])
    assert "not in your scope now" not in page
    later(published, minutes=1)
    records(published, crime(MET[0], updates=updates("2026-07-03"), officer_ref="s1a", team="S1", division="South"))
    page = champion.get(path_of(NORTHS, "rate.7-day:of")).text
    assert MET[0] not in page
    assert "1 case is not in your scope now, and not listed" in words_of(page)
    assert f"add up to {len(MET)} of {len(MET) + 5}, as published" in words_of(page), "the number is that of then"


def test_figures_that_differ_from_what_was_published_are_said_to(published: WebOffice) -> None:
    with published.service.store.session() as session:
        row = session.exec(select(Published).where(col(Published.edition) == "division-south")).one()
        figures = msgspec.json.decode(msgspec.json.encode(row.figures))
        rate = next(each for each in figures["requirements"] if each["id"] == "7-day")["week"]["rate"]["share"]
        rate["count"], rate["rate"] = 1, 1.0
        changed = row.model_dump(exclude={"id"}) | {"version": 2, "figures": figures}
        session.add(Published(**changed))
    page = look_up(published.browser(WebRole.PERFORMANCE), f"/reports/{PERIOD}/division-south", "rate.7-day:count")
    assert "0 of 1; version 2 of the report says 1 of 1" in words_of(page)
    assert "the program, the settings or the records have changed since" in words_of(page)


def test_a_number_that_counts_no_cases_says_why(published: WebOffice) -> None:
    said = words_of(look_up(published.browser(WebRole.PERFORMANCE), BOARD, "quality.refused:held"))
    assert "This number has no cases: " in said


def test_nothing_is_judged_on_a_page_view(office: WebOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither when they are asked for: somebody else does it."""

    def judge(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Reporting, "cases", judge)
    analyst = office.browser(WebRole.PERFORMANCE)
    assert analyst.get(path_of(BOARD)).status_code == 200
    assert list_tasks(office.service.store, CASES, 10, office.now) == []
    analyst.post(f"{BOARD}/cases", figure=FIGURE)
    assert "It begins in a moment" in words_of(analyst.get(path_of(BOARD)).text)
    analyst.post(f"{BOARD}/cases", figure="rate.28-day")
    assert "It waits: 1 other before it" in words_of(analyst.get(path_of(BOARD, "rate.28-day")).text)


def test_the_page_looks_again_by_itself_only_when_asked_and_for_some_minutes(office: WebOffice) -> None:
    analyst = office.browser(WebRole.PERFORMANCE)
    asked(office, PERIOD, None)
    page = analyst.get(path_of(BOARD))
    assert "refresh" not in page.headers
    assert f'<a href="{path_of(BOARD)}">Look again</a>' in page.text
    kept = path_of(BOARD) + f"&keep={LOOKS}"
    assert f'href="{kept.replace("&", "&amp;")}"' in page.text
    for left in (LOOKS, 2):
        answer = analyst.get(path_of(BOARD) + f"&keep={left}")
        assert answer.headers["refresh"] == f"5; url={path_of(BOARD)}&keep={left - 1}"
    assert analyst.get(path_of(BOARD) + "&keep=1").headers["refresh"] == f"5; url={path_of(BOARD)}"
    for wrong in ("0", "-1", "x", "9999999999"):
        assert "refresh" not in analyst.get(path_of(BOARD) + f"&keep={wrong}").headers


def test_what_was_interrupted_or_failed_says_so_and_can_be_asked_for_again(office: WebOffice) -> None:
    analyst, store = office.browser(WebRole.PERFORMANCE), office.service.store
    asked(office, PERIOD, None)
    later(office, minutes=2)
    said = words_of(analyst.get(path_of(BOARD)).text)
    assert "It was interrupted before it was done" in said
    assert "Look them up once more" in said
    end_task(store, asked(office, PERIOD, None), office.now, TaskState.FAILED, None, "The records were removed.")
    assert "Nothing came of it. The records were removed. Look them up once more" in words_of(
        analyst.get(path_of(BOARD)).text
    )
    analyst.post(f"{BOARD}/cases", figure=FIGURE)
    assert "It begins in a moment" in words_of(analyst.get(path_of(BOARD)).text)


def test_while_too_many_wait_it_says_so(office: WebOffice) -> None:
    for n in range(MOST_WAITING):
        ask_task(office.service.store, CASES, str(n), "somebody", office.now)
    answer = office.browser(WebRole.PERFORMANCE).post(f"{BOARD}/cases", figure=FIGURE)
    assert answer.status_code == 503
    assert f"{MOST_WAITING} others wait already" in answer.text


def test_a_list_of_many_is_paged_and_each_page_is_logged_with_its_crimes(office: WebOffice) -> None:
    crimes = [f"22A/{n}/26" for n in range(100, 220)]
    looked_up(office, PERIOD, None, crimes, 120)
    analyst, seen, path = office.browser(WebRole.PERFORMANCE), list[str](), path_of(BOARD)
    while path:
        page = analyst.get(path).text
        assert listed(page) == list_accesses(office.service.store)[-1].crimes
        seen += listed(page)
        following = re.search(r'href="([^"]*)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == crimes


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_whole_list_is_a_file_and_one_entry_in_the_log(office: WebOffice, form: str) -> None:
    crimes = ["=1+1", *(f"22A/{n}/26" for n in range(100, 220))]
    looked_up(office, PERIOD, None, crimes, 1)
    answer = office.browser(WebRole.PERFORMANCE).get(f"{BOARD}/cases/{form}?figure={FIGURE}")
    assert answer.headers["content-disposition"] == f'attachment; filename="cases-{PERIOD}-board.{form}"'
    if form == "csv":
        head, *rows = csv.reader(io.StringIO(answer.content.decode()))
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        head, *rows = [[str(cell.value) for cell in row] for row in sheet.iter_rows()]
        assert {cell.data_type for row in sheet.iter_rows(max_col=1) for cell in row} == {"s"}
    shown = ["Due", "State", "Counted", "Update", "Took place", "Entered"]
    assert head == ["Crime", "Victim", "Requirement", "Cycle", *shown], "figures that cannot be read may repeat"
    assert [row[0].lstrip("'") for row in rows] == crimes
    (entry,) = list_accesses(office.service.store)
    assert (entry.crimes, entry.asked["rows"]) == (crimes, "121")


def test_a_list_that_is_too_long_for_a_file_says_so(office: WebOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_answers, "MOST_IN_FILE", 5)
    looked_up(office, PERIOD, None, list(CRIMES.values()))
    answer = office.browser(WebRole.PERFORMANCE).get(f"{BOARD}/cases/csv?figure={FIGURE}")
    assert answer.status_code == 400
    assert "It has 6 entries, and a file has at most 5" in answer.text


def test_a_file_of_what_was_not_looked_up_is_not_there(office: WebOffice) -> None:
    assert office.browser(WebRole.PERFORMANCE).get(f"{BOARD}/cases/csv?figure={FIGURE}").status_code == 404
    looked_up(office, PERIOD, None, list(CRIMES.values()))
    assert office.browser(WebRole.PERFORMANCE).get(f"{BOARD}/cases/exe?figure={FIGURE}").status_code == 404


@pytest.mark.parametrize(
    "figure", ["", "rate", "nothing.7-day", "rate.7-day:low", "rate.7-day\0", "../..", "rate." + "x" * 500]
)
def test_what_is_no_number_with_cases_is_not_looked_up(office: WebOffice, figure: str) -> None:
    analyst = office.browser(WebRole.PERFORMANCE)
    analyst.post(f"{BOARD}/cases", figure=figure)
    found = list_tasks(office.service.store, CASES, 10, office.now)
    assert len(found) <= 1
    for task in found:
        assert figure in msgspec.json.decode(task.asked)["figure"], "the search says itself that there is none"


@pytest.mark.parametrize(
    ("role", "report"),
    [
        (WebRole.BOARD, BOARD), (WebRole.BOARD, NORTHS), (WebRole.CHAMPION, BOARD),
        (WebRole.CHAMPION, f"/reports/{PERIOD}/division-south"), (WebRole.PERFORMANCE, f"/reports/{PERIOD}/public"),
        (WebRole.PERFORMANCE, "/reports/2026-W01/board"),
    ],
)  # fmt: skip
def test_nobody_else_has_them(office: WebOffice, role: WebRole, report: str) -> None:
    for division in (None, "North", "South"):
        looked_up(office, PERIOD, division, list(CRIMES.values()))
    browser = office.browser(role)
    for path in (path_of(report), f"{report}/cases/csv?figure={FIGURE}"):
        assert not any(ref in browser.get(path).text for ref in CRIMES.values())
    with office.service.store.writing() as connection:
        connection.execute(update(BACKGROUND_TASK).values(state=TaskState.FAILED))
    browser.post(f"{report}/cases", figure=FIGURE)
    assert not any(each.is_under_way for each in list_tasks(office.service.store, CASES, 10, office.now))
    assert list_accesses(office.service.store)[-1].refused
