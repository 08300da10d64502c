"""What the service tells people by itself is in the audit log: emails before any is sent, and reports as they are published."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
from sqlalchemy import event, text

from compliance.errors import UnavailableError
from compliance.service import Service
from compliance.store import AuditEntry, AuditKind, Store, log_entry
from compliance.store.audit.actors import THE_SERVICE, Actor
from compliance.store.audit.audit_disclosures import note_messages
from compliance.store.tables import OUTBOX
from tests import stores
from tests.accesses import list_entries
from tests.integration.test_mail_server import Server, running
from tests.reporting import digests, reporting
from tests.service_states import NOW, ServiceState
from tests.stores import at, crime, on_both, rows, take

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
TUESDAY: Final = at("2026-07-14 05:00")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


def queue(state: ServiceState, when: datetime, kind: str = "report") -> None:
    headers = {"From": "updates@force.example"}
    state.email("queued", when, kind=kind, headers=headers, message_id=f"<{when:%d%H%M}@force.example>")


def disclosures(store: Store, target: str) -> list[AuditEntry]:
    found = [each.entry for each in list_entries(store)]
    assert {each.what for each in found} <= {AuditKind.DISCLOSURE}
    return [each for each in found if each.target == target]


@contextmanager
def mailing(state: ServiceState, server: Server | None = None) -> Iterator[Service]:
    """The service with a mail server."""
    with ExitStack() as stack:
        port = stack.enter_context(running(server or Server()))
        state.settings = state.settings_with(("^port = 8471", f"port = {port}"))
        yield Service(state.settings, state.policy, state.store, lambda: state.now)


# ── emails ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@on_both
def test_a_run_that_sends_is_one_disclosure_with_counts_and_one_that_sends_nothing_is_none(state: ServiceState) -> None:
    for number in range(3):
        queue(state, NOW - MINUTE * number)
    queue(state, NOW - DAY, "notice")
    with mailing(state) as service:
        assert service.deliver().sent == 4
        assert service.deliver().sent == 0
        (entry,) = disclosures(state.store, "outbox")
        assert (entry.at, entry.who, entry.role) == (NOW, "compliance", "service")
        assert entry.details == {"messages": {"notice": 1, "report": 3}, "first": 1, "last": 4}
        state.now += DAY
        queue(state, state.now)
        service.deliver()
        assert [each.details["first"] for each in disclosures(state.store, "outbox")] == [1, 5]


def test_it_is_in_the_log_before_the_mail_server_sees_any(state: ServiceState) -> None:
    seen: list[int] = []

    class Looking(Server):
        async def handle_DATA(self, *given: Any) -> str:  # noqa: N802
            seen.append(len(disclosures(state.store, "outbox")))
            return await super().handle_DATA(*given)

    queue(state, NOW)
    with mailing(state, Looking()) as service:
        service.deliver()
    assert seen == [1]


def test_if_it_cannot_be_written_nothing_is_sent(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise UnavailableError("the disk is full")

    server = Server()
    queue(state, NOW)
    with mailing(state, server) as service:
        monkeypatch.setattr("compliance.service.service.note_messages", full)
        with pytest.raises(UnavailableError):
            service.deliver()
    assert server.taken == []


def test_a_mail_server_that_is_away_makes_no_second_entry(state: ServiceState) -> None:
    queue(state, NOW)
    state.settings = state.settings_with(("^port = 8471", "port = 9"))
    service = Service(state.settings, state.policy, state.store, lambda: state.now)
    for _ in range(3):
        service.deliver()
        state.now += timedelta(hours=5)
    assert len(disclosures(state.store, "outbox")) == 1


def test_who_has_it_sent_by_hand_is_named(state: ServiceState) -> None:
    queue(state, NOW)
    note_messages(state.store, Actor("mhill", "command line"), NOW)
    (entry,) = disclosures(state.store, "outbox")
    assert (entry.who, entry.role) == ("mhill", "command line")


@on_both
def test_of_emails_from_before_an_upgrade_only_those_that_nobody_tried_to_send_count(state: ServiceState) -> None:
    state.email("sent", NOW - DAY, attempts=1)
    state.email("retry", NOW - DAY, attempts=1)
    state.email("queued", NOW)
    note_messages(state.store, THE_SERVICE, NOW)
    (entry,) = disclosures(state.store, "outbox")
    assert entry.details == {"messages": {"digest": 1}, "first": 3, "last": 3}


@on_both
def test_two_services_at_once_write_each_email_once(state: ServiceState, database_url: str) -> None:
    others = [Store.open(database_url) for _ in range(4)]
    for round_ in range(5):
        state.email("queued", NOW + MINUTE * round_)
        threads = [Thread(target=note_messages, args=(each, THE_SERVICE, NOW)) for each in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for each in others:
        each.close()
    found = [each.details for each in disclosures(state.store, "outbox")]
    assert [(each["first"], each["last"]) for each in found] == [(n, n) for n in range(1, 6)]


@on_both
def test_an_idle_look_reads_two_rows_by_their_index_and_writes_nothing(state: ServiceState) -> None:
    state.email("queued", NOW)
    note_messages(state.store, THE_SERVICE, NOW)
    for number in range(300):
        log_entry(state.store, AuditEntry(NOW, f"n{number}", "supervisor", AuditKind.DISCLOSURE, "/team"))
    asked: list[str] = []
    event.listen(state.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    note_messages(state.store, THE_SERVICE, NOW)
    assert not [
        each for each in asked if each.upper().startswith(("BEGIN IMMEDIATE", "INSERT", "UPDATE", "SELECT PG_ADV"))
    ]
    if state.store.engine.dialect.name == "sqlite":
        with state.store.reading() as connection:
            newest = "EXPLAIN QUERY PLAN SELECT details FROM audit_entry WHERE what = :w AND target = :t ORDER BY number DESC LIMIT 1"
            plan = connection.execute(text(newest), {"w": "disclosure", "t": "outbox"}).all()
        assert "ix_audit_entry_outbox" in str(plan)


@on_both
def test_a_morning_of_reminders_is_one_entry_with_what_each_recipient_gets_in_the_outbox(state: ServiceState) -> None:
    """As `compliance run` has it: decided, written to the log, sent."""
    with mailing(state) as service:
        take(state.store, NOW, *(crime(f"22A/{number}/26", reported_at="2026-06-20T09:00:00Z") for number in range(5)))
        state.poll(NOW, complete=True)
        service.remind()
    (entry,) = disclosures(state.store, "outbox")
    sent = rows(state.store, OUTBOX, "id", "kind")
    assert sent, "the officer in the case is told"
    assert (entry.details["first"], entry.details["last"]) == (sent[0][0], sent[-1][0])
    assert sum(entry.details["messages"].values()) == len(sent)


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@on_both
def test_a_report_published_by_schedule_is_one_disclosure_with_its_editions_and_files(
    store: Store, tmp_path: Path
) -> None:
    take(store, TUESDAY - DAY, *(crime(f"22A/{n}/26", division="North") for n in range(1, 20)))
    asked = reporting(
        store, tmp_path, editions=["board", "division"], forms=["html", "csv"], readers=["board@force.example"]
    )
    take(store, TUESDAY + 7 * DAY)
    asked.publish_due(TUESDAY)
    asked.publish_due(TUESDAY + 7 * DAY)
    asked.publish_due(TUESDAY + 7 * DAY + MINUTE)
    found = disclosures(store, "reports")
    assert found
    assert all((each.who, each.role) == ("compliance", "service") for each in found)
    assert len({each.details["period"] for each in found}) == len(found), "published once, written once"
    files = [edition["files"] for each in found for edition in each.details["editions"].values()]
    assert {name: digest for each in files for name, digest in each.items()} == {
        name: digest for name, digest in digests(tmp_path).items() if "held" not in name
    }
    assert {name for each in found for name in each.details["editions"]} == {"board", "division-north"}
    assert {edition["version"] for each in found for edition in each.details["editions"].values()} == {1}


def test_forms_that_are_added_later_are_an_entry_of_those(store: Store, tmp_path: Path) -> None:
    take(store, TUESDAY - DAY, crime())
    take(store, TUESDAY + 7 * DAY)
    reporting(store, tmp_path, forms=["html"]).publish_due(TUESDAY)
    reporting(store, tmp_path, forms=["html"]).publish_due(TUESDAY + 7 * DAY)
    before = len(disclosures(store, "reports"))
    later = TUESDAY + 8 * DAY
    reporting(store, tmp_path, forms=["html", "csv"]).publish_due(later)
    *_, added = disclosures(store, "reports")[before:]
    assert added.at == later
    assert list(added.details["editions"]["board"]["files"]) == [f"{added.details['period']}-board.csv"]


def test_a_report_that_is_not_published_is_no_entry(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in the transaction that publishes, so it goes with it."""
    take(store, TUESDAY - DAY, crime())
    take(store, TUESDAY + 7 * DAY)
    asked = reporting(store, tmp_path, forms=["html"])
    asked.publish_due(TUESDAY)
    before = disclosures(store, "reports")

    def fail(*_: object) -> None:
        raise UnavailableError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("compliance.reports.publishing.publish.append_publication", fail)
        with pytest.raises(UnavailableError):
            asked.publish_due(TUESDAY + 7 * DAY)
    assert disclosures(store, "reports") == before
    asked.publish_due(TUESDAY + 7 * DAY)
    assert len(disclosures(store, "reports")) == len(before) + 1
