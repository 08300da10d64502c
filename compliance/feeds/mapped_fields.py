"""How a field of the record format is made from fields of a source: its value is found, converted and translated."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from jmespath.exceptions import JMESPathError

from compliance.feed_settings import FieldMapping, Source
from compliance.feeds.fields import FIELDS, expression
from compliance.feeds.values import Values, absent, column, join_values

Take = Callable[[Any], Any]
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class MappedField(NamedTuple):
    """A field of the record format, and how its value is made from the source's.

    `key`: the source's field, or None if `take` must find it. `otherwise`: the value if the source has none.
    """

    name: str
    key: str | None
    take: Take
    make: Take
    otherwise: Any


def prepare_fields(mapping: FieldMapping, values: Values, name: str, own: bool, tabular: bool) -> list[MappedField]:
    """Return the fields of a list. `own`: an unnamed field comes from the source field of its own name."""
    found, said = [], named_fields(mapping, name)
    makers: dict[str, Take] = {
        "text": values.text,
        "instant": values.instant,
        "integer": values.integer,
        "day": values.day,
    }
    for key, kind in FIELDS[name].items():
        label = f"{name}.{key}"
        source = said.get(key, key if own else "")
        if label in mapping.constants:
            constant = mapping.constants[label]
            found.append(MappedField(key, None, _nothing, _same, None if absent(constant) else constant))
        elif source:
            meanings, make = mapping.values.get(label, {}), makers[kind]
            plain = source if isinstance(source, str) and _PLAIN.fullmatch(source) and not tabular else None
            translate = _translate(meanings, make) if meanings else make
            found.append(MappedField(key, plain, take_of(label, source, tabular), translate, meanings.get("")))
    return found


def named_fields(mapping: FieldMapping, name: str) -> dict[str, Source]:
    """Return the fields of a list that the mapping names, each with its source; an empty one leaves the field out."""
    found: dict[str, Source] = getattr(mapping, name)
    return found


def take_of(key: str, source: Source, tabular: bool) -> Take:
    """Return a function that takes a field's value from a source: a column of a row, or the result of an expression.

    Several are joined. Raises SettingsError that names the setting, `key`, for an expression that is none.
    """
    if isinstance(source, list):
        takes = [take_of(key, each, tabular) for each in source]
        return lambda found: join_values([take(found) for take in takes])
    return column(source) if tabular else path_of(key, source)


def path_of(key: str, text: str) -> Take:
    """Return a function that takes the result of a JMESPath expression from a JSON object, None for an empty one."""
    if _PLAIN.fullmatch(text):
        return lambda source: source.get(text) if isinstance(source, dict) else None
    if not text:
        return _nothing
    search = expression(key, text).search

    def take(source: Any) -> Any:
        try:
            return search(source)
        except (JMESPathError, RecursionError, ValueError, TypeError, AttributeError) as error:
            return {"the mapping could not be applied": f"{key}: {type(error).__name__}"}

    return take


def make_fields(fields: Sequence[MappedField], source: Any) -> dict[str, Any]:
    """Return the fields of the record format that a JSON object or a row has."""
    made = {}
    for name, key, take, make, otherwise in fields:
        value = take(source) if key is None else source.get(key)
        value = otherwise if value is None or absent(value) else make(value)
        if value is not None:
            made[name] = value
    return made


def _translate(meanings: Mapping[str, str], make: Take) -> Take:
    def made(value: Any) -> Any:
        said = meanings.get(str(value))
        return make(value) if said is None else said

    return made


def _same(value: Any) -> Any:
    return value


def _nothing(_: Any) -> None:
    return None
