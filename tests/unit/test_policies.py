"""Policy files and calendars: what they may say, and the message when they say something else (rules 6, 9, 10)."""

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compliance.errors import SettingsError
from compliance.policy import load_policy, parse_policy
from compliance.policy.calendars import NO_DAY, Calendar, LocalDates, from_day, load_calendar, to_day
from compliance.records import NONE, to_micros
from tests.engine import POLICIES, RULES

CALENDAR = RULES / "calendars" / "england-and-wales.toml"


def west_mercia() -> dict[str, Any]:
    return tomllib.loads((RULES / "west-mercia.toml").read_text("utf-8"))


def test_the_policies_shipped_have_the_requirements_of_section_10() -> None:
    assert {name: {r.id for r in load_policy(name).requirement} for name in POLICIES} == {
        "west-mercia": {"7-day", "28-day"},
        "hertfordshire": {"5-day", "10-day", "28-day"},
        "victims-code-2006": {
            "monthly", "not-investigating", "arrested", "no-further-action", "bailed", "bail-changed",
            "prosecution-decision", "interviewed", "summons",
        },
        "victims-code-2020": {
            "agreed-interval", "not-investigating", "arrested", "interviewed", "released-without-charge", "bailed",
            "under-investigation", "bail-changed",
        },
    }  # fmt: skip


