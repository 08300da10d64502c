"""The worked examples bite: whoever breaks a clause, in the engine or in a policy, fails an example that cites it."""

import re
from functools import cache
from pathlib import Path

import pytest

from compliance.batch.clauses import load_clauses, not_shown, unknown_clause_errors
from compliance.batch.examples import WorkedExample, failures, load_examples
from compliance.errors import SettingsError
from compliance.policy import STATES
from tests.engine import ADDITIONAL, ADDITIONS, POLICIES, RULES, shipped
from tests.mutants import MUTANTS
from tests.mutation import Mutant
from tests.unit.test_citations import additions

CLAUSES = load_clauses(RULES / "examples" / "clauses.toml")


@cache
def examples() -> tuple[WorkedExample, ...]:
    return (*load_examples(RULES / "examples"), *load_examples(ADDITIONS / "examples"))


@cache
def bitten(mutant: Mutant) -> dict[str, WorkedExample]:
    """By policy, the first of its examples that cites the mutant's clause and no longer holds."""
    found: dict[str, WorkedExample] = {}
    with mutant.alive():
        for name in (*POLICIES, *ADDITIONAL) if mutant.policy is None else [mutant.policy]:
            citing = [each for each in examples() if each.policy == name and mutant.clause in each.clauses]
            if not citing:
                continue
            policy = mutant.policy_for(name)
            if example := next((each for each in citing if failures(each, policy)), None):
                found[name] = example
    return found


@pytest.fixture(scope="module")
def found_by_the_whole() -> dict[str, list[str]]:
    """What the engine as it is has found wrong in an example, which bites many mutants."""
    return {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_clause_fails_an_example_that_cites_it(
    mutant: Mutant, found_by_the_whole: dict[str, list[str]]
) -> None:
    """And with the engine whole again that example holds: one is judged anew after each mutant, each at least once."""
    assert bitten(mutant), f"{mutant}: every example that cites the clause still holds"
    for number, (name, example) in enumerate(bitten(mutant).items()):
        if number == 0 or str(example) not in found_by_the_whole:
            found_by_the_whole[str(example)] = failures(example, shipped(name)[0])
        assert found_by_the_whole[str(example)] == []


def test_under_every_policy_each_clause_cited_is_proved_by_an_example_that_bites() -> None:
    cited = {(example.policy, clause) for example in examples() for clause in example.clauses}
    bites = {(name, mutant.clause) for mutant in MUTANTS for name in bitten(mutant)}
    decides_no = {clause.id for clause in CLAUSES if clause.decides_no}
    assert {(name, clause) for name, clause in cited - bites if clause not in decides_no} == set()


def test_every_clause_that_decides_a_verdict_is_broken_at_least_once() -> None:
    shown = {clause.id for clause in CLAUSES if not clause.decides_no}
    assert {mutant.clause for mutant in MUTANTS} == shown


def test_each_mutant_says_something_else() -> None:
    assert len({(str(mutant), mutant.where) for mutant in MUTANTS}) == len(MUTANTS)


def test_the_list_of_clauses_is_that_of_the_rules_and_the_records() -> None:
    """In their order, and none forgotten; a section without numbered clauses stands for itself."""
    ids = []
    for document in ("rules", "records"):
        text = (RULES.parent / "docs" / f"{document}.md").read_text("utf-8")
        for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            found = re.findall(r"^- (\d+\.\d+[a-z]?) ", section, re.MULTILINE)
            ids += [f"{document} {clause}" for clause in found or [section.split(".")[0]]]
        ids += [f"{document} {clause}" for clause in additions(document)]
    assert [clause.id for clause in CLAUSES] == ids


@pytest.mark.parametrize("name", POLICIES)
def test_every_clause_that_concerns_a_policy_has_an_example_under_it(name: str) -> None:
    cited = {clause for example in examples() if example.policy == name for clause in example.clauses}
    assert unknown_clause_errors(CLAUSES, cited) == []
    assert [str(clause) for clause in not_shown(CLAUSES, [shipped(name)[0]], cited)] == []


@pytest.mark.parametrize("name", POLICIES)
def test_every_state_of_every_requirement_has_an_example(name: str) -> None:
    verdicts = [verdict for example in examples() if example.policy == name for verdict in example.verdicts]
    shown = {(verdict["requirement"], verdict.get("state")) for verdict in verdicts}
    every = {(requirement.id, state) for requirement in shipped(name)[0].requirement for state in STATES}
    assert every - shown == set()


def test_a_clause_that_no_example_cites_is_named_where_it_concerns_the_policy() -> None:
    """The national Code has events and no step after another; the force policy has it the other way round."""
    codes, force = ([str(c) for c in not_shown(CLAUSES, [shipped(name)[0]], set())] for name in POLICIES[2::-2])
    assert "rules 7.1 (one obligation an event; what counts for it)" in codes
    assert "rules 7.1 (one obligation an event; what counts for it)" not in force
    assert "rules 4.2 (the first further contact)" in force
    assert "rules 4.2 (the first further contact)" not in codes
    assert not any(clause.startswith(("rules 1.", "rules 8")) for clause in (*codes, *force))


def test_a_citation_of_no_clause_names_the_nearest() -> None:
    assert unknown_clause_errors(CLAUSES, ["rules 4.5a", "rule 4.5a"]) == [
        "there is no clause 'rule 4.5a'; did you mean 'rules 4.5a'?"
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{ id = "rules 3.1", abut = "x" }', "clause.0.abut: there is no such key; did you mean 'about'?"),
        ('{ id = "rule 3.1", about = "x" }', "clause.0.id"),
        ('{ id = "rules 3.1", about = "x", only_for = "events" }', "did you mean 'event'?"),
    ],
)
def test_a_wrong_list_of_clauses_names_the_file_and_the_key(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "clauses.toml"
    path.write_text(f"clause = [\n  {line},\n]\n")
    with pytest.raises(SettingsError, match=re.escape(message)):
        load_clauses(path)
