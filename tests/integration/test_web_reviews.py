"""The pages on which readers of a dip sample read their cases and answer, by the rules of an imported form."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from compliance.service.evidence.review_pack import write_pack
from compliance.store.kept.reviews import add_review, close_review, forget_reviewed, readings_of
from compliance.web.roles import WebRole
from tests import stores, web_office
from tests.accesses import list_accesses
from tests.conftest import OBEYED
from tests.stores import updates
from tests.web_office import CRIMES, STAFF, Browser, WebOffice, case, later, open_web_office, records, words_of

office, analyst, new_database = web_office.office, web_office.analyst, stores.one_database
CRITERIA = [["said_what_next", "Did it say what happens next, and when?"]]
TOLD = {
    "told": "yes", "told_on": "2026-07-03", "told_by": "n1a", "said_what_next": "no", "answered_request": "yes",
    "note": "by letter\r\nof the 3rd",
}  # fmt: skip
QUESTION = "Was this victim told about the case by anybody from the police, on 2 July 2026 or later?"


def add_sample(office: WebOffice, reader: str = "an.analyst", second: str | None = None, **fields: Any) -> int:
    """A dip sample of everybody's crime, in the order of the staff; its number."""
    counts = {"overdue": len(CRIMES)}
    drawn = {"period": "2026-W28", "requirement": "7-day", "version": 1, "seed": "s", "populations": counts,
             "drawn": counts, "criteria": CRITERIA, "proof": ["A contact counts by any method.", "Calls show it."],
             "drawn_at": office.now, "drawn_by": "mhill"} | fields  # fmt: skip
    cases = [
        {"number": number, "crime_ref": ref, "victim_ref": "V1", "cycle": 1, "look_from": date(2026, 7, 2),
         "due_date": date(2026, 7, 8), "division": "North", "state": "overdue", "reader": reader,
         "second_reader": second}
        for number, ref in enumerate(CRIMES.values(), 1)
    ]  # fmt: skip
    return add_review(office.service.store, drawn, cases)


def found(office: WebOffice) -> list[dict[str, Any]]:
    return readings_of(office.service.store, 1)


def test_a_reader_goes_through_their_cases_one_at_a_time_and_is_told_how_many_are_left(
    office: WebOffice, analyst: Browser
) -> None:
    add_sample(office)
    samples = words_of(analyst.get("/reviews").text)
    assert "Dip sample 1 Of 7-day, 2026-W28 Drawn 20 July 2026, by mhill You 0 of 6 cases read" in samples
    overview = analyst.get("/reviews/1").text
    assert "6 cases, 6 left to read." in words_of(overview)
    assert '<a class="button" href="/reviews/1/1">Begin</a>' in overview
    first = words_of(analyst.get("/reviews/1/1").text)
    assert "1 of 6; 6 left to read." in first
    assert QUESTION in first
    assert "Case 2 is stored" not in analyst.get("/reviews/1/1?stored=2").text, "whatever an address says"
    done = analyst.post("/reviews/1/1", **TOLD)
    assert done.headers["location"] == "/reviews/1/2?stored=1"
    second = analyst.get(done.headers["location"]).text
    assert "Case 1 is stored." in words_of(second)
    assert "2 of 6; 5 left to read." in words_of(second)
    assert 'href="/reviews/1/1" rel="prev"' in second
    assert 'href="/reviews/1/3" rel="next"' in second
    for number in (3, 4, 5, 6):
        done = analyst.post(f"/reviews/1/{number}", told="no")
    assert done.headers["location"] == "/reviews/1/2?stored=6", "what was left out comes last"
    done = analyst.post("/reviews/1/2", told="cannot tell", note="no video left")
    assert done.headers["location"] == "/reviews/1?said=done"
    end = words_of(analyst.get(done.headers["location"]).text)
    assert "All your cases are read." in end
    assert "Case 1 yes, on 3 July 2026" in end
    assert "Case 2 cannot tell Case 3 no" in end


@stores.on_both
def test_answers_are_stored_as_those_of_a_form_and_can_be_corrected(
    new_database: stores.NewDatabase, tmp_path: Path
) -> None:
    with open_web_office(stores.new_migrated(new_database), tmp_path) as office:
        add_sample(office)
        correct(office, office.browser(WebRole.PERFORMANCE))


