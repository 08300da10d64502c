"""What a return is, as its file in `rules/returns` says: read strictly (docs/returns.md)."""

from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from compliance.errors import SettingsError, nearest, settings_error
from compliance.policy.calendars import read_toml
from compliance.records.characteristics import NAMES

FORCE, DIVISION = "force", "division"
Source = Literal["rate", "live", "silent", "closed-without-a-word", "satisfaction", "quality"]
NOT_RECORDED: Final = "not recorded"
"""The group of those of whom nothing is recorded, or whose value the return puts in no group."""
_OF_A_REQUIREMENT: Final = ("rate", "live", "quality")
_BY_DIVISION: Final = ("rate", "silent", "satisfaction")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CharacteristicGroups(_Part):
    """The groups of a characteristic, each with the values that belong to it; without any, each value is a group."""

    title: str = Field(min_length=1)
    groups: dict[str, list[str]] = {}

    @model_validator(mode="after")
    def _names_each_value_once(self) -> Self:
        values = [value for every in self.groups.values() for value in every]
        if twice := next((value for value in values if values.count(value) > 1), None):
            raise ValueError(f"the value {twice!r} is in two groups")
        if NOT_RECORDED in self.groups:
            raise ValueError(f"a group cannot be called {NOT_RECORDED!r}: that is the line of all who are in none")
        return self


class Measure(_Part):
    """A line of the return.

    `figure`: which figure of the report it is, of `requirement` where that has one each. `by`: the groups that it is
    broken down by. `by_hand`: why this service does not know it; its cells are then left for people to fill in.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: str = Field(min_length=1)
    figure: Source | None = None
    requirement: str | None = None
    by: list[str] = []
    by_hand: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.figure is None) == (self.by_hand is None):
            raise ValueError("expected figure, or by_hand with the reason why there is none")
        if (self.figure in _OF_A_REQUIREMENT) != (self.requirement is not None):
            whose = ", ".join(_OF_A_REQUIREMENT)
            raise ValueError(f"requirement belongs to the figures {whose}, and only to these")
        allowed = {DIVISION} if self.figure in _BY_DIVISION else set()
        allowed |= set(NAMES) if self.figure == "rate" else set()
        if wrong := next((by for by in self.by if by not in allowed), None):
            groups = ", ".join(sorted(allowed)) or "no groups"
            raise ValueError(f"by {wrong!r}: the figure {self.figure or 'by hand'} is given by {groups}")
        return self


class ReturnDefinition(_Part):
    """A return.

    `status`: what kind of return this is, as its forms say. `receiver`: who gets it. `small_counts`: whether counts
    from 1 to 4 are withheld (statistics 1.6). `sign_off`: the roles in which people sign it off.
    """

    name: str
    title: str = Field(min_length=1)
    source: str = Field(min_length=1)
    status: Literal["example", "empty form", "in use"]
    receiver: str = Field(min_length=1)
    period: Literal["month", "quarter"]
    small_counts: Literal["withheld", "shown"] = "withheld"
    sign_off: list[str] = Field(min_length=1)
    characteristic: dict[str, CharacteristicGroups] = {}
    measure: list[Measure] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if wrong := next((field for field in self.characteristic if field not in NAMES), None):
            raise ValueError(f"characteristic.{wrong}: there is no such characteristic{nearest(wrong, NAMES)}")
        for kind, names in (("measure", [each.id for each in self.measure]), ("role to sign off", self.sign_off)):
            if twice := next((name for name in names if names.count(name) > 1), None):
                raise ValueError(f"{twice!r} is named for two of one kind: {kind}")
        return self

    @property
    def characteristics(self) -> list[str]:
        """The characteristics that its measures are broken down by, in the order of the records."""
        asked = {by for measure in self.measure for by in measure.by}
        return [name for name in NAMES if name in asked]

    def groups_of(self, field: str) -> CharacteristicGroups:
        """Return the groups of a characteristic; without any in the file, each value is one."""
        return self.characteristic.get(field) or CharacteristicGroups(title=field.replace("_", " ").capitalize())


def list_returns(folder: Path) -> list[str]:
    """Return the names of the returns in a folder."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load_return(folder: Path, name: str) -> ReturnDefinition:
    """Return a return by the name of its file. Raises SettingsError that names what is wrong in it, or the nearest."""
    known = list_returns(folder)
    if name not in known:
        there = nearest(name, known) or f"; there are: {', '.join(known) or 'none'}"
        raise SettingsError(f"{folder}: there is no return {name!r}{there}")
    path = folder / f"{name}.toml"
    try:
        return ReturnDefinition.model_validate({"name": name} | read_toml(path))
    except ValidationError as error:
        fields = {*ReturnDefinition.model_fields, *Measure.model_fields, *CharacteristicGroups.model_fields}
        raise settings_error(str(path), error.errors(), fields) from None
