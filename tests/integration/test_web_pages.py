"""What the pages on cases say: as the email, the explanation and the notices say it, and nothing that a browser would obey."""

import html
import re
from urllib.parse import quote

import msgspec
import pytest

from compliance.batch.explanation_page import render_parts
from compliance.records import Officer
from compliance.reminders import plan, reason_of, remind
from compliance.reminders.digests import Digest
from compliance.service.answers.explaining import explain_stored
from compliance.store import DisputeAnswer, answer_dispute, list_disputes, save_officers
from compliance.web.roles import WebRole
from tests import stores, web_office
from tests.accesses import list_accesses
from tests.conftest import OBEYED
from tests.hostile_text import CRIME, OFFICER
from tests.stores import at, crime, updates
from tests.web_office import CRIMES, STAFF, Browser, WebOffice, case, field_of, records, words_of

office = web_office.office


@pytest.fixture
def officer(office: WebOffice) -> Browser:
    return office.browser(WebRole.OFFICER)


def of(ref: str, reported: str, **fields: object) -> stores.Record:
    """A crime of n1a, reported at 09:00 UTC on a day."""
    where = {"officer_ref": "n1a", "team": "N1", "division": "North"}
    return crime(ref, **where | {"reported_at": f"{reported}T09:00:00Z"} | fields)


def parts_of(page: str) -> dict[str, list[str]]:
    """The crime numbers under each heading of My victims, in order."""
    found = {}
    for section in page.split("<section")[1:]:
        title = re.search(r"<h2[^>]*>([^<(]*)", section)
        assert title
        found[title[1].strip()] = re.findall(
            r"<h3[^>]*>Crime ([^<,]+?)(?:,[^<]*)?(?: <span[^<]*</span>)?</h3>", section
        )
    return found


def test_enhanced_victims_come_first_as_in_an_email(office: WebOffice, officer: Browser) -> None:
    enhanced = [{"victim_ref": "V1", "category": "enhanced"}]
    records(office, of("A", "2026-07-05"), of("B", "2026-07-08", victims=enhanced))
    assert parts_of(officer.get("/my-victims").text)["Overdue"] == ["B", CRIMES["n1a"], "A"]


def test_what_is_owed_is_overdue_due_today_or_due_in_the_next_seven_days_the_longest_owed_first(
    office: WebOffice, officer: Browser
) -> None:
    """Rules 3.1, 4.2: due on day 7, and on day 28. Whatever the emails announce, here the week ahead is shown."""
    records(
        office,
        of("A", "2026-07-05"),
        of("B", "2026-07-13"),
        of("C", "2026-07-14"),
        of("D", "2026-07-20"),
        of("E", "2026-07-17", updates=updates("2026-07-19")),
        of("F", "2026-06-25", updates=updates("2026-06-27")),
        of("G", "2026-06-25", updates=updates("2026-06-27", "2026-07-10")),
    )
    page = officer.get("/my-victims").text
    assert parts_of(page) == {
        "Overdue": [CRIMES["n1a"], "A"],
        "Due today": ["B"],
        "Due in the next 7 days": ["C", "F", "D"],
    }
    assert "Overdue: 2 · Due today: 1 · Due in the next 7 days: 3" in words_of(page)


def test_crimes_stand_on_pages_enhanced_victims_first_on_the_first_and_each_once(
    office: WebOffice, officer: Browser
) -> None:
    """An enhanced victim whose update fell due last is not behind the others."""
    enhanced = [{"victim_ref": "V1", "category": "enhanced"}]
    records(office, *(crime(f"22B/{number:02}/26", officer_ref="n1a") for number in range(30)),
            crime("22C/1/26", officer_ref="n1a", reported_at="2026-07-13T09:00:00Z", victims=enhanced))  # fmt: skip
    first = officer.get("/my-victims").text
    assert "15 of 32 crimes" in words_of(first)
    assert "On all pages: Overdue: 31 · Due today: 1 · Due in the next 7 days: 0" in words_of(first)
    assert "Overdue (14 of 31)" in words_of(first)
    assert "22C/1/26" in first
    link = html.unescape(first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0])
    second = officer.get(link).text
    assert "15 of 32 crimes" in words_of(second)
    third = officer.get(html.unescape(second.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0])).text
    assert "2 of 32 crimes" in words_of(third)
    shown = re.findall(r"<h3[^>]*>Crime (22[ABC]/[0-9]+/26)", first + second + third)
    assert len(shown) == len(set(shown)) == 32
    assert officer.get("/my-victims", params={"after": "2/x"}).status_code == 404
    again = officer.post("/disputes", crime=shown[-1], victim="V1", text="", after=field_of(third, "after"))
    assert "Say what is wrong" in words_of(again.text)
    assert shown[-1] in again.text, "the same page again"


