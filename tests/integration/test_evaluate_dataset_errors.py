"""What is wrong with a dataset, with the folder for its verdicts or with the disk: named, and nothing finished is lost."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compliance.batch.evaluate import Evaluated, evaluate
from compliance.batch.evaluate_dataset import EvaluatedDataset, evaluate_dataset
from compliance.errors import SettingsError, UnavailableError
from tests.datasets import SAMPLE, command, digests, write_dataset
from tests.engine import shipped

POLICY = shipped(SAMPLE.policy)[0]
A, B = "force=01/month=2026-01/crimes.parquet", "force=01/month=2026-02/crimes.parquet"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "crimes"
    write_dataset(folder)
    return folder


@pytest.fixture
def crimes(sound: Path, tmp_path: Path) -> Path:
    """A dataset to be spoilt."""
    shutil.copytree(sound, tmp_path / "crimes")
    return tmp_path / "crimes"


def judge(source: Path, target: Path | str, strict: bool = False) -> EvaluatedDataset:
    return evaluate_dataset(
        POLICY, SAMPLE.as_at, SAMPLE.known_at, str(source), str(target), workers=1, strict=strict
    )  # fmt: skip


def empty(folder: Path) -> str:
    shutil.rmtree(folder)
    folder.mkdir()
    return "is not a dataset; expected folders such as force=22/month=2026-01 with .parquet files in them, found none"


def without_partitions(folder: Path) -> str:
    shutil.copy(folder / A, folder / "crimes.parquet")
    return "is not a dataset; .* found crimes.parquet"


def not_parquet(folder: Path) -> str:
    (folder / A).with_name("crimes.csv").write_text("crime_ref,reported_at")
    return "crimes.csv.* Parquet"


def another_ending(folder: Path) -> str:
    (folder / A).rename((folder / A).with_suffix(".parq"))
    return "is not a dataset; .* found force=01/month=2026-01/crimes.parq"


def other_keys(folder: Path) -> str:
    (folder / "force=03").mkdir()
    shutil.copy(folder / A, folder / "force=03" / "crimes.parquet")
    return f"force=03/crimes.parquet is not in folders of the same keys as {A}; partition all files alike"


def cut_short(folder: Path) -> str:
    (folder / B).write_bytes((folder / B).read_bytes()[:-100])
    return f"{B}: cannot be read as Parquet"


def without_updates(folder: Path) -> str:
    pq.write_table(pq.ParquetFile(folder / B).read().drop(["updates"]), folder / B)
    return f"{B} has no column updates, which {A} has; write the column into all files, with nulls where"


def without_category(folder: Path) -> str:
    table = pq.ParquetFile(folder / B).read()
    victims = [[{"victim_ref": each["victim_ref"]} for each in row or ()] for row in table["victims"].to_pylist()]
    place = table.schema.get_field_index("victims")
    pq.write_table(table.set_column(place, "victims", pa.array(victims)), folder / B)
    return r"02/crimes.parquet has no column victims\[\].added_at, which .*01/crimes.parquet has"


@pytest.mark.parametrize(
    "spoil",
    [empty, without_partitions, not_parquet, another_ending, other_keys, cut_short, without_updates, without_category],
)
def test_a_dataset_that_is_none_is_an_error_before_anything_is_judged(
    crimes: Path, tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    message = spoil(crimes)
    with pytest.raises(SettingsError, match=message):
        judge(crimes, tmp_path / "judged")
    assert not (tmp_path / "judged").exists()


def test_lists_that_are_empty_in_a_whole_file_may_have_no_type(crimes: Path, tmp_path: Path) -> None:
    """As several writers leave them: no field is missing from them."""
    table = pq.ParquetFile(crimes / B).read()
    place = table.schema.get_field_index("events")
    none = pa.array([[] for _ in range(len(table))], pa.list_(pa.null()))
    pq.write_table(table.set_column(place, "events", none), crimes / B)
    assert judge(crimes, tmp_path / "judged").totals.crimes == 800


def test_files_that_do_not_belong_to_a_dataset_are_left_alone(crimes: Path, sound: Path, tmp_path: Path) -> None:
    """Spark writes `_SUCCESS`, Hadoop `.crc` files."""
    (crimes / "_SUCCESS").write_text("")
    (crimes / "force=01" / ".crimes.parquet.crc").write_text("")
    assert judge(crimes, tmp_path / "judged").files == len(list(sound.rglob("*.parquet")))


def spoil_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4:2000] = bytes(1996)
    path.write_bytes(content)


def test_a_file_that_cannot_be_judged_is_named_and_the_others_are_judged(crimes: Path, tmp_path: Path) -> None:
    target = tmp_path / "judged"
    good = (crimes / B).read_bytes()
    judge(crimes, target)
    whole = digests(target)
    spoil_pages(crimes / B)
    done = subprocess.run(command(crimes, target), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert first == (
        f"compliance: --input {crimes}: 1 of 20 files could not be judged; the others are. Correct these, then run the "
        "command again:"
    )
    assert second.startswith(f"{B}: cannot be read as Parquet (")
    assert '"totals": null' in (target / "evaluation.json").read_text()
    assert not (target / "verdicts" / B).exists(), "verdicts of other records"
    (crimes / B).write_bytes(good)
    assert judge(crimes, target).kept == 19
    assert digests(target) == whole


def test_a_column_of_a_wrong_type_names_its_file(crimes: Path, tmp_path: Path) -> None:
    table = pq.ParquetFile(crimes / B).read()
    pq.write_table(table.set_column(0, "crime_ref", pa.array(range(len(table)))), crimes / B)
    with pytest.raises(SettingsError, match=f"{B}: column crime_ref holds int64; expected texts"):
        judge(crimes, tmp_path / "judged")


def test_with_strict_an_unknown_field_is_an_error_also_of_a_file_finished_without(crimes: Path, tmp_path: Path) -> None:
    table = pq.ParquetFile(crimes / B).read()
    pq.write_table(table.append_column("tema", pa.array(["x"] * len(table))), crimes / B)
    assert judge(crimes, tmp_path / "judged").totals.unknown_fields == {"tema": len(table)}
    with pytest.raises(SettingsError, match=f"{B}: has 1 unknown field: tema .* nearest: 'team'"):
        judge(crimes, tmp_path / "judged", strict=True)


def test_a_file_that_changes_while_it_is_judged_is_not_finished(
    crimes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def while_changed(*words: Any, **options: Any) -> Evaluated:
        os.utime(crimes / B)
        return evaluate(*words, **options)

    monkeypatch.setattr("compliance.batch.file_judge.evaluate", while_changed)
    with pytest.raises(SettingsError, match=f"{B}: was changed while it was judged"):
        judge(crimes, tmp_path / "judged")
    assert not (tmp_path / "judged" / "verdicts" / B).exists()


def test_the_output_answers_one_question_about_one_input(sound: Path, crimes: Path, tmp_path: Path) -> None:
    target = tmp_path / "judged"
    judge(sound, target)
    before = digests(target)
    asked = {"as_at": SAMPLE.as_at, "known_at": SAMPLE.known_at, "policy": POLICY}
    for change, message in (
        ({"policy": shipped("hertfordshire")[0]}, "answers another question: policy was West Mercia"),
        (
            {"known_at": None},
            "known_at was 2026-07-01 08:00:00.*, now it is None; choose another folder, or remove this",
        ),
        ({"as_at": SAMPLE.known_at}, "answers another question: as_at was 2026-09-01"),
    ):
        other = {**asked, **change}
        with pytest.raises(SettingsError, match=message):
            evaluate_dataset(other["policy"], other["as_at"], other["known_at"], str(sound), str(target), workers=1)  # type: ignore[arg-type]
    shutil.rmtree(crimes / "force=02")
    with pytest.raises(
        SettingsError, match=r"holds verdicts/force=02/month=2026-01/crimes.parquet, which is not in the"
    ):
        judge(crimes, target)
    assert digests(target) == before


def test_an_output_that_cannot_be_the_folder_is_an_error(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("Dear Sir")
    (tmp_path / "file").write_text("")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "evaluation.json").write_text("{}")
    for target, message in (
        ("-", "is the name of a file; the input is a dataset, so name a folder"),
        (tmp_path / "verdicts.csv", "is the name of a file"),
        (tmp_path / "file", "is a file; the input is a dataset"),
        (tmp_path / "other", "holds files that are not of this command; choose another folder"),
        (tmp_path / "broken", "evaluation.json is not of this command"),
        (tmp_path / "no" / "folder", r"cannot be written \(No such file or directory\)"),
        (sound / "judged", "is not apart from --input"),
        (sound.parent, "is not apart from --input"),
    ):
        with pytest.raises(SettingsError, match=message):
            judge(sound, target)


def test_only_one_process_writes_into_a_folder(sound: Path, tmp_path: Path) -> None:
    target = tmp_path / "judged"
    target.mkdir()
    held = os.open(target, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        with pytest.raises(UnavailableError, match="another process writes into it; wait until it ends"):
            judge(sound, target)
    finally:
        os.close(held)
    assert judge(sound, target).kept == 0


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk with room for a few files of verdicts."""
    folder = tmp_path_factory.mktemp("small")
    mounting = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("needs leave to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_ends_with_4_and_the_run_continues_once_there_is_room(
    sound: Path, small: Path, tmp_path: Path
) -> None:
    done = subprocess.run(command(sound, small / "judged"), capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "could not be written to the end (No space left on device)" in done.stderr
    subprocess.run(["mount", "-o", "remount,size=10m", small], check=True)
    assert judge(sound, small / "judged").kept > 0
    judge(sound, tmp_path / "judged")
    assert digests(small / "judged") == digests(tmp_path / "judged")


def test_verdicts_on_a_dataset_are_no_spreadsheet(sound: Path, tmp_path: Path) -> None:
    asked = command(sound, tmp_path / "judged", "--for-spreadsheet")
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--for-spreadsheet is for CSV" in done.stderr
