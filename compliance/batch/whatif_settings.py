"""Change some keys of a policy: `7-day.within.days=5`, `counted_methods=phone,visit`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from compliance.errors import SettingsError, nearest
from compliance.policy import Policy, Requirement, parse_policy

_NOT_SET = {"requirement", "path"}
_DESCRIBING = {"id", "title", "source", "timezone", "calendar"}
"""Keys that say what a policy or a requirement is, rather than what is owed."""


def apply_settings(policy: Policy, settings: Sequence[str]) -> Policy:
    """Return a policy with `KEY=VALUE` settings applied in order, checked like a policy file.

    KEY is a key of the policy, or a requirement's id and one of its keys, with dots for groups. VALUE has no quotes; a
    list has commas; an empty value removes the key. A limit in days replaces one in working days, and the reverse.
    Raises SettingsError with the setting, what was wrong and the nearest right key.
    """
    data = policy.model_dump(by_alias=True, exclude_unset=True)
    ids = [requirement.id for requirement in policy.requirement]
    for setting in settings:
        _apply(data, ids, setting)
    try:
        return parse_policy(data, policy.path)
    except SettingsError as error:
        raise SettingsError(f"--set: {error}") from None


def list_settings(policy: Policy) -> list[tuple[str, str]]:
    """Return the keys that change what is owed, each with its value now as `apply_settings` takes it; empty: none.

    Those of the whole policy first, then those of each requirement.
    """
    data = policy.model_dump(by_alias=True, exclude_unset=True)
    found = list(_list_keys(Policy, data, ""))
    for requirement in data["requirement"]:
        found += _list_keys(Requirement, requirement, f"{requirement['id']}.")
    return found


def _list_keys(model: type[BaseModel], data: Mapping[str, Any], front: str) -> Iterator[tuple[str, str]]:
    for key, field in _keys(model).items():
        inner, value = next((kind for kind in _kinds(field) if _is_group(kind)), None), data.get(key)
        if inner is not None:
            yield from _list_keys(inner, value or {}, f"{front}{key}.")
        elif key not in _DESCRIBING:
            yield f"{front}{key}", _text_of(value)


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _apply(data: dict[str, Any], ids: list[str], setting: str) -> None:
    key, equals, text = setting.partition("=")
    path = [part.strip() for part in key.split(".")]
    if not equals:
        raise SettingsError(f"--set {setting}: expected KEY=VALUE, such as 7-day.within.days=5")
    model: type[BaseModel] = Policy
    target = data
    if path[0] in ids:
        model, target = Requirement, data["requirement"][ids.index(path[0])]
        if not (path := path[1:]):
            raise SettingsError(f"--set {setting}: expected a key of requirement {key!r}, such as {key}.within.days=5")
    elif path[0] not in _keys(model):
        raise _unknown_key_error(setting, path[0], [*_keys(model), *ids])
    for part in path[:-1]:
        inner = next((kind for kind in _kinds(_field(model, part, setting)) if _is_group(kind)), None)
        if inner is None:
            raise SettingsError(f"--set {setting}: {part} has no keys of its own")
        # A length is in days or in working days, never both (rules 6.1, A3): setting one replaces the other.
        target[part] = {} if part in {"within", "repeat_every"} else dict(target.get(part) or {})
        model, target = inner, target[part]
    field = _field(model, path[-1], setting)
    if text.strip():
        target[path[-1]] = _value(field, text.strip(), setting)
    else:
        target.pop(path[-1], None)


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items() if name not in _NOT_SET}


def _field(model: type[BaseModel], key: str, setting: str) -> FieldInfo:
    keys = _keys(model)
    if key not in keys:
        raise _unknown_key_error(setting, key, list(keys))
    return keys[key]


def _unknown_key_error(setting: str, key: str, known: list[str]) -> SettingsError:
    return SettingsError(f"--set {setting}: there is no key {key!r}{nearest(key, known)}")


def _kinds(field: FieldInfo) -> list[Any]:
    """Return the types a field may have, without options and limits."""
    return _types(field.annotation)


def _types(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _types(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [kind for option in get_args(annotation) for kind in _types(option)]
    return [origin or annotation]


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _value(field: FieldInfo, text: str, setting: str) -> Any:
    """Convert a value to the field's type; if that fails, return the text, which the policy's check refuses."""
    kinds = _kinds(field)
    for kind in kinds:
        if _is_group(kind):
            raise SettingsError(f"--set {setting}: name one of its keys: {', '.join(_keys(kind))}")
    if list in kinds:
        return [item.strip() for item in text.split(",") if item.strip()]
    if bool in kinds:
        return {"true": True, "false": False}.get(text, text)
    if date in kinds:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])", text) else text
    return int(text) if int in kinds and re.fullmatch(r"-?\d{1,9}", text) else text
