"""docs/threats.md: each line names a test that is there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "threats.md").read_text("utf-8")
LINES = [line for line in PAGE.splitlines() if re.match(r"\| (?!threat |---)", line)]


@pytest.mark.parametrize("line", LINES, ids=[line.split(" | ")[0].strip("| ")[:50] for line in LINES])
def test_each_threat_names_the_tests_that_try_it(line: str) -> None:
    cited = re.findall(r"`(\w+/test_\w+\.py)::(test_\w+)`", line.split(" | ")[2])
    assert cited or "not a test" in line
    for file, name in cited:
        assert re.search(rf"^def {name}\(", (TESTS / file).read_text("utf-8"), re.MULTILINE), f"{file}::{name}"


def test_there_are_many() -> None:
    assert len(LINES) > 30
