"""A pilot: some are written to, and everybody else's mail can be looked at where it was written to disk."""

import os
from dataclasses import dataclass
from pathlib import Path

from compliance.errors import SettingsError, UnavailableError
from compliance.mail.message import Mail, address_problem


@dataclass(frozen=True, slots=True)
class Pilot:
    """Who gets mail while it lasts: `allow` has addresses (`name@domain`) and whole domains (`@domain`), in any case of
    letters. Everybody else's mail becomes a file in `folder`, and is never sent."""

    allow: tuple[str, ...]
    folder: Path

    def __post_init__(self) -> None:
        """Raises SettingsError for an entry that is neither an address nor a domain."""
        for entry in self.allow:
            if address_problem(f"anybody{entry}" if entry.startswith("@") else entry):
                raise SettingsError(f"allow: {entry!r}: expected name@domain, or @domain for everybody there")

    def allows(self, address: str) -> bool:
        """Whether mail to an address is sent."""
        allowed = {entry.lower() for entry in self.allow}
        return bool({address.lower(), "@" + address.lower().rpartition("@")[2]} & allowed)

    def write(self, mail: Mail) -> Path:
        """The mail as a file that any mail programme opens; written again, it is the same file. It is on disk when this
        returns. Raises UnavailableError where it cannot be written."""
        path = self.folder / f"{mail.message_id.strip('<>').partition('@')[0]}.eml"
        part = path.with_suffix(".part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(mail.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise UnavailableError(
                f"the pilot's folder {self.folder}: cannot be written to ({error.strerror}); nothing is lost, the mail "
                "is written when it can be"
            ) from None
        return path
