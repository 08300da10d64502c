"""docs/data-protection.md says what is held: each field of the record formats, and nothing that is not."""

import re
from pathlib import Path

import msgspec

from compliance.records import Crime, Officer

PAGE = (Path(__file__).parents[2] / "docs" / "data-protection.md").read_text("utf-8")
VICTIM = {
    "age_band": "age band",
    "sex": "sex",
    "ethnicity": "ethnicity",
    "disability": "disability",
    "victim_ref": "a reference of the crime system",
    "category": "the category",
    "added_at": None,
    "declined_at": "since when and until when updates are declined",
    "declined_until": "since when and until when updates are declined",
    "declined_entered_at": "since when and until when updates are declined",
    "agreed_interval_days": "the agreed interval",
    "contact_holds": "when contact must not be made as usual",
}
OFFICER = {
    "officer_ref": "reference",
    "name": "name",
    "email": "email address",
    "team": "team",
    "division": "division",
    "supervisor_ref": "supervisor",
    "role": None,
    "absent": "from when until when absent",
    "left_on": "the last day",
}


def rows(of: str) -> str:
    return "\n".join(re.findall(rf"^\| {of} \|.*$", PAGE, re.MULTILINE))


def test_each_field_of_a_victim_is_named() -> None:
    (victims,) = (field.type for field in msgspec.structs.fields(Crime) if field.name == "victims")
    victim = next(each for each in msgspec.inspect.type_info(victims).types if hasattr(each, "item_type")).item_type.cls  # type: ignore[attr-defined]
    assert {field.name for field in msgspec.structs.fields(victim)} == VICTIM.keys()
    assert all(words is None or words in rows("victims") for words in VICTIM.values())


def test_each_field_of_an_officer_is_named_and_no_reason_of_an_absence_is_one() -> None:
    assert {field.name for field in msgspec.structs.fields(Officer)} == OFFICER.keys()
    assert all(words is None or words in rows("officers") for words in OFFICER.values())
    assert "why an officer is absent" in PAGE
