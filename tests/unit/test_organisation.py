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


AREA: Final = '[[area]]\nname = "West"\n'
LEFT: Final = AREA + "until = 2026-03-31\n"
AREA_CASES: Final = {
    "no such area": (AREA + NORTH + 'area = "Wst"\n', "division 'North': there is no area 'Wst'; did you mean 'West'"),
    "area without a division": (AREA + NORTH, "area 'West': no division belongs to it; add area = 'West' to those that do"),
    "areas without divisions": (AREA, "area 'West': no division belongs to it"),
    "area after its end": (
        LEFT + NORTH + 'area = "West"\n',
        "division 'North': on 2026-04-01 its area 'West' is not there, and no single area has taken its place",
    ),
    "area before its beginning": (
        AREA + "from = 2026-04-01\n" + NORTH + 'area = "West"\n',
        "division 'North': before the first date here its area 'West' is not there",
    ),
    "area of before a merger": (
        LEFT + 'became = ["Both"]\n' + LEFT.replace("West", "East") + 'became = ["Both"]\n'
        + AREA.replace("West", "Both") + "from = 2026-04-01\n" + NORTH + 'area = "Both"\n',
        "division 'North': before the first date here its area 'Both' is not there, and no single area",
    ),
    "area of before a split": (
        LEFT + 'became = ["East", "Mid"]\n'
        + "".join(f'[[area]]\nname = "{name}"\nfrom = 2026-04-01\n' for name in ("East", "Mid"))
        + NORTH + 'area = "West"\n',
        "division 'North': on 2026-04-01 its area 'West' is not there, and no single area has taken its place; give",
    ),
    "area twice at once": (AREA * 2 + NORTH + 'area = "West"\n', "area 'West': two entries are there at the same time"),
    "area became unknown": (
        LEFT + 'became = ["Est"]\n' + AREA.replace("West", "East") + NORTH + 'area = "West"\n',
        "area 'West': became 'Est', which is no area here; did you mean 'East'",
    ),
    "area became itself": (LEFT + 'became = ["West"]\n' + NORTH + 'area = "West"\n', "area 'West': became 'West'"),
    "spelling of two areas": (
        AREA + 'spellings = ["W"]\n' + AREA.replace("West", "East") + 'spellings = ["W"]\n' + NORTH + 'area = "W"\n',
        "area 'East': the spelling 'W' is that of area 'West' already",
    ),
}  # fmt: skip


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "organisation.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("what", CASES | AREA_CASES)
def test_what_is_wrong_is_said_with_the_file_the_entry_and_what_to_do(what: str, tmp_path: Path) -> None:
    text, said = (CASES | AREA_CASES)[what]
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
    assert found.on(date(2026, 3, 31)).members() == {"West": ["North"], None: []}
    assert found.on(date(2026, 4, 1)).members() == {"Marches": ["Shropshire"], None: ["Telford"]}


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


MOVES: Final = (
    LEFT + 'became = ["Wye"]\nspellings = ["W"]\n[[area]]\nname = "Wye"\nfrom = 2026-04-01\n' + '[[area]]\nname = "East"\n'
    + NORTH + 'area = "W"\nuntil = 2026-05-31\n' + NORTH + 'area = "East"\nfrom = 2026-06-01\n'
    + NORTH.replace("North", "South") + 'area = "Wye"\n' + NORTH.replace("North", "Mid")
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "members"),
    [
        (date(2026, 3, 31), {"East": [], "West": ["North", "South"], None: ["Mid"]}),
        (date(2026, 4, 1), {"East": [], "Wye": ["North", "South"], None: ["Mid"]}),
        (date(2026, 6, 1), {"East": ["North"], "Wye": ["South"], None: ["Mid"]}),
    ],
)
def test_a_division_belongs_to_the_area_of_the_day(
    day: date, members: dict[str | None, list[str]], tmp_path: Path
) -> None:
    """By the area's name, a spelling, or a name that it had or got."""
    found = load_organisation(write(tmp_path, MOVES))
    assert found is not None
    assert found.on(day).members() == members
    again = organisation_of(found.content)
    assert again is not None
    assert again.on(day).members() == members


def test_areas_change_nothing_about_divisions(tmp_path: Path) -> None:
    """A division that moves to another area is the same division, on every day; so is one whose area is renamed."""
    found = load_organisation(write(tmp_path, MOVES))
    assert found is not None
    assert found.changes == []
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 31), date(2026, 6, 1)):
        assert found.on(day).place("North", "T") == ("North", "T")
    without = load_organisation(write(tmp_path, NORTH))
    assert without is not None
    assert without.content == {"division": [{"name": "North"}]}, "the digest of a map without areas is what it was"
    assert without.on(date(2026, 4, 1)).members() == {}


def test_a_map_may_say_until_the_end_of_time(tmp_path: Path) -> None:
    found = load_organisation(write(tmp_path, NORTH + "until = 9999-12-31\n"))
    assert found is not None
    assert found.changes == []
