"""The glossary: one meaning a word, in order, and every name in code that it gives exists (docs/glossary.md)."""

import ast
import re
from pathlib import Path
from typing import Final

from sqlmodel import SQLModel

import compliance.store.tables  # noqa: F401  # registers the tables
from compliance.config import iterate_settings
from compliance.policy.verdicts import STATES
from compliance.store.kept.notice_kinds import LadderStep

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = re.findall(
    r"^\| \*\*(.+?)\*\* \| (.+?) \| (.+?) \| (.+?) \|$",
    (ROOT / "docs" / "glossary.md").read_text("utf-8"),
    re.MULTILINE,
)
TABLES: Final = SQLModel.metadata.tables


def names() -> set[str]:
    """Classes, functions, fields and arguments of the package, its tables and columns, and the policies shipped."""
    found = {*TABLES, *(f"{table}.{column.name}" for table in TABLES.values() for column in table.columns)}
    found |= {path.stem for path in (ROOT / "rules").glob("*.toml")}
    for path in (ROOT / "compliance").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return found


def values() -> dict[str, set[str]]:
    """What a word before a name says it is -> the names of that kind."""
    documents = (ROOT / "docs" / "records.md").read_text("utf-8")
    return {
        "state": set(STATES),
        "step": set(LadderStep),
        "outcome": {"informed", "attempted"} & set(re.findall(r"`(\w+)`", documents)),
        "category": {"standard", "enhanced"} & set(re.findall(r"`(\w+)`", documents)),
        "edition": {"board", "division", "public"},
    }


def test_terms_are_in_alphabetical_order_and_each_stands_once() -> None:
    terms = [term for term, *_ in ROWS]
    assert len(terms) > 80
    assert terms == sorted(set(terms), key=str.casefold)


def test_every_name_in_code_exists() -> None:
    known, kinds = names(), values()
    settings = {f"[{key.rpartition('.')[0]}] {key.rpartition('.')[2]}" for key, _ in iterate_settings()}
    sections = {f"[[{key.rpartition('.')[0]}]]" for key, _ in iterate_settings()}
    for term, _, _, code in ROWS:
        for kind, name in re.findall(r"(?:(\w+) )?`([^`]+)`", code):
            assert name in (kinds[kind] if kind in kinds else known | settings | sections), f"{term}: {name}"


def test_every_term_says_where_it_is_defined() -> None:
    for term, meaning, defined, _ in ROWS:
        assert re.search(r"\b(rules|records|statistics) (section )?\d|\]\([\w/.-]+\.md\)", defined), term
        assert meaning.endswith((".", ")")), term
