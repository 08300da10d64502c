"""Local dates, and the working days of a calendar (rules 2.6, 6.1). Days are whole numbers since 1970-01-01."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from compliance.errors import SettingsError, settings_error, toml_error
from compliance.records.instants import NONE, to_micros

Days = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]

NEVER: Final = 2**30
"""The value of a day that does not come. Sums with it stay within 32 bits."""
NO_DAY: Final = -(2**31)
"""The value of an absent day."""
_UTF_16: Final = "is UTF-16, not UTF-8; save it as UTF-8"
_ENCODINGS: Final = {
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
    b"\xef\xbb\xbf": "begins with a byte order mark, which TOML does not allow; save it as UTF-8 without one",
}
"""What an editor may put at the start of a file that is not plain UTF-8."""
_EPOCH: Final = date(1970, 1, 1)
_DAY: Final = 86_400_000_000
_FEW_CHANGES: Final = 6
_ALL_YEARS: Final = (1900, 2999)
_USUAL_YEARS: Final = (1990, 2059)
"""The clock changes of all years take longer to find than a hundred crimes to judge."""
_USUAL_MICROS: Final = (to_micros(datetime(1990, 1, 1, tzinfo=UTC)), to_micros(datetime(2060, 1, 1, tzinfo=UTC)))
_WARNED_BEFORE: Final = 275
"""In days, nine months: the bank holidays of a year are published earlier than that."""


def to_day(day: date) -> int:
    """Return a date as a number of days since 1970-01-01."""
    return (day - _EPOCH).days


def from_day(day: int) -> date:
    """Return the date of a number of days since 1970-01-01."""
    return _EPOCH + timedelta(days=int(day))


def plain_date(value: date) -> str:
    """Return a date in words, such as 8 July 2026."""
    return f"{value.day} {value:%B} {value.year}"


def is_zone_known(zone: str) -> bool:
    """Return whether this machine has the data of a time zone."""
    try:
        ZoneInfo.no_cache(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


class LocalDates:
    """The local dates of instants in one time zone, by a table of its clock changes (rules 2.6)."""

    def __init__(self, zone: str) -> None:
        """Take a zone by its name, such as Europe/London. Raises SettingsError if it is not known."""
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(f"timezone {zone!r} is not known; expected a name such as 'Europe/London'") from None
        self._name = zone

    def of(self, instants: Ints) -> Days:
        """Return the local days of instants in microseconds since 1970 in UTC.

        An absent instant (`records.NONE`) becomes a day long before all others.
        """
        return (self._shifted(instants) // _DAY).astype(np.int32)

    def minutes_of(self, instants: Ints) -> Days:
        """Return the minutes since midnight that local clocks show at instants in microseconds since 1970 in UTC."""
        return (self._shifted(instants) % _DAY // 60_000_000).astype(np.int32)

    def _shifted(self, instants: Ints) -> Ints:
        """Return what local clocks show, in microseconds since they showed the start of 1970."""
        if len(instants) == 0:
            return instants
        changes, offsets = self._clock_changes(instants)
        first, last = np.searchsorted(changes, [instants.min(), instants.max()], side="right")
        if last - first <= _FEW_CHANGES:
            # A year or two: it is quicker to compare with each clock change than to search.
            shifted = instants + offsets[first]
            for change in range(first, last):
                step = offsets[change + 1] - offsets[change]
                shifted += np.where(instants >= changes[change], step, 0)
        else:
            near = changes[first:last]
            shifted = instants + offsets[first : last + 1][np.searchsorted(near, instants, side="right")]
        return shifted

    def _clock_changes(self, instants: Ints) -> tuple[Ints, Ints]:
        """The clock changes among the instants: those of the usual years, which are soon found, or all there are."""
        first, last = _USUAL_MICROS
        usual = instants.max() < last and (instants.min() >= first or ((instants >= first) | (instants == NONE)).all())
        return _clock_changes(self._name, *(_USUAL_YEARS if usual else _ALL_YEARS))

    def day_of(self, instant: datetime) -> int:
        """Return the local day of an aware instant."""
        return to_day(self.date_of(instant))

    def date_of(self, instant: datetime) -> date:
        """Return the local date of an aware instant."""
        return self.clock_at(instant).date()

    def date_at(self, micros: int) -> date:
        """Return the local date of an instant in microseconds since 1970 in UTC."""
        return from_day(int(self.of(np.array([micros], dtype=np.int64))[0]))

    def clock_at(self, instant: datetime) -> datetime:
        """Return an aware instant as the local date and time of day that the clocks show."""
        return instant.astimezone(self._zone)

    def instant_at(self, day: date, at: time) -> datetime:
        """Return the instant, in UTC, of a time of day on a local date."""
        return datetime.combine(day, at, self._zone).astimezone(UTC)

    def start_of(self, day: date) -> datetime:
        """Return the first instant, in UTC, of a local date."""
        return self.instant_at(day, time())


@lru_cache
def _clock_changes(zone: str, first_year: int, last_year: int) -> tuple[Ints, Ints]:
    """Return the clock changes of a zone in some years, and the offsets before, between and after them.

    Both are in microseconds: the instants since 1970 in UTC, the offsets east of Greenwich.
    """
    tz = ZoneInfo(zone)
    step = timedelta(days=7)
    at, end = datetime(first_year - 1, 12, 25, tzinfo=UTC), datetime(last_year + 1, 1, 8, tzinfo=UTC)
    changes: list[int] = []
    offsets = [at.astimezone(tz).utcoffset()]
    while at < end:
        following = at + step
        if (offset := following.astimezone(tz).utcoffset()) != offsets[-1]:
            low, high = at, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if middle.astimezone(tz).utcoffset() == offsets[-1] else (low, middle)
            changes.append(round((high - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)) * 1_000_000)
            offsets.append(offset)
        at = following
    micros = [(offset or timedelta()) // timedelta(microseconds=1) for offset in offsets]
    return np.array(changes, dtype=np.int64), np.array(micros, dtype=np.int64)


class _CalendarFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str
    source: str
    covers_from: date
    covers_until: date
    bank_holidays: list[date]
    extra: list[date] = []
    country: str | None = None
    subdivision: str | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> "_CalendarFile":
        if self.covers_until < self.covers_from:
            raise ValueError(f"covers_until {self.covers_until} is before covers_from {self.covers_from}")
        for day in (*self.bank_holidays, *self.extra):
            if not self.covers_from <= day <= self.covers_until:
                raise ValueError(
                    f"{day} lies outside covers_from {self.covers_from} to covers_until {self.covers_until}"
                )
        listed = {day.year for day in self.bank_holidays}
        if missing := [year for year in range(self.covers_from.year, self.covers_until.year + 1) if year not in listed]:
            raise ValueError(
                f"bank_holidays lists no day of {missing[0]}, a year of covers_from {self.covers_from} to covers_until "
                f"{self.covers_until}; add the bank holidays of that year, or cover less"
            )
        return self


class Calendar:
    """The working days of a calendar: no Saturdays, Sundays or bank holidays (rules 6.1)."""

    def __init__(
        self,
        name: str,
        first: date,
        last: date,
        holidays: frozenset[date],
        country: str | None = None,
        subdivision: str | None = None,
    ) -> None:
        """Take the first and last day that the calendar covers, and its bank holidays.

        `country` and `subdivision` name the published list that `compliance check` compares them with, if any.
        """
        self.name, self.first, self.last, self.holidays = name, to_day(first), to_day(last), holidays
        self.country, self.subdivision = country, subdivision
        days = np.arange(self.first, self.last + 1, dtype=np.int32)
        off = np.isin(days, [to_day(day) for day in holidays]) | ((days + 3) % 7 >= 5)
        self._is_working = ~off
        # After the last known working day comes one that is not known.
        self._working = np.append(days[~off], np.int32(NO_DAY))
        self._up_to = np.cumsum(~off)  # how many working days up to and including each day

    def is_working(self, day: int) -> bool:
        """Return whether a day is a working day.

        Outside the days covered, bank holidays are not known and every weekday is a working day, so that work goes on.
        """
        if not self.first <= day <= self.last:
            return (day + 3) % 7 < 5
        return bool(self._is_working[day - self.first])

    def ending(self, today: date) -> str | None:
        """Return what to say about the end of the calendar and what to do, or None until nine months before it."""
        last = from_day(self.last)
        if (last - today).days > _WARNED_BEFORE:
            return None
        ends = f"ended on {plain_date(last)}" if today > last else f"ends on {plain_date(last)}"
        return (
            f"calendar {self.name!r} {ends}: what falls due in working days after it is set aside (rules 6.1a), and "
            "reminders take every weekday after it for a working day; add the bank holidays published since to its "
            "file and move covers_until"
        )

    def add_working_days(self, start: Days, count: Days | int) -> Days:
        """Return the Nth working day after each start day, which is itself day 0 (rules 6.1).

        NO_DAY if either day is not covered by the calendar: a due date is never a guess (6.1a).
        """
        if len(start) == 0:
            return start
        known = (start >= self.first) & (start <= self.last)
        if not (every := bool(known.all())):
            start = np.where(known, start, np.int32(self.last))
        place = self._up_to[start - self.first] + count - 1
        due = self._working[np.minimum(place, len(self._working) - 1)]
        return due if every else np.where(known, due, np.int32(NO_DAY))


def load_calendar(path: Path) -> Calendar:
    """Return the calendar of a file. Raises SettingsError that names the file and the key."""
    return _calendar(path, _read(path))


@lru_cache(maxsize=16)
def _calendar(path: Path, content: bytes) -> Calendar:
    """The same for the same content: a calendar takes longer to read than the policy that names it."""
    try:
        file = _CalendarFile.model_validate(_parse(path, content))
    except ValidationError as error:
        raise settings_error(str(path), error.errors(), _CalendarFile.model_fields) from None
    days = frozenset((*file.bank_holidays, *file.extra))
    return Calendar(path.stem, file.covers_from, file.covers_until, days, file.country, file.subdivision)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises SettingsError if it cannot be read, with the line that is not TOML or the encoding that an editor gave it.
    """
    return _parse(path, _read(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    for mark, what in _ENCODINGS.items():
        if content.startswith(mark):
            raise SettingsError(f"{path}: {what}")
    if b"\0" in content[:4]:
        raise SettingsError(f"{path}: {_UTF_16}")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise toml_error(path, content, error) from None
