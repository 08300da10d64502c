"""Files of forces that are merged, split, or take each other over, with the divisions of each (decision 0075)."""

from datetime import date
from pathlib import Path

from compliance.reports.organisation.forces import Forces, load_forces

DAY = date(2026, 5, 4)
"""On which the forces were reorganised: a Monday within the trailing weeks."""
EVE = date(2026, 5, 3)
WESTERN = ("Herefordshire", "Shropshire", "Telford and Wrekin")
EASTERN = ("North Worcestershire", "South Worcestershire")
MERGED = f"""
[[force]]
name = "West"
until = {EVE}
became = ["Mercia"]
organisation = "west.toml"

[[force]]
name = "East"
until = {EVE}
became = ["Mercia"]
organisation = "east.toml"

[[force]]
name = "Mercia"
from = {DAY}
organisation = "mercia.toml"
"""
SPLIT = f"""
[[force]]
name = "Mercia"
until = {EVE}
became = ["West", "East"]
organisation = "mercia.toml"

[[force]]
name = "West"
from = {DAY}
organisation = "west.toml"

[[force]]
name = "East"
from = {DAY}
organisation = "east.toml"
"""
TAKEN_OVER = f"""
[[force]]
name = "West"
organisation = "mercia.toml"

[[force]]
name = "East"
until = {EVE}
became = ["West"]
organisation = "east.toml"
"""


def divisions(*names: str) -> str:
    """The entries of divisions that have always been there."""
    return "".join(f'[[division]]\nname = "{name}"\n' for name in names)


def write_forces(folder: Path, text: str, **organisations: str) -> Path:
    """The file of forces, with those of their organisations beside it."""
    given = {"west": divisions(*WESTERN), "east": divisions(*EASTERN), "mercia": divisions(*WESTERN, *EASTERN)}
    for name, content in {**given, **organisations}.items():
        (folder / f"{name}.toml").write_text(content, "utf-8")
    (folder / "forces.toml").write_text(text, "utf-8")
    return folder / "forces.toml"


def loaded(folder: Path, text: str, **organisations: str) -> Forces:
    """The forces of these files."""
    return load_forces(write_forces(folder, text, **organisations))
