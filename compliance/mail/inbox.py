"""The interface of a mailbox that is read, and the one on this machine's disk: a Maildir."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from compliance.errors import System, UnavailableError
from compliance.mail.incoming import LONGEST


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message in a mailbox: its place in it, at most its first `LONGEST` bytes, and its whole size in bytes."""

    place: str
    content: bytes
    size: int

    @property
    def digest(self) -> bytes:
        """Return what tells this message from others, wherever it lies."""
        return sha256(self.size.to_bytes(8, "big") + self.content).digest()


class OpenInbox(Protocol):
    """A mailbox for the length of one run. Every method raises UnavailableError if the mailbox cannot be used."""

    def messages(self) -> Iterator[InboundMessage]:
        """Yield what is in the mailbox now. What another has taken away meanwhile is left out."""

    def remove(self, message: InboundMessage) -> None:
        """Delete a message; do nothing if it is gone."""

    def move(self, message: InboundMessage, folder: str) -> None:
        """Move a message to a folder, made if there is none; do nothing if it is gone."""

    def close(self) -> None:
        """Leave the mailbox."""


class Inbox(Protocol):
    """A mailbox, from its settings; its `str` is its name in messages."""

    def open(self) -> OpenInbox:
        """Return the mailbox ready to be read. Raises UnavailableError if it cannot be."""


@dataclass(frozen=True, slots=True)
class MaildirInbox:
    """A Maildir on this machine, to which a mail system delivers. Folders are beside it as in Maildir++ (`.Other`)."""

    folder: Path

    def __str__(self) -> str:
        return f"mailbox {self.folder}"

    def open(self) -> "MaildirInbox":
        """Return the mailbox if it can be read and changed. Raises UnavailableError if not."""
        for name in ("new", "cur"):
            place = self.folder / name
            if not place.is_dir():
                raise self._unusable(f"there is no folder {name!r} in it")
            if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
                raise self._unusable(f"this user may not read and change its folder {name!r}")
        return self

    def messages(self) -> Iterator[InboundMessage]:
        """Yield the messages, those not seen by any program first, in the order of their names."""
        for name in ("new", "cur"):
            try:
                found = sorted(each.name for each in os.scandir(self.folder / name) if each.is_file())
            except OSError as error:
                raise self._unusable(str(error.strerror)) from None
            for each in found:
                path = self.folder / name / each
                try:
                    with path.open("rb") as file:
                        yield InboundMessage(f"{name}/{each}", file.read(LONGEST), os.fstat(file.fileno()).st_size)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    raise self._unusable(f"a message cannot be read ({error.strerror})") from None

    def remove(self, message: InboundMessage) -> None:
        """Delete a message; do nothing if it is gone."""
        try:
            (self.folder / message.place).unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(f"a message cannot be removed ({error.strerror})") from None

    def move(self, message: InboundMessage, folder: str) -> None:
        """Move a message to a folder, made if there is none; do nothing if it is gone."""
        target = self.folder / f".{folder}"
        try:
            for name in ("tmp", "new", "cur"):
                (target / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.folder / message.place).rename(target / message.place)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(f"a message cannot be moved to {folder!r} ({error.strerror})") from None

    def close(self) -> None:
        """Leave the mailbox."""

    def _unusable(self, why: str) -> UnavailableError:
        return UnavailableError(f"{self}: {why}; no message is lost", system=System.MAILBOX)
