"""Convert single values of a crime system to the record format: texts, numbers, dates, instants (records section 1)."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?")
_WIRE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_is_on_the_wire: Final = _WIRE.fullmatch
_AS_IT_IS: Final = (str, bool)


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
        return value.isoformat() if isinstance(value, date) else value

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


def column(name: str) -> Callable[[Any], Any]:
    """Return a function that takes a column from a row. Texts lose the surrounding blanks of fixed-width columns."""

    def take(row: Any) -> Any:
        value = row.get(name)
        return value.strip() if isinstance(value, str) else value

    return take
