"""What is wrong with the entries of the organisation's file as a whole, and what to do about it."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from compliance.errors import nearest
from compliance.reports.organisation.entries import (
    DAY,
    AreaEntry,
    DivisionEntry,
    OrganisationEntries,
    SucceededEntry,
    TeamEntry,
    TeamSpelling,
    UnitEntry,
    find_entry,
)


def find_problems(file: OrganisationEntries) -> Iterator[str]:
    """Yield what is wrong with the entries as a whole, and what to do."""
    yield from _problems_of_dates("division", file.division)
    yield from _problems_of_dates("team", file.team)
    yield from _problems_of_areas(file)
    yield from _problems_of_spellings("division", [(each.name, list(each.spellings)) for each in file.division])
    teams = [(each.name, [_spell(spelling) for spelling in each.spellings]) for each in file.team]
    yield from _problems_of_spellings("team", teams)
    for division in file.division:
        yield from _problems_of_successors("division", division, file.division)
    for team in file.team:
        yield from _problems_of_successors("team", team, file.team)
        yield from _problems_of_membership(team, file.division)


def find_unit_problems(kind: str, entries: Sequence[SucceededEntry]) -> Iterator[str]:
    """Yield what is wrong with the dates, spellings and successors of units of one kind, such as "area"."""
    yield from _problems_of_dates(kind, entries)
    yield from _problems_of_spellings(kind, [(each.name, list(each.spellings)) for each in entries])
    for entry in entries:
        yield from _problems_of_successors(kind, entry, entries)


def _problems_of_areas(file: OrganisationEntries) -> Iterator[str]:
    """Yield the problems of the areas or, if there are none, those of the divisions' membership of them."""
    problems = list(find_unit_problems("area", file.area))
    if not problems:
        problems += (problem for division in file.division for problem in _problems_of_area(division, file.area))
        problems += _problems_of_empty_areas(file)
    yield from problems


def _problems_of_area(division: DivisionEntry, areas: Sequence[AreaEntry]) -> Iterator[str]:
    """Yield a problem if on some day of a division its area does not exist and no single area stands for it."""
    if division.area is None:
        return
    name = _named_area(division.area, areas)
    names = [each.name for each in areas]
    if name not in names:
        found = nearest(division.area, names)
        yield f"division {division.name!r}: there is no area {division.area!r}{found}; add it, or name another"
        return
    changes = {day for each in areas for day in (each.first, each.day_after) if day and division.holds(day)}
    days = sorted({division.first, *changes})
    without = [day for day in days if find_entry(areas, name, day) is None]
    if without:
        day = "before the first date here" if without[0] == date.min else f"on {without[0]}"
        yield (
            f"division {division.name!r}: {day} its area {division.area!r} is not there, and no single area has taken "
            "its place; give the division an entry for each area, with from and until, and one without area otherwise"
        )


def _problems_of_empty_areas(file: OrganisationEntries) -> Iterator[str]:
    used = {_named_area(each.area, file.area) for each in file.division if each.area is not None}
    used |= {name for each in file.area for name in each.became}
    for name in dict.fromkeys(each.name for each in file.area if each.name not in used):
        yield f"area {name!r}: no division belongs to it; add area = {name!r} to those that do, or remove it"


def _named_area(text: str, areas: Sequence[AreaEntry]) -> str:
    """Return the name of the area that a division names, by its name or a spelling."""
    return next((each.name for each in areas if text in each.spellings), text)


def _spell(spelling: str | TeamSpelling) -> str:
    return spelling if isinstance(spelling, str) else f"{spelling.division} / {spelling.team}"


def _problems_of_dates(kind: str, entries: Sequence[UnitEntry]) -> Iterator[str]:
    for entry in entries:
        if entry.last < entry.first:
            yield f"{kind} {entry.name!r}: until {entry.until} is before from {entry.since}; exchange them"
    ordered = sorted(entries, key=lambda entry: (entry.name, entry.first))
    for one, other in pairwise(ordered):
        if one.name == other.name and other.first <= one.last:
            advice = "end the first before the second begins"
            if kind == "team":
                advice += ", or give two teams of one name names of their own, with spellings = [{ division, team }]"
            yield (
                f"{kind} {one.name!r}: two entries are there at the same time, until {one.until or 'further notice'} "
                f"and from {other.since or 'ever'}; {advice}"
            )


def _problems_of_spellings(kind: str, named: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    owner = {name: name for name, _ in named}
    for name, spellings in named:
        for spelling in spellings:
            if owner.setdefault(spelling, name) != name:
                yield (
                    f"{kind} {name!r}: the spelling {spelling!r} is that of {kind} {owner[spelling]!r} already; let "
                    "one of them have it"
                )


def _problems_of_successors(kind: str, entry: UnitEntry, every: Sequence[UnitEntry]) -> Iterator[str]:
    """Yield a problem if a successor does not exist on the day after: so no chain goes in a circle."""
    became = entry.successors
    if became and entry.until is None:
        yield f"{kind} {entry.name!r}: became {', '.join(became)}, but it has no end; add until, its last day"
        return
    for name in became:
        same = [each for each in every if each.name == name]
        day = entry.last + DAY
        if not same:
            names = sorted({each.name for each in every})
            yield f"{kind} {entry.name!r}: became {name!r}, which is no {kind} here{nearest(name, names)}; add it"
        elif not any(each.holds(day) for each in same):
            yield (
                f"{kind} {entry.name!r}: became {name!r}, which is not there on {day}, the day after; put right from "
                f"or until of one of them"
            )


def _problems_of_membership(team: TeamEntry, divisions: Sequence[DivisionEntry]) -> Iterator[str]:
    own = sorted((each for each in divisions if each.name == team.division), key=lambda each: each.first)
    if not own:
        names = [each.name for each in divisions]
        found = nearest(team.division, names)
        yield f"team {team.name!r}: there is no division {team.division!r}{found}; add it, or name another"
        return
    reach = team.first
    for division in own:
        if division.first <= reach:
            reach = max(reach, division.last if division.last == date.max else division.last + DAY)
    if reach <= team.last and reach != date.max:
        yield (
            f"team {team.name!r}: it belongs to division {team.division!r} on {reach}, when that is not there; "
            "let the entry begin and end with the division, and add one for the division that came after"
        )
