"""Several processes at one port: each serves, one that ends is started again, and none outlives the first."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.serving import listening, serve_on, url_of
from compliance.web import serving_processes
from compliance.web.serving_processes import more_processes
from tests.web_office import settings_of


@contextmanager
def serve_number(_: Settings, listener: socket) -> Iterator[None]:
    """Answer each request with the number of the process."""

    def answer(_: Request) -> Response:
        return PlainTextResponse(str(os.getpid()))

    with serve_on(listener, Starlette(routes=[Route("/", answer)]), "numbers"):
        yield


@contextmanager
def refuse(settings: Settings, _: socket) -> Iterator[None]:
    raise SettingsError(f"{settings.source}: this process cannot serve")
    yield


def ask(url: str, besides: int = 0) -> int:
    """Ask until another process has answered, and return its number."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):  # it had come to the one that was killed
            if (number := int(httpx.get(url, timeout=60).text)) != besides:
                return number
    raise AssertionError("no other process answered")


def test_a_process_that_ends_is_started_again_and_none_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_processes, "AGAIN_AFTER_SECONDS", 0.0)
    settings = settings_of("sqlite://", tmp_path)
    with capture_logs() as logs, listening(0) as listener:
        listener.listen()
        with more_processes(settings, listener, 1, serve_number):
            first = ask(url_of(listener))
            os.kill(first, signal.SIGKILL)
            second = ask(url_of(listener), first)
        for number in (first, second):
            with pytest.raises(ProcessLookupError):
                os.kill(number, 0)
    told = [entry for entry in logs if entry["event"] == "a process of the pages ended"]
    assert [entry["exit_code"] for entry in told] == [-signal.SIGKILL]


def test_a_process_that_cannot_serve_says_why_and_the_first_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of("sqlite://", tmp_path)
    with capture_logs() as logs, listening(0) as listener, more_processes(settings, listener, 1, refuse):
        deadline = time.monotonic() + 60
        while not logs:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert [entry["exit_code"] for entry in logs] == [SettingsError.exit_code]
    assert "this process cannot serve" in capfd.readouterr().err
