"""The pages on disputes: listed, shown with the record, and answered as the command answers them, with who did."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from compliance.cli import main
from compliance.cli.options import user_name
from compliance.reminders import remind
from compliance.store import DisputeAnswer, answer_dispute, dispute_victim, file_dispute, list_disputes
from compliance.store.tables import OUTBOX
from compliance.web.roles import WebRole
from tests import stores, web_office
from tests.accesses import list_accesses
from tests.conftest import OBEYED
from tests.mails import CONFIG
from tests.web_office import CRIMES, Browser, WebOffice, later, words_of

office, analyst = web_office.office, web_office.analyst


def dispute(office: WebOffice, holder: str, text: str, victim: str = "V1") -> int:
    """What somebody says on a page of their own crime; its number."""
    assert dispute_victim(office.service.store, holder, (CRIMES[holder], victim), text, office.now)
    return list_disputes(office.service.store)[-1].id


def dispute_of_several(office: WebOffice) -> tuple[int, tuple[str, ...]]:
    """A reply to a supervisor's email on several crimes that names none; its number, and the crimes."""
    service = office.service
    remind(service.store, service.policy, service.reminder_settings, office.now)
    (mail,) = (row[0] for row in stores.rows(service.store, OUTBOX, "id", "recipient_ref") if row[1] == "n1s")
    with service.store.writing() as connection:
        number = file_dispute(connection, mail, "n1s", "One of these is wrong.", office.now)
    return number, list_disputes(service.store)[-1].crimes


def places(page: str, *texts: str) -> list[int]:
    said = words_of(page)
    return [said.index(text) for text in texts]


def test_open_disputes_are_listed_the_oldest_first_and_answered_ones_the_newest_first(
    office: WebOffice, analyst: Browser
) -> None:
    numbers = [dispute(office, holder, f"words of {holder}") for holder in ("n1a", "n1b", "s1a", "n2a")]
    for number in numbers[2:]:
        answer_dispute(office.service.store, number, DisputeAnswer.RECORD_RIGHT, None, (), office.now, "an.analyst")
    later(office, minutes=20)
    page = analyst.get("/disputes").text
    assert "Open (2) Answered (2)" in words_of(page)
    assert "2 disputes, the longest open first." in words_of(page)
    order = places(page, "Dispute 1 Received 20 July 2026, open for 20 minutes From Ash Adze (n1a)", "Dispute 2")
    assert order == sorted(order)
    assert "Dispute 3" not in page
    answered = analyst.get("/disputes?show=answered").text
    order = places(
        answered, "Dispute 4", "Dispute 3", f"About {CRIMES['s1a']}", "Answer the record is right, 20 July 2026"
    )
    assert order[0] < order[1] < order[2]
    assert "by an.analyst" in words_of(answered)


def test_a_long_list_is_gone_through_by_key_and_says_how_many_there_are(office: WebOffice, analyst: Browser) -> None:
    for number in range(1, 53):
        dispute(office, "n1a", f"words {number}", f"V{number}")
    first = analyst.get("/disputes").text
    assert "52 disputes" in words_of(first)
    assert "50 of 52 disputes. Next page" in words_of(first)
    assert 'href="/disputes?after=50"' in first
    answer_dispute(office.service.store, 1, DisputeAnswer.WITHDRAWN, None, (), office.now)
    second = analyst.get("/disputes?after=50").text
    assert "Dispute 51" in second
    assert "Dispute 52" in second
    assert "2 of 51 disputes. First page" in words_of(second), "nothing is left out because one before it went"


def test_an_address_that_nobody_was_given_shows_nothing(office: WebOffice, analyst: Browser) -> None:
    dispute(office, "n1a", "words")
    for path in ("?after=x", "?after=0", "?after=9999999999999999999999", "/0", "/x", "/1%27", "/77"):
        assert analyst.get(f"/disputes{path}").status_code == 404, path


def test_one_is_shown_with_its_words_and_what_the_record_says(office: WebOffice, analyst: Browser) -> None:
    number = dispute(office, "n1a", "She was told on the 7th.\r\n\r\nIt is <b>in the log</b>.")
    page = analyst.get(f"/disputes/{number}").text
    assert "She was told on the 7th.&#10;&#10;It is &lt;b&gt;in the log&lt;/b&gt;." in page
    assert f"Crime {CRIMES['n1a']} , victim V1" in words_of(page)
    assert "Filed on a page" in words_of(page)
    crime = analyst.get(f"/crimes/{quote(CRIMES['n1a'], safe='')}").text
    record = crime[crime.index('<dl class="facts terms">') : crime.index('aria-labelledby="reminders"')]
    record = record[: record.rindex("</section>")]
    assert record in page, "in the words of the crime's own page"


def test_an_answer_is_stored_as_the_command_stores_it_with_who_gave_it(
    office: WebOffice, analyst: Browser, tmp_path: Path
) -> None:
    first, second = (dispute(office, "n1a", "not so", victim) for victim in ("V1", "V2"))
    (tmp_path / "config.toml").write_text(CONFIG.format(url=f"sqlite:///{tmp_path}/compliance.db"))
    words = [
        "disputes",
        "answer",
        str(first),
        "wrong",
        "--note",
        "Typed in late.",
        "--config",
        f"{tmp_path}/config.toml",
    ]
    assert CliRunner().invoke(main, words).exit_code == 0
    done = analyst.post(f"/disputes/{second}", answer="wrong", note=" Typed in late. ")
    assert done.headers["location"] == f"/disputes/{second}?said=answered"
    page = words_of(analyst.get(done.headers["location"]).text)
    assert "The answer is stored." in page
    assert "Answer the record was wrong, 20 July 2026, by an.analyst Note Typed in late." in page
    by_command, on_page = list_disputes(office.service.store)
    assert (by_command.answered_by, on_page.answered_by) == (user_name(), "an.analyst")
    others: Any = {"id": 0, "victims": (), "answered_by": None, "answered_at": None}
    assert replace(by_command, **others) == replace(on_page, **others)
    assert on_page.answered_at == office.now
    said = CliRunner().invoke(main, ["disputes", "show", str(second), *words[-2:]]).output
    assert "answered: 2026-07-20 by an.analyst: the record was wrong" in said


