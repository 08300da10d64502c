"""Whoever reads of a victim under a contact hold reads of the hold first; and nobody is blamed for having obeyed it."""

import pytest
from sqlmodel import col, select

from compliance.records import Officer
from compliance.reminders import reason_of
from compliance.store.tables import Notice
from tests import office as offices
from tests import stores
from tests.integration.test_reminders_again import telling
from tests.office import Json, Office, crime, morning
from tests.reminding import change

new_database, sqlite_office, any_office = stores.new_database, offices.office, offices.any_office
REASON = "through the <b>family</b> liaison officer\n"


@pytest.fixture
def each_office(any_office: Office) -> Office:
    return staffed(any_office)


@pytest.fixture
def office(sqlite_office: Office) -> Office:
    return staffed(sqlite_office)


def staffed(office: Office) -> Office:
    """Two officers, their supervisor and a champion."""
    office.directory(
        Officer("1042", email="1042@force.example", supervisor_ref="2000", team="North 1", division="North"),
        Officer("1043", email="1043@force.example", supervisor_ref="2000", team="North 1", division="North"),
        Officer("2000", email="2000@force.example", role="supervisor", team="North 1", division="North"),
        Officer("3000", email="3000@force.example", role="champion", division="North"),
    )
    office.now = morning("2026-06-01")
    return office


def on_hold(start: str, until: str | None, reason: str | None = REASON) -> Json:
    hold = {"reason": reason, "from": f"{start}T09:00:00Z", "until": f"{until}T09:00:00Z" if until else None}
    return {"victims": [{"victim_ref": "V1", "contact_holds": [hold]}], "division": "North"}


def texts(office: Office, recipient: str) -> list[str]:
    return [" ".join(row.text.split()) for row in office.outbox() if row.recipient_ref == recipient]


def test_every_mail_that_names_a_victim_on_hold_begins_with_the_hold_and_its_end(office: Office) -> None:
    """Records section 1. The supervisor in the officer's place, the supervisor and the champion by the ladder, the
    weekly list: the hold stands between the crime and what is owed, and its reason is text."""
    office.records(crime("A", "2026-05-25", **on_hold("2026-05-26", "2026-07-20")))
    told = telling(office, "2026-06-02", "2026-06-30")
    assert {ref for refs in told.values() for ref in refs} == {"2000", "3000"}
    lead = "Do not contact: a hold is in force until 20 July (through the <b>family</b> liaison officer)."
    for row in office.outbox():
        text, html = " ".join(row.text.split()), str(row.html)
        assert text.index("Crime A") < text.index(lead) < text.index("First update within 7 days")
        assert html.index("Crime A") < html.index("Do not contact: a hold is in force until 20 July (through the &lt;b")
        assert "<b>family" not in html
    assert "The officer has not had 7 days to act: contact hold in force." in texts(office, "3000")[0]


def test_a_hold_that_is_over_leads_nothing(office: Office) -> None:
    office.records(crime("A", "2026-05-25", **on_hold("2026-05-26", "2026-06-08")))
    assert "06-09" in telling(office, "2026-06-09", "2026-06-09")
    assert "Do not contact" not in "".join(texts(office, "1042"))


@pytest.mark.parametrize(
    ("hold", "line"),
    [
        (("2026-06-01", None), "Do not contact: a hold is in force until 28 June (no reason is recorded)."),
        ((None, None), "Do not contact: a hold is in force (no reason is recorded)."),
        ((None, "2027-01-05"), "Do not contact: a hold is in force until 5 January 2027 (no reason is recorded)."),
    ],
)
def test_a_hold_says_until_when_as_far_as_it_is_known(
    office: Office, hold: tuple[str | None, str | None], line: str
) -> None:
    held = {name: f"{day}T09:00:00Z" for name, day in zip(("from", "until"), hold, strict=True) if day}
    victims = [{"victim_ref": "V1", "contact_holds": [held]}]
    office.records(crime("A", "2026-06-01", victims=victims))
    telling(office, "2026-06-09", "2026-06-09")
    assert line in texts(office, "2000")[0]


def test_holds_that_run_into_each_other_are_one(office: Office) -> None:
    """The second one begins on the day after the first ends; both reasons are those of today alone. A long one is cut."""
    days = [
        ("2026-06-01", "2026-06-12", "first"),
        ("2026-06-13", "2026-06-19", "second " * 28),
        ("2026-06-25", "2026-06-30", "x"),
    ]
    holds = [{"reason": why, "from": f"{a}T09:00:00Z", "until": f"{b}T09:00:00Z"} for a, b, why in days]
    office.records(crime("A", "2026-06-01", victims=[{"victim_ref": "V1", "contact_holds": holds}]))
    telling(office, "2026-06-09", "2026-06-17")
    first, *_, last = texts(office, "2000")
    assert "Do not contact: a hold is in force until 19 June (first)." in first
    assert "Do not contact: a hold is in force until 19 June (second second" in last
    assert "…)." in last
    assert "second " * 12 not in last


