"""What is kept of a victim's characteristics, and that no record and no verdict has them (records A7)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from compliance.policy import judge
from compliance.records import columns, convert_crime
from compliance.records.characteristics import NAMES, Characteristics, take_characteristics
from compliance.service.polls.feed_trial import as_kept
from compliance.store.content import content_of
from tests.engine import shipped
from tests.stores import at, crime

EVERY = {"age_band": "25-34", "sex": "F", "ethnicity": "W1", "disability": "none"}


def victims(*said: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"victim_ref": f"V{place}"} | each for place, each in enumerate(said, 1)]


def described(keep: tuple[str, ...], *said: dict[str, Any]) -> Any:
    (content,) = content_of([convert_crime(crime(victims=victims(*said)))], keep)
    return content.described


def test_nothing_is_kept_unless_the_settings_name_it() -> None:
    assert described((), EVERY) is None
    assert described(("sex",), EVERY) == (Characteristics("V1", sex="F"),)
    assert described(NAMES, EVERY, {}) == (Characteristics("V1", "25-34", "F", "W1", "none"),)


@pytest.mark.parametrize("keep", [(), ("sex",), NAMES])
def test_a_record_is_the_same_to_the_byte_with_and_without_them(keep: tuple[str, ...]) -> None:
    (with_them,) = content_of([convert_crime(crime(victims=victims(EVERY)))], keep)
    (without,) = content_of([convert_crime(crime(victims=victims({})))], keep)
    assert (with_them.text, with_them.digest) == (without.text, without.digest)
    assert not any(name.encode() in with_them.text for name in NAMES)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (7, "7"),
        (" Not stated ", "Not stated"),
        ("18 to 24", "18 to 24"),
        ("65+", "65+"),
        ("x" * 60, "x" * 60),
        ("x" * 61, None),
        ("", None),
        (None, None),
        (True, None),
        (["F"], None),
        ("1990-03-07", None),
        ("born 7/3/90", None),
        ("7.3.1990", None),
        ("19900307", None),
        ("7 March 1990", None),
        ("2 Jan 90", None),
        ("Jan-90", None),
        ("1990", None),
        (33120, None),
        ("Mixed 3", "Mixed 3"),
        ("18-24", "18-24"),
    ],
)
def test_a_value_that_cannot_be_used_is_as_if_absent_and_refuses_nothing(value: Any, kept: str | None) -> None:
    found = described(("age_band",), {"age_band": value})
    assert found == (() if kept is None else (Characteristics("V1", kept),))


def test_a_trial_of_the_feed_shows_what_a_poll_would_keep() -> None:
    mapped = crime(victims=victims(EVERY | {"age_band": "1990-01-02"}))
    assert as_kept(mapped, ("age_band", "sex")) == crime(victims=victims({"sex": "F"}))
    assert as_kept({"victims": "none"}, ()) == {"victims": "none"}, "a refused record is shown as it came"


def test_of_a_reference_that_occurs_twice_the_last_applies() -> None:
    record = convert_crime(crime(victims=[{"victim_ref": "V1", "sex": "F"}, {"victim_ref": "V1", "sex": "M"}]))
    assert take_characteristics(record, NAMES) == (Characteristics("V1", sex="M"),)
    record = convert_crime(crime(victims=[{"victim_ref": "V1", "sex": "F"}, {"victim_ref": "V1"}]))
    assert take_characteristics(record, NAMES) == ()


def test_nothing_but_returns_and_retention_reads_what_is_stored_of_them() -> None:
    """No page, email, list, report, export or proof pack (docs/data-protection.md)."""
    package = Path(__file__).parents[2] / "compliance"
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(
            r"VICTIM_CHARACTERISTICS|VictimCharacteristics|store.receiving.victim_characteristics|read_characteristics",
            path.read_text("utf-8"),
        )
    }
    assert readers == {
        "cli/return_commands.py", "service/retaining.py", "service/evidence/returning.py",
        "store/receiving/victim_characteristics.py", "store/receiving/current_versions.py",
        "store/removing/retention.py", "store/tables/__init__.py", "store/tables/return_tables.py",
    }  # fmt: skip


def test_no_verdict_depends_on_them() -> None:
    policy, _ = shipped("west-mercia")
    tables = [
        judge(columns([convert_crime(crime(victims=victims(each)))]), policy, at("2026-09-01 12:00")).table()
        for each in (EVERY, {})
    ]
    assert tables[0].equals(tables[1])
    assert not set(NAMES) & set(tables[0].column_names)
    assert json.dumps(EVERY["ethnicity"]) not in json.dumps(tables[0].to_pylist(), default=str)
