"""Write files that a reader sees whole or not at all, and that are on disk once written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TextIO


@contextmanager
def whole_path(path: Path, *, private: bool = False, synced: bool = True) -> Iterator[Path]:
    """Give the path of an empty file to fill; when complete, it replaces the file at `path` in one step.

    Until then it is in the same folder under another name. After an exception the old file is unchanged and the new one
    is removed. The umask decides who can read the file; with `private`, only its owner can. Access is never wider while
    it is being written. Unless `synced`, nobody waits for the disk: after a power cut the file may be cut short. Raises
    OSError.
    """
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
    try:
        yield part
        if synced:
            _sync(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if synced:
        _sync(path.parent)  # a name is on disk when its folder is


@contextmanager
def whole_file(path: Path, *, private: bool = False, synced: bool = True) -> Iterator[BinaryIO]:
    """Open a file to write to; otherwise like `whole_path`."""
    with whole_path(path, private=private, synced=synced) as part, part.open("wb") as file:
        yield file


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file like `whole_file`."""
    with whole_file(path, private=private) as file:
        file.write(content)


def append_to(path: Path, content: bytes) -> None:
    """Add to the end of a file. Nobody waits for the disk: after a power cut, or an error, it may be cut short.

    Raises OSError.
    """
    with path.open("ab") as file:
        file.write(content)


def abandon(stream: TextIO | None) -> None:
    """Send the rest of standard output or standard error nowhere, after an error in writing it.

    Otherwise the exit would fail again, with an exit code of Python's own (120).
    """
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]  # None if it was closed from the start
        os.close(nowhere)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
