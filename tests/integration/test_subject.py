"""`compliance subject`: all that is held on an officer, and nothing of anybody else (Data Protection Act 2018, s 45)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, update

from compliance.cli import main
from compliance.errors import RecordError
from compliance.records import Officer
from compliance.store import AuditEntry, AuditKind, Store, dispute_victim, log_entry, save_officers
from compliance.store.kept.reviews import store_readings
from compliance.store.reading.subject import OTHER, read_subject
from compliance.store.tables import DISPUTE, WEB_SESSION
from tests import stores
from tests.accesses import list_entries
from tests.integration.test_audit_commands import draw_review
from tests.service_states import NOW, ServiceState
from tests.stores import crime, take

pytestmark = stores.shared_out
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


def case(crime_ref: str, officer_ref: str, *had: str, update_by: str | None = None) -> stores.Record:
    allocations = [{"officer_ref": ref, "from": f"2026-06-{day:02}T09:00:00Z"} for day, ref in enumerate(had, 1)]
    updates = [{"update_ref": "U1", "at": "2026-06-20T10:00:00Z", "outcome": "informed", "officer_ref": update_by}]
    return crime(
        crime_ref, officer_ref=officer_ref, allocations=allocations, updates=updates if update_by else [],
        reported_at="2026-06-01T08:00:00Z",
    )  # fmt: skip


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    state = ServiceState(store, database_url, tmp_path)
    save_officers(
        store,
        [Officer("O1", name="Ash Adze", email="ash@force.example", supervisor_ref="S1"),
         Officer("O2", name="Bea Birch", email="bea@force.example")],
        NOW,
    )  # fmt: skip
    take(store, NOW - timedelta(days=9), case("22A/1/26", "O1"), case("22A/2/26", "O2", "O1", "O2"))
    take(store, NOW, case("22A/1/26", "O2"), case("22A/3/26", "O2", update_by="O1"), case("22A/4/26", "O2"))
    dispute_victim(store, "O1", ("22A/1/26", "V1"), "I rang on Monday", NOW)
    dispute_victim(store, "O2", ("22A/4/26", "V1"), "I wrote", NOW)
    state.email("sent", NOW, recipient_ref="O1", to_address="ash@force.example")
    state.email("sent", NOW - timedelta(days=1), recipient_ref="O2", to_address="bea@force.example")
    for who, page, asked in (
        ("O1", "/team", {}), ("Ash@Force.example", "/officers/{ref}", {"ref": "O2"}),
        ("O2", "/officers/{ref}", {"ref": "O1"}), ("O2", "/officers/{ref}", {"ref": "O10"}), ("O2", "/team", {}),
    ):  # fmt: skip
        details = {"asked": asked, "crimes": ["22A/4/26"]}
        log_entry(store, AuditEntry(NOW, who, "supervisor", AuditKind.CONSULTATION, page, details))
    return state


def test_what_a_record_says_of_them_now_or_earlier_is_there(state: ServiceState) -> None:
    cases = {row.pop("crime_ref"): row for row in read_subject(state.store, "O1")["cases"]}
    assert cases == {
        "22A/1/26": {"has_now": False, "had_from": [], "updates_at": []},
        "22A/2/26": {"has_now": False, "had_from": ["2026-06-01T09:00:00Z"], "updates_at": []},
        "22A/3/26": {"has_now": False, "had_from": [], "updates_at": ["2026-06-20T10:00:00Z"]},
    }


def test_what_was_sent_to_them_said_by_them_and_done_by_them_is_there(state: ServiceState) -> None:
    held = read_subject(state.store, "O1")
    assert [row["email"] for row in held["directory"]] == ["ash@force.example"]
    assert [row["to_address"] for row in held["emails"]] == ["ash@force.example"]
    assert [(row["text"], row["crimes"]) for row in held["disputes"]] == [("I rang on Monday", ["22A/1/26"])]
    assert [(row["number"], row["who"]) for row in held["audit_entries"]] == [
        (1, "O1"), (2, "Ash@Force.example"), (3, OTHER)
    ]  # fmt: skip
    assert [row["crimes"] for row in held["audit_entries"]] == [["22A/4/26"], ["22A/4/26"], []]


def test_what_they_did_is_there_by_their_email_address_too(state: ServiceState) -> None:
    """The way of signing in names people by the one or the other, in large or small letters."""
    begun = {"role": "performance", "began_at": NOW, "seen_at": NOW}
    with state.store.writing() as connection:
        for number, person in enumerate(("O1", "ASH@force.example", "O10")):
            connection.execute(insert(WEB_SESSION).values(digest=bytes([number]), person=person, **begun))
        connection.execute(update(DISPUTE).values(answer="right", answered_at=NOW, answered_by="ash@force.example"))
    held = read_subject(state.store, "O1")
    assert len(held["sessions"]) == 2
    assert [row["id"] for row in held["answers"]] == [1, 2]


@pytest.mark.parametrize("reader", ["o1", "ash@force.example"])
def test_what_they_found_as_a_reader_is_there_by_the_name_under_which_they_read(
    state: ServiceState, reader: str
) -> None:
    """Readers are named in lower-case, by the reference or the email address."""
    found = {"number": 1, "told": "no", "told_on": None, "told_by": "", "criteria": {}, "answered_request": None,
             "note": "nothing in the log", "stored_at": NOW, "stored_by": "O1"}  # fmt: skip
    draw_review(state.store)
    for name in (reader, "o2"):
        store_readings(state.store, 1, name, [found])
    (row,) = read_subject(state.store, "O1")["readings"]
    assert (row["told"], row["note"]) == ("no", "nothing in the log")


def test_nobody_else_is_in_it(state: ServiceState) -> None:
    told = run(state, "O1", "--format", "json").output
    for other in ("O2", "Bea", "bea@", "I wrote", "S1", "V1"):
        assert other not in told, other
    assert json.loads(told)["directory"][0]["supervisor_ref"] == OTHER


def run(state: ServiceState, *words: str) -> Result:
    return CliRunner().invoke(main, ["subject", *words, "--config", str(state.config)])


def test_the_command_says_it_in_text_and_leaves_an_entry(state: ServiceState) -> None:
    done = run(state, "O1")
    assert done.exit_code == 0, done.output
    assert "Cases that they have or had, and updates that they recorded: 3 entries" in done.output
    assert "crime_ref 22A/2/26; had_from 2026-06-01T09:00:00Z" in done.output
    newest = list_entries(state.store)[-1].entry
    assert (newest.what, newest.target) == (AuditKind.DISCLOSURE, "compliance subject")
    assert newest.details["crimes"] == ["22A/1/26", "22A/2/26", "22A/3/26", "22A/4/26"], "of the entries that they made"


def test_of_somebody_on_whom_nothing_is_held_that_is_said(state: ServiceState) -> None:
    done = run(state, "O9")
    assert done.exit_code == RecordError.exit_code
    assert "nothing is held on O9" in done.output
