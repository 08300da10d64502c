"""How long a look at another system may take, and what is said of one that fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

from compliance.errors import ComplianceError
from compliance.stopping import Stop

SLACK: Final = 30.0
"""Seconds that a look may take beyond the timeout of the settings: a server may answer a byte at a time."""


@contextmanager
def within(seconds: float) -> Iterator[Stop]:
    """Give a request to stop that is made after some seconds, so that no wait is longer."""
    stop = Stop()
    timer = Timer(seconds, stop.request)
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()


def plain_problem(error: ComplianceError) -> str:
    """Return the message of an error without what a poll or a delivery does next."""
    said = str(error)
    for next_step in ("; nothing is lost", "; no email is lost", "; no message is lost"):
        said = said.partition(next_step)[0]
    return said
