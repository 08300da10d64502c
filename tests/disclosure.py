"""Somebody with the public reports, a pencil and time: what can be worked out of what is printed, by the sums that hold.

(`compliance/reports/releasing/printed_sums.py` works it out.)
"""

from collections.abc import Sequence

from compliance.reports.model.report_model import DivisionFigures, Figures, RequirementFigures
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.weeks import Week
from compliance.reports.releasing.printed_sums import Key, PrintedSums


def worked_out(reports: Sequence[Figures]) -> list[tuple[list[Key], list[int]]]:
    """Every count from 1 to 4 that follows from weekly reports of one force that follow one another."""
    found = []
    for place in range(len(reports[0].requirements)):
        sums = PrintedSums()
        for figures in reports:
            _rates(sums, figures.requirements[place], figures)
        _weeks(sums, [figures.requirements[place] for figures in reports], reports)
        found += sums.small()
    for figures in reports:
        sums = PrintedSums()
        _rest(sums, figures)
        found += sums.small()
    sums = PrintedSums()
    _surveys(sums, reports)
    return found + sums.small()


def _rates(sums: PrintedSums, asked: RequirementFigures, figures: Figures) -> None:
    week = figures.period
    for period in (asked.week, asked.before, asked.last_year):
        if period is not None:
            sums.share([("force", period.week)], period.rate.share)
            sums.share([("silent", period.week)], period.silent)
    for name, share, silent in zip(
        asked.trend.weeks, asked.trend.shares, asked.trend.silent or [None] * len(asked.trend.weeks), strict=True
    ):
        sums.share([("force", name)], share)
        sums.share([("silent", name)], silent)
    sums.share([("enhanced", week)], asked.enhanced.rate.share)
    sums.parts(("force", week), [("enhanced", week), ("others", week)])
    sums.share([("silent enhanced", week)], asked.enhanced.silent)
    sums.parts(("silent", week), [("silent enhanced", week), ("silent others", week)])
    for division in asked.divisions:
        sums.share([("division", division.name, week)], division.week.share)
        sums.share([("silent", division.name, week)], division.silent)
    if asked.repeats and asked.divisions:
        sums.parts(("silent", week), [("silent", division.name, week) for division in asked.divisions])
    for area, divisions in _areas(asked, figures):
        sums.share([("silent", name, week) for name in divisions], area.silent)
        sums.share([("division", name, week) for name in divisions], area.week.share)


def _areas(asked: RequirementFigures, figures: Figures) -> list[tuple[DivisionFigures, list[str | None]]]:
    """Each area with the names of the divisions whose sum it is."""
    members = figures.areas if isinstance(figures.areas, tuple) else ()
    area_of = {division: area.name for area in members for division in area.divisions}
    names: list[str | None] = [division.name for division in asked.divisions]
    areas = asked.areas if isinstance(asked.areas, tuple) else ()
    return [(area, [name for name in names if area_of.get(name or "") == area.name]) for area in areas]


def _weeks(sums: PrintedSums, asked: Sequence[RequirementFigures], reports: Sequence[Figures]) -> None:
    """Every week is the sum of its divisions, and of its offence groups, printed or not; the trailing weeks are the sum
    of theirs. Where no group is said to be withheld, others may have been left out."""
    weeks = {week for requirement in asked for week in requirement.trend.weeks}
    divisions = list(dict.fromkeys(d.name for requirement in asked for d in requirement.divisions))
    groups: list[str | None] = list(dict.fromkeys(g.name for requirement in asked for g in requirement.offences))
    if not any(group.share.withheld for requirement in asked for group in requirement.offences):
        groups.append("any other")
    for week in sorted(weeks):
        if divisions:
            sums.parts(("force", week), [("division", name, week) for name in divisions])
        sums.parts(("force", week), [("offence", name, week) for name in groups])
    for requirement, figures in zip(asked, reports, strict=True):
        end = Week.parse(figures.period)
        window = [str(end.plus(-back)) for back in range(figures.basis.trailing_weeks)]
        sums.parts(("force until", end), [("force", week) for week in window])
        for kind, names in (("division", divisions), ("offence", groups)):
            for name in names:
                sums.parts((kind, name, "until", end), [(kind, name, week) for week in window])
            if names:
                sums.parts(("force until", end), [(kind, name, "until", end) for name in names])
        for division in requirement.divisions:
            sums.share(
                [("division", division.name, "until", end)], division.trailing.share if division.trailing else None
            )
            others = [("division", name, "until", end) for name in divisions if name != division.name]
            sums.share(others, division.rest.share if division.rest else None)
        for area, own in _areas(requirement, figures):
            until = [("division", name, "until", end) for name in own]
            sums.share(until, area.trailing.share if area.trailing else None)
            others = [("division", name, "until", end) for name in divisions if name not in own]
            sums.share(others, area.rest.share if area.rest else None)
        for group in requirement.offences:
            if requirement.trailing_held == len(window):
                sums.share([("offence", group.name, "until", end)], group.share)


