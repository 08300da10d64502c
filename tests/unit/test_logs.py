"""What the log says of an attempt that is made again."""

import json
from collections.abc import Iterator

import pytest
import stamina
import structlog

from compliance.config import Log
from compliance.errors import UnavailableError
from compliance.service.logs import set_up


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
