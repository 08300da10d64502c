"""The settings of reminders: who is told what, and when (docs/reminders.md)."""

from datetime import date, time
from typing import Final, Literal, get_args

from pydantic import Field, model_validator

from compliance.feed_settings import SettingsSection, Weekday

_NUMBERS: Final = {day: number for number, day in enumerate(get_args(Weekday))}


def _numbers(*days: str) -> tuple[int, ...]:
    """The numbers of weekdays, Monday 0; none for `never`."""
    return tuple(_NUMBERS[day] for day in days if day != "never")


class Ladder(SettingsSection):
    """When each step of the ladder comes for one obligation."""

    due_soon_days: int = Field(
        0,
        ge=0,
        le=28,
        description="An officer is sent an email of its own on the last working morning at least so many days before "
        "something falls due; 0: it only goes along (`ahead_days`) or into the week's plan (`plan_weekday`).",
    )
    repeat_days: int = Field(7, ge=1, le=365, description="After how many days without news an officer is told again.")
    supervisor_days: int = Field(
        7,
        ge=1,
        le=365,
        description="After how many days that the officer had to act (present, no contact hold, an email accepted for "
        "them) their supervisor is told too: of an enhanced victim on the next working morning, of any other in the "
        "next weekly list; at the latest when half of `champion_days`, rounded down, have passed.",
    )
    champion_days: int = Field(
        21,
        ge=1,
        le=365,
        description="After how many days overdue the division's champion is told too: of an enhanced victim on the "
        "next working morning, of any other in the next weekly list.",
    )


class LadderChange(SettingsSection):
    """Another ladder for one requirement, one category of victim, or both."""

    requirement: str | None = Field(None, description="The id of the requirement; absent: every one.")
    category: str | None = Field(None, description="The category of victim; absent: every one.")
    due_soon_days: int | None = Field(None, ge=0, le=28, description="In place of the setting of this name.")
    repeat_days: int | None = Field(None, ge=1, le=365, description="In place of the setting of this name.")
    supervisor_days: int | None = Field(None, ge=1, le=365, description="In place of the setting of this name.")
    champion_days: int | None = Field(None, ge=1, le=365, description="In place of the setting of this name.")

    def concerns(self, requirement: str | None, category: str | None) -> bool:
        """Whether it holds for an obligation of this requirement to a victim of this category."""
        return self.requirement in (None, requirement) and self.category in (None, category)

    @property
    def given(self) -> dict[str, int]:
        """What it sets, by the name of the setting of the `Ladder`."""
        return {name: days for name in Ladder.model_fields if (days := getattr(self, name)) is not None}


class ReminderTrial(SettingsSection):
    """What some teams, drawn by lot, try for a time, to measure whether it helps (docs/trials.md).

    It concerns only what is not yet due. `digest_days` cannot be tried: it decides when somebody is told again of what
    is overdue, which a trial never delays.
    """

    name: str = Field(min_length=1, max_length=80, description="What reports call it; each has its own name.")
    due_soon_days: int | None = Field(
        None, ge=0, le=28, description="The `due_soon_days` of the teams that try it; this or `plan_weekday`."
    )
    plan_weekday: Weekday | Literal["never"] | None = Field(
        None, description="The `plan_weekday` of the teams that try it; for them or for the others it is `never`."
    )
    share: float = Field(0.5, ge=0.1, le=0.9, description="About which share of the teams try it.")
    until: date = Field(description="The last day.")

    @property
    def setting(self) -> str:
        """The name of the setting that is tried."""
        return "due_soon_days" if self.due_soon_days is not None else "plan_weekday"

    @property
    def tried(self) -> str:
        """Its value for the teams that try it, as text."""
        return str(getattr(self, self.setting))

    @model_validator(mode="after")
    def _check_one(self) -> "ReminderTrial":
        if (self.due_soon_days is None) == (self.plan_weekday is None):
            raise ValueError("expected due_soon_days or plan_weekday: one is tried at a time")
        return self


