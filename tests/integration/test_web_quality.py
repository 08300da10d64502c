"""The pages on data quality: what is refused, set aside or unknown, as the commands and the report say it, and trying again."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from compliance.cli import main
from compliance.policy import load_policy
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.snapshots import newest_published, read_figures
from compliance.service.polls.crime_feed import vocabulary_of
from compliance.service.polls.unknown_notes import REMEDY, still_unknown
from compliance.store import begin_poll, count_set_aside, end_poll, judge_due, list_quarantined, take_page
from compliance.store.content import pack_raw, raw_digest
from compliance.store.tables import QUARANTINE
from tests import web_office
from tests.accesses import list_accesses
from tests.conftest import OBEYED
from tests.integration.test_web_reports import publish
from tests.mails import CONFIG
from tests.poison import poison
from tests.stores import SOURCE, Record, crime, raws, take
from tests.web_office import Browser, WebOffice, words_of

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"
OLD = "reported in 1990, with an event of then"
PAGES = ("", "/refused", "/refused/1", "/set-aside", "/unknown-values", "/unknown-officers")


office, analyst = web_office.office, web_office.analyst


def fill(office: WebOffice) -> None:
    """All that a page on data quality can show."""
    receive(office)
    set_aside(office)


def receive(office: WebOffice) -> None:
    """Two records refused, and one value and one officer that nobody knows."""
    service = office.service
    store, known = service.store, vocabulary_of(service.settings, service.policy)
    said = [{"update_ref": "U1", "at": "2026-07-03T12:00:00Z", "outcome": f"left card {HOSTILE}"}]
    strange = crime("22A/9/26", officer_ref="gone1", updates=said)
    poll = begin_poll(store, SOURCE, office.now)
    records: list[Record | bytes] = [
        strange,
        crime("22A/10/26", reported_at=f"soon {HOSTILE}"),
        b"{not json",
        crime("22A/11/26", officer_ref="gone1"),
    ]
    take_page(store, poll, SOURCE, raws(records), "c", office.now, known)
    end_poll(store, poll, office.now, True)
    service.judge()


def set_aside(office: WebOffice) -> None:
    """Two obligations set aside, as if the policy were another."""
    store = office.service.store
    take(store, office.now, *(poison(OLD, f"22A/{n}/90") | {"officer_ref": "n1a"} for n in (7, 8)))
    judge_due(store, load_policy("victims-code-2020"), office.now)


def make_right(office: WebOffice, number: int, ref: str) -> None:
    """Make a refused record one that is right, as a newer version of the service might read it."""
    raw = raws([crime(ref)])[0]
    with office.service.store.writing() as connection:
        values = {"record": pack_raw(raw), "digest": raw_digest(SOURCE, raw)}
        connection.execute(update(QUARANTINE).where(QUARANTINE.c.id == number).values(values))


def test_nothing_wrong_is_said_so(analyst: Browser) -> None:
    said = " ".join(words_of(analyst.get(f"/quality{path}").text) for path in PAGES if path != "/refused/1")
    for words in (
        "Refused records (0) Set aside (0) Unknown values (0) Unknown officers (0)", "No record is refused.",
        "Nothing is set aside: everything could be judged.", "Every value that came is known.",
        "The directory has every officer who has something outstanding.", "No report has been published yet.",
    ):  # fmt: skip
        assert words in said


def test_counts_come_first_and_each_list_says_what_the_commands_say(office: WebOffice, analyst: Browser) -> None:
    fill(office)
    service = office.service
    overview = words_of(analyst.get("/quality").text)
    aside = count_set_aside(service.store)
    assert aside >= 2
    assert f"Refused records (2) Set aside ({aside}) Unknown values (1) Unknown officers (1)" in overview
    refused = list_quarantined(service.store)
    assert len(refused) == 2
    assert f"{aside:,} of arrested calendar 'england-and-wales' is known from 1 January 1995 to 31 December" in overview
    assert "move covers_from in the calendar's file (rules 6.1a)" in overview
    listed = analyst.get("/quality/refused").text
    for record in refused:
        assert f"Record {record.id}" in listed
    assert "2 records in quarantine, the newest first." in words_of(listed)
    values = analyst.get("/quality/unknown-values").text
    (line,) = still_unknown(service.store, service.settings, service.policy)
    assert "left card" in line
    assert f"To do: {REMEDY}." in words_of(values)
    assert "1 value that came" in words_of(values)
    aside_page = words_of(analyst.get("/quality/set-aside").text)
    assert "2 crimes, by number." in aside_page
    assert aside_page.index("Crime 22A/7/90") < aside_page.index("Crime 22A/8/90")
    officers = words_of(analyst.get("/quality/unknown-officers").text)
    assert "1 officer whom records name and the directory does not" in officers
    assert "gone1 : 2 obligations outstanding" in officers


def test_what_was_received_is_on_no_page_and_nothing_of_it_is_obeyed(office: WebOffice, analyst: Browser) -> None:
    """A record may hold what the service does not keep: the machine's command shows it, no page does."""
    fill(office)
    for path in PAGES:
        page = analyst.get(f"/quality{path}").text
        assert "update_ref" not in page
        assert "<script" not in page
        assert not OBEYED.search(page)
    assert "compliance quarantine show 1" in words_of(analyst.get("/quality/refused/1").text)


