"""Every citation leads somewhere: of a clause, of a decision, of a test, of a page (docs/decisions/README.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
DECISIONS: Final = ROOT / "docs" / "decisions"
FOLDERS: Final = ("benchmarks", "compliance", "deploy", "docs", "rules", "templates", "tests")
ENDINGS: Final = {".css", ".j2", ".md", ".py", ".service", ".toml", ".txt", ".typ"}

NUMBER: Final = r"(?:\d{1,2}(?:\.\d{1,2}[a-z]?)?|A\d{1,2}[a-z]?)(?![\w%]|[.,]\d)"
CLAUSES: Final = re.compile(
    rf"\b(rule|rules|records|statistics)(?:\.md)?[`)\]]*\s+(?:sections?\s+)?"
    rf"({NUMBER}(?:\s*(?:,|;|and|or|to)\s+(?:and\s+)?(?:sections?\s+)?{NUMBER})*)",
    re.IGNORECASE,
)
"""`rules 3.2, 3.6`, `statistics sections 1.3 to 1.6`, `rules.md 5.1`, `records sections 1 and 4`."""
BARE: Final = re.compile(r"(?<=[\s`(])\((\d{1,2}\.\d{1,2}[a-z]?(?:(?:, | and | to )\d{1,2}\.\d{1,2}[a-z]?)*)\)")
"""`(4.4, 4.5a)`: in a text that has named its document before."""
OPTION: Final = "--records 5"
"""How many records a command is asked for: no clause."""


def texts() -> Iterator[tuple[str, str]]:
    """(path from the root, text) of everything that may cite."""
    found = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in ENDINGS)
    paths = [path for path in found if "node_modules" not in path.parts]
    for path in (*paths, *sorted(ROOT.glob("*.md")), ROOT / "config.toml", ROOT / "Makefile"):
        yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def written(text: str) -> str:
    """A text whose lines are joined, without the signs that begin the lines of a comment."""
    return re.sub(r"\n[ \t]*(?:#[: ]?[ \t]*)?", "\n", text)


def clauses(document: str) -> set[str]:
    """The numbers of the sections and clauses of rules.md, records.md or statistics.md, and of the additions to it."""
    text = (ROOT / "docs" / f"{document}.md").read_text("utf-8")
    found = re.findall(r"^## (\d+)\. ", text, re.MULTILINE) + re.findall(r"^- (\d+\.\d+[a-z]?) ", text, re.MULTILINE)
    return {*found, *additions(document)}


def additions(document: str) -> list[str]:
    """The numbers of the clauses of rules-additions.md or records-additions.md."""
    path = ROOT / "docs" / f"{document}-additions.md"
    return re.findall(r"^- (A\d+[a-z]?) ", path.read_text("utf-8"), re.MULTILINE) if path.exists() else []


CLAUSES_OF: Final = {document: clauses(document) for document in ("rules", "records", "statistics")}


def cited_clauses(text: str) -> Iterator[tuple[str, str]]:
    """(document, number) of each clause that a text cites."""
    for found in CLAUSES.finditer(written(text.replace(OPTION, ""))):
        for number in re.findall(NUMBER, found[2]):
            yield found[1].lower().removesuffix("s") + "s", number


def prose(path: str, text: str) -> str:
    """The docstrings of a module; of anything else all of it."""
    if not path.endswith(".py"):
        return text
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return "\n".join(
        ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, documented)
    )


def decisions() -> dict[str, Path]:
    return {path.name[:4]: path for path in sorted(DECISIONS.glob("[0-9]*.md"))}


def test_the_clauses_of_each_document_are_found() -> None:
    assert {"3", "4.5a", "6.1a", "9.7", "10", "A1", "A1a"} <= CLAUSES_OF["rules"]
    assert {"1.2b", "1.10", "2.2c", "7", "A8", "A8a"} <= CLAUSES_OF["statistics"]
    assert CLAUSES_OF["records"] == {"1", "2", "3", "4", "A2", "A6b", "A7"}


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("(rules 3.2, 3.6)", ["rules 3.2", "rules 3.6"]),
        ("Rules 4.3 to 4.7, section 8.", ["rules 4.3", "rules 4.7", "rules 8"]),
        ("(rules\n    # 2.7; statistics 1.2b, and 1.10)", ["rules 2.7", "statistics 1.2b", "statistics 1.10"]),
        ("[records.md](records.md) section 4; `rules.md` 5.1", ["records 4", "rules 5.1"]),
        ("(records sections 1 and 3)", ["records 1", "records 3"]),
        ("(rules 4.4, A1a, and A1)", ["rules 4.4", "rules A1a", "rules A1"]),
        ("12 records, 1.5 MB; rules 1,000 times; rules of 3", []),
    ],
)
def test_citations_are_read_as_they_are_written(text: str, cited: list[str]) -> None:
    assert [" ".join(found) for found in cited_clauses(text)] == cited


def test_every_clause_that_is_cited_exists() -> None:
    found = [(path, *cited) for path, text in texts() for cited in cited_clauses(text)]
    assert len(found) > 1000
    assert [each for each in found if each[2] not in CLAUSES_OF[each[1]]] == []


def test_every_clause_in_brackets_exists() -> None:
    """Where a text says `(4.5)` alone, its document was named before: it is the rules or the statistics."""
    numbered = CLAUSES_OF["rules"] | CLAUSES_OF["statistics"]
    found = [
        (path, number)
        for path, text in texts()
        for cited in BARE.findall(prose(path, text))
        for number in re.findall(r"\d+\.\d+[a-z]?", cited)
    ]
    assert len(found) > 50
    assert [each for each in found if each[1] not in numbered] == []


def test_every_decision_that_is_cited_has_its_record() -> None:
    found = [
        (path, number)
        for path, text in texts()
        for cited in re.findall(r"\b[Dd]ecisions? (\d+(?:(?:, | and )\d+)*)", written(text))
        for number in re.findall(r"\d+", cited)
    ]
    assert len(found) > 30
    assert [each for each in found if each[1] not in decisions()] == []


def test_decisions_are_cited_in_one_form() -> None:
    """`(decision 0008)`, never by the number of a list or in words that nobody can look up."""
    for path, text in texts():
        if path.endswith(".py") and path != "tests/unit/test_citations.py":
            assert not re.search(r"\bdesign(?: decision|:)", written(text), re.IGNORECASE), path
            for found in re.finditer(r".?\bdecision (?=\d)", written(text), re.IGNORECASE):
                assert found[0] == "(decision ", f"{path}: {found[0]!r}"


def test_every_record_of_a_decision_is_in_the_index_and_on_the_architecture_page() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    architecture = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert len(decisions()) == len(list(DECISIONS.glob("[0-9]*.md"))), "two records have one number"
    for number, path in decisions().items():
        text = path.read_text("utf-8")
        title = re.match(rf"# {int(number)}\. (.+)\n", text)
        dated = re.search(r"^Date: (\d{4}-\d\d-\d\d)\. Status: (accepted|superseded by \d{4})\.$", text, re.MULTILINE)
        assert title, path
        assert dated, path
        assert f"| [{number}]({path.name}) | {title[1]} | {dated[1]} |" in index
        assert f"](decisions/{path.name})" in architecture
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Rejected", "Consequences"]
        assert text.count("\n") <= 40, f"{path}: longer than a screen"


def test_every_test_and_file_that_a_page_names_exists() -> None:
    names = {
        node.name
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    } | {path.stem for path in (ROOT / "tests").rglob("*.py")}
    for path, text in texts():
        if path.endswith(".md"):
            for name in re.findall(r"\btest_\w+", text):
                assert name in names, f"{path}: {name}"
            for name in re.findall(r"`((?:compliance|tests|templates|rules|docs|benchmarks)/[\w./-]+\w)`", text):
                assert (ROOT / name).exists(), f"{path}: {name}"


def test_every_link_of_a_page_leads_to_a_file() -> None:
    for path, text in texts():
        if path.endswith(".md"):
            for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                assert ((ROOT / path).parent / link).exists(), f"{path}: {link}"
