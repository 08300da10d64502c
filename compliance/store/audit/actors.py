"""Who does something to this service's data, for the audit log."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Actor:
    """Who: the user name of a person at a machine, or the service itself. `role`: in which role."""

    who: str
    role: str


THE_SERVICE: Final = Actor("compliance", "service")
"""What the running service does by itself."""
COMMAND_LINE: Final = "command line"
"""The role of whoever runs a command."""
