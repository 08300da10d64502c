"""Engine and plain reference asked the same question under policies with additions, as often as one likes."""

from collections.abc import Iterable
from typing import Final

from compliance.policy import parse_policy
from tests.additions import seeded_crimes, seeded_policy
from tests.engine import RULES, first_difference
from tests.histories import AS_AT, KNOWN_AT
from tests.unit.test_engine import EDGES

INSTANTS: Final = ((AS_AT, None), (AS_AT, KNOWN_AT), *((when, None) for when in EDGES.values()))
"""What is asked: as at T, as known at K; now, and around the end of the calendar."""


def compare_seeded(seeds: Iterable[int], crimes: int) -> int:
    """Judge so many crimes under the policy of each seed, and return how many verdicts were compared; fails at the first
    on which the two differ."""
    compared = 0
    for seed in seeds:
        as_at, known_at = INSTANTS[seed % len(INSTANTS)] if seed % 2 else INSTANTS[0]
        data = seeded_policy(seed, as_at)
        records = list(seeded_crimes(seed, crimes, as_at, known_at))
        rows, difference = first_difference(records, parse_policy(data, RULES / "drawn.toml"), data, as_at, known_at)
        assert difference is None, f"policy {seed}: {data}\n{difference}"
        compared += rows
    return compared
