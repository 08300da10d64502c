"""The page of reasons is complete and up to date, and each example it names fails when its clause is broken."""

import re

import pytest

from compliance.batch.clauses import load_clauses
from compliance.batch.examples import WorkedExample, failures, load_examples
from tests.engine import RULES
from tests.mutants import MUTANTS
from tests.mutation import Mutant
from tests.rules_explained import PAGE, ExplainedClause, clause_text, explained_rules, rules_explained_page

CLAUSES = explained_rules().clause


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == rules_explained_page(), "run `make docs`"


def test_every_clause_of_the_rules_that_decides_a_verdict_is_explained_in_order() -> None:
    """Those of rules.md; no policy supplied uses an addition (docs/rules-additions.md), and each says what it extends."""
    deciding = [each.id for each in load_clauses(RULES / "examples" / "clauses.toml") if not each.decides_no]
    assert [clause.id for clause in CLAUSES] == [clause for clause in deciding if re.match(r"rules \d", clause)]


def test_every_source_is_named_by_a_clause_and_known() -> None:
    assert {key for clause in CLAUSES for key in clause.sources} == set(explained_rules().source)


def test_a_clause_is_quoted_whole_and_no_further() -> None:
    assert clause_text("3.1") == "Due date: D0 + 7. The window is D0+1 to D0+7, both included."
    assert clause_text("5.4").endswith("is not created, also where 5.3 or 5.5 holds.")
    assert "| is |" in clause_text("5.4")
    assert clause_text("9.7").endswith("system did.)")


def example_of(clause: ExplainedClause) -> WorkedExample:
    file, title = clause.example
    (found,) = (
        example
        for example in load_examples(RULES / "examples", file.partition("/")[0])
        if example.path == RULES / "examples" / file and example.title == title
    )
    return found


def bites(example: WorkedExample, mutant: Mutant) -> bool:
    with mutant.alive():
        return bool(failures(example, mutant.policy_for(example.policy)))


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_the_example_named_cites_the_clause_and_fails_when_it_is_broken(clause: ExplainedClause) -> None:
    example = example_of(clause)
    assert clause.id in example.clauses
    breaking = [each for each in MUTANTS if each.clause == clause.id and each.policy in (None, example.policy)]
    assert any(bites(example, mutant) for mutant in breaking)
