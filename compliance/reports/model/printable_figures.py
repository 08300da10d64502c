"""Text from other systems as a report shows it: unprintable characters are replaced, and found for data quality.

`compliance.text` decides which characters are unprintable. The JSON form and the records keep the original.
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
"""Characters that lay out a page, and count as spaces in a name from another system."""


def make_printable(text: str, kept: str = "") -> str:
    """Replace every unprintable character in a text, except those in `kept`."""
    if printable(text, kept=kept) == text:
        return text
    return "".join(c if c in kept or printable(c) == c else SUBSTITUTE for c in text)


def cell_text(text: str) -> str:
    """Return a printable text that no spreadsheet takes for a formula."""
    text = make_printable(text)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Return lists and dictionaries as in JSON, with each text in them changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: each_text(part, change) for key, part in value.items()}
    return [each_text(part, change) for part in value] if isinstance(value, list | tuple) else value


def unprintable(columns: Columns) -> dict[int, str]:
    """Return the crimes (by row, ascending) with an unprintable character in a text that reports show.

    The value is the field that has it, as the record format names it.
    """
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