def test_who_has_a_reference_in_the_directory_is_named_by_it(office: WebOffice) -> None:
    number = dispute(office, "n2a", "not so")
    office.browser(WebRole.PERFORMANCE, "n2a@force.example").post(f"/disputes/{number}", answer="right")
    assert list_disputes(office.service.store)[0].answered_by == "n2a"
    assert "by Dunlin Flint (n2a)" in words_of(office.browser(WebRole.CHAMPION).get(f"/disputes/{number}").text)


def test_a_dispute_that_names_no_crime_is_assigned_when_it_is_answered(office: WebOffice, analyst: Browser) -> None:
    number, crimes = dispute_of_several(office)
    path = f"/disputes/{number}"
    assert len(crimes) > 2
    page = analyst.get(path).text
    assert "It is not clear which of these" in page
    assert f"email {list_disputes(office.service.store)[0].outbox_id}" in words_of(page)
    answer = analyst.post(path, answer="wrong")
    assert (answer.status_code, answer.text.count("Choose the crimes that it concerns")) == (400, 2)
    assert 'href="#crime-1"' in answer.text
    strange = analyst.post(path, answer="wrong", **{"crime-1": CRIMES["s1a"]})
    assert strange.status_code == 400
    assert f"does not concern crime {CRIMES['s1a']}" in words_of(strange.text)
    assert list_disputes(office.service.store)[0].answer is None
    analyst.post(path, answer="wrong", **{"crime-1": crimes[0], "crime-3": crimes[2]})
    (stored,) = list_disputes(office.service.store)
    assert (stored.crimes, stored.is_assigned, stored.answer) == ((crimes[0], crimes[2]), True, "the record was wrong")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"answer": "", "note": "Why?\r\nBecause"}, "Choose an answer"),
        ({"answer": "perhaps"}, "Choose an answer"),
        ({"answer": "right", "note": "x" * 4001}, "Use at most 4,000 characters; these are 4,001"),
    ],
)
def test_an_answer_that_cannot_be_stored_is_asked_for_again(
    office: WebOffice, analyst: Browser, form: dict[str, str], said: str
) -> None:
    number = dispute(office, "n1a", "not so")
    page = analyst.post(f"/disputes/{number}", **form)
    assert (page.status_code, page.text.count(said)) == (400, 2), "in the summary and beside the field"
    assert f"<title>Error: Dispute {number}" in page.text
    assert f">{form.get('note', '')}</textarea>".replace("\r\n", "&#10;") in page.text, (
        "nothing has to be written twice"
    )
    assert list_disputes(office.service.store)[0].answer is None


def test_a_champion_sees_those_of_their_division_and_neither_notes_nor_the_form(office: WebOffice) -> None:
    north, south = dispute(office, "n1a", "words of n1a"), dispute(office, "s1a", "words of s1a")
    answer_dispute(office.service.store, north, DisputeAnswer.RECORD_RIGHT, "for the team", (), office.now, "x")
    champion = office.browser(WebRole.CHAMPION)
    assert "Open (0) Answered (1)" in words_of(champion.get("/disputes").text)
    page = champion.get(f"/disputes/{north}").text
    assert "words of n1a" in page
    assert "for the team" not in page
    assert "<textarea" not in page
    strange, none = champion.get(f"/disputes/{south}"), champion.get("/disputes/99")
    assert strange.text == none.text
    assert champion.post(f"/disputes/{south}", answer="right").status_code == 403
    assert list_disputes(office.service.store)[1].answer is None
    refused = [entry.refused for entry in list_accesses(office.service.store) if entry.refused]
    assert refused == ["a dispute outside their scope"] * 2 + ["not for this role"]


def test_an_answer_is_in_the_audit_log_with_what_it_concerns_and_without_the_words(
    office: WebOffice, analyst: Browser
) -> None:
    number = dispute(office, "n1a", "not so")
    analyst.post(f"/disputes/{number}", answer="right", note="private")
    (entry,) = list_accesses(office.service.store)
    assert (entry.person, entry.page, entry.crimes) == ("an.analyst", "/disputes/{number}", [CRIMES["n1a"]])
    assert entry.asked == {"number": str(number), "answer": "right"}


def test_what_a_reply_says_is_shown_and_never_obeyed(office: WebOffice, analyst: Browser) -> None:
    hostile = "<script>alert(1)</script> \x1b[31m \u202e"
    number = dispute(office, "n1a", hostile)
    answer_dispute(office.service.store, number, DisputeAnswer.RECORD_RIGHT, hostile, (), office.now, hostile)
    for path in ("/disputes?show=answered", f"/disputes/{number}"):
        page = analyst.get(path).text
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert not OBEYED.search(page)


def test_a_form_with_more_fields_than_any_of_ours_is_refused(office: WebOffice, analyst: Browser) -> None:
    number = dispute(office, "n1a", "not so")
    answer = analyst.post(f"/disputes/{number}", answer="right", **{f"crime-{n}": "x" for n in range(400)})
    assert answer.status_code == 403
    assert list_disputes(office.service.store)[0].answer is None
