"""The file of the organisation, read strictly: what is wrong is said with file, entry and what to do (decision 0031)."""

import ast
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from compliance.errors import SettingsError
from compliance.reports.organisation import load_organisation, organisation_of
from compliance.resources import resource

ROOT: Final = Path(__file__).parents[2]
NORTH: Final = '[[division]]\nname = "North"\n'
ENDED: Final = NORTH + "until = 2026-03-31\n"
NEW: Final = '[[division]]\nname = "New"\nfrom = 2026-04-01\n'
CASES: Final = {
    "not toml": ("[[division]", "organisation.toml"),
    "no such key": ('[[division]]\nname = "A"\nspelling = []', "division.0.spelling: there is no such key; did you mean"),
    "no name": ("[[division]]\nuntil = 2026-01-01", "division.0.name: missing"),
    "text for a date": ('[[division]]\nname = "A"\nuntil = "2026-01-01"', "division.0.until"),
    "end before beginning": (NEW + "until = 2026-03-01", "division 'New': until 2026-03-01 is before from 2026-04-01"),
    "overlap": (NORTH + NEW.replace("New", "North"), "division 'North': two entries are there at the same time"),
    "became without end": (NORTH + 'became = ["New"]\n' + NEW, "division 'North': became New, but it has no end; add until"),
    "became unknown": (ENDED + 'became = ["Now"]\n' + NEW, "became 'Now', which is no division here; did you mean 'New'"),
    "became what is not there": (
        ENDED + 'became = ["New"]\n' + NEW.replace("04-01", "04-02"),
        "became 'New', which is not there on 2026-04-01, the day after",
    ),
    "a circle": (ENDED + 'became = ["North"]\n', "became 'North', which is not there on 2026-04-01"),
    "spelling of two": (NORTH + 'spellings = ["N"]\n' + NEW + 'spellings = ["N"]\n', "the spelling 'N' is that of"),
    "spelling that is a name": (NORTH + NEW + 'spellings = ["North"]\n', "the spelling 'North' is that of division 'North'"),
    "team of no division": (
        NORTH + '[[team]]\nname = "T"\ndivision = "Nort"\n', "team 'T': there is no division 'Nort'; did you mean 'North'",
    ),
    "team after its division": (
        ENDED + '[[team]]\nname = "T"\ndivision = "North"\n',
        "team 'T': it belongs to division 'North' on 2026-04-01, when that is not there",
    ),
    "team twice at once": (
        NORTH + '[[team]]\nname = "T"\ndivision = "North"\n' * 2, "give two teams of one name names of their own",
    ),
}  # fmt: skip


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "organisation.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("what", CASES)
def test_what_is_wrong_is_said_with_the_file_the_entry_and_what_to_do(what: str, tmp_path: Path) -> None:
    text, said = CASES[what]
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as refused:
        load_organisation(path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_the_supplied_file_is_empty_and_its_example_is_right(tmp_path: Path) -> None:
    supplied = resource("rules", "organisation.toml")
    assert load_organisation(supplied) is None
    lines = supplied.read_text("utf-8").splitlines()
    example = [line.removeprefix("#").strip() for line in lines]
    text = "\n".join(line for line in example if line.startswith("[[") or " = " in line)
    found = load_organisation(write(tmp_path, text))
    assert found is not None
    assert found.on(date(2026, 3, 31)).place("N Div", "OSW") == ("North", "Oswestry")
    assert found.on(date(2026, 4, 1)).place("NORTH DIV", "OSW") == ("Shropshire", "Oswestry")


TEAMS: Final = (
    ENDED + 'became = ["East", "West"]\n'
    + "".join(f'[[division]]\nname = "{name}"\nfrom = 2026-04-01\n' for name in ("East", "West"))
    + '[[team]]\nname = "One"\ndivision = "North"\nuntil = 2026-03-31\nspellings = [{ division = "N", team = "CID" }]\n'
    + '[[team]]\nname = "One"\ndivision = "East"\nfrom = 2026-04-01\nuntil = 2026-12-31\nbecame = "First"\n'
    + '[[team]]\nname = "First"\ndivision = "West"\nfrom = 2027-01-01\n'
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "recorded", "placed"),
    [
        (date(2026, 3, 31), ("North", "One"), ("North", "One")),
        (date(2026, 4, 1), ("North", "One"), ("East", "One")),
        (date(2026, 4, 1), ("N", "CID"), ("East", "One")),
        (date(2026, 4, 1), ("North", "CID"), (None, None)),
        (date(2026, 4, 1), ("North", None), (None, None)),
        (date(2027, 1, 1), ("North", "One"), ("West", "First")),
        (date(2026, 3, 31), ("West", "First"), ("North", "One")),
        (date(2026, 3, 31), ("East", None), ("North", None)),
        (date(2026, 4, 1), ("Unknown", "Nobody"), (None, None)),
        (date(2026, 4, 1), (None, None), (None, None)),
    ],
)
def test_a_name_of_any_day_leads_to_the_unit_of_the_day(
    day: date, recorded: tuple[str | None, str | None], placed: tuple[str | None, str | None], tmp_path: Path
) -> None:
    """Forward by what a unit became, and back to what it came from; where several are possible, to none."""
    found = load_organisation(write(tmp_path, TEAMS))
    assert found is not None
    assert found.on(day).place(*recorded) == placed


def test_what_is_kept_of_a_map_is_the_map(tmp_path: Path) -> None:
    found = load_organisation(write(tmp_path, TEAMS))
    assert found is not None
    again = organisation_of(found.content)
    assert again is not None
    assert (again.digest, again.changes) == (found.digest, found.changes)
    assert again.on(date(2027, 1, 1)).place("North", "One") == ("West", "First")
    assert found.changes == [date(2026, 4, 1), date(2027, 1, 1)]


def test_a_map_without_teams_leaves_these_as_recorded(tmp_path: Path) -> None:
    found = load_organisation(write(tmp_path, NORTH))
    assert found is not None
    assert found.on(date(2026, 1, 1)).place("North", "T1") == ("North", "T1")


def test_only_reports_and_the_service_look_at_a_map() -> None:
    """The monitor never does, to judge a victim."""
    for path in (ROOT / "compliance").rglob("*.py"):
        names = [
            node.module for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
        ]
        if any("organisation" in (name or "") for name in names):
            assert path.relative_to(ROOT / "compliance").parts[0] in {"reports", "service"}, path
