"""Faults of the sample that change nothing anybody could see, read one by one (tests/sampled_mutants.py)."""

from typing import Final

EQUIVALENT: Final[dict[tuple[str, str, int], str]] = {}
"""(function, what the fault does, its number among the faults of the function) -> why nothing can notice it."""
