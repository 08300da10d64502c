"""Files that a reader sees whole or not at all."""

import os
import tempfile
from pathlib import Path

from compliance.errors import SettingsError


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file beside its place, then put it there in one step: a reader sees the old one or the new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise SettingsError(f"{path}: the report cannot be written ({error.strerror})") from None
    return path
