"""A pilot: only listed addresses get emails, and every other email is written to disk, where it can be read."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from compliance.errors import SettingsError, UnavailableError
from compliance.mail.message import Mail, address_problem
from compliance.writing import write_whole


def allows(allow: Iterable[str], address: str) -> bool:
    """Return whether an address, or its domain, is on a pilot's list."""
    allowed = {entry.lower() for entry in allow}
    return bool({address.lower(), "@" + address.lower().rpartition("@")[2]} & allowed)


@dataclass(frozen=True, slots=True)
class Pilot:
    """Who gets emails while the pilot lasts.

    `allow` lists addresses (`name@domain`) and whole domains (`@domain`), ignoring case. All other emails become files
    in `folder` and are never sent.
    """

    allow: tuple[str, ...]
    folder: Path

    def __post_init__(self) -> None:
        """Check the list. Raises SettingsError for an entry that is neither an address nor a domain."""
        for entry in self.allow:
            if address_problem(f"anybody{entry}" if entry.startswith("@") else entry):
                raise SettingsError(f"allow: {entry!r}: expected name@domain, or @domain for everyone there")

    def allows(self, address: str) -> bool:
        """Return whether emails to an address are sent."""
        return allows(self.allow, address)

    def problem(self) -> str | None:
        """Return why the folder cannot be written to, or None; nothing is created."""
        place = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if place.is_dir() and os.access(place, os.W_OK):
            return None
        return f"{place} cannot be written to by this user; a pilot's emails are written there"

    def write(self, mail: Mail) -> Path:
        """Write an email as a file that any email program can open, readable only by its owner, and return its path.

        Writing it again gives the same file. It is on disk when this returns. Raises UnavailableError if it cannot be
        written.
        """
        path = self.folder / f"{mail.message_id.strip('<>').partition('@')[0]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(path, mail.as_bytes(), private=True)
        except OSError as error:
            raise UnavailableError(
                f"the pilot's folder {self.folder}: cannot be written to ({error.strerror}); no email is lost: "
                "it is written once the folder can be"
            ) from None
        return path
