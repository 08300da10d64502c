"""One requirement of a policy: what is owed to whom, from when and by when (rules section 9), as data."""

import re
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

Count = Annotated[int, Field(ge=1, le=3660)]
Counts = Literal["counts", "does not count"]
Word = Annotated[str, Field(min_length=1)]

_OUTCOMES: Final = ("informed", "attempted")
_CATEGORIES: Final = ("standard", "enhanced", "state", "anonymous")


def _check_spelling(words: list[str], known: tuple[str, ...]) -> list[str]:
    """Return the words. Raises ValueError if one is almost a known word.

    A crime system may have words of its own (records section 1), but none that could be a misspelling.
    """
    for word in words:
        if word not in known and (meant := get_close_matches(word, known, n=1, cutoff=0.8)):
            raise ValueError(f"{word!r} is nearly {meant[0]!r}; write that, or a word that cannot be mistaken for it")
    return words


Outcomes = Annotated[list[Word], AfterValidator(lambda words: _check_spelling(words, _OUTCOMES))]
Categories = Annotated[list[Word], AfterValidator(lambda words: _check_spelling(words, _CATEGORIES))]


def new_key() -> Any:
    """Return an optional key that leaves the digest of a policy without it as it was before the key existed."""
    return Field(default=None, exclude_if=lambda value: value is None)


STRICT: Final = ConfigDict(extra="forbid", frozen=True, strict=True)
"""How a policy file is read: unknown keys and values of another type are errors."""


class Within(BaseModel):
    """A length of time: calendar days, working days (rules 6.1) or hours (A6)."""

    model_config = STRICT

    days: Count | None = None
    working_days: Count | None = None
    hours: Count | None = new_key()

    @model_validator(mode="after")
    def _exactly_one(self) -> "Within":
        if [self.days, self.working_days, self.hours].count(None) != 2:
            raise ValueError("expected either days, working_days or hours")
        return self


class Repeat(BaseModel):
    """The interval at which a requirement repeats: calendar days, or working days (rules 9.6, A3)."""

    model_config = STRICT

    days: Count | None = new_key()
    working_days: Count | None = new_key()

    @model_validator(mode="after")
    def _exactly_one(self) -> "Repeat":
        if (self.days is None) == (self.working_days is None):
            raise ValueError("expected either days or working_days")
        return self


class Enhanced(BaseModel):
    """What is different for victims of category `enhanced` (rules 7.2, A1)."""

    model_config = STRICT

    within: Within | None = new_key()
    repeat_every: Repeat | None = new_key()

    @model_validator(mode="after")
    def _says_something(self) -> "Enhanced":
        if self.within is None and self.repeat_every is None:
            raise ValueError("expected within or repeat_every")
        return self


class Requirement(BaseModel):
    """One rule of a policy (rules 2.5, section 9)."""

    model_config = STRICT

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
    except_for: Annotated[Categories, Field(min_length=1)] | None = new_key()
    only_offences: Annotated[list[Word], Field(min_length=1)] | None = new_key()
    except_offences: Annotated[list[Word], Field(min_length=1)] | None = new_key()
    enhanced: Enhanced | None = None
    since: date | None = Field(default=None, alias="from")
    until: date | None = None
    takes_over: str | None = new_key()

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
        if self.takes_over and not (self.since and self.repeat_every):
            raise ValueError("takes_over: give from, the day on which it takes over, and repeat_every (rules A5)")
        self._check_hours()
        return self

    def _check_hours(self) -> None:
        """Raise ValueError for what a limit in hours excludes (rules A6)."""
        others = self.enhanced.within if self.enhanced else None
        if others and bool(others.hours) != self.is_in_hours:
            raise ValueError("enhanced.within: give both limits in hours, or neither (rules A6)")
        if self.is_in_hours and (self.open_only or self.after or "same_day" in self.model_fields_set):
            raise ValueError("a requirement in hours has no open_only, after or same_day (rules A6)")

    @property
    def event(self) -> str | None:
        """The kind of event that starts the clock, None if the report does."""
        return self.clock.removeprefix("event:") if self.clock != "reported" else None

    @property
    def is_in_hours(self) -> bool:
        """Whether it is judged on instants, not on local dates (rules A6)."""
        return self.within.hours is not None

    @property
    def counts_working_days(self) -> bool:
        """Whether it has a limit in working days, so that the calendar decides its due dates."""
        each = (None, "enhanced")
        limits: list[Within | Repeat | None] = [self.within_for(one) for one in each]
        limits += [self.repeat_for(one) for one in each]
        return any(limit.working_days for limit in limits if limit)

    @property
    def is_for_everyone(self) -> bool:
        """Whether it applies to every victim of every crime (rules 6.2, 9.5, A1a, A2)."""
        limits = (self.only_for, self.except_for, self.only_offences, self.except_offences, self.since, self.until)
        return all(limit is None for limit in limits)

    def within_for(self, category: str | None) -> Within:
        """Return the limit for victims of a category, without an agreed interval (rules 7.2)."""
        own = self.enhanced.within if self.enhanced and category == "enhanced" else None
        return own or self.within

    def repeat_for(self, category: str | None) -> Repeat | None:
        """Return the repeat interval for victims of a category, without an agreed one (rules 9.6, A1)."""
        own = self.enhanced.repeat_every if self.enhanced and category == "enhanced" else None
        return own or self.repeat_every

    @property
    def shows_same_day(self) -> bool:
        """Whether its verdicts say if there was a same-day update (rules 3.3; records section 2).

        They do for the first contact owed if such an update does not discharge it.
        """
        dates_decide = self.clock == "reported" and not self.is_in_hours
        return dates_decide and self.same_day == "does not count" and not (self.repeat_every or self.after)
