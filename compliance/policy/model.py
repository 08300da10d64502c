"""A policy: what a force, or the national Code, asks for (rules section 9), as data (decision 0005)."""

import hashlib
import json
import re
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from compliance.errors import SettingsError, nearest, settings_error
from compliance.policy.calendars import Calendar, LocalDates, load_calendar, read_toml
from compliance.resources import resource

Count = Annotated[int, Field(ge=1, le=3660)]
Counts = Literal["counts", "does not count"]
Word = Annotated[str, Field(min_length=1)]

_OUTCOMES: Final = ("informed", "attempted")
_CATEGORIES: Final = ("standard", "enhanced", "state", "anonymous")


def _check_spelling(words: list[str], known: tuple[str, ...]) -> list[str]:
    """A crime system may have words of its own (records section 1), but not one that is nearly one of the known."""
    for word in words:
        if word not in known and (meant := get_close_matches(word, known, n=1, cutoff=0.8)):
            raise ValueError(f"{word!r} is nearly {meant[0]!r}; write that, or a word that cannot be mistaken for it")
    return words


Outcomes = Annotated[list[Word], AfterValidator(lambda words: _check_spelling(words, _OUTCOMES))]
Categories = Annotated[list[Word], AfterValidator(lambda words: _check_spelling(words, _CATEGORIES))]


def _new_key() -> Any:
    """Return an optional key that leaves the digest of a policy without it as it was before the key existed."""
    return Field(default=None, exclude_if=lambda value: value is None)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Within(_Strict):
    """A length of time: calendar days, or working days (rules 6.1)."""

    days: Count | None = None
    working_days: Count | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Within":
        if (self.days is None) == (self.working_days is None):
            raise ValueError("expected either days or working_days")
        return self


class Repeat(Within):
    """How often a repeating requirement comes again: calendar days, or working days (rules 9.6, A3)."""

    days: Count | None = _new_key()
    working_days: Count | None = _new_key()


class Enhanced(_Strict):
    """What is different for victims of category `enhanced` (rules 7.2, A1)."""

    within: Within | None = _new_key()
    repeat_every: Repeat | None = _new_key()

    @model_validator(mode="after")
    def _says_something(self) -> "Enhanced":
        if self.within is None and self.repeat_every is None:
            raise ValueError("expected within or repeat_every")
        return self


class Requirement(_Strict):
    """One rule of a policy (rules 2.5, section 9)."""

    id: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    clock: str
    within: Within
    same_day: Counts = "does not count"
    recording_day: Counts = "counts"
    after: str | None = None
    open_only: bool = False
    repeat_every: Repeat | None = None
    honour_agreed_interval: bool = False
    only_for: Annotated[Categories, Field(min_length=1)] | None = None
    except_for: Annotated[Categories, Field(min_length=1)] | None = _new_key()
    only_offences: Annotated[list[Word], Field(min_length=1)] | None = _new_key()
    except_offences: Annotated[list[Word], Field(min_length=1)] | None = _new_key()
    enhanced: Enhanced | None = None
    since: date | None = Field(default=None, alias="from")
    until: date | None = None

    @field_validator("clock")
    @classmethod
    def _starts(cls, clock: str) -> str:
        if not re.fullmatch(r"reported|event:[A-Za-z0-9_.-]+", clock):
            raise ValueError("expected 'reported', or 'event:' and the kind of the event, as in 'event:bail_changed'")
        return clock

    @model_validator(mode="after")
    def _possible(self) -> "Requirement":
        if self.repeat_every and not self.open_only:
            raise ValueError("repeat_every: only a requirement with open_only = true repeats (rules 9.6)")
        if self.honour_agreed_interval and not self.repeat_every:
            raise ValueError("honour_agreed_interval: only a repeating requirement has an agreed interval (rules 7.4)")
        if self.event and (self.repeat_every or self.after or "same_day" in self.model_fields_set):
            raise ValueError("a requirement whose clock is an event has no repeat_every, after or same_day (rules 7.1)")
        if self.enhanced and self.enhanced.repeat_every and not self.repeat_every:
            raise ValueError("enhanced.repeat_every: give repeat_every for all other victims too (rules A1)")
        if self.only_for and self.except_for:
            raise ValueError("except_for: only_for already names the victims; leave one of them out (rules A1a)")
        if self.only_offences and self.except_offences:
            raise ValueError("except_offences: only_offences already names the groups; leave one out (rules A2a)")
        if self.since and self.until and self.until < self.since:
            raise ValueError(f"until {self.until} is before from {self.since}")
        return self

    @property
    def event(self) -> str | None:
        """The kind of event that starts the clock, None where the report does."""
        return self.clock.removeprefix("event:") if self.clock != "reported" else None

    @property
    def counts_working_days(self) -> bool:
        """Whether it has a limit in working days, so that the calendar decides its due dates."""
        limits = [limit for each in (None, "enhanced") for limit in (self.within_for(each), self.repeat_for(each))]
        return any(limit.working_days for limit in limits if limit)

    @property
    def is_for_everyone(self) -> bool:
        """Whether it applies to every victim of every crime (rules 6.2, 9.5, A1a, A2)."""
        limits = (self.only_for, self.except_for, self.only_offences, self.except_offences, self.since, self.until)
        return all(limit is None for limit in limits)

    def within_for(self, category: str | None) -> Within:
        """The limit for victims of a category, without an agreed interval (rules 7.2)."""
        own = self.enhanced.within if self.enhanced and category == "enhanced" else None
        return own or self.within

    def repeat_for(self, category: str | None) -> Repeat | None:
        """The repeat interval for victims of a category, without an agreed one (rules 9.6, A1)."""
        own = self.enhanced.repeat_every if self.enhanced and category == "enhanced" else None
        return own or self.repeat_every

    @property
    def shows_same_day(self) -> bool:
        """Whether its verdicts say if there was a same-day update: the first contact owed, where such an update does
        not discharge it (rules 3.3; records section 2)."""
        return self.clock == "reported" and self.same_day == "does not count" and not (self.repeat_every or self.after)


