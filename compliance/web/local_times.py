"""Instants within a text, such as 2026-06-15T14:04:07Z or 2026-06-15 14:04Z, as the pages say them: in local time."""

import re
from datetime import datetime
from typing import Final

from compliance.policy.calendars import LocalDates, plain_date

_INSTANT: Final = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)(?!\w)")


def in_local_time(text: str, local: LocalDates) -> str:
    """Return a text with its instants as local days and times, to the minute."""

    def say(found: re.Match[str]) -> str:
        try:
            at = local.clock_at(datetime.fromisoformat(found[0]))
        except ValueError:  # no such day
            return found[0]
        return f"{plain_date(at.date())}, {at:%H:%M}"

    return _INSTANT.sub(say, text)
