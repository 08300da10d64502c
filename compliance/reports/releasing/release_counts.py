"""The facts of a release that are counted from a report's own records and figures (`release_facts`)."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from compliance.policy.calendars import Days, Ints, to_day
from compliance.records.columns import Columns
from compliance.reports.judging.judged import Judgements
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.release_facts import DivisionCrimes, ReleaseFacts, UnequalSum
from compliance.reports.model.report_model import DivisionFigures, Figures, Period, RequirementFigures
from compliance.reports.releasing.release import WEEKS_BEFORE, WEEKS_OF_DIVISIONS


def count_release(judged: Judgements, board: Figures) -> ReleaseFacts:
    """Return what a report's own records and the board's figures say of it: the rest of the facts are the service's."""
    span, before = judged.period.span, judged.before.span
    start, end = span.days
    reported, earlier = _reported(judged, judged.verdicts.columns), _reported(judged, judged.before_columns)
    begun = judged.options.records_begin
    first = None if begun is None else to_day(begun)
    weeks = [(start - 7 * (back + 1), start - 7 * back - 1) for back in range(WEEKS_BEFORE)]
    crimes, crimes_before = _count(reported, start, end), _count(earlier, *before.days)
    sums = list(_sums(board))
    return ReleaseFacts(
        kind=span.kind,
        before=str(before),
        settled=span.settling_instant(judged.policy.local),
        due=sum(requirement.week.rate.share.of for requirement in board.requirements),
        repeated=crimes == crimes_before and all(map(_is_repeated, board.requirements)),
        crimes=crimes,
        days=end - start + 1,
        weekly=tuple(_count(reported, *week) for week in weeks if first is not None and week[0] >= first),
        sums=len(sums),
        unequal=tuple(each for each in sums if each.total != each.parts),
        compared=first is not None and before.days[0] >= first,
        divisions=tuple(_divisions(judged, reported, earlier)),
    )


def count_usual(judged: Judgements, records: int) -> int:
    """Return how many of so many records have no victim by the share of the crimes reported in the 26 weeks before.

    Some crimes, such as the possession of drugs, have none. Only more of them than usual is a fault of the records.
    """
    columns, start = judged.verdicts.columns, judged.period.span.days[0]
    day = _reported(judged, columns)
    before = (day >= start - 7 * WEEKS_BEFORE) & (day < start)
    empty = int((before & (np.diff(columns.victims_of) == 0)).sum())
    return round(records * empty / max(int(before.sum()), 1))


def _reported(judged: Judgements, columns: Columns) -> Days:
    return judged.policy.local.of(columns.reported_at)


def _count(days: Days, first: int, last: int) -> int:
    return int(((days >= first) & (days <= last)).sum())


def _is_repeated(requirement: RequirementFigures) -> bool:
    return _numbers(requirement.week) == _numbers(requirement.before)


def _numbers(period: Period) -> tuple[int | None, ...]:
    rate, silent = period.rate, period.silent
    of_silent = (None, None) if silent is None else (silent.count, silent.of)
    return rate.share.count, rate.share.of, rate.late, rate.overdue, rate.missed, *of_silent


def _divisions(judged: Judgements, reported: Days, earlier: Days) -> Iterator[DivisionCrimes]:
    (start, end), (first, last) = judged.period.span.days, judged.before.span.days
    now = _by_division(judged.verdicts.columns, judged.as_recorded, reported, start, end)
    before = _by_division(judged.before_columns, judged.before_recorded, earlier, first, last)
    long_before = _by_division(
        judged.before_columns, judged.before_recorded, earlier, start - 7 * WEEKS_OF_DIVISIONS, first - 1
    )
    for name in sorted({*now, *before}):
        yield DivisionCrimes(name, now[name], before[name], long_before[name])


def _by_division(columns: Columns, recorded: Columns | None, days: Days, first: int, last: int) -> Counter[str]:
    """Return the crimes reported on some days by division: that of the map or, if it has none, that of the record."""
    rows: Ints = np.flatnonzero((days >= first) & (days <= last))
    found: Counter[str] = Counter()
    for source in (columns, recorded):
        if source is not None:
            codes = source.division.codes[rows]
            named, counts = np.unique(codes[codes >= 0], return_counts=True)
            found.update({str(source.division.value(code)): int(n) for code, n in zip(named, counts, strict=True)})
            rows = rows[codes < 0]
    return found


def _sums(board: Figures) -> Iterator[UnequalSum]:
    """Yield every total that its parts must add up to, with their sum."""
    for requirement in board.requirements:
        rate, name = requirement.week.rate, requirement.id
        given = (rate.share.count, rate.late, rate.overdue, rate.missed)
        yield UnequalSum(f"rate.{name}", rate.share.of, sum(count or 0 for count in given))
        bands = sum(band.count or 0 for band in requirement.overdue.bands)
        yield UnequalSum(f"overdue.{name}", requirement.overdue.count or 0, bands)
        yield from _sums_of_units(f"division.{name}", requirement, requirement.divisions)
        if requirement.areas is not msgspec.UNSET:
            yield from _sums_of_units(f"area.{name}", requirement, requirement.areas)


def _sums_of_units(
    name: str, requirement: RequirementFigures, units: tuple[DivisionFigures, ...]
) -> Iterator[UnequalSum]:
    if not units:
        return
    yield from _same(name, requirement.week.rate.share, [unit.week.share for unit in units])
    if requirement.week.silent is not None:
        silent = [unit.silent for unit in units if unit.silent is not None]
        yield from _same(f"silent of {name}", requirement.week.silent, silent)
    trailing = [unit.trailing.share for unit in units if unit.trailing is not None]
    if trailing and requirement.offences:
        offences = [group.share for group in requirement.offences]
        yield UnequalSum(f"trailing of {name}", sum(each.of for each in offences), sum(each.of for each in trailing))


def _same(name: str, total: Proportion, parts: Sequence[Proportion]) -> Iterator[UnequalSum]:
    yield UnequalSum(name, total.of, sum(part.of for part in parts))
    yield UnequalSum(f"{name}, met", total.count, sum(part.count for part in parts))
