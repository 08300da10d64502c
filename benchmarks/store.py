"""The store: intake over HTTP beside bare statements that write the same rows, and a cycle as the store grows.

CRIMES, STORED and DATABASES in the environment ask for other sizes, or one database only: STORED=1000000 is a force's
lifetime, and takes a quarter of an hour.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Connection, Table, select

from benchmarks.crimes import AS_AT, ndjson
from benchmarks.timing import show
from compliance.feeds import HttpFeed
from compliance.policy import load_policy
from compliance.service.polls.polling import poll
from compliance.store import Store, begin_poll, end_poll, judge_due, migrate, take_page
from compliance.store.database.dialect import add, chunks, insert_into, upsert
from compliance.store.tables import CRIME, CRIME_VERSION, OBLIGATION, TRANSITION

CRIMES: Final = int(os.environ.get("CRIMES", "100000"))
STORED: Final = int(os.environ.get("STORED", "200000"))
FEW: Final = 20_000
DATABASES: Final = os.environ.get("DATABASES", "sqlite postgresql").split()
PAGE: Final = 1000
CHANGED: Final = 2000
# The generated records go on after AS_AT. At the end of that day none has a fact later on the same day, which would be
# judged again at every cycle: a real record has no fact in the future.
NOW: Final = AS_AT.replace(hour=22, minute=59, second=59)
Rows = list[dict[str, Any]]


def main(count: int = CRIMES, stored: int = STORED) -> None:
    """Measure both on each database."""
    for name in DATABASES:
        intake(name, count)
        cycles(name, stored)


def changed(line: str) -> str:
    """The record with one more update, and in other hands."""
    told = '"updates":[{"update_ref":"new","at":"2026-06-30T10:00:00Z","outcome":"informed","method":"phone"}'
    return line.replace('"updates":[]', told + "]").replace('"updates":[{"update_ref":"U', told + ',{"update_ref":"U')


def intake(name: str, count: int) -> None:
    """Poll changed records over HTTP and judge them; then write the same rows by bare statements into a like store."""
    policy = load_policy("west-mercia")
    lines = list(ndjson(count))
    pages = {"first": lines, "second": [changed(line) for line in lines]}
    with (
        databases(name) as new_database,
        served(pages) as url,
        opened(new_database()) as store,
        opened(new_database()) as bare,
    ):

        def polled(phase: str, into: Store) -> float:
            start = time.perf_counter()
            with HttpFeed(f"{url}/{phase}", None, page_size=PAGE) as feed:
                poll(into, feed, f"{phase} {start}", lambda: NOW)
            return time.perf_counter() - start

        def judged(into: Store) -> float:
            start = time.perf_counter()
            judge_due(into, policy, NOW)
            return time.perf_counter() - start

        for each in (store, bare):
            first_poll, first_judge = polled("first", each), judged(each)
        before = set(rows_of(store, OBLIGATION)[1])
        taken, judging = polled("second", store), judged(store)
        unchanged = polled("second", store) + judged(store)
        with closing(Store.open(store.engine.url.render_as_string(hide_password=False))) as restarted:
            anew = polled("second", restarted) + judged(restarted)
        tables: dict[Table, Rows] = {}
        for table in (CRIME, CRIME_VERSION, OBLIGATION, TRANSITION):
            names, held = rows_of(store, table)
            fresh = [row for row in held if table is not OBLIGATION or row not in before]
            tables[table] = [dict(zip(names, row, strict=True)) for row in fresh]
        logged = len(rows_of(bare, TRANSITION)[1])
        tables[TRANSITION] = tables[TRANSITION][logged:]
        for table in (CRIME_VERSION, TRANSITION):
            for row in tables[table]:
                del row["id"]
        start = time.perf_counter()
        write(bare, tables)
        baseline = time.perf_counter() - start
    whole = taken + judging
    rows = ", ".join(f"{len(found):,} {table.name}" for table, found in tables.items())
    kind = "bare Core statements" if name == "sqlite" else "bare COPY and merge"
    show(
        f"Intake ({name}): {count:,} changed records over HTTP -> {rows} rows",
        [
            ("", "seconds", "records a second", "of the bare rate"),
            (f"{kind}, same rows from memory", f"{baseline:.2f}", f"{count / baseline:,.0f}", "1.00"),
            ("poll, changed", f"{taken:.2f}", f"{count / taken:,.0f}", ""),
            ("judge, changed", f"{judging:.2f}", f"{count / judging:,.0f}", ""),
            ("both, changed (aim: a third)", f"{whole:.2f}", f"{count / whole:,.0f}", f"{baseline / whole:.2f}"),
            ("both, unchanged", f"{unchanged:.2f}", f"{count / unchanged:,.0f}", f"{baseline / unchanged:.2f}"),
            ("both, unchanged, after a restart", f"{anew:.2f}", f"{count / anew:,.0f}", f"{baseline / anew:.2f}"),
            ("both, new", f"{first_poll + first_judge:.2f}", f"{count / (first_poll + first_judge):,.0f}", ""),
            ("changed to unchanged (aim: 2)", f"{whole / unchanged:.1f} x", "", ""),
        ],
    )


def cycles(name: str, stored: int) -> None:
    """A cycle with CHANGED changed crimes, in a store of few crimes and in one of many."""
    found: dict[int, float] = {}
    filled = 0.0
    for size in (FEW, stored):
        with databases(name) as new_database, opened(new_database()) as store:
            filled = fill(store, ndjson(size))
            lines = [line.encode() for line, _ in zip(ndjson(size), range(CHANGED), strict=False)]
            found[size] = median(cycle(store, lines, turn) for turn in range(5))
    few, many = found[FEW], found[stored]
    show(
        f"Steady state ({name}): a cycle with {CHANGED:,} changed crimes",
        [
            ("crimes stored", "seconds", "of the small store"),
            (f"{FEW:,}", f"{few:.3f}", "1.00"),
            (f"{stored:,} (aim: at most 1.5)", f"{many:.3f}", f"{many / few:.2f}"),
            (f"first backfill of {stored:,}, without HTTP", f"{filled:.1f}", ""),
        ],
    )


def fill(store: Store, crimes: Iterable[str]) -> float:
    """A first backfill of lines of NDJSON -> seconds, the making of the records apart."""
    seconds = 0.0
    number = begin_poll(store, "crimes", NOW)
    for page in chunks((line.encode() for line in crimes), PAGE):
        start = time.perf_counter()
        take_page(store, number, "crimes", page, None, NOW)
        seconds += time.perf_counter() - start
    end_poll(store, number, NOW, complete=True)
    start = time.perf_counter()
    judge_due(store, load_policy("west-mercia"), NOW)
    return seconds + time.perf_counter() - start


def cycle(store: Store, lines: Sequence[bytes], turn: int) -> float:
    """Take pages in which every record has changed, and judge -> seconds."""
    policy = load_policy("west-mercia")
    told = b'"updates":[{"update_ref":"turn%d","at":"2026-06-2%dT10:00:00Z","outcome":"informed"}' % (turn, turn % 10)
    changed_lines = [
        line.replace(b'"updates":[]', told + b"]").replace(b'"updates":[{"update_ref":"U', told + b',{"update_ref":"U')
        for line in lines
    ]
    pages = list(chunks(changed_lines, PAGE))
    start = time.perf_counter()
    number = begin_poll(store, "crimes", NOW)
    done = sum(take_page(store, number, "crimes", page, None, NOW).changed for page in pages)
    end_poll(store, number, NOW, complete=True)
    judge_due(store, policy, NOW)
    seconds = time.perf_counter() - start
    if done != len(lines):
        raise AssertionError(f"{done} of {len(lines)} records were taken as changed")
    return seconds


def write(store: Store, tables: dict[Table, Rows]) -> None:
    """The rows as they are, in transactions of as many as a batch of judging has."""
    for table, rows in tables.items():
        for part in chunks(rows):
            with store.writing() as connection:
                if connection.dialect.name == "sqlite":
                    connection.execute(bare_statement(connection, table, part[0]), part)
                elif table in (CRIME, OBLIGATION):
                    upsert(connection, table, part)
                else:
                    add(connection, table, part)


def bare_statement(connection: Connection, table: Table, row: dict[str, Any]) -> Any:
    """What puts such rows in by primary key, without the store's own way to write many."""
    key = [column.name for column in table.primary_key]
    statement = insert_into(connection, table)
    values = {name: statement.excluded[name] for name in row if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def rows_of(store: Store, table: Table) -> tuple[list[str], list[tuple[Any, ...]]]:
    with store.reading() as connection:
        held = connection.execute(select(table).order_by(*table.primary_key))
        return list(table.c.keys()), [tuple(row) for row in held]


@contextmanager
def opened(url: str) -> Iterator[Store]:
    migrate(url)
    with closing(Store.open(url)) as store:
        yield store


@contextmanager
def databases(name: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases of a kind; a PostgreSQL is started from a wheel, and keeps what it commits."""
    with tempfile.TemporaryDirectory() as folder:
        if name == "sqlite":
            numbers = iter(range(9))
            yield lambda: f"sqlite:///{folder}/{next(numbers)}.db"
            return
        from tests.postgres import new_database

        yield lambda: new_database(safe=True)


@contextmanager
def served(pages: dict[str, list[str]]) -> Iterator[str]:
    """The address of a process of its own that serves lists of records in pages: a path each, NDJSON, a cursor."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(pages, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(pages: dict[str, list[str]], pipe: Pipe) -> None:
    bodies = {
        (name, place): "\n".join(lines[place : place + PAGE]).encode()
        for name, lines in pages.items()
        for place in range(0, len(lines), PAGE)
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            place = int(parse_qs(asked.query).get("changed_since", ["0"])[0])
            name = Path(asked.path).name
            body = bodies.get((name, place), b"")
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Next-Cursor", str(place + PAGE))
            self.send_header("More", "true" if (name, place + PAGE) in bodies else "false")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()
