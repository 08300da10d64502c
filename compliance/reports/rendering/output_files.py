"""Files that a reader sees whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

from compliance.errors import SettingsError
from compliance.writing import write_whole as write


def write_whole(path: Path, content: bytes) -> Path:
    """Write a report's file and its folder, in one step. Raises SettingsError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, content)
    except OSError as error:
        raise SettingsError(f"{path}: the report cannot be written ({error.strerror})") from None
    return path


def write_folder(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, each in one step, by their names; only the owner may read them.

    Raises SettingsError if one cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write(folder / name, content, private=True)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written to ({error.strerror or error})") from None
    return [folder / name for name in files]


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished files of a killed process (`whole_file`). Call it only as the folder's sole writer."""
    for begun in folder.glob(".*.part"):
        remove(begun)


def remove(path: Path) -> None:
    """Remove a file if it exists. Raises SettingsError if it cannot be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{path}: it cannot be removed ({error.strerror})") from None
