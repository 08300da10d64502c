"""The numbers of a report, read back from its forms: CSV, workbook and HTML."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Key = tuple[str, str]
SAID = ("Summary", "Report", "Notes")
"""The sheets of a workbook that hold what the report says."""


def in_csv(content: bytes) -> dict[tuple[Key, str], float | None]:
    found = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
    return {
        ((line["figure"], line["of_period"]), line["measure"]): float(line["value"]) if line["value"] else None
        for line in found
    }


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    """The cells of each sheet of a workbook, numbers as numbers."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        shared = parsed(book.read("xl/sharedStrings.xml"))
        texts = ["".join(item.itertext()) for item in shared]
        names = [sheet.get("name") or "" for sheet in parsed(book.read("xl/workbook.xml")).iter(f"{NAMESPACE}sheet")]
        found = {}
        for place, name in enumerate(names, 1):
            sheet = parsed(book.read(f"xl/worksheets/sheet{place}.xml"))
            lines = []
            for line in sheet.iter(f"{NAMESPACE}row"):
                cells: dict[int, Any] = {}
                for cell in line.iter(f"{NAMESPACE}c"):
                    value = cell.findtext(f"{NAMESPACE}v")
                    if value is not None:
                        cells[column(cell.get("r") or "")] = texts[int(value)] if cell.get("t") == "s" else float(value)
                lines.append([cells.get(i) for i in range(max(cells, default=-1) + 1)])
            found[name] = lines
            assert name in SAID or sheet.find(f".//{NAMESPACE}pane[@state='frozen']") is not None
        return found


def parsed(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314  # written by ourselves a moment ago


def column(reference: str) -> int:
    place = 0
    for letter in re.sub(r"\d", "", reference):
        place = place * 26 + ord(letter) - 64
    return place - 1


@dataclass(frozen=True)
class SheetView:
    """How a sheet of numbers is shown: (columns, rows) that are frozen, (first column, last column, last row) of its
    filter, and the number formats of each column by its title."""

    frozen: tuple[int, int]
    filtered: tuple[int, int, int]
    formats: dict[str, set[str]]


def sheet_views(content: bytes) -> dict[str, SheetView]:
    """How each sheet of numbers of a workbook is shown."""
    written = sheets(content)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        styles = parsed(book.read("xl/styles.xml"))
        given = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{NAMESPACE}numFmt")}
        named = {"2": "0.00", "3": "#,##0"} | given  # the first two are of every workbook
        used = [named.get(style.get("numFmtId"), "") for style in styles.find(f"{NAMESPACE}cellXfs") or ()]
        found = {}
        for place, title in enumerate(written, 1):
            if title not in SAID:
                sheet = parsed(book.read(f"xl/worksheets/sheet{place}.xml"))
                found[title] = SheetView(_frozen(sheet), _filtered(sheet), _formats(sheet, written[title][0], used))
    return found


def _frozen(sheet: ElementTree.Element) -> tuple[int, int]:
    pane = sheet.find(f".//{NAMESPACE}pane")
    return (0, 0) if pane is None else (int(pane.get("xSplit") or 0), int(pane.get("ySplit") or 0))


def _filtered(sheet: ElementTree.Element) -> tuple[int, int, int]:
    place = sheet.find(f"{NAMESPACE}autoFilter")
    first, _, last = ("" if place is None else place.get("ref") or "").partition(":")
    return column(first), column(last), int(re.sub(r"\D", "", last) or 0)


def _formats(sheet: ElementTree.Element, head: list[Any], used: list[str | None]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for cell in sheet.iter(f"{NAMESPACE}c"):
        if cell.get("t") != "s" and cell.find(f"{NAMESPACE}v") is not None:
            found.setdefault(head[column(cell.get("r") or "")], set()).add(used[int(cell.get("s") or 0)] or "")
    return found


def in_xlsx(content: bytes) -> dict[tuple[Key, str], float | None]:
    titles = {"Count": "count", "Of": "of", "Rate": "rate", "95% from": "low", "95% to": "high"}
    found: dict[tuple[Key, str], float | None] = {}
    for name, (head, *lines) in sheets(content).items():
        if name in SAID:
            continue
        measures = [titles.get(title, title.lower().replace(" ", "_")) for title in head[5:]]
        for line in lines:
            for place, measure in enumerate(measures, 5):
                value = line[place] if place < len(line) else None
                found[(line[0], line[3]), measure] = value
    return found


class Numbers(HTMLParser):
    """The numbers of a page that name a figure."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, float, str]] = []
        self._inside: tuple[str, float] | None = None
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "data" and given.get("data-figure"):
            self._inside = (given["data-figure"] or "", float(given["value"] or "nan"))

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append((*self._inside, data))
            self._inside = None