def _first(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda data: data["requirement"][0].update(changes)


def _second(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda data: data["requirement"][1].update(changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(counted_outcome=["informed"]), "counted_outcome: there is no such key; did you mean 'counted_outcomes'?"),
        (_first(same_days="counts"), "requirement '7-day'.same_days: there is no such key; did you mean 'same_day'?"),
        (_first(same_day="yes"), "requirement '7-day'.same_day: input should be 'counts' or 'does not count' (found 'yes')"),
        (_first(within={"days": 0}), "requirement '7-day'.within.days: input should be greater than or equal to 1 (found 0)"),
        (_first(within={"days": -7}), "requirement '7-day'.within.days"),
        (_first(within={"days": 7, "working_days": 5}), "requirement '7-day'.within: expected either days, working_days or hours"),
        (_first(within={}), "requirement '7-day'.within: expected either days, working_days or hours"),
        (_first(within={"day": 7}), "requirement '7-day'.within.day: there is no such key; did you mean 'days'?"),
        (_second(after="7-days"), "after '7-days' names no requirement of this policy; did you mean '7-day'?"),
        (_first(after="28-day"), "its after leads back to itself"),
        (_second(open_only=False), "only a requirement with open_only = true repeats"),
        (_first(honour_agreed_interval=True), "only a repeating requirement has an agreed interval"),
        (_first(clock="recorded"), "requirement '7-day'.clock: expected 'reported', or 'event:' and the kind of the event"),
        (_first(clock="event:"), "requirement '7-day'.clock: expected 'reported', or 'event:' and the kind of the event"),
        (_first(within={"days": 7.5}), "requirement '7-day'.within.days: input should be a valid integer (found 7.5)"),
        (_first(within={"working_days": 0}), "requirement '7-day'.within.working_days: input should be greater than or equal to 1"),
        (_first(within={"days": 3661}), "requirement '7-day'.within.days: input should be less than or equal to 3660"),
        (_first(enhanced={"within": {"days": 0}}), "requirement '7-day'.enhanced.within.days"),
        (_second(repeat_every={"days": 0}), "requirement '28-day'.repeat_every.days: input should be greater than or equal to 1"),
        (_second(repeat_every={"weeks": 4}), "requirement '28-day'.repeat_every.weeks: there is no such key"),
        (_first(only_for=[]), "requirement '7-day'.only_for"),
        (_first(only_for=["enhansed"]), "requirement '7-day'.only_for: 'enhansed' is nearly 'enhanced'; write that"),
        (lambda d: d.update(exempt_victims=["state", "anonymus"]), "exempt_victims: 'anonymus' is nearly 'anonymous'"),
        (lambda d: d.update(counted_outcomes=["infromed"]), "counted_outcomes: 'infromed' is nearly 'informed'; write that"),
        (lambda d: d.update(counted_outcomes="informed"), "counted_outcomes: input should be a valid list (found 'informed')"),
        (lambda d: d.update(counted_outcomes=[""]), "counted_outcomes.0: string should have at least 1 character"),
        (lambda d: d.update(counted_methods=[]), "counted_methods"),
        (lambda d: d.update(late_entry_days=-3), "late_entry_days: input should be greater than or equal to 0 (found -3)"),
        (_first(clock="event:suspect_arrested"), "has no repeat_every, after or same_day"),
        (_first(**{"from": date(2026, 5, 1), "until": date(2026, 4, 1)}), "until 2026-04-01 is before from 2026-05-01"),
        (lambda d: d.update(counted_outcomes=[]), "counted_outcomes: at least one outcome must count"),
        (lambda d: d.update(timezone="Europe/Londn"), "timezone 'Europe/Londn' is not known"),
        (lambda d: d.update(calendar="scotland"), "scotland.toml: cannot be read"),
        (lambda d: d.update(requirement=[]), "requirement"),
        (lambda d: d["requirement"].append(dict(d["requirement"][0])), "requirement '7-day' appears twice"),
        (lambda d: d.pop("title"), "title: missing; it is required"),
        (lambda d: d.update(owed_after_close_days=-1), "owed_after_close_days"),
    ],
)  # fmt: skip
def test_a_wrong_policy_names_the_file_the_key_and_the_nearest_right_one(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    data = west_mercia()
    change(data)
    with pytest.raises(SettingsError) as error:
        parse_policy(data, Path("mine.toml"))
    assert message in str(error.value)
    assert str(error.value).startswith("mine.toml: ")


def test_a_crime_system_may_have_outcomes_and_categories_of_its_own() -> None:
    """A word that is not nearly one of the known is taken as it stands (records 1)."""
    data = west_mercia() | {"counted_outcomes": ["informed", "spoken to"], "exempt_victims": ["state", "business"]}
    policy = parse_policy(data, Path("mine.toml"))
    assert (policy.counted_outcomes, policy.exempt_victims) == (["informed", "spoken to"], ["state", "business"])


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text('title = "a"\nsource = \n')
    with pytest.raises(SettingsError, match=r"broken.toml: cannot be read as TOML: .*line 2"):
        load_policy(path)


def test_a_date_in_the_order_of_the_day_says_how_dates_are_written(tmp_path: Path) -> None:
    path = tmp_path / "calendar.toml"
    path.write_text("extra = [\n  2027-01-04,\n  25/12/2027]\n")
    with pytest.raises(SettingsError, match=r"line 3.*written as in 2027-03-01, without quotes \(found 25/12/2027\)"):
        load_policy(path)


def test_a_policy_that_is_not_shipped_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean 'west-mercia'"):
        load_policy("west-merca")


def test_the_digest_tells_policies_apart_and_holds_for_the_same_one() -> None:
    """Everything that decides a verdict is in it; where the file lies is not."""
    data = west_mercia()
    digest = parse_policy(data, Path("a.toml")).digest
    assert parse_policy(data, Path("b.toml")).digest == digest == load_policy("west-mercia").digest
    data["requirement"][0]["within"] = {"days": 5}
    assert parse_policy(data, Path("a.toml")).digest != digest
    assert load_policy("west-mercia").with_values(counted_methods=["phone"]).digest != digest


def small(*holidays: str, last: str = "2026-12-31") -> Calendar:
    return Calendar("small", date(2026, 1, 1), date.fromisoformat(last), frozenset(map(date.fromisoformat, holidays)))


def after(calendar: Calendar, start: str, count: int) -> str:
    return str(from_day(calendar.add_working_days(np.array([to_day(date.fromisoformat(start))], np.int32), count)[0]))


def test_working_days_leave_out_weekends_and_bank_holidays() -> None:
    """Day 0 is the clock date, whatever day it is (rules 6.1)."""
    assert after(small(), "2026-04-01", 5) == "2026-04-08"  # Wednesday to Wednesday
    assert after(small("2026-04-03", "2026-04-06"), "2026-04-01", 5) == "2026-04-10"  # Good Friday, Easter Monday
    assert after(small(), "2026-04-04", 1) == "2026-04-06"  # from a Saturday to the Monday
    assert after(small("2026-04-06"), "2026-04-06", 1) == "2026-04-07"  # from a bank holiday


def test_a_new_bank_holiday_moves_the_due_dates_after_it_and_only_those() -> None:
    starts = [f"2026-05-{day:02}" for day in range(1, 29)]
    before = [after(small(), start, 5) for start in starts]
    proclaimed = [after(small("2026-05-15"), start, 5) for start in starts]
    moved = [start for start, old, new in zip(starts, before, proclaimed, strict=True) if old != new]
    assert moved == [f"2026-05-{day:02}" for day in range(8, 15)]  # the clock dates whose five days hold 15 May


@given(st.integers(0, 300), st.integers(1, 15))
def test_working_days_agree_with_counting_day_by_day(offset: int, count: int) -> None:
    calendar = load_calendar(CALENDAR)
    start = to_day(date(2026, 1, 1)) + offset
    day, left = start, count
    while left:
        day += 1
        left -= calendar.is_working(day)
    assert calendar.add_working_days(np.array([start], np.int32), count)[0] == day


def test_a_due_date_beyond_the_calendar_is_not_known_and_never_a_guess() -> None:
    """Nor one that would be counted from a day before it; those that it knows stand beside them (rules 6.1, 6.1a)."""
    starts = ["2025-12-31", "2026-01-01", "2026-12-24", "2026-12-25", "2027-01-01"]
    found = small().add_working_days(np.array([to_day(date.fromisoformat(start)) for start in starts], np.int32), 5)
    assert found.dtype == np.int32
    assert [None if day == NO_DAY else str(from_day(day)) for day in found] == [
        None, "2026-01-08", "2026-12-31", None, None,
    ]  # fmt: skip
    only_a_sunday = Calendar("none", date(2026, 1, 4), date(2026, 1, 4), frozenset())
    assert only_a_sunday.add_working_days(np.array([to_day(date(2026, 1, 4))], np.int32), 1).tolist() == [NO_DAY]


def test_beyond_the_calendar_every_weekday_is_a_working_day() -> None:
    """Whoever works by the calendar, as reminders do, works on when it has ended: nobody is left unreminded."""
    calendar = small("2026-12-28", last="2026-12-31")
    asked = ("2025-12-31", "2026-12-28", "2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04", "2950-05-01")
    working = [calendar.is_working(to_day(date.fromisoformat(day))) for day in asked]
    assert working == [True, False, True, False, False, True, True]


def test_a_wrong_calendar_names_the_key(tmp_path: Path) -> None:
    text = CALENDAR.read_text("utf-8")
    path = tmp_path / "england-and-wales.toml"
    path.write_text(text.replace("covers_until", "covers_untill"))
    with pytest.raises(SettingsError, match="did you mean 'covers_until'"):
        load_calendar(path)
    path.write_text(text.replace("extra = []", "extra = [2031-05-05]"))
    with pytest.raises(
        SettingsError, match=r"england-and-wales.toml: .*2031-05-05 lies outside covers_from 1995-01-01"
    ):
        load_calendar(path)
    path.write_text(text.replace("covers_until = 2028-12-31", "covers_until = 2029-12-31"))
    with pytest.raises(SettingsError, match="bank_holidays lists no day of 2029, a year of covers_from 1995-01-01"):
        load_calendar(path)
    path.write_text(text.replace("covers_until = 2028-12-31", "covers_until = 1994-12-31"))
    with pytest.raises(SettingsError, match="covers_until 1994-12-31 is before covers_from 1995-01-01"):
        load_calendar(path)


LONDON = ZoneInfo("Europe/London")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 30), timezones=st.just(LONDON)))  # noqa: DTZ001
def test_local_dates_are_those_of_the_time_zone_database(at: datetime) -> None:
    """At clock changes and midnights too: a crime reported at 23:30 UTC on 30 June was reported on 1 July (2.6)."""
    local = LocalDates("Europe/London")
    assert local.of(np.array([to_micros(at)]))[0] == local.day_of(at) == to_day(at.astimezone(LONDON).date())


