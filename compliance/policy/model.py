"""A policy: what a force, or the national Code, asks for (rules section 9), as data (decision 0005)."""

import hashlib
import json
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, model_validator

from compliance.errors import SettingsError, nearest, settings_error
from compliance.policy.calendars import Calendar, LocalDates, load_calendar, plain_date, read_toml
from compliance.policy.requirement import STRICT, Categories, Outcomes, Requirement, Word, new_key
from compliance.resources import resource


class Policy(BaseModel):
    """A policy file, checked. `working` and `local` are its calendar and time zone, ready for the engine.

    `unknown`: what is not known yet of a policy that is a draft; None: it is none.
    """

    model_config = STRICT

    title: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    timezone: str = "Europe/London"
    calendar: str
    counted_outcomes: Outcomes = ["informed"]
    counted_methods: Annotated[list[Word], Field(min_length=1)] | None = None
    exempt_victims: Categories = []
    owed_after_close_days: Annotated[int, Field(ge=0, le=3660)] = 28
    late_entry_days: Annotated[int, Field(ge=0, le=3660)] = 3
    unknown: Annotated[list[Word], Field(min_length=1)] | None = new_key()
    requirement: Annotated[list[Requirement], Field(min_length=1)]
    path: Path = Field(default=Path("policy"), exclude=True)

    @model_validator(mode="after")
    def _references(self) -> "Policy":
        if not self.counted_outcomes:
            raise ValueError("counted_outcomes: at least one outcome must count")
        ids = [requirement.id for requirement in self.requirement]
        for i, requirement in enumerate(self.requirement):
            if requirement.id in ids[:i]:
                raise ValueError(f"requirement {requirement.id!r} appears twice")
            if requirement.after is None:
                continue
            if requirement.after not in ids:
                raise ValueError(
                    f"requirement {requirement.id!r}: after {requirement.after!r} names no requirement of this policy"
                    + nearest(requirement.after, ids)
                )
            if self.requirement_by_id(requirement.after).event:
                raise ValueError(
                    f"requirement {requirement.id!r}: after {requirement.after!r}, whose clock is an event"
                )
            self._chain(requirement)
        for requirement in self.requirement:
            if requirement.takes_over is not None:
                self._check_takeover(requirement, requirement.takes_over, ids)
        return self

    def _check_takeover(self, requirement: Requirement, name: str, ids: list[str]) -> None:
        """Raise ValueError unless a requirement can take over from the one named (rules A5).

        The one named exists, repeats and ends on the day before, and no other requirement takes over from it.
        """
        where = f"requirement {requirement.id!r}: takes_over {name!r}"
        if name not in ids:
            raise ValueError(f"{where} names no requirement of this policy{nearest(name, ids)}")
        before = self.requirement_by_id(name)
        if (first := self.successor(before)) is not requirement and first is not None:
            raise ValueError(f"{where}, from which {first.id!r} takes over already (rules A5)")
        if not before.repeat_every:
            raise ValueError(f"{where}, which does not repeat: there is nothing to take over (rules A5)")
        if requirement.since and before.until != (last := requirement.since - timedelta(days=1)):
            raise ValueError(
                f"{where}: give {name!r} until = {last}, the day before {requirement.id!r} takes over on "
                f"{plain_date(requirement.since)} (rules A5)"
            )

    def _chain(self, requirement: Requirement) -> None:
        seen, at = {requirement.id}, requirement
        while at.after is not None:
            if at.after in seen:
                raise ValueError(f"requirement {requirement.id!r}: its after leads back to itself")
            seen.add(at.after)
            at = self.requirement_by_id(at.after)

    def __repr__(self) -> str:
        """Return its title and its requirements' ids."""
        return f"<Policy: {self.title}; {', '.join(requirement.id for requirement in self.requirement)}>"

    def requirement_by_id(self, requirement_id: str) -> Requirement:
        """Return the requirement with an id. Raises SettingsError that names the nearest."""
        for requirement in self.requirement:
            if requirement.id == requirement_id:
                return requirement
        known = [requirement.id for requirement in self.requirement]
        raise SettingsError(f"{self.path}: there is no requirement {requirement_id!r}{nearest(requirement_id, known)}")

    @cached_property
    def local(self) -> LocalDates:
        """Local dates in the policy's time zone."""
        return LocalDates(self.timezone)

    @cached_property
    def working(self) -> Calendar:
        """The policy's calendar: the file in `calendars/` next to the policy, or else the shipped one of that name."""
        beside = self.path.parent / "calendars" / f"{self.calendar}.toml"
        return load_calendar(beside if beside.exists() else resource("rules", "calendars", f"{self.calendar}.toml"))

    def successor(self, requirement: Requirement) -> Requirement | None:
        """Return the requirement that takes over from one, or None (rules A5)."""
        return next((each for each in self.requirement if each.takes_over == requirement.id), None)

    def governing(self, requirement: Requirement, start: date) -> Requirement:
        """Return the requirement to which a cycle of a chain belongs by the day it starts (rules A5)."""
        following = self.successor(requirement)
        if following is None or following.since is None or start < following.since:
            return requirement
        return self.governing(following, start)

    @property
    def is_in_hours(self) -> bool:
        """Whether any requirement is judged on instants, so that verdicts have a `due_at` (rules A6)."""
        return any(requirement.is_in_hours for requirement in self.requirement)

    @property
    def counts_working_days(self) -> bool:
        """Whether any limit is in working days, so that the calendar decides verdicts."""
        return any(requirement.counts_working_days for requirement in self.requirement)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides a verdict. Reports print it to say which policy was meant."""
        content: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        if self.counts_working_days:
            days = sorted(str(day) for day in self.working.holidays)
            content["bank_holidays"] = {"from": self.working.first, "until": self.working.last, "days": days}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def with_values(self, **changes: Any) -> "Policy":
        """Return the policy with top-level values replaced, checked again: for a what-if."""
        data = self.model_dump(by_alias=True, exclude_unset=True) | changes
        return _validate(data, self.path, f"{self.path} with changes")


def parse_policy(data: dict[str, Any], path: Path) -> Policy:
    """Return the policy from the content of its file. Raises SettingsError that names the file and the key."""
    policy = _validate(data, path, str(path))
    for problem in (lambda: policy.local, lambda: policy.working):
        try:
            problem()
        except SettingsError as error:
            raise SettingsError(f"{path}: {error}") from None
    return policy


def load_policy(path: Path | str) -> Policy:
    """Return the policy of a file, or a shipped policy by its name, such as `west-mercia`.

    Raises SettingsError if there is no such policy, or if it is wrong.
    """
    path = Path(path)
    if not path.suffix and not path.exists():
        shipped = resource("rules", f"{path}.toml")
        if not shipped.exists():
            known = [found.stem for found in resource("rules").glob("*.toml") if found.stem != "organisation"]
            raise SettingsError(f"there is no policy {str(path)!r}{nearest(str(path), known)}")
        path = shipped
    return parse_policy(read_toml(path), path)


def load_policy_in_use(path: Path | str) -> Policy:
    """Return the policy by which a service judges, as `load_policy` does. Raises SettingsError also for a draft."""
    policy = load_policy(path)
    if policy.unknown:
        raise SettingsError(
            f"{policy.path} is a draft: of it is not known yet, for example: {policy.unknown[0]}. No service judges by "
            "a draft; `compliance whatif --policy-to` compares one with the policy in use"
        )
    return policy


def _validate(data: dict[str, Any], path: Path, source: str) -> Policy:
    known = [*Policy.model_fields, *Requirement.model_fields, "from", "days", "working_days", "hours", "within"]
    if "path" in data:
        raise SettingsError(f"{source}: path: there is no such key")
    try:
        return Policy.model_validate(data | {"path": path})
    except ValidationError as error:
        problems = [{**problem, "loc": _by_id(problem["loc"], data)} for problem in error.errors()]
        raise settings_error(source, problems, set(known) - {"since", "path"}) from None


def _by_id(place: tuple[int | str, ...], data: dict[str, Any]) -> tuple[int | str, ...]:
    """Return the place of a problem with its requirement named by id or, if it has none, by number from 1."""
    if len(place) < 2 or place[0] != "requirement" or not isinstance(place[1], int):
        return place
    found = data["requirement"][place[1]]
    name = found.get("id") if isinstance(found, dict) else None
    return (f"requirement {name!r}" if isinstance(name, str) else f"requirement number {place[1] + 1}", *place[2:])
