"""`compliance figures` on a dataset of several forces: the forms, what is refused, and what is wrong (statistics 1, 3)."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from benchmarks.crimes import nested
from compliance.cli import main
from tests.unit.test_across_forces import FORCES, POLICY, WEEK, records

NOW = datetime(2026, 6, 29, 9, tzinfo=UTC)


def write(root: Path, force: str, table: pa.Table, parts: int = 3) -> None:
    """The records of a force, in as many folders."""
    size = -(-len(table) // parts)
    for part in range(parts):
        folder = root / f"force={force}" / f"part={part}"
        folder.mkdir(parents=True)
        pq.write_table(table.slice(part * size, size), folder / "crimes.parquet")


@pytest.fixture(scope="module")
def crimes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three forces with all weeks, and one whose records have just begun. Its name is written as in an address."""
    root = tmp_path_factory.mktemp("forces") / "crimes"
    for force in FORCES:
        write(root, force, nested(records(force)))
    young = nested(records("Avon"))
    late = young.filter(pa.compute.greater(young["reported_at"], pa.scalar(datetime(2026, 5, 4, tzinfo=UTC))))
    write(root, "Young%20%26%20new", late)
    return root


@pytest.fixture
def figures(crimes: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("compliance.clock.now", lambda: NOW)

    def run(*options: str, dataset: Path = crimes) -> Result:
        asked = ["figures", "--dataset", str(dataset), "--policy", "west-mercia", "--period", str(WEEK)]
        return CliRunner().invoke(main, [*asked, "--workers", "1", *options])

    return run


def test_the_table_says_how_forces_differ_and_what_must_be_known_to_read_it(figures: Any) -> None:
    done = figures()
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "Week 2026-W23, settled 2026-06-14 23:00Z; trailing weeks 2026-W11 to 2026-W23."
    assert lines[1] == f"{POLICY.title} ({POLICY.digest[:12]})."
    assert "Force Young & new is not compared: its records begin on 4 May 2026 (statistics 1.2b)." in lines
    first = lines.index("First update within 7 days of the report, by force")
    assert lines[first + 1].split("  ")[-1].strip() == "from the rest"
    assert [line.split()[0] for line in lines[first + 2 : first + 6]] == ["all", *FORCES]
    assert "unlikely to have occurred by chance" in next(line for line in lines if line.startswith("Kent"))
    assert "6 comparisons with the rest judged together." in lines
    assert (
        lines[-1] == "A difference shows no cause. Units that do not differ are not to be ranked (statistics 1.5, 3.2)."
    )


def test_csv_and_json_hold_the_same_numbers(figures: Any) -> None:
    found = json.loads(figures("--by", "force,division", "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(figures("--by", "force,division", "--format", "csv").stdout)))
    named = {(row["force"], row["division"], row["requirement"], row["what"]): row for row in rows}
    assert len(named) == len(rows)
    for requirement in found["requirements"]:
        assert named["", "", requirement["id"], "week"]["count"] == str(requirement["week"]["share"]["count"])
        for unit in requirement["divisions"]:
            row = named[unit["name"], "", requirement["id"], "trailing weeks"]
            share = unit["trailing"]["share"]
            assert (row["count"], row["of"], row["rate"]) == (
                str(share["count"]),
                str(share["of"]),
                repr(share["rate"]),
            )
            assert (row["low"], row["high"]) == (repr(share["low"]), repr(share["high"]))
            assert row["differs"] == str(unit["change"]["significant"]).lower()
            assert float(row["funnel_low_998"]) < float(row["funnel_high_998"])
    kent = next(force for force in found["forces"] if force["name"] == "Kent")
    for requirement in kent["requirements"]:
        for unit in requirement["divisions"]:
            row = named["Kent", unit["name"], requirement["id"], "week"]
            assert (row["count"], row["late"]) == (str(unit["week"]["share"]["count"]), str(unit["week"]["late"]))
    assert named["Young & new", "", "7-day", "week"], "its own figures are there; it is compared with none"
    assert ("Young & new", "", "7-day", "trailing weeks") not in named


def test_several_processes_say_the_same(figures: Any) -> None:
    asked = ("--by", "force,division", "--format", "json")
    assert figures(*asked, "--workers", "2").stdout == figures(*asked).stdout


def test_where_all_records_begin_can_be_said(figures: Any) -> None:
    """Statistics 1.2b. From a Monday on, no force has all 13 weeks."""
    done = figures("--records-begin", "2026-04-06")
    assert done.stdout.count("its records begin on 6 April 2026") == len(FORCES) + 1
    assert "by force" not in done.stdout


def test_refused_records_are_named_and_the_others_counted(figures: Any, tmp_path: Path) -> None:
    table = nested(records("Avon"))
    refs = table["crime_ref"].to_pylist()
    write(tmp_path / "crimes", "Avon", table.set_column(0, "crime_ref", pa.array([None, *refs[1:]])))
    done = figures("--format", "json", dataset=tmp_path / "crimes")
    assert done.exit_code == 3
    assert done.stderr.splitlines() == [
        "force=Avon/part=0/crimes.parquet row 1: crime_ref: found nothing; expected a text; it is required"
    ]
    assert json.loads(done.stdout)["refused"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--period", "2026-W26"], "week 2026-W26 is not settled yet; the newest that is settled is 2026-W25"),
        (["--period", "2026-06"], "'2026-06' is not a week; expected an ISO week such as 2026-W47"),
        (["--policy", "west-merca"], "did you mean 'west-mercia'?"),
        (["--by", "division"], "'division' is not one of 'force', 'force,division'"),
    ],
)
def test_what_is_wrong_with_the_question_is_said(figures: Any, options: list[str], message: str) -> None:
    done = figures(*options)
    assert done.exit_code == 2
    assert message in done.stderr


def test_what_is_wrong_with_the_dataset_is_said(figures: Any, tmp_path: Path) -> None:
    table = nested(records("Avon").slice(0, 20))
    for name, change in (("area=1", table), ("force=1", table.set_column(0, "crime_ref", pa.array(range(20))))):
        folder = tmp_path / name[:-2] / name
        folder.mkdir(parents=True)
        pq.write_table(change, folder / "crimes.parquet")
    done = figures(dataset=tmp_path / "area")
    assert done.exit_code == 2
    assert "area=1/crimes.parquet is of no force; expected folders such as force=22/month=2026-01" in done.stderr
    done = figures(dataset=tmp_path / "force")
    assert done.exit_code == 2
    assert "force=1/crimes.parquet: column crime_ref holds int64; expected texts" in done.stderr
