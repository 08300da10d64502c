"""Crime records that crowd the edges of `docs/rules.md`, from a seed (fast) or from hypothesis (shrinking).

One storyteller writes both: every choice it makes is a throw of the dice for `histories`, a draw for `crime_records`.
A new fact is placed some telling number of days (STEPS) after a fact already told, often at local midnight or at the
very instant of another fact, so due dates, closes, declines and updates meet. Of every list of options the first is
the plainest: hypothesis shrinks towards it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

import holidays
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Json = dict[str, Any]
T = TypeVar("T")

AS_AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
BEFORE = timedelta(days=55)  # of K to T, unless told
KNOWN_AT = AS_AT - BEFORE
BEGUN = date(2015, 1, 1)
"""Before every story: a report on them that `records_begin` then leaves none out (statistics 1.2b)."""
LONDON = ZoneInfo("Europe/London")
EPOCH = date(1970, 1, 1).toordinal()

# Days after another fact: around 5, 7, 10, 28, 28 + 7, 2 x 28 and 28 + 28 + 7, where due dates and closes decide.
NEAR = (0, 1, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
STEPS = (*NEAR, 0, 0, 1, 1, 7, 8, 26, 27, 28, 28, 29, 30, 34, 35, 36, 55, 56, 57, 63, 64, 84, 100)
AFTER_EVENTS = (0, 0, 0, 0, *NEAR, 28)
DECLINES = (10, 0, 1, 2, -1, 7, 8, 20, 27, 28, 29, 30, 45, 60, 90)
GAPS = (1, 0, 0, 0, 2, 7, 8, 26, 27, 27, 28, 28, 28, 29, 29, 30, 45, 60)  # between two changes of status (2.9, 3.6)
AGES = (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 27, 28, 29, 34, 35, 36, 37, 55, 56, 57, 63, 64, 84, 85)  # of a report

RANDOM, AGAIN = "any second", "the instant of another fact"
# A time of day: (days after local midnight's day, seconds); the clocks change at 01:00 UTC (2.6).
TIMES: tuple[Any, ...] = (
    (0, 43200), (0, 0), (0, 0), (0, 1), (1, -1), (1, -1), (0, 3599), (0, 3600), (0, 7199), (0, 7200), (0, 36000),
    *(RANDOM,) * 9, *(AGAIN,) * 4,
)  # fmt: skip
DELAYS = (0, 60, 3600, 86400, 2 * 86400, 3 * 86400, 4 * 86400, 7 * 86400, 28 * 86400, 60 * 86400, -60, None, None)

ENDINGS = ("Z", "Z", "Z", "Z", "+00:00", "+01:00", "+01:00", "-05:30", ".5Z", ".000001+01:00", ".999999Z")
KINDS = (
    "suspect_arrested", "suspect_bailed", "bail_changed", "decision_not_to_investigate", "prosecution_decision",
    "suspect_interviewed_under_caution", "suspect_released_without_charge", "suspect_reported_for_summons",
    "suspect_released_under_investigation", "suspect_charged", "suspect_arrested", "suspect_arrested",
)  # fmt: skip
CATEGORIES = (None,) * 9 + ("standard", "enhanced", "enhanced", "enhanced", "enhanced", "state", "anonymous", "witness")
AGREED = (None,) * 800 + (28, 27, 29, 56, 14, 7) * 12 + (1, 2, 90, 365, 366) * 3 + tuple(range(1, 367, 7))
SHUT = ("closed",) * 7 + ("cancelled",)
OUTCOMES = ("informed",) * 14 + ("attempted", "attempted", "left message", None)
METHODS = ("phone", "visit", "letter", "email", "text", None)
ONE_IN = {n: (False,) * (n - 1) + (True,) for n in (2, 3, 4, 5, 12, 25)}


class Choices(Protocol):
    """Where a storyteller's choices come from."""

    def of(self, options: Sequence[T]) -> T:
        """One of the options."""

    def several(self, make: Callable[[], T], counts: Sequence[int]) -> list[T]:
        """As many things as one of the counts."""


class Dice:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed).random

    def of(self, options: Sequence[T]) -> T:
        return options[int(self.random() * len(options))]

    def several(self, make: Callable[[], T], counts: Sequence[int]) -> list[T]:
        return [make() for _ in range(self.of(counts))]


