"""How often the intervals of a dip sample hold the truth, beside the textbook's: the tables of docs/reviews-method.md."""

from pathlib import Path

import numpy as np
import pytest

from compliance.reviews.agreement import measure_agreement
from tests.dip_samples import POPULATIONS, READ, WORLDS, Held, measure, plan

pytestmark = pytest.mark.long
PAGE = Path(__file__).parents[2] / "docs" / "reviews-method.md"
SEEDS = 1000
LEAST = 0.906
"""93 in 100, less three standard errors of 1,000 seeds."""


def row(title: str, population: int, held: dict[int, Held], *, plain: bool) -> str:
    cells = [
        f"{100 * each.plain:.1f}; {100 * each.plain_width:.1f}" if plain else f"{100 * each.adjusted:.1f}; {100 * each.width:.1f}"
        for each in held.values()
    ]  # fmt: skip
    cells += ["–"] * (len(READ) - len(cells))
    return f"| {title} | {population:,} | {' | '.join(cells)} |"


def test_the_intervals_of_a_dip_sample_hold_the_truth_as_often_as_the_page_says() -> None:
    ours, plains, errors, least = [], [], [], 1.0
    for world in WORLDS:
        every: list[Held] = []
        for population in POPULATIONS:
            held = {read: measure(world, population, read, SEEDS) for read in READ if read < population}
            ours.append(row(world.name, population, held, plain=False))
            plains.append(row(world.name, population, held, plain=True))
            every += held.values()
        least = min(least, *(each.adjusted for each in every))
        span = [f"{100 * min(part):.1f} to {100 * max(part):.1f}" for part in list(zip(*every, strict=True))[4:]]
        errors.append(f"| {world.name} | {' | '.join(span)} |")
    printed = ["\n".join(table) for table in (ours, plains, errors)]
    print("", *printed, sep="\n\n")
    assert least > LEAST
    page = PAGE.read_text("utf-8")
    for table in printed:
        assert table in page


@pytest.mark.parametrize("read", [60, 120, 200, 400])
def test_the_half_width_planned_is_that_which_comes_if_the_record_is_as_wrong_as_assumed(read: int) -> None:
    _, planned = plan(WORLDS[2], 1500, read)
    found = measure(WORLDS[2], 1500, read, SEEDS)
    print(f"\n{read} read: planned {100 * planned.half_width:.2f}, found {50 * found.width:.2f}")
    assert found.width / 2 == pytest.approx(planned.half_width, rel=0.08)


def test_the_interval_of_kappa_holds_the_truth_as_often_as_the_page_says() -> None:
    """Three findings, 70, 25 and 5 in 100; each reader says another one in 10 of 100 cases, by chance."""
    chance = np.random.default_rng(2026)
    said = np.full((3, 3), 0.05) + np.eye(3) * 0.85
    both = np.einsum("t,ta,tb->ab", [0.70, 0.25, 0.05], said, said)
    expected = float(both.sum(axis=0) @ both.sum(axis=1))
    kappa = (float(np.trace(both)) - expected) / (1 - expected)
    rows = []
    for cases in (20, 50, 100):
        held = []
        for table in chance.multinomial(cases, both.ravel(), size=2000):
            found = measure_agreement([divmod(cell, 3) for cell in range(9) for _ in range(table[cell])])
            if found.kappa_limits:
                held.append(found.kappa_limits.low <= kappa <= found.kappa_limits.high)
        rows.append(f"| {cases} | {100 * np.mean(held):.1f} |")
    printed = "\n".join(rows)
    print(f"\n{printed}")
    assert printed in PAGE.read_text("utf-8")
