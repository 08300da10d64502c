"""What a card says of who is told next: as the email of that morning says it of the same victim, and as it comes."""

import re

from compliance.records import Officer
from compliance.reminders.victims_now import list_victims_now
from tests import office as offices
from tests.integration.test_reminders_again import latest, statuses, telling
from tests.office import POLICY, SETTINGS, Json, Office, crime, morning

office = offices.office
NOBODY = "Fell due before the reminders began: nobody is emailed about it."
"""All that is said of who is told where everything fell due before 1 May."""
REPORTED = ("2026-03-10", "2026-04-10", "2026-04-22", "2026-04-24", "2026-05-04", "2026-05-20", "2026-05-28")


def world() -> list[Json]:
    """Each victim with an officer of their own, so that an email of theirs is about one victim."""
    found: list[Json] = []
    for reported in REPORTED:
        day = f"{reported[:-2]}{int(reported[-2:]) + 1:02}"
        late = f"{reported[:5]}{int(reported[5:7]):02}-28"
        closed = {"status": statuses(("closed", "2026-05-29"))}
        for told, more in (((), {}), ((day,), {}), ((late,), {}), ((), closed), ((day,), closed)):
            found.append(crime(f"C{len(found)}", reported, f"1{len(found):03}", *told, division="North", **more))
    return found


def staffed(office: Office, records: list[Json], day: str = "2026-05-30") -> None:
    office.now = morning(day)
    for record in records:
        ref = record["officer_ref"]
        office.directory(Officer(ref, email=f"{ref}@force.example", supervisor_ref="2000", division="North"))
    champion = Officer("3000", email="3000@force.example", role="champion", division="North")
    office.directory(Officer("2000", email="2000@force.example"), champion)
    office.records(*records)


def card(office: Office, record: Json) -> tuple[str, ...]:
    """What the officer's page says of who is told about the victim."""
    found = list_victims_now(office.store, POLICY, SETTINGS, [record["crime_ref"]], record["officer_ref"], office.now)
    return found[0].entry.told if found else ()


def test_a_card_promises_what_the_email_of_that_morning_promises(office: Office) -> None:
    records = world()
    staffed(office, records)
    agreed, since = 0, set[str]()
    for day in ("2026-06-01", "2026-06-02", "2026-06-09", "2026-06-16"):
        office.told(day)
        emails = {row.recipient_ref: " ".join(row.text.split()) for row in office.outbox() if day in row.key}
        for record in records:
            said = [each for each in card(office, record) if each.startswith("Goes to")]
            if text := emails.get(record["officer_ref"]):
                assert re.findall(r"Goes to [^.]*\.", text) == said, (day, record)
                assert NOBODY not in card(office, record)
                agreed += bool(said)
            since |= {each for each in card(office, record) if each.startswith("You were first told")}
    assert agreed > 10
    assert "You were first told on 1 June: your time runs from then." in since


def test_of_what_fell_due_before_the_reminders_began_nobody_is_told_and_the_card_says_so(office: Office) -> None:
    """Due on 30 April, owed in an open case and in one closed since; and on 1 May, which the supervisor is told of."""
    record = crime("A", "2026-04-02", "1042", "2026-04-03", division="North")
    shut = crime("B", "2026-04-23", "1043", division="North", status=statuses(("closed", "2026-05-10")))
    after = crime("C", "2026-04-24", "1044", division="North", status=statuses(("closed", "2026-05-10")))
    staffed(office, [record, shut, after], "2026-05-18")
    assert telling(office, "2026-05-19", "2026-05-20") == {"05-19": ["1044", "2000"]}, "both of the third alone"
    assert "Crime A" not in latest(office)
    assert "Crime B" not in latest(office)
    assert card(office, record) == card(office, shut) == (NOBODY,)
    assert card(office, after) == ("Also told: your supervisor.", "Goes to the champion on 26 May.")
    told = telling(office, "2026-05-21", "2026-06-03")
    assert told["05-26"] == ["2000", "3000"]
    assert told["05-29"] == ["1042"], "the next cycle fell due on 28 May"
    assert not any("Crime B" in row.text for row in office.outbox())
    assert NOBODY not in card(office, record)
