"""The fields of the record format, and a force's rules for where they come from (records sections 1 and 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import jmespath
from jmespath.exceptions import JMESPathError

from compliance.errors import SettingsError, nearest

Kind = Literal["text", "instant", "integer", "day"]
_SETTING: Final = "crime_system.mapping"


def _texts(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, "text")


def _instants(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, "instant")


FIELDS: Final[dict[str, dict[str, Kind]]] = {
    "crime": _texts("crime_ref", "offence", "division", "team", "officer_ref")
    | _instants("reported_at", "recorded_at", "changed_at"),
    "status": _texts("status") | _instants("at"),
    "allocations": _texts("officer_ref", "team", "division") | _instants("from"),
    "victims": _texts("victim_ref", "category")
    | _instants("added_at", "declined_at", "declined_until", "declined_entered_at")
    | {"agreed_interval_days": "integer"},
    "contact_holds": _texts("victim_ref", "reason", "by") | _instants("from", "until"),
    "updates": _texts("update_ref", "victim_ref", "outcome", "method", "officer_ref") | _instants("at", "entered_at"),
    "events": _texts("event_ref", "kind") | _instants("at"),
    "officers": _texts("officer_ref", "name", "email", "team", "division", "supervisor_ref", "role")
    | {"left_on": "day"},
    "absent": {"from": "day", "until": "day"},
}
"""Each list of the formats with its fields; `crime` and `officers` are the records themselves.

`victim_ref` of a contact hold names its victim; in JSON a hold is inside its victim.
"""
LISTS: Final = ("status", "allocations", "victims", "contact_holds", "updates", "events")
"""The lists of a crime."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A force's rules for the fields of its crime system.

    - `fields`: list -> field -> a JMESPath expression, or a column. An unnamed field comes from the source field of the
      same name; a field mapped to "" is left out. `crime_ref` of a list is the column of the crime number in that
      list's own table.
    - `lists`: list -> the JMESPath expression of its items.
    - `values`: "list.field" -> the source's value -> its meaning. Other values are unchanged.
    - `constants`: "list.field" -> a fixed value.
    - `timezone`: that of instants without one.
    - `formats`: strptime formats of instants and dates that are not in ISO 8601.
    """

    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str | int] = field(default_factory=dict)
    timezone: str | None = None
    formats: tuple[str, ...] = ()

    def check(self) -> None:
        """Check the rules. Raises SettingsError that names the key and the nearest right one."""
        for name, fields in self.fields.items():
            _check_known(name, name, FIELDS)
            for key in fields:
                _check_known(f"{name}.{key}", key, (*FIELDS[name], *(["crime_ref"] if name in LISTS else [])))
        for name in self.lists:
            _check_known(f"lists.{name}", name, (*LISTS, "absent"))
        for setting, keys in (("values", self.values), ("constants", self.constants)):
            for key in keys:
                name, _, found = key.partition(".")
                _check_known(f'{setting}."{key}"', name, FIELDS)
                _check_known(f'{setting}."{key}"', found, FIELDS[name])

    @property
    def zone(self) -> ZoneInfo | None:
        """The stated time zone. Raises SettingsError if it does not exist."""
        if self.timezone is None:
            return None
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise SettingsError(
                f"{_SETTING}.timezone: there is no time zone {self.timezone!r}; expected one such as Europe/London"
            ) from None


def _check_known(key: str, name: str, known: Any) -> None:
    if name not in known:
        raise SettingsError(f"{_SETTING}.{key}: there is no such field{nearest(name, known)}")


def expression(key: str, text: str) -> Any:
    """Compile a JMESPath expression. Raises SettingsError that names the setting."""
    try:
        return jmespath.compile(text)
    except JMESPathError as error:
        problem = str(error).replace("\n", " ")
        raise SettingsError(f"{_SETTING}.{key}: {text!r} is not a JMESPath expression ({problem})") from None
