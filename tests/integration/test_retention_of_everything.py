"""Every table and folder has a stated life, and what is over is removed while what is needed stays."""

import os
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert, select
from sqlmodel import SQLModel

from compliance.config import RetentionSettings
from compliance.records import Officer
from compliance.service import Service
from compliance.service.lives import FOLDERS, TABLES, retention_page
from compliance.store import apply_retention, judge_due, list_expired, note_size, save_officers
from compliance.store.tables import DATABASE_SIZE, NOTICE, OFFICER, OUTBOX, POLL, UNKNOWN_VALUE
from tests import stores
from tests.integration.test_store_retention import LATER, WEST_MERCIA, closed, rule
from tests.service_states import NOW, ServiceState
from tests.stores import rows, take

ROOT: Final = Path(__file__).parents[2]
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


@pytest.fixture
def state(store: Any, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def removed(state: ServiceState, now: datetime = NOW) -> dict[str, int]:
    """What the service removes at an instant, by kind; `--dry-run` counted the same."""
    service = Service(state.settings, state.policy, state.store, lambda: now)
    said = [line for line in service.retaining.due() if re.fullmatch(r"remove: [\d,]+ (?!crime).*", line)]
    found = {noun: count for noun, count in service.retaining.apply().others.items() if count}
    assert len(said) == len(found)
    assert all(any(line.startswith(f"remove: {count:,} ") for line in said) for count in found.values())
    assert [line for line in service.retaining.due() if "closed more than" not in line] == []
    return found


def notice(state: ServiceState, outbox_id: int, crime_ref: str = "22A/1/26") -> None:
    row = {
        "recipient_ref": "O1", "crime_ref": crime_ref, "victim_ref": "V1", "requirement": "7-day", "cycle": 0,
        "clock_date": NOW.date(), "spell": outbox_id, "step": "overdue", "decided_on": NOW.date(), "outcome": "sent",
        "reason": "new", "outbox_id": outbox_id,
    }  # fmt: skip
    with state.store.writing() as connection:
        connection.execute(insert(NOTICE).values(row))


def test_every_table_has_a_stated_life() -> None:
    assert [each.name for each in TABLES] == list(dict.fromkeys(each.name for each in TABLES))
    assert {each.name for each in TABLES} == set(SQLModel.metadata.tables)


def test_every_life_names_settings_that_there_are_and_each_is_named() -> None:
    named = {name for each in (*TABLES, *FOLDERS) for name in re.findall(r"`(\w+_days)`", each.ends)}
    assert named == set(RetentionSettings.model_fields)


def test_the_page_of_retention_is_up_to_date() -> None:
    assert (ROOT / "docs" / "retention.md").read_text("utf-8") == retention_page(), "run `make docs`"


def test_the_text_of_an_email_is_removed_and_that_it_was_sent_is_kept(state: ServiceState) -> None:
    """What an officer was told before is asked for as long as there is the crime."""
    for number, age in enumerate([366.5, 365.3, 364], start=1):
        state.email("sent", NOW - days(age), sent_at=NOW - days(age), recipient_ref="O1", html="<p>")
        notice(state, number)
    assert removed(state) == {"text of an email": 1}
    assert rows(state.store, OUTBOX, "text", "html") == [
        ("", None),
        ("t", "<p>"),
        ("t", "<p>"),
    ]


@pytest.mark.parametrize("email_state", ["queued", "retry", "uncertain", "sending"])
def test_an_email_that_may_still_go_out_is_kept_whole(state: ServiceState, email_state: str) -> None:
    state.email(email_state, NOW - days(1000), recipient_ref="O1")
    state.email("sent", NOW, recipient_ref="O1")
    assert removed(state) == {}


def test_an_email_that_no_notice_names_is_removed_unless_it_is_the_last_to_its_recipient(state: ServiceState) -> None:
    """Whether the last was refused decides where the next one goes."""
    for recipient, age in (("O1", 901), ("O1", 800), ("O2", 902), ("O3", 903), ("O3", 1)):
        state.email("refused", NOW - days(age), recipient_ref=recipient, problem=f"{recipient} {age}")
    notice(state, 4)
    state.email("sent", NOW, recipient_ref="O3")
    assert removed(state) == {"text of an email": 4, "email": 1}
    assert [row[0] for row in rows(state.store, OUTBOX, "problem")] == ["O1 800", "O2 902", "O3 903", "O3 1", None]


def test_an_email_goes_after_the_crime_that_it_was_about(state: ServiceState) -> None:
    take(state.store, NOW, closed("A"))
    judge_due(state.store, WEST_MERCIA, NOW)
    state.email("sent", NOW, sent_at=NOW, recipient_ref="O1")
    state.email("sent", NOW + days(1), recipient_ref="O1")
    notice(state, 1, "A")
    assert apply_retention(state.store, rule(), LATER) >= 1
    assert removed(state, LATER)["email"] == 1


def test_a_directory_entry_is_removed_when_the_directory_has_long_been_without_it(state: ServiceState) -> None:
    save_officers(state.store, [Officer("gone"), Officer("left")], NOW - days(732))
    save_officers(state.store, [Officer("left")], NOW - days(729))
    assert removed(state) == {"directory entry": 1}
    assert [ref for (ref,) in rows(state.store, OFFICER, "officer_ref")] == ["O1", "left"]


def test_a_directory_that_cannot_be_read_loses_nobody(state: ServiceState) -> None:
    """The last good one is in force, however old."""
    assert "directory entry" not in removed(state, NOW + days(5000))
    assert len(rows(state.store, OFFICER)) == 1


def test_a_directory_as_before_is_written_once_a_day(state: ServiceState) -> None:
    officer = Officer("O1", email="o1@force.example", left_on="2026-09-30")
    seen: Any = select(OFFICER.c.seen_at)
    at = []
    for hours in (0, 1, 23.9, 24.1, 30):
        save_officers(state.store, [officer], NOW + timedelta(hours=hours))
        with state.store.reading() as connection:
            at.append(connection.execute(seen).scalar_one() - NOW)
    assert at == [days(0), days(0), days(0), timedelta(hours=24.1), timedelta(hours=24.1)]
    save_officers(state.store, [Officer("O1", email="other@force.example")], NOW + timedelta(hours=31))
    assert rows(state.store, OFFICER, "email", "left_on") == [("other@force.example", None)]


def test_an_unknown_value_is_removed_after_it_last_came(state: ServiceState) -> None:
    """Also where crimes are kept for good."""
    row = {"source": "crimes", "field": "outcome", "times": 1, "first_seen_at": NOW - days(1000)}
    with state.store.writing() as connection:
        values = [row | {"value": str(age), "last_seen_at": NOW - days(age)} for age in (732, 729)]
        connection.execute(insert(UNKNOWN_VALUE), values)
    assert removed(state) == {"unknown value": 1}
    assert rows(state.store, UNKNOWN_VALUE, "value") == [("729",)]


def test_polls_are_kept_as_long_as_crimes(state: ServiceState) -> None:
    """The first, which says since when there are records, and one that brought what is still stored stay."""
    assert "poll" not in removed(state, NOW + days(5000)), "crimes are kept for good"
    for age in (3, 2, 1):
        state.poll(NOW - days(age), complete=True)
    first = rows(state.store, POLL, "id")[0]
    state.settings = state.settings_with(("^# remove_after_days = 2555", "remove_after_days = 365"))
    before = len(rows(state.store, POLL))
    assert removed(state, NOW + days(363)) == {"poll": 1}, "of those between"
    assert removed(state, NOW + days(600)) == {"poll": before - 2}
    assert rows(state.store, POLL, "id") == [first]


def test_the_size_of_each_day_is_kept_for_two_years(state: ServiceState) -> None:
    for age in (732, 729):
        note_size(state.store, (NOW - days(age)).date(), NOW - days(age))
    assert removed(state) == {"database size": 1}
    assert [day for (day,) in rows(state.store, DATABASE_SIZE, "day")] == [(NOW - days(729)).date(), NOW.date()]
    assert removed(state, NOW + timedelta(hours=2)) == {}
    assert len(rows(state.store, DATABASE_SIZE)) == 2, "one row a day"


def test_the_emails_of_a_pilot_are_removed_after_they_were_written(state: ServiceState, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "pilot"
    folder.mkdir(parents=True)
    for name, age in (("old.eml", 366.5), ("new.eml", 364), ("notes.txt", 999)):
        (folder / name).write_text("")
        when = (NOW - days(age)).timestamp()
        os.utime(folder / name, (when, when))
    assert removed(state) == {"pilot email": 1}
    assert sorted(path.name for path in folder.iterdir()) == ["new.eml", "notes.txt"]


def test_many_rows_are_removed_a_part_at_a_time(state: ServiceState) -> None:
    with state.store.writing() as connection:
        row = {
            "source": "crimes",
            "field": "outcome",
            "times": 1,
            "first_seen_at": NOW,
            "last_seen_at": NOW - days(999),
        }
        connection.execute(insert(UNKNOWN_VALUE), [row | {"value": str(n)} for n in range(2_500)])
    assert removed(state) == {"unknown value": 2_500}


def test_nothing_is_over_in_a_service_that_has_just_begun(state: ServiceState) -> None:
    service = Service(state.settings, state.policy, state.store, lambda: NOW)
    assert service.retaining.apply().counts == {}
    assert all(each.noun for each in list_expired(state.store, service.retaining.lives, NOW))
    assert date(2026, 7, 20) == rows(state.store, DATABASE_SIZE, "day")[0][0]
