"""What may leave the force: no count from 1 to 4, and none that follows from what is told (statistics 1.6).

What no figure releases is not in the public edition (decision 0021)."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.figure import Disclosure, Release
from compliance.reports.proportions import Proportion, Rate
from compliance.reports.report_model import Figures, RequirementFigures

SMALL: Final = range(1, 5)
WITHHELD: Final = Proportion(0, 0, None, None, None, 1.0, withheld=True)
NO_RATE: Final = Rate(WITHHELD, None, None, None)


def share(found: Proportion) -> Proportion:
    """A share, withheld where a count from 1 to 4 would follow from it."""
    return WITHHELD if any(count in SMALL for count in counts_of(found)) else found


def count(found: int | None) -> int | None:
    """A count, withheld where it is from 1 to 4."""
    return None if found in SMALL else found


def counts_of(found: Proportion) -> tuple[int, int]:
    """The two counts that a share tells."""
    return found.count, found.of - found.count


def find_hidden_parts(parts: Sequence[tuple[int, int]]) -> list[bool]:
    """Which parts of a known whole are withheld, each a pair of counts that are shown or withheld together.

    Those with a count from 1 to 4; and the smallest of the others, until what is withheld is no single part, nor has
    together such a count.
    """
    hidden = [any(count in SMALL for count in part) for part in parts]
    left = sorted((place for place, is_hidden in enumerate(hidden) if not is_hidden and any(parts[place])),
                  key=lambda place: sum(parts[place]), reverse=True)  # fmt: skip

    def tells() -> bool:
        held = [part for part, is_hidden in zip(parts, hidden, strict=True) if is_hidden]
        return len(held) == 1 or any(sum(counts) in SMALL for counts in zip(*held, strict=True))

    while left and tells():
        hidden[left.pop()] = True
    return hidden


def beside(part: Proportion, whole: Proportion) -> Proportion:
    """A part of a share, or the same by a stricter reading: what is not in it must not follow."""
    return WITHHELD if tells_small(part, whole) else share(part)


def tells_small(one: Proportion, other: Proportion) -> bool:
    """Whether a count from 1 to 4 follows from two shares of which one holds the other."""
    differences = [abs(a - b) for a, b in zip(counts_of(one), counts_of(other), strict=True)]
    return any(count in SMALL for count in (*differences, abs(one.of - other.of)))


def release_nothing(_board: Figures, told: Figures) -> Figures:
    """What stays inside the force."""
    return told


def of_each_requirement(
    release: Callable[[RequirementFigures, RequirementFigures, Figures], RequirementFigures],
) -> Release:
    """Tells something under each requirement. `release`: (the board's, the public one so far, the board's figures) to
    the public one with it."""

    def tell(board: Figures, told: Figures) -> Figures:
        pairs = zip(board.requirements, told.requirements, strict=True)
        return replace(told, requirements=tuple(release(found, public, board) for found, public in pairs))

    return tell


def not_told(why: str) -> Disclosure:
    """A figure that the public edition does not tell, and why."""
    return Disclosure(f"not told: {why}", release_nothing)
