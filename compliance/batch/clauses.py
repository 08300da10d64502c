"""The clauses of the rules, and which ones have no worked example under a policy."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from compliance.errors import nearest, settings_error
from compliance.policy import Policy, Requirement
from compliance.policy.calendars import read_toml

_HAS: Final[Mapping[str, Callable[[Requirement], bool]]] = {
    "always owed": lambda r: not r.open_only,
    "first contact": lambda r: not r.event and not r.open_only,
    "same day": lambda r: r.shows_same_day,
    "further contact": lambda r: r.after is not None,
    "open only": lambda r: r.open_only,
    "repeats": lambda r: r.repeat_every is not None,
    "event": lambda r: r.event is not None,
    "enhanced": lambda r: bool(r.enhanced and r.enhanced.within),
    "enhanced repeats": lambda r: bool(r.enhanced and r.enhanced.repeat_every),
    "working days": lambda r: r.counts_working_days,
    "repeats in working days": lambda r: any(
        repeat.working_days for repeat in (r.repeat_for(None), r.repeat_for("enhanced")) if repeat
    ),
    "agreed interval": lambda r: r.honour_agreed_interval,
    "some categories": lambda r: r.only_for is not None,
    "all but some categories": lambda r: r.except_for is not None,
    "takes over": lambda r: r.takes_over is not None,
    "hours": lambda r: r.is_in_hours,
    "some offences": lambda r: r.only_offences is not None,
    "all but some offences": lambda r: r.except_offences is not None,
}
"""The kinds of requirement that a clause can be about."""


class ClauseEntry(BaseModel):
    """A clause of the rules or the records.

    `id` is as examples cite it. `decides_no` says why it decides no verdict (None: it decides one, and needs an
    example). `only_for` is the kind of requirement it is about (None: any).
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str = Field(pattern=r"^(rules|records) (\d+(\.\d+[a-z]?)?|A\d+[a-z]?)$")
    about: str = Field(min_length=1)
    decides_no: str | None = Field(default=None, min_length=1)
    only_for: str | None = None

    @field_validator("only_for")
    @classmethod
    def _check_kind(cls, kind: str) -> str:
        if kind not in _HAS:
            raise ValueError(f"expected one of {', '.join(_HAS)}{nearest(kind, _HAS)}")
        return kind

    @property
    def is_addition(self) -> bool:
        """Whether it is one of the additions, which no supplied policy uses (docs/rules-additions.md)."""
        return " A" in self.id

    def concerns(self, policy: Policy) -> bool:
        """Return whether the clause decides verdicts under a policy."""
        if self.decides_no:
            return False
        return self.only_for is None or any(map(_HAS[self.only_for], policy.requirement))

    def __str__(self) -> str:
        return f"{self.id} ({self.about})"


class _ClauseFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    clause: list[ClauseEntry]


def load_clauses(path: Path) -> list[ClauseEntry]:
    """Return the list of clauses, in order. Raises SettingsError that names the file and the key."""
    try:
        return _ClauseFile.model_validate(read_toml(path)).clause
    except ValidationError as error:
        raise settings_error(str(path), error.errors(), ClauseEntry.model_fields) from None


def not_shown(clauses: Iterable[ClauseEntry], policies: Iterable[Policy], cited: set[str]) -> list[ClauseEntry]:
    """Return the clauses that decide verdicts under the policies but are cited by no example."""
    policies = list(policies)
    return [clause for clause in clauses if clause.id not in cited and any(map(clause.concerns, policies))]


def unknown_clause_errors(clauses: Iterable[ClauseEntry], cited: Iterable[str]) -> list[str]:
    """Return a sentence for each citation of a clause that does not exist, with the nearest that does."""
    known = [clause.id for clause in clauses]
    return [f"there is no clause {name!r}{nearest(name, known)}" for name in cited if name not in known]
