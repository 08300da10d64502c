"""The crime system of a force at a moving instant: everything entered so far, and the feed of changes."""

import heapq
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Final

import msgspec

from compliance.errors import RecordError
from compliance.simulator.record_lives import RecordLives

_MARK: Final = b"crimes since "


class Trouble(StrEnum):
    """How a crime system can misbehave; set at run time in `CrimeSystem.trouble`."""

    ERROR = "500"
    BUSY = "503 with Retry-After"
    HTML = "200 with a page in HTML"
    SAME_PAGE = "the first page for ever"


@dataclass(frozen=True, slots=True)
class SimulatedPage:
    """A page of the feed (records section 4): each record as JSON in UTF-8."""

    records: list[bytes]
    next: str
    more: bool


class SimulatedCrimeSystem:
    """Everything `history` (a Force or a Replay) had entered between its start and `now`.

    The feed is a log of changes. A crime that changes moves to the end, and is served only there, in its newest form.
    One thread may read while another advances. `trouble`: how it misbehaves, or None.
    """

    def __init__(self, history: RecordLives) -> None:
        """Create an empty crime system at the start of a history. Several can show the same history."""
        self.trouble: Trouble | None = None
        self._history = history
        self._lock = Lock()
        self._now = history.start
        self._lives = history.lives
        self._typed = [0] * len(self._lives)
        self._encoded: list[bytes | None] = [None] * len(self._lives)
        self._due = [(life.begins, crime) for crime, life in enumerate(self._lives)]
        heapq.heapify(self._due)
        self._late = 0
        self._log: list[int] = []
        self._place = [-1] * len(self._lives)

    @property
    def now(self) -> datetime:
        """Return the instant up to which everything is entered."""
        return self._now

    @property
    def up(self) -> bool:
        """Return whether the crime system is up now, according to the history."""
        return self._history.answers(self._now)

    def advance(self, to: datetime) -> int:
        """Enter everything up to an aware instant, and return the number of new or changed crimes.

        Raises ValueError for an instant before `now`: a crime system forgets nothing.
        """
        if to < self._now:
            raise ValueError(f"the crime system is at {self._now.isoformat()}; it cannot go back to {to.isoformat()}")
        with self._lock:
            self._now = to
            second = int(to.timestamp())
            for item in self._history.late[self._late :]:
                heapq.heappush(self._due, item)
                self._late += 1
            changed = self._list_changes(second)
            for _, crime in sorted(changed):
                self._place[crime] = len(self._log)
                self._log.append(crime)
                self._encoded[crime] = None
            return len(changed)

    def _list_changes(self, second: int) -> list[tuple[int, int]]:
        """Return (second of the last change, crime) for every crime with new entries."""
        changed = []
        due = self._due
        while due and due[0][0] <= second:
            crime = heapq.heappop(due)[1]
            life = self._lives[crime]
            typed = life.count_typed(second)
            if typed == self._typed[crime]:
                continue
            self._typed[crime] = typed
            changed.append((life.second(typed - 1) or 0, crime))
            coming = life.second(typed)
            if coming is not None:
                heapq.heappush(due, (coming, crime))
        return changed

    def page(self, cursor: str | None = None, limit: int = 500) -> SimulatedPage:
        """Return what changed since a cursor (None: from the beginning), at most `limit` records.

        Raises RecordError for a cursor that this feed never gave out.
        """
        with self._lock:
            position = self._position(cursor)
            log, place = self._log, self._place
            records: list[bytes] = []
            while position < len(log) and (place[log[position]] != position or len(records) < limit):
                crime = log[position]
                if place[crime] == position:
                    records.append(self._record(crime))
                position += 1
            return SimulatedPage(records, urlsafe_b64encode(_MARK + b"%d" % position).decode(), position < len(log))

    def _record(self, crime: int) -> bytes:
        held = self._encoded[crime]
        if held is None:
            held = self._encoded[crime] = self._lives[crime].encode(int(self._now.timestamp()))
        return held

    def _position(self, cursor: str | None) -> int:
        if not cursor:
            return 0
        try:
            mark = urlsafe_b64decode(cursor)
            position = int(mark.removeprefix(_MARK)) if mark.startswith(_MARK) else -1
        except ValueError:
            position = -1
        if not 0 <= position <= len(self._log):
            raise RecordError(
                f"changed_since: {cursor[:40]!r} is not a cursor of this feed; use the `next` of an earlier page"
            )
        return position

    def directory(self) -> bytes:
        """Return the officer directory as NDJSON."""
        return msgspec.json.Encoder().encode_lines(self._history.officers(self._now))
