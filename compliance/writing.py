"""Files that a reader sees whole or not at all, and on disk when they are written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, beside its place until it is whole: then it takes the place of a former one in one step. An
    exception leaves the former one as it was, and nothing else.

    Who may read it is what the process's umask says; with `private`, its owner alone. The file is never open to more
    while it is written. Raises OSError.
    """
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with open(number, "wb") as file:  # noqa: PTH123  # a descriptor, which alone can be made with a mode
            yield file
            file.flush()
            os.fsync(number)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file as `whole_file` does."""
    with whole_file(path, private=private) as file:
        file.write(content)


def _sync(folder: Path) -> None:
    """A name is on disk when its folder is."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
