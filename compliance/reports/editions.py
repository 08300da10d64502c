"""The public edition: nothing from which a count from 1 to 4 could be read or worked out (statistics 1.6), and nothing
on single crimes (decision 0021).

What could be worked out follows from sums that are known: parts of a printed whole, a part beside its whole, a rate
beside a mean of rates, one report beside the next. Each of these is closed here, at the source of every form.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from compliance.reports.control import assurance, control_chart
from compliance.reports.findings import Group, Trend, Way
from compliance.reports.model import (
    Closing,
    Division,
    Figures,
    Intake,
    Overdue,
    Period,
    Quality,
    Requirement,
    SameDay,
)
from compliance.reports.proportions import Change, Proportion, Rate
from compliance.reports.quality import UNPRINTABLE
from compliance.reports.trends import values
from compliance.reports.unknown import FIELDS as UNKNOWN

SMALL: Final = range(1, 5)
PUBLIC: Final = "public"
_WITHHELD: Final = Proportion(0, 0, None, None, None, 1.0, withheld=True)
_NO_RATE: Final = Rate(_WITHHELD, None, None, None)
_ENTRIES: Final = ("late-entry", "entered-after-due", UNPRINTABLE)
"""Classes of data quality that look at how records were entered."""


def public(figures: Figures) -> Figures:
    """The board's figures as they may leave the force.

    A share is withheld where its count, or what is left of the whole, is from 1 to 4, and so is what would let such a
    count be worked out. What looks at single crimes, at entries, at earlier versions and at reminders stays inside; so
    does the provisional week, which beside the settled one would tell how many updates were typed in between.
    """
    weeks = figures.basis.trailing_weeks
    return replace(
        figures,
        edition=PUBLIC,
        provisional=None,
        requirements=tuple(_requirement(requirement, weeks) for requirement in figures.requirements),
        same_day=_same_day(figures.same_day),
        closing=_closing(figures.closing),
        quality=_quality(figures.quality),
        intake=Intake(),
        ways=_ways(figures.ways),
        questions=(),
        late_teams=None,
        restated=(),
        sample=None,
        reminders=None,
    )


def share(found: Proportion) -> Proportion:
    """A share, withheld where a count from 1 to 4 would follow from it."""
    return _WITHHELD if any(count in SMALL for count in _counts(found)) else found


def hidden_parts(parts: Sequence[tuple[int, int]]) -> list[bool]:
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


def _counts(found: Proportion) -> tuple[int, int]:
    return found.count, found.of - found.count


def _requirement(found: Requirement, trailing_weeks: int) -> Requirement:
    week, before, trend = _period(found.week, found.overdue), _period(found.before), _trend(found.trend)
    last_year = found.last_year and _period(found.last_year)
    # The trailing weeks are the sum of weeks that stand in the chart. With fewer weeks than the next report has, the
    # two would tell the new week of each group.
    full = found.trailing_held == trailing_weeks
    told = full and not any(each.withheld for each in trend.shares[-trailing_weeks:])
    divisions = _divisions(found.divisions, told)
    compared = all(division.trailing and not division.trailing.share.withheld for division in divisions)
    return replace(
        found,
        week=week,
        before=before,
        provisional=None,
        last_year=last_year,
        change=_change(found.change, week, before),
        change_last_year=_change(found.change_last_year, week, last_year),
        enhanced=_beside(found.enhanced, found.week),
        live=_beside(found.live, found.week),
        divisions=divisions,
        overdue=_overdue(found.overdue),
        trend=trend,
        units=(),
        funnel=found.funnel if compared else None,
        offences=_offences(found.offences) if told else (),
    )


def _period(found: Period, overdue: Overdue | None = None) -> Period:
    """A period whose misses are told apart only beside what was overdue then: in one of the bands, some fell due in the
    period, and the others would follow."""
    rate = found.rate
    split = [rate.late, rate.overdue, rate.missed]
    if overdue is not None and rate.overdue is not None:
        held = [overdue.count, *(band.count for band in overdue.bands)]
        split += [count - rate.overdue for count in held if count is not None]
    told = share(rate.share)
    if overdue is None or told.withheld or any(count in SMALL for count in split):
        rate = Rate(told, None, None, None)
    return Period(found.week, rate, found.silent and share(found.silent))


def _change(found: Change | None, one: Period, other: Period | None) -> Change | None:
    """A difference from a rate that is shown would tell the one that is not."""
    return None if other is None or one.rate.share.withheld or other.rate.share.withheld else found


def _beside(found: Period, whole: Period) -> Period:
    """A part of the period, or the same by a stricter reading: what is not in it must not follow."""

    def safe(one: Proportion, other: Proportion) -> Proportion:
        return _WITHHELD if _tells(one, other) else share(one)

    silent = safe(found.silent, whole.silent) if found.silent and whole.silent else None
    return Period(found.week, Rate(safe(found.rate.share, whole.rate.share), None, None, None), silent)


def _tells(one: Proportion, other: Proportion) -> bool:
    """Whether a count from 1 to 4 follows from two shares of which one holds the other."""
    differences = [abs(a - b) for a, b in zip(_counts(one), _counts(other), strict=True)]
    return any(count in SMALL for count in (*differences, abs(one.of - other.of)))


def _trend(found: Trend) -> Trend:
    """Without what was overdue then. The limits are those of the points that are shown: a mean would tell the rest."""
    shares = tuple(map(share, found.shares))
    silent = None if found.silent is None else tuple(map(share, found.silent))
    control, assured = found.control, found.assurance
    if any(each.withheld for each in shares):
        anew = [(lines.first, lines.reason) for lines in control.limits if lines.reason is not None]
        control = control_chart(values(shares), anew)
        assured = assurance(found.target, control.limits[-1]) if found.target is not None and control.limits else None
    return replace(found, shares=shares, silent=silent, overdue=(), control=control, assurance=assured)


def _divisions(found: Sequence[Division], told: bool) -> tuple[Division, ...]:
    """Over the trailing weeks, if these are told, and the silent victims. Never a single week of one: it would follow
    from two reports, whose trailing weeks overlap, and the week that has gone."""
    silent = [division.silent for division in found if division.silent]
    quiet = iter(hidden_parts([_counts(each) for each in silent]))
    trailing = [division.trailing for division in found if division.trailing]
    hidden = iter(hidden_parts([_counts(each.share) for each in trailing]))
    return tuple(
        _division(
            division,
            division.silent and (_WITHHELD if next(quiet) else division.silent),
            division.trailing is not None and not next(hidden) and told,
        )
        for division in found
    )


def _division(found: Division, silent: Proportion | None, compared: bool) -> Division:
    over, rest = found.trailing, found.rest
    if not compared or over is None or rest is None:
        return Division(found.name, _NO_RATE, silent, over and _NO_RATE, None, None)
    over, rest = Rate(over.share, None, None, None), Rate(rest.share, None, None, None)
    return Division(found.name, _NO_RATE, silent, over, rest, found.change)


def _offences(found: Sequence[Group]) -> tuple[Group, ...]:
    hidden = hidden_parts([_counts(group.share) for group in found])
    return tuple(group for group, is_hidden in zip(found, hidden, strict=True) if not is_hidden)


def _overdue(found: Overdue) -> Overdue:
    counts = [found.count, found.victims, *(band.count for band in found.bands)]
    if not any(count in SMALL for count in counts):
        return found
    return Overdue(None, None, tuple(replace(band, count=None) for band in found.bands))


def _same_day(found: SameDay | None) -> SameDay | None:
    """All three readings or none: each holds the next, and what is between them would follow."""
    if found is None:
        return None
    readings = (found.policy, found.counting, found.original)
    victims = (found.only_same_day or 0, found.updated_later or 0)
    small = any(count in SMALL for each in readings for count in _counts(each))
    small = small or any(_tells(one, other) for one in readings for other in readings)
    small = small or any(count in SMALL for count in (*victims, victims[0] - victims[1]))
    return None if small else found


def _closing(found: Closing) -> Closing:
    return Closing(_count(found.cases), share(found.without_a_word), _count(found.across_due_date))


def _quality(found: Sequence[Quality]) -> tuple[Quality, ...]:
    """What was found in the period. How much is held in all would tell, from one report to the next, what is new.
    Values that nobody knows could be anything, and beside contact by method tell of counts that are hidden there."""
    kept = (item for item in found if item.in_week is not None and item.key not in _ENTRIES)
    kept = (item for item in kept if item.key.partition("/")[0] not in UNKNOWN)
    return tuple(replace(item, in_week=_count(item.in_week), held=None) for item in kept)


def _ways(found: Sequence[Way]) -> tuple[Way, ...]:
    """Their attempts add up to those that data quality counts."""
    hidden = hidden_parts([(way.informed or 0, way.attempted or 0) for way in found])
    return tuple(
        Way(way.method, None, None) if is_hidden else way for way, is_hidden in zip(found, hidden, strict=True)
    )


def _count(count: int | None) -> int | None:
    return None if count in SMALL else count
