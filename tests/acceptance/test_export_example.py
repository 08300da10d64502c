"""The workbook of docs/connect/files.md, as it stands there: its tables, settings, output and records."""

import io
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from compliance.cli import main
from compliance.config import load_settings
from compliance.service import Service
from compliance.store import load_crimes
from tests.engine import RULES

EXAMPLE = (
    (Path(__file__).parents[2] / "docs" / "connect" / "files.md")
    .read_text("utf-8")
    .partition("## An Excel workbook")[2]
    .partition("\nNext: ")[0]
)
OTHER_SETTINGS = f"""
[force]
name = "Test Constabulary"
policy = "{RULES / "west-mercia.toml"}"
[database]
url = "sqlite:///compliance.db"
[reminders]
due_from = 2026-01-01
[mail]
host = "127.0.0.1"
sender = "updates@force.example"
"""


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", EXAMPLE, re.DOTALL)
    return str(found)


def tables() -> dict[str, list[list[str]]]:
    """The tables of the example, by sheet: the header and its rows."""
    found = {}
    for name, text in re.findall(r"Sheet `(\w+)`.*?\n\n(\|.*?)\n\n", EXAMPLE, re.DOTALL):
        header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
        found[name] = [header, *rows]
    return found


def workbook() -> bytes:
    """The workbook: dates and times are cells of those formats, everything else is text."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        shapes = {shape: book.add_format({"num_format": shown}) for shape, shown in SHAPES.items()}
        for name, rows in tables().items():
            sheet = book.add_worksheet(name)
            sheet.write_string(0, 0, f"{name} as of 10 July 2026")
            for place, row in enumerate(rows, 2):
                for column, text in enumerate(row):
                    shape = next((each for each in SHAPES if is_of(text, each)), None)
                    if shape is None:
                        sheet.write_string(place, column, text)
                    else:
                        value = datetime.strptime(text, shape)  # noqa: DTZ007  # a workbook knows no zones
                        sheet.write_datetime(place, column, value.time() if shape == "%H:%M" else value, shapes[shape])
    return held.getvalue()


SHAPES = {"%d/%m/%Y": "dd/mm/yyyy", "%H:%M": "hh:mm"}


def is_of(text: str, shape: str) -> bool:
    try:
        datetime.strptime(text, shape)  # noqa: DTZ007
    except ValueError:
        return False
    return True


@pytest.fixture
def config(tmp_path: Path) -> Path:
    exports = tmp_path / "exports"
    exports.mkdir()
    for name, content in {"Nightly_2026-07-10.xlsx": workbook(), "Staff.csv": block("csv").encode()}.items():
        (exports / name).write_bytes(content)
        os.utime(exports / name, (0, 0))
    path = tmp_path / "config.toml"
    path.write_text(OTHER_SETTINGS + block("toml"))
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    said = capsys.readouterr()
    assert not ended.value.code, said.err
    return said.out


def test_the_example_is_whole() -> None:
    assert {name: len(rows) for name, rows in tables().items()} == {"Crimes": 3, "Persons": 5, "Contacts": 4}


def test_the_trial_says_what_the_page_says(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "feed", "try", "--config", str(config)).endswith(block("text"))


def test_a_poll_stores_the_records_of_the_page(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(capsys, "migrate", "--config", str(config))
    assert "2 new or changed, 0 refused" in call(capsys, "poll", "--config", str(config))
    expected: list[Any] = [
        json.loads(text) for text in re.split(r"(?<=^\})\n(?=\{)", block("json"), flags=re.MULTILINE)
    ]
    with Service.open(load_settings(config)) as service:
        stored = load_crimes(service.store, [record["crime_ref"] for record in expected])
        assert [without_empty(json.loads(msgspec.json.encode(crime))) for crime in stored] == expected


def without_empty(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value not in (None, [])}
