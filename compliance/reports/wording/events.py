"""Changes that belong together: one event is one statement (statistics 2.2c).

Changes of one unit are one event. Units, and the whole, that changed in the same direction within two weeks of each
other are one event too. So is the whole with units that changed with it, and with those that alone put it outside.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from compliance.reports.model.changes import PART_NAMES, PAST_FIGURE, Outside, Part, Turn
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period

TOGETHER: Final = timedelta(weeks=2)
"""How far apart changes may begin that are one event."""


@dataclass(frozen=True)
class Change:
    """One unit (empty: the whole) that changed in one series: since when, from which rate to which, at what cost."""

    unit: str
    requirement: str
    part: Part
    since: date
    base: float | None
    now: float | None
    missed: float
    with_whole: bool = False

    week: str = ""
    """Of the whole: the newest week outside its limits."""

    @property
    def figure(self) -> str:
        """The name of the figure that lists its cases."""
        if self.unit:
            return f"{PAST_FIGURE[self.part]}.{self.requirement}/{self.unit}"
        return f"week{'-' + PART_NAMES[self.part] if self.part else ''}.{self.requirement}/{self.week}"


@dataclass(frozen=True)
class ChangeEvent:
    """Changes that are told in one statement. The first is the one that cost most."""

    changes: tuple[Change, ...]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> "ChangeEvent":
        """Return changes in order."""
        return cls(tuple(sorted(changes, key=lambda each: (-each.missed, each.unit, each.requirement, each.part))))

    @property
    def units(self) -> tuple[str, ...]:
        """The units that changed, by name."""
        return tuple(sorted({change.unit for change in self.changes if change.unit}))

    @property
    def whole(self) -> tuple[Change, ...]:
        """The changes of the whole."""
        return tuple(change for change in self.changes if not change.unit)

    @property
    def since(self) -> date:
        """Since when: of the whole if that changed, else of the change that cost most."""
        return min(change.since for change in self.whole) if self.whole else self.changes[0].since

    @property
    def missed(self) -> float:
        """The updates missed, of each series once: of the whole where that changed, else of its units."""
        series = {(change.requirement, change.part) for change in self.whole}
        return sum(each.missed for each in self.changes if not each.unit or (each.requirement, each.part) not in series)


def find_events(figures: Figures, turn: Turn = "worse") -> list[ChangeEvent]:
    """Return the events in one direction, those that cost most first."""
    units: dict[str, list[Change]] = {}
    for change in _changes_of_units(figures, turn):
        units.setdefault(change.unit, []).append(change)
    of_whole = [each for each in figures.attention.outside if each.turn == turn]
    alone = [_change_of_whole(each) for each in of_whole if not set(each.units) & units.keys()]
    with_it = [name for name, changes in units.items() if alone and ChangeEvent.of(changes).changes[0].with_whole]
    whole = [*alone, *(change for name in with_it for change in units[name])]
    others = [changes for name, changes in units.items() if name not in with_it]
    events = [ChangeEvent.of(changes) for changes in _join_near([*others, *([whole] if whole else [])])]
    for each in of_whole:
        if set(each.units) & units.keys():
            nearest = max(events, key=lambda event: len(set(event.units) & set(each.units)))
            events[events.index(nearest)] = ChangeEvent.of([*nearest.changes, _change_of_whole(each)])
    return sorted(events, key=lambda event: (-event.missed, event.units))


def _join_near(groups: Sequence[list[Change]]) -> list[list[Change]]:
    """Join groups of changes that began within two weeks of the first of them."""
    joined: list[list[Change]] = []
    begins: list[date] = []
    for group in sorted(groups, key=lambda group: (ChangeEvent.of(group).since, group[0].unit)):
        since = ChangeEvent.of(group).since
        if begins and since - begins[-1] <= TOGETHER:
            joined[-1] += group
        else:
            joined.append(list(group))
            begins.append(since)
    return joined


def _changes_of_units(figures: Figures, turn: Turn) -> Iterator[Change]:
    for series in figures.own_past:
        for unit in series.units:
            if unit.turn == turn and unit.since is not None:
                yield Change(
                    unit.name, series.requirement, series.part, parse_period(unit.since).first, unit.base, unit.now,
                    unit.missed, unit.with_whole,
                )  # fmt: skip


def _change_of_whole(each: Outside) -> Change:
    since = parse_period(each.weeks[0]).first
    return Change("", each.requirement, each.part, since, each.base, each.now, each.missed, week=each.weeks[1])
