"""A team's pages: what is overdue by officer, who cannot act, what nobody has, who was told and whether mail reached them."""

from datetime import timedelta

from sqlalchemy import update

from compliance.records import Officer
from compliance.records.wire import Absence
from compliance.reminders import remind
from compliance.store.tables import OUTBOX
from compliance.web.roles import WebRole
from tests import web_office
from tests.accesses import list_accesses
from tests.stores import crime, take, updates
from tests.web_office import CRIMES, NORTH, NOW, WebOffice, records, words_of

office = web_office.office


def overdue(office: WebOffice, officer: str | None, *refs: str) -> None:
    """Crimes of somebody in N1 that have been overdue since 10 July."""
    where = {"officer_ref": officer, "team": "N1", "division": "North", "reported_at": "2026-07-03T09:00:00Z"}
    take(office.service.store, office.now, *(crime(ref, **where) for ref in refs))
    office.service.judge()


def cards_of(page: str) -> list[str]:
    """What each card says, in order."""
    return [words_of(f"<main{card}") for card in page.split('<section class="victim')[1:]]


def test_a_team_is_shown_by_officer_cases_of_nobody_first_then_whoever_has_most(office: WebOffice) -> None:
    overdue(office, "n1b", "B1", "B2")
    overdue(office, None, "N1")
    page = office.browser(WebRole.SUPERVISOR).get("/team").text
    nobody, briar, ash, cedar = cards_of(page)
    assert "Nobody has the case Overdue 1 update In the way The cases are allocated to nobody." in nobody
    assert "N1 , victim V1: due 10 July, 10 days ago." in nobody
    assert "Briar Basalt (n1b) Overdue 3 updates" in briar
    assert briar.index(CRIMES["n1b"]) < briar.index("B1") < briar.index("B2"), "the longest overdue first"
    assert "Ash Adze (n1a) Overdue 1 update" in ash
    assert "Cedar Chalk (n1s) Overdue 1 update" in cedar
    assert "6 updates overdue, by the officer who has the case" in words_of(page)


def test_who_is_away_stands_before_those_who_have_more(office: WebOffice) -> None:
    """Their victims wait for somebody else; cases of nobody stand before them still."""
    overdue(office, "n1b", "B1", "B2")
    overdue(office, None, "N1")
    away = [Absence("2026-07-18", "2026-07-24")]
    office.directory(Officer("n1s", name="Cedar Chalk", email="n1s@force.example", absent=away, **NORTH))
    page = office.browser(WebRole.SUPERVISOR).get("/team").text
    named = ("Nobody has the case", "Cedar Chalk", "Briar Basalt", "Ash Adze")
    assert [card.split(" Overdue")[0].partition(" (")[0].rpartition("> ")[2] for card in cards_of(page)] == list(named)


def test_a_day_of_another_year_is_said_with_it(office: WebOffice) -> None:
    where = {"officer_ref": "n1b", "team": "N1", "division": "North", "reported_at": "2025-10-03T09:00:00Z"}
    records(office, crime("OLD", **where))
    assert "OLD , victim V1: due 10 October 2025," in words_of(office.browser(WebRole.SUPERVISOR).get("/team").text)


def test_who_is_absent_or_has_left_is_said_in_the_words_of_the_emails(office: WebOffice) -> None:
    """Dates of an absence are included (records section 4)."""
    office.directory(
        Officer("n1a", name="Ash Adze", email="a@force.example", absent=[Absence("2026-07-18", "2026-07-24")], **NORTH),
        Officer("n1b", name="Briar Basalt", email="b@force.example", left_on="2026-07-19", **NORTH),
    )
    said = " ".join(cards_of(office.browser(WebRole.SUPERVISOR).get("/team").text))
    assert "The officer is absent until 24 July." in said
    assert "The officer has left." in said


