"""What systemd is told of the running service (sd_notify): that it is ready, that it makes progress, and how it is.

Twenty lines over a datagram socket: the libraries for it are not kept up, or need systemd's own to build.
"""

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from compliance.service.conditions import FoundCondition, ServiceFacts, Severity
from compliance.service.conditions.feed_conditions import minute
from compliance.stopping import Stop
from compliance.text import count_noun, join_words

LONGEST_STEP: Final = timedelta(hours=1)
"""How long the jobs may go without a step, unless polls are three times rarer: no page, report or hand-over takes so
long."""


def notify(*assignments: str) -> None:
    """Tell systemd, if it started this process and asked to be told. Failing to is no failure of the service."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"  # an abstract socket
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto("\n".join(assignments).encode(), address)


class Supervised:
    """The service as systemd supervises it. `every`: between two polls."""

    def __init__(self, stop: Stop, every: timedelta) -> None:
        self._stop = stop
        self.follow(every)

    def follow(self, every: timedelta) -> None:
        """Take another time between two polls."""
        self._longest = max(LONGEST_STEP, 3 * every)

    def begin(self) -> None:
        """Tell that the service has started."""
        notify("READY=1", "STATUS=Started; nothing has been looked at yet.")

    def end(self) -> None:
        """Tell that the service stops."""
        notify("STOPPING=1", "STATUS=Stopping between two steps.")

    def progress(self) -> None:
        """Tell that the service is alive, while its jobs make progress."""
        if time.monotonic() - self._stop.stepped_at < self._longest.total_seconds():
            notify("WATCHDOG=1")

    def describe(self, facts: ServiceFacts, found: Sequence[FoundCondition]) -> None:
        """Tell how the service is, in one sentence."""
        notify(f"STATUS={status_of(facts, found)}")


def status_of(facts: ServiceFacts, found: Sequence[FoundCondition]) -> str:
    """Return how the service is, as one line: what is wrong by name, and when the crime system was last read."""
    wrong = []
    for severity in Severity:
        if names := [each.condition.name for each in found if each.condition.severity is severity]:
            wrong.append(f"{count_noun(len(names), severity.value)} ({', '.join(names)})")
    read_at = None if facts.stored is None else facts.stored.feed.read_at
    read = "" if read_at is None else f"; crime system last read to its end {minute(read_at)}"
    return f"At {minute(facts.now)}: {join_words(wrong) if wrong else 'nothing is wrong'}{read}."
