"""What is outstanding, counted and listed: by the projection alone, in one's scope, each number with the list behind it."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

import pytest
from openpyxl import load_workbook
from sqlalchemy import event

from compliance.records import Officer
from compliance.web import list_answers
from compliance.web.roles import WebRole
from tests import stores, web_office
from tests.accesses import list_accesses
from tests.stores import crime, updates
from tests.web_office import CRIMES, NOW, STAFF, Browser, WebOffice, open_web_office, records, words_of

N1: Final = {"officer_ref": "n1a", "team": "N1", "division": "North"}


office, analyst = web_office.office, web_office.analyst


def several(office: WebOffice) -> None:
    """In N1: one due today, one in two days, two of an enhanced victim that are long overdue."""
    enhanced = [{"victim_ref": "V1", "category": "enhanced"}]
    records(
        office,
        crime("today", **N1, reported_at="2026-07-13T09:00:00Z"),
        crime("soon", **N1, reported_at="2026-07-15T09:00:00Z"),
        crime("later", **N1, reported_at="2026-07-17T09:00:00Z", updates=updates("2026-07-18")),
        crime("old", **N1, reported_at="2026-06-01T09:00:00Z", victims=enhanced),
    )


def table_of(page: str) -> dict[str, list[str]]:
    """The rows of the counts of a page: what they are of, and the numbers."""
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</th>(.*?)</tr>", page, re.DOTALL)
    return {
        words_of(f"<main{name}"): [
            words_of(f"<main{re.sub('<span.*?</span>', '', cell)}") for cell in re.findall(r"<td.*?</td>", counts, re.DOTALL)
        ]
        for name, counts in rows
    }  # fmt: skip


def listed(page: str) -> list[str]:
    """The crimes of a list, in order."""
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', page)


def links_of(page: str) -> dict[str, str]:
    """The numbers that lead to lists: where to, and how many are said."""
    found = re.findall(r'<td class="number"[^>]*><a href="([^"]*)">([\d,]+)', page)
    return {unescape(path): number for path, number in found}


def test_counts_are_by_requirement_and_by_division_of_overdue_due_today_and_due_soon(
    office: WebOffice, analyst: Browser
) -> None:
    several(office)
    counts = table_of(analyst.get("/overdue").text)
    assert counts["North"] == ["7", "1", "1"]
    assert counts["South"] == ["1", "0", "0"]
    assert counts["All"] == ["8", "1", "1"]
    page = analyst.get("/overdue?division=North").text
    assert table_of(page)["N1"] == ["5", "1", "1"]
    assert table_of(page)["N2"] == ["1", "0", "0"]
    assert "South" not in words_of(page)


@pytest.mark.parametrize(
    ("role", "units", "overdue"),
    [(WebRole.SUPERVISOR, ["N1"], "3"), (WebRole.CHAMPION, ["N1", "N2", "No team"], "5")],
)
def test_a_team_and_a_division_are_counted_by_team_and_nothing_else_is(
    office: WebOffice, role: WebRole, units: list[str], overdue: str
) -> None:
    page = office.browser(role).get("/overdue?division=South").text
    counts = table_of(page)
    assert [unit for unit in counts if unit in {"N1", "N2", "S1", "No team", "North", "South"}] == units
    assert next(iter(counts.values()))[0] == overdue


def test_every_number_leads_to_a_list_of_as_many(office: WebOffice, analyst: Browser) -> None:
    several(office)
    records(office, crime("of nobody", officer_ref=None))
    seen = 0
    for start in ("/overdue", "/overdue?division=North", "/overdue?division=-"):
        for path, number in links_of(analyst.get(start).text).items():
            assert len(listed(analyst.get(path).text)) == int(number), path
            seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=overdue&team=N1", ["old", "old", CRIMES["n1a"], CRIMES["n1b"], CRIMES["n1s"]]),
        ("state=today", ["today"]),
        ("state=soon", ["soon"]),
        ("category=enhanced", ["old", "old"]),
        ("state=overdue&age=28", ["old"]),
        ("age=7&team=N2", [CRIMES["n2a"]]),
        ("age=0", []),
        ("state=today&age=28", []),
        ("division=South", [CRIMES["s1a"]]),
        ("team=-", [CRIMES["nc"]]),
        ("requirement=7-day&team=N2", [CRIMES["n2a"]]),
        ("requirement=nowhere", []),
        ("division=%00", []),
        ("team=N1&sort=last-due&age=", ["soon", "today", CRIMES["n1a"], CRIMES["n1b"], CRIMES["n1s"], "old", "old"]),
        ("team=N1&sort=crime", [CRIMES["n1a"], CRIMES["n1b"], CRIMES["n1s"], "old", "old", "soon", "today"]),
        ("team=N1&sort=officer&state=overdue", [CRIMES["n1a"], "old", "old", CRIMES["n1b"], CRIMES["n1s"]]),
        ("state=nonsense&sort=nonsense&team=N2", [CRIMES["n2a"]]),
    ],
)
def test_what_is_listed_can_be_chosen_and_sorted(
    shared_office: WebOffice, shared_analyst: Browser, query: str, expected: list[str]
) -> None:
    page = shared_analyst.get(f"/overdue/list?{query}").text
    assert listed(page) == expected
    assert f"<strong>{len(expected)}</strong>" in page


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("web")
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as opened:
        several(opened)
        yield opened


@pytest.fixture(scope="module")
def shared_analyst(shared_office: WebOffice) -> Browser:
    return shared_office.browser(WebRole.PERFORMANCE)


def test_an_entry_says_what_is_owed_since_when_who_has_the_case_and_whose_it_is(shared_analyst: Browser) -> None:
    said = words_of(shared_analyst.get("/overdue/list?category=enhanced&age=28").text)
    assert (
        "old First update within 7 days of the report 8 June 2026 42 days overdue Ash Adze (n1a) N1 V1 enhanced" in said
    )


def test_the_form_beside_the_list_offers_what_the_scope_has_and_keeps_what_is_chosen(shared_office: WebOffice) -> None:
    page = shared_office.browser(WebRole.CHAMPION).get("/overdue/list?team=N1&state=today").text
    assert '<option value="N1" selected>N1</option>' in page
    assert '<option value="today" selected>' in page
    assert "South" not in page
    assert "S1" not in page


def test_a_list_goes_on_after_the_last_crime_and_leaves_nothing_out(office: WebOffice, analyst: Browser) -> None:
    """Crimes with several victims are not parted; while pages are turned, others are added and given updates."""
    two = [{"victim_ref": "V1"}, {"victim_ref": "V2"}]
    refs = [f"A{n:02}" for n in range(40)]
    records(office, *(crime(ref, **N1, victims=two) for ref in refs))
    for sort in ("first-due", "last-due", "crime", "officer"):
        path, seen, pages = f"/overdue/list?state=overdue&team=N1&sort={sort}", list[str](), 0
        while path:
            page = analyst.get(path).text
            assert len(listed(page)) <= 50
            assert "<strong>83</strong>" in page
            seen += listed(page)
            more = re.search(r'<a href="([^"]*)" rel="next"', page)
            path, pages = unescape(more[1]) if more else "", pages + 1
            assert "V2" not in path
        assert pages == 2
        assert sorted(seen) == sorted([*refs, *refs, CRIMES["n1a"], CRIMES["n1b"], CRIMES["n1s"]])


@pytest.mark.parametrize("after", ["nonsense", "2026-07-08", "x/A", "2026-13-01/A", "2026-07-08/A%00", ""])
def test_a_key_that_is_none_is_no_page(shared_office: WebOffice, shared_analyst: Browser, after: str) -> None:
    answer = shared_analyst.get(f"/overdue/list?after={after}")
    assert answer.status_code == 404
    assert list_accesses(shared_office.service.store)[-1].refused == "an address that names no page of a list"


def test_a_list_is_one_entry_of_the_audit_log_with_what_was_asked_and_the_crimes(office: WebOffice) -> None:
    champion = office.browser(WebRole.CHAMPION)
    champion.get("/overdue")
    champion.get("/overdue/list?team=N1&state=overdue")
    (entry,) = list_accesses(office.service.store)
    assert (entry.person, entry.page) == ("nc", "/overdue/list")
    assert entry.asked == {"team": "N1", "state": "overdue"}
    assert entry.crimes == [CRIMES["n1a"], CRIMES["n1b"], CRIMES["n1s"]]


def test_no_view_asks_more_of_the_database_when_there_is_more(office: WebOffice, analyst: Browser) -> None:
    asked: list[str] = []
    event.listen(office.service.store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def statements(path: str) -> int:
        asked.clear()
        assert analyst.get(path).status_code == 200
        return len(asked)

    paths = ("/overdue", "/overdue/list", "/overdue/list?team=N1&sort=officer")
    before = [statements(path) for path in paths]
    records(office, *(crime(f"A{n:02}", **N1) for n in range(60)))
    assert [statements(path) for path in paths] == before


def test_what_should_have_been_judged_overdue_since_is_counted_so(office: WebOffice) -> None:
    """Nothing was judged since Monday: what was due that day and has not been met is overdue on Tuesday."""
    records(office, crime("today", **N1, reported_at="2026-07-13T09:00:00Z"))
    office.now = NOW.replace(day=21)
    analyst = office.browser(WebRole.PERFORMANCE)
    assert listed(analyst.get("/overdue/list?state=today").text) == []
    assert "today" in listed(analyst.get("/overdue/list?state=overdue&age=0").text)


HOSTILE: Final = "=1+1"


def of_file(content: bytes) -> list[list[Any]]:
    """The rows of an XLSX file; a formula would be of another type."""
    rows = list(load_workbook(io.BytesIO(content))["List"].iter_rows())
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}
    return [[cell.value for cell in row] for row in rows]


def test_the_list_is_given_as_csv_and_xlsx_as_it_is_chosen(shared_analyst: Browser) -> None:
    """Crime numbers, references and names are text in a spreadsheet; how long something is overdue is a number."""
    query = "state=overdue&team=N2"
    answer = shared_analyst.get(f"/overdue/list/csv?{query}")
    assert answer.headers["content-disposition"] == 'attachment; filename="owed-2026-07-20.csv"'
    head, row = csv.reader(answer.text.splitlines())
    title = "First update within 7 days of the report"
    assert dict(zip(head, row, strict=True)) == {
        "Crime": CRIMES["n2a"], "Victim": "V1", "Victim category": "standard", "Owed": title, "Due": "2026-07-08",
        "Days overdue": "12", "Officer": "n2a", "Officer's name": "Dunlin Flint", "Team": "N2", "Division": "North",
    }  # fmt: skip
    xlsx = shared_analyst.get(f"/overdue/list/xlsx?{query}").content
    head_of_sheet, row_of_sheet = of_file(xlsx)
    assert head_of_sheet == head
    assert row_of_sheet[:4] == row[:4]
    assert row_of_sheet[5] == 12
    assert len(shared_analyst.get("/overdue/list/csv").text.splitlines()) == 11, "the whole list, and the names"
    assert shared_analyst.get("/overdue/list/pdf").status_code == 404


def test_no_text_in_a_file_is_a_formula(office: WebOffice, analyst: Browser) -> None:
    office.directory(*STAFF, Officer("=n1", name="@name", team="=cmd|' /C calc'!A0"))
    where = {"officer_ref": "=n1", "team": "=cmd|' /C calc'!A0", "division": "+North"}
    records(office, crime(HOSTILE, victims=[{"victim_ref": "-V1"}], **where), crime("1/2/26", **where))
    _, *found = csv.reader(analyst.get("/overdue/list/csv?division=%2BNorth").text.splitlines())
    assert [row[0] for row in found] == ["1/2/26", f"'{HOSTILE}"]
    assert not [cell for row in found for cell in row if cell[:1] in set("=+-@")]
    _, *in_sheet = of_file(analyst.get("/overdue/list/xlsx?division=%2BNorth").content)
    assert [row[0] for row in in_sheet] == ["1/2/26", HOSTILE]


def test_a_file_is_one_entry_of_the_audit_log_with_its_crimes_and_their_number(office: WebOffice) -> None:
    """One's own cases too: a file can be passed on."""
    office.browser(WebRole.SUPERVISOR).get("/overdue/list/csv?state=overdue")
    (entry,) = list_accesses(office.service.store)
    assert (entry.person, entry.what, entry.page) == ("n1s", "disclosure", "/overdue/list/{form}")
    assert entry.asked == {"form": "csv", "state": "overdue", "rows": "3"}
    assert entry.crimes == [CRIMES["n1a"], CRIMES["n1b"], CRIMES["n1s"]]


