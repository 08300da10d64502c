"""Forces over time: the file that says which there were when, what became of them, and the organisation of each."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from compliance.errors import SettingsError, nearest, settings_error
from compliance.policy.calendars import read_toml
from compliance.reports.organisation.entries import SucceededEntry
from compliance.reports.organisation.entry_problems import find_unit_problems
from compliance.reports.organisation.file import Organisation, load_organisation

BETWEEN: Final = " / "
"""Between a force and a division, where a name says of which force a division is."""


class ForceEntry(SucceededEntry):
    """A force from a date until a date, both included.

    `spellings`: how else folders of a dataset name it. `organisation`: the file of its areas, divisions and teams,
    relative to this one; the same in all entries of a force that name one.
    """

    organisation: str | None = None


class ForceEntries(BaseModel):
    """Everything that the file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    force: list[ForceEntry]


@dataclass(frozen=True)
class Forces:
    """Forces over time, and the organisation over time of those that have one, by name. `path`: their file."""

    entries: tuple[ForceEntry, ...]
    organisations: Mapping[str, Organisation]
    path: str = ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that decides which force and unit a crime belongs to."""
        said = {
            "force": [each.model_dump(mode="json", exclude={"organisation"}) for each in self.entries],
            "organisation": {name: each.digest for name, each in sorted(self.organisations.items())},
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @classmethod
    def of_names(cls, names: Iterable[str]) -> "Forces":
        """Return forces that have always been there, without organisations."""
        return cls(tuple(ForceEntry(name=name) for name in names), {})

    def list_changes(self, *, units: bool) -> list[date]:
        """Return the local dates from which there are other forces or, if asked, other divisions or teams, in order."""
        own = {day for each in self.entries for day in (each.since, each.day_after) if day}
        return sorted(own.union(*(each.changes for each in self.organisations.values() if units)))

    def name_of(self, folder: str) -> str:
        """Return the force of a folder. Raises SettingsError if no entry has its name or spelling."""
        if folder not in self._names:
            found = nearest(folder, self._names) or "."
            raise SettingsError(f"{self.path}: there is no force {folder!r}{found} Add it, or a spelling")
        return self._names[folder]

    def there_on(self, day: date) -> list[str]:
        """Return the forces of a local date, in the order of the file."""
        return [each.name for each in self.entries if each.holds(day)]

    def lineage(self, force: str) -> set[str]:
        """Return a force, all that it became, and all that became it."""
        return {force} | self._reach(force, self._became) | self._reach(force, self._came_from)

    def origin(self, force: str) -> str:
        """Return the first name of a force that was only renamed since: its officers and divisions are the same."""
        seen = {force}
        while len(before := self._came_from[force] - seen) == 1 and self._became[only := before.pop()] == {force}:
            force = only
            seen.add(force)
        return force

    def founded(self, force: str) -> tuple[date | None, set[str]]:
        """Return when a force came into being, and the forces that it was made of; (None, none) if it always was."""
        first = min((each for each in self.entries if each.name == force), key=lambda each: each.first)
        return first.since, self._came_from[force] if first.since else set()

    def groups(self, present: Iterable[str]) -> list[list[str]]:
        """Return forces in groups: where records of one can belong to another, both are in one group."""
        left, found = list(present), list[list[str]]()
        while left:
            group = [left.pop(0)]
            for one in group:
                group += (near := [other for other in left if self._are_linked(one, other)])
                left = [other for other in left if other not in near]
            found.append(group)
        return found

    def _are_linked(self, one: str, other: str) -> bool:
        """Return whether both have to do with some third force, or with each other."""
        return bool(self._near(one) & self._near(other))

    def _near(self, force: str) -> set[str]:
        """Return the forces that can have records of a force: its lineage, and those that spell its divisions."""
        spelt = {
            name for name, each in self.organisations.items() for division in each.divisions
            for spelling in division.spellings if spelling.startswith(force + BETWEEN)
        }  # fmt: skip
        return self.lineage(force) | spelt

    @cached_property
    def _names(self) -> dict[str, str]:
        spelt = {spelling: each.name for each in self.entries for spelling in each.spellings}
        return spelt | {each.name: each.name for each in self.entries}

    @cached_property
    def _became(self) -> dict[str, set[str]]:
        names = {each.name for each in self.entries}
        return {
            name: {other for each in self.entries if each.name == name for other in each.became} - {name}
            for name in names
        }

    @cached_property
    def _came_from(self) -> dict[str, set[str]]:
        return {name: {other for other, became in self._became.items() if name in became} for name in self._became}

    def _reach(self, force: str, steps: Mapping[str, set[str]]) -> set[str]:
        found, ahead = set[str](), [force]
        while ahead:
            new = steps[ahead.pop()] - found
            found |= new
            ahead += new
        return found


def load_forces(path: Path) -> Forces:
    """Return the forces of a file, with their organisations. Raises SettingsError with file and entry."""
    try:
        file = ForceEntries.model_validate(read_toml(path))
    except ValidationError as error:
        known = {"force", *ForceEntry.model_fields, "from"} - {"since"}
        raise settings_error(str(path), error.errors(), known) from None
    if problems := [*find_unit_problems("force", file.force), *_find_disagreements(file.force)]:
        raise SettingsError(*(f"{path}: {problem}" for problem in problems))
    named = {each.name: each.organisation for each in file.force if each.organisation}
    loaded = {name: load_organisation(path.parent / organisation) for name, organisation in named.items()}
    return Forces(tuple(file.force), {name: each for name, each in loaded.items() if each is not None}, str(path))


def _find_disagreements(entries: Iterable[ForceEntry]) -> Iterator[str]:
    named = sorted((each.name, each.organisation) for each in entries if each.organisation)
    for (one, file), (other, another) in pairwise(dict.fromkeys(named)):
        if one == other:
            yield f"force {one!r}: names two files as its organisation, {file} and {another}; write one for all dates"
