"""What victims say: the newest wave of the force's survey that a report can tell (docs/satisfaction.md)."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final

from msgspec import UNSET, UnsetType

from compliance.policy.calendars import LocalDates
from compliance.reports.judging.rates import change_over_time, counted_share
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.satisfaction_model import Satisfaction, SatisfiedUnit
from compliance.reports.organisation import Organisation
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.store.kept.surveys import FormerResult, WaveResult

_A_MOMENT: Final = timedelta(microseconds=1)
"""What the end of a day is before the next one."""


def told_before(former: Iterable[FormerResult], local: LocalDates) -> list[WaveResult]:
    """Return what waves said that a report can have told before it was replaced: periods are settled at midnight."""
    found = []
    for each in former:
        last_midnight = local.start_of(local.date_of(each.replaced_at - _A_MOMENT))
        if each.imported_at <= last_midnight:
            found.append(each.result)
    return found


def name_divisions(by_map: Organisation | None, day: date) -> Callable[[str], str | None]:
    """Return what says how a division is called on a local date, None for one that the organisation has not then.

    Where the organisation names no division, every name is one, as in the records.
    """
    if by_map is None or not by_map.divisions:
        return lambda name: name
    units = by_map.on(day)
    return lambda name: units.place(name, None)[0]


def find_satisfaction(
    results: Iterable[WaveResult],
    period: Span,
    division: str | None = None,
    target: float | None = None,
    place: Callable[[str], str | None] = lambda name: name,
    former: Iterable[WaveResult] = (),
) -> Satisfaction | UnsetType:
    """Return what a report of a period tells of the waves known at K, for the board or one division; UNSET: nothing.

    `place`: returns what a division of a wave is called at the period's end; None: it is no one division then.
    `former`: what waves of the force said when earlier reports told them.
    """
    known: dict[Span, Counter[str]] = {}
    satisfied: dict[Span, Counter[str]] = {}
    for each in results:
        wave, unit = parse_period(each.wave), place(each.unit) if each.unit else ""
        if wave.last <= period.last and unit is not None:
            known.setdefault(wave, Counter())[unit] += each.answers
            satisfied.setdefault(wave, Counter())[unit] += each.satisfied
    asked = division or ""
    waves = sorted((wave for wave in known if known[wave][asked]), key=lambda wave: (wave.last, wave.first))
    if not waves:
        return UNSET
    newest = waves[-1]

    def share(wave: Span, unit: str) -> Proportion:
        return counted_share(satisfied[wave][unit], known[wave][unit])

    earlier = [wave for wave in waves if wave.kind == newest.kind and wave != newest]
    before = share(earlier[-1], asked) if earlier else None
    units = [SatisfiedUnit(name, share(newest, name)) for name in sorted(known[newest]) if name and known[newest][name]]
    shown = tuple(unit for unit in units if not unit.share.few) if division is None else ()
    said = {(each.answers, each.satisfied) for each in former if each.wave == str(newest)} if division is None else ()
    others = [wave for wave in waves if wave != newest and wave.last >= newest.first] if division is None else []
    return Satisfaction(
        wave=str(newest),
        share=share(newest, asked),
        target=target,
        before=str(earlier[-1]) if earlier else "",
        share_before=before,
        change=None if before is None else change_over_time(share(newest, asked), before),
        divisions=shown,
        too_few=len(units) - len(shown) if division is None else 0,
        stood_before=tuple(counted_share(count, of) for of, count in sorted(said)),
        overlaps=tuple(map(str, others)),
    )
