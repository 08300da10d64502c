"""Recompute the two rates of a weekly report from an export, with nothing of this project (docs/export.md).

    compliance export folder --as-known-for 2026-W47
    python recompute_rates.py folder 2026-W47

Needs only `pip install pyarrow`. It reads rules.md clause by clause, for the supplied policy west-mercia.toml: an
update within 7 days of the report, and a further one at least every 28 days while the case is open. It prints, for each
requirement, how many updates were due in the week and how many were given in time; with `--by division` or `--by team`
also for each of these.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

LONDON = ZoneInfo("Europe/London")
COUNTED, EXEMPT = {"informed"}, {"state", "anonymous"}
FIRST, REPEAT, OWED_AFTER_CLOSE = 7, 28, 28
DAY = timedelta(days=1)
Row = dict[str, Any]


def local(instant: datetime) -> date:
    """Return the local date of an instant (rules 2.6)."""
    return instant.astimezone(LONDON).date()


class Answer(NamedTuple):
    """How an obligation stands: a state of rules 5, or `silent`, which is missed by silence (4.5).

    `update`: what discharged it. `last`: the last update in time. `stop`: when its chain stopped.
    """

    state: str
    update: date | None = None
    last: date | None = None
    stop: date | None = None
    by_decline: bool = False


class Case:
    """One victim of one crime, as at T and as known at T."""

    def __init__(self, crime: Row, victim: Row, facts: dict[str, list[Row]], now: datetime) -> None:
        self.crime, self.today = crime, local(now)
        there = {
            name: [f for f in rows if f["from" if name == "allocations" else "at"] <= now]
            for name, rows in facts.items()
        }  # rules 2.7
        self.status = [(local(s["at"]), s["status"]) for s in sorted(there["statuses"], key=lambda s: s["at"])]
        self.cancelled = bool(self.status) and self.status[-1][1] == "cancelled"
        self.exempt = victim["category"] in EXEMPT
        self.held = sorted(there["allocations"], key=lambda a: a["from"])
        self.updates = sorted(
            local(u["at"]) for u in there["updates"]
            if (u["entered_at"] or u["at"]) <= now and u["outcome"] in COUNTED  # rules 2.8, 2.4
            and u["victim_ref"] in (None, victim["victim_ref"])  # rules 2.3
        )  # fmt: skip
        self.d0 = local(max(crime["reported_at"], victim["added_at"] or crime["reported_at"]))  # rules 3
        self.declined = self.again = None  # rules 5.4: X and U
        at, until, entered = (victim[key] for key in ("declined_at", "declined_until", "declined_entered_at"))
        if at and at <= now and (entered or at) <= now:
            again = local(until) if until and until <= now else None
            if again is None or again > local(at):
                self.declined, self.again = local(at), again

    def open_at_end(self, day: date) -> bool:
        """Return whether the case was open at the end of a date (rules 2.9)."""
        return ([kind for on, kind in self.status if on <= day] or ["open"])[-1] == "open"

    def first_end(self, after: date, last: date | None, *, is_open: bool) -> date | None:
        """Return the first passed date after one, up to another, at whose end the case is open (or is not)."""
        last = min(last or self.today, self.today - DAY)
        days = (after + DAY * n for n in range(1, (last - after).days + 1))
        return next((day for day in days if self.open_at_end(day) == is_open), None)

    def written_off(self, due: date) -> date | None:
        """Return from when an update after a due date is no longer owed, because the case was closed (rules 3.6)."""
        shut, day = 0, due + DAY - OWED_AFTER_CLOSE * DAY
        while day < self.today:
            shut = 0 if self.open_at_end(day) else shut + 1
            if day > due and shut > OWED_AFTER_CLOSE:
                return day
            day += DAY
        return None

    def declining(self, day: date) -> bool:
        """Return whether a date lies in a time in which the victim declined updates (rules 5.4)."""
        return self.declined is not None and self.declined < day and (self.again is None or day < self.again)

    def judge(self, opens: date, due: date, *, repeats: bool) -> "Answer":
        """Judge one obligation. The conditions are the lines of rules 5.4 in their order."""
        answer, x, u = self.judge_undeclined(opens, due, repeats=repeats), self.declined, self.again
        if x is None or (answer.update and answer.update <= x) or (u and due >= u):
            return answer
        if due >= x:
            return Answer("exempt", by_decline=True)
        if answer.state == "lapsed" or (answer.state in ("missed", "silent") and answer.stop and answer.stop < x):
            return answer
        return Answer("missed", by_decline=True)

    def judge_undeclined(self, opens: date, due: date, *, repeats: bool) -> "Answer":
        """Judge one obligation as if nobody had declined (rules 3 to 5)."""
        passed, inside = due < self.today, [day for day in self.updates if day >= opens]
        met = [day for day in inside if day <= due]
        if repeats and passed and not self.open_at_end(due):
            return Answer("lapsed", met[0] if met else None, stop=due)  # rules 4.1
        if met or not passed:
            return Answer("met", met[0], met[-1]) if met else Answer("pending")
        silent = due + REPEAT * DAY if repeats else None  # rules 4.5
        closed = self.first_end(due, silent, is_open=False) if repeats else self.written_off(due)  # rules 5.6, 3.6
        end = closed or silent
        if inside and (end is None or inside[0] <= end):
            return Answer("late", inside[0])
        if closed:
            return Answer("missed", stop=closed)
        return Answer("silent", stop=silent) if silent and silent < self.today else Answer("overdue")

    def obligations(self) -> Iterator[tuple[str, date, str]]:
        """Yield (requirement, due date, state)."""
        if self.cancelled or self.exempt:
            return  # rules 5.3, 5.5: in no rate
        due = self.d0 + FIRST * DAY
        yield "7-day", due, self.judge(self.d0 + DAY, due, repeats=False).state
        within = [day for day in self.updates if self.d0 < day <= due]
        opens, due = (within[0] if within else due) + DAY, self.d0 + REPEAT * DAY  # rules 4.2
        clock: date | None = self.d0
        while clock:
            answer = self.judge(opens, due, repeats=True)
            yield "28-day", due, answer.state
            clock = self.next_clock(due, answer)
            if clock:
                opens, due = clock + DAY, clock + REPEAT * DAY

    def next_clock(self, due: date, answer: "Answer") -> date | None:
        """Return the clock date of the next cycle, if there is one (rules 4.4 to 4.6, 5.4)."""
        clock = born = None
        if answer.state == "met" and due < self.today:
            clock, born = answer.last, due + DAY
        elif answer.state == "late":
            clock = born = answer.update
        elif answer.state == "silent":
            clock = due
        elif answer.stop:
            clock = born = self.first_end(answer.stop, None, is_open=True)
        return self.again if answer.by_decline or (born and self.declining(born)) else clock

    def holder(self, due: date, unit: str) -> str:
        """Return who had the case at the end of the due date (records.md 2)."""
        then = [a for a in self.held if local(a["from"]) <= due] if due < self.today else self.held
        held: Row = then[-1] if then else self.held[-1] if self.held else self.crime
        return str(held[unit] or "(none recorded)")


def main() -> None:
    """Read the export, judge every victim, and print the rates."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("folder", type=Path, help="what `compliance export` wrote")
    asked.add_argument("week", help="an ISO week, such as 2026-W47")
    asked.add_argument("--by", choices=["division", "team"])
    asked.add_argument("--records-begin", type=date.fromisoformat, default=date.min, help="as the report states it")
    given = asked.parse_args()
    monday = date.fromisocalendar(int(given.week[:4]), int(given.week[-2:]), 1)
    now = datetime.combine(monday + 14 * DAY, time(), LONDON).astimezone(UTC)  # statistics 1.2
    files = {path.stem: pq.read_table(path).to_pylist() for path in given.folder.glob("*.parquet")}
    names = ("statuses", "allocations", "updates")
    facts: dict[str, dict[str, list[Row]]] = defaultdict(lambda: {name: [] for name in names})
    for name in names:
        for row in files[name]:
            facts[row["crime_ref"]][name].append(row)
    crimes = {row["crime_ref"]: row for row in files["crimes"]}
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for victim in files["victims"]:
        crime = crimes[victim["crime_ref"]]
        added = victim["added_at"] or crime["reported_at"]
        if max(crime["reported_at"], added) > now or local(crime["reported_at"]) < given.records_begin:
            continue  # rules 2.7, statistics 1.2b
        case = Case(crime, victim, facts[crime["crime_ref"]], now)
        for requirement, due, state in case.obligations():
            if monday <= due < monday + 7 * DAY and state in ("met", "late", "overdue", "missed", "silent"):
                groups = ["the force", *([case.holder(due, given.by)] if given.by else [])]
                for group in groups:
                    counts[requirement, group][0] += state == "met"
                    counts[requirement, group][1] += 1
    for requirement, group in sorted(counts, key=lambda key: (key[0] != "7-day", key[1] != "the force", key[1])):
        met, of = counts[requirement, group]
        print(f"{requirement} {group}: {met} of {of} in time ({met / of:.1%})")


if __name__ == "__main__":
    main()
