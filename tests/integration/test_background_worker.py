"""The worker that does what pages asked for: in a process of its own, whatever becomes of it (decision 0064)."""

import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import msgspec
import pytest
import structlog

from compliance.errors import SettingsError
from compliance.service.answers import background_work, background_worker
from compliance.service.answers.background_work import CasesQuestion
from compliance.service.answers.background_worker import FAULT, work_in_background
from compliance.store.kept.background_tasks import BackgroundTask, TaskState, ask_task, read_result, read_task
from tests import stores
from tests.web_office import WebOffice, open_web_office

new_database = stores.one_database


@pytest.fixture
def office(new_database: stores.NewDatabase, tmp_path: Path) -> Iterator[WebOffice]:
    with open_web_office(stores.new_migrated(new_database), tmp_path) as opened:
        yield opened


def ask(office: WebOffice, question: str, kind: str = "cases") -> BackgroundTask:
    task = ask_task(office.service.store, kind, question, "an.analyst", office.now)
    assert task is not None
    return task


def ended(office: WebOffice, task: BackgroundTask, seconds: float = 60) -> BackgroundTask:
    """The task once something came of it."""
    until = monotonic() + seconds
    while monotonic() < until:
        found = read_task(office.service.store, task.id, office.now)
        assert found is not None
        if not found.is_under_way:
            return found
        sleep(0.05)
    raise AssertionError("nothing came of it")


def question(figure: str, period: str = "2026-W28") -> str:
    return msgspec.json.encode(CasesQuestion(period, None, figure, 1)).decode()


@stores.on_both
def test_a_process_of_its_own_does_the_work_and_its_error_is_told(office: WebOffice) -> None:
    with work_in_background(office.service):
        good = ask(office, question("rate.7-day"))
        bad = ask(office, question("rate.8-day"))
        assert ended(office, good).state is TaskState.DONE
        failed = ended(office, bad)
    found = msgspec.json.decode(read_result(office.service.store, good) or b"", type=background_work.FoundCases)
    assert [case.crime_ref for case in found.cases] == [f"22A/70{n}/26" for n in range(1, 7)]
    assert found.words == "0 of 6"
    assert failed.state is TaskState.FAILED
    with pytest.raises(SettingsError) as raised:
        office.service.policy.requirement_by_id("8-day")
    assert failed.problem == str(raised.value)


def test_a_fault_is_logged_without_what_it_says_and_the_next_is_done(office: WebOffice) -> None:
    with structlog.testing.capture_logs() as logged, work_in_background(office.service):
        wrong = ended(office, ask(office, "22A/1/26", kind="no such work"))
        assert ended(office, ask(office, question("rate.7-day"))).state is TaskState.DONE
    assert (wrong.state, wrong.problem) == (TaskState.FAILED, FAULT)
    assert any("KeyError" in each.get("exception", "") for each in logged)
    assert "22A/1/26" not in str(logged)


@pytest.fixture
def ignoring_sigterm() -> Iterator[None]:
    """As in a process that is about to end, and in those that serve pages for another."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


def test_what_is_under_way_when_the_pages_end_is_interrupted(
    office: WebOffice, monkeypatch: pytest.MonkeyPatch, ignoring_sigterm: None
) -> None:
    """At once, whatever signals are ignored, and what waits is done by the next."""
    monkeypatch.setattr(background_worker, "_do", _linger)
    with work_in_background(office.service):
        task = ask(office, "one")
        waiting = ask(office, "two")
        _until(office, task, TaskState.RUNNING)
        begun = monotonic()
    assert monotonic() - begun < 5
    for each, state in ((task, TaskState.INTERRUPTED), (waiting, TaskState.WAITING)):
        found = read_task(office.service.store, each.id, office.now)
        assert found is not None
        assert found.state is state


def test_how_far_it_is_is_stored_while_it_lasts(office: WebOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_worker, "_do", _tell_and_linger)
    monkeypatch.setattr(background_worker, "NOTE_SECONDS", 0)
    with work_in_background(office.service):
        task = ask(office, "one")
        _until(office, task, TaskState.RUNNING)
        until = monotonic() + 30
        while monotonic() < until:
            found = read_task(office.service.store, task.id, office.now)
            if found and found.of:
                break
            sleep(0.05)
        assert found
        assert (found.done, found.of) == (3, 7)


def test_a_process_that_is_killed_leaves_an_interrupted_task(
    office: WebOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_worker, "_do", _die)
    with work_in_background(office.service):
        assert ended(office, ask(office, "one")).state is TaskState.INTERRUPTED


def _until(office: WebOffice, task: BackgroundTask, state: TaskState) -> None:
    until = monotonic() + 30
    while monotonic() < until:
        found = read_task(office.service.store, task.id, office.now)
        if found and found.state is state:
            return
        sleep(0.05)
    raise AssertionError(f"never {state}")


def _linger(*_: Any) -> None:
    sleep(600)


def _tell_and_linger(pipe: Any, *_: Any) -> None:
    pipe.send(("far", (3, 7)))
    sleep(600)


def _die(*_: Any) -> None:
    raise SystemExit(9)
