"""Whatever the officer directory does, the crimes are read, and mail goes out by the last good one (records section 4)."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, HttpFeed, Page, Patience, Remembered
from compliance.reports.periods.weeks import Week
from compliance.service.polls.directory_poll import DirectoryRules
from compliance.service.polls.polling import PollOutcome, poll
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store, directory_as_of, judge_due, note_directory, officers
from compliance.store.tables import OFFICER, POLL
from tests import stores
from tests.integration.test_reporting import CRIME
from tests.office import POLICY, Office, crime, morning
from tests.reporting import reporting
from tests.stores import SOURCE, at, raws, rows, take
from tests.web_server import WebServer, answer, serving

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store = stores.store

NDJSON: Final = "application/x-ndjson"
DAY: Final = timedelta(days=1)
NAMES: Final = ("1042", "1043", "2000", "2001")
HTML: Final = answer(b"<!doctype html><title>Sign in</title><p>Your session has expired.</p>", Content_Type="text/html")


def directory(*refs: str, etag: str | None = None) -> bytes:
    """Entries whose mail goes to `new.example`; the good directory of the first day has `force.example`."""
    return listed([{"officer_ref": ref, "email": f"{ref}@new.example"} for ref in refs], etag)


def listed(entries: list[dict[str, Any]], etag: str | None = None) -> bytes:
    body = b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)
    headers = {"ETag": etag} if etag else {}
    return answer(body, Content_Type=NDJSON, length=len(body), **headers)


GOOD: Final = listed([{"officer_ref": ref, "email": f"{ref}@force.example"} for ref in NAMES], '"good"')
SAME: Final = answer(b"", "304 Not Modified")
BROKEN: Final = answer(b"", "500 Internal Server Error")


@dataclass
class World:
    """A crime system and its directory over HTTP, each on a server of its own, and an office that is told by mail."""

    office: Office
    crimes: WebServer
    officers: WebServer
    remembered: Remembered = field(default_factory=Remembered)

    def poll(self, *said: bytes, now: datetime | None = None, **rules: Any) -> PollOutcome:
        """A poll to which the directory says something, the last of it for ever."""
        self.office.now = now or self.office.now
        self.officers.answers = list(said)
        patience = Patience(attempts=1)
        with HttpFeed(
            self.crimes.url, self.officers.url, patience=patience, remembered=self.remembered, timeout=5
        ) as feed:
            return poll(
                self.office.store, feed, SOURCE, lambda: self.office.now, directory_rules=DirectoryRules(**rules)
            )

    def in_force(self) -> dict[str, str | None]:
        return {ref: officer.email for ref, officer in officers(self.office.store).items()}


@pytest.fixture
def world(store: Store, tmp_path: Path) -> Iterator[World]:
    with serving() as crimes, serving() as directory_server, MailSink(tmp_path / "mail") as sink:
        office = Office(store, sink)
        office.now = morning("2026-06-10", 8)
        with store.writing() as connection:
            connection.execute(delete(OFFICER))
        records = raws([crime("A", "2026-06-01"), crime("B", "2026-06-02", "1043")])
        page = {"records": [json.loads(record) for record in records], "next": "c1", "more": False}
        crimes.answers = [answer(json.dumps(page).encode()), answer(b'{"records":[],"next":"c1","more":false}')]
        yield World(office, crimes, directory_server)


TROUBLES: Final = {
    "500": (BROKEN, "answered 500 Internal Server Error"),
    "401": (answer(b"", "401 Unauthorized"), "answered 401 Unauthorized; check that the token is right"),
    "no answer": (b"", "could not be reached"),
    "a web page": (HTML, "gave a web page instead of an officer directory"),
    "a web page called NDJSON": (HTML.replace(b"text/html", NDJSON.encode()), "gave a web page instead of an officer directory"),
    "empty": (answer(b"", Content_Type=NDJSON), "it is empty"),
    "blank lines": (answer(b"\n \r\n\n", Content_Type=NDJSON), "it is empty"),
    "every entry refused": (answer(b'{"ref":"1042"}\n{"ref":"1043"}\n', Content_Type=NDJSON),
                            "none of its 2 entries can be used; the first: officer directory, entry 1: "),
    "a JSON list": (answer(b'[{"officer_ref":"1042"}]'), "none of its 1 entries can be used; the first: "),
    "cut short": (answer(b'{"officer_ref":"1042"}\n', length=10_000, Content_Type=NDJSON), "could not be reached"),
    "not what its packing says": (answer(gzip.compress(b"{}")[:-5], Content_Encoding="gzip"), "cut short or continues after its end"),
    "halved": (directory("1042", "1043"), "it has 2 usable entries, where the last good one has 4"),
    "one entry, many times": (directory(*["1042"] * 9), "it has 1 usable entry, where the last good one has 4"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES)
def test_mails_go_out_as_with_the_last_good_directory(world: World, trouble: str) -> None:
    """The crimes are read to their end; what went wrong is named, with how old the directory in force is."""
    said, problem = TROUBLES[trouble]
    office = world.office
    assert world.poll(GOOD).directory.problem is None
    last_good = office.now
    done = world.poll(said, now=morning("2026-06-11"))
    assert (done.complete, done.problem) == (True, None)
    assert done.directory.problem is not None
    assert problem in done.directory.problem
    assert done.directory.as_of == last_good
    judge_due(office.store, POLICY, office.now)
    assert office.remind().not_now is None
    office.deliver()
    assert sorted(mail.recipient for mail in office.sink.messages) == ["1042@force.example", "1043@force.example"]
    assert rows(office.store, POLL, "complete", "problem", "directory_problem")[-1] == (
        True, None, done.directory.problem,
    )  # fmt: skip


def test_a_directory_that_has_come_right_is_taken_over_at_once(world: World) -> None:
    world.poll(GOOD)
    for said, _ in TROUBLES.values():
        world.poll(said, now=world.office.now + timedelta(minutes=5))
    assert world.in_force() == {name: f"{name}@force.example" for name in NAMES}
    done = world.poll(directory(*NAMES), now=world.office.now + timedelta(minutes=5))
    assert (done.directory.problem, done.directory.as_of) == (None, world.office.now)
    assert world.in_force() == {name: f"{name}@new.example" for name in NAMES}


def test_a_directory_is_read_though_the_crimes_are_not(world: World) -> None:
    """Each source fails by itself."""
    world.poll(GOOD)
    world.crimes.answers = [BROKEN]
    with pytest.raises(UnavailableError, match="answered 500"):
        world.poll(directory(*NAMES), now=world.office.now + DAY)
    assert world.in_force() == {name: f"{name}@new.example" for name in NAMES}
    assert directory_as_of(world.office.store, SOURCE) == world.office.now


def test_an_entry_that_a_good_directory_no_longer_lists_stays_as_last_seen(world: World) -> None:
    world.poll(GOOD)
    assert world.poll(directory("1042", "1043", "2000")).directory.problem is None
    assert world.in_force()["2001"] == "2001@force.example"


def test_a_directory_that_is_unchanged_is_as_of_now(world: World) -> None:
    """304 is good news."""
    world.poll(GOOD)
    done = world.poll(SAME, now=world.office.now + DAY)
    assert (done.directory.problem, done.directory.as_of) == (None, world.office.now)
    done = world.poll(BROKEN, now=world.office.now + DAY)
    assert done.directory.as_of == world.office.now - DAY
    assert rows(world.office.store, POLL, "officers") == [(4,), (4,), (None,)]


@pytest.mark.parametrize("trouble", ["halved", "empty", "every entry refused"])
def test_a_directory_that_was_not_taken_over_is_not_taken_for_unchanged(world: World, trouble: str) -> None:
    """Its ETag is not remembered: that of the last good one is."""
    world.poll(GOOD)
    world.poll(TROUBLES[trouble][0].replace(b"\r\n\r\n", b'\r\nETag: "bad"\r\n\r\n', 1))
    world.poll(SAME)
    assert [headers.get("If-None-Match") for headers in world.officers.headers] == [None, '"good"', '"good"']


def test_the_age_is_known_without_a_directory_having_been_read_by_this_version(world: World) -> None:
    """The polls of an earlier version did not note it; the entries themselves say when they were seen."""
    world.poll(GOOD)
    with world.office.store.writing() as connection:
        connection.execute(POLL.update().values(officers=None))
    seen = world.office.now
    done = world.poll(directory("1042"), now=seen + DAY)
    assert done.directory.as_of == seen
    assert done.directory.problem is not None
    assert "where the last good one has 4" in done.directory.problem


HALF: Final = directory("1042", "1043")


def test_a_directory_that_has_shrunk_is_not_taken_over_until_a_person_accepts_it(world: World) -> None:
    """However long it stays so: that it does is no proof that the officers have left."""
    world.poll(GOOD)
    last_good = world.office.now
    for _ in range(5):
        done = world.poll(HALF, now=world.office.now + DAY)
        assert "`compliance poll --accept-directory`" in str(done.directory.problem)
        assert done.directory.as_of == last_good
    assert world.in_force()["1042"] == "1042@force.example"
    done = world.poll(HALF, accept_shrunk=True)
    assert (done.directory.problem, done.directory.as_of) == (None, world.office.now)
    assert world.in_force()["1042"] == "1042@new.example"
    assert world.poll(HALF).directory.problem is None, "it is the last good one now"
    assert world.poll(directory("1042")).directory.problem is not None, "half of that is halved again"


@pytest.mark.parametrize("trouble", ["empty", "every entry refused", "500", "a web page"])
def test_a_person_cannot_accept_what_is_no_directory(world: World, trouble: str) -> None:
    world.poll(GOOD)
    assert world.poll(TROUBLES[trouble][0], accept_shrunk=True).directory.problem is not None
    assert world.in_force()["1042"] == "1042@force.example"


@pytest.mark.parametrize(
    ("limit", "entries", "accepted"),
    [
        (0.25, 3, False),
        (0.26, 3, True),
        (0.5, 2, False),
        (0.5, 3, True),
        (0.75, 2, True),
        (0.75, 1, False),
        (1, 1, True),
    ],
)
def test_the_force_says_by_how_much_it_may_shrink(world: World, limit: float, entries: int, accepted: bool) -> None:
    """Of the four entries of the last good one."""
    world.poll(GOOD)
    problem = world.poll(directory(*NAMES[:entries]), shrink_limit=limit).directory.problem
    assert (problem is None) is accepted


def test_an_empty_directory_is_never_taken_over(world: World) -> None:
    world.poll(GOOD)
    for _ in range(5):
        done = world.poll(TROUBLES["empty"][0], now=world.office.now + DAY)
    assert done.directory.problem == "it is empty"
    assert world.in_force()["1042"] == "1042@force.example"


def test_the_first_directory_that_holds_anything_is_good(world: World) -> None:
    done = world.poll(TROUBLES["empty"][0])
    assert (done.complete, done.directory.problem, done.directory.as_of) == (True, "it is empty", None)
    done = world.poll(directory("1042"))
    assert (done.directory.problem, done.directory.as_of) == (None, world.office.now)


def test_without_a_directory_there_is_no_problem(store: Store, world: World) -> None:
    with HttpFeed(world.crimes.url, None) as feed:
        done = poll(store, feed, SOURCE, lambda: morning("2026-06-10"))
    assert (done.complete, done.directory.problem, done.directory.as_of) == (True, None, None)
    assert rows(store, POLL, "officers", "directory_problem") == [(None, None)]


def test_what_went_wrong_is_logged_as_the_directorys_and_with_its_age(world: World) -> None:
    world.poll(GOOD)
    with capture_logs() as logs:
        world.poll(BROKEN, now=world.office.now + DAY)
    (line,) = logs
    assert line["event"] == "officer directory not taken over"
    assert line["as_of"] == morning("2026-06-10", 8).isoformat()
    assert "answered 500" in line["problem"]


def test_the_report_says_as_of_when_the_directory_is(store: Store, tmp_path: Path) -> None:
    """And says it among the faults where it is a day older than the crimes."""
    take(store, at("2026-07-20 04:30"), CRIME)
    note_directory(store, len(rows(store, POLL)), 4)
    (fresh,) = reporting(store, tmp_path).publish(Week.parse("2026-W28"), at("2026-07-20 05:00"))
    page = " ".join(fresh.path.read_text("utf-8").split())
    assert page.count("The officer directory is as of 2026-07-20T04:30:00Z.") == 1
    assert "none has been taken over since" not in page
    take(store, at("2026-07-27 04:30"), CRIME)
    note_directory(store, len(rows(store, POLL)), None, "answered 500")
    (stale,) = reporting(store, tmp_path).publish(Week.parse("2026-W29"), at("2026-07-27 05:00"))
    page = " ".join(stale.path.read_text("utf-8").split())
    old = "The officer directory is as of 2026-07-20T04:30:00Z"
    assert f"{old}: none has been taken over since, and mails are routed by it." in page
    assert f"{old}." in page
    assert "Delayed" not in page


class Faulty:
    """A feed whose directory breaks this program."""

    def pages(self, _: str | None) -> Iterator[Page]:
        yield Page(raws([crime("A", "2026-06-01")]), "c1", False)

    def officers(self) -> DirectoryEntries:
        raise KeyError("Jane Doe")

    def close(self) -> None:
        pass


def test_a_fault_of_our_own_in_the_directory_is_told_and_the_crimes_are_complete(store: Store) -> None:
    with pytest.raises(KeyError):
        poll(store, Faulty(), SOURCE, lambda: morning("2026-06-10"))
    assert rows(store, POLL, "complete", "problem", "directory_problem") == [(True, None, "a fault: KeyError")]
