"""`compliance figures` on a dataset of several forces: the forms, what is refused, and what is wrong (statistics 1, 3)."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from benchmarks.crimes import nested
from compliance.cli import main
from tests.reorganised_forces import DAY, EASTERN, EVE, MERGED, WESTERN, divisions, write_forces
from tests.unit.test_across_forces import FORCES, POLICY, WEEK, records
from tests.unit.test_reorganised_forces import folders, merging

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
    assert re.fullmatch(
        r"[\d,]+ crimes, [\d,]+ victims, [\d,]+ updates; the newest of 2026-06-28 \d\d:\d\dZ.", lines[2]
    )
    said = " ".join(lines)
    assert (
        "Force Young & new is not compared, and not in the total: its records begin on 4 May 2026 (statistics 1.2b). If "
        "it was made of others, --organisation says of which."
    ) in said
    first = lines.index("First update within 7 days of the report, by force")
    assert lines[first + 1].split("  ")[-1].strip() == "from the rest"
    assert lines[first + 2].startswith("the 3 forces compared  ")
    assert [line.split()[0] for line in lines[first + 3 : first + 6]] == [*FORCES]
    assert "unlikely to have occurred by chance" in next(line for line in lines if line.startswith("Kent"))
    assert "6 comparisons with the rest judged together." in lines
    assert (
        lines[-1] == "A difference shows no cause. Units that do not differ are not to be ranked (statistics 1.5, 3.2)."
    )


def test_csv_and_json_hold_the_same_numbers(figures: Any) -> None:
    found = json.loads(figures("--by", "force,division", "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(figures("--by", "force,division", "--format", "csv").stdout)))
    named = {(row["force"], row["division"], row["requirement"], row["what"]): row for row in rows}
    assert {(row["period"], row["map_on"], row["policy"]) for row in rows} == {("2026-W23", "", POLICY.title)}
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


def test_a_week_that_the_records_cannot_tell_is_refused(figures: Any, monkeypatch: Any) -> None:
    """They were read on 29 June: what was due in the week after that is due without the updates that came since."""
    monkeypatch.setattr("compliance.clock.now", lambda: datetime(2026, 8, 3, 9, tzinfo=UTC))
    done = figures("--period", "2026-W26")
    assert done.exit_code == 2
    assert re.search(
        r"week 2026-W26 was settled at 2026-07-05T23:00Z, and the newest crime or update in the records is of "
        r"2026-06-28T\d\d:\d\dZ; what came since is missing. Ask for a week up to 2026-W25, or say with --as-at when the "
        r"records were read, if nothing has come since", done.stderr)  # fmt: skip
    assert figures("--period", "2026-W25").exit_code == 0
    told = figures("--period", "2026-W26", "--as-at", "2026-07-06T09:00:00Z")
    assert told.exit_code == 0
    assert "before the week was settled: if the records were read then, the rates are too low." in " ".join(
        told.stdout.split()
    )
    done = figures("--period", "2026-W26", "--as-at", "2026-06-29T09:00:00Z")
    assert done.exit_code == 2
    assert "week 2026-W26 is not settled yet; the newest that is settled is 2026-W25" in done.stderr


def test_a_misspelt_column_is_named_and_what_is_missing_for_it_said(figures: Any, tmp_path: Path) -> None:
    table = nested(records("Avon"))
    names = ["update" if name == "updates" else name for name in table.column_names]
    write(tmp_path / "crimes", "Avon", table.rename_columns(names))
    done = figures(dataset=tmp_path / "crimes")
    assert done.exit_code == 0
    said = "has 1 unknown field: update (993 times; nearest: 'updates')"
    assert said in done.stderr
    assert "No crime has a single update: see that the records have the column updates, by this name." in done.stdout
    done = figures("--strict", dataset=tmp_path / "crimes")
    assert done.exit_code == 2
    assert f"{said}; correct or remove them, or leave out --strict" in done.stderr
    assert done.stdout == ""


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
    assert json.loads(done.stdout)["records"]["refused"] == 1
    assert "\nRefused, and in no figure: 1 record.\n" in figures(dataset=tmp_path / "crimes").stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--period", "2026-W26"], "week 2026-W26 is not settled yet; the newest that is settled is 2026-W25"),
        (["--period", "2026-06"], "'2026-06' is not a week; expected an ISO week such as 2026-W47"),
        (["--policy", "west-merca"], "did you mean 'west-mercia'?"),
        (
            ["--by", "division"],
            "by: found 'division'; expected one of force; force,area; force,division; force,area,division",
        ),
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


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    """West and East until they became Mercia, which has a folder of its own for what was reported since."""
    for force, held in folders(merging).items():
        write(tmp_path / "crimes", {"West": "21", "East": "22", "Mercia": "50"}[force], nested(held), parts=1)
    numbered = MERGED
    for force, number in (("West", "21"), ("East", "22"), ("Mercia", "50")):
        numbered = numbered.replace(f'name = "{force}"\n', f'name = "{force}"\nspellings = ["{number}"]\n')
    return write_forces(tmp_path, numbered, mercia=areas(A=WESTERN, B=EASTERN))


def areas(**members: tuple[str, ...]) -> str:
    return "".join(f'[[area]]\nname = "{area}"\n' for area in members) + "".join(
        f'[[division]]\nname = "{name}"\narea = "{area}"\n' for area, names in members.items() for name in names
    )


def test_a_merger_is_seen_on_both_maps(figures: Any, merged: Path) -> None:
    """The same weeks, by the forces of either side of the day (decision 0075)."""
    asked = ("--organisation", str(merged), "--records-begin", "2025-12-01")
    after = figures(*asked, dataset=merged.parent / "crimes").stdout
    before = figures(*asked, "--map-on", str(EVE), dataset=merged.parent / "crimes").stdout
    assert "Forces, areas and divisions are those of 7 June 2026 (" in after
    changed = "Forces or their parts changed on 4 May 2026, within these weeks; --map-on"
    assert f"{changed} {EVE} shows all weeks by those before." in " ".join(after.split())
    assert f"{changed} {DAY} shows all weeks by those after." in " ".join(before.split())
    units = [
        [line.split()[0] for line in text.splitlines() if line.split() and "%" in line.split()[1]]
        for text in (after.replace("all forces", "all"), before.replace("all forces", "all"))
    ]
    assert [set(each) for each in units] == [{"all", "Mercia"}, {"all", "East", "West"}]


def test_areas_are_compared_and_are_rows_of_their_own(figures: Any, merged: Path) -> None:
    asked = ("--organisation", str(merged), "--records-begin", "2025-12-01", "--by", "force,area,division")
    out = figures(*asked, dataset=merged.parent / "crimes").stdout
    assert "First update within 7 days of the report, force Mercia by area" in out
    rows = list(
        csv.DictReader(io.StringIO(figures(*asked, "--format", "csv", dataset=merged.parent / "crimes").stdout))
    )
    named = {(row["area"], row["division"]) for row in rows if row["force"] == "Mercia"}
    assert named == {("", ""), ("A", ""), ("B", ""), *(("", name) for name in (*WESTERN, *EASTERN))}
    due = {
        (row["area"], row["division"]): int(row["of"])
        for row in rows if (row["force"], row["requirement"], row["what"]) == ("Mercia", "7-day", "trailing weeks")
    }  # fmt: skip
    assert due["A", ""] == sum(due["", name] for name in WESTERN)
    assert due["A", ""] + due["B", ""] == due["", ""]


def test_what_leads_to_no_force_or_division_is_listed(figures: Any, merged: Path) -> None:
    for name in ("west", "east"):
        (merged.parent / f"{name}.toml").write_text("", "utf-8")
    asked = ("--organisation", str(merged), "--records-begin", "2025-12-01", "--map-on", str(EVE))
    out = figures(*asked, dataset=merged.parent / "crimes").stdout
    assert re.search(
        r" Of no force: division Shropshire, in \d+ crimes of these weeks in the folder of force Mercia. Name it in the "
        r"organisation of the force that has it. ", " ".join(out.split()))  # fmt: skip
    assert re.search(r"\nno force +\d", out)
    (merged.parent / "mercia.toml").write_text(divisions(*WESTERN), "utf-8")
    out = " ".join(figures(*asked[:4], dataset=merged.parent / "crimes").stdout.split())
    assert re.search(
        r" Under no division of force Mercia: division North Worcestershire, in \d+ crimes of these weeks in the folder of "
        r"force East. Name it", out)  # fmt: skip


def test_the_page_has_a_table_and_a_funnel_for_each_requirement(figures: Any) -> None:
    page = figures("--by", "force,division", "--format", "html").stdout
    found = json.loads(figures("--by", "force,division", "--format", "json").stdout)
    assert page.count("<svg") >= 8
    families = [found["requirements"], *(force["requirements"] for force in found["forces"])]
    drawn = sum(requirement["funnel"] is not None for requirements in families for requirement in requirements)
    assert page.count(", funnel. ") == drawn == 8
    assert page.count("<table") == sum(map(len, families)) + drawn, "the 13 weeks, if compared, and the week alone"
    assert page.count("in week 2026-W23 alone, not tested") == sum(map(len, families))
    assert page.index("Force Young &amp; new is not compared") < page.index("<table"), "what is missing comes first"
    assert "Young &amp; new" in page
    assert "<script" not in page
    for requirement in found["requirements"]:
        for unit in requirement["divisions"]:
            share = unit["trailing"]["share"]
            assert f"{share['count']:,}" in page
            assert f"{100 * share['rate']:.1f}%" in page
    assert "Kent: a difference from the rest that is unlikely to be chance." in page
    assert "No division differs from the rest by more than chance." in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--map-on", "2026-05-03"], "areas, and the forces of another day, need the file of an organisation"),
        (["--by", "force,area"], "areas, and the forces of another day, need the file of an organisation"),
        (["--organisation", "none.toml"], "none.toml: cannot be read (No such file or directory)"),
    ],
)
def test_what_is_wrong_with_the_organisation_is_said(figures: Any, options: list[str], message: str) -> None:
    done = figures(*options)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_folder_of_no_force_is_named(figures: Any, tmp_path: Path) -> None:
    path = write_forces(tmp_path, '[[force]]\nname = "Avon"\n[[force]]\nname = "Dyfed"\n[[force]]\nname = "Kemt"\n')
    done = figures("--organisation", str(path))
    assert done.exit_code == 2
    assert f"{path}: there is no force 'Kent'; did you mean 'Kemt'? Add it, or a spelling" in done.stderr