def _surveys(sums: PrintedSums, reports: Sequence[Figures]) -> None:
    """What a wave said in one report and says in a later one differs by those whose answers came or went between. A wave
    has the answers to the shorter ones within it, and to the days that none of them asks about."""
    newest: dict[str, Key] = {}
    for place, figures in enumerate(reports):
        found = figures.satisfaction
        if isinstance(found, Satisfaction):
            now: Key = ("survey", found.wave, place)
            sums.share([now], found.share)
            if found.wave in newest:
                sums.parts(now, [newest[found.wave], ("came between", found.wave, place)])
            if found.wave not in newest or not found.share.withheld:
                newest[found.wave] = now
    spans = {wave: parse_period(wave) for wave in newest}
    for wave, span in spans.items():
        within = [
            each
            for each, other in spans.items()
            if each != wave and span.first <= other.first <= other.last <= span.last
        ]
        asked = {day for each in within for day in range(spans[each].days[0], spans[each].days[1] + 1)}
        rest: list[Key] = [] if len(asked) == span.days[1] - span.days[0] + 1 else [("survey rest", wave)]
        if within:
            sums.parts(newest[wave], [*(newest[each] for each in within), *rest])


def _rest(sums: PrintedSums, figures: Figures) -> None:
    """What is no rate of a requirement: overdue by age, the three readings, contacts."""
    for asked in figures.requirements:
        bands, rate = asked.overdue.bands, asked.week.rate
        for key, count in [("overdue", asked.overdue.count), *((f"band {band.first}", band.count) for band in bands)]:
            _count(sums, (asked.id, key), count)
        sums.parts((asked.id, "overdue"), [(asked.id, f"band {band.first}") for band in bands])
        for key, count in (("late", rate.late), ("overdue now", rate.overdue), ("missed", rate.missed)):
            _count(sums, (asked.id, key), count)
        if not rate.share.withheld:
            _count(sums, (asked.id, "not met"), rate.share.of - rate.share.count)
            _count(sums, (asked.id, "met"), rate.share.count)
        sums.parts((asked.id, "not met"), [(asked.id, key) for key in ("late", "overdue now", "missed")])
        # What fell due in the week has been overdue for 8 to 14 days when the week is settled.
        sums.parts((asked.id, "band 8"), [(asked.id, "overdue now"), (asked.id, "overdue for 15 to 28 days")])
        live = asked.live.rate.share
        if not live.withheld and live.of == rate.share.of:
            _count(sums, (asked.id, "met live"), live.count)
            sums.parts((asked.id, "met"), [(asked.id, "met live"), (asked.id, "met otherwise")])
    if asked_three := figures.same_day:
        named = (("original", asked_three.original), ("policy", asked_three.policy), ("counting", asked_three.counting))
        for name, share in named:
            if not share.withheld:
                _count(sums, name, share.count)
        sums.parts("policy", ["original", "met on the day of recording alone"])
        sums.parts("counting", ["policy", "met on the day of the report alone"])
        _count(sums, "only same day", asked_three.only_same_day)
        _count(sums, "updated later", asked_three.updated_later)
        sums.parts("only same day", ["updated later", "never updated"])
    quality = {item.key: item for item in figures.quality}
    for way in figures.ways:
        _count(sums, ("attempted", way.method), way.attempted)
        _count(sums, ("informed", way.method), way.informed)
    _count(sums, "attempts", quality["attempt"].in_week)
    sums.parts("attempts", [("attempted", way.method) for way in figures.ways])
    for item in quality.values():
        _count(sums, ("found in the week", item.key), item.in_week)
        _count(sums, ("found in all", item.key), item.held)
        if item.in_week is not None:
            sums.parts(("found in all", item.key), [("found in the week", item.key), ("found before", item.key)])


def _count(sums: PrintedSums, key: Key, count: int | None) -> None:
    if count is not None:
        sums.told([key], (count, 0))
