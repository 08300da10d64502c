"""The bounds up to which every history is compared (tests/exhaustion.py)."""

from typing import Final

from tests.exhaustion import ARREST, KINDS, Bound

SHORT: Final = (2, 4, 3)
"""Limits of 2 and 4 days, and 3 days after the close: ten days hold two cycles and more, and none is left out."""
NEAR: Final = (0, 1, 7, 8, 28, 29, 35, 36, 56, 57)
"""Days on which something falls due, or 28 days after such a day, and the days after them."""
GRID: Final = tuple(sorted({*NEAR, 2, 6, 14, 18, 27, 34, 37, 46, 55, 58, 63, 64, 65}))
"""Those, the days before them, and one for each gap between two of them."""
EVERY_DAY: Final = tuple(range(66))
HERTFORDSHIRE: Final = (0, 1, 2, 5, 6, 10, 11, 28, 29, 38, 39, 56, 57)
EVENTS: Final = (0, 1, 3, 4, 7, 8, 28, 29, 32, 35, 36)
"""Day 0 is a Monday: 5 working days after it is day 7."""

QUICK: Final = (
    Bound("short limits, every day", 3, tuple(range(7)), (2, 4, 9), limits=SHORT),
    Bound("West Mercia, days at deadlines", 2, NEAR, (7, 8, 28, 29, 57, 86)),
    Bound("Hertfordshire, enhanced", 2, HERTFORDSHIRE, (11, 57), "hertfordshire", "enhanced"),
    Bound("Victims' Code 2020, with arrests", 2, EVENTS, (8, 57), "victims-code-2020", kinds=(*KINDS, ARREST)),
)
"""Compared in every run of the tests."""

LARGE: Final = (
    Bound("short limits, every day", 5, tuple(range(10)), (2, 3, 4, 6, 9, 12), limits=SHORT),
    Bound("West Mercia, days at deadlines", 5, NEAR, (7, 8, 28, 29, 36, 57, 86)),
    Bound("West Mercia, days around deadlines", 4, GRID, (7, 8, 28, 29, 57, 86)),
    Bound("West Mercia, every day", 3, EVERY_DAY, (86,)),
    Bound("Hertfordshire, enhanced", 4, HERTFORDSHIRE, (11, 57), "hertfordshire", "enhanced"),
    Bound("Hertfordshire, standard", 3, HERTFORDSHIRE, (6, 29, 57), "hertfordshire"),
    Bound("Victims' Code 2020, with arrests", 4, EVENTS, (8, 57), "victims-code-2020", kinds=(*KINDS, ARREST)),
    Bound("Victims' Code 2006, with arrests", 3, EVENTS, (8, 57), "victims-code-2006", "enhanced", (*KINDS, ARREST)),
)
"""Compared by `make soak`."""

SEQUENCES: Final = Bound("short limits, in any order", 3, (0, 2, 3), (2, 6), limits=SHORT)
"""Small enough to be compared without any reduction."""
