"""The calendar of England and Wales lists its own days (rules 6.1); published lists are compared with it."""

import json
import sys
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import holidays
import pytest

from compliance.policy.calendars import Calendar, load_calendar
from compliance.service.calendar_notes import differences_from_published
from compliance.service.check.policy_checks import check_calendars
from compliance.service.conditions import Finding
from tests.engine import RULES, shipped

CALENDAR = RULES / "calendars" / "england-and-wales.toml"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def weekdays(days: set[date]) -> set[date]:
    """A bank holiday on a weekend is no working day anyhow; the day given in its place is listed."""
    return {day for day in days if day.weekday() < 5}


def test_the_calendar_lists_the_days_that_the_government_published() -> None:
    """Those in the package `govuk-bank-holidays`: of each year that it has in full, and that the calendar covers."""
    text = files("govuk_bank_holidays").joinpath("bank-holidays.json").read_text("utf-8")
    published = {date.fromisoformat(event["date"]) for event in json.loads(text)["england-and-wales"]["events"]}
    ours = {day for day in load_calendar(CALENDAR).holidays if min(published) <= day <= max(published)}
    assert {day.year for day in published} >= set(range(2015, 2028))
    assert weekdays(ours) == weekdays({day for day in published if day <= date(2028, 12, 31)})


def test_the_calendar_and_the_package_holidays_agree_on_every_weekday() -> None:
    assert differences_from_published(load_calendar(CALENDAR)) == []


def test_the_days_do_not_depend_on_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A due date never moves because a library was upgraded; without the package nothing is compared."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    calendar = load_calendar(CALENDAR)
    assert date(2022, 9, 19) in calendar.holidays
    assert differences_from_published(calendar) == []


def changed(folder: Path, old: str, new: str) -> Calendar:
    text = CALENDAR.read_text("utf-8")
    assert text.count(old) == 1
    path = folder / CALENDAR.name
    path.write_text(text.replace(old, new))
    return load_calendar(path)


def test_a_difference_is_a_warning_that_names_the_day(tmp_path: Path) -> None:
    """Proclaimed here and not in the package; left out here; and a day on a weekend, which changes nothing."""
    assert differences_from_published(changed(tmp_path, "extra = []", "extra = [2028-06-09, 2028-06-10]")) == [
        "calendar 'england-and-wales': 9 June 2028 is a bank holiday here and not in the package `holidays`; check it on "
        "GOV.UK, and take it out of the calendar's file if it is an ordinary day"
    ]
    assert differences_from_published(changed(tmp_path, " 2022-09-19,", "")) == [
        "calendar 'england-and-wales': 19 September 2022 (State Funeral of Queen Elizabeth II) is a bank holiday in the "
        "package `holidays` and not here; check it on GOV.UK, and add it to `extra` in the calendar's file if it is one"
    ]


def test_a_calendar_that_names_no_list_is_compared_with_none(tmp_path: Path) -> None:
    assert differences_from_published(changed(tmp_path, 'country = "GB"\nsubdivision = "ENG"', "")) == []
    (problem,) = differences_from_published(changed(tmp_path, 'subdivision = "ENG"', 'subdivision = "ENGLAND"'))
    assert problem.startswith("calendar 'england-and-wales': country, subdivision: no such list in the package")


def test_check_warns_of_a_day_that_the_package_has_learnt_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """And of nothing while it has the same days."""
    policy = shipped("victims-code-2020")[0]
    (found,) = check_calendars([policy], NOW)
    assert found == Finding("calendar england-and-wales: known until 31 December 2028")
    whole = holidays.country_holidays

    def with_another_day(*words: Any, **more: Any) -> dict[date, str]:
        return {**whole(*words, **more), date(2028, 6, 5): "A proclaimed day"}

    monkeypatch.setattr(holidays, "country_holidays", with_another_day)
    (found,) = check_calendars([policy], NOW)
    assert [note.partition(" is a bank holiday")[0] for note in found.notes] == [
        "calendar 'england-and-wales': 5 June 2028 (A proclaimed day)"
    ]