def correct(office: WebOffice, analyst: Browser) -> None:
    analyst.post("/reviews/1/1", **TOLD)
    (row,) = found(office)
    assert (row["told"], row["told_on"], row["told_by"], row["answered_request"]) == (
        "yes",
        date(2026, 7, 3),
        "n1a",
        True,
    )
    assert (row["criteria"], row["note"]) == ({"said_what_next": False}, "by letter\r\nof the 3rd")
    assert (row["reader"], row["stored_by"], row["stored_at"]) == ("an.analyst", "an.analyst", office.now)
    page = analyst.get("/reviews/1/1").text
    assert "You have answered this one; what you store now replaces that." in words_of(page)
    for name in ("told-yes", "said_what_next-no", "answered_request-yes"):
        assert f'id="{name}"' in page
        assert page.partition(f'id="{name}"')[2].partition(">")[0].endswith(" checked"), name
    assert 'value="2026-07-03"' in page
    assert ">by letter&#10;of the 3rd</textarea>" in page
    analyst.post("/reviews/1/1", **TOLD | {"told": "no"})
    (row,) = found(office)
    assert (row["told"], row["told_on"], row["told_by"], row["criteria"]) == ("no", None, "", {}), (
        "what is asked of a contact is not taken of a victim who was not told"
    )