@pytest.mark.parametrize("years", [[2025], [1989, 2025], [2025, 2060], [1905, 2999]])
def test_local_dates_are_the_same_whichever_other_instants_are_asked_for(years: list[int]) -> None:
    """Also beside absent ones: half past eleven at night in Greenwich, a day of summer and one of winter each year."""
    days = [datetime(year, month, 10, 23, 30, tzinfo=UTC) for year in years for month in (1, 7)]
    found = LocalDates("Europe/London").of(np.array([*map(to_micros, days), NONE]))
    assert found[:-1].tolist() == [to_day(day.astimezone(LONDON).date()) for day in days]
    assert found[-1] < found[:-1].min()


@given(st.dates(date(1972, 1, 1), date(2999, 12, 30)))
def test_a_local_date_starts_when_the_one_before_ends(day: date) -> None:
    local = LocalDates("Europe/London")
    start = to_micros(local.start_of(day))
    assert local.of(np.array([start - 1, start])).tolist() == [to_day(day) - 1, to_day(day)]


@given(st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
def test_one_instant_has_the_date_and_time_of_the_clocks_there(at: datetime) -> None:
    """Rules 2.6: in winter and summer time, and in the hour that comes twice (Python takes no instant of it to be equal to
    one of another zone)."""
    local, here = LocalDates("Europe/London"), at.astimezone(LONDON)
    assert local.date_of(at) == local.date_at(to_micros(at)) == here.date()
    assert local.clock_at(at).astimezone(UTC) == at
    assert local.clock_at(at).time() == here.time()
    assert local.day_of(local.start_of(here.date())) == to_day(here.date())


def test_a_time_of_day_is_an_hour_earlier_in_greenwich_in_summer() -> None:
    local = LocalDates("Europe/London")
    assert local.instant_at(date(2026, 7, 1), time(7, 30)) == datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
    assert local.instant_at(date(2026, 12, 1), time(7, 30)) == datetime(2026, 12, 1, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-16", "is UTF-16, not UTF-8"), ("utf-16-le", "is UTF-16"), ("utf-8-sig", "begins with a byte order mark")],
)
def test_a_policy_saved_in_another_encoding_is_named_for_what_it_is(tmp_path: Path, encoding: str, said: str) -> None:
    """For every command that reads a policy, a calendar or examples, not for `evaluate` alone."""
    path = tmp_path / "ours.toml"
    path.write_text((RULES / "west-mercia.toml").read_text("utf-8"), encoding)
    with pytest.raises(SettingsError, match=rf"ours\.toml: {said}"):
        load_policy(path)