def test_a_list_that_is_too_long_is_not_given_and_says_what_to_do(
    office: WebOffice, analyst: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_answers, "MOST_IN_FILE", 5)
    answer = analyst.get("/overdue/list/csv?state=overdue")
    assert answer.status_code == 400
    assert "It has 6 entries, and a file has at most 5. Choose less" in words_of(answer.text)
    assert 'href="/overdue/list?state=overdue"' in answer.text
    assert analyst.get("/overdue/list/csv?state=overdue&division=North").text.count("22A/") == 5


def test_what_falls_away_with_a_closed_case_is_on_no_page(office: WebOffice, analyst: Browser) -> None:
    """Neither the officer's nor those with counts (rules 4.1, 5.2): until the case is opened again."""
    closed = [{"status": "closed", "at": "2026-07-10T09:00:00Z"}]
    due = {"reported_at": "2026-06-22T09:00:00Z", "updates": updates("2026-06-25"), **N1}
    for status, number in (
        ([], "2"),
        (closed, "1"),
        ([*closed, {"status": "open", "at": "2026-07-20T09:00:00Z"}], "2"),
    ):
        records(office, crime("shut?", status=status, **due), crime("open", **due))
        assert table_of(analyst.get("/overdue").text)["North"] == ["5", number, "0"]
        assert len(listed(analyst.get("/overdue/list?state=today").text)) == int(number)
        mine = words_of(office.browser(WebRole.OFFICER).get("/my-victims").text)
        assert f"Due today ({number})" in mine
