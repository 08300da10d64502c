"""The rooms within report, store and service, as docs/architecture.md lists them: each uses only those below it."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "compliance"
DIVIDED: Final = ("reports", "store", "service")
ROOMS: Final = [
    (each, path.name) for each in DIVIDED for path in sorted((PACKAGE / each).iterdir()) if any(path.glob("*.py"))
]


def listed(whole: str) -> list[str]:
    """The rooms of a room, from the top down."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text.split(f"| room of `compliance/{whole}/` |")[1].split("\n\n")[0]
    return re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE)


def used(path: Path, whole: str) -> set[str]:
    """The rooms, or modules beside them, that a module imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"compliance.{whole}"):
            parts = node.module.split(".")
            found |= {parts[2]} if len(parts) > 2 else {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("whole", DIVIDED)
def test_every_room_is_listed(whole: str) -> None:
    assert sorted(listed(whole)) == [room for each, room in ROOMS if each == whole]


@pytest.mark.parametrize(("whole", "room"), ROOMS)
def test_a_room_uses_only_those_below_it(whole: str, room: str) -> None:
    order = listed(whole)
    above = set(order[: order.index(room)])
    for path in (PACKAGE / whole / room).rglob("*.py"):
        assert not used(path, whole) & above, path.relative_to(ROOT)
