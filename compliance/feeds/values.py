"""Convert single values of a crime system to the record format: texts, numbers, dates, instants (records section 1)."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?")
_WIRE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_is_on_the_wire: Final = _WIRE.fullmatch
_AS_IT_IS: Final = (str, bool)
_MIDNIGHT: Final = datetime.combine(date(2000, 1, 1), time())


class Values:
    """A converter of values. What cannot be converted is unchanged, and the record format refuses it with its reason.

    `zone`: that of instants without an offset; None: they are left without one, which is refused. `formats`: strptime
    formats, tried if an instant or a date is not in ISO 8601. `clock_changes`: how many instants were in an hour that
    the clock shows twice (the first is taken) or skips (read as if the clock had not yet gone forward).
    """

    def __init__(self, zone: ZoneInfo | None, formats: Sequence[str]) -> None:
        self._zone, self._formats = zone, tuple(formats)
        self.clock_changes = 0

    def text(self, value: Any) -> Any:
        """Return a text. Whole numbers and identifiers are written out."""
        if isinstance(value, _AS_IT_IS):
            return value
        if isinstance(value, int | UUID) or (isinstance(value, Decimal) and value == value.to_integral_value()):
            return f"{value.to_integral_value():f}" if isinstance(value, Decimal) else str(value)
        return value

    def integer(self, value: Any) -> Any:
        """Return a whole number, also from a text or from decimals that are all zeros."""
        if isinstance(value, str) and re.fullmatch(r"\d{1,6}(\.0+)?", value):
            return int(value.partition(".")[0])
        if isinstance(value, float | Decimal) and -1_000_000 < value < 1_000_000 and value == int(value):
            return int(value)
        return value

    def day(self, value: Any) -> Any:
        """Return a local date, YYYY-MM-DD. The date of an instant is taken as written."""
        if isinstance(value, datetime):
            return value.date().isoformat()
        if isinstance(value, date):
            return value.isoformat()
        if not isinstance(value, str):
            return value
        if _ISO.fullmatch(value):
            return value[:10]
        parsed = self._parse(value)
        return value if parsed is None else parsed.date().isoformat()

    def instant(self, value: Any) -> Any:
        """Return an instant with its offset."""
        if isinstance(value, str):
            if _is_on_the_wire(value):
                return value
            parsed = self._read(value)
            if parsed is None:
                return value
            value = parsed
        if isinstance(value, datetime):
            return self._add_offset(value).isoformat()
        # A date alone is none, unless a format reads it.
        return self.instant(value.isoformat()) if isinstance(value, date) else value

    def _read(self, text: str) -> datetime | None:
        if _ISO.fullmatch(text):
            try:
                return datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
            except ValueError:
                return None
        return self._parse(text)

    def _parse(self, text: str) -> datetime | None:
        for shape in self._formats:
            try:
                return datetime.strptime(text, shape)  # noqa: DTZ007  # the zone is added next
            except (ValueError, OverflowError):
                continue
        return None

    def _add_offset(self, instant: datetime) -> datetime:
        """Return an instant with the offset of the stated zone, if it has none of its own."""
        if instant.tzinfo is not None or self._zone is None:
            return instant
        placed = instant.replace(tzinfo=self._zone, fold=0)
        if placed.utcoffset() != placed.replace(fold=1).utcoffset():
            self.clock_changes += 1
        return placed


def absent(value: Any) -> bool:
    """Return whether a value is missing."""
    return value is None or value == "" or value != value  # noqa: PLR0124  # NaN differs from itself


def join_values(values: Sequence[Any]) -> Any:
    """Return the values of several columns as one, None if all are missing.

    A date and a time of day, of whatever types, become one instant; anything else becomes texts with a space between,
    without those that are missing. A date whose time is missing stays a date, never midnight.
    """
    present = [value for value in values if not absent(value)]
    if len(values) == 2 and present:
        day = values[0].date() if isinstance(values[0], datetime) else values[0]
        clock = None if absent(values[1]) else _time_of(values[1])
        if isinstance(day, date) and (isinstance(clock, time) or clock is None):
            return day if clock is None else datetime.combine(day, clock)
    return " ".join(_written(value) for value in present) if len(present) > 1 else next(iter(present), None)


def _time_of(value: Any) -> Any:
    """Return the time of day of whatever a database or workbook holds for one: a time, an instant or a duration."""
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, timedelta) and timedelta(0) <= value < timedelta(days=1):
        return (_MIDNIGHT + value).time()
    return value


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(_time_of(value))


def column(name: str) -> Callable[[Any], Any]:
    """Return a function that takes a column from a row. Texts lose the surrounding blanks of fixed-width columns."""

    def take(row: Any) -> Any:
        value = row.get(name)
        return value.strip() if isinstance(value, str) else value

    return take
