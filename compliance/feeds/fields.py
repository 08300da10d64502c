"""The fields of the record format, and a force's rules for where they come from (records sections 1 and 4)."""

from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import jmespath
from jmespath.exceptions import JMESPathError

from compliance.errors import SettingsError, nearest
from compliance.feed_settings import FieldMapping
from compliance.records.characteristics import NAMES as CHARACTERISTICS

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
    "victims": _texts("victim_ref", "category", *CHARACTERISTICS)
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
CRIMES: Final = "crimes"
"""The table with one or more rows for each crime. The others have the names of the lists."""


def check_mapping(mapping: FieldMapping, tabular: bool) -> None:
    """Check the names in a mapping. Raises SettingsError that names the key and suggests the nearest valid one.

    `tabular`: the source is tables. Which items belong to a list is said by `rows` for tables, by `lists` for JSON.
    """
    for name in FIELDS:
        for key in getattr(mapping, name):
            _check_known(f"{name}.{key}", key, (*FIELDS[name], *(["crime_ref"] if name in LISTS else [])))
    for name in mapping.lists:
        _check_known(f"lists.{name}", name, (*LISTS, "absent"))
        if tabular:
            instead = f"use {_SETTING}.rows to say which rows belong to it"
            raise SettingsError(f"{_SETTING}.lists.{name}: expressions are for JSON; for tables, {instead}")
    for name in mapping.rows:
        _check_known(f"rows.{name}", name, LISTS)
        if not tabular:
            instead = f"filter the list in {_SETTING}.lists, as in victims = \"Persons[?Role=='VICTIM']\""
            raise SettingsError(f"{_SETTING}.rows.{name}: rows are those of tables; for JSON, {instead}")
    for setting, keys in (("values", mapping.values), ("constants", mapping.constants)):
        for key in keys:
            name, _, found = key.partition(".")
            if name not in FIELDS or found not in FIELDS[name]:
                known = [f"{each}.{field}" for each, fields in FIELDS.items() for field in fields]
                raise SettingsError(f'{_SETTING}.{setting}."{key}": there is no such field{nearest(key, known)}')


def zone_of(mapping: FieldMapping) -> ZoneInfo | None:
    """Return the time zone of a mapping, None if it has none. Raises SettingsError for an unknown one."""
    if mapping.timezone is None:
        return None
    try:
        return ZoneInfo(mapping.timezone)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"{_SETTING}.timezone: there is no time zone {mapping.timezone!r}; expected one such as Europe/London"
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
