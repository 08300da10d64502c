"""The cursor of a feed of queries: the latest `changed_at` seen, an instant, a text or a whole number."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from compliance.errors import SettingsError

Changed = datetime | str | int


def cursor_of_change(changed: Changed) -> str:
    """Return the cursor that continues from a `changed_at`."""
    value = changed.isoformat() if isinstance(changed, datetime) else changed
    return json.dumps({type(changed).__name__: value})


def read_cursor(cursor: str) -> Changed:
    """Return the `changed_at` that a cursor continues from. Raises SettingsError for the cursor of another feed."""
    try:
        [(kind, value)] = json.loads(cursor).items()
        makers: dict[str, Callable[[Any], Changed]] = {"datetime": datetime.fromisoformat, "str": str, "int": int}
        kept = makers[kind](value)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SettingsError(
            "crime_system.database: the stored cursor belongs to another kind of feed; `compliance feed restart` reads "
            "from the beginning into the same database, and nothing stored is lost"
        ) from None
    return kept


def cursor_at(instant: datetime, begin: Changed, timezone: str | None) -> str:
    """Return the cursor that continues from an aware instant, as the source writes instants.

    `begin`: the setting of that name. `timezone`: that of the mapping, in which the source's instants without an offset
    are local; None: they have an offset. Raises SettingsError if `changed_at` is a text or a number.
    """
    if not isinstance(begin, datetime):
        kind = "a text" if isinstance(begin, str) else "a number"
        raise SettingsError(
            f"--from: begin, in [crime_system.database], is {kind}, so no instant can be made into one; leave "
            "--from out to read from `begin`"
        )
    if begin.tzinfo is None and timezone is not None:
        return cursor_of_change(instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None))
    return cursor_of_change(instant.astimezone(begin.tzinfo or UTC))
