"""Convert instants from RFC 3339 text to microseconds since 1970 in UTC, a column at a time (records section 1)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

SHAPE: Final = "YYYY-MM-DDTHH:MM:SS with at most six decimals, then Z or +HH:MM or -HH:MM, years 1900 to 2999"
NONE: Final = np.iinfo(np.int64).min
"""The value of an absent instant."""
AHEAD: Final = timedelta(days=1)
"""How far ahead of the clock of the service a `changed_at` may be before it is not believed (decision 0044)."""

Instants = npt.NDArray[np.int64]
_LONGEST: Final = 32
_DIGITS: Final = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_MARKS: Final = ((4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"))
_DAYS_IN_MONTH: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_BEFORE_MONTH: Final = np.concatenate([[0, 0], np.cumsum(_DAYS_IN_MONTH[1:12])])
_SECOND: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """Return an aware instant in microseconds since 1970-01-01T00:00Z. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"the instant {instant.isoformat()} has no offset; expected an aware datetime")
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the aware instant, in UTC, of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=int(micros))


def parse_instants(texts: Sequence[str | None]) -> tuple[Instants, npt.NDArray[np.bool_]]:
    """Parse texts (None if absent) into microseconds since 1970 in UTC, and say which texts are not valid.

    Both results have the length of `texts`. An absent text becomes NONE. The number of a text that is not a valid
    date-time means nothing.
    """
    count = len(texts)
    out = np.full(count, NONE, dtype=np.int64)
    bad = np.zeros(count, dtype=np.bool_)
    present = np.arange(count)
    if None in texts:
        present = np.array([i for i, text in enumerate(texts) if text is not None], dtype=np.int64)
        texts = [text for text in texts if text is not None]
    if len(texts) == 0:
        return out, bad
    out[present], bad[present] = _parse(_grid(texts))  # type: ignore[arg-type]  # absent texts were removed above
    return out, bad


def _grid(texts: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return the bytes of the texts, one row for each position, so that each parsing step runs along memory.

    Bytes after the end of a text are 0. A text that cannot be a date-time (too long, not ASCII, a NUL) becomes empty,
    which is not valid either.
    """
    joined, lengths = "".join(texts), set(map(len, texts))
    if len(lengths) == 1 and joined.isascii() and "\0" not in joined:
        width = lengths.pop()
        grid = np.frombuffer(joined.encode(), dtype=np.uint8).reshape(len(texts), width)[:, : _LONGEST + 1]
    else:
        fits = [text if len(text) <= _LONGEST and text.isascii() and "\0" not in text else "" for text in texts]
        grid = np.array(fits, dtype=f"S{_LONGEST}").view(np.uint8).reshape(len(texts), _LONGEST)
    padded = np.zeros((_LONGEST + 1, len(texts)), dtype=np.uint8)
    padded[: grid.shape[1]] = grid.T
    return padded


def _parse(grid: npt.NDArray[np.uint8]) -> tuple[Instants, npt.NDArray[np.bool_]]:
    """Parse texts from `_grid` into microseconds, and say which are not valid."""
    count = grid.shape[1]
    good = np.ones(count, dtype=np.bool_)
    for place, mark in _MARKS:
        good &= grid[place] == ord(mark)
    digit = np.empty((19, count), dtype=np.uint8)
    for place in _DIGITS:
        np.subtract(grid[place], ord("0"), out=digit[place])
        good &= digit[place] <= 9

    def number(*places: int) -> npt.NDArray[np.int32]:
        value = digit[places[0]].astype(np.int32)
        for place in places[1:]:
            value = value * 10 + digit[place]
        return value

    year, month, day = number(0, 1, 2, 3), number(5, 6), number(8, 9)
    hour, minute, second = number(11, 12), number(14, 15), number(17, 18)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good &= (year >= 1900) & (year <= 2999) & (month >= 1) & (month <= 12)
    month = np.where(good, month, 1)
    good &= (day >= 1) & (day <= _DAYS_IN_MONTH[month] + (leap & (month == 2)))
    good &= (hour <= 23) & (minute <= 59) & (second <= 59)
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719162
    days += _BEFORE_MONTH[month] + (leap & (month > 2)) + day - 1
    micros = (days.astype(np.int64) * 86400 + (hour * 3600 + minute * 60 + second)) * _SECOND
    plain = (grid[19] == ord("Z")) & (grid[20] == 0)
    # In some crime systems whole seconds with an offset are as common as Z; decimals are rare and parsed one by one.
    signed = np.flatnonzero(good & ((grid[19] == ord("+")) | (grid[19] == ord("-"))) & (grid[24] > 0) & (grid[25] == 0))
    if len(signed):
        micros[signed] -= _offsets(grid[19:25, signed], good, signed)
        plain[signed] = True
    for i in np.flatnonzero(good & ~plain):
        tail = _tail(grid[19:, i].tobytes().rstrip(b"\0"))
        if tail is None:
            good[i] = False
        else:
            micros[i] += tail
    return micros, ~good


def _offsets(grid: npt.NDArray[np.uint8], good: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64]) -> Instants:
    """Parse `+HH:MM` or `-HH:MM`, one column for each text, into microseconds east of Greenwich.

    Clears `good` for those that are not valid.
    """
    digits = grid[[1, 2, 4, 5]] - ord("0")
    hours, minutes = (digits[i].astype(np.int64) * 10 + digits[i + 1] for i in (0, 2))
    good[rows] &= (digits <= 9).all(axis=0) & (grid[3] == ord(":")) & (hours <= 23) & (minutes <= 59)
    shift = (hours * 60 + minutes) * 60 * _SECOND
    return np.where(grid[0] == ord("-"), -shift, shift)


def _tail(tail: bytes, known: dict[bytes, int | None] = {}) -> int | None:  # noqa: B006
    """Parse what follows the seconds into microseconds to add; None if it is not decimals and an offset."""
    if tail in known:
        return known[tail]
    whole, decimals = tail, 0
    if tail[:1] == b".":
        end = 1
        while end < len(tail) and tail[end : end + 1].isdigit():
            end += 1
        if not 2 <= end <= 7:
            return None
        decimals, whole = int(tail[1:end].ljust(6, b"0")), tail[end:]
    shift: int | None = 0
    if whole != b"Z":
        shift = _offset(whole)
    value = None if shift is None else decimals - shift
    if len(known) < 10_000:
        known[tail] = value
    return value


def _offset(text: bytes) -> int | None:
    """Parse `+HH:MM` or `-HH:MM` into microseconds east of Greenwich; None if it is neither."""
    if len(text) != 6 or text[:1] not in (b"+", b"-") or text[3:4] != b":":
        return None
    hours, minutes = text[1:3], text[4:6]
    if not (hours.isdigit() and minutes.isdigit()) or int(hours) > 23 or int(minutes) > 59:
        return None
    shift = (int(hours) * 60 + int(minutes)) * 60 * _SECOND
    return -shift if text[:1] == b"-" else shift
