"""`compliance check` for tests: the worked examples take longer than all else in it.

A test module takes a fixture over by name: `without_examples = checks.without_examples`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from compliance.batch.examples import WorkedExample, failures
from compliance.policy import Policy
from compliance.reports.figures import report_figures
from compliance.reports.model.report_model import Figures
from compliance.reports.rendering.render import render
from compliance.service.check import checking, policy_checks, settings_checks


@pytest.fixture
def without_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check judges no worked example; `tests/unit/test_check.py` has them."""
    monkeypatch.setattr(checking, "check_examples", lambda _: iter(()))


@pytest.fixture(autouse=True, scope="module")
def judged_once() -> Iterator[None]:
    """An example that stands in the same file gets the same answer from the same policy in every check of a module."""
    answers: dict[Any, list[str]] = {}

    def once(example: WorkedExample, policy: Policy) -> list[str]:
        key = (str(example), example.story, policy.digest, str(policy.path))
        if key not in answers:
            answers[key] = failures(example, policy)
        return answers[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy_checks, "failures", once)
        yield


@pytest.fixture(scope="module")
def sampled_once() -> Iterator[None]:
    """The report on no records, by which a check tries the templates, is made and filled in once for each policy and
    force in a module. Its templates are those supplied; a force's own are those of emails."""
    made: dict[Any, Figures] = {}
    filled: dict[int, str] = {}

    def figures_once(nothing: Any, policy: Policy, week: Any, settling: Any, force: str) -> Figures:
        key = (policy.digest, week, settling, force)
        if key not in made:
            made[key] = report_figures(nothing, policy, week, settling, force=force)
        return made[key]

    def filled_once(figures: Figures) -> str:
        if id(figures) not in filled:
            filled[id(figures)] = render(figures)
        return filled[id(figures)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings_checks, "report_figures", figures_once)
        patch.setattr(settings_checks, "render", filled_once)
        yield
