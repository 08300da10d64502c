"""Each division (or team) against its own past, by two questions: statistics 1.5b (decision 0054)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
from msgspec.structs import replace

from compliance.reports.catalogue.edition import Edition
from compliance.reports.comparing.past_series import PastRows
from compliance.reports.comparing.unit_presence import Presence, count_presence, find_unlike
from compliance.reports.judging.judged import TRAILING, Judgements
from compliance.reports.judging.weeks_compared import COMPARED, parts_of
from compliance.reports.methods.control import control_chart
from compliance.reports.methods.statistics import BASE, FEW, SUMMED, benjamini_hochberg, cumulative_sum, paired_change
from compliance.reports.model.changes import TURNS, Outside, OwnPast, PastSeries, Turn

LEVEL: Final = 0.01
"""The false discovery rate of 13 weeks against 13 (statistics 1.5b)."""
_LONG: Final = BASE + SUMMED
_FEWEST_WEEKS: Final = 2
"""The fewest weeks on either side of the one since which a rate is said to have changed."""


def compare_with_own_past(
    judged: Judgements, edition: Edition, outside: Sequence[Outside] = ()
) -> tuple[PastSeries, ...]:
    """Return the units of an edition against their own past, in each series that the policy has.

    `outside`: where the whole lies outside its limits now.
    """
    begins = {turn: min((each.weeks[0] for each in outside if each.turn == turn), default="") for turn in TURNS}
    presence = count_presence(judged, edition)
    made = [
        _Comparison(PastRows.of(judged, edition, asked, part), presence, edition.unit == "team")
        for asked in judged.policy.requirement
        if not asked.event
        for part in parts_of(asked)
    ]
    found = [unit for comparison in made for unit in comparison.units]
    tested = [unit for unit in found if unit.p is not None]
    rejected = benjamini_hochberg([unit.p for unit in tested if unit.p is not None], LEVEL)
    chance = {id(unit) for unit, changed in zip(tested, rejected, strict=True) if not changed}
    return tuple(
        comparison.state(
            [replace(unit, paired=None) if id(unit) in chance else unit for unit in comparison.units], begins
        )
        for comparison in made
    )


class _Comparison:
    """The units of one series against their own past."""

    def __init__(self, rows: PastRows, presence: Presence, are_teams: bool) -> None:
        """`presence`: in all weeks of the report. `are_teams`: whether the units have few officers (decision 0062)."""
        self._rows, self._weeks, self._are_teams = rows, range(len(rows.weeks)), are_teams
        self._presence = [presence.get(str(week), {}) for week in rows.weeks]
        self._outside = cache(self._find_outside)
        self.units = tuple(self._compare()) if len(self._weeks) >= COMPARED else ()

    def state(self, units: Sequence[OwnPast], begins: Mapping[Turn, str]) -> PastSeries:
        """Return the series with its units, each with since when it changed and what was missed since.

        `begins`: the week since which the whole lies outside its limits in each direction, empty if it does not.
        """
        rows = self._rows
        told = tuple(
            self._date(self._relate(unit, begins[unit.turn]), begins[unit.turn]) if unit.turn else unit
            for unit in units
        )
        return PastSeries(rows.requirement, rows.part, len(self._weeks), rows.broken, told)

    def _compare(self) -> Iterator[OwnPast]:
        """Yield the units with something due in the 26 weeks, by name, as both questions find them."""
        names = self._rows.names
        unlike, unlike_long = (find_unlike(self._presence[-count:]) for count in (COMPARED, _LONG))
        recent, before = list(self._weeks[-TRAILING:]), list(self._weeks[-COMPARED:-TRAILING])
        for unit in sorted(range(len(names)), key=names.__getitem__):
            counts = self._rows.counts[unit]
            (met, due), (met_before, due_before) = (counts[:, weeks].sum(axis=1).tolist() for weeks in (recent, before))
            found = OwnPast(names[unit], met, due, met_before, due_before, unlike=unlike.get(names[unit], ""))
            if not found.unlike and min(due, due_before) >= FEW:
                p, turn = self._ask_paired(unit, recent, before)
                found = replace(found, p=p, paired=turn)
            if names[unit] not in unlike_long:
                found = replace(found, summed=self._ask_summed(unit))
            if due or due_before:
                yield found

    def _find_outside(self, unit: int) -> frozenset[int]:
        """Return the weeks outside the unit’s own limits, if what they stand for is over; else none (decision 0054)."""
        rates = self._rows.rates(unit, self._weeks)
        chart = control_chart([None if rate is None else 100 * rate for rate in rates])
        outside = frozenset(signal.place for signal in chart.signals if signal.rule == "outside")
        return outside if outside and self._is_over(unit, outside) else frozenset()

    def _is_over(self, unit: int, outside: Collection[int]) -> bool:
        """Return whether the weeks after the last outside are nearer to those before than to those outside."""
        last = max(outside)
        newest = [week for week in outside if week > last - TRAILING]
        spans = ([week for week in self._weeks if week < min(newest) and week not in outside], newest,
                 list(self._weeks[last + 1 :]))  # fmt: skip
        counts = [self._rows.counts[unit][:, weeks].sum(axis=1).tolist() for weeks in spans]
        if last in self._weeks[-2:] or not all(due for _, due in counts):
            return False
        before, apart, after = (met / due for met, due in counts)
        return abs(after - before) < abs(after - apart)

    def _ask_paired(self, unit: int, recent: list[int], before: list[int]) -> tuple[float | None, Turn | None]:
        """Ask 13 weeks against 13, and again without those outside: what only they make is an echo."""
        p, turn = self._pair(unit, recent, before)
        outside = self._outside(unit)
        if p is None or not outside:
            return p, turn
        again, still = self._pair(unit, *([w for w in weeks if w not in outside] for weeks in (recent, before)))
        return (1.0 if again is None or still != turn else max(p, again)), turn

    def _pair(self, unit: int, recent: list[int], before: list[int]) -> tuple[float | None, Turn | None]:
        tested = paired_change(*self._rows.by_officer(unit, recent, before))
        if tested is None:
            return None, None
        p = tested.p_of_few if self._are_teams else tested.p
        return p, None if tested.now == tested.before else "worse" if tested.now < tested.before else "better"

    def _ask_summed(self, unit: int) -> Turn | None:
        """Ask the cumulative sum, and again without weeks outside."""
        turn, _ = self._sum(unit)
        outside = self._outside(unit)
        return turn if turn is None or not outside or self._sum(unit, outside)[0] == turn else None

    def _sum(self, unit: int, without: Collection[int] = ()) -> tuple[Turn | None, int]:
        """Return the change that the cumulative sum finds, and the week since which it is."""
        weeks = [week for week in self._weeks if week not in without][-_LONG:]
        summed = cumulative_sum(self._rows.rates(unit, weeks)) if len(weeks) == _LONG else None
        if summed is None or (summed.fell is None) == (summed.rose is None):
            return None, 0
        return ("worse", weeks[summed.fell]) if summed.fell is not None else ("better", weeks[summed.rose or 0])

    def _relate(self, found: OwnPast, begins: str) -> OwnPast:
        """Return a changed unit with whether it changed with the whole, which lies outside since the week `begins`."""
        if not begins:
            return found
        unit = self._rows.names.index(found.name)
        without = {week for week in self._weeks if str(self._rows.weeks[week]) >= begins}
        recent, before = ([week for week in weeks if week not in without]
                          for weeks in (self._weeks[-TRAILING:], self._weeks[-COMPARED:-TRAILING]))  # fmt: skip
        p, turn = self._pair(unit, recent, before)
        stands = p is not None and p <= LEVEL and turn == found.turn
        return replace(found, with_whole=not stands and self._sum(unit, without)[0] != found.turn)

    def _date(self, found: OwnPast, begins: str) -> OwnPast:
        """Return a changed unit with the week since which it changed, and the updates missed since (6).

        One that changed with the whole changed in the week `begins`: without these weeks there is no change to date.
        """
        unit = self._rows.names.index(found.name)
        since = self._sum(unit)[1] if found.summed else self._split(unit)
        if found.with_whole:
            since = next(week for week in self._weeks if str(self._rows.weeks[week]) >= begins)
        earlier, after = (
            self._weeks[max(0, since - TRAILING) : since],
            self._weeks[max(since, len(self._weeks) - TRAILING) :],
        )
        met, due = self._rows.counts[unit][:, earlier].sum(axis=1).tolist()
        missed = 0.0
        if found.turn == "worse" and due:
            weighed = self._rows.weighed[unit]
            (met_w, due_w), (met_now, due_now) = (weighed[:, weeks].sum(axis=1).tolist() for weeks in (earlier, after))
            missed = max(0.0, due_now * met_w / due_w - met_now)
        met_since, due_since = self._rows.counts[unit][:, since:].sum(axis=1).tolist()
        return replace(
            found, since=str(self._rows.weeks[since]), base=met / due if due else None,
            now=met_since / due_since if due_since else None, missed=missed,
        )  # fmt: skip

    def _split(self, unit: int) -> int:
        """Return the week that parts the 26 into the two spans that differ most, by the sum of squares between them."""
        first = len(self._weeks) - COMPARED
        met, due = np.cumsum(self._rows.counts[unit][:, first:], axis=1).astype(np.float64)
        places = np.arange(_FEWEST_WEEKS, COMPARED - _FEWEST_WEEKS + 1)
        before, after = due[places - 1], due[-1] - due[places - 1]
        apart = met[places - 1] * due[-1] - met[-1] * before
        between = np.divide(apart**2, before * after, out=np.zeros(len(places)), where=before * after > 0)
        return first + int(places[between.argmax()])
