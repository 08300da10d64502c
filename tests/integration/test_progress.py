"""Work of more than some seconds shows how far it is: on the terminal, in the log and in `compliance status`."""

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from compliance.policy import load_policy
from compliance.progress import tell_step, watching
from compliance.service.noting.noted_progress import noted_progress
from compliance.service.overview import look
from compliance.store import RetentionPeriods, Store, apply_retention, export, judge_due, load_columns, rebuild
from compliance.store.kept.work_progress import list_progress
from tests import stores
from tests.conformance import records_text
from tests.service_states import NOW, ServiceState
from tests.stores import crime, take

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
COMPLIANCE = Path(sys.executable).with_name("compliance")
WEST_MERCIA = load_policy("west-mercia")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW - timedelta(minutes=5)

    def __call__(self) -> datetime:
        return self.now


def held(store: Store, now: datetime) -> list[tuple[str, str]]:
    with store.reading() as connection:
        return [(each.work, each.in_words) for each in list_progress(connection, now)]


def test_status_shows_from_another_process_how_far_long_work_is_until_it_ends(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    clock, state = Clock(), ServiceState(store, database_url, tmp_path)
    with noted_progress(store, "rebuild", clock):
        for done in (1000, 20_000, 40_000):
            clock.now += timedelta(seconds=20)
            tell_step("crimes judged again", done, 200_000)
        seen = look(state.config, clock.now + timedelta(seconds=30))
        line = next(line for line in seen.text().splitlines() if line.startswith("under way"))
        assert line.split(None, 2)[2] == (
            "rebuild, since 2026-07-20 09:55Z (1 minute ago): 40,000 of 200,000 crimes judged again, about 4 minutes left"
        )
        assert seen.as_json()["facts"]["under_way"] == [
            {
                "work": "rebuild",
                "since": NOW - timedelta(minutes=5),
                "what": "crimes judged again",
                "done": 40_000,
                "of": 200_000,
            }
        ]
    assert "under way" not in look(state.config, clock.now).text()


def test_the_log_says_it_every_ten_seconds_with_the_speed_of_the_present_part(store: Store) -> None:
    clock = Clock()
    with structlog.testing.capture_logs() as told, noted_progress(store, "poll", clock):
        for seconds, what, done in ((5, "a", 5), (7, "a", 12), (3, "a", 15), (8, "a", 23), (10, "b", 1), (10, "b", 21)):
            clock.now += timedelta(seconds=seconds)
            tell_step(what, done, None if what == "a" else 50)
    assert [(each["what"], each["done"], each.get("of"), each["a_second"]) for each in told] == [
        ("a", 12, None, 1), ("a", 23, None, 1), ("b", 1, 50, 0), ("b", 21, 50, 1),
    ]  # fmt: skip
    assert {(each["event"], each["job"]) for each in told} == {("under way", "poll")}


def test_work_of_less_than_ten_seconds_writes_nothing(store: Store) -> None:
    clock = Clock()
    with structlog.testing.capture_logs() as told, noted_progress(store, "poll", clock):
        clock.now += timedelta(seconds=9)
        tell_step("records received", 10)
        assert held(store, clock.now) == []
    assert told == []


def test_work_that_was_killed_is_not_shown_for_long(store: Store) -> None:
    clock = Clock()
    work = noted_progress(store, "export", clock)
    work.__enter__()
    clock.now += timedelta(seconds=11)
    tell_step("crimes written", 500)
    assert held(store, clock.now + timedelta(seconds=119)) == [("export", "500 crimes written")]
    assert held(store, clock.now + timedelta(seconds=121)) == []
    work.__exit__(None, None, None)


def test_what_cannot_be_noted_ends_no_work(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from compliance.errors import UnavailableError

    def fail(*_: object) -> None:
        raise UnavailableError("the disk is full")

    clock = Clock()
    monkeypatch.setattr("compliance.service.noting.noted_progress.note_progress", fail)
    with noted_progress(store, "rebuild", clock):
        clock.now += timedelta(seconds=11)
        tell_step("crimes judged again", 1, 2)


def test_each_long_work_on_the_store_says_how_far_it_is_where_this_can_be_noted(store: Store, tmp_path: Path) -> None:
    """That is, while it holds no other transaction that writes: else it would wait for itself."""
    now, seen = datetime(2026, 11, 25, 6, tzinfo=UTC), set[str]()
    take(store, now, *(crime(f"22A/{number}/26") for number in range(20)))

    def note(step: object) -> None:
        seen.add(str(getattr(step, "what")))  # noqa: B009
        clock.now += timedelta(seconds=30)

    clock = Clock()
    with watching(note), noted_progress(store, "all", clock):
        judge_due(store, WEST_MERCIA, now)
        rebuild(store, WEST_MERCIA, now)
        apply_retention(store, RetentionPeriods("remove", 365, WEST_MERCIA.local), now)
        export(store, tmp_path / "export")
        load_columns(store)
        assert held(store, clock.now) != []
    assert {"crimes judged", "crimes judged again", "crimes looked at for retention", "crimes written"} <= seen


def on_terminal(*words: str | Path) -> str:
    """Run a command with standard error as a terminal -> what it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([COMPLIANCE, *words], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 65_536):
            said += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return said.decode()


def test_a_terminal_shows_one_line_that_is_gone_at_the_end(tmp_path: Path) -> None:
    source = tmp_path / "crimes.ndjson"
    source.write_text(records_text(), "utf-8")
    said = on_terminal(
        "evaluate",
        "--policy",
        "west-mercia",
        "--as-at",
        "2026-11-25T06:00:00Z",
        "--input",
        source,
        "--output",
        tmp_path / "out.ndjson",
    )
    drawn, _, rest = said.rpartition("\r ")
    assert "crimes judged" in drawn
    assert "crimes judged" not in rest
    assert rest.strip().splitlines()[-1].startswith("400 crimes"), said
