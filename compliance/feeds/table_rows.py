"""A row of a table, and the header it needs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from compliance.errors import RecordError, nearest
from compliance.text import count_noun

Row = Mapping[str, Any]
WRONG: Final = "\0wrong"
"""The key under which a row states its fault. The record it is part of is refused for that."""


def check_columns(header: Sequence[str], name: str, needed: dict[str, str]) -> None:
    """Raise RecordError for a duplicate or missing column, without quoting the header, which may be a row of data."""
    for second, column in enumerate(header):
        if (first := header.index(column)) < second:
            raise RecordError(f"{name}: columns {first + 1} and {second + 1} of the header have the same name")
    for column, setting in needed.items():
        if column not in header:
            raise RecordError(
                f"{name}: there is no column {column!r}, which {setting} names; the header has "
                f"{count_noun(len(header), 'column')}{nearest(column, header)}"
            )
