"""An officer directory in files or in a database fails as one over HTTP does: the crimes are complete (records section 4)."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from compliance.feed_settings import FieldMapping, Files, SourceDatabase
from compliance.feeds import Feed, Mapper
from compliance.feeds.database import DatabaseFeed
from compliance.feeds.exports import Exports
from compliance.feeds.files import FilesFeed
from compliance.service.polls.polling import poll
from compliance.store import Store, directory_as_of, officers
from tests import stores
from tests.integration.test_officer_directory import NAMES
from tests.office import morning
from tests.stores import SOURCE

new_database, database_url = stores.new_database, stores.database_url
store = stores.store


@dataclass
class Source:
    """A crime system of another kind, and the ways in which its directory can fail."""

    feed: Callable[[], Feed]
    break_it: dict[str, Callable[[], object]]


def files(folder: Path) -> Source:
    def put(name: str, text: str, encoding: str = "utf-8") -> None:
        (folder / name).write_text(text, encoding)
        os.utime(folder / name, (0, 0))

    names, officers_file = "officer_ref,email\n", folder / "officers.csv"
    put("officers.csv", names + "".join(f"{ref},{ref}@force.example\n" for ref in NAMES))
    put("crimes_1.csv", "crime_ref,reported_at,officer_ref\nA,2026-06-01T11:00:00Z,1042\n")
    exports = Exports(folder, Files(tables={"crimes": "crimes_*.csv"}, officers="officers.csv"))

    def feed() -> Feed:
        if not list(folder.glob("crimes_*.csv")):
            put("crimes_2.csv", "crime_ref,reported_at,officer_ref\nB,2026-06-02T11:00:00Z,1043\n")
        return FilesFeed(exports, Mapper(FieldMapping(), tabular=True), 100, lambda: morning("2026-06-11"))

    return Source(
        feed,
        {
            "cannot be read (No such file": officers_file.unlink,
            "it is empty": lambda: put("officers.csv", names),
            "none of its 2 entries can be used": lambda: put("officers.csv", "collar\n1042\n1043\n"),
            "it has 2 usable entries": lambda: put("officers.csv", names + "1042,x\n1043,x\n"),
            "is not utf-8-sig": lambda: put("officers.csv", "officer_ref,email\n1042,é\n", "cp1252"),
        },
    )  # fmt: skip


def database(folder: Path) -> Source:
    path = folder / "crimes.db"

    def run(script: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)

    run(
        """
        CREATE TABLE crimes (crime_ref, reported_at, officer_ref, changed_at);
        INSERT INTO crimes VALUES ('A', '2026-06-01T11:00:00Z', '1042', '2026-06-01T11:00:00Z');
        CREATE TABLE officers (officer_ref, email);
        INSERT INTO officers VALUES ('1042', '1042@force.example'), ('1043', '1043@force.example'),
          ('2000', '2000@force.example'), ('2001', '2001@force.example');
        """
    )
    queries = SourceDatabase(
        url="env:SOURCE",
        queries={"crimes": "SELECT * FROM crimes WHERE changed_at >= :changed_since"},
        officers="SELECT * FROM officers",
    )

    def feed() -> Feed:
        mapper = Mapper(FieldMapping(), tabular=True)
        return DatabaseFeed(f"sqlite:///{path}", queries, mapper, 100, lambda: morning("2026-06-10"))

    return Source(
        feed,
        {
            "the query officers failed (no such table": lambda: run("DROP TABLE officers"),
            "it is empty": lambda: run("DELETE FROM officers"),
            "none of its 4 entries can be used": lambda: run("ALTER TABLE officers RENAME officer_ref TO collar"),
            "it has 1 usable entry,": lambda: run("DELETE FROM officers WHERE officer_ref > '1042'"),
        },
    )


@pytest.mark.parametrize("kind", [files, database])
def test_a_directory_of_another_kind_that_fails_leaves_the_crimes_complete(
    store: Store, tmp_path: Path, kind: Callable[[Path], Source]
) -> None:
    for number, problem in enumerate(kind(make(tmp_path / "names")).break_it):
        source = kind(make(tmp_path / str(number)))
        name = f"{SOURCE} {number}"
        now = morning("2026-06-10")
        with closing(source.feed()) as feed:
            assert poll(store, feed, name, lambda: now).directory.problem is None  # noqa: B023
        source.break_it[problem]()
        now += timedelta(hours=1)
        with closing(source.feed()) as feed:
            done = poll(store, feed, name, lambda: now)  # noqa: B023
        assert done.complete
        assert done.directory.problem is not None
        assert problem in done.directory.problem
        assert done.directory.as_of == morning("2026-06-10")
        assert officers(store)["1042"].email == "1042@force.example"


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_directory_file_that_is_being_written_is_neither_read_nor_confirmed(store: Store, tmp_path: Path) -> None:
    source = files(make(tmp_path / "exports"))
    with closing(source.feed()) as feed:
        poll(store, feed, SOURCE, lambda: morning("2026-06-10"))
    written = morning("2026-06-11").timestamp() - 10
    os.utime(tmp_path / "exports" / "officers.csv", (written, written))
    with closing(source.feed()) as feed:
        done = poll(store, feed, SOURCE, lambda: morning("2026-06-11"))
    assert (done.complete, done.directory.problem, done.directory.as_of) == (True, None, morning("2026-06-10"))
    assert directory_as_of(store, SOURCE) == morning("2026-06-10")
