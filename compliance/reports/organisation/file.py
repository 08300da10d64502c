"""The file of the organisation, `rules/organisation.toml`: read strictly, and checked as a whole."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compliance.errors import SettingsError, nearest, settings_error
from compliance.policy.calendars import read_toml
from compliance.reports.organisation.unit_map import UnitMap, find_entry

FILE: Final = "organisation.toml"
_DAY: Final = timedelta(days=1)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    name: str = Field(min_length=1)
    since: date | None = Field(None, alias="from")
    until: date | None = None

    @property
    def first(self) -> date:
        """The first day on which it exists."""
        return self.since or date.min

    @property
    def last(self) -> date:
        """The last day on which it exists."""
        return self.until or date.max

    @property
    def day_after(self) -> date | None:
        """The day after its last; None if it has no end."""
        return None if self.last == date.max else self.last + _DAY

    def holds(self, day: date) -> bool:
        """Return whether it exists on a day."""
        return self.first <= day <= self.last


class AreaEntry(_Entry):
    """An area from a date until a date, both included.

    `became`: what took its place on the day after: one name (renamed, or merged with others that became the same), or
    several (split, by division). `spellings`: how else divisions name it.
    """

    became: list[str] = []
    spellings: list[str] = []


class DivisionEntry(_Entry):
    """A division from a date until a date, both included.

    `became`: what took its place on the day after: one name (renamed, or merged with others that became the same), or
    several (split, by team). `area`: the area it belongs to; None: in no area. A division that moves has an entry for
    each area.
    """

    area: str | None = None
    became: list[str] = []
    spellings: list[str] = []


class TeamSpelling(BaseModel):
    """How the records write a team whose name other divisions have too."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    division: str
    team: str


class TeamEntry(_Entry):
    """A team of a division from a date until a date, both included.

    A team that moves has an entry for each division. `became`: the team that took its place on the day after, if that
    has another name.
    """

    division: str
    became: str | None = None
    spellings: list[str | TeamSpelling] = []


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    area: list[AreaEntry] = []
    division: list[DivisionEntry] = []
    team: list[TeamEntry] = []


class Organisation:
    """Areas, divisions and teams over time."""

    def __init__(self, file: _File) -> None:
        self.areas, self.divisions, self.teams = file.area, file.division, file.team
        self.content: dict[str, Any] = file.model_dump(mode="json", by_alias=True, exclude_unset=True)
        """What is stored with the figures, to reproduce them."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that decides which unit a crime belongs to."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()

    @cached_property
    def changes(self) -> list[date]:
        """The local dates from which there are other divisions or teams, in order.

        A division that only moves to another area is the same division.
        """
        begun = {(entry.name, entry.since) for entry in self.divisions if entry.since}
        ended = {(entry.name, entry.day_after) for entry in self.divisions if entry.day_after}
        days = {day for _, day in begun ^ ended}
        days |= {day for entry in self.teams for day in (entry.since, entry.day_after) if day}
        return sorted(days)

    def differs_between(self, one: date, other: date) -> bool:
        """Return whether the divisions or teams of two dates, the earlier first, differ."""
        return any(one < day <= other for day in self.changes)

    def on(self, day: date) -> UnitMap:
        """Return the map in force on a local date."""
        return UnitMap(self.divisions, self.teams, day, self.areas)


def load_organisation(path: Path) -> Organisation | None:
    """Return the organisation of a file; None if the file names no unit. Raises SettingsError with file and entry."""
    data = read_toml(path)
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        known = {*_File.model_fields, *DivisionEntry.model_fields, *TeamEntry.model_fields, "from"} - {"since"}
        raise settings_error(str(path), error.errors(), known) from None
    if problems := list(_problems(file)):
        raise SettingsError("\n".join(f"{path}: {problem}" for problem in problems))
    return Organisation(file) if file.division or file.team else None


def organisation_of(content: dict[str, Any] | None) -> Organisation | None:
    """Return the organisation from what was stored of it."""
    return None if content is None else Organisation(_File.model_validate_json(json.dumps(content)))


def _problems(file: _File) -> Iterator[str]:
    """Yield what is wrong with the entries as a whole, and what to do."""
    yield from _problems_of_dates("division", file.division)
    yield from _problems_of_dates("team", file.team)
    yield from _problems_of_areas(file)
    yield from _problems_of_spellings("division", [(each.name, list(each.spellings)) for each in file.division])
    teams = [(each.name, [_spell(spelling) for spelling in each.spellings]) for each in file.team]
    yield from _problems_of_spellings("team", teams)
    for division in file.division:
        yield from _problems_of_successors("division", division, division.became, file.division)
    for team in file.team:
        yield from _problems_of_successors("team", team, [team.became] if team.became else [], file.team)
        yield from _problems_of_membership(team, file.division)


def _problems_of_areas(file: _File) -> Iterator[str]:
    """Yield the problems of the areas or, if there are none, those of the divisions' membership of them."""
    problems = [
        *_problems_of_dates("area", file.area),
        *_problems_of_spellings("area", [(each.name, list(each.spellings)) for each in file.area]),
        *(problem for each in file.area for problem in _problems_of_successors("area", each, each.became, file.area)),
    ]
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


def _problems_of_empty_areas(file: _File) -> Iterator[str]:
    used = {_named_area(each.area, file.area) for each in file.division if each.area is not None}
    used |= {name for each in file.area for name in each.became}
    for name in dict.fromkeys(each.name for each in file.area if each.name not in used):
        yield f"area {name!r}: no division belongs to it; add area = {name!r} to those that do, or remove it"


def _named_area(text: str, areas: Sequence[AreaEntry]) -> str:
    """Return the name of the area that a division names, by its name or a spelling."""
    return next((each.name for each in areas if text in each.spellings), text)


def _spell(spelling: str | TeamSpelling) -> str:
    return spelling if isinstance(spelling, str) else f"{spelling.division} / {spelling.team}"


def _problems_of_dates(kind: str, entries: Sequence[_Entry]) -> Iterator[str]:
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


def _problems_of_successors(kind: str, entry: _Entry, became: Sequence[str], every: Sequence[_Entry]) -> Iterator[str]:
    """Yield a problem if a successor does not exist on the day after: so no chain goes in a circle."""
    if became and entry.until is None:
        yield f"{kind} {entry.name!r}: became {', '.join(became)}, but it has no end; add until, its last day"
        return
    for name in became:
        same = [each for each in every if each.name == name]
        day = entry.last + _DAY
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
            reach = max(reach, division.last if division.last == date.max else division.last + _DAY)
    if reach <= team.last and reach != date.max:
        yield (
            f"team {team.name!r}: it belongs to division {team.division!r} on {reach}, when that is not there; "
            "let the entry begin and end with the division, and add one for the division that came after"
        )
