"""The stories of the ladder as data (`tests/reminder_stories/*.toml`): what happens day by day, and who is told what.

A story begins on the first day that it names and ends on the last, or on `until`. Every day between is lived. On a day
that names nobody as told, nobody may be.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from compliance.errors import settings_error
from compliance.policy.calendars import read_toml

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "tests" / "reminder_stories"
_STRICT: Final = ConfigDict(extra="forbid", strict=True)

Words = Annotated[tuple[str, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else tuple(said))]
"""One text or several."""
By = dict[str, Words]
"""Officer -> what they are told, or not."""


class Entry(BaseModel):
    """An officer in the directory at the beginning of every story; the address is `REF@force.example`."""

    model_config = _STRICT

    role: str | None = None
    supervisor: str | None = None
    team: str = "North 1"


class StartingCrime(BaseModel):
    """A crime as it is on the first day of a story, or from its report on. Dates are taken at noon.

    `victims`: "V1", or "V1 enhanced". `officer` is "nobody" if no one has it.
    """

    model_config = _STRICT

    reported: date
    officer: str = "officer"
    victims: Words = ("V1",)
    updates: tuple[date, ...] = Field((), strict=False)


class StoryDay(BaseModel):
    """What happens on a day, and who gets an email about what.

    `happens`: sentences that `story_world` understands, from the evening on unless they begin with a time. `told`: what
    an officer's accepted email says, such as "C1 overdue" or "C1/V2 supervisor again". `not_told`: what is held,
    suppressed or dropped at the end of the day, with the reason; whatever is newly held or dropped must be here.
    `not_taken`: whose email the mail server did not accept, and what it did.
    """

    model_config = _STRICT

    happens: Words = ()
    told: By = {}
    not_told: By = {}
    not_taken: dict[str, str] = {}


class Story(BaseModel):
    """One story. `section` is a heading of docs/reminders.md; `settings` differ from those of its file, or supplied."""

    model_config = _STRICT

    title: str = Field(min_length=1)
    section: str
    story: str = Field(min_length=1)
    settings: dict[str, Any] = {}
    crimes: dict[str, StartingCrime] = Field(min_length=1)
    until: date | None = None
    days: dict[date, StoryDay] = Field(min_length=1, strict=False)
    path: Path = Path()
    of_file: dict[str, Any] = {}
    """The settings of every story of the file."""

    @property
    def every_setting(self) -> dict[str, Any]:
        """All settings that differ from those supplied."""
        return self.of_file | self.settings

    @property
    def first(self) -> date:
        """The first day that is lived."""
        return min(self.days)

    @property
    def last(self) -> date:
        """The last day that is lived."""
        return max(self.until or date.min, *self.days)

    def day(self, day: date) -> StoryDay:
        """What the story says of a day."""
        return self.days.get(day, StoryDay())

    @property
    def is_alone(self) -> bool:
        """Whether it cannot be lived beside others: its settings name people, or the crime system does not answer."""
        return bool(self.settings.keys() & {"cover", "allow"}) or "crime system" in repr(self.days)

    def __str__(self) -> str:
        return f"{self.path.name}: {self.title!r}"


class StoryFile(BaseModel):
    """A file of stories about one matter. `settings` hold for each of them, and `note` says what they are for."""

    model_config = _STRICT

    title: str
    note: str = ""
    settings: dict[str, Any] = {}
    story: list[Story] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _read_days(cls, data: dict[str, Any]) -> dict[str, Any]:
        """TOML has no dates as keys: a day is written `2026-06-09.told.officer`."""
        for story in data.get("story", ()):
            story["days"] = {date.fromisoformat(day): said for day, said in story.get("days", {}).items()}
        return data


class Force(BaseModel):
    """The officers of every story, by reference (`force.toml`)."""

    model_config = _STRICT

    officers: dict[str, Entry]


def load_force() -> dict[str, Entry]:
    """Read the officers of every story."""
    return Force.model_validate(read_toml(FOLDER / "force.toml")).officers


def load_stories(folder: Path = FOLDER) -> list[StoryFile]:
    """Read every file of stories, in order. Raises SettingsError that names the file and the key."""
    return [_load(path) for path in sorted(folder.glob("[0-9]*.toml"))]


def _load(path: Path) -> StoryFile:
    known = [name for model in (StoryFile, Story, StartingCrime, StoryDay) for name in model.model_fields]
    try:
        file = StoryFile.model_validate(read_toml(path))
    except ValidationError as error:
        raise settings_error(str(path), error.errors(), known) from None
    for story in file.story:
        story.path, story.of_file = path, file.settings
    return file


def sections() -> list[str]:
    """The headings of docs/reminders.md that a story may be about."""
    return re.findall(r"^## (.+)$", (ROOT / "docs" / "reminders.md").read_text("utf-8"), re.M)
