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
