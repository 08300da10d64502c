"""Areas, divisions and teams compared with the rest, under one requirement (statistics 1.5)."""

from collections.abc import Sequence

import numpy as np
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from compliance.reports.catalogue.area_figures import AREA, SILENT_AREA, TRAILING_AREA
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.silence_figures import SILENT
from compliance.reports.catalogue.unit_figures import DIVISION, FORMER_DIVISION, TEAM, TRAILING_UNIT
from compliance.reports.catalogue.unit_levels import AREAS
from compliance.reports.judging.rates import change, has, rate
from compliance.reports.judging.trends import funnel
from compliance.reports.model.findings import Funnel, Group
from compliance.reports.model.report_model import AreaMembers, DivisionFigures, Figures, FormerMap


def compare_units(
    edition: Edition, requirement: str, unit: str, repeats: bool, compared: bool
) -> tuple[DivisionFigures, ...]:
    """Return each `division`, `team` or `area` with something to show, by name; cases without one come last.

    No difference is called significant yet: that needs those of all requirements (`families`).

    `compared`: whether all trailing weeks are held.
    """
    place, read = edition.place(requirement), edition.read("rate")
    shown = [edition.unit_of(read.due(place), unit)]
    shown += [edition.unit_of(read.silence, unit)] if repeats else []
    shown += [edition.unit_of(edition.trailing_due(place), unit)] if compared else []
    names = {name for coded in shown for name in coded.present()}
    nameless = any((coded.codes < 0).any() for coded in shown)
    every = [*sorted(names), *([None] if nameless else [])]
    return tuple(_compare_unit(edition, requirement, unit, name, repeats, compared) for name in every)


def find_funnel(edition: Edition, requirement: str, units: Sequence[DivisionFigures], compared: bool) -> Funnel | None:
    """Return the units in the funnel, none of which is called different yet (statistics 3). `compared`: as above."""
    whole = rate(edition.trailing_due(edition.place(requirement)), 1.0).share.rate if compared else None
    return funnel([(unit.name, unit.trailing.share) for unit in units if unit.name and unit.trailing], whole)


def _compare_unit(
    edition: Edition, requirement: str, unit: str, name: str | None, repeats: bool, compared: bool
) -> DivisionFigures:
    place, (in_period, trailing, silent) = edition.place(requirement), _FIGURES[unit]
    over = rest = difference = None
    if compared:
        every = edition.trailing_due(place)
        over = trailing.counted(edition, requirement, name).rate
        others = every.where(~has(edition.unit_of(every, unit), name))
        rest = rate(others, edition.clusters.unit_effect(others, place, unit))
        difference = change(over.share, rest.share) if name is not None else None
    week = in_period.counted(edition, requirement, name).rate
    judged_later = difference and replace(difference, significant=False)
    return DivisionFigures(name, week, silent.share(edition, group=name) if repeats else None, over, rest, judged_later)


_FIGURES = {
    "division": (DIVISION, TRAILING_UNIT, SILENT),
    "team": (TEAM, TRAILING_UNIT, SILENT),
    "area": (AREA, TRAILING_AREA, SILENT_AREA),
}
"""The figures of a unit: in the period, over the trailing weeks, and its silent victims."""


def compare_areas(
    edition: Edition, requirement: str, repeats: bool, compared: bool
) -> tuple[DivisionFigures, ...] | UnsetType:
    """Return the areas, if the map at the period's end has any."""
    return compare_units(edition, requirement, AREAS.name, repeats, compared) if edition.area_members else UNSET


def list_area_members(edition: Edition) -> tuple[AreaMembers, ...] | UnsetType:
    """Return the divisions of each area and, last, those in no area, if the map at the period's end has areas."""
    members = edition.area_members
    return tuple(AreaMembers(name, tuple(names)) for name, names in members.items()) if members else UNSET


def count_by_former_map(edition: Edition, requirement: str) -> FormerMap | UnsetType:
    """Return the divisions of the map before a reorganisation, in the weeks after it."""
    if edition.former is None:
        return UNSET
    division = edition.due_former(edition.place(requirement)).division
    names = [division.value(code) for code in np.unique(division.codes)]
    ordered = sorted(names, key=lambda name: (name is None, name))
    day, _ = edition.former
    return FormerMap(day, tuple(Group(name, FORMER_DIVISION.share(edition, requirement, name)) for name in ordered))


def place_in_force(figures: Figures, board: Figures) -> Figures:
    """Return a division's figures with how the board's report of the same period compares it with the rest."""
    requirements = []
    for own, whole in zip(figures.requirements, board.requirements, strict=True):
        unit = next((each for each in whole.divisions if each.name == figures.unit), None)
        requirements.append(own if unit is None else replace(own, in_force=unit))
    return replace(figures, requirements=tuple(requirements))
