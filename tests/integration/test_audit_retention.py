"""Old months of the audit log go, what is left verifies, and tampering on both sides of the cut is still found."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select, update

from compliance.cli import main
from compliance.errors import AuditError
from compliance.policy.calendars import LocalDates
from compliance.service import Service
from compliance.store import AuditEntry, AuditHead, AuditKind, Store, log_entry
from compliance.store.audit.audit_check import FaultKind
from compliance.store.audit.audit_entry import hash_entry
from compliance.store.removing.audit_retention import find_old_months, remove_old_months
from compliance.store.tables import AUDIT_ENTRY, OUTBOX, PUBLISHED
from tests import stores
from tests.accesses import list_entries
from tests.integration.test_audit_verify import after, check, entry
from tests.service_states import NOW, ServiceState
from tests.stores import at

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
LONDON = LocalDates("Europe/London")
TODAY = at("2026-11-30 12:00")
DAYS = 100
"""Counted back from 30 November it is 22 August: what is before August goes."""
WRITTEN = (
    "2026-05-31 22:59",
    "2026-06-10 10:00",
    "2026-07-31 22:59",
    "2026-07-31 23:00",
    "2026-08-22 10:00",
    "2026-11-30 11:00",
)
"""When entries 1 to 6 were written: 3 is of the last minute of July in London, 4 of the first of August."""


def remove(store: Store, now: datetime = TODAY, days: int = DAYS) -> int:
    return remove_old_months(store, LONDON, days, now, "compliance", "service")


@pytest.fixture
def heads(store: Store) -> list[AuditHead]:
    """A log of half a year: the heads of its entries."""
    return [log_entry(store, entry(number, at=at(when))) for number, when in enumerate(WRITTEN)]


def test_whole_local_months_go_and_their_last_hash_stays(store: Store, heads: list[AuditHead]) -> None:
    found = find_old_months(store, LONDON, DAYS, TODAY)
    assert found is not None
    assert (found.entries, found.first, found.last) == (3, 1, heads[2])
    assert remove(store) == 3
    left = list_entries(store)
    assert [each.number for each in left] == [4, 5, 6, 7]
    last = left[-1].entry
    assert (last.what, last.target, last.at) == (AuditKind.ERASURE, "audit log", TODAY)
    assert last.details == {"before": "2026-08-01", "entries": 3, "first": 1, "last": str(heads[2])}
    assert remove(store) == 0
    assert list_entries(store) == left
    found_after = check(store, *heads)
    assert found_after.faults == []
    assert (found_after.beginning, found_after.heads, found_after.too_old) == (heads[2], 4, 2)


def test_a_month_goes_when_its_last_day_is_long_enough_ago(store: Store, heads: list[AuditHead]) -> None:
    assert len(heads) == 6
    for day, left in (("2026-09-08", 6), ("2026-09-09", 5), ("2026-11-08", 4), ("2026-11-09", 3)):
        remove(store, at(f"{day} 12:00"))
        assert sum(each.entry.target == "/team" for each in list_entries(store)) == left, day
        assert check(store).faults == []


def test_a_log_that_is_old_altogether_leaves_the_entry_that_says_so(store: Store, heads: list[AuditHead]) -> None:
    assert remove(store, TODAY + timedelta(days=1000)) == 6
    assert [each.number for each in list_entries(store)] == [7]
    found = check(store, *heads)
    assert (found.faults, found.heads, found.too_old) == ([], 1, 5)
    assert remove(store, TODAY + timedelta(days=2000)) == 1
    assert [each.number for each in list_entries(store)] == [8]
    assert check(store).faults == []


def test_an_empty_log_is_left_alone(store: Store) -> None:
    assert remove(store) == 0
    assert list_entries(store) == []


def test_an_entry_of_a_clock_that_is_behind_goes_with_those_before_the_first_that_is_kept(store: Store) -> None:
    """Only from the front: else there would be a gap."""
    for number, when in enumerate(("2026-06-10 10:00", "2026-11-30 10:00", "2026-06-11 10:00")):
        log_entry(store, entry(number, at=at(when)))
    assert remove(store) == 1
    assert [each.number for each in list_entries(store)] == [2, 3, 4]
    assert check(store).faults == []


@pytest.mark.parametrize(
    ("act", "kind", "first", "last"),
    [
        (lambda log: delete(log).where(log.c.number == 4), FaultKind.MISSING, 4, 4),
        (lambda log: delete(log).where(log.c.number < 6), FaultKind.MISSING, 4, 5),
        (lambda log: update(log).where(log.c.number == 4).values(who="another"), FaultKind.CHANGED, 4, 4),
        (lambda log: delete(log).where(log.c.number > 6), FaultKind.CUT_OFF, 7, 7),
        (lambda log: delete(log).where(log.c.number == 6), FaultKind.MISSING, 6, 6),
    ],
)  # fmt: skip
def test_tampering_is_found_on_both_sides(
    store: Store, heads: list[AuditHead], act: Any, kind: FaultKind, first: int, last: int
) -> None:
    assert heads
    remove(store)
    found = after(store, lambda connection: connection.execute(act(AUDIT_ENTRY)))
    assert (kind, first, last) in [(fault.kind, fault.first, fault.last) for fault in found.faults]


def test_a_first_entry_that_was_put_in_place_of_the_real_one_is_found(store: Store, heads: list[AuditHead]) -> None:
    """The entry that says what was removed has the head that the first one must follow."""
    assert heads
    remove(store)
    (first, *_) = list_entries(store)

    def forge(connection: Any) -> None:
        connection.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == first.number))
        forged = AuditEntry(first.entry.at, "another", "officer", AuditKind.CONSULTATION, "/team")
        connection.execute(
            insert(AUDIT_ENTRY).values(
                number=first.number, at=forged.at, who=forged.who, role=forged.role, what=str(forged.what),
                target=forged.target, details="{}", reason=None, previous="ab" * 32,
                hash=hash_entry(first.number, forged, "{}", "ab" * 32),
            )
        )  # fmt: skip

    named = [(fault.kind, fault.first) for fault in after(store, forge).faults]
    assert (FaultKind.REWRITTEN, first.number) in named


def test_entries_that_were_removed_and_are_there_again_are_a_fault(store: Store, heads: list[AuditHead]) -> None:
    assert heads
    with store.reading() as connection:
        kept = [dict(row) for row in connection.execute(select(AUDIT_ENTRY).limit(3)).mappings()]
    remove(store)
    found = after(store, lambda connection: connection.execute(insert(AUDIT_ENTRY), kept))
    assert [(fault.first, fault.last) for fault in found.faults] == [(1, 3)]


@pytest.mark.parametrize("number", [1, 3, 4])
def test_what_was_tampered_with_is_evidence_and_stays(store: Store, heads: list[AuditHead], number: int) -> None:
    """So is what follows the last that would go: its link is what says so."""
    assert heads
    with store.writing() as connection:
        connection.execute(update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == number).values(who="another"))
    before = list_entries(store)
    with pytest.raises(AuditError, match=f"entry {number} is not what was written"):
        remove(store)
    assert list_entries(store) == before


def test_a_log_that_a_published_report_contradicts_stays(store: Store, heads: list[AuditHead], tmp_path: Path) -> None:
    ServiceState(store, "sqlite://", tmp_path)
    with store.writing() as connection:
        connection.execute(update(PUBLISHED).values(figures={"basis": {"audit_head": f"2:{'ab' * 32}"}}))
    with pytest.raises(AuditError, match="entry 2 is not the one of which report"):
        remove(store)
    assert len(list_entries(store)) == len(heads)


def test_two_services_that_remove_at_once_remove_once(database_url: str, store: Store, heads: list[AuditHead]) -> None:
    assert heads
    together, removed = Barrier(2), list[int]()
    with closing(Store.open(database_url)) as other:

        def work(service: Store) -> None:
            together.wait(30)
            removed.append(remove(service))

        threads = [Thread(target=work, args=(service,)) for service in (store, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(removed) == [0, 3]
    assert check(store).faults == []


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    made = ServiceState(store, database_url, tmp_path)
    made.settings = made.settings_with((r"^\[retention\]$", "[retention]\nremove_audit_after_days = 100"))
    return made


def test_the_service_removes_them_as_the_settings_say_and_tells_before_what_would_go(state: ServiceState) -> None:
    for number, when in enumerate(("2026-03-10 10:00", "2026-07-10 10:00")):
        log_entry(state.store, entry(number, at=at(when)))
    retaining = Service(state.settings, state.policy, state.store, lambda: NOW).retaining
    assert "remove: 1 audit entry of the months before 2026-04-01" in list(retaining.due())
    assert retaining.apply().others["audit entry"] == 1
    assert [line for line in retaining.due() if "audit" in line] == []
    assert [each.number for each in list_entries(state.store)] == [2, 3]


def test_without_the_setting_every_entry_stays(state: ServiceState) -> None:
    log_entry(state.store, entry(1, at=at("2006-03-10 10:00")))
    Service(state.settings_with(), state.policy, state.store, lambda: NOW).retaining.apply()
    assert len(list_entries(state.store)) == 1


def test_a_log_that_was_tampered_with_keeps_nothing_else_from_being_removed(state: ServiceState) -> None:
    log_entry(state.store, entry(1, at=at("2006-03-10 10:00")))
    with state.store.writing() as connection:
        connection.execute(update(AUDIT_ENTRY).values(who="another"))
    state.email("sent", NOW - timedelta(days=5000), recipient_ref="O1")
    state.email("sent", NOW, recipient_ref="O1")
    done = CliRunner().invoke(main, ["retention", "--config", str(state.config)])
    assert done.exit_code == 8
    assert "no entry of the audit log is removed" in done.stderr
    assert [each.entry.target for each in list_entries(state.store)] == ["/team", "retention"]
    assert len(stores.rows(state.store, OUTBOX)) == 1
