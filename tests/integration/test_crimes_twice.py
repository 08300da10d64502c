"""A crime that stands more than once in its force (records section 1): found by `evaluate` on a dataset, and named."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from compliance.batch.crimes_twice import crimes_twice
from compliance.batch.dataset_files import dataset_files
from tests.datasets import command, digests
from tests.integration.test_evaluate_set_aside import GOOD

JANUARY, FEBRUARY = "force=22/month=2026-01/crimes.parquet", "force=22/month=2026-02/crimes.parquet"
OTHER_FORCE = "force=43/month=2026-01/crimes.parquet"


def write(root: Path, name: str, *refs: str | None, kind: Any = None, rows_together: int = 1000) -> None:
    """Write a file with a crime for each crime number."""
    table = pa.Table.from_pylist([{**GOOD, "crime_ref": ref} for ref in refs])
    place = table.schema.get_field_index("crime_ref")
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    table = table.set_column(place, "crime_ref", pa.array(refs, pa.string()).cast(kind or pa.string()))
    pq.write_table(table, root / name, row_group_size=rows_together)


def found(root: Path) -> list[tuple[str, str, int]]:
    rows = crimes_twice(root, dataset_files(root), 2).to_pylist()
    return [(row["crime_ref"], row["file"], row["row"]) for row in rows]


def test_the_same_number_in_two_files_of_a_force_is_found_and_in_two_forces_is_not(tmp_path: Path) -> None:
    write(tmp_path, JANUARY, "A/1", "A/2", "A/3")
    write(tmp_path, FEBRUARY, "A/4", "A/2")
    write(tmp_path, OTHER_FORCE, "A/1", "A/2", "A/4")
    assert found(tmp_path) == [("A/2", JANUARY, 2), ("A/2", FEBRUARY, 2)]


def test_every_place_is_named_also_of_three_and_within_a_file(tmp_path: Path) -> None:
    write(tmp_path, JANUARY, "A/3", "A/1", "A/2", "A/3", rows_together=2)
    write(tmp_path, FEBRUARY, "A/3", "A/1", rows_together=1)
    expected = [("A/1", JANUARY, 2), ("A/1", FEBRUARY, 2)]
    assert found(tmp_path) == [*expected, ("A/3", JANUARY, 1), ("A/3", JANUARY, 4), ("A/3", FEBRUARY, 1)]


def test_without_the_key_force_all_files_are_of_one(tmp_path: Path) -> None:
    write(tmp_path, "month=2026-01/crimes.parquet", "A/1")
    write(tmp_path, "month=2026-02/crimes.parquet", "A/1")
    assert [place for _, place, _ in found(tmp_path)] == [f"month=2026-0{i}/crimes.parquet" for i in (1, 2)]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string_view()], ids=str)
def test_texts_of_another_kind_are_the_same_numbers(tmp_path: Path, kind: Any) -> None:
    write(tmp_path, JANUARY, "A/2", "A/1")
    write(tmp_path, FEBRUARY, "A/1", kind=kind)
    assert found(tmp_path) == [("A/1", JANUARY, 2), ("A/1", FEBRUARY, 1)]


def test_records_without_a_number_are_not_of_one_crime(tmp_path: Path) -> None:
    """They are refused."""
    write(tmp_path, JANUARY, None, "", None, "", "A/1")
    write(tmp_path, FEBRUARY, None, "", "a/1", "A/1 ")
    assert found(tmp_path) == []


def test_the_command_judges_each_says_where_they_are_and_ends_with_3(tmp_path: Path) -> None:
    source, target = tmp_path / "crimes", tmp_path / "judged"
    write(source, JANUARY, "A/1", "A/2")
    write(source, FEBRUARY, "A/2")
    for kept in (0, 2):
        done = subprocess.run(command(source, target), capture_output=True, text=True, check=False)
        assert done.returncode == 3
        first, last = done.stderr.splitlines()
        assert first == (
            f"2 records are of crimes that stand more than once in their force; they are in {target}/twice.parquet"
        )
        assert last.startswith(f"2 files, {kept} finished before; 3 crimes, ")
        assert pq.read_table(target / "twice.parquet").to_pylist() == [
            {"crime_ref": "A/2", "file": JANUARY, "row": 2},
            {"crime_ref": "A/2", "file": FEBRUARY, "row": 1},
        ]
        assert json.loads((target / "evaluation.json").read_text())["twice"] == 2
    verdicts = ds.dataset(target / "verdicts", partitioning="hive").to_table(columns=["crime_ref"])
    numbers = verdicts["crime_ref"].to_pylist()
    assert numbers.count("A/2") == 2 * numbers.count("A/1") > 0


def test_once_it_is_put_right_the_folder_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    source, target = tmp_path / "crimes", tmp_path / "judged"
    write(source, JANUARY, "A/1")
    write(source, FEBRUARY, "A/1")
    assert subprocess.run(command(source, target), capture_output=True, check=False).returncode == 3
    write(source, FEBRUARY, "A/2")
    assert subprocess.run(command(source, target), capture_output=True, check=False).returncode == 0
    assert not (target / "twice.parquet").exists()
    subprocess.run(command(source, tmp_path / "anew"), capture_output=True, check=True)
    assert digests(target) == digests(tmp_path / "anew")
