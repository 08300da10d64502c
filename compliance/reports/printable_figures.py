"""Texts from elsewhere as a report shows them: what cannot be printed is replaced, and found for data quality.

Which characters that is says `compliance.text`. The JSON form and the records keep what came.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from compliance.policy.calendars import Ints
from compliance.records.columns import Coded, Columns
from compliance.text import printable

SUBSTITUTE: Final = "\N{REPLACEMENT CHARACTER}"
LAYOUT: Final = "\n\t"
"""What lays out a page, and in a name from elsewhere is as good as a space."""


def make_printable(text: str, kept: str = "") -> str:
    """Text with a substitute for every character that cannot be printed, those of `kept` apart."""
    if printable(text, kept=kept) == text:
        return text
    return "".join(c if c in kept or printable(c) == c else SUBSTITUTE for c in text)


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Lists and dictionaries as JSON has them, with each text in them changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: each_text(part, change) for key, part in value.items()}
    return [each_text(part, change) for part in value] if isinstance(value, list | tuple) else value


def unprintable(columns: Columns) -> dict[int, str]:
    """The crimes (by row, ascending) with a character that cannot be printed in a text that reports show, and the field
    that has it, as the record format names it."""
    found: dict[int, str] = {}
    for field, rows in _fields(columns):
        for row in rows.tolist():
            found.setdefault(row, field)
    return dict(sorted(found.items()))


def _fields(columns: Columns) -> Iterator[tuple[str, Ints]]:
    refs = columns.crime_ref
    suspects = np.flatnonzero(pc.match_substring_regex(refs, "[^ -~]").to_numpy(zero_copy_only=False))
    yield "crime_ref", np.array([row for row in suspects if not _is_printable(refs[row].as_py())], dtype=np.int64)
    for field in ("offence", "division", "team"):
        yield field, _rows(getattr(columns, field))
    for field in ("division", "team"):
        yield f"allocations.{field}", columns.allocations.crime[_rows(getattr(columns.allocations, field))]
    yield "updates.method", columns.updates.crime[_rows(columns.updates.method)]


def _rows(column: Coded) -> Ints:
    codes = [code for code, value in enumerate(column.values) if not _is_printable(value)]
    return np.flatnonzero(np.isin(column.codes, codes)) if codes else np.empty(0, dtype=np.int64)


def _is_printable(text: str) -> bool:
    return printable(text) == text
