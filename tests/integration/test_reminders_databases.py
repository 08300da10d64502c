"""The same mornings on every kind of database: what is decided and what is kept does not depend on it."""

from compliance.records import Officer
from tests import office as offices
from tests import stores
from tests.office import Office, crime
from tests.reminding import change

new_database, office = stores.new_database, offices.any_office


def test_a_fortnight_of_mornings(office: Office) -> None:
    office.settings = change(office.settings, list_weekday="never")
    office.directory(
        Officer("1042", email="1042@force.example", supervisor_ref="2000", team="North 1", division="North"),
        Officer("2000", email="2000@force.example"),
    )
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-01", None), crime("C", "2026-06-08"))
    told = {day: [who[:4] for who, _ in office.told(f"2026-06-{day}")] for day in range(10, 17)}
    assert {day: who for day, who in told.items() if who} == {10: ["1042"], 16: ["1042", "2000"]}
    office.records(crime("A", "2026-06-01", "1042", "2026-06-12"))
    office.records(crime("A", "2026-06-01"))
    assert [who[:4] for who, _ in office.told("2026-06-17")] == ["1042"]
    text = " ".join(office.outbox()[-1].text.split())
    assert "Owed again: the update of 12 June no longer counts (seen on 16 June)." in text
    assert office.notices() == [
        ("1042", "A", "sent", "new"), ("", "B", "held", "nobody has the case"),
        ("1042", "A", "suppressed", "notified on 2026-06-10"),
        ("1042", "A", "sent", "still waiting"), ("1042", "C", "sent", "new"), ("1042", "A", "sent", "new"),
        ("1042", "C", "sent", "still waiting"),
    ]  # fmt: skip
