"""Two references with one mailbox are one reader: one digest, named as what they are, and nothing escalated to themselves."""

from typing import Any, Final

import pytest

from compliance.records import Officer
from tests import office as offices
from tests import stores
from tests.integration.test_reminders_again import telling
from tests.office import Office, crime, morning

new_database, office, any_office = stores.new_database, offices.office, offices.any_office
ONE: Final = "jo.bell@force.example"
UNIT: Final[dict[str, Any]] = {"team": "North 1", "division": "North"}


def case(ref: str, officer_ref: str, reported: str = "2026-06-01") -> dict[str, object]:
    return crime(ref, reported, officer_ref, **UNIT)


def texts(office: Office, ref: str) -> list[str]:
    return [" ".join(row.text.split()) for row in office.outbox() if row.recipient_ref == ref]


@pytest.fixture
def each_office(any_office: Office) -> Office:
    return any_office


def test_an_officer_with_two_references_gets_one_digest_of_both(each_office: Office) -> None:
    office = each_office
    office.now = morning("2026-06-08")
    office.directory(Officer("1042", email=ONE, **UNIT), Officer("1043", email=ONE.title(), **UNIT))
    office.records(case("A", "1042"), case("B", "1043"))
    assert office.told("2026-06-09")[0][0] == ONE
    assert len(office.sink.messages) == 1
    (text,) = texts(office, "1042")
    assert "With officer 1043, whose mailbox this is too." in text
    assert "With officer 1042" not in text
    assert {(ref, of) for ref, of, *_ in office.notices()} == {("1042", "A"), ("1042", "B")}
    assert office.told("2026-06-10") == [], "both have been told"


def test_references_with_mailboxes_of_their_own_or_of_one_who_has_left_get_their_own_digests(office: Office) -> None:
    office.now = morning("2026-06-08")
    left = "2026-06-08"
    office.directory(
        Officer("1041", email=ONE, left_on=left, **UNIT),
        Officer("1042", email=ONE, **UNIT),
        Officer("1043", email="x@force.example", **UNIT),
    )
    office.records(case("A", "1042"), case("B", "1043"))
    office.told("2026-06-09")
    assert sorted(row.recipient_ref or "" for row in office.outbox()) == ["1042", "1043"]
    assert "whose mailbox this is too" not in "".join(texts(office, "1042") + texts(office, "1043"))


def test_nothing_is_escalated_to_the_mailbox_of_the_officer_in_the_case(office: Office) -> None:
    """The officer acts as their own sergeant, under a second reference: the inspector above is told."""
    office.now = morning("2026-06-08")
    office.directory(
        Officer("1042", email=ONE, supervisor_ref="2000", **UNIT),
        Officer("2000", email=ONE, supervisor_ref="2500", role="supervisor", **UNIT),
        Officer("2500", email="2500@force.example"),
        Officer("3000", email="3000@force.example", role="champion", division="North"),
    )
    office.records(case("A", "1042"))
    told = telling(office, "2026-06-09", "2026-06-19")
    assert [refs for refs in told.values() if "2500" in refs], told
    assert "2000" not in {row.recipient_ref for row in office.outbox()}
    assert "Goes to your supervisor's stand-in officer 2500 on 15 June." in texts(office, "1042")[0]


def test_a_supervisor_who_also_has_cases_is_named_as_the_supervisor_and_gets_both_in_one(office: Office) -> None:
    office.now = morning("2026-06-08")
    office.directory(
        Officer("1042", email="1042@force.example", supervisor_ref="2000", **UNIT),
        Officer("1001", email=ONE, **UNIT),
        Officer("2000", email=ONE, role="supervisor", **UNIT),
    )
    office.records(case("A", "1042"), case("B", "1001", "2026-06-07"))
    told = telling(office, "2026-06-09", "2026-06-17")
    assert "Goes to your supervisor on 15 June." in texts(office, "1042")[0]
    assert "2000" not in {row.recipient_ref for row in office.outbox()}
    assert any("With officer 1042" in text for text in texts(office, "1001")), told
    assert any("Also told: your supervisor" in text for text in texts(office, "1042")), texts(office, "1042")[-1]
    assert any("Crime B" in text and "With officer 1042" in text for text in texts(office, "1001")), "in one digest"