class Reminders(Ladder):
    """Who is told what, and when (docs/reminders.md)."""

    due_from: date = Field(
        description="What fell due before this date is reported and never mailed: the day the service started."
    )
    send_from: time = Field(time(7, 0), description="Local time from which a working morning's emails are sent.")
    send_until: time = Field(time(18, 0), description="Local time after which no more emails are sent that day.")
    ladder: list[LadderChange] = Field(
        [LadderChange(category="enhanced", repeat_days=4, supervisor_days=3, champion_days=10)],
        description="What of the four is different for a requirement, a category of victim, or both: "
        '`{ requirement = "7-day", category = "enhanced", supervisor_days = 2 }`. Later ones stand over earlier ones.',
    )
    ahead_days: int = Field(
        14,
        ge=0,
        le=28,
        description="What falls due within so many days is announced along with whatever else an "
        "officer is told that morning, so that it needs no email of its own; 0: nothing is.",
    )
    plan_weekday: Weekday | Literal["never"] = Field(
        "mon",
        description="The day on which an officer gets the week's plan, or the next working day: what falls due by the "
        "next plan, by day, in the one email of the day.",
    )
    digest_days: tuple[Weekday, ...] = Field(
        ("mon",),
        min_length=1,
        description="The days on which officers are told of what is not news to them, or the next working day: what "
        "they were told before, and what is overdue of a standard victim and was announced to them. What is news goes "
        "out on every working day.",
    )
    absence_held_days: int = Field(
        3, ge=0, le=28, description="An absence that ends within so many days holds an email; in a longer one whoever "
        "covers is told."
    )  # fmt: skip
    cover: dict[str, str] = Field(
        {}, description='Who covers for an officer who is absent or has left: `{ "1042" = "2000" }`.'
    )
    list_weekday: Weekday | Literal["never"] = Field(
        "mon", description="The day on which supervisors and champions get their weekly list, or the next working day."
    )
    repeated_misses: int = Field(
        3,
        ge=1,
        le=100,
        description="So many updates not given in time within 28 days, of those the officer had time to give, put an "
        "officer on the weekly list, as a matter for support.",
    )
    supervisor_role: str = Field("supervisor", description="What the directory calls a team's supervisor (`role`).")
    champion_role: str = Field("champion", description="What the directory calls a division's champion (`role`).")
    attempts: int = Field(
        3,
        ge=1,
        le=50,
        description="After attempts on so many dates without reaching the victim the supervisor decides.",
    )
    hold_days: int = Field(28, ge=1, le=366, description="How many days a contact hold without an end counts.")
    stale_hours: int = Field(
        24, ge=1, le=168, description="No email while the crime system was last read to its end longer ago than this."
    )
    listed: int = Field(20, ge=1, le=200, description="How many victims an email lists; the others are counted.")
    policy_link: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="The address of the policy's text; every email ends with it. Absent: only the policy's title.",
    )
    templates: str | None = Field(
        None,
        description="A folder with email templates of the force's own, relative to this file; absent: those shipped.",
    )

    trial: ReminderTrial | None = Field(
        None, description="A trial of what is told before something is due; absent: none."
    )

    def usual_of(self, setting: str) -> str:
        """The value of a setting for the teams that do not try another, as text."""
        return str(getattr(self, setting))

    def as_tried(self) -> "Reminders":
        """The settings for the teams that try something."""
        trial = self.trial
        return self if trial is None else self.model_copy(update={trial.setting: getattr(trial, trial.setting)})

    @property
    def days_of_list(self) -> tuple[int, ...]:
        """The weekday of the weekly list, Monday 0; empty: never."""
        return _numbers(self.list_weekday)

    @property
    def days_of_plan(self) -> tuple[int, ...]:
        """The weekday of the week's plan, Monday 0; empty: never."""
        return _numbers(self.plan_weekday)

    @property
    def days_of_digests(self) -> tuple[int, ...]:
        """The weekdays on which officers are told again, Monday 0."""
        return _numbers(*self.digest_days)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of victims for whom a ladder is given."""
        return ("standard", *dict.fromkeys(change.category for change in self.ladder if change.category))

    def ladder_for(self, requirement: str | None, category: str | None) -> Ladder:
        """The ladder of an obligation of this requirement to a victim of this category; None: of any other."""
        changes = [change for change in self.ladder if change.concerns(requirement, category)]
        if not changes:
            return self
        steps = {name: getattr(self, name) for name in Ladder.model_fields}
        for change in changes:
            steps |= change.given
        return Ladder.model_construct(**steps)

    @model_validator(mode="after")
    def _check_ladders(self) -> "Reminders":
        for change in (LadderChange(), *self.ladder):
            steps = self.ladder_for(change.requirement, change.category)
            if steps.supervisor_days > steps.champion_days:
                whom = ", ".join(name for name in (change.requirement, change.category) if name)
                expected = f"{steps.supervisor_days}, supervisor_days, or more{whom and f' for {whom}'}"
                raise ValueError(f"champion_days: found {steps.champion_days}; expected {expected}")
        return self

    @model_validator(mode="after")
    def _check_trial(self) -> "Reminders":
        trial = self.trial
        if trial is None:
            return self
        usual = self.usual_of(trial.setting)
        if trial.tried == usual:
            raise ValueError(f"trial: {trial.setting}: found {usual}, as for all; expected another value")
        if trial.setting == "plan_weekday" and "never" not in (usual, trial.tried):
            raise ValueError(f"trial: plan_weekday: found {trial.tried}; expected never, as all have a plan on {usual}")
        return self

    @model_validator(mode="after")
    def _check_hours(self) -> "Reminders":
        if not self.send_from < self.send_until:
            found = f"found {self.send_until:%H:%M}; expected a time after send_from, {self.send_from:%H:%M}"
            raise ValueError(f"send_until: {found}")
        return self
