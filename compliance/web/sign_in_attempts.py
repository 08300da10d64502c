"""Sign-ins that failed lately, from one address and in all: after so many nobody can try again for a while.

They are kept in the memory of this process, at most `IN_TOTAL`; a restart forgets them. Whoever is signed in is not
affected.
"""

from collections import deque
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from threading import Lock
from typing import Final

import structlog
from starlette.requests import Request

log = structlog.get_logger()

LATELY: Final = timedelta(minutes=10)
FROM_ONE: Final = 30
"""Failures from one address: whole stations may come from one, and most of their sign-ins do not fail."""
IN_TOTAL: Final = 300


@dataclass(slots=True)
class SignInAttempts:
    """Failed sign-ins. `proxies`: the addresses whose word is taken for where a request comes from.

    `what`: what the log calls them.
    """

    proxies: Container[str]
    what: str = "signing in"
    _failed: deque[tuple[datetime, str]] = field(default_factory=deque)
    _turn: Lock = field(default_factory=Lock)

    def wait(self, request: Request, now: datetime) -> timedelta | None:
        """Return how long nobody can sign in from where this request comes, or None if they can."""
        sender = self._sender(request)
        with self._turn:
            while self._failed and now - self._failed[0][0] >= LATELY:
                self._failed.popleft()
            of_sender = [at for at, each in self._failed if each == sender]
            if len(self._failed) >= IN_TOTAL:
                return self._failed[-IN_TOTAL][0] + LATELY - now
            return of_sender[-FROM_ONE] + LATELY - now if len(of_sender) >= FROM_ONE else None

    def note_failure(self, request: Request, now: datetime) -> None:
        """Note that a sign-in failed. Reaching a limit is logged, without the address: the proxy's log has it."""
        sender = self._sender(request)
        with self._turn:
            self._failed.append((now, sender))
            if len(self._failed) == IN_TOTAL:
                log.error("attempts limited", of=self.what, reason=f"{IN_TOTAL} failures in all within {LATELY}")
            elif sum(each == sender for _, each in self._failed) == FROM_ONE:
                log.warning(
                    "attempts limited", of=self.what, reason=f"{FROM_ONE} failures from one address within {LATELY}"
                )

    def _sender(self, request: Request) -> str:
        """Return the address from which a request comes: for one of a proxy, the last that it names."""
        sender = request.client.host if request.client else ""
        if sender not in self.proxies:
            return sender
        try:
            return str(ip_address(request.headers.getlist("x-forwarded-for")[-1].rpartition(",")[2].strip()))
        except (IndexError, ValueError):
            return sender