def test_crimes_of_which_nothing_is_shown_are_on_no_page_and_in_no_number(office: WebOffice, officer: Browser) -> None:
    """What is met until long after the week, and what was told since the case closed."""
    reported = {"reported_at": "2026-06-25T09:00:00Z", "updates": updates("2026-06-27", "2026-07-10")}
    told = {
        "status": [{"status": "closed", "at": "2026-07-15T09:00:00Z"}],
        "updates": updates("2026-06-20", "2026-07-16"),
    }
    records(office, *(crime(f"22B/{number:02}/26", officer_ref="n1a", **reported) for number in range(20)),
            *(crime(f"22C/{number:02}/26", officer_ref="n1a", reported_at="2026-06-10T09:00:00Z", **told)
              for number in range(20)))  # fmt: skip
    page = words_of(officer.get("/my-victims").text)
    assert "Overdue: 1 · Due today: 0 · Due in the next 7 days: 0 Overdue (1)" in page
    assert "crimes." not in page, "one page has them all"


def test_who_owes_nothing_is_told_so(office: WebOffice, officer: Browser) -> None:
    records(office, case(STAFF[0], updates=updates("2026-07-06", "2026-07-19"), changed_at="2026-07-20T10:00:00Z"))
    assert "You owe nobody an update now or in the next 7 days." in words_of(officer.get("/my-victims").text)


def test_a_card_says_of_a_victim_what_the_email_of_that_morning_says(office: WebOffice, officer: Browser) -> None:
    """One text: every sentence of the email about the victim is on the card, in the same words."""
    hold = [{"from": "2026-07-02T09:00:00Z", "until": "2026-07-06T09:00:00Z", "reason": "court"}]
    told = [{"update_ref": "U1", "at": "2026-07-12T12:00:00Z", "outcome": "attempted"},
            {"update_ref": "U2", "at": "2026-07-01T15:00:00Z", "outcome": "informed"}]  # fmt: skip
    victims = [{"victim_ref": "V1", "contact_holds": hold}, {"victim_ref": "V2", "category": "enhanced"}]
    records(office, of("22A/9/26", "2026-07-01", victims=victims, updates=told))
    service = office.service
    digest: Digest = next(
        each for each in plan(service.store, service.policy, service.reminder_settings, office.now).digests
        if each.recipient_ref == "n1a"
    )  # fmt: skip
    page = words_of(officer.get("/my-victims").text)
    for line in (
        "An attempt on 12 July does not count.",
        "is recorded: the policy asks for one more.",
        "due 8 July, 12 days ago",
    ):
        assert re.search(line, " ".join(digest.content.text.split())), line
        assert re.search(line, page), line


def test_each_sentence_of_a_card_stands_under_what_it_is(office: WebOffice, officer: Browser) -> None:
    """What is to be done, why it is owed, what stands in the way, and what is worth knowing."""
    closed = [{"status": "closed", "at": "2026-07-15T09:00:00Z"}]
    tried = [{"update_ref": "U1", "at": "2026-07-12T12:00:00Z", "outcome": "attempted"}]
    handed = [
        {"officer_ref": who, "team": "N1", "division": "North", "from": f"{day}T09:00:00Z"}
        for who, day in (("n1b", "2026-06-01"), ("n1a", "2026-07-07"))
    ]
    records(office, of("A", "2026-07-01", status=closed), of("B", "2026-06-01", allocations=handed, updates=tried))
    page = words_of(officer.get("/my-victims").text)
    assert "Do The case closed on 15 July: please tell the victim the outcome." in page
    assert "In the way An attempt on 12 July does not count: please try again." in page
    assert "Note With you since 7 July; owed before that. One update covers both." in page
    assert page.count("Next Goes to the champion on 3 August.") == 2


