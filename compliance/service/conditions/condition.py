"""What a condition is: something wrong with the service that its operator should know, with what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps

from compliance.service.conditions.service_facts import ServiceFacts, StoredFacts

Find = Callable[[ServiceFacts], str | None]
"""Returns a sentence with the facts (how long, how many, which) if the condition is there, None if it is not."""


class Severity(StrEnum):
    """How bad a condition is."""

    FAULT = "fault"
    """The service does not do its work, or soon will not."""
    WARNING = "warning"
    """The service does its work, and a person should look."""


class Sight(StrEnum):
    """Where one must look to see a condition."""

    SERVICE = "service"
    """The service's own database and disks, as `status` and `check` read them."""
    SETUP = "setup"
    """The settings, the files they name and this machine, as `check --offline` reads them too."""
    SYSTEMS = "systems"
    """The database, the crime system and the mail server, which only `check` asks."""


def _not_found(_: ServiceFacts) -> None:
    """Find nothing: the facts do not show it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that can be wrong.

    `name` never changes: alerts depend on it. `seen`: how it is recognised. `remedy`: what to do. `find` works it out
    from the facts. What the facts do not show is found by a look of `compliance.service.check` as a `Problem` with the
    condition's name; `sight` says which. `is_told_at_once`: alerts do not wait, because it cannot mend by itself.
    """

    name: str
    severity: Severity
    seen: str
    remedy: str
    find: Find = _not_found
    sight: Sight = Sight.SERVICE
    is_told_at_once: bool = False


@dataclass(frozen=True, slots=True)
class FoundCondition:
    """A condition that is there, the sentence that says so, and what it consists of."""

    condition: Condition
    sentence: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.condition.name} ({self.condition.severity}): {self.sentence} To do: {self.condition.remedy}"


def of_stored(find: Callable[[ServiceFacts, StoredFacts], str | None]) -> Find:
    """Make a condition of the stored facts one of the facts: without a usable database it is not known."""

    @wraps(find)
    def found(facts: ServiceFacts) -> str | None:
        return None if facts.stored is None else find(facts, facts.stored)

    return found
