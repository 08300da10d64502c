"""Files that a reader sees whole or not at all."""

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