def test_the_sentence_on_safe_contact_stands_before_the_victims_and_on_the_page_of_a_crime(
    office: WebOffice, officer: Browser
) -> None:
    """The crime system knows how a victim agreed to be contacted; the page of the crime here does not."""
    said = "Before you contact a victim, check in the crime system how they agreed to be contacted."
    page = officer.get("/my-victims").text
    assert said in words_of(page)
    assert f'<a href="/crimes/{quote(CRIMES["n1a"], safe="")}">Why this is owed: crime {CRIMES["n1a"]}</a>' in page
    crime = words_of(officer.get(f"/crimes/{quote(CRIMES['n1a'], safe='')}").text)
    assert said in crime
    assert "No reminder has been sent about this crime." in crime


def test_a_hold_in_force_is_not_said_to_have_ended_yesterday(office: WebOffice, officer: Browser) -> None:
    hold = [{"from": "2026-07-12T09:00:00Z", "until": "2026-07-24T09:00:00Z", "reason": "in hospital"}]
    records(office, of("22A/9/26", "2026-07-01", victims=[{"victim_ref": "V1", "contact_holds": hold}]))
    page = words_of(officer.get("/my-victims").text)
    assert "Do not contact: a hold is in force until 24 July (in hospital)." in page
    assert "contact hold in force." in page
    assert "contact hold until" not in page


def test_another_officers_cases_are_in_nobodys_list_but_theirs(office: WebOffice) -> None:
    for person in ("n1a", "n1b", "n2a", "s1a"):
        page = office.browser(WebRole.OFFICER, person).get("/my-victims").text
        assert [ref for ref in CRIMES.values() if ref in page] == [CRIMES[person]]


def test_a_case_that_was_handed_over_moves_with_the_next_reading(office: WebOffice, officer: Browser) -> None:
    records(office, case(STAFF[0]) | {"officer_ref": "n1b", "changed_at": "2026-07-20T10:00:00Z"})
    assert CRIMES["n1a"] not in officer.get("/my-victims").text
    assert CRIMES["n1a"] in office.browser(WebRole.OFFICER, "n1b").get("/my-victims").text
    assert "offence of n1a" not in officer.get(f"/crimes/{quote(CRIMES['n1a'], safe='')}").text


def test_wrong_files_a_dispute_on_that_victim_which_the_card_and_the_next_email_say(
    office: WebOffice, officer: Browser
) -> None:
    """As a reply does (docs/mail.md): it stops no clock, and is answered by the performance team."""
    form = {"crime": CRIMES["n1a"], "victim": "V1"}
    answer = officer.post("/disputes", **form, text="  She was told on the 7th.\r\nIt is in the log. ")
    assert answer.headers["location"] == "/my-victims?said=filed"
    page = words_of(officer.get(answer.headers["location"]).text)
    assert "Your query is with the performance team." in page
    assert "Your query of 20 July is with the performance team." in page
    (filed,) = list_disputes(office.service.store)
    assert (filed.victims, filed.recipient_ref, filed.outbox_id) == (((CRIMES["n1a"], "V1"),), "n1a", None)
    assert (filed.is_assigned, filed.received_at) == (True, office.now)
    assert filed.text == "She was told on the 7th.\r\nIt is in the log."
    assert officer.post("/disputes", **form, text="Again").headers["location"] == "/my-victims?said=before"
    assert len(list_disputes(office.service.store)) == 1
    answer_dispute(office.service.store, filed.id, DisputeAnswer.RECORD_RIGHT, None, (), office.now)
    page = words_of(officer.get("/my-victims").text)
    assert "Your query Your query of 20 July was answered on 20 July: the record is right." in page
    remind(office.service.store, office.service.policy, office.service.reminder_settings, office.now)
    page = words_of(officer.get(f"/crimes/{quote(CRIMES['n1a'], safe='')}").text)
    assert "by n1a: the record is right" in page


