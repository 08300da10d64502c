"""Disclosure control: no count from 1 to 4 leaves the force, and none that can be derived (statistics 1.6).

Nothing is in the public edition unless a figure releases it (decision 0021).
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.figure import Disclosure, Release
from compliance.reports.model.proportions import Proportion, Rate
from compliance.reports.model.report_model import Figures, RequirementFigures

SMALL: Final = range(1, 5)
WITHHELD: Final = Proportion(0, 0, None, None, None, 1.0, withheld=True)
NO_RATE: Final = Rate(WITHHELD, None, None, None)


def share(found: Proportion) -> Proportion:
    """Return a share, withheld if it would reveal a count from 1 to 4."""
    return WITHHELD if any(count in SMALL for count in counts_of(found)) else found


def count(found: int | None) -> int | None:
    """Return a count, withheld (None) if it is from 1 to 4."""
    return None if found in SMALL else found


def counts_of(found: Proportion) -> tuple[int, int]:
    """Return the two counts that a share reveals."""
    return found.count, found.of - found.count


def find_hidden_parts(parts: Sequence[tuple[int, int]]) -> list[bool]:
    """Return which parts of a known whole are withheld. Each part is a pair of counts shown or withheld together.

    Parts with a count from 1 to 4 are withheld. The smallest of the others follow until at least two parts are withheld
    and their sums are not counts from 1 to 4 either.
    """
    hidden = [any(count in SMALL for count in part) for part in parts]
    left = sorted((place for place, is_hidden in enumerate(hidden) if not is_hidden and any(parts[place])),
                  key=lambda place: sum(parts[place]), reverse=True)  # fmt: skip

    def reveals() -> bool:
        held = [part for part, is_hidden in zip(parts, hidden, strict=True) if is_hidden]
        return len(held) == 1 or any(sum(counts) in SMALL for counts in zip(*held, strict=True))

    while left and reveals():
        hidden[left.pop()] = True
    return hidden


def disclose_part(part: Proportion, whole: Proportion) -> Proportion:
    """Return a part of a share (or a stricter reading of it), withheld if the remainder would be revealed."""
    return WITHHELD if reveals_small(part, whole) else share(part)


def reveals_small(one: Proportion, other: Proportion) -> bool:
    """Return whether two shares, one of which contains the other, reveal a count from 1 to 4."""
    differences = [abs(a - b) for a, b in zip(counts_of(one), counts_of(other), strict=True)]
    return any(count in SMALL for count in (*differences, abs(one.of - other.of)))


def release_nothing(_board: Figures, disclosed: Figures) -> Figures:
    """Release nothing: the figure stays inside the force."""
    return disclosed


def of_each_requirement(
    release: Callable[[RequirementFigures, RequirementFigures, Figures], RequirementFigures],
) -> Release:
    """Return a release that applies to each requirement.

    `release` takes the board's requirement, the public one so far and the board's figures, and returns the public one
    with what it adds.
    """

    def disclose(board: Figures, disclosed: Figures) -> Figures:
        pairs = zip(board.requirements, disclosed.requirements, strict=True)
        return replace(disclosed, requirements=tuple(release(found, public, board) for found, public in pairs))

    return disclose


def not_disclosed(why: str) -> Disclosure:
    """Return the disclosure of a figure that is not in the public edition, with the reason."""
    return Disclosure(f"not disclosed: {why}", release_nothing)
