"""The settings of a file with mistakes in it, as far as they can be read: to look at a service that still runs."""

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from compliance.config import Settings
from compliance.errors import SettingsError

_MOST: Final = 20
"""How many mistakes are passed over, one after another."""
_STAND_INS: Final[dict[tuple[int | str, ...], Any]] = {
    ("force", "name"): "the force",
    ("reminders", "due_from"): date.max,
    ("mail", "host"): "unknown",
    ("mail", "sender"): "unknown@unknown.invalid",
}
"""Required settings that nothing which is looked at depends on, and what stands for one that is missing."""
_LINE: Final = re.compile(r"\(at line (\d+), column")


@dataclass(frozen=True, slots=True)
class PartialSettings:
    """What could be read, and what was left out: settings by name, and lines."""

    settings: Settings
    left_out: tuple[str, ...]


def read_partly(path: Path, error: SettingsError) -> PartialSettings:
    """Return the settings of a file without what is wrong in it, where the default then stands.

    `error`: what was wrong. Raises SettingsError with that, and with why no more can be read: it is not certain which
    database the file names, or what is wrong cannot be left out.
    """
    left_out: list[str] = []
    try:
        data = _read_toml(path, left_out)
        is_certain = _names_database(data) or not left_out
        settings = None
        for _ in range(_MOST):
            try:
                settings = Settings.model_validate(data | {"base": path.resolve().parent, "source": str(path)})
                break
            except ValidationError as wrong:
                problem = wrong.errors()[0]
                place = problem["loc"]
                # What stands under another name may be the section of the database.
                if place[:1] == ("database",) or (len(place) == 1 and not _names_database(data)):
                    is_certain = False
                is_missing = problem["type"] == "missing"
                left_out.append(_stand_in(data, place) if is_missing else _take_out(data, place))
    except (OSError, UnicodeDecodeError, LookupError):
        settings, is_certain = None, True
    if not is_certain:
        raise _with_reason(error, f"{path}: it is not certain which database is meant")
    if settings is None and not os.access(path, os.R_OK):
        raise error  # which says all there is to say
    if settings is None:
        raise _with_reason(error, f"{path}: what is wrong cannot be left out")
    return PartialSettings(settings, tuple(left_out))


def _with_reason(error: SettingsError, reason: str) -> SettingsError:
    return SettingsError(*str(error).split("\n"), f"{reason}, so nothing of the running service can be shown")


def _read_toml(path: Path, left_out: list[str]) -> dict[str, Any]:
    """Return what the file says without the lines that cannot be read. Raises LookupError if that is not enough."""
    lines = path.read_text("utf-8").splitlines()
    for _ in range(_MOST):
        try:
            return tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as wrong:
            place = _LINE.search(str(wrong))
            if place is None:
                break
            lines[int(place[1]) - 1] = ""
            left_out.append(f"line {place[1]}")
    raise LookupError(path)


def _names_database(data: dict[str, Any]) -> bool:
    return isinstance(section := data.get("database"), dict) and "url" in section


def _stand_in(data: dict[str, Any], place: Sequence[int | str]) -> str:
    """Put what stands for a missing setting, or a section of such settings, into the data, or take out what lacks it.

    Return its name. Raises LookupError if nothing can be done.
    """
    needed = {key: value for key, value in _STAND_INS.items() if key[: len(place)] == tuple(place)}
    if not needed:
        return _take_out(data, place)
    for (section, name), value in needed.items():
        data.setdefault(str(section), {})[name] = value
    return ".".join(map(str, place))


def _take_out(data: dict[str, Any], place: Sequence[int | str]) -> str:
    """Take the setting at a place out of the data, or of what lies around it the nearest that is there.

    Return its name. Raises LookupError if there is nothing to take out.
    """
    inner: Any = data
    found: tuple[Any, int | str] | None = None
    names: list[str] = []
    for part in place:
        is_there = part in inner if isinstance(inner, dict) else isinstance(inner, list) and part in range(len(inner))
        if not is_there:
            break
        found, inner = (inner, part), inner[part]
        names.append(str(part))
    if found is None:
        raise LookupError(place)
    del found[0][found[1]]
    return ".".join(names)