@pytest.mark.parametrize(("text", "said"), [(" ", "Say what is wrong"), ("x" * 4001, "Use at most 4,000 characters")])
def test_a_dispute_without_words_or_with_too_many_is_asked_for_again(
    office: WebOffice, officer: Browser, text: str, said: str
) -> None:
    page = officer.post("/disputes", crime=CRIMES["n1a"], victim="V1", text=text)
    assert page.status_code == 400
    assert page.text.count(said) == 2, "in the summary and beside the field"
    assert "<title>Error: My victims" in page.text
    target = re.search(r'<a href="#(wrong-\d+)">', page.text)
    assert target
    assert f'id="{target[1]}"' in page.text
    assert list_disputes(office.service.store) == []


def test_a_form_out_of_date_is_shown_again_with_what_was_written(office: WebOffice, officer: Browser) -> None:
    """And what was sent after signing out says that it was not."""
    form = {"crime": CRIMES["n1a"], "victim": "V1", "text": "She was told on the 7th."}
    answer = officer.ask("POST", "/disputes", data=form | {"token": "of yesterday"})
    assert answer.status_code == 403
    assert "This form was out of date, and nothing was sent. Send it again" in words_of(answer.text)
    assert re.search(r"<textarea[^>]*>She was told on the 7th.</textarea>", answer.text)
    assert list_disputes(office.service.store) == []
    assert officer.ask("POST", "/disputes", data=form | {"token": field_of(answer.text, "token")}).is_redirect
    assert len(list_disputes(office.service.store)) == 1
    officer.cookies.clear()
    answer = officer.ask("POST", "/disputes", data=form)
    said = "You were signed out. What you wrote was not sent."
    assert said in words_of(officer.get(answer.headers["location"]).text)
    assert said not in words_of(officer.get("/sign-in").text)


@pytest.mark.parametrize("victim", [("22A/701/26", "V2"), ("22A/704/26", "V1"), ("nowhere", "V1"), ("", "")])
def test_a_dispute_concerns_a_victim_of_ones_own_and_no_other(
    office: WebOffice, officer: Browser, victim: tuple[str, str]
) -> None:
    assert officer.post("/disputes", crime=victim[0], victim=victim[1], text="no").status_code == 403
    assert list_disputes(office.service.store) == []


def test_a_crime_is_explained_as_the_command_explains_it(office: WebOffice, officer: Browser) -> None:
    ref, service = CRIMES["n1a"], office.service
    explanation = explain_stored(service.store, service.policy, ref, office.now)
    assert explanation is not None
    page = officer.get(f"/crimes/{quote(ref, safe='')}").text
    as_now = render_parts(explanation).replace("The moment asked about.", "Now.")
    wanted = [line.strip() for line in as_now.splitlines() if line.strip()]
    assert "\n".join(wanted) in page


def test_a_crime_shows_every_decision_with_its_reason_and_what_became_of_the_email(
    office: WebOffice, officer: Browser
) -> None:
    """As `compliance notices` lists them."""
    ref, service = CRIMES["n1a"], office.service
    remind(service.store, service.policy, service.reminder_settings, office.now)
    page = words_of(officer.get(f"/crimes/{quote(ref, safe='')}").text)
    assert service.notices(ref)
    for notice, mail in service.notices(ref):
        whom = {"n1a": "Ash Adze (n1a)", "n1s": "Cedar Chalk (n1s)"}[notice.recipient_ref]
        title = next(each.title for each in service.policy.requirement if each.id == notice.requirement)
        outcome = {"sent": "email", "suppressed": "no email", "held": "email held"}[notice.outcome]
        why = re.sub(r"2026-07-0?(\d+)", r"\1 July", reason_of(notice))
        said = f"{notice.step}, victim V1, {title}: {outcome}, {why} {mail or 'none'}"
        assert f"20 July, {whom} {said}" in page
    assert not re.search(r"Reminders .*2026-07", page)
    assert [mail for notice, mail in service.notices(ref) if notice.outcome == "sent"] == ["queued"] * 2


