"""Crime records as columns for the engine (decision 0002).

Each kind of fact is one table of columns of equal length, in the order of the crimes. Within a crime, victims are
ordered by reference and other facts by instant, those of the same instant in the order given (records section 1).
Instants are int64 microseconds since 1970 in UTC, `instants.NONE` if absent. Texts with few values are codes into a
list of the values, -1 if absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

OPEN, CLOSED, CANCELLED = 0, 1, 2
EVERY_VICTIM, UNKNOWN_VICTIM = -1, -2
"""The values in `Updates.victim` if the update names no victim, or one that is not on the record."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column with few values: `values[codes[i]]` is the text of row i; code -1 is absent."""

    codes: Codes
    values: tuple[str, ...]

    def code(self, value: str) -> int:
        """Return the code of a text, or -2 (which no row has) if no row has the text."""
        return self.values.index(value) if value in self.values else -2

    def value(self, code: int) -> str | None:
        """Return the text of a code, or None if absent."""
        return self.values[code] if code >= 0 else None

    def text(self, row: int) -> str | None:
        """Return the text of a row, or None if absent."""
        return self.value(int(self.codes[row]))

    def present(self) -> list[str]:
        """Return the texts that rows have, each once, in the order of their codes."""
        return [self.values[code] for code in np.unique(self.codes).tolist() if code >= 0]

    def take(self, rows: Any) -> "Coded":
        """Return the chosen rows, with the same values."""
        return Coded(self.codes[rows], self.values)

    def dictionary(self) -> pa.DictionaryArray:
        """Return the column as an Arrow dictionary array, null if absent."""
        absent = self.codes < 0
        codes = pa.array(self.codes, mask=absent if absent.any() else None)  # without a mask, nothing is copied
        return pa.DictionaryArray.from_arrays(codes, pa.array(self.values, pa.string()))

    def texts(self) -> pa.Array:
        """Return the column as Arrow strings, null if absent."""
        return self.dictionary().cast(pa.string())


def joined_texts(parts: Sequence[Coded]) -> Coded:
    """Join text columns, whose codes may differ."""
    place: dict[str, int] = {}
    codes = []
    for part in parts:
        moved = [place.setdefault(value, len(place)) for value in part.values]
        codes.append(np.array([*moved, -1], dtype=np.int32)[part.codes])
    return Coded(np.concatenate(codes), tuple(place))


def encode_texts(texts: Sequence[str | None]) -> Coded:
    """Encode texts (None if absent) as codes, in order of first occurrence."""
    place: dict[str | None, int] = dict.fromkeys(texts, 0)
    place.pop(None, None)
    values = tuple(str(text) for text in place)
    place = {text: code for code, text in enumerate(values)}
    place[None] = -1
    return Coded(np.fromiter(map(place.__getitem__, texts), np.int32, len(texts)), values)


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of facts: every field is a column. `crime` is the row of the crime of each fact, ascending."""

    crime: Ints

    def __len__(self) -> int:
        return len(self.crime)

    def take(self, rows: Any, shift: int = 0) -> Self:
        """Return the chosen rows (mask, slice or places), with the crimes renumbered by `shift`."""
        columns: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Coded):
                columns[field.name] = value.take(rows)
            elif isinstance(value, pa.Array):
                columns[field.name] = value[rows] if isinstance(rows, slice) else value.take(pa.array(_places(rows)))
            else:
                columns[field.name] = value[rows]
        columns["crime"] = columns["crime"] - shift if shift else columns["crime"]
        return type(self)(**columns)


def _places(rows: Any) -> Any:
    return np.flatnonzero(rows) if rows.dtype == np.bool_ else rows


@dataclass(frozen=True, slots=True)
class Statuses(Rows):
    """Changes of status: `kind` is OPEN, CLOSED or CANCELLED."""

    at: Ints
    kind: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Allocations(Rows):
    """Who had the case from an instant on."""

    at: Ints
    division: Coded
    team: Coded
    officer: Coded


@dataclass(frozen=True, slots=True)
class Victims(Rows):
    """The victims, by reference within a crime. `agreed`: the agreed interval in days, 0 if there is none."""

    ref: pa.Array
    category: Coded
    added_at: Ints
    declined_at: Ints
    declined_until: Ints
    declined_entered_at: Ints
    agreed: Ints


@dataclass(frozen=True, slots=True)
class Updates(Rows):
    """The updates, by `at`, then `entered_at`, then place (rules 2.3).

    `victim`: a row of the victims, EVERY_VICTIM or UNKNOWN_VICTIM. `entered_at`: equals `at` if the record does not
    have it.
    """

    ref: pa.Array
    victim: Ints
    at: Ints
    entered_at: Ints
    outcome: Coded
    method: Coded


@dataclass(frozen=True, slots=True)
class Events(Rows):
    """Case events, by instant."""

    at: Ints
    kind: Coded


@dataclass(frozen=True, repr=False)
class Columns:
    """Crime records as columns. The crimes' own columns have one row for each crime, in the order of the records."""

    crime_ref: pa.Array
    reported_at: Ints
    recorded_at: Ints
    offence: Coded
    division: Coded
    team: Coded
    officer: Coded
    statuses: Statuses
    allocations: Allocations
    victims: Victims
    updates: Updates
    events: Events

    def __len__(self) -> int:
        return len(self.reported_at)

    def __repr__(self) -> str:
        """Return the counts, never the records, which may hold personal data."""
        victims, updates = len(self.victims.crime), len(self.updates.crime)
        return f"<Columns: {len(self):,} crimes, {victims:,} victims, {updates:,} updates>"

    @cached_property
    def victims_of(self) -> Ints:
        """The first row of each crime's victims: crime i has the rows victims_of[i] to victims_of[i + 1]."""
        return np.append(0, np.cumsum(np.bincount(self.victims.crime, minlength=len(self))))

    def slice(self, start: int, stop: int) -> "Columns":
        """Return the crimes from `start` up to `stop`. Columns are views if possible."""
        if start == 0 and stop >= len(self):
            return self
        part = slice(start, stop)
        tables: dict[str, Any] = {}
        for name in ("statuses", "allocations", "victims", "updates", "events"):
            rows: Rows = getattr(self, name)
            first, last = np.searchsorted(rows.crime, [start, stop])
            tables[name] = rows.take(slice(int(first), int(last)), shift=start)
        if (shift := int(self.victims_of[start])) > 0:
            updates: Updates = tables["updates"]
            moved = np.where(updates.victim >= 0, updates.victim - shift, updates.victim)
            tables["updates"] = Updates(
                updates.crime, updates.ref, moved, updates.at, updates.entered_at, updates.outcome, updates.method
            )
        return Columns(
            self.crime_ref[part], self.reported_at[part], self.recorded_at[part],
            self.offence.take(part), self.division.take(part), self.team.take(part), self.officer.take(part),
            **tables,
        )  # fmt: skip
