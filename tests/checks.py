"""`compliance check` for tests: the worked examples take longer than all else in it.

A test module takes a fixture over by name: `without_examples = checks.without_examples`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from compliance.batch.examples import WorkedExample, failures
from compliance.policy import Policy
from compliance.service.check import checking, policy_checks


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
