"""The report in words: numbers as text, and the sentences of the summary, right in every case."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from math import ceil
from typing import Final, NamedTuple

from compliance import text
from compliance.reports.model import Change, Division, Figures, Period, Proportion, Requirement, SameDay
from compliance.reports.periods import parse_period

UNLIKELY: Final = "unlikely to have occurred by chance"
NO_DIFFERENCE: Final = "no significant difference"
NOT_AVAILABLE: Final = "not available"
WITHHELD: Final = "withheld, because a count from 1 to 4 would show or could be worked out"
"""Why a figure does not leave the force (statistics 1.6)."""
MINUS: Final = "−"


class Line(NamedTuple):
    """One line of the summary: what it is about, and one or two sentences."""

    about: str
    text: str


def percent(share: float | None) -> str:
    """A proportion as a percentage, where there is one."""
    return NOT_AVAILABLE if share is None else text.percent(share)


def interval(share: Proportion) -> str:
    """The 95 % interval of a share."""
    return NOT_AVAILABLE if share.low is None else f"{_bound(share.low)} to {_bound(share.high)}"


def _bound(share: float | None) -> str:
    """An end of an interval, rounded: unlike a rate it says nothing of whether anything happened at all."""
    return percent(share) if share in (None, 0.0, 1.0) else f"{share:.1%}"


def number(count: int | None) -> str:
    """A whole number with thousands marked; a dash where it is not known."""
    return "–" if count is None else f"{count:,}"


def counted(count: int | None, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 victim, 2 victims; None: withheld (statistics 1.6)."""
    return f"a withheld number of {many or one + 's'}" if count is None else text.counted(count, one, many)


def signed(difference: float) -> str:
    """A difference of rates in percentage points with its sign."""
    points = round(difference * 100, 1)
    return "0.0" if points == 0 else f"{'+' if points > 0 else MINUS}{abs(points):.1f}"


def verdict(change: Change | None) -> str:
    """What a difference may be called (statistics 1.5, 1.6)."""
    if change is None:
        return NOT_AVAILABLE
    if not change.tested:
        return "too few to compare"
    return UNLIKELY if change.significant else NO_DIFFERENCE


def day(value: date) -> str:
    """A date: 2 May 2016."""
    return f"{value.day} {value:%B %Y}"


def span(first: date, last: date) -> str:
    """Two dates: 2 to 8 May 2016; 30 May to 5 June 2016; 28 December 2015 to 3 January 2016."""
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    return f"{first.day}{'' if first.month == last.month else f' {first:%B}'} to {day(last)}"


def instant(value: datetime) -> str:
    """An instant in UTC as RFC 3339."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def heading(text: str) -> str:
    """A text with a capital to begin with; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def reach(divisions: Sequence[Division]) -> int:
    """How far, in points, a drawing of the divisions' differences has to reach on both sides: a multiple of 10."""
    changes = [division.change for division in divisions if division.change and division.change.tested]
    furthest = max((max(-change.low, change.high) for change in changes), default=0.1)
    return max(10, 10 * ceil(furthest * 10))


def units(figures: Figures) -> tuple[str, str]:
    """What the report compares, and what with the rest of which: divisions of the force, or teams of a division."""
    return ("division", "force") if figures.unit is None else ("team", "division")


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names as a sentence has them, no more than so many: A, B and C; A, B and 2 others."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return text.listing(names)


def summary(figures: Figures) -> list[Line]:
    """The summary of a report, in the order in which it should be read."""
    reported = [requirement for requirement in figures.requirements if not requirement.event]
    if not any(r.week.rate.share.of or r.week.rate.share.withheld for r in figures.requirements):
        earliest = min(figures.requirements, key=lambda requirement: requirement.due_from or date.min)
        return [Line("No rate", nothing_due(earliest, figures)), _overdue(figures)]
    lines: list[Line] = []
    for requirement in reported:
        lines.append(Line(f"{heading(requirement.id)} rate", _rate(requirement, figures)))
        if requirement.week.silent:
            lines.append(Line("Silent victims", _silent(requirement.week.silent)))
    return [*lines, *_same_day(figures), _overdue(figures), *_compared(figures), *_provisional(figures, reported)]


def _rate(requirement: Requirement, figures: Figures) -> str:
    share, kind = requirement.week.rate.share, figures.kind
    if share.withheld:
        return f"The rate is {WITHHELD}."
    if share.of == 0:
        return nothing_due(requirement, figures)
    due = counted(share.of, "update")
    if share.few:
        were = "was" if share.of == 1 else "were"
        return f"{due} {were} due in the {kind}, {share.count} given in time: too few for a rate to mean much."
    start = (
        f"{number(share.count)} of the {due} due in the {kind} {'was' if share.count == 1 else 'were'} given in time"
    )
    if share.count == share.of:
        start = f"all {due} due in the {kind} were given in time"
    elif share.count == 0:
        start = f"none of the {due} due in the {kind} was given in time"
    return f"{percent(share.rate)}: {start} (95% interval {interval(share)}). {_moved(requirement, figures)}"


def nothing_due(requirement: Requirement, figures: Figures) -> str:
    """Why there is no rate (statistics 1.2b)."""
    kind, since = figures.kind, requirement.due_from
    if since is None or figures.first >= since:
        return f"No update was due in the {kind}, so there is no rate."
    begin = _records_begin(figures)
    if figures.last < since:
        return f"{begin}: nothing reported since could fall due in the {kind}, so there is no rate."
    return f"{begin}: the {kind} is not held in full, and nothing that is held was due in it."


def _records_begin(figures: Figures) -> str:
    begun = figures.basis.records_begin
    return "The records do not reach far back" if begun is None else f"The records begin on {day(begun)}"


