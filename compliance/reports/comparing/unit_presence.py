"""Units that are not the same throughout some weeks: that appear, vanish, or change with one that does.

The organisation's map follows a renamed, split or merged unit through time (decision 0031). What it does not know
cannot be told from a change of the work, so nothing is compared (decision 0054).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from compliance.policy.calendars import Ints
from compliance.reports.catalogue.edition import Edition
from compliance.reports.judging.judged import Judgements
from compliance.reports.methods.statistics import FEW

APPEARED: Final = "appeared"
VANISHED: Final = "vanished"
REMADE: Final = "remade"
_PROPORTION: Final = 1.5
"""How many times as much has to be due of a unit, or as little, beside one that appears or vanishes."""


Presence = dict[str, dict[str, int]]
"""How much was due of each unit, by week."""


def count_presence(judged: Judgements, edition: Edition) -> Presence:
    """Return how much of the first requirement whose clock is no event was due of each unit in each week."""
    place = next((place for place, asked in enumerate(judged.policy.requirement) if not asked.event), None)
    if place is None:
        return {}
    held = {str(week.span): edition.read("week", str(week.span)).due(place) for week in judged.weeks}
    columns = {week: edition.unit_of(cohort, edition.unit) for week, cohort in held.items()}
    return {
        week: {name: int((unit.codes == unit.code(name)).sum()) for name in unit.present()}
        for week, unit in columns.items()
    }


def find_unlike(weeks: Sequence[Mapping[str, int]]) -> dict[str, str]:
    """Return the units that are not the same in all of some weeks, and why.

    `weeks`: how much was due of each unit, of one requirement, in consecutive weeks. A unit appeared if nothing was due
    in the first weeks, in which at least 10 would have been due at the rate after them; likewise it vanished. One whose
    number changed by half from the week in which another appeared or vanished is remade.
    """
    names = sorted({name for week in weeks for name in week})
    counts = {name: np.array([week.get(name, 0) for week in weeks]) for name in names}
    found: dict[str, str] = {}
    places: set[int] = set()
    for name, due in counts.items():
        held = np.flatnonzero(due)
        first, end = int(held[0]), int(held[-1]) + 1
        mean = due[first:end].mean()
        for why, missing, place in ((APPEARED, first, first), (VANISHED, len(due) - end, end)):
            if missing * mean >= FEW:
                found[name] = why
                places.add(place)
    for name, due in counts.items():
        if name not in found and any(_is_remade(due[:place], due[place:]) for place in places):
            found[name] = REMADE
    return found


def _is_remade(before: Ints, after: Ints) -> bool:
    """Return whether the number due a week has changed by half, and by more than a few."""
    few, many = sorted([float(before.mean()), float(after.mean())])
    return many >= few * _PROPORTION and (many - few) * min(len(before), len(after)) >= FEW
