"""The worked examples hold for the policies shipped, and say so clearly where one does not."""

import re
from collections import Counter
from pathlib import Path

import pytest

from compliance.batch.examples import WorkedExample, failures, load_examples
from compliance.batch.whatif_settings import apply_settings
from compliance.errors import SettingsError
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
    """A message names the file, the example, the verdict, what was expected and what came, and the clause: all that a
    reader needs to find the story and decide which of the two is wrong."""
    policy = apply_settings(shipped("west-mercia")[0], ["7-day.within.days=5"])
    mine = [example for example in EXAMPLES if example.policy == "west-mercia"]
    failed = [example.title for example in mine if failures(example, policy)]
    assert len(mine) / 2 < len(failed) < len(mine)  # those with no 7-day row, or none of its days, hold as before
    assert "A crime reported after the moment asked about has no verdicts" not in failed
    last = next(example for example in mine if example.title == "The last second of day 7 is in time")
    assert failures(last, policy) == [
        f"{last.path}: 'The last second of day 7 is in time': 28-day cycle 1 of V1: expected state pending; got state met "
        "(rules 3.1, rules 3.2)",
        f"{last.path}: 'The last second of day 7 is in time': 7-day cycle 1 of V1: expected due_date 2026-07-08, "
        "state met, days_late 0; got due_date 2026-07-06, state late, days_late 2 (rules 3.1, rules 3.2)",
    ]


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


def load(tmp_path: Path, text: str) -> list[WorkedExample]:
    (tmp_path / "west-mercia").mkdir()
    (tmp_path / "west-mercia" / "mine.toml").write_text(text)
    return list(load_examples(tmp_path))


def test_a_good_example_is_read_and_holds(tmp_path: Path) -> None:
    (example,) = load(tmp_path, GOOD)
    assert failures(example, shipped("west-mercia")[0]) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("clauses", "clause", "'one'.clause: there is no such key; did you mean 'clauses'?"),
        ("state =", "states =", "'one'.verdict 2.states: there is no such key; did you mean 'state'?"),
        ('"overdue"', '"overdu"', "'one'.verdict 2.state: there is no such state; expected one of pending, met, late"),
        ('"overdue"', '"overdu"', "did you mean 'overdue'? (found 'overdu')"),
        (
            'state = "overdue"',
            'due_date = "8 July"',
            "'one'.verdict 2.due_date: write a date without quotes, as in 2027-03-01",
        ),
        ('title = "one"\n', "", "example.0.title: missing; it is required"),
        ('policy = "west-mercia"', 'policy = "hertfordshire"', "found 'hertfordshire' in the folder of 'west-mercia'"),
        ("T09:00:00+01:00\ncrime", "T09:00:00\ncrime", "as_at and known_at need an offset"),
        ("verdict = [", "verdicts = 'none' # [", None),
        ("verdict = [", "other = [", "'one'.other: there is no such key"),
    ],
)
def test_a_wrong_example_names_the_file_and_the_key(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    text = GOOD.replace(old, new)
    if message is None:
        (example,) = load(tmp_path, text)
        assert (
            "expected no verdicts, got 2 verdicts; 28-day cycle 1 pending; 7-day cycle 1 overdue"
            in failures(example, shipped("west-mercia")[0])[0]
        )
        return
    with pytest.raises(SettingsError, match=re.escape(message)):
        load(tmp_path, text)


def test_an_example_whose_crime_is_no_record_says_so(tmp_path: Path) -> None:
    (example,) = load(tmp_path, GOOD.replace("reported_at", "reported"))
    assert "its crime is not a valid record: reported_at: missing" in failures(example, shipped("west-mercia")[0])[0]


def test_none_stands_for_a_key_that_must_be_null(tmp_path: Path) -> None:
    """TOML cannot say null: `"none"` says that a missed obligation has no days of lateness (records 2)."""
    (example,) = load(tmp_path, GOOD.replace('state = "overdue"', 'reason = "none", days_late = "none"'))
    assert failures(example, shipped("west-mercia")[0]) == [
        f"{example}: 7-day cycle 1 of V1: expected days_late none; got days_late 12 (rules 3.1)"
    ]


def test_none_is_refused_for_a_key_that_is_never_null(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'one'\.verdict 2\.due_date: write a date without quotes"):
        load(tmp_path, GOOD.replace('state = "overdue"', 'due_date = "none"'))


def beyond(tmp_path: Path, more: str = "") -> list[str]:
    """What fails of an example whose arrest lies beyond the calendar."""
    text = GOOD.replace("west-mercia", "victims-code-2006").replace("2026", "2100")
    text = text.replace(
        'verdict = [{ requirement = "28-day" }, { requirement = "7-day", state = "overdue" }]',
        'verdict = [{ requirement = "monthly" }]\n'
        'crime.events = [{ kind = "suspect_arrested", at = 2100-07-01T12:00:00Z }]' + more,
    )
    folder = tmp_path / "victims-code-2006"
    folder.mkdir()
    (folder / "mine.toml").write_text(text)
    (example,) = load_examples(tmp_path)
    return failures(example, shipped("victims-code-2006")[0])


def test_an_example_says_what_is_set_aside_beyond_the_calendar(tmp_path: Path) -> None:
    """A due date beyond what the calendar covers is no guess, and what is set aside is no verdict (rules 6.1a)."""
    assert beyond(tmp_path, '\nset_aside = [{ requirement = "arrested", cycle = 1 }]') == []


def test_an_example_that_does_not_expect_what_is_set_aside_fails_and_says_what_to_do(tmp_path: Path) -> None:
    (problem,) = beyond(tmp_path)
    assert (
        "set aside (rules 6.1a): expected no obligations, got 1 obligation; arrested cycle 1: 5 working days" in problem
    )
    assert "calendar 'england-and-wales' is known from 1 January 1995 to" in problem
    assert problem.endswith("move covers_until (rules 3.1)")


def test_an_example_that_expects_something_else_set_aside_fails(tmp_path: Path) -> None:
    (problem,) = beyond(tmp_path, '\nset_aside = [{ requirement = "bailed", cycle = 1 }]')
    assert "arrested cycle 1 of V1: expected requirement bailed; got requirement arrested" in problem