def test_who_was_told_of_a_victim_and_what_became_of_the_email(office: WebOffice) -> None:
    supervisor = office.browser(WebRole.SUPERVISOR)
    assert "Last email none yet" in words_of(supervisor.get("/team").text)
    remind(office.service.store, office.service.policy, office.service.reminder_settings, office.now)
    said = words_of(supervisor.get("/team").text)
    assert "Escalated to Cedar Chalk: queued, 20 July." in said
    assert "Last email queued, 20 July" in said
    with office.service.store.writing() as connection:
        connection.execute(update(OUTBOX).values(state="sent", sent_at=office.now))
        to_ash = OUTBOX.c.recipient_ref == "n1a"
        connection.execute(update(OUTBOX).where(to_ash).values(state="bounced", bounced_at=office.now))
    ash = next(card for card in cards_of(supervisor.get("/team").text) if "Ash Adze" in card)
    assert "The officer cannot be reached by email. Last email bounced, 20 July" in ash
    assert "Escalated to Cedar Chalk: sent, 20 July." in ash


def test_who_shares_a_mailbox_that_cannot_be_reached_cannot_be_either(office: WebOffice) -> None:
    """Their digest goes to the first of those who share it, who is not on this page: `n1a` of N1."""
    office.directory(Officer("n2a", name="Dunlin Flint", email="n1a@force.example", division="North", team="N2"))
    remind(office.service.store, office.service.policy, office.service.reminder_settings, office.now)
    with office.service.store.writing() as connection:
        to_both = OUTBOX.c.recipient_ref == "n1a"
        connection.execute(
            update(OUTBOX).where(to_both).values(state="bounced", sent_at=office.now, bounced_at=office.now)
        )
    page = words_of(office.browser(WebRole.PERFORMANCE).get("/officers/n2a").text)
    assert "The officer cannot be reached by email." in page


def test_a_team_shows_five_victims_an_officer_and_the_officers_page_all(office: WebOffice) -> None:
    overdue(office, "n1a", *(f"A{n}" for n in range(7)))
    supervisor = office.browser(WebRole.SUPERVISOR)
    ash = next(card for card in cards_of(supervisor.get("/team").text) if "Ash Adze" in card)
    assert "Overdue 8 updates" in ash
    assert ash.count("victim V1") == 5
    assert "All that Ash Adze has overdue" in ash
    answer = supervisor.get("/crimes", params={"number": "n1a"})
    assert answer.headers["location"] == "/officers/n1a"
    page = supervisor.get("/officers/n1a").text
    assert words_of(page).count("victim V1") == 8
    assert "<h1>Ash Adze (n1a)</h1>" in page


def test_what_was_owed_when_a_case_closed_is_said_of_each_officer_and_listed_on_their_page(office: WebOffice) -> None:
    """Missed by the close (rules 5.6) and owed for 28 days after it, unless the victim was updated since: as on the officer's page."""
    case_of = {"officer_ref": "n1b", "team": "N1", "division": "North", "reported_at": "2026-06-01T09:00:00Z"}
    closed = [{"status": "closed", "at": "2026-07-10T09:00:00Z"}]
    before = updates("2026-06-04")
    records(
        office,
        crime("SHUT", **case_of, status=closed, updates=before),
        crime("TOLD", **case_of, status=closed, updates=updates("2026-06-04", "2026-07-12")),
        crime("LONG AGO", **case_of | {"reported_at": "2026-04-01T09:00:00Z"}, updates=updates("2026-04-04"),
              status=[{"status": "closed", "at": "2026-06-20T09:00:00Z"}]),
    )  # fmt: skip
    supervisor = office.browser(WebRole.SUPERVISOR)
    briar = next(card for card in cards_of(supervisor.get("/team").text) if "Briar Basalt" in card)
    assert "Overdue 1 update, and 1 owed when the case closed" in briar
    page = words_of(supervisor.get("/officers/n1b").text)
    assert "SHUT , victim V1: due 29 June, and still owed when the case closed on 10 July." in page
    assert "TOLD" not in page
    assert "LONG AGO" not in page
    assert list_accesses(office.service.store)[-1].crimes == [CRIMES["n1b"], "SHUT"]
    mine = words_of(office.browser(WebRole.OFFICER, "n1b").get("/my-victims").text)
    assert "The case closed on 10 July: please tell the victim the outcome." in mine
    records(
        office,
        crime(CRIMES["n1b"], **case_of, updates=updates("2026-06-04", "2026-07-01"), changed_at="2026-07-20T10:00:00Z"),
    )
    assert "0 updates, and 1 owed when the case closed" in words_of(supervisor.get("/officers/n1b").text)


