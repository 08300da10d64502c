"""The settings of reports: which are made, for whom, in which form, and when (docs/report.md)."""

import re
from datetime import date, time
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from compliance.feed_settings import SettingsSection, Weekday


def _check_week(text: str) -> str:
    found = re.fullmatch(r"(\d{4})-W(\d{2})", text)
    try:
        if found is None:
            raise ValueError
        date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        raise PydanticCustomError("week", "expected an ISO week that its year has, such as 2026-W12") from None
    return text


IsoWeek = Annotated[str, AfterValidator(_check_week)]


class ConfiguredWeeks(SettingsSection):
    """Weeks that a cause outside the officers' work explains, such as an outage of the crime system."""

    first: IsoWeek = Field(description="The first ISO week, such as `2026-W12`.")
    last: IsoWeek | None = Field(None, description="The last; absent: the first alone.")
    reason: str = Field(min_length=1, description="Why, as charts and text show it.")
    exclude: bool = Field(
        False, description="Whether the weeks take no part in the mean, the limits and the signals of control charts."
    )

    @property
    def until(self) -> str:
        """The last week, which may be the first."""
        return self.last or self.first

    @model_validator(mode="after")
    def _in_order(self) -> "ConfiguredWeeks":
        if self.until < self.first:
            raise ValueError(f"last: {self.last} is before {self.first}; expected the last of the weeks")
        return self


class NewLimits(SettingsSection):
    """From when a control chart's limits are calculated anew, and why."""

    since: date = Field(description="The local date.")
    reason: str = Field(min_length=1, description="Why.")


class ReportSettings(SettingsSection):
    """The board's weekly report."""

    folder: str = Field("var/reports", description="Where reports are written, relative to this file.")
    periods: list[Literal["week", "month", "quarter"]] = Field(
        ["week"], description="What is reported on: `week`, `month`, `quarter`."
    )
    editions: list[Literal["board", "division", "public"]] = Field(
        ["board"],
        description="`board`; `division`: one for each, about its teams; `public`: no small counts, no crimes.",
    )
    forms: list[Literal["html", "pdf", "xlsx", "csv", "json"]] = Field(
        ["html", "pdf", "xlsx", "csv", "json"], min_length=1, description="The forms a report is written in."
    )
    readers: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]] = Field(
        [], description="Who is mailed the first page of the board's report, and where the whole of it is: addresses."
    )
    questions_to: str | None = Field(
        None,
        min_length=1,
        description="Who answers questions about the report, as its first page says it.",
    )
    link: str | None = Field(
        None,
        pattern=r"^https?://[^\s{}]+\{file\}[^\s{}]*$",
        description="The address at which readers open a file of the report, `{file}` where its name goes; absent: "
        "they are told the folder.",
    )
    targets: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(
        {}, description='A target of a requirement in per cent, by its id: `{ "7-day" = 80 }` (statistics 2.4).'
    )
    new_limits: list[NewLimits] = Field(
        [],
        description='When the control chart\'s limits are calculated anew: `{ since = 2026-04-01, reason = "…" }` '
        "(statistics 2.5).",
    )
    explained_weeks: list[ConfiguredWeeks] = Field(
        [],
        description='Weeks that are explained, drawn hollow with the reason: `{ first = "2026-W12", last = '
        '"2026-W13", reason = "…", exclude = true }` (statistics 2.2b).',
    )
    records_begin: date | None = Field(
        None,
        description="The local date from which crimes are held completely; absent: the first Monday from which no week "
        "has fewer than half the median number of crimes reported a week. A period that ends before anything reported "
        "since could fall due is not reported (statistics 1.2b).",
    )
    unfit_share: float = Field(
        2.0,
        gt=0,
        le=100,
        description="From which share of records refused, or with a fault that keeps them out of a rate, a report is "
        "held until a person releases it, in per cent (statistics section 7).",
    )
    organisation: str | None = Field(
        None,
        description="The file that says which areas, divisions and teams there were when, relative to this file; "
        "absent: the supplied rules/organisation.toml. Where it names no unit, reports name units as the records do.",
    )
    weekday: Weekday = Field("mon", description="The day on which the report is made.")
    at: time = Field(time(6, 0), description="Local time from which it is made.")
    live_methods: list[str] = Field(
        ["phone", "visit", "video"],
        min_length=1,
        description="Contact methods that the strict rate counts (statistics 1.9).",
    )

    @model_validator(mode="after")
    def _explained_once(self) -> "ReportSettings":
        ordered = sorted(self.explained_weeks, key=lambda weeks: weeks.first)
        for one, other in pairwise(ordered):
            if other.first <= one.until:
                raise ValueError(
                    f"explained_weeks: {other.first} is explained twice, as {one.reason!r} and as {other.reason!r}; "
                    "expected one explanation of each week"
                )
        return self
