"""Excel workbooks as a crime system exports them, and what becomes of one that is put into the folder."""

import io
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from compliance.errors import UnavailableError
from compliance.feed_settings import FieldMapping
from tests.exports import Folder, feed_of, polled

LONDON = "Europe/London"
XLSX = {"crimes": "*.xlsx"}
RULES = FieldMapping(timezone=LONDON, crime={"crime_ref": "Crime No", "reported_at": "Reported"})
FORMATS = {datetime: "dd/mm/yyyy hh:mm", date: "dd/mm/yyyy", time: "hh:mm"}
HEADER = ["Crime No", "Reported", "team"]
ROW = ["22A/1/26", datetime(2026, 7, 1, 14, 30), "North"]  # noqa: DTZ001  # a workbook knows no zones


def workbook(*sheets: tuple[str, Any], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of sheets, each a name and its rows. `change` is given the workbook before it is written."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        formats = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for column, value in enumerate(row):
                    if type(value) in formats:
                        sheet.write_datetime(place, column, value, formats[type(value)])
                    elif isinstance(value, str) and not value.startswith("="):
                        sheet.write_string(place, column, value)
                    else:
                        sheet.write(place, column, value)
        if change:
            change(book)
    return held.getvalue()


def taken(folder: Folder, content: bytes, rules: FieldMapping = RULES, **said: Any) -> list[dict[str, Any]]:
    folder.put("a.xlsx", content)
    return polled(feed_of(folder, rules, tables=XLSX, **said))[0]


def failed(folder: Folder, content: bytes, **said: Any) -> str:
    with pytest.raises(UnavailableError) as raised:
        taken(folder, content, **said)
    assert folder.names("failed") == ["a.xlsx", "a.xlsx.reason.txt"]
    return str(raised.value)