def test_a_crime_that_is_not_there_is_told_from_one_that_is_not_theirs_only_to_who_sees_all(office: WebOffice) -> None:
    analyst, officer = office.browser(WebRole.PERFORMANCE), office.browser(WebRole.OFFICER)
    assert analyst.get("/crimes/nowhere").status_code == 404
    strange, none = (officer.get(f"/crimes/{ref}").text for ref in (CRIMES["s1a"], "nowhere"))
    assert strange == none


def test_a_crime_is_gone_to_by_its_number(office: WebOffice) -> None:
    analyst = office.browser(WebRole.PERFORMANCE)
    answer = analyst.get("/crimes", params={"number": " 22A/706/26 "})
    assert answer.headers["location"] == "/crimes/22A%2F706%2F26"
    assert "offence of s1a" in analyst.get(answer.headers["location"]).text
    page = analyst.get("/crimes")
    assert (page.status_code, page.text.count("Enter a number")) == (400, 2)


def test_a_crime_number_with_a_line_break_has_a_page(office: WebOffice) -> None:
    records(office, crime("22A\n/9\r\n", offence="of a broken number"))
    page = office.browser(WebRole.PERFORMANCE).get("/crimes/22A%0A%2F9%0D%0A")
    assert "of a broken number" in page.text


def test_a_crime_outside_ones_scope_is_opened_for_a_reason_that_is_kept(office: WebOffice) -> None:
    supervisor, path = office.browser(WebRole.SUPERVISOR), f"/crimes/{quote(CRIMES['s1a'], safe='')}"
    asked = supervisor.get(path)
    assert "Why do you need this crime?" in asked.text
    assert "offence of s1a" not in asked.text
    assert supervisor.post(path, reason="  ").status_code == 400
    assert "offence of s1a" in supervisor.post(path, reason="covering for South").text
    (entry,) = list_accesses(office.service.store)
    assert (entry.crimes, entry.reason, entry.person) == ([CRIMES["s1a"]], "covering for South", "n1s")


def test_nobody_without_a_team_or_division_sees_the_cases_that_have_none(office: WebOffice) -> None:
    """Nothing in the directory is no team of those who have none."""
    save_officers(office.service.store, [Officer("x1", role="supervisor"), Officer("x2", role="champion")], office.now)
    records(office, crime("22A/808/26", officer_ref=None, offence="of nobody"))
    for role, person in ((WebRole.SUPERVISOR, "x1"), (WebRole.CHAMPION, "x2")):
        assert "of nobody" not in office.browser(role, person).get("/crimes/22A%2F808%2F26").text
    assert "of nobody" in office.browser(WebRole.PERFORMANCE).get("/crimes/22A%2F808%2F26").text


def test_what_a_record_says_is_shown_and_never_obeyed(office: WebOffice) -> None:
    """Markup, turns of direction and escapes in every free text of a record and of the directory."""
    markup = '<script>alert(1)</script>" onload="x'
    hostile = msgspec.convert(
        OFFICER | {"team": "N1", "division": "North", "name": f"{markup} {OFFICER['name']}"}, Officer
    )
    office.now = at("2026-07-20 12:00")
    office.directory(hostile)
    records(office, CRIME, of(f"22A/{markup}/26", "2026-07-01", offence=markup, victims=[{"victim_ref": "V1"}]))
    analyst, mine = office.browser(WebRole.PERFORMANCE), office.browser(WebRole.OFFICER)
    pages = [
        analyst.get(f"/crimes/{quote(str(CRIME['crime_ref']), safe='')}").text,
        analyst.get(f"/crimes/{quote(f'22A/{markup}/26', safe='')}").text,
        mine.get("/my-victims").text,
        mine.post("/disputes", crime=CRIMES["n1a"], victim="V1", text=markup + "x" * 4001).text,
        analyst.get("/crimes", params={"number": markup}).text,
    ]
    assert "&lt;script&gt;" in pages[1]
    assert "&lt;script&gt;" in pages[2]
    for page in pages:
        assert "<script" not in page
        assert 'onload="x' not in page
        assert not OBEYED.search(page)
