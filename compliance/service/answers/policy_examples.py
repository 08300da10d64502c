"""Worked examples of a policy for its readers: one that shows a requirement at work, with what the policy answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from compliance.batch.examples import WorkedExample, load_examples
from compliance.batch.explanation_page import describe_question, outcome
from compliance.policy import Policy, Requirement
from compliance.policy.explain import explain
from compliance.records import columns, convert_crime
from compliance.service.report_jobs.policy_proof import examples_folder


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An example: its title and story, as at when, what the policy answers, and the clauses that it shows."""

    title: str
    story: str
    asked: str
    answers: tuple[str, ...]
    clauses: tuple[str, ...]


def example_of(policy: Policy, asked: Requirement, clauses: Sequence[str]) -> ShownExample | None:
    """Return an example in which a requirement is judged, None if there is none.

    That which shows the first of some clauses (numbers of the rules) that any shows. Raises SettingsError if the
    examples cannot be read.
    """
    found = [
        each
        for each in _read(examples_folder(policy), policy.path.stem)
        if any(verdict.get("requirement") == asked.id for verdict in each.verdicts)
    ]
    shown = (each for clause in clauses for each in found if f"rules {clause}" in each.clauses)
    example = next(shown, next(iter(found), None))
    return None if example is None else _show(policy, asked, example)


def _show(policy: Policy, asked: Requirement, example: WorkedExample) -> ShownExample:
    explanation = explain(columns([convert_crime(example.crime)]), policy, example.as_at, example.known_at)
    several = len(explanation.victims) > 1
    answers = [
        f"{f'Victim {victim.ref}, ' if several else ''}{each.label}: {each.state} ({outcome(each)})"
        for victim in explanation.victims
        for requirement in victim.requirements
        if requirement.id == asked.id
        for each in requirement.obligations
    ]
    question = describe_question(explanation)
    return ShownExample(example.title, example.story, question, tuple(answers), example.clauses)


@lru_cache(maxsize=4)
def _read(folder: Path, policy: str) -> tuple[WorkedExample, ...]:
    return tuple(load_examples(folder, policy))
