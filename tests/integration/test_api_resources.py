"""What the JSON API gives: the same as the pages and the commands, whole, page after page, and text as it was recorded."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints
from urllib.parse import parse_qsl, quote, urlsplit

import jsonschema_rs
import msgspec
import pytest
from sqlalchemy import event

from compliance.batch.explanation_page import render
from compliance.records import Officer
from compliance.reports.rendering.forms import schema
from compliance.service.answers.explaining import explain_stored
from compliance.service.conditions import find_conditions, read_facts
from compliance.service.overview import Overview
from compliance.store import begin_poll, end_poll
from compliance.store.owed.owed_lists import OwedOrder
from compliance.web.api import owed_resources
from compliance.web.api.owed_resources import OwedObligation, OwedQuery
from compliance.web.owed_filters import STATES, OwedFilters
from compliance.web.roles import WebRole
from tests import stores, web_office
from tests.accesses import list_accesses
from tests.api_client import Program, program, publish
from tests.hostile_text import CRIME, HOSTILE, OFFICER
from tests.integration.test_report_html import figures
from tests.integration.test_web_overdue import N1, several, table_of
from tests.stores import crime, take
from tests.web_office import CRIMES, STAFF, WebOffice, later, open_web_office, records

office, new_database = web_office.office, stores.new_database
Json = Any


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("api")
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"), folder) as opened:
        several(opened)
        yield opened


@pytest.fixture(scope="module")
def client(shared: WebOffice) -> Program:
    return program(shared)


def owed(client: Program, query: str = "") -> list[Json]:
    return list(client.json(f"/owed?{query}")["obligations"])


def every_page(client: Program, path: str) -> Iterator[list[Json]]:
    while path:
        page = client.json(path)
        yield page["obligations"]
        path = page["next"] or ""


def test_an_obligation_says_what_is_owed_to_whom_since_when_and_who_has_the_case(client: Program) -> None:
    (found,) = owed(client, "category=enhanced&age=28&requirement=7-day")
    assert found == {
        "crime_ref": "old", "victim_ref": "V1", "category": "enhanced", "requirement": "7-day",
        "title": "First update within 7 days of the report", "cycle": 1, "due_date": "2026-06-08", "state": "overdue",
        "days_overdue": 42, "officer_ref": "n1a", "team": "N1", "division": "North",
    }  # fmt: skip


def test_what_is_due_today_or_soon_is_not_overdue(client: Program) -> None:
    found = {
        each["crime_ref"]: (each["state"], each["days_overdue"]) for each in owed(client) if each["state"] != "overdue"
    }
    assert found == {"today": ("today", 0), "soon": ("soon", 0)}


def test_a_page_says_as_of_when_it_is(shared: WebOffice, client: Program) -> None:
    page = client.json("/owed")
    assert (page["as_at"], page["today"]) == ("2026-07-20T11:00:00Z", "2026-07-20")
    assert client.json("/owed/counts") | {"counts": []} == {
        "as_at": page["as_at"], "today": page["today"], "read_at": page["read_at"], "counts": [],
    }  # fmt: skip


def test_when_the_crime_system_was_last_read_is_said(office: WebOffice) -> None:
    client = program(office)
    read = client.json("/owed")["read_at"]
    poll = begin_poll(office.service.store, stores.SOURCE, later(office, minutes=5))
    end_poll(office.service.store, poll, office.now, True, None)
    assert client.json("/owed")["read_at"] == "2026-07-20T11:05:00Z" != read


@pytest.mark.parametrize(
    "query",
    [
        "", "state=overdue&team=N1", "state=today", "state=soon", "category=enhanced", "state=overdue&age=28",
        "age=7&team=N2", "state=today&age=28", "division=South", "team=-", "requirement=7-day&team=N2",
        "requirement=nowhere", "team=N1&sort=last-due", "team=N1&sort=crime", "sort=officer&state=overdue",
    ],
)  # fmt: skip
def test_every_filter_gives_what_the_page_lists_and_the_counts_add_up(
    shared: WebOffice, client: Program, query: str
) -> None:
    text = shared.browser(WebRole.PERFORMANCE).get(f"/overdue/list/csv?{query}").text
    of_page = [row["Crime"] for row in csv.DictReader(io.StringIO(text))]
    assert [each["crime_ref"] for each in owed(client, query)] == of_page
    without_order = "&".join(each for each in query.split("&") if "sort" not in each)
    counts = client.json(f"/owed/counts?{without_order}")["counts"]
    assert sum(each["count"] for each in counts) == len(of_page)


def test_the_counts_are_those_of_the_page(shared: WebOffice, client: Program) -> None:
    table = table_of(shared.browser(WebRole.PERFORMANCE).get("/overdue").text)
    counts = client.json("/owed/counts")["counts"]

    def count(state: str, **of: str) -> int:
        bands = {str(band) for band in STATES[state][1]}
        return sum(
            each["count"] for each in counts if each["band"] in bands and all(each[name] == of[name] for name in of)
        )

    for division in ("North", "South"):
        assert table[division] == [str(count(state, division=division)) for state in STATES]
    assert table["All"] == [str(count(state)) for state in STATES]


def test_the_api_takes_every_filter_of_the_page_and_the_key_of_the_next() -> None:
    assert {each.name for each in msgspec.structs.fields(OwedQuery)} == {*OwedFilters.__slots__, "after"}
    hints = get_type_hints(OwedQuery)
    (states, _), (ages, _), (orders, _) = (get_args(hints[name]) for name in ("state", "age", "sort"))
    assert set(get_args(states)) == set(STATES) == set(get_args(get_type_hints(OwedObligation)["state"]))
    for age in get_args(ages):
        assert OwedFilters(age=age).choice.bands
    assert orders is OwedOrder


@pytest.mark.parametrize("sort", OwedOrder)
def test_a_list_goes_on_by_key_and_leaves_nothing_out_while_others_are_added(
    office: WebOffice, monkeypatch: pytest.MonkeyPatch, sort: OwedOrder
) -> None:
    monkeypatch.setattr(owed_resources, "LISTED", 10)
    two = [{"victim_ref": "V1"}, {"victim_ref": "V2"}]
    refs = [f"A/{n:02} &?#" for n in range(20)]
    records(office, *(crime(ref, **N1, victims=two) for ref in refs))
    client, seen, pages = program(office), list[tuple[str, ...]](), 0
    for page in every_page(client, f"/owed?team=N1&state=overdue&sort={sort}"):
        assert len(page) <= 10
        seen += [(each["crime_ref"], each["victim_ref"], each["requirement"]) for each in page]
        pages += 1
        records(office, crime(f"9-new-{pages}", **N1, reported_at="2026-05-30T09:00:00Z"))
        assert pages < 20
    expected = [(ref, victim, "7-day") for ref in refs for victim in ("V1", "V2")]
    expected += [(CRIMES[officer], "V1", "7-day") for officer in ("n1a", "n1b", "n1s")]
    assert sorted(each for each in seen if "new" not in each[0]) == sorted(expected)
    assert len(seen) == len(set(seen)), "and nothing twice"
    logged = [entry for entry in list_accesses(office.service.store) if entry.page == "/api/v1/owed"]
    assert len(logged) == pages


def test_no_page_asks_more_of_the_database_when_there_is_more(office: WebOffice) -> None:
    client, asked = program(office), list[str]()
    client.get("/owed")
    event.listen(office.service.store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def statements(path: str) -> int:
        asked.clear()
        client.json(path)
        return len(asked)

    paths = ("/owed", "/owed?team=N1&sort=officer", "/owed/counts")
    before = [statements(path) for path in paths]
    records(office, *(crime(f"A{n:02}", **N1) for n in range(60)))
    assert [statements(path) for path in paths] == before


def test_a_crime_is_explained_as_the_command_explains_it(shared: WebOffice, client: Program) -> None:
    service = shared.service
    explanation = explain_stored(service.store, service.policy, CRIMES["n1a"], shared.now)
    assert explanation is not None
    given = client.json(f"/crimes/{quote(CRIMES['n1a'], safe='')}")
    assert given == msgspec.json.decode(render(explanation, "json"))
    (obligation,) = given["victims"][0]["requirements"][0]["obligations"]
    assert (obligation["state"], obligation["due_date"]) == ("overdue", "2026-07-08")
    assert re.fullmatch(r"\d+(\.\d+)*", obligation["verdict_clause"])


def test_health_is_what_status_gives_as_json(office: WebOffice) -> None:
    later(office, days=3)  # so that something is wrong: nothing was read
    service = office.service
    seen = read_facts(service.settings, service.policy, office.now, service.store)
    overview = Overview(seen, find_conditions(seen))
    given = program(office, WebRole.ADMINISTRATOR).json("/health")
    expected = msgspec.json.decode(msgspec.json.encode(overview.as_json()))
    for each in (given, expected):
        del each["facts"]["disks"], each["facts"]["database"]["bytes"]  # which change while one looks
    assert given == expected
    assert given["conditions"]


WEEK: Final = "2026-W45"


@pytest.fixture(scope="module")
def published(shared: WebOffice) -> dict[str, bytes]:
    """The board's report with all its forms; one of each division; and the files of the board's."""
    of = figures()
    for name in ("North", "South"):
        publish(
            shared,
            msgspec.structs.replace(of, edition="division", unit=name),
            WEEK,
            f"division-{name.lower()}",
            forms=(),
        )
    publish(shared, of, WEEK, "board")
    return publish(shared, of, WEEK, "board", version=2, forms=("json", "csv"))


def test_reports_are_listed_with_where_they_are(shared: WebOffice, published: dict[str, bytes]) -> None:
    found = program(shared, WebRole.BOARD).json("/reports")["reports"]
    assert [each["edition"] for each in found] == ["board", "division-north", "division-south"]
    assert found[0] == {
        "period": WEEK, "first_day": "2026-11-02", "last_day": "2026-11-08", "edition": "board", "unit": None, "version": 2,
        "published_at": "2026-07-20T11:00:00Z", "report": f"/api/v1/reports/{WEEK}/board",
        "figures": f"/api/v1/reports/{WEEK}/board/figures",
    }  # fmt: skip


def test_a_report_is_given_byte_for_byte_as_published(shared: WebOffice, published: dict[str, bytes]) -> None:
    for role in (WebRole.BOARD, WebRole.CHAMPION, WebRole.PERFORMANCE):
        answer = program(shared, role).get(f"/reports/{WEEK}/board")
        assert answer.content == published["json"]
    jsonschema_rs.validate(schema(), answer.json())


def test_a_report_that_was_not_published_as_json_is_made_from_its_figures(
    shared: WebOffice, published: dict[str, bytes]
) -> None:
    given = program(shared).json(f"/reports/{WEEK}/division-north")
    assert given["unit"] == "North"
    assert {**given, "unit": None, "edition": "board"} == msgspec.json.decode(published["json"])


def test_the_figures_are_the_rows_of_the_csv(shared: WebOffice, published: dict[str, bytes]) -> None:
    given = program(shared, WebRole.BOARD).json(f"/reports/{WEEK}/board/figures")
    assert (given["period"], given["edition"], given["version"]) == (WEEK, "board", 2)
    of_file = list(csv.DictReader(io.StringIO(published["csv"].decode())))
    assert len(of_file) > 200
    assert len(given["rows"]) == len(of_file)
    names = ("section", "figure", "what", "group", "of_period", "measure", "status")
    for row, text in zip(given["rows"], of_file, strict=True):
        assert [row[name] for name in names] == [text[name] for name in names]
        assert row["value"] == (float(text["value"]) if text["value"] else None)


def test_a_champions_program_reads_the_edition_of_its_division_only(
    shared: WebOffice, published: dict[str, bytes]
) -> None:
    client = program(shared, WebRole.CHAMPION)
    assert [each["edition"] for each in client.json("/reports")["reports"]] == ["board", "division-north"]
    for path in (f"/reports/{WEEK}/division-south", f"/reports/{WEEK}/division-south/figures"):
        assert client.get(path).status_code == 404
        assert program(shared).get(path).status_code == 200


def test_figures_of_another_version_are_said_to_be_in_the_files(office: WebOffice) -> None:
    publish(office, figures(), WEEK, "board", forms=())
    with office.service.store.writing() as connection:
        connection.exec_driver_sql("UPDATE published SET figures = '{}'")
    for path in (f"/reports/{WEEK}/board", f"/reports/{WEEK}/board/figures"):
        answer = program(office).get(path)
        assert answer.status_code == 404
        assert "another version of this service" in answer.json()["detail"]


def test_a_report_that_was_changed_on_disk_is_not_given(office: WebOffice) -> None:
    publish(office, figures(), WEEK, "board")
    with office.service.store.writing() as connection:
        connection.exec_driver_sql("UPDATE published SET figures = '{}'")
    answer = program(office).get(f"/reports/{WEEK}/board")
    assert answer.status_code == 503


def followed(client: Program, path: str) -> Json:
    """As Power BI follows it: the address taken apart, and put together again from what it asks for (docs/power-bi.md)."""
    parts = urlsplit(path)
    assert parts.path == "/api/v1/owed"
    return client.json("/owed", params=dict(parse_qsl(parts.query, strict_parsing=True)))


def test_a_page_can_be_asked_for_by_what_next_asks_for(office: WebOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed_resources, "LISTED", 1)
    where = {"officer_ref": "a/%41 é+&", "team": "T&1 %2F", "division": "+North"}
    records(office, *(crime(f"{n}/%2F+& ü", **where) for n in range(3)))
    client = program(office)
    for sort in OwedOrder:
        page, seen = client.json("/owed", params={"sort": sort, "team": where["team"], "state": "overdue"}), list[str]()
        while page["next"]:
            seen += [each["crime_ref"] for each in page["obligations"]]
            assert client.json(page["next"])["obligations"] == followed(client, page["next"])["obligations"]
            page = followed(client, page["next"])
        assert len({*seen, *(each["crime_ref"] for each in page["obligations"])}) == 3


@stores.on_both
def test_hostile_text_comes_through_as_it_is_and_is_only_text(new_database: stores.NewDatabase, tmp_path: Path) -> None:
    with open_web_office(stores.new_migrated(new_database), tmp_path) as opened:
        look_at_hostile_text(opened)


def look_at_hostile_text(office: WebOffice) -> None:
    ref = CRIME["crime_ref"]
    office.directory(*STAFF, msgspec.convert(OFFICER, Officer))
    take(office.service.store, office.now, CRIME)
    office.service.judge()
    client = program(office)
    found = next(each for each in owed(client, "state=overdue") if each["crime_ref"] == ref)
    assert HOSTILE in ref
    for name, of in (("victim_ref", CRIME["victims"][0]), ("officer_ref", CRIME["allocations"][0])):
        assert found[name] == of[name]
    asked = client.json("/owed", params={"division": found["division"], "team": found["team"]})["obligations"]
    assert found in asked
    counts = client.json("/owed/counts", params={"division": found["division"]})["counts"]
    assert {(each["division"], each["team"]) for each in counts} == {(found["division"], found["team"])}
    answer = client.get(f"/crimes/{quote(ref, safe='')}")
    assert answer.json()["crime_ref"] == ref
    assert HOSTILE in answer.json()["offence"]
    for raw in (answer.content, client.get("/owed").content):
        assert b"\n" not in raw
        assert b"\x1b" not in raw, "a control character is escaped"
    refused = client.get("/owed", params={"state": HOSTILE, "team": "x"})
    assert refused.status_code == 400
    assert client.get("/owed", params={"team": "x\0", "\0": HOSTILE}).status_code == 400
    assert client.get("/crimes/%00").status_code == 404
    assert client.get("/owed", params={"after": f"2026-07-08/{HOSTILE}"}).status_code == 200