def nothing_before(requirement: Requirement, figures: Figures) -> str:
    """Why there is nothing in the period before to compare a rate with, as the beginning of a sentence."""
    other, since = f"the {figures.kind} before", requirement.due_from
    if requirement.before.rate.share.withheld:
        return f"The rate of {other} is withheld"
    if since is not None and parse_period(requirement.before.week).first < since:
        return f"{_records_begin(figures)}: {other} is not held in full"
    return f"Nothing was due in {other}"


def _moved(requirement: Requirement, figures: Figures) -> str:
    kind, change = figures.kind, requirement.change
    if change is None or requirement.before.rate.share.withheld:
        parts = [f"{nothing_before(requirement, figures)}, so there is nothing to compare it with."]
    else:
        parts = [_against(change, f"the {kind} before")]
    if requirement.change_last_year:
        parts.append(_against(requirement.change_last_year, f"the same {kind} last year"))
    return " ".join(parts)


def _against(change: Change, other: str) -> str:
    if not change.tested:
        return f"Too little was due in {other} to compare it with."
    points = round(abs(change.difference) * 100, 1)
    if points == 0:
        return f"Compared with {other}: {verdict(change)}."
    higher = "higher" if change.difference > 0 else "lower"
    return f"That is {points:.1f} percentage points {higher} than {other}: {verdict(change)}."


def _silent(share: Proportion) -> str:
    if share.withheld:
        return f"The share is {WITHHELD}."
    of, long = counted(share.of, "victim"), "open for more than 28 days"
    if share.of == 0:
        return f"No victim's case had been {long}."
    if share.of == 1:
        return f"The only victim of a case {long} had {'no' if share.count else 'an'} update in the last 28 days."
    if share.count == share.of:
        told = f"none of the {of} of cases {long} had an update in the last 28 days"
    elif share.count == 0:
        told = f"each of the {of} of cases {long} had an update in the last 28 days"
    else:
        told = f"{number(share.count)} of the {of} of cases {long} had no update in the last 28 days"
    return f"{heading(told)}: too few for a share to mean much." if share.few else f"{percent(share.rate)}: {told}."


def _same_day(figures: Figures) -> Iterator[Line]:
    asked = figures.same_day
    if asked is None or asked.policy.few or asked.counting.withheld or asked.original.withheld:
        return
    yield Line(
        "Same day",
        f"Had an update on the day of the report counted, the {asked.requirement} rate would be "
        f"{percent(asked.counting.rate)}; as the original system counted, {percent(asked.original.rate)}. "
        f"{only_same_day(asked)} had an update on the day of the report and no other in time.",
    )


def only_same_day(asked: SameDay) -> str:
    """How many victims had only a same-day update, to begin a sentence."""
    return "No victim" if asked.only_same_day == 0 else heading(counted(asked.only_same_day, "victim"))


def _overdue(figures: Figures) -> Line:
    today = day(figures.basis.today)
    counts = [requirement.overdue.count for requirement in figures.requirements]
    total = sum(count or 0 for count in counts)
    if None in counts:
        return Line("Overdue", f"How many updates were overdue on {today} is {WITHHELD}.")
    if total == 0:
        return Line("Overdue", f"No update was overdue on {today}.")
    long = sum(b.count or 0 for requirement in figures.requirements for b in requirement.overdue.bands if b.first > 28)
    if total == 1:
        return Line("Overdue", f"1 update was overdue on {today}{', for more than 28 days' if long else ''}.")
    text = f"{number(total)} updates were overdue on {today}, {number(long) if long else 'none'} of them for more"
    return Line("Overdue", f"{text} than 28 days.")


def _compared(figures: Figures) -> Iterator[Line]:
    tested = [
        (requirement, division, division.change)
        for requirement in figures.requirements
        for division in requirement.divisions
        if division.change and division.change.tested
    ]
    if not tested:
        return
    unit, whole = units(figures)
    about = f"{heading(unit)}s"
    over = f"Over the last {figures.basis.trailing_weeks} settled weeks"
    flagged = [each for each in tested if each[2].significant]
    if not flagged:
        yield Line(about, f"{over}, {NO_DIFFERENCE} between any {unit} and the rest of the {whole}.")
        return
    parts = []
    for key in dict.fromkeys(requirement.id for requirement, _, _ in flagged):
        own = [(d.name or f"no recorded {unit}", c.difference) for r, d, c in flagged if r.id == key]
        sides = [(side, [f"{name} ({signed(by)})" for name, by in own if (by > 0) == (side == "above")])
                 for side in ("above", "below")]  # fmt: skip
        parts.append(f"the {key} rate was " + " and ".join(f"{s} in {listed(names)}" for s, names in sides if names))
    which = "This is" if len(flagged) == 1 else "Each of these is"
    yield Line(about, f"{over}, against the rest of the {whole}, in points: {'; '.join(parts)}. {which} {UNLIKELY}.")


def _provisional(figures: Figures, reported: list[Requirement]) -> Iterator[Line]:
    standing = [(requirement.id, requirement.provisional) for requirement in reported if requirement.provisional]
    if figures.provisional is None or not any(period.rate.share.of for _, period in standing):
        return
    span_ = parse_period(figures.provisional)
    parts = [_stands(name, period) for name, period in standing]
    yield Line(
        "Week just ended",
        f"{span(span_.first, span_.last)}: {', '.join(parts)}. Provisional: updates are still being typed in.",
    )


def _stands(name: str, period: Period) -> str:
    share = period.rate.share
    text = f"{number(share.count)} of {number(share.of)}" if share.few else percent(share.rate)
    text = NOT_AVAILABLE if share.of == 0 else text
    silent = f" (silent victims {percent(period.silent.rate)})" if period.silent else ""
    return f"{name} {text}{silent}"
