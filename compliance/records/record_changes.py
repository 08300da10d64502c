"""What changed between two versions of a crime record, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from compliance.records.wire import Crime


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that changed: where it stands in the record, and what stood there; None: nothing did.

    Where: `officer_ref`; `victims V1, category`; `updates U3`, with all that it says, if it was added or removed.
    """

    where: str
    before: str | None
    after: str | None


def list_changes(before: Crime | None, after: Crime) -> list[FieldChange]:
    """Return what changed, in the order of the record; empty if nothing did. `before`: None of the first version."""
    return list(_of_fields("", {} if before is None else msgspec.to_builtins(before), msgspec.to_builtins(after)))


def _of_fields(where: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[FieldChange]:
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name), after.get(name)
        place = f"{where}, {name}" if where else name
        if one == other:
            continue
        if _is_list(one) or _is_list(other):
            yield from _of_items(place, one or [], other or [])
        else:
            yield FieldChange(place, _shown(one), _shown(other))


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _of_items(where: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[FieldChange]:
    """Yield the changes of a list: of items with a reference by it, of others those that came and went."""
    ref = next((f"{name}_ref" for name in ("victim", "update", "event") if where == f"{name}s"), None)
    if ref is None or any(len({item[ref] for item in items}) < len(items) for items in (before, after)):
        yield from (FieldChange(where, _shown(item), None) for item in before if item not in after)
        yield from (FieldChange(where, None, _shown(item)) for item in after if item not in before)
        return
    old, new = ({item[ref]: item for item in items} for items in (before, after))
    for name in dict.fromkeys([*old, *new]):
        place = f"{where} {name}"
        if name in old and name in new:
            yield from _of_fields(place, old[name], new[name])
        else:
            own = {key: value for key, value in (old.get(name) or new[name]).items() if key != ref}
            yield FieldChange(place, *((_shown(own), None) if name in old else (None, _shown(own))))


def _shown(value: Any) -> str | None:
    """Return a value as words: of an object its fields."""
    if value is None:
        return None
    if isinstance(value, dict):
        return "; ".join(f"{name} {_shown(each)}" for name, each in value.items()) or "nothing else"
    if isinstance(value, list):
        return ", ".join(str(_shown(each)) for each in value)
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
