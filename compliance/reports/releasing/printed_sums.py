"""What can be worked out of printed counts, by the sums that hold (statistics 1.6).

Everything that is printed and everything that is not is an unknown of a linear system, a pair of counts each (met and
not met, say); what is printed is an equation, and so is every sum of parts. An unknown is worked out where the
equations leave one value for it.
"""

from collections.abc import Hashable, Iterable

import numpy as np

from compliance.reports.catalogue.disclosure import SMALL
from compliance.reports.model.proportions import Proportion

Pair = tuple[float, float]
Key = Hashable


class PrintedSums:
    """What is known of pairs of counts."""

    def __init__(self) -> None:
        self._place: dict[Key, int] = {}
        self._rows: list[dict[int, int]] = []
        self._values: list[Pair] = []
        self._wholes: list[list[int]] = []

    def told(self, keys: Iterable[Key], counts: Pair) -> None:
        """Add that the sum of some unknowns is printed."""
        self._rows.append(dict.fromkeys(map(self._of, keys), 1))
        self._values.append(counts)

    def share(self, keys: Iterable[Key], share: Proportion | None) -> None:
        """Add the same of a share, where it is printed."""
        if share is not None and not share.withheld:
            self.told(keys, (share.count, share.of - share.count))

    def parts(self, whole: Key, parts: Iterable[Key]) -> None:
        """Add that some unknowns are the parts of another."""
        places = list(map(self._of, parts))
        self._rows.append({**dict.fromkeys(places, 1), self._of(whole): -1})
        self._values.append((0, 0))
        self._wholes.append(places)

    def small(self) -> list[tuple[list[Key], list[int]]]:
        """Return the unknowns that are worked out to be from 1 to 4, each alone, with their counts.

        Also those parts of a whole that are not worked out one by one, where they come to so few together.
        """
        matrix = np.zeros((len(self._rows), len(self._place)))
        for place, row in enumerate(self._rows):
            matrix[place, list(row)] = list(row.values())
        inverse = np.linalg.pinv(matrix, rcond=1e-10)
        solution, reach = inverse @ np.array(self._values, dtype=float), inverse @ matrix
        keys, found = list(self._place), []
        alone = np.abs(np.diag(reach) - 1) < 1e-7
        together = [[place for place in places if not alone[place]] for places in self._wholes]
        for places in [*([place] for place in np.flatnonzero(alone).tolist()), *filter(None, together)]:
            asked = np.zeros(len(keys))
            asked[places] = 1
            if np.abs(asked @ reach - asked).max() < 1e-6:
                counts = [round(count) for count in (asked @ solution).tolist()]
                if any(abs(count) in SMALL for count in counts):
                    found.append(([keys[place] for place in places], counts))
        return found

    def _of(self, key: Key) -> int:
        return self._place.setdefault(key, len(self._place))
