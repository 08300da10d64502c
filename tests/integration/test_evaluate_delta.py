"""`compliance evaluate --delta`: the datasets written are Delta Lake tables too, read here by delta-rs."""

import json
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from compliance.batch.evaluate import Evaluated, evaluate
from compliance.batch.evaluate_dataset import EvaluatedDataset, evaluate_dataset
from compliance.batch.not_judged_file import COLUMNS
from compliance.errors import SettingsError, UnavailableError
from compliance.policy import Policy
from tests.datasets import SAMPLE, command, digests, run_and_kill, write_dataset
from tests.engine import shipped
from tests.integration.test_evaluate_set_aside import GOOD, OLD

deltalake = pytest.importorskip("deltalake", reason="needs the library deltalake: make setup")
POLICY = shipped(SAMPLE.policy)[0]
LOG = "_delta_log"


@pytest.fixture(scope="module")
def crimes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that no test changes."""
    folder = tmp_path_factory.mktemp("dataset") / "crimes"
    write_dataset(folder)
    return folder


def judge(source: Path, target: Path, policy: Policy = POLICY, **options: bool) -> EvaluatedDataset:
    return evaluate_dataset(
        policy, SAMPLE.as_at, SAMPLE.known_at, str(source), str(target), workers=1, **{"delta": True, **options}
    )  # fmt: skip


def in_order(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=str)


def as_parquet(folder: Path, keys: tuple[str, ...] = ("force", "month")) -> pa.Table:
    """A dataset as Arrow reads it without the log, with its keys as texts."""
    kinds = pa.schema([(key, pa.string()) for key in keys])
    table = ds.dataset(folder, partitioning=ds.partitioning(kinds, flavor="hive")).to_table()
    texts = [field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in table.schema]
    return table.cast(pa.schema(texts))


def check_table(folder: Path) -> None:
    """Row by row and column by column, the table is what the files in the folder hold."""
    found, expected = deltalake.DeltaTable(folder).to_pyarrow_table(), as_parquet(folder)
    assert found.schema.remove_metadata() == expected.schema.remove_metadata()
    assert in_order(found) == in_order(expected)
    assert deltalake.DeltaTable(folder).count() == len(expected), "the number of rows is that in the log"


def names_in(folder: Path) -> set[str]:
    """The files of a table, as its log names them."""
    return {Path(each).relative_to(folder).as_posix() for each in deltalake.DeltaTable(folder).file_uris()}


def test_the_table_holds_every_verdict_with_its_keys_as_texts(crimes: Path, tmp_path: Path) -> None:
    verdicts = tmp_path / "judged" / "verdicts"
    done = subprocess.run(command(crimes, tmp_path / "judged", "--delta"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    check_table(verdicts)
    table = deltalake.DeltaTable(verdicts)
    assert table.metadata().partition_columns == ["force", "month"]
    assert {each["force"] for each in table.partitions()} == {"01", "02"}
    nothing = deltalake.DeltaTable(tmp_path / "judged" / "not_judged")
    assert nothing.count() == 0, "a table as on any other day"
    assert [field.name for field in nothing.schema().fields] == [*COLUMNS.names, "force", "month"]


def test_the_files_are_those_of_a_run_without_a_log(crimes: Path, tmp_path: Path) -> None:
    judge(crimes, tmp_path / "with")
    judge(crimes, tmp_path / "without", delta=False)
    found = digests(tmp_path / "with")
    assert found.pop(f"verdicts/{LOG}/00000000000000000000.json")
    assert found.pop(f"not_judged/{LOG}/00000000000000000000.json")
    assert found == digests(tmp_path / "without")


def test_what_is_not_judged_is_a_table_too(tmp_path: Path) -> None:
    file = tmp_path / "crimes" / "force=22" / "month=2026-07" / "crimes.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([GOOD, OLD, {**GOOD, "crime_ref": None}]), file)
    judge(tmp_path / "crimes", tmp_path / "judged", shipped("victims-code-2020")[0])
    for kind in ("verdicts", "not_judged"):
        check_table(tmp_path / "judged" / kind)


def test_instants_are_instants(tmp_path: Path) -> None:
    """Under a policy with limits in hours, verdicts have a `due_at` (rules A6)."""
    file = tmp_path / "crimes" / "force=22" / "month=2026-07" / "crimes.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([GOOD]), file)
    judge(tmp_path / "crimes", tmp_path / "judged", shipped("hours")[0])
    check_table(tmp_path / "judged" / "verdicts")
    due_at = deltalake.DeltaTable(tmp_path / "judged" / "verdicts").to_pyarrow_table()["due_at"]
    assert due_at.type == pa.timestamp("us", "UTC")
    assert any(due_at.to_pylist())


@pytest.mark.parametrize(
    ("folders", "keys"),
    [
        ("force=West%20Mercia/month=2026%2F01", ("West Mercia", "2026/01")),
        ("force=Dyfed Powys/month=é", ("Dyfed Powys", "é")),
        ("force=a%3Db/month=__HIVE_DEFAULT_PARTITION__", ("a=b", None)),
    ],
)
def test_keys_are_read_from_folders_of_any_name(crimes: Path, tmp_path: Path, folders: str, keys: Any) -> None:
    """As Spark, DuckDB and Arrow write them. A folder may hold several files."""
    for name in (f"{folders}/a b%20.parquet", f"{folders}/two.parquet", "force=01/month=2026-01/crimes.parquet"):
        (tmp_path / "crimes" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(min(crimes.rglob("*.parquet")), tmp_path / "crimes" / name)
    judge(tmp_path / "crimes", tmp_path / "judged")
    check_table(tmp_path / "judged" / "verdicts")
    rows = deltalake.DeltaTable(tmp_path / "judged" / "verdicts").to_pyarrow_table().to_pylist()
    assert {(row["force"], row["month"]) for row in rows} == {keys, ("01", "2026-01")}


def test_runs_that_are_killed_end_in_a_whole_table(crimes: Path, tmp_path: Path) -> None:
    target, dice = tmp_path / "judged", Random(1)
    for _ in range(2):
        run_and_kill(crimes, target, dice)
        assert not (target / "verdicts" / LOG).exists()
    subprocess.run(command(crimes, target, "--delta"), check=True, capture_output=True)
    check_table(target / "verdicts")


def test_a_run_that_is_killed_while_it_writes_the_log_continues(crimes: Path, tmp_path: Path) -> None:
    log = tmp_path / "judged" / "verdicts" / LOG
    judge(crimes, tmp_path / "judged", delta=False)
    log.mkdir()
    (log / "00000000000000000000.json").write_text('{"protocol":{"minRea')
    (log / "00000000000000000000.json#1").write_text('{"protocol"')
    assert judge(crimes, tmp_path / "judged").kept == 20
    check_table(tmp_path / "judged" / "verdicts")
    assert [path.name for path in log.iterdir()] == ["00000000000000000000.json"]


def test_while_a_run_is_at_work_there_is_no_log(crimes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would name files that are gone or have changed."""
    source, target = tmp_path / "crimes", tmp_path / "judged"
    shutil.copytree(crimes, source)
    first, *more = sorted(source.rglob("*.parquet"))
    judge(source, target)
    seen = []

    def judged(*words: Any, **options: Any) -> Evaluated:
        seen.append((target / "verdicts" / LOG).exists())
        return evaluate(*words, **options)

    monkeypatch.setattr("compliance.batch.file_judge.evaluate", judged)
    shutil.copy(more[0], first)
    assert judge(source, target).kept == len(more)
    assert seen == [False]
    check_table(target / "verdicts")
    assert names_in(target / "verdicts") == {path.relative_to(source).as_posix() for path in (first, *more)}


