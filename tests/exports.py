"""A folder where exports land, and a feed of it. A test module takes the fixture over by name: `folder = exports.folder`."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.feed_settings import FieldMapping, Files
from compliance.feeds import Mapper
from compliance.feeds.exports import Exports
from compliance.feeds.files import FilesFeed

NOW = datetime(2026, 7, 2, 6, tzinfo=UTC)
ZONED = FieldMapping(timezone="Europe/London")


class Folder:
    """A folder and what is in it; files are two minutes old unless said otherwise."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, content: str | bytes, age: float = 120) -> Path:
        file = self.path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        written = (NOW - timedelta(seconds=age)).timestamp()
        os.utime(file, (written, written))
        return file

    def names(self, where: str = "") -> list[str]:
        folder = self.path / where
        return sorted(file.name for file in folder.iterdir() if file.is_file()) if folder.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def feed_of(
    folder: Folder, mapping: FieldMapping = ZONED, size: int = 100, now: datetime = NOW, moves: bool = True, **said: Any
) -> FilesFeed:
    """`said`: what the settings of the folder say (`Files`)."""
    exports = Exports(folder.path, Files(**said), moves)
    return FilesFeed(exports, Mapper(mapping, tabular=not exports.is_json), size, lambda: now)


def polled(feed: FilesFeed, cursor: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
    """(the records of a poll, where to ask from next time)."""
    records: list[dict[str, Any]] = []
    for page in feed.pages(cursor):
        records += map(json.loads, page.raws)
        cursor = page.next or cursor
    return records, cursor


def crimes(*refs: str) -> str:
    return "crime_ref,reported_at\n" + "".join(f"{ref},2026-07-01 10:00\n" for ref in refs)


def refs(records: list[dict[str, Any]]) -> list[str]:
    return [record["crime_ref"] for record in records]
