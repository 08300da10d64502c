"""The rooms of the report, as docs/architecture.md lists them: each uses only those below it."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

import compliance.reports

ROOT: Final = Path(__file__).parents[2]
REPORTS: Final = Path(compliance.reports.__file__).parent
ROOMS: Final = sorted(path.parent.name for path in REPORTS.glob("*/__init__.py"))


def listed() -> list[str]:
    """The rooms from the top down."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text.split("| room of `compliance/reports/` |")[1].split("\n\n")[0]
    return re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE)


def used(path: Path) -> set[str]:
    """The rooms, or modules beside them, that a module imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("compliance.reports"):
            parts = node.module.split(".")
            found |= {parts[2]} if len(parts) > 2 else {alias.name for alias in node.names}
    return found


def test_every_room_is_listed() -> None:
    assert sorted(listed()) == ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_those_below_it(room: str) -> None:
    beside = {path.stem for path in REPORTS.glob("*.py")}
    below = set(listed()[listed().index(room) :])
    for path in (REPORTS / room).rglob("*.py"):
        assert used(path) <= below | beside, path.relative_to(ROOT)
