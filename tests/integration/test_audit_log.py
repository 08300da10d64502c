"""The audit log is one chain on every kind of database, whoever writes to it at the same time (decision 0066)."""

from contextlib import closing, suppress
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import inspect

from compliance.store import AuditEntry, AuditKind, Store, append_entry, log_entry, migrate
from compliance.store.audit.audit_entry import BEGINNING, hash_entry, write_details
from compliance.store.audit.audit_log import StoredEntry, audit_head, iterate_entries, read_audit_head
from compliance.store.database.dialect import engine_for, file_of, parse_url
from compliance.store.database.schema import upgrade
from tests import stores
from tests.accesses import list_entries
from tests.stores import at

new_database, database_url, store = stores.new_shared_database, stores.database_url, stores.store
NOW = at("2026-07-20 11:00")


def entry(number: int = 0, **fields: Any) -> AuditEntry:
    plain: dict[str, Any] = {
        "at": NOW + timedelta(minutes=number, microseconds=number), "who": f"n{number}", "role": "supervisor",
        "what": AuditKind.CONSULTATION, "target": "/team", "details": {"crimes": [f"22A/{number}/26"]},
    }  # fmt: skip
    return AuditEntry(**(plain | fields))


def check_chain(entries: list[StoredEntry]) -> None:
    """Each follows the one before, and its hash is that of what it says."""
    previous = BEGINNING
    for each in entries:
        assert (each.number, each.previous) == (previous.number + 1, previous.hash)
        assert each.hash == hash_entry(each.number, each.entry, each.details, each.previous)
        assert each.details == write_details(each.entry.details)
        previous = each.head


def test_the_log_keeps_what_it_is_told_in_order_and_chained(store: Store) -> None:
    told = [
        entry(1),
        entry(0, who="Zoë \x1a \0 \U0001f600", target="line\nbreak", details={"é\0": ["\0", 1, None, True, {}]}),
        entry(2, reason="covering", what=AuditKind.DECISION, details={}),
    ]
    heads = [log_entry(store, each) for each in told]
    stored = list_entries(store)
    assert [each.entry for each in stored] == told
    assert [each.head for each in stored] == heads
    check_chain(stored)
    assert read_audit_head(store) == heads[-1]


def test_an_empty_log_has_the_head_of_no_entry(store: Store) -> None:
    assert read_audit_head(store) == BEGINNING
    assert list_entries(store) == []


def test_an_entry_is_stored_with_what_it_says_or_not_at_all(store: Store) -> None:
    with suppress(ValueError), store.writing() as connection:
        append_entry(connection, entry())
        raise ValueError
    with store.writing() as connection:
        append_entry(connection, entry(1))
        append_entry(connection, entry(2))
    check_chain(list_entries(store))
    assert [each.entry.who for each in list_entries(store)] == ["n1", "n2"]


def test_many_threads_of_two_services_write_one_chain(database_url: str, store: Store) -> None:
    """Some add an entry by itself, others in a transaction that has its turn as a writer."""
    together, faults = Barrier(6), list[BaseException]()
    with closing(Store.open(database_url)) as other:

        def write(service: Store, place: int) -> None:
            try:
                together.wait(30)
                for number in range(20):
                    if place % 3:
                        log_entry(service, entry(100 * place + number))
                    else:
                        with service.writing() as connection:
                            append_entry(connection, entry(100 * place + number))
            except BaseException as fault:
                faults.append(fault)

        threads = [Thread(target=write, args=((store, other)[place % 2], place)) for place in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
    stored = list_entries(store)
    check_chain(stored)
    assert sorted(each.entry.who for each in stored) == sorted(
        f"n{100 * place + number}" for place in range(6) for number in range(20)
    )


def test_a_long_log_is_read_some_entries_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.store.audit.audit_log._AT_ONCE", 3)
    with store.writing() as connection:
        for number in range(8):
            append_entry(connection, entry(number))
    with store.reading() as connection:
        assert [each.entry.who for each in iterate_entries(connection)] == [f"n{number}" for number in range(8)]


def at_revision(url: str, revision: str) -> sa.Engine:
    if (file := file_of(parse_url(url))) is not None:
        file.parent.mkdir(parents=True)
    engine = engine_for(parse_url(url))
    with engine.begin() as connection:
        upgrade(connection, "the database", revision)
    return engine


ACCESS = sa.table(
    "access",
    sa.column("at", sa.DateTime(timezone=True)),
    *(sa.column(name, sa.String()) for name in ("person", "role", "page", "refused", "reason")),
    *(sa.column(name, sa.JSON()) for name in ("asked", "crimes")),
)


def access(number: int, **fields: Any) -> dict[str, Any]:
    plain = {
        "at": NOW + timedelta(seconds=number), "person": f"n{number}", "role": "supervisor", "page": "/team", "asked": {},
        "crimes": [], "refused": None, "reason": None,
    }  # fmt: skip
    return plain | fields


def test_an_upgrade_carries_the_access_log_into_the_chain_and_says_so(database_url: str) -> None:
    engine = at_revision(database_url, "0025")
    with engine.begin() as connection:
        connection.execute(
            sa.insert(ACCESS),
            [
                access(1, asked={"sort": "due"}, crimes=["22A/1/26", "22A/\0/26"], person="Zoë"),
                access(2, refused="not for this role"),
                access(3, page="/api/v1/owed", role="performance", asked={"rows": "0"}),
                access(4, reason="covering", crimes=["x"]),
            ],
        )
    engine.dispose()
    migrate(database_url)
    with closing(Store.open(database_url)) as store:
        *carried, last = list_entries(store)
        check_chain([*carried, last])
        with store.reading() as connection:
            assert "access" not in inspect(connection).get_table_names()
    kinds = [AuditKind.CONSULTATION, AuditKind.CONSULTATION, AuditKind.DISCLOSURE, AuditKind.CONSULTATION]
    assert [each.entry for each in carried] == [
        entry(at=NOW + timedelta(seconds=number), who=who, role=role, what=kind, target=page, details=details, reason=why)
        for number, who, role, kind, page, details, why in (
            (1, "Zoë", "supervisor", kinds[0], "/team",
             {"asked": {"sort": "due"}, "crimes": ["22A/1/26", "22A/\0/26"]}, None),
            (2, "n2", "supervisor", kinds[1], "/team", {"refused": "not for this role"}, None),
            (3, "n3", "performance", kinds[2], "/api/v1/owed", {"asked": {"rows": "0"}}, None),
            (4, "n4", "supervisor", kinds[3], "/team", {"crimes": ["x"]}, "covering"),
        )
    ]  # fmt: skip
    assert (last.entry.what, last.entry.target) == (AuditKind.CONFIGURATION, "audit log")
    assert last.entry.details == {"entries": 4, "from": "access log", "schema": "0026"}
    assert last.entry.at >= carried[-1].entry.at


def test_an_upgrade_of_an_empty_access_log_leaves_an_empty_chain(database_url: str) -> None:
    at_revision(database_url, "0025").dispose()
    migrate(database_url)
    with closing(Store.open(database_url)) as store, store.reading() as connection:
        assert audit_head(connection) == BEGINNING