@pytest.mark.parametrize(
    ("change", "field", "question", "said"),
    [
        ({"told": ""}, "told-yes", "Told?", "Not answered; expected yes, no or cannot tell"),
        ({"told_on": ""}, "told_on", "On which day?", "Not answered; expected the day of the contact, such as 2026-11-24"),
        ({"told_on": "2026-07-01"}, "told_on", "On which day?", "2026-07-01 is before 2026-07-02, from which contacts count"),
        ({"told_on": "2026-07-21"}, "told_on", "On which day?", "2026-07-21 is in the future"),
        ({"said_what_next": ""}, "said_what_next-yes", "Did it say what happens next, and when?", "Not answered; expected yes or no"),
        ({"note": "x" * 501}, "note", "Note:", "501 characters; at most 500"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_used_is_named_with_its_crime_beside_its_field_and_what_was_typed_is_kept(
    office: WebOffice, analyst: Browser, change: dict[str, str], field: str, question: str, said: str
) -> None:
    add_sample(office)
    answer = analyst.post("/reviews/1/1", **TOLD | change)
    page = answer.text
    assert answer.status_code == 400
    assert page.count(said) == 2, "in the summary and beside the field"
    assert f'<a href="#{field}">Crime 22A/701/26: {question} {said}' in page
    assert f'id="{field}"' in page
    assert "<title>Error: Case 1" in page
    kept = TOLD | change
    assert f'value="{kept["told_on"]}"' in page
    assert f">{kept['note']}</textarea>".replace("\r\n", "&#10;") in page
    assert found(office) == []
    assert [entry.what for entry in list_accesses(office.service.store)] == ["consultation"], "nothing was decided"


def test_the_page_shows_what_was_recorded_and_neither_our_verdict_nor_the_due_date(
    office: WebOffice, analyst: Browser
) -> None:
    """The victim's own updates in the order of time, whatever counts; those to others are counted only."""
    told = [
        *updates("2026-07-09"), {"update_ref": "U9", "at": "2026-07-02T09:00:00Z", "outcome": "attempted", "victim_ref": "V1",
                                  "method": "phone", "officer_ref": "n1b", "entered_at": "2026-07-04T10:30:00Z"},
        {"update_ref": "U8", "at": "2026-07-05T09:00:00Z", "outcome": "contacted", "victim_ref": "V2"},
    ]  # fmt: skip
    victims = [{"victim_ref": "V1", "category": "enhanced"}, {"victim_ref": "V2"}]
    records(office, case(STAFF[0], updates=told, victims=victims, changed_at="2026-07-20T09:00:00Z"))
    add_sample(office)
    page = analyst.get("/reviews/1/1").text
    said = words_of(page)
    assert "Victim V1 Reported" in said
    assert "Offence offence of n1a" in said
    assert "Category enhanced" in said
    assert "2 July 2026, 10:00 phone, attempted, by n1b Entered 4 July 2026, 11:30." in said
    assert said.index("2 July 2026, 10:00") < said.index("9 July 2026,")
    assert "5 July 2026" not in said
    assert "1 update to other victims of this crime is not shown." in said
    assert "A contact counts by any method. Calls show it." in said
    assert not re.search(r"8 July|2026-07-08|\b(overdue|met|late|missed|due|North)\b", page.partition("<main")[2], re.I)


def test_a_reader_sees_nothing_of_what_another_found(office: WebOffice, analyst: Browser) -> None:
    """Neither that there is a second reader of a case, nor what they answered."""
    add_sample(office, "ben", "an.analyst")
    alone = analyst.get("/reviews/1/1").text
    ben = office.browser(WebRole.PERFORMANCE, "ben")
    ben.post("/reviews/1/1", **TOLD | {"note": "words of ben"})
    assert analyst.get("/reviews/1/1").text == alone
    assert "6 cases, 6 left to read." in words_of(analyst.get("/reviews/1").text)
    analyst.post("/reviews/1/1", told="no")
    assert [(row["reader"], row["told"]) for row in found(office)] == [("an.analyst", "no"), ("ben", "yes")]


def test_only_the_readers_of_a_sample_open_its_cases(office: WebOffice, analyst: Browser) -> None:
    """Nobody learns whether there is such a sample; the performance team sees how far its readers are."""
    add_sample(office, "ben")
    assert "ben 0 of 6 cases read" in words_of(analyst.get("/reviews").text)
    assert 'href="/reviews/1"' not in analyst.get("/reviews").text
    for path in ("/reviews/1", "/reviews/1/1"):
        strange, none = analyst.get(path), analyst.get(path.replace("/reviews/1", "/reviews/7"))
        assert strange.status_code == none.status_code == 404
        assert strange.text == none.text
    assert analyst.post("/reviews/1/1", **TOLD).status_code == 404
    assert found(office) == []
    refused = {entry.refused for entry in list_accesses(office.service.store)}
    assert refused == {"a dip sample they do not read"}


def test_a_supervisor_named_as_a_reader_reads_cases_of_other_teams_and_the_log_says_why(office: WebOffice) -> None:
    add_sample(office, "n1s")
    supervisor = office.browser(WebRole.SUPERVISOR)
    assert CRIMES["s1a"] in supervisor.get("/reviews/1/6").text
    supervisor.post("/reviews/1/6", told="no")
    shown, stored = list_accesses(office.service.store)
    assert (shown.crimes, shown.reason) == ([CRIMES["s1a"]], "reader of dip sample 1")
    assert (stored.what, stored.crimes) == ("decision", [CRIMES["s1a"]])
    first = supervisor.get("/").text
    assert "Cases are yours to read: dip sample 1 ." in words_of(first)
    assert 'href="/reviews/1"' in first
    assert "yours to read" not in office.browser(WebRole.CHAMPION).get("/").text
    officer = office.browser(WebRole.OFFICER, "n1s")
    assert officer.get("/reviews/1/6").status_code == 403, "not in the role of an officer"


def test_what_is_stored_is_in_the_audit_log_without_the_words(office: WebOffice, analyst: Browser) -> None:
    add_sample(office)
    analyst.post("/reviews/1/1", **TOLD)
    (entry,) = list_accesses(office.service.store)
    assert (entry.person, entry.what, entry.page) == ("an.analyst", "decision", "/reviews/{number}/{case}")
    assert entry.crimes == [CRIMES["n1a"]]
    assert entry.asked == {
        "number": "1", "case": "1", "told": "yes", "told_on": "2026-07-03", "said_what_next": "no",
        "answered_request": "yes",
    }  # fmt: skip


def test_the_pack_says_who_answered_on_the_page_and_by_what_proof(office: WebOffice, tmp_path: Path) -> None:
    add_sample(office, second="ben")
    for person, number in (("an.analyst", 1), ("an.analyst", 1), ("an.analyst", 2), ("ben", 1)):
        office.browser(WebRole.PERFORMANCE, person).post(f"/reviews/1/{number}", **TOLD)
    page = words_of("<main" + pack(office, tmp_path))
    assert "an.analyst: 3 answers on the page, 20 July 2026" in page
    assert "ben: 1 answer on the page, 20 July 2026" in page
    assert (
        "What counted as proof A contact counts by any method. Calls show it. The settings say something else by"
        in page
    )
    assert "Still open: answers can be corrected." in page
    close_review(office.service.store, 1, office.now, "mhill")
    assert "Closed on 20 July 2026." in pack(office, tmp_path)
    found = json.loads((tmp_path / "review-1.json").read_text("utf-8"))["sample"]
    assert found["proof"] == ["A contact counts by any method.", "Calls show it."]
    assert found["closed_at"] == "2026-07-20T11:00:00Z"


def test_the_pack_says_which_reader_saw_our_verdict_of_a_case_before_they_answered(
    office: WebOffice, analyst: Browser, tmp_path: Path
) -> None:
    """Not who looked after they had, nor who reads other cases."""
    add_sample(office, second="ben")
    stranger, first = office.browser(WebRole.PERFORMANCE, "carl"), quote(CRIMES["n1a"], safe="")
    stranger.get(f"/crimes/{first}")
    analyst.post("/reviews/1/1", **TOLD)
    later(office, minutes=1)
    analyst.get(f"/crimes/{first}")
    assert "By the audit log, nobody was shown a case that they were to read elsewhere" in words_of(
        "<main" + pack(office, tmp_path)
    )
    analyst.get(f"/crimes/{quote(CRIMES['s1a'], safe='')}")
    later(office, minutes=1)
    analyst.post("/reviews/1/6", told="no")
    page = words_of("<main" + pack(office, tmp_path))
    assert "By the audit log, these cases were shown to their readers elsewhere" in page
    assert page.count("Case 6 to an.analyst: /crimes/{crime_ref:path}, 2026-07-20 11:01 UTC") == 1
    assert "Case 1 to" not in page


def test_a_pack_of_a_sample_of_before_proof_was_stored_says_so(office: WebOffice, tmp_path: Path) -> None:
    add_sample(office, proof=[])
    assert "It was not stored with this sample what counted as proof." in pack(office, tmp_path)
    assert (
        "It was not stored with this sample what counts as proof: ask"
        in office.browser(WebRole.PERFORMANCE).get("/reviews/1").text
    )


def pack(office: WebOffice, folder: Path) -> str:
    write_pack(office.service, 1, folder)
    return (folder / "review-1.html").read_text("utf-8")


def test_a_closed_sample_takes_no_answer(office: WebOffice, analyst: Browser) -> None:
    add_sample(office)
    analyst.post("/reviews/1/1", **TOLD)
    assert "yours to read" in analyst.get("/").text
    close_review(office.service.store, 1, office.now, "mhill")
    assert "yours to read" not in analyst.get("/").text
    assert "Closed 20 July 2026, by mhill" in words_of(analyst.get("/reviews").text)
    overview = analyst.get("/reviews/1").text
    assert "It was closed on 20 July 2026: no answer is taken any more." in words_of(overview)
    assert 'href="/reviews/1/' not in overview
    for answer in (analyst.get("/reviews/1/1"), analyst.post("/reviews/1/1", told="no")):
        assert answer.status_code == 409
        assert "This dip sample is closed" in words_of(answer.text)
    assert [row["told"] for row in found(office)] == ["yes"]


def test_a_form_that_is_out_of_date_loses_nothing(office: WebOffice, analyst: Browser) -> None:
    add_sample(office)
    answer = analyst.ask("POST", "/reviews/1/1", data=TOLD)
    assert answer.status_code == 403
    assert "This form was out of date, and nothing was stored. Store it again" in answer.text
    assert ">by letter&#10;of the 3rd</textarea>" in answer.text
    assert found(office) == []


def test_a_crime_that_was_removed_is_not_asked_about(office: WebOffice, analyst: Browser) -> None:
    add_sample(office)
    with office.service.store.writing() as connection:
        forget_reviewed(connection, [CRIMES["n1a"]], strip=False)
    overview = words_of(analyst.get("/reviews/1").text)
    assert "6 cases, 5 left to read." in overview
    assert "Case 1 the crime was removed" in overview
    assert analyst.get("/reviews/1/1").status_code == 404


def test_an_address_that_nobody_was_given_shows_nothing(office: WebOffice, analyst: Browser) -> None:
    add_sample(office)
    for path in ("/x", "/0", "/1%27", "/9999999999999999999999", "/1/x", "/1/0", "/1/7"):
        assert analyst.get(f"/reviews{path}").status_code == 404, path


def test_what_readers_and_records_say_is_shown_and_never_obeyed(office: WebOffice, analyst: Browser) -> None:
    hostile = "<script>alert(1)</script> \x1b[31m \u202e"
    told = [updates("2026-07-09")[0] | {"method": hostile, "outcome": hostile, "officer_ref": hostile}]
    fields = {"offence": hostile, "updates": told, "changed_at": "2026-07-20T09:00:00Z"}
    records(office, stores.crime(CRIMES["n1a"], officer_ref="n1a", **fields))
    add_sample(office, criteria=[["said", hostile]], proof=[hostile], drawn_by=hostile, period="2026-W28")
    analyst.post("/reviews/1/1", told="no", note=hostile)
    pages: list[httpx.Response] = [analyst.get(path) for path in ("/reviews", "/reviews/1", "/reviews/1/1")]
    pages.append(analyst.post("/reviews/1/1", told=hostile, told_on=hostile, told_by=hostile, note=hostile))
    for page in pages:
        assert "&lt;script&gt;" in page.text
        assert "<script" not in page.text
        assert not OBEYED.search(page.text)
