"""What systemd is told, over a real datagram socket."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from compliance.service import Service
from compliance.service.alerts import Watch
from compliance.service.noting.job_runs import JobRuns
from compliance.service.running.daemon import Daemon
from compliance.service.systemd import LONGEST_STEP, Supervised, notify
from compliance.stopping import Stop
from compliance.store import Store
from tests import stores
from tests.planted_conditions import unknown
from tests.planted_feed_conditions import stopped
from tests.service_states import ServiceState

new_database, database_url, store = stores.new_database, stores.database_url, stores.store


class Systemd:
    """The end of the socket that systemd listens at."""

    def __init__(self, receiver: socket.socket) -> None:
        self._receiver = receiver

    def told(self) -> list[str]:
        """What it was told since it was last asked."""
        lines: list[str] = []
        while True:
            try:
                lines += self._receiver.recv(65536).decode().splitlines()
            except BlockingIOError:
                return lines


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    address = str(tmp_path / "notify") if request.param == "path" else f"\0{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address)
        receiver.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
        yield Systemd(receiver)


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


def service_of(state: ServiceState, stop: Stop) -> Service:
    return Service(state.settings, state.policy, state.store, lambda: state.now, stop=stop)


def test_the_service_says_that_it_is_ready_and_that_it_stops(state: ServiceState, systemd: Systemd) -> None:
    stop = Stop()
    stop.request()
    Daemon(service_of(state, stop)).run()
    assert [line for line in systemd.told() if not line.startswith("STATUS=")] == ["READY=1", "STOPPING=1"]


def test_each_look_says_that_it_is_alive_and_how_it_is(state: ServiceState, systemd: Systemd) -> None:
    stop = Stop()
    watch = Watch(service_of(state, stop), JobRuns(state.store), Supervised(stop, timedelta(minutes=5)))
    watch.run()
    assert systemd.told() == [
        "WATCHDOG=1", "STATUS=At 2026-07-20 10:00Z: nothing is wrong; crime system last read to its end 2026-07-20 09:56Z.",
    ]  # fmt: skip
    unknown(state)
    stopped(state)
    watch.run()
    assert systemd.told()[-1] == (
        "STATUS=At 2026-07-20 10:00Z: 1 fault (service-stopped) and 1 warning (unknown-values); crime system last read "
        "to its end 2026-07-20 08:00Z."
    )


def test_a_job_that_hangs_ends_the_watchdog_after_its_limit(state: ServiceState, systemd: Systemd) -> None:
    stop = Stop()
    supervised = Supervised(stop, timedelta(minutes=5))
    stop.begin("poll")
    supervised.progress()
    assert systemd.told() == ["WATCHDOG=1"]
    stop.stepped_at -= LONGEST_STEP.total_seconds()
    supervised.progress()
    assert systemd.told() == []
    stop.check()
    supervised.progress()
    assert systemd.told() == ["WATCHDOG=1"], "it has gone on"


def test_only_the_thread_of_the_jobs_makes_progress() -> None:
    stop = Stop()
    stop.begin("poll")
    before = stop.stepped_at
    stop.outcome_of(stop.is_requested)  # asked in another thread
    stepped = stop.stepped_at
    assert stepped > before, "the job itself has asked"
    other = Thread(target=stop.check)
    other.start()
    other.join()
    assert stop.stepped_at == stepped


def test_rare_polls_are_no_hang(systemd: Systemd) -> None:
    stop = Stop()
    supervised = Supervised(stop, timedelta(minutes=90))
    stop.stepped_at -= 2 * LONGEST_STEP.total_seconds()
    supervised.progress()
    assert systemd.told() == ["WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "/no/such/socket", "vsock:2:3", "@nobody"])
def test_without_a_systemd_that_listens_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")
