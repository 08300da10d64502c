"""The house: which room may import which, what the clock and the documents promise (docs/architecture.md)."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from compliance.feed_settings import CrimeSystem, Files, OAuth, SourceDatabase
from compliance.mail_settings import MailSettings
from compliance.reminder_settings import Reminders

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "compliance"
SHARED = ROOT.parent / "shared" / "spec"

SECTIONS = {
    "alert_settings",
    "audit_settings",
    "feed_settings",
    "mail_settings",
    "reminder_settings",
    "report_settings",
    "review_settings",
    "risk_settings",
    "return_settings",
    "survey_settings",
    "teams_settings",
    "web_settings",
}
"""What a section of the settings holds; every room is given the sections it needs."""
LEAVES = {
    "authorities",
    "errors",
    "progress",
    "resources",
    "retry_after",
    "serving",
    "stopping",
    "templating",
    "text",
    "writing",
}
SERVICE = {
    "records",
    "policy",
    "batch",
    "feeds",
    "store",
    "mail",
    "reminders",
    "reports",
    "reviews",
    "returns",
    "config",
    "clock",
}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "text": set(),
    "templating": set(),
    "writing": set(),
    "clock": set(),
    "resources": set(),
    "authorities": set(),
    "retry_after": set(),
    "progress": set(),
    "serving": set(),
    "signals": set(),
    "stopping": set(),
    "config": set(),
    **{name: {"feed_settings"} for name in SECTIONS},
    "records": set(),
    "policy": {"records"},
    "batch": {"records", "policy"},
    "feeds": {"records"},
    "store": {"records", "policy"},
    "mail": {"store"},
    "reminders": {"records", "policy", "store", "mail"},
    "reports": {"records", "policy", "store", "mail"},
    "reviews": {"records", "policy", "store", "reports"},
    "returns": {"records", "policy", "store", "reports", "reviews"},
    "service": SERVICE,
    "web": SERVICE | {"service"},
    "simulator": {"records"},
    "spark": {"records", "policy", "batch", "reports"},
    "demo": SERVICE | {"service", "web", "simulator"},
    "cli": SERVICE | {"service", "web", "simulator", "demo", "signals"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All that a file says, the whole first. A dozen tests look through every file."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    names: list[str] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "compliance"
                else [node.module]
            )
    return {name.split(".")[1] for name in names if name.startswith("compliance.")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_design_allows(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        assert imported_rooms(path) == {"errors", "batch", "policy"}, "batch and policy only when they are needed"
        return
    assert imported_rooms(path) - {room(path)} <= MAY_IMPORT[room(path)] | LEAVES | (
        set() if room(path) in LEAVES | SECTIONS else SECTIONS
    )


def test_every_room_of_the_picture_is_here_and_no_other() -> None:
    documented = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for name in {room(path) for path in FILES} - {"__init__"}:
        assert name in MAY_IMPORT
        assert re.search(rf"`compliance/[^|]*\b{name}\b", documented), f"docs/architecture.md does not show {name}"


def test_only_the_clock_asks_what_time_it_is() -> None:
    for path in FILES:
        if path.name == "clock.py":
            continue
        for node in nodes(path):
            if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                assert owner not in {"datetime", "date"}, f"{path}:{node.lineno} reads the clock"


POLICY = PACKAGE / "policy"


def test_time_zones_are_made_in_one_place() -> None:
    """Local days and times are those of `policy.local` (rules 2.6). Feeds read instants that carry no zone by their own
    setting; the simulator has its own force."""
    for path in FILES:
        if path == POLICY / "calendars.py" or room(path) in {"feeds", "simulator"}:
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in {"ZoneInfo", "zoneinfo.ZoneInfo"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize(("columns", "home"), [({"statuses"}, "status.py"), ({"allocations"}, "allocation.py")])
def test_how_a_crime_stands_and_who_has_it_are_worked_out_in_one_place(columns: set[str], home: str) -> None:
    """Rules 2.9, records section 2: nothing else asks which of a crime's changes had happened by an instant, or which
    was the last."""
    for path in FILES:
        if path == POLICY / home:
            continue
        for node in nodes(path):
            if isinstance(node, ast.Compare):
                for side in (node.left, *node.comparators):
                    named = isinstance(side, ast.Attribute) and side.attr == "at" and ast.unparse(side.value).split(".")
                    assert not named or named[-1] not in columns, f"{path}:{node.lineno}: see policy/{home}"


def test_a_coded_text_is_read_in_one_place() -> None:
    for path in FILES:
        if path == PACKAGE / "records" / "columns.py":
            continue
        for node in nodes(path):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
                assert node.value.attr != "values", f"{path}:{node.lineno}: see Coded.text"


def test_only_the_echo_of_the_command_line_writes_to_the_terminal() -> None:
    """There whatever another system wrote is made printable (compliance/text.py)."""
    for path in FILES:
        if path == PACKAGE / "cli" / "options.py":
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in {"click.echo", "click.secho", "print"}, f"{path}:{node.lineno}"


def test_only_one_writes_files() -> None:
    """Whole, and no wider than they may be (compliance/writing.py). What the simulator keeps is no one's."""
    for path in FILES:
        if room(path) in {"writing", "simulator"}:
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                modes = [ast.unparse(argument) for argument in (*node.args, *(word.value for word in node.keywords))]
                writes = node.func.attr == "open" and any(
                    re.fullmatch(r"'[wax+b]*[wax+][wax+b]*'", each) for each in modes
                )
                assert node.func.attr not in {"write_text", "write_bytes"}, f"{path}:{node.lineno}"
                assert not writes, f"{path}:{node.lineno}"


