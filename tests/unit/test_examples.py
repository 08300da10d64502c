"""The worked examples hold for the policies shipped, and say so clearly where one does not."""

import re
from collections import Counter
from pathlib import Path

import pytest

from compliance.batch.examples import Example, failures, load_examples
from compliance.errors import SettingsError
from compliance.policy import parse_policy
from compliance.policy.calendars import read_toml
from tests.engine import POLICIES, RULES, shipped

EXAMPLES = list(load_examples(RULES / "examples"))


@pytest.mark.parametrize("name", POLICIES)
def test_every_worked_example_holds(name: str) -> None:
    policy, _ = shipped(name)
    mine = [example for example in EXAMPLES if example.policy == name]
    assert len(mine) >= 10
    assert [failure for example in mine for failure in failures(example, policy)] == []


def test_the_force_policy_is_proved_by_at_least_forty_examples_the_same_day_first() -> None:
    mine = [example for example in EXAMPLES if example.policy == "west-mercia"]
    assert len(mine) >= 40
    assert "rules 3.3" in mine[0].clauses


def test_titles_are_unique_and_clauses_exist() -> None:
    """A clause cited in an example can be read in docs/."""
    assert [title for title, count in Counter((e.policy, e.title) for e in EXAMPLES).items() if count > 1] == []
    text = {name: (RULES.parent / "docs" / f"{name}.md").read_text("utf-8") for name in ("rules", "records")}
    for document, clause in {tuple(clause.split(" ")) for example in EXAMPLES for clause in example.clauses}:
        assert re.search(rf"^(- |## ){re.escape(clause)}[ .]", text[document], re.MULTILINE), f"{document} {clause}"


def test_a_changed_policy_fails_the_examples_of_the_clause_it_changes() -> None:
    """A message names the file, the example, the verdict, what was expected and what came, and the clause."""
    data = read_toml(RULES / "west-mercia.toml")
    data["requirement"][0]["same_day"] = "counts"
    policy = parse_policy(data, RULES / "west-mercia.toml")
    mine = [example for example in EXAMPLES if example.policy == "west-mercia"]
    problems = [problem for example in mine for problem in failures(example, policy)]
    assert any(
        "01-same-day.toml" in problem and "expected" in problem and "rules 3.3" in problem for problem in problems
    )


GOOD = """
title = "t"
policy = "west-mercia"
[[example]]
title = "one"
clauses = ["rules 3.1"]
story = "s"
as_at = 2026-07-20T09:00:00+01:00
crime.reported_at = 2026-07-01T10:00:00+01:00
verdict = [{ requirement = "28-day" }, { requirement = "7-day", state = "overdue" }]
"""


def load(tmp_path: Path, text: str) -> list[Example]:
    (tmp_path / "west-mercia").mkdir()
    (tmp_path / "west-mercia" / "mine.toml").write_text(text)
    return list(load_examples(tmp_path))


def test_a_good_example_is_read_and_holds(tmp_path: Path) -> None:
    (example,) = load(tmp_path, GOOD)
    assert failures(example, shipped("west-mercia")[0]) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("clauses", "clause", "example.0.clause: there is no such key; did you mean 'clauses'?"),
        ("state =", "states =", "there is no column 'states'; did you mean 'state'?"),
        ("T09:00:00+01:00\ncrime", "T09:00:00\ncrime", "as_at and known_at need an offset"),
        ("verdict = [", "verdicts = 'none' # [", None),
        ("verdict = [", "other = [", "example.0.other: there is no such key"),
    ],
)
def test_a_wrong_example_names_the_file_and_the_key(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    text = GOOD.replace(old, new)
    if message is None:
        (example,) = load(tmp_path, text)
        assert "expected 0 verdicts, got 2" in failures(example, shipped("west-mercia")[0])[0]
        return
    with pytest.raises(SettingsError, match=re.escape(message)):
        load(tmp_path, text)


def test_an_example_whose_crime_is_no_record_says_so(tmp_path: Path) -> None:
    (example,) = load(tmp_path, GOOD.replace("reported_at", "reported"))
    assert "its crime is no record: reported_at: missing" in failures(example, shipped("west-mercia")[0])[0]
