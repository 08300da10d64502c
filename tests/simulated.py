"""What tests ask a simulated force: what it shows, in the forms they compare."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from compliance.records import Columns, columns, decode_crimes
from compliance.simulator import RecordLives, SimulatedCrimeSystem

LONDON: Final = ZoneInfo("Europe/London")
END: Final = datetime(2026, 6, 29, tzinfo=LONDON)
Record = dict[str, Any]


def read(system: SimulatedCrimeSystem, cursor: str | None = None, limit: int = 5000) -> tuple[list[bytes], str]:
    """Every page from a cursor on, and the next cursor."""
    records: list[bytes] = []
    while True:
        page = system.page(cursor, limit)
        assert len(page.records) <= limit
        records += page.records
        cursor = page.next
        if not page.more:
            return records, cursor


def at_end(history: RecordLives) -> list[Record]:
    """The good records of a history at its end."""
    system = SimulatedCrimeSystem(history)
    system.advance(history.end)
    return good(read(system)[0])


def columns_at_end(history: RecordLives) -> Columns:
    """The same as columns, for tests that do not look into the records."""
    system = SimulatedCrimeSystem(history)
    system.advance(history.end)
    return columns(decode_crimes(read(system)[0])[0])


def good(records: list[bytes]) -> list[Record]:
    """The records that the format takes (records section 1), as dicts."""
    refused = {refusal.index for refusal in decode_crimes(records)[1]}
    return [msgspec.json.decode(raw) for place, raw in enumerate(records) if place not in refused]


def digest(history: RecordLives) -> str:
    """What a system shows at three moments, as one hash."""
    system = SimulatedCrimeSystem(history)
    seen = hashlib.sha256()
    for weeks in (20, 3, 0):
        system.advance(history.end - timedelta(weeks=weeks))
        seen.update(b"\n".join(read(system)[0]))
        seen.update(system.directory())
    return seen.hexdigest()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def local_day(text: str) -> date:
    return instant(text).astimezone(LONDON).date()
