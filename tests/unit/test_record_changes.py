"""What changed between two versions of a crime record, field by field."""

from typing import Any

from compliance.records import FieldChange, convert_crime, list_changes

RECORD: dict[str, Any] = {
    "crime_ref": "22A/1/26",
    "reported_at": "2026-07-01T09:00:00Z",
    "officer_ref": "O1",
    "victims": [{"victim_ref": "V1"}, {"victim_ref": "V2", "agreed_interval_days": 14}],
    "updates": [{"update_ref": "U1", "at": "2026-07-03T10:00:00Z", "outcome": "informed"}],
}


def changes(**changed: Any) -> list[tuple[str, str | None, str | None]]:
    found = list_changes(convert_crime(RECORD), convert_crime(RECORD | changed))
    assert all(isinstance(each, FieldChange) for each in found)
    return [(each.where, each.before, each.after) for each in found]


def test_nothing_changed() -> None:
    assert changes() == []


def test_of_the_first_version_all_is_new() -> None:
    found = list_changes(None, convert_crime(RECORD))
    assert {each.before for each in found} == {None}
    assert [each.where for each in found][:3] == ["crime_ref", "reported_at", "officer_ref"]
    assert "victims V1" in [each.where for each in found]


def test_a_field_that_changed_came_or_went() -> None:
    assert changes(officer_ref="O2", team="North 1") == [("officer_ref", "O1", "O2"), ("team", None, "North 1")]
    without = {name: value for name, value in RECORD.items() if name != "officer_ref"}
    found = list_changes(convert_crime(RECORD), convert_crime(without))
    assert [(each.where, each.before, each.after) for each in found] == [("officer_ref", "O1", None)]


def test_a_victim_is_known_by_its_reference_wherever_it_stands() -> None:
    first, second = RECORD["victims"]
    assert changes(victims=[second, first | {"category": "enhanced"}]) == [("victims V1, category", None, "enhanced")]
    assert changes(victims=[first]) == [("victims V2", "agreed_interval_days 14", None)]


def test_an_update_that_was_added_is_told_with_all_that_it_says() -> None:
    more = {"update_ref": "U2", "at": "2026-07-09T10:00:00Z", "outcome": "informed", "method": "phone"}
    assert changes(updates=[*RECORD["updates"], more]) == [
        ("updates U2", None, "at 2026-07-09T10:00:00Z; outcome informed; method phone")
    ]


def test_what_has_no_reference_comes_and_goes() -> None:
    opened, closed = (
        {"status": word, "at": f"2026-07-{day}T09:00:00Z"} for word, day in (("open", "01"), ("closed", "20"))
    )
    found = list_changes(
        convert_crime(RECORD | {"status": [opened]}), convert_crime(RECORD | {"status": [opened, closed]})
    )
    assert found == [FieldChange("status", None, "status closed; at 2026-07-20T09:00:00Z")]


def test_two_updates_with_one_reference_are_told_as_they_came_and_went() -> None:
    again = RECORD["updates"][0] | {"at": "2026-07-04T10:00:00Z"}
    (found,) = changes(updates=[*RECORD["updates"], again])
    assert found[0] == "updates"
    assert found[1] is None
    assert "2026-07-04" in str(found[2])