class Policy(_Strict):
    """A policy file, checked. `calendar_days` and `local` are ready for the engine."""

    title: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    timezone: str = "Europe/London"
    calendar: str
    counted_outcomes: Outcomes = ["informed"]
    counted_methods: Annotated[list[Word], Field(min_length=1)] | None = None
    exempt_victims: Categories = []
    owed_after_close_days: Annotated[int, Field(ge=0, le=3660)] = 28
    late_entry_days: Annotated[int, Field(ge=0, le=3660)] = 3
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
        return self

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
        """The requirement with an id. Raises SettingsError that names the nearest."""
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
        """The policy's calendar: a file beside the policy in `calendars/`, else the shipped one of that name."""
        beside = self.path.parent / "calendars" / f"{self.calendar}.toml"
        return load_calendar(beside if beside.exists() else resource("rules", "calendars", f"{self.calendar}.toml"))

    @property
    def counts_working_days(self) -> bool:
        """Whether any limit is in working days, so that the calendar decides verdicts."""
        return any(requirement.counts_working_days for requirement in self.requirement)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides a verdict: a report prints it, and it says which policy was meant."""
        content: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        if self.counts_working_days:
            days = sorted(str(day) for day in self.working.holidays)
            content["bank_holidays"] = {"from": self.working.first, "until": self.working.last, "days": days}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def with_values(self, **changes: Any) -> "Policy":
        """The same policy with top-level values replaced, checked anew: for a what-if."""
        data = self.model_dump(by_alias=True, exclude_unset=True) | changes
        return _validate(data, self.path, f"{self.path} with changes")


def parse_policy(data: dict[str, Any], path: Path) -> Policy:
    """A policy out of the content of its file. Raises SettingsError that names the file and the key."""
    policy = _validate(data, path, str(path))
    for problem in (lambda: policy.local, lambda: policy.working):
        try:
            problem()
        except SettingsError as error:
            raise SettingsError(f"{path}: {error}") from None
    return policy


def load_policy(path: Path | str) -> Policy:
    """A policy file, or a shipped policy by its name, such as `west-mercia`."""
    path = Path(path)
    if not path.suffix and not path.exists():
        shipped = resource("rules", f"{path}.toml")
        if not shipped.exists():
            known = [found.stem for found in resource("rules").glob("*.toml") if found.stem != "organisation"]
            raise SettingsError(f"there is no policy {str(path)!r}{nearest(str(path), known)}")
        path = shipped
    return parse_policy(read_toml(path), path)


def _validate(data: dict[str, Any], path: Path, source: str) -> Policy:
    known = [*Policy.model_fields, *Requirement.model_fields, "from", "days", "working_days", "within"]
    if "path" in data:
        raise SettingsError(f"{source}: path: there is no such key")
    try:
        return Policy.model_validate(data | {"path": path})
    except ValidationError as error:
        problems = [{**problem, "loc": _by_id(problem["loc"], data)} for problem in error.errors()]
        raise settings_error(source, problems, set(known) - {"since", "path"}) from None


def _by_id(place: tuple[int | str, ...], data: dict[str, Any]) -> tuple[int | str, ...]:
    """Name a requirement in the place of a problem by its id; by its number, from 1, if it has none."""
    if len(place) < 2 or place[0] != "requirement" or not isinstance(place[1], int):
        return place
    found = data["requirement"][place[1]]
    name = found.get("id") if isinstance(found, dict) else None
    return (f"requirement {name!r}" if isinstance(name, str) else f"requirement number {place[1] + 1}", *place[2:])
