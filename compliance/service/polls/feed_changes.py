"""Another crime system, or the same one read again: which one a cursor belongs to, and where the next poll begins."""

from datetime import datetime
from typing import Final

from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.feeds.database_cursors import cursor_at
from compliance.service.polls.crime_feed import origin_of
from compliance.store import FeedState, Store, feed_state, last_complete_poll, note_feed, restart_feed

RESTARTED: Final = "a person restarted the feed"
"""Why the poll that stands for a restart is incomplete: how the problem stored with it begins."""
RESTART: Final = (
    "`compliance feed restart` reads the new one from the beginning into the same database, and nothing stored is "
    "lost; with `--keep-cursor` it goes on reading one that has only moved to another address"
)


def describe_change(state: FeedState, origin: str) -> str | None:
    """Return what changed if a cursor is stored that belongs to another crime system than `origin`, otherwise None."""
    if state.cursor is None or state.origin in (None, origin):
        return None
    return f"the settings name another crime system ({origin}) than the one read until now ({state.origin})"


def check_origin(store: Store, source: str, origin: str) -> None:
    """Note which crime system is read. Raises SettingsError if the stored cursor belongs to another one."""
    state = feed_state(store, source)
    if change := describe_change(state, origin):
        raise SettingsError(f"{change}, so it was not asked. {RESTART}")
    if state.origin != origin:
        note_feed(store, source, origin=origin)


def restart(
    store: Store, settings: Settings, source: str, now: datetime, begin: datetime | None, keep_cursor: bool
) -> None:
    """Let the next poll read the crime system of the settings from the beginning, and lose nothing stored.

    `begin` (aware): read only what changed since. `keep_cursor`: read on from the stored cursor, at another address of
    the same crime system. Raises SettingsError if that cannot be.
    """
    origin, state = origin_of(settings), feed_state(store, source)
    cursor = None
    if keep_cursor:
        if state.origin is not None and state.origin.split()[0] != settings.crime_system.kind:
            raise SettingsError(
                f"--keep-cursor: the stored cursor belongs to {state.origin}, and a cursor of one kind of feed means "
                "nothing to another; leave --keep-cursor out"
            )
        cursor = state.cursor
    if begin is not None:
        _check_begin(store, begin, now)
        cursor = _cursor_at(settings, begin)
    restart_feed(store, source, origin, cursor, now, RESTARTED)


def _check_begin(store: Store, begin: datetime, now: datetime) -> None:
    """Raise SettingsError if changes would never be read because they lie before the instant to begin from."""
    last = last_complete_poll(store)
    latest = now if last is None else last.started_at
    if begin > latest:
        since = (
            "it has not come yet"
            if last is None
            else f"the last poll that came to the end began {latest:%Y-%m-%dT%H:%MZ}"
        )
        raise SettingsError(
            f"--from {begin:%Y-%m-%dT%H:%MZ}: {since}, and what changed in between would never be read; give that "
            "instant or an earlier one, or leave --from out"
        )


def _cursor_at(settings: Settings, begin: datetime) -> str:
    system = settings.crime_system
    if system.kind == "database":
        assert system.database is not None  # noqa: S101  # the settings ensure it
        return cursor_at(begin, system.database.begin, system.mapping.timezone)
    reason = (
        "an export is read whole"
        if system.kind == "files"
        else "a cursor over HTTP is made by the crime system, and none can be made from an instant (decision 0013)"
    )
    raise SettingsError(f"--from: {reason}; leave --from out to read from the beginning")
