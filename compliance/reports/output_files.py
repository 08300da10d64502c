"""Files that a reader sees whole or not at all."""

from pathlib import Path

from compliance.errors import SettingsError
from compliance.writing import write_whole as write


def write_whole(path: Path, content: bytes) -> Path:
    """Write a report's file, in its folder, in one step. Raises SettingsError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, content)
    except OSError as error:
        raise SettingsError(f"{path}: the report cannot be written ({error.strerror})") from None
    return path


def remove_leftovers(folder: Path) -> None:
    """Remove what a process that was killed had begun to write (`whole_file`). Only for whoever alone writes into the
    folder."""
    for begun in folder.glob(".*.part"):
        remove(begun)


def remove(path: Path) -> None:
    """Remove a file, if it is there. Raises SettingsError where it cannot be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{path}: it cannot be removed ({error.strerror})") from None