def test_what_is_shown_of_crimes_is_logged(office: WebOffice, analyst: Browser) -> None:
    fill(office)
    for path in ("/refused", "/set-aside"):
        analyst.get(f"/quality{path}")
    refused, aside = list_accesses(office.service.store)
    assert (refused.page, refused.crimes) == ("/quality/refused", ["22A/10/26"])
    assert (aside.page, aside.crimes) == ("/quality/set-aside", ["22A/7/90", "22A/8/90"])


def test_lists_are_gone_through_by_key_and_say_how_many_there_are(office: WebOffice, analyst: Browser) -> None:
    store = office.service.store
    take(store, office.now, *(crime(f"22A/{n}/26", reported_at="soon") for n in range(100, 152)))
    page = words_of(analyst.get("/quality/refused").text)
    assert "50 of 52 records. Next page" in page
    rest = analyst.get("/quality/refused?after=3").text
    assert "2 of 52 records. First page" in words_of(rest)
    assert "crime 22A/101/26" in words_of(rest)
    take(store, office.now, *(crime(f"22A/{n}/26", officer_ref=f"gone{n:03}") for n in range(200, 252)))
    office.service.judge()
    page = analyst.get("/quality/unknown-officers").text
    assert "50 of 52 officers." in words_of(page)
    assert 'href="/quality/unknown-officers?after=2%3Agone249"' in page
    assert "gone250 : 2 obligations outstanding gone251" in words_of(
        analyst.get("/quality/unknown-officers?after=2%3Agone249").text
    )


def test_an_address_that_nobody_was_given_shows_nothing(analyst: Browser) -> None:
    for path in ("refused?after=x", "refused/9", "refused/x", "unknown-officers?after=x", "unknown-officers?after=x:y"):
        assert analyst.get(f"/quality/{path}").status_code == 404, path


def test_refused_records_are_tried_again_as_the_command_does(
    office: WebOffice, analyst: Browser, tmp_path: Path
) -> None:
    store = office.service.store
    take(store, office.now, *(crime(f"22A/{n}/26", reported_at="soon") for n in (10, 11, 12)))
    make_right(office, 1, "22A/10/26")
    make_right(office, 2, "22A/11/26")
    one = analyst.post("/quality/refused/1")
    assert one.headers["location"] == "/quality/refused/1?taken=1&overtaken=0&refused=0"
    said = words_of(analyst.get(one.headers["location"]).text)
    assert "1 accepted, 0 already corrected since, 0 records still refused." in said
    assert "left the quarantine on 20 July 2026" in said
    assert analyst.get("/crimes/22A%2F10%2F26").status_code == 200
    everything = analyst.post("/quality/refused")
    assert "1 accepted, 0 already corrected since, 1 record still refused." in words_of(
        analyst.get(everything.headers["location"]).text
    )
    (tmp_path / "config.toml").write_text(CONFIG.format(url=f"sqlite:///{tmp_path}/compliance.db"))
    words = ["quarantine", "retry", "--all", "--config", f"{tmp_path}/config.toml"]
    assert CliRunner().invoke(main, words).output == "0 accepted, 0 already corrected since, 1 still refused\n"
    assert analyst.post("/quality/refused/1").status_code == 409, "it has left"
    acts = [
        (each.page, each.crimes)
        for each in list_accesses(store)
        if each.page.startswith("/quality") and not each.refused
    ]
    assert acts[0] == ("/quality/refused/{number}", ["22A/10/26"])
    assert acts[2] == ("/quality/refused", ["22A/12/26", "22A/11/26"])


def test_a_report_of_another_version_is_said_not_to_be_readable(office: WebOffice, analyst: Browser) -> None:
    publish(office, "2026-W26", "board")
    said = words_of(analyst.get("/quality").text)
    assert "The figures of this report were made by another version, and cannot be shown." in said


def test_the_newest_report_to_the_board_says_what_it_found(
    office: WebOffice, analyst: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.service.report_jobs.release_evidence.try_examples", lambda _: (173, ()))
    fill(office)
    office.service.report(parse_period("2026-W27"), ("board",), ("json",))
    with office.service.store.session(reading=True) as session:
        row = newest_published(session, "2026-W27", "board")
    figures = None if row is None else read_figures(row)
    assert figures is not None
    said = words_of(analyst.get("/quality").text)
    assert "In the newest report, 2026-W27" in said
    found = [each for each in figures.quality if each.in_week or each.held]
    assert found
    assert all(each.title.partition("\x1b")[0][:30] in said for each in found)
