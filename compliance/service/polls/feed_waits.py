"""Waits that a crime system asked for (Retry-After): kept in the store, so that no process asks again before."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Literal

from compliance.config import Settings
from compliance.errors import ComplianceError, UnavailableError
from compliance.feeds import NotNowError
from compliance.service.polls.crime_feed import SOURCE
from compliance.store import Store, feed_state, note_feed

Wait = Literal["ask_again_at", "directory_ask_again_at"]
"""The column of the table `feed` in which the end of a wait is kept."""


def standing_wait(settings: Settings, wait: Wait, now: datetime) -> str | None:
    """Return until when not to ask at an instant (aware), in words; None if no wait is known.

    For looks, which store nothing and work without a database too.
    """
    try:
        with closing(Store.open(settings.database_url)) as store:
            until: datetime | None = getattr(feed_state(store, SOURCE), wait)
    except ComplianceError:
        return None
    return None if until is None or until <= now else f"it asked for no requests before {until:%Y-%m-%dT%H:%MZ}"


@contextmanager
def keeping_waits(
    store: Store, source: str, clock: Callable[[], datetime], wait: Wait, who: str, ask_now: bool = False
) -> Iterator[None]:
    """Ask `who` something in this context, unless it asked for a wait that is not over, and keep the wait it asks for.

    `ask_now`: ask all the same. Raises UnavailableError that says until when, before or instead of what is raised
    inside.
    """
    until: datetime | None = getattr(feed_state(store, source), wait)
    if until is not None and clock() < until and not ask_now:
        raise UnavailableError(
            f"{who} is unavailable until {until:%Y-%m-%dT%H:%MZ}: it asked for no requests before then, so it was not "
            "asked; `compliance poll --now` asks it all the same"
        )
    try:
        yield
    except NotNowError as error:
        until = error.until(clock())
        if until is None:
            raise
        note_feed(store, source, **{wait: until})
        raise UnavailableError(f"{error}: {who} is unavailable until {until:%Y-%m-%dT%H:%MZ}") from error