def test_enhanced_victims_come_first_with_their_tag_and_updates_are_told_from_victims(office: WebOffice) -> None:
    enhanced = [{"victim_ref": "V1", "category": "enhanced"}]
    where = {"officer_ref": "n1b", "team": "N1", "division": "North"}
    records(
        office,
        crime("OLD", **where, reported_at="2026-06-10T09:00:00Z"),
        crime("NEW", **where, reported_at="2026-07-05T09:00:00Z", victims=enhanced),
    )
    supervisor = office.browser(WebRole.SUPERVISOR)
    for path in ("/team", "/officers/n1b"):
        said = words_of(supervisor.get(path).text)
        assert "4 updates to 3 victims" in said
        assert said.index("NEW , victim V1 enhanced : due 12 July") < said.index("OLD , victim V1: due")
    assert "What is owed Overdue 4 updates" in words_of(supervisor.get("/officers/n1b").text)


def test_of_an_officer_who_gets_no_email_as_all_fell_due_before_the_start_the_card_says_so(office: WebOffice) -> None:
    """Due since then as well, the officer will get one."""
    why, supervisor = "Last email none: it fell due before the reminders began", office.browser(WebRole.SUPERVISOR)
    assert "Last email none yet" in words_of(supervisor.get("/officers/n1b").text)
    settings = office.service.settings
    began = settings.reminders.model_copy(update={"due_from": NOW.date() - timedelta(days=10)})
    vars(office.service)["settings"] = settings.model_copy(update={"reminders": began})
    assert why in words_of(supervisor.get("/officers/n1b").text)
    overdue(office, "n1b", "SINCE")
    assert why not in words_of(supervisor.get("/officers/n1b").text)


def test_a_division_is_shown_twenty_officers_at_a_time_and_each_once(office: WebOffice) -> None:
    for number in range(25):
        overdue(office, f"x{number:02}", f"X{number:02}", *([f"Y{number:02}"] if number % 2 else []))
    overdue(office, None, *(f"N{number:02}" for number in range(25)))
    champion = office.browser(WebRole.CHAMPION)
    first = champion.get("/division").text
    cards = cards_of(first)
    assert "Nobody has the case Overdue 25 updates" in cards[0]
    assert cards[0].count("victim V1") == 20
    assert "More cases of nobody are listed in Overdue now" in cards[0]
    assert len(cards) == 20
    assert "20 of 31 officers and groups of cases" in words_of(first)
    second = champion.get(
        first.partition('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    ).text
    assert len(cards_of(second)) == 11
    assert "Next page" not in words_of(second)
    refs = [card.partition("(")[2].partition(")")[0] for card in cards[1:] + cards_of(second)]
    assert len(set(refs)) == len(refs) == 30
    assert refs[:12] == [f"x{number:02}" for number in range(1, 25, 2)], "whoever has most first"
    assert champion.get("/division?after=x").status_code == 404


def test_an_officer_outside_ones_scope_is_not_shown_nor_that_there_is_one(office: WebOffice) -> None:
    supervisor = office.browser(WebRole.SUPERVISOR)
    strange, none = supervisor.get("/officers/s1a"), supervisor.get("/officers/nowhere")
    assert strange.text == none.text
    assert [entry.refused for entry in list_accesses(office.service.store)] == ["an officer outside their scope"] * 2


def test_a_list_is_one_entry_of_the_audit_log_with_the_crimes_that_it_showed(office: WebOffice) -> None:
    overdue(office, "n1a", *(f"A{n}" for n in range(7)))
    office.browser(WebRole.SUPERVISOR).get("/team?anything=asked")
    (entry,) = list_accesses(office.service.store)
    assert (entry.page, entry.asked) == ("/team", {"anything": "asked"})
    assert set(entry.crimes) == {CRIMES["n1a"], CRIMES["n1b"], "A0", "A1", "A2", "A3"}, "neither own nor unseen ones"


def test_a_champion_sees_the_division_and_an_analyst_any_officer(office: WebOffice) -> None:
    page = office.browser(WebRole.CHAMPION).get("/division").text
    assert [ref for ref in CRIMES.values() if ref in page] == [
        CRIMES[who] for who in ("n1a", "n1b", "n1s", "n2a", "nc")
    ]
    assert CRIMES["s1a"] in office.browser(WebRole.PERFORMANCE).get("/officers/s1a").text
