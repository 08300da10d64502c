"""The file of the organisation, `rules/organisation.toml`: read strictly, and checked as a whole."""

import hashlib
import json
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from compliance.errors import SettingsError, settings_error
from compliance.policy.calendars import read_toml
from compliance.reports.organisation.entries import DivisionEntry, OrganisationEntries, TeamEntry
from compliance.reports.organisation.entry_problems import find_problems
from compliance.reports.organisation.unit_map import UnitMap

FILE: Final = "organisation.toml"


class Organisation:
    """Areas, divisions and teams over time."""

    def __init__(self, file: OrganisationEntries) -> None:
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
        file = OrganisationEntries.model_validate(data)
    except ValidationError as error:
        known = {*OrganisationEntries.model_fields, *DivisionEntry.model_fields, *TeamEntry.model_fields, "from"} - {
            "since"
        }
        raise settings_error(str(path), error.errors(), known) from None
    if problems := list(find_problems(file)):
        raise SettingsError(*(f"{path}: {problem}" for problem in problems))
    return Organisation(file) if file.division or file.team else None


def organisation_of(content: dict[str, Any] | None) -> Organisation | None:
    """Return the organisation from what was stored of it."""
    return None if content is None else Organisation(OrganisationEntries.model_validate_json(json.dumps(content)))
