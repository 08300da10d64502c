"""Files that a reader sees whole or not at all, and on disk when they are written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def whole_path(path: Path, *, private: bool = False) -> Iterator[Path]:
    """The path of an empty file to be filled, beside its place until it is whole: then it takes the place of a former
    one in one step. An exception leaves the former one as it was, and nothing else.

    Who may read it is what the process's umask says; with `private`, its owner alone. The file is never open to more
    while it is written. Raises OSError.
    """
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
    try:
        yield part
        _sync(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(path.parent)  # a name is on disk when its folder is


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, otherwise as `whole_path`."""
    with whole_path(path, private=private) as part, part.open("wb") as file:
        yield file


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file as `whole_file` does."""
    with whole_file(path, private=private) as file:
        file.write(content)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