def test_every_database_is_asked_with_its_parameters_hidden() -> None:
    """What is asked for or written, a crime number for one, is in no error and no log."""
    calls = [
        node
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("create_engine")
    ]
    assert len(calls) >= 2
    assert all("hide_parameters=True" in ast.unparse(call) for call in calls)


def test_only_service_web_demo_and_cli_read_the_clock_and_the_settings() -> None:
    """Below them the instant and the sections of the settings are arguments (decision 0029)."""
    for path in FILES:
        if imported_rooms(path) & {"clock", "config"}:
            assert room(path) in {"service", "web", "demo", "cli"}, path


def test_a_class_and_a_module_have_a_name_of_their_own() -> None:
    """A name that stands in two modules sends the reader to the wrong one."""
    modules = [path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]
    classes = [
        node.name
        for path in modules
        for node in nodes(path)[0].body  # type: ignore[attr-defined]
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    for names in (classes, [path.stem for path in modules]):
        assert sorted({name for name in names if names.count(name) > 1}) == []


def test_a_setting_stands_in_one_place() -> None:
    """Functions are given the sections as they were validated: no class has the same settings again (decision 0029)."""
    sections = [{*each.model_fields} for each in (Reminders, MailSettings, CrimeSystem, Files, SourceDatabase, OAuth)]
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and room(path) not in SECTIONS:
                named = {
                    each.target.id
                    for each in node.body
                    if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                }
                assert max(len(named & section) for section in sections) < 3, f"{path}: {node.name}"


@pytest.mark.skipif(not SHARED.exists(), reason="the specification's source is not beside this checkout")
@pytest.mark.parametrize("name", ["rules.md", "records.md", "statistics.md"])
def test_the_specification_is_carried_unchanged(name: str) -> None:
    assert (ROOT / "docs" / name).read_bytes() == (SHARED / name).read_bytes()


def test_pins_carry_hashes_and_no_address() -> None:
    """Any mirror serves (decision 0024)."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text("utf-8")
        assert "://" not in text
        assert not re.search(r"^\s*(-i|--index-url|--extra-index-url|--find-links)", text, re.MULTILINE)
        blocks = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in block for block in blocks)