def test_no_log_stays_that_the_last_run_did_not_write(crimes: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "crimes", tmp_path / "judged"
    shutil.copytree(crimes, source)
    judge(source, target)
    judge(source, target, delta=False)
    assert not (target / "verdicts" / LOG).exists(), "it was not asked for"
    judge(source, target)
    spoilt = min(source.rglob("*.parquet"))
    spoilt.write_bytes(spoilt.read_bytes()[:4] + bytes(2000) + spoilt.read_bytes()[2004:])
    with pytest.raises(SettingsError, match="1 of 20 files could not be judged"):
        judge(source, target)
    assert not (target / "verdicts" / LOG).exists(), "not all files are judged"


def test_what_other_programs_add_to_the_log_goes_with_it(crimes: Path, tmp_path: Path) -> None:
    """A checkpoint is Parquet, and no verdicts."""
    judge(crimes, tmp_path / "judged")
    deltalake.DeltaTable(tmp_path / "judged" / "verdicts").create_checkpoint()
    assert judge(crimes, tmp_path / "judged").kept == 20
    assert [path.suffix for path in (tmp_path / "judged" / "verdicts" / LOG).iterdir()] == [".json"]


def test_a_log_that_cannot_be_written_is_said_in_one_line(
    crimes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk. Here a file is in its place."""

    def judged(*words: Any, **options: Any) -> Evaluated:
        (tmp_path / "judged" / "verdicts" / LOG).touch()
        return evaluate(*words, **options)

    monkeypatch.setattr("compliance.batch.file_judge.evaluate", judged)
    with pytest.raises(UnavailableError) as found:
        judge(crimes, tmp_path / "judged")
    assert str(found.value).startswith(f"--output {tmp_path}/judged: could not be written to the end (")
    assert "Not a directory (os error 20)); what is finished is kept" in str(found.value)
    assert str(found.value).isprintable()
    assert json.loads((tmp_path / "judged" / "evaluation.json").read_text())["totals"] is None


@pytest.mark.parametrize("key", ["Division", "due_date", "row", "FORCE"])
def test_a_key_that_is_a_column_too_is_an_error_before_anything_is_judged(
    crimes: Path, tmp_path: Path, key: str
) -> None:
    """Delta Lake would show the key in place of the column; and it takes capitals for small letters."""
    file = tmp_path / "crimes" / "force=1" / f"{key}=1" / "crimes.parquet"
    file.parent.mkdir(parents=True)
    shutil.copy(min(crimes.rglob("*.parquet")), file)
    with pytest.raises(SettingsError, match=f"--delta: the key {key} of the folders is also the name of a column"):
        judge(tmp_path / "crimes", tmp_path / "judged")
    assert not (tmp_path / "judged").exists()
    judge(tmp_path / "crimes", tmp_path / "judged", delta=False)


def test_without_the_library_it_says_what_to_install(
    crimes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.batch.delta_log.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"--delta: .* pip install '.\[delta\]'"):
        judge(crimes, tmp_path / "judged")


def test_a_delta_table_is_no_dataset_of_records(crimes: Path, tmp_path: Path) -> None:
    """Its folder may hold files that are no longer of the table: their crimes would be judged, too."""
    shutil.copytree(crimes, tmp_path / "crimes")
    (tmp_path / "crimes" / LOG).mkdir()
    with pytest.raises(SettingsError, match="is a Delta Lake table, whose folder also holds files that are no longer"):
        judge(tmp_path / "crimes", tmp_path / "judged")


def test_one_file_has_no_table(crimes: Path, tmp_path: Path) -> None:
    asked = command(min(crimes.rglob("*.parquet")), tmp_path / "verdicts.parquet", "--delta")
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--delta is for a dataset" in done.stderr
