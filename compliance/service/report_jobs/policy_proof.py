"""Whether the worked examples of a policy hold, as a report is published (statistics section 7)."""

from functools import lru_cache
from pathlib import Path

from compliance.batch.examples import failures, load_examples
from compliance.errors import ComplianceError
from compliance.policy import Policy
from compliance.resources import resource


def examples_folder(policy: Policy) -> Path:
    """Return where the worked examples of a policy are: next to it in `examples/`, or else those supplied."""
    beside = policy.path.parent / "examples"
    return beside if (beside / policy.path.stem).is_dir() else resource("rules") / "examples"


def try_examples(policy: Policy) -> tuple[int, tuple[str, ...]]:
    """Return how many worked examples a policy has, and why some do not hold.

    They are judged again only when a file of theirs or the policy has changed.
    """
    files = sorted((examples_folder(policy) / policy.path.stem).rglob("*.toml"))
    stamps = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    return _try(SamePolicy(policy), stamps)


class SamePolicy:
    """A policy, the same as another of the same file and content."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self._key = policy, (policy.digest, policy.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SamePolicy) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=8)
def _try(asked: SamePolicy, stamps: tuple[tuple[str, int, int], ...]) -> tuple[int, tuple[str, ...]]:  # noqa: ARG001
    policy, seen, problems = asked.policy, 0, list[str]()
    try:
        for example in load_examples(examples_folder(policy), policy.path.stem):
            seen, problems = seen + 1, [*problems, *failures(example, policy)[:1]]
    except ComplianceError as error:
        return 0, (str(error),)
    return seen, tuple(problems)
