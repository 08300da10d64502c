"""What the log says of an attempt that is made again, and of a job that takes long."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import stamina
import structlog

from compliance.config import Log
from compliance.errors import UnavailableError
from compliance.service.logs import set_up
from compliance.service.pace import Pace


@pytest.fixture
def logged() -> Iterator[None]:
    """The service's log, put back as it was afterwards."""
    set_up(Log(format="json"))
    yield
    structlog.reset_defaults()
    stamina.instrumentation.set_on_retry_hooks(None)


def test_an_attempt_made_again_says_why_and_when(logged: None, capsys: pytest.CaptureFixture[str]) -> None:
    for attempt in stamina.retry_context(on=UnavailableError, wait_initial=0.001, wait_jitter=0):
        with attempt:
            if attempt.num == 1:
                raise UnavailableError("the crime system did not answer")
    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["attempt"], told["reason"]) == ("asking again", 1, "the crime system did not answer")
    assert told["level"] == "warning"
    assert set(told) == {"event", "attempt", "reason", "seconds", "level", "timestamp"}


def test_a_long_job_says_every_ten_seconds_how_far_it_has_come() -> None:
    began = datetime(2026, 7, 1, 6, tzinfo=UTC)
    seconds = iter((0, 4, 9, 12, 21, 23))
    pace = Pace("poll", lambda: began + timedelta(seconds=next(seconds)))
    with structlog.testing.capture_logs() as told:
        for done in (4000, 9000, 12_000, 21_000, 23_000):
            pace(done, 50_000)
    assert [(each["done"], each["of"], each["a_second"]) for each in told] == [
        (12_000, 50_000, 1000),
        (23_000, 50_000, 1000),
    ]
    assert {(each["event"], each["job"]) for each in told} == {("under way", "poll")}
