"""The facts of one crime, for the plain reference: what exists as at T and is known as at K (`docs/rules.md` 2, 6)."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays

Json = dict[str, Any]

DAY = timedelta(days=1)
BANK_HOLIDAYS = holidays.country_holidays("GB", subdiv="ENG")
_CALENDAR = Path(__file__).parents[1] / "rules" / "calendars" / "england-and-wales.toml"
KNOWN_FROM, KNOWN_UNTIL = (tomllib.loads(_CALENDAR.read_text("utf-8"))[key] for key in ("covers_from", "covers_until"))


class BeyondCalendarError(Exception):
    """6.1a: a date that a requirement needs lies before or after what the calendar knows; counted from `clock`."""

    def __init__(self, clock: date) -> None:
        super().__init__(clock)
        self.clock = clock


@dataclass(frozen=True)
class Update:
    """A counted update (2.4): when it took place, and the local dates of that and of its entry."""

    at: datetime
    on: date
    entered_at: datetime
    entered_on: date


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def exists(text: str | None, as_at: datetime) -> bool:
    """2.7: facts with an instant later than T do not exist yet; a fact without one always did."""
    return text is None or instant(text) <= as_at


def last_of_each(items: list[Json] | None, ref: str) -> list[Json]:
    """records.md 1: of a repeated reference the last one stands, before anything is judged."""
    place = {item[ref]: n for n, item in enumerate(items or [])}
    return [item for n, item in enumerate(items or []) if place[item[ref]] == n]


def days_between(first: date, last: date) -> Iterator[date]:
    """Every date from first to last, both included."""
    while first <= last:
        yield first
        first += DAY


@cache
def add(clock: date, unit: str, count: int) -> date:
    """6.1: calendar days, or the Nth working day after the clock date (which is day 0, whatever day it is)."""
    if unit == "days":
        return clock + count * DAY
    start = clock
    if clock < KNOWN_FROM:
        raise BeyondCalendarError(start)
    while count:
        clock += DAY
        if clock > KNOWN_UNTIL:
            raise BeyondCalendarError(start)
        if clock.weekday() < 5 and clock not in BANK_HOLIDAYS:
            count -= 1
    return clock


def later(clock: date, interval: Json) -> date:
    ((unit, count),) = interval.items()
    return add(clock, unit, count)


class Case:
    """One crime as at T and as known at K: its status, its facts, and who had it when."""

    def __init__(self, record: Json, policy: Json, as_at: datetime, known_at: datetime | None) -> None:
        self.record, self.policy, self.as_at, self.known_at = record, policy, as_at, known_at
        self.zone = ZoneInfo(policy["timezone"])
        self.today = self.local(as_at)  # 2.7
        self.reported_on = self.local(record["reported_at"])
        recorded_at = record.get("recorded_at")
        # 2.7 does not name the recording among the facts that wait for T, so an update on that day is never met first
        # and owed again an hour later
        self.recorded_on = self.local(recorded_at) if recorded_at else None
        self.status = [(self.local(s["at"]), s["status"]) for s in self.by_time(record.get("status"), "at")]
        # 5.3: cancelled, for as long as the crime stays cancelled
        self.cancelled = bool(self.status) and self.status[-1][1] == "cancelled"
        self.updates = self.by_time(last_of_each(record.get("updates"), "update_ref"), "at", "entered_at")
        self.events = self.by_time(last_of_each(record.get("events"), "event_ref"), "at")
        self.allocations = self.by_time(record.get("allocations"), "from")

    def local(self, at: str | datetime) -> date:
        """2.6: the calendar date of an instant in the policy's time zone."""
        return (instant(at) if isinstance(at, str) else at).astimezone(self.zone).date()

    def by_time(self, facts: list[Json] | None, key: str, then: str | None = None) -> list[Json]:
        """2.7: the facts that exist as at T, by instant; equal instants in the order given (2.3, records.md 1)."""
        there = [fact for fact in facts or [] if exists(fact[key], self.as_at)]
        return sorted(there, key=lambda fact: (instant(fact[key]), instant(fact.get(then or key) or fact[key])))

    def open_at_end(self, day: date) -> bool:
        """2.9: the last status change at or before the end of that date leaves the case open; open without one."""
        status = "open"
        for changed_on, changed_to in self.status:
            if changed_on <= day:
                status = changed_to
        return status == "open"

    def first_end(self, after: date, last: date | None, *, is_open: bool) -> date | None:
        """The first date later than `after`, and not later than `last`, at whose end the case is open or is not.

        2.9: the end of a date is known only once the date has passed.
        """
        last = min(last or self.today, self.today - DAY)
        return next((day for day in days_between(after + DAY, last) if self.open_at_end(day) == is_open), None)

    def written_off(self, due: date) -> date | None:
        """3.6: m, the first date after the due date not open at its end nor at that of the 28 dates before it."""
        before = self.policy["owed_after_close_days"]
        not_open = 0  # dates in a row, up to and including m
        for m in days_between(due + DAY - before * DAY, self.today - DAY):
            not_open = 0 if self.open_at_end(m) else not_open + 1
            if m > due and not_open > before:
                return m
        return None

    def counted(self, victim_ref: str) -> list[Update]:
        """The counted updates for a victim, ordered by `at`, `entered_at` and place (2.3)."""
        found = []
        for update in self.updates:
            entered_at = update.get("entered_at") or update["at"]
            if self.known_at is not None and instant(entered_at) > self.known_at:
                continue  # 2.8
            if update.get("victim_ref") not in (None, victim_ref):
                continue  # 2.3: one without a victim counts for every victim
            if update.get("outcome") not in self.policy["counted_outcomes"]:
                continue  # 2.4
            if "counted_methods" in self.policy and update.get("method") not in self.policy["counted_methods"]:
                continue  # 2.4
            at = instant(update["at"])
            found.append(Update(at, self.local(at), instant(entered_at), self.local(entered_at)))
        return found

    def holder(self, due: date) -> Json:
        """records.md 2: who had the case at the end of the due date if passed and allocations tell, else now."""
        holder: Json = self.allocations[-1] if self.allocations else self.record  # records.md 1: "now"
        if due < self.today:
            for allocation in self.allocations:
                if self.local(allocation["from"]) <= due:
                    holder = allocation
        return {column: holder.get(column) for column in ("division", "team", "officer_ref")}
