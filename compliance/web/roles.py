"""The roles of the pages, whose cases each may see, and the person who looks."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from compliance.store.receiving.directory import DirectoryEntry
from compliance.text import join_words


class WebRole(StrEnum):
    """What somebody is to the pages."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    CHAMPION = "champion"
    PERFORMANCE = "performance"
    BOARD = "board"
    ADMINISTRATOR = "administrator"


class CaseScope(IntEnum):
    """Whose cases, from none to all. Each holds those before it."""

    NONE = 0
    OWN = 1
    TEAM = 2
    DIVISION = 3
    FORCE = 4


WIDEST: Final = {
    WebRole.OFFICER: CaseScope.OWN,
    WebRole.SUPERVISOR: CaseScope.TEAM,
    WebRole.CHAMPION: CaseScope.DIVISION,
    WebRole.PERFORMANCE: CaseScope.FORCE,
    WebRole.BOARD: CaseScope.NONE,
    WebRole.ADMINISTRATOR: CaseScope.NONE,
}
"""The most that a role may see without being asked for a reason."""
LOGGED: Final = "Attempts to open it are logged."
"""What a refusal says of itself."""
MAY_ASK: Final = frozenset({WebRole.SUPERVISOR, WebRole.CHAMPION})
"""The roles that may open one crime outside their scope, with a reason."""
ROLE_NAMES: Final = {
    WebRole.OFFICER: "Officer",
    WebRole.SUPERVISOR: "Supervisor",
    WebRole.CHAMPION: "Divisional champion",
    WebRole.PERFORMANCE: "Performance team",
    WebRole.BOARD: "Performance board",
    WebRole.ADMINISTRATOR: "Administrator",
}
_PEOPLE: Final = {
    WebRole.OFFICER: "officers",
    WebRole.SUPERVISOR: "supervisors",
    WebRole.CHAMPION: "divisional champions",
    WebRole.PERFORMANCE: "the performance team",
    WebRole.BOARD: "the performance board",
    WebRole.ADMINISTRATOR: "administrators",
}
OF_DIRECTORY: Final = frozenset({WebRole.OFFICER, WebRole.SUPERVISOR, WebRole.CHAMPION})
"""The roles that only somebody in the officer directory can have: it says which cases are theirs."""


def people_in(roles: Collection[WebRole]) -> str:
    """Return who has some roles, in words: supervisors and divisional champions."""
    return join_words([name for role, name in _PEOPLE.items() if role in roles])


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person in one role.

    `person`: as the way of signing in names them. `officer_ref`, `team` and `division` are those of the officer
    directory now, None if they are not in it.
    """

    person: str
    role: WebRole
    name: str
    officer_ref: str | None = None
    team: str | None = None
    division: str | None = None

    @property
    def names(self) -> set[str]:
        """The names under which others may have named them, in lower-case: how they sign in, and their reference."""
        return {name.lower() for name in (self.person, self.officer_ref) if name}

    @classmethod
    def of_officer(cls, officer: DirectoryEntry, role: WebRole, person: str | None = None) -> "Viewer":
        """Return somebody who is in the officer directory."""
        name = officer.name or f"officer {officer.officer_ref}"
        ref = officer.officer_ref
        return cls(person or ref, role, name, ref, officer.team or None, officer.division or None)
