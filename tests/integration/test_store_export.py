"""What is held, as typed Parquet files (docs/export.md)."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Table

from compliance.errors import SettingsError
from compliance.store import Store, export, judge_due, mark_missing
from compliance.store.reading.exported_records import RECORD_FILES
from compliance.store.reading.exporting import OBLIGATIONS, SET_ASIDES, TRANSITIONS
from compliance.store.tables import OBLIGATION, TRANSITION
from tests import stores
from tests.engine import shipped
from tests.histories import histories
from tests.stores import SOURCE, at, crime, rows, take, updates

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

DOCUMENT = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
FIRST, NOW = at("2026-07-02 06:00"), at("2026-07-13 06:00")
SCHEMAS = {each.name: each.schema for each in RECORD_FILES} | {
    "obligations": OBLIGATIONS, "set_aside": SET_ASIDES, "transitions": TRANSITIONS,
}  # fmt: skip


def written(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return found


def test_a_crime_and_its_updates_as_they_stand(store: Store, tmp_path: Path) -> None:
    told = [*updates("2026-07-05", "2026-07-06"), {"update_ref": "U1", "at": "2026-07-07T12:00:00.25+01:00"}]
    status = [{"status": "closed", "at": "2026-07-08T09:00:00Z"}, {"status": "open", "at": "2026-07-08T10:00:00+01:00"}]
    take(
        store,
        FIRST,
        crime("B", division="D", updates=told, status=status),
        crime("A", reported_at="2026-07-01T00:30:00+01:00"),
    )
    mark_missing(store, SOURCE, {"B"}, NOW)
    counts = export(store, tmp_path / "made" / "here")
    filled = {"crimes": 2, "victims": 2, "updates": 2, "statuses": 2}
    assert counts == dict.fromkeys(SCHEMAS, 0) | filled
    first, second = written(tmp_path / "made" / "here", "crimes")
    assert (first["crime_ref"], first["reported_at"]) == ("A", datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    assert (first["status"], first["missing_since"]) == (None, NOW)
    assert (second["status"], second["status_at"]) == ("open", datetime(2026, 7, 8, 9, tzinfo=UTC)), (
        "of equal instants the later"
    )
    assert (second["victims"], second["updates"], second["events"], second["division"]) == (1, 3, 0, "D")
    assert (second["first_seen_at"], second["seen_at"], second["missing_since"]) == (FIRST, FIRST, None)
    found = written(tmp_path / "made" / "here", "updates")
    assert [(row["update_ref"], row["outcome"], row["at"]) for row in found] == [
        ("U1", None, datetime(2026, 7, 7, 11, 0, 0, 250_000, tzinfo=UTC)),
        ("U2", "informed", datetime(2026, 7, 6, 12, tzinfo=UTC)),
    ], "of a repeated reference the last (records section 1)"


@pytest.mark.parametrize("at_once", [7, 10_000])
def test_every_obligation_and_transition_whole_and_typed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("compliance.store.reading.exporting._AT_ONCE", at_once)
    take(store, FIRST, *histories(4, 60))
    for now in (at("2026-10-01 06:00"), at("2026-11-25 06:00")):
        judge_due(store, shipped("west-mercia")[0], now)
    counts = export(store, tmp_path)
    tables: dict[str, Table] = {"obligations": OBLIGATION, "transitions": TRANSITION}
    for name, table in tables.items():
        found = written(tmp_path, name)
        assert [tuple(row.values()) for row in found] == rows(store, table, *found[0])
        assert len(found) == counts[name] > 50
    assert counts["crimes"] == len(written(tmp_path, "crimes")) == 60
    kinds = pq.read_schema(tmp_path / "obligations.parquet")
    assert (kinds.field("due_date").type, kinds.field("same_day_update").type) == (pa.date32(), pa.bool_())
    assert isinstance(written(tmp_path, "obligations")[0]["due_date"], date)


def test_nothing_held_makes_empty_files_of_the_same_types(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path)
    for name in SCHEMAS:
        assert len(pq.read_table(tmp_path / f"{name}.parquet")) == 0
    assert pq.read_schema(tmp_path / "crimes.parquet").field("reported_at").type == pa.timestamp("us", "UTC")


def test_former_files_stand_until_all_are_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, FIRST, crime("A"))
    export(store, tmp_path)
    take(store, NOW, crime("B"))

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr("compliance.store.reading.exporting._write_table", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            export(store, tmp_path)
    assert len(written(tmp_path, "crimes")) == 1
    assert export(store, tmp_path)["crimes"] == 2
    assert sorted(path.name for path in tmp_path.glob("*.part")) == []


def test_a_folder_that_cannot_be_written_to_is_named(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=f"{tmp_path}/file: cannot be written to"):
        export(store, tmp_path / "file")


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_column_is_documented_with_whether_it_may_be_empty(name: str) -> None:
    section = DOCUMENT.split(f"## {name}.parquet")[1].split("\n## ")[0]
    said = {
        column: empty.strip() == "yes"
        for names, empty in re.findall(r"^\| (`[^|]+) \|[^|]+\|([^|]+)\|", section, re.MULTILINE)
        for column in re.findall(r"`(\w+)`", names)
    }
    assert said == {field.name: field.nullable for field in SCHEMAS[name]}