class Drawn:
    """Choices that hypothesis makes."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw

    def of(self, options: Sequence[T]) -> T:
        return options[self.draw(up_to(len(options) - 1))]

    def several(self, make: Callable[[], T], counts: Sequence[int]) -> list[T]:
        return self.draw(st.lists(st.builds(make), max_size=max(counts)))


@cache
def up_to(most: int) -> SearchStrategy[int]:
    return st.integers(0, most)


def histories(seed: int, count: int, *, as_at: datetime = AS_AT, known_at: datetime | None = None) -> Iterator[Json]:
    """That many crime records (records.md 1), the same for the same seed, around the instants T and K to ask about."""
    dice = Dice(seed)
    return (Story(dice, as_at, known_at).record(number) for number in range(count))


@st.composite
def crime_records(draw: DrawFn, *, as_at: datetime = AS_AT, known_at: datetime | None = None) -> Json:
    """A crime record (records.md 1) around the instants T and K to ask about."""
    return Story(Drawn(draw), as_at, known_at).record(0)


@cache
def midnight(day: int) -> int:
    """The start of a local date (an ordinal), in seconds since 1970."""
    return int(datetime.combine(date.fromordinal(day), time(), LONDON).timestamp())


@cache
def day_text(day: int) -> str:
    return date.fromordinal(day + EPOCH).isoformat()


@cache
def time_text(second: int) -> str:
    return time(second // 3600, second // 60 % 60, second % 60).isoformat()


@cache
def report_days(today: int) -> list[int]:
    """The days a report may fall on: a year and a half, crowded where the calendar has edges, and the last leap day."""
    days = [today - 60, today + 1] + [today - age for age in AGES] * 12
    days += [today - n for longest in (60, 90, 90, 120, 150, 200, 300, 500) for n in range(longest)]
    edges = list(holidays.country_holidays("GB", subdiv="ENG", years=range(2024, 2028))) * 2
    for year in range(2024, 2028):
        ends = (date(year, 3, 31), date(year, 10, 31))
        edges += [end - timedelta(days=end.isoweekday() % 7) for end in ends] * 4  # the clocks change on these Sundays
    days += [edge.toordinal() + n for edge in edges for n in (-7, -5, -2, -1, 0, 1)]
    leap = [date(2024, 2, 29).toordinal() - n for n in (0, 7, 28, 35)] * 4
    return [day for day in days if today - 500 <= day <= today + 1] + [day for day in leap if day <= today]


class Story:
    """One record in the making: what has been told so far, and the next fact."""

    def __init__(self, choices: Choices, as_at: datetime, known_at: datetime | None) -> None:
        self.of, self.several = choices.of, choices.several
        self.today = as_at.astimezone(LONDON).date().toordinal()
        self.days: list[int] = []  # told so far, to place the next fact after
        self.instants = [int(as_at.timestamp()), int((known_at or as_at - BEFORE).timestamp())]
        self.steps: tuple[int, ...] = STEPS
        self.changed_on = 0  # the last change of status
        self.is_open = True

    def rarely(self, n: int) -> bool:
        return self.of(ONE_IN[n])

    def day(self, steps: Sequence[int]) -> int:
        """Some steps after a day already told; where that is in the future, mostly any day since the report."""
        day = self.of(self.days) + self.of(steps)
        if day > self.today and not self.rarely(5):
            day = self.days[0] + self.of(range(max(1, self.today - self.days[0])))
        day = min(day, self.today + 40)
        self.days.append(day)
        return day

    def at(self, day: int) -> int:
        """An instant on that local date, or the one of another fact, in seconds since 1970."""
        when = self.of(TIMES)
        if when is AGAIN:
            return self.of(self.instants) + self.of((0, 0, 0, 0, 1, -1))
        shift, second = (0, self.of(range(86400))) if when is RANDOM else when
        at = midnight(day + shift) + second
        self.instants.append(at)
        return at

    def entered(self, at: int) -> str:
        """When a fact of that instant was typed in: some time later, or at the instant of another fact."""
        delay = self.of(DELAYS)
        return self.text(self.of(self.instants) + self.of((0, 1, -1)) if delay is None else at + delay)

    def text(self, at: int) -> str:
        """An instant as a feed may write it (records.md 1)."""
        ending = self.of(ENDINGS)
        offset = 3600 if "+01:00" in ending else -19800 if "-05:30" in ending else 0
        day, second = divmod(at + offset, 86400)
        return f"{day_text(day)}T{time_text(second)}{ending}"

    def listed(self, facts: list[Json], ref: str) -> list[Json]:
        """Numbered, sometimes with a reference repeated, sometimes not in order (records.md 1)."""
        for number, fact in enumerate(facts):
            fact[ref] = f"{ref[0].upper()}{number}"
        if len(facts) > 1 and self.rarely(25):
            facts[-1][ref] = self.of(facts)[ref]
        return facts[::-1] if self.rarely(4) else facts

    def record(self, number: int) -> Json:
        """The whole record."""
        reported_at = self.at(self.of(report_days(self.today)))
        self.instants.append(reported_at)
        reported_on = datetime.fromtimestamp(reported_at, LONDON).toordinal()
        self.days.append(reported_on)
        record: Json = {"crime_ref": f"22A/{number}/26", "reported_at": self.text(reported_at)}
        if self.rarely(2):
            record["recorded_at"] = self.text(self.at(reported_on + self.of((0, 0, 1, 2, 3, 7, -1))))
        record |= self.of(({}, {"division": "A"}, {"division": "B", "team": "T1", "officer_ref": "O1"}, {"team": None}))
        victims = self.listed(self.several(self.victim, (1, 1, 1, 1, 1, 2, 2, 3, 0)), "victim_ref")
        declines_last = self.rarely(2)
        if not declines_last:
            self.declines(victims)
        events = self.several(self.event, (0, 0, 0, 0, 1, 1, 2, 4))
        status = self.several(self.status, (0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4))
        updates = [update for some in self.several(self.updates, (0, 1, 1, 2, 2, 3, 4)) for update in some]
        if declines_last:
            self.declines(victims)
        record["victims"] = victims
        lists = {
            "events": self.listed(events, "event_ref"),
            "status": status[::-1] if self.rarely(4) else status,
            "updates": self.listed(updates, "update_ref"),
            "allocations": self.several(self.allocation, (0, 0, 0, 1, 2, 3)),
        }
        for name, facts in lists.items():
            if facts or self.rarely(5):
                record[name] = facts or None
        return record

    def victim(self) -> Json:
        victim: Json = {}
        if (category := self.of(CATEGORIES)) is not None:
            victim["category"] = category
        if self.rarely(12):
            victim["added_at"] = self.text(self.at(self.day(NEAR)))
        if (agreed := self.of(AGREED)) is not None:
            victim["agreed_interval_days"] = agreed
            self.steps += (agreed, agreed, agreed + 1, agreed - 1)
        return victim

    def declines(self, victims: list[Json]) -> None:
        for victim in victims:
            if self.rarely(4):
                self.decline(victim)

    def decline(self, victim: Json) -> None:
        """A decline, also one that ends before it begins, on the same day, or not yet (5.4)."""
        day = self.day(self.steps)
        until = day + self.of(DECLINES)
        if self.changed_on and self.rarely(2):  # one that the last change of status falls into
            day, until = self.changed_on - self.of((1, 0, 2, 7)), self.changed_on + self.of((1, 0, 2, 10))
        at = self.at(day)
        victim["declined_at"] = self.text(at)
        if not self.rarely(3):
            self.days.append(until)
            victim["declined_until"] = self.text(self.at(until))
        if self.rarely(3):
            victim["declined_entered_at"] = self.entered(at)

    def event(self) -> Json:
        return {"kind": self.of(KINDS), "at": self.text(self.at(self.day(AFTER_EVENTS)))}

    def status(self) -> Json:
        """A change of status some days after the one before, or after any fact."""
        day = self.day(self.steps)
        if self.changed_on and not self.rarely(4):
            self.days[-1] = day = min(self.changed_on + self.of(GAPS), self.today + 40)
        self.changed_on = day
        self.is_open = self.of((not self.is_open,) * 5 + (self.is_open,))
        kind = "open" if self.is_open else self.of(SHUT)
        return {"status": kind, "at": self.text(self.at(day))}

    def updates(self) -> list[Json]:
        """One update, several on one day, or one every few days."""
        every, count = self.of(((0, 1),) * 12 + ((0, 2), (0, 4), (3, 5), (7, 8), (27, 4), (28, 4), (28, 9), (29, 4)))
        first = self.day(self.steps)
        return [self.update(first + n * every) for n in range(count)]

    def update(self, day: int) -> Json:
        self.days.append(day)
        at = self.at(day)
        update: Json = {"at": self.text(at), "outcome": self.of(OUTCOMES)}
        if self.rarely(3):
            update["entered_at"] = self.entered(at)
        if self.rarely(3):
            update["victim_ref"] = self.of((None, "V0", "V0", "V1", "V2", "V9"))
        if self.rarely(2):
            update["method"] = self.of(METHODS)
        return update

    def allocation(self) -> Json:
        allocation: Json = {"from": self.text(self.at(self.day(self.steps)))}
        officer = self.of(("O1", "O2", "O3", None))
        return allocation | self.of(({"officer_ref": officer}, {"officer_ref": officer, "team": "T2", "division": "C"}))
