"""What the log says of an attempt that is made again, of a job that takes long, and of faults; and what it never says."""

import ast
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import stamina
import structlog

from compliance.config import Log
from compliance.errors import UnavailableError, fault_trace
from compliance.service.noting.logs import log_as, set_up
from compliance.stopping import Stop


@pytest.fixture
def logged() -> Iterator[None]:
    """The service's log, put back as it was afterwards."""
    set_up(Log(format="json"))
    yield
    structlog.reset_defaults()
    stamina.instrumentation.set_on_retry_hooks(None)


HOSTILE = "\x1b]0;owned\x07 \x9b31m \u202edetrever \u2028 a\nb"
SAFE = r"\x1b]0;owned\x07 \x9b31m \u202edetrever \u2028 a\nb"


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_others_wrote_is_one_line_of_what_is_seen(
    logged: None, form: Literal["text", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(Log(format=form))
    structlog.get_logger().warning("unavailable", problem=HOSTILE, published=[HOSTILE], count=3)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    if form == "text":
        assert line.count("owned") == 2
    else:
        told = json.loads(line)
        assert (told["problem"], told["published"], told["count"]) == (SAFE, [SAFE], 3)


CRIME, ADDRESS = "/".join(["22A", "1", "26"]), "@".join(["bob", "force.example"])
"""Put together, so that no line of source that a traceback shows holds them."""


def judged(crime_ref: str, address: str) -> None:
    try:
        {"other": 1}[crime_ref]
    except KeyError as error:
        raise ValueError(f"{crime_ref} of {address}") from error


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_fault_is_logged_with_its_place_and_without_what_it_says(
    logged: None, form: Literal["text", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    """What an unexpected error says may quote a record: neither secrets nor personal data reach the log."""
    set_up(Log(format=form))
    try:
        judged(CRIME, ADDRESS)
    except ValueError:
        structlog.get_logger().exception("fault", job="poll")
    told = capsys.readouterr().err
    assert CRIME not in told
    assert ADDRESS not in told
    assert all(said in told for said in ("ValueError", "KeyError", "test_logs.py", "in judged")), "where it arose"


def test_a_fault_that_came_of_an_error_of_ours_or_of_the_operating_systems_says_so() -> None:
    def said(error: Exception) -> str:
        return fault_trace(error).splitlines()[-1]

    assert said(UnavailableError("the crime system did not answer")).endswith(
        "UnavailableError: the crime system did not answer"
    )
    assert said(OSError(28, "No space left on device", f"/srv/{CRIME}")) == "OSError: No space left on device"
    assert said(KeyError(CRIME)) == "KeyError"


def test_what_a_library_says_goes_by_the_same_rule(logged: None, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        judged(CRIME, ADDRESS)
    except ValueError:
        logging.getLogger("apscheduler.executors").exception("job failed\xad")
    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["message"]) == ("library message", "job failed\\xad")
    assert (told["library"], told["level"]) == ("apscheduler.executors", "error")
    assert "ValueError" in told["exception"]
    assert CRIME not in told["exception"]


def test_an_attempt_made_again_says_why_and_when(logged: None, capsys: pytest.CaptureFixture[str]) -> None:
    for attempt in stamina.retry_context(on=UnavailableError, wait_initial=0.001, wait_jitter=0):
        with attempt:
            if attempt.num == 1:
                raise UnavailableError("the crime system did not answer")
    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["attempt"], told["reason"]) == ("asking again", 1, "the crime system did not answer")
    assert told["level"] == "warning"
    assert set(told) == {"event", "attempt", "reason", "seconds", "level", "timestamp"}


def test_every_line_of_a_job_has_its_name_and_its_cycle_in_other_threads_too(
    logged: None, capsys: pytest.CaptureFixture[str]
) -> None:
    log = structlog.get_logger()
    with log_as("poll", "1a2b3c4d"):
        log.info("done", received=3)
        Stop().outcome_of(lambda: log.warning("asking again"))
    log.info("started")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line.get("job"), line.get("run")) for line in lines] == [
        ("done", "poll", "1a2b3c4d"), ("asking again", "poll", "1a2b3c4d"), ("started", None, None),
    ]  # fmt: skip


LOGS = {"log", "structlog.get_logger()"}
LEVELS = {"debug", "info", "warning", "error", "exception", "log"}
PACKAGE = Path(__file__).parents[2] / "compliance"


def test_every_line_of_the_log_is_named_after_an_action() -> None:
    """A few fixed words, by which a log collector counts: what differs stands in the other fields."""
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute):
                if node.func.attr not in LEVELS or ast.unparse(node.func.value) not in LOGS:
                    continue
                name = node.args[1 if node.func.attr == "log" else 0]
            elif ast.unparse(node.func) == "_say":  # of the handling of signals
                name = node.args[1]
            else:
                continue
            assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: the name of the action differs"
            names.append(str(name.value))
    assert len(names) > 20
    assert [name for name in names if len(name.split()) > 6] == []