def test_who_obeyed_a_hold_is_not_blamed_when_it_ends(office: Office) -> None:
    """Four updates fell due under a hold of a month. They were nobody's miss: no list of officers who may need support;
    the officer reads what is owed and that the time was not theirs; their supervisor, who was told in their place, is
    named as told; and their own seven days begin with their first mail."""
    records = [crime(ref, "2026-05-25", **on_hold("2026-05-26", "2026-06-23")) for ref in "ABCD"]
    office.records(*records)
    told = telling(office, "2026-06-02", "2026-07-03")
    assert next(day for day, refs in told.items() if "1042" in refs) == "06-24"
    text = texts(office, "1042")[0]
    assert "Not counted as your time: contact hold until 23 June." in text
    assert "due 1 June A further update" in text
    assert "days ago" not in text.split("WHAT TO DO")[0]
    assert text.count("Also told: your supervisor and the champion.") == 4
    assert not any("NEED SUPPORT" in row.text for row in office.outbox())


def steps_sent(office: Office, step: str) -> list[Notice]:
    """The notices of a step that tell of it for the first time."""
    with office.store.session(reading=True) as session:
        asked = select(Notice).where(Notice.step == step, Notice.outcome == "sent").order_by(col(Notice.id))
        return [notice for notice in session.exec(asked).all() if notice.reason.startswith("new")]


def test_a_hold_hides_no_victim_and_the_reason_is_kept(each_office: Office) -> None:
    """Due on 1 June, on hold until the 8th, told on the 9th: the supervisor by half of 21 days, on the 11th."""
    office = each_office
    office.records(crime("A", "2026-05-25", **on_hold("2026-05-26", "2026-06-08")))
    office.settings = change(office.settings, supervisor_role="sergeant", cover={"2000": "1043"})
    telling(office, "2026-06-09", "2026-06-22")
    (notice,) = steps_sent(office, "supervisor")
    assert (notice.recipient_ref, str(notice.decided_on)) == ("2000", "2026-06-11")
    assert reason_of(notice) == "new; obstacles: contact hold from 2026-06-02 to 2026-06-08"
    assert notice.obstacles == [{"what": "contact hold", "first": "2026-06-02", "last": "2026-06-08"}]
    assert "The officer has not had 7 days to act: contact hold until 8 June." in texts(office, "2000")[0]
    (champion,) = steps_sent(office, "champion")
    assert (champion.recipient_ref, str(champion.decided_on)) == ("3000", "2026-06-22")
    assert champion.obstacles is None  # by then the officer has had seven days
    assert "has not had" not in texts(office, "3000")[0]


def test_without_a_hold_the_supervisor_is_told_after_seven_days_to_act(office: Office) -> None:
    office.records(crime("A", "2026-05-25", division="North"))
    telling(office, "2026-06-02", "2026-06-12")
    (notice,) = steps_sent(office, "supervisor")
    assert (str(notice.decided_on), notice.obstacles) == ("2026-06-08", None)
    assert "has not had" not in texts(office, "2000")[0]


def allocated(*days: str) -> Json:
    """To and fro between two officers, at noon."""
    told = [
        {"from": f"{day}T11:00:00Z", "officer_ref": ("1042", "1043")[place % 2], "team": "North 1", "division": "North"}
        for place, day in enumerate(days)
    ]
    return {"allocations": told, "division": "North"}


def test_four_handovers_to_and_fro_hide_no_victim_from_the_supervisor(office: Office) -> None:
    """Due on 1 June; each has it for some days at a time, neither for seven together by the 11th."""
    days = ("2026-05-25", "2026-06-03", "2026-06-05", "2026-06-08", "2026-06-10")
    for place in range(1, len(days) + 1):
        office.records(crime("A", "2026-05-25", **allocated(*days[:place])))
        telling(office, days[place - 1], days[place] if place < len(days) else "2026-06-12")
    (notice,) = steps_sent(office, "supervisor")
    assert str(notice.decided_on) == "2026-06-11"
    sentence = "The officer has not had 7 days to act: with another officer until"
    assert sentence in texts(office, "2000")[0]


def test_all_the_times_that_an_officer_had_a_case_count_together(office: Office) -> None:
    """Two days with another in between, on the day of a handing over neither has it; 3, 6 and 7 June do not count."""
    office.settings = change(office.settings, list_weekday="never")
    office.records(crime("A", "2026-05-25", **allocated("2026-05-25")))
    telling(office, "2026-06-02", "2026-06-05")
    office.records(crime("A", "2026-05-25", **allocated("2026-05-25", "2026-06-05", "2026-06-06")))
    telling(office, "2026-06-06", "2026-06-12")
    (notice,) = steps_sent(office, "supervisor")
    # 2, 3 and 4 June; not the 5th and 6th; then 7, 8, 9 and 10 June.
    assert str(notice.decided_on) == "2026-06-10"


def test_who_has_a_case_again_is_not_told_that_it_was_anothers_before(office: Office) -> None:
    days = ("2026-05-25", "2026-06-01", "2026-06-08")
    office.records(crime("A", "2026-05-25", **allocated(*days)))
    telling(office, "2026-06-09", "2026-06-09")
    text = texts(office, "1042")[0]
    assert "With you again since 8 June." in text
    assert "owed before that" not in text
    office.records(
        crime(
            "B",
            "2026-05-25",
            **allocated("2026-05-20", "2026-06-09")
            | {"allocations": allocated("2026-05-25", "2026-06-09")["allocations"]},
        )
    )
    telling(office, "2026-06-10", "2026-06-10")
    assert "With you since 9 June; owed before that." in texts(office, "1043")[0]
