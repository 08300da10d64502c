"""Transactions: writers take turns, readers wait for nobody, and a failure says what to do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from compliance.errors import SettingsError, UnavailableError
from compliance.store import Store, begin_poll, last_complete_poll, load_columns, migrate
from compliance.store.database import dialect
from compliance.store.database.postgres import prepare
from compliance.store.tables import POLL, FeedRow, Poll
from tests import postgres, stores
from tests.stores import SOURCE, at, crime, rows, take

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

NOW = at("2026-07-02 06:00")


def test_what_is_read_to_be_changed_is_changed_by_nobody_else_between(store: Store) -> None:
    poll = begin_poll(store, SOURCE, NOW)

    def count_by_session() -> None:
        for _ in range(25):
            with store.session() as session:
                row = session.get_one(Poll, poll)
                row.pages += 1

    def count_by_connection() -> None:
        for _ in range(25):
            with store.writing() as connection:
                pages = connection.execute(select(POLL.c.pages)).scalar_one()
                connection.execute(update(POLL).values(pages=pages + 1))

    threads = [Thread(target=count) for count in (count_by_session, count_by_connection) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(store, POLL, "pages") == [(100,)]


def test_a_reader_waits_for_no_writer_and_sees_one_moment(store: Store) -> None:
    with store.writing() as writer, store.reading() as reader:
        pages = select(POLL.c.pages)
        assert reader.execute(pages).all() == []
        writer.execute(
            POLL.insert().values(
                source=SOURCE, started_at=NOW, complete=False, pages=1, received=0, changed=0, refused=0
            )
        )
        assert last_complete_poll(store) is None
        writer.commit()
        assert reader.execute(pages).all() == [], "what was read stays as it was"
    assert rows(store, POLL, "pages") == [(1,)]


def write_and_fail(context: Callable[[], AbstractContextManager[Any]]) -> None:
    with context() as opened:
        opened.execute(POLL.insert().values(Poll(source=SOURCE, started_at=NOW).model_dump(exclude={"id"})))
        raise ZeroDivisionError


def test_an_exception_undoes_a_transaction(store: Store) -> None:
    contexts: list[Callable[[], AbstractContextManager[Any]]] = [store.writing, store.session]
    for context in contexts:
        with pytest.raises(ZeroDivisionError):
            write_and_fail(context)
    assert rows(store, POLL) == []


def test_what_a_session_loaded_stays_readable(store: Store) -> None:
    take(store, NOW, crime())
    with store.session(reading=True) as session:
        poll = session.get_one(Poll, 1)
    assert (poll.source, poll.changed, poll.ended_at) == (SOURCE, 1, NOW)


def test_a_database_kept_busy_is_unavailable_and_named(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "_BUSY_SECONDS", 0.01)
    migrate(database_url)
    one, other = Store.open(database_url), Store.open(database_url)
    with one.writing():
        with pytest.raises(UnavailableError, match=r"could not be used \(.*(database is locked|lock timeout)"):
            begin_poll(other, SOURCE, NOW)
        assert len(load_columns(other)) == 0
    begin_poll(other, SOURCE, NOW)
    one.close()
    other.close()


def test_a_fault_of_our_own_is_not_called_unavailable(store: Store) -> None:
    with pytest.raises(IntegrityError), store.session() as session:
        session.add_all([FeedRow(source=SOURCE, moved_at=NOW) for _ in range(2)])


def test_a_password_is_never_shown() -> None:
    with pytest.raises((SettingsError, UnavailableError)) as raised:
        Store.open("postgresql://monitor:secret@127.0.0.1:1/compliance")
    assert "secret" not in str(raised.value)


def test_a_server_that_was_restarted_is_used_again_without_an_error() -> None:
    url = postgres.new_database()
    migrate(url)
    store, other = Store.open(url), Store.open(url)
    begin_poll(store, SOURCE, NOW)
    with other.reading() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        connection.exec_driver_sql(f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()")
    begin_poll(store, SOURCE, NOW)
    assert len(rows(store, POLL)) == 2
    store.close()
    other.close()


def test_an_old_server_and_another_encoding_are_refused_with_what_to_do() -> None:
    """PostgreSQL 14 or later, UTF-8."""
    for version, encoding, said in (
        (130_014, "UTF8", "PostgreSQL 13; 14 or later"),
        (140_000, "LATIN1", "not in UTF-8"),
    ):
        info = SimpleNamespace(server_version=version, parameter_status=lambda _, encoding=encoding: encoding)
        with pytest.raises(SettingsError, match=said):
            prepare(SimpleNamespace(info=info))
