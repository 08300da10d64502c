"""The obstacles of an officer are those of each day, however long something has been overdue."""

from dataclasses import replace
from datetime import date
from random import Random

from compliance.reminders.case_officers import Tenure
from compliance.reminders.contact_holds import Hold, HoldSpan
from compliance.reminders.ladder import CaseOfficer, Hindrance, days_overdue, hindrance, obstacles
from tests.unit.test_reminders_stages import DAY, TODAY, officer, owed


def test_obstacles_are_those_of_each_day_however_long_something_is_overdue() -> None:
    """Found where they change, and compared here with a look at every day."""
    random = Random(7)

    def day() -> date:
        return TODAY - random.randrange(-3, 60) * DAY

    def maybe(chance: float = 0.6) -> date | None:
        return day() if random.random() < chance else None

    seen: set[Hindrance | None] = set()
    for _ in range(400):
        spans = tuple(HoldSpan(maybe(), maybe()) for _ in range(random.choice((0, 0, 1, 2))))
        tenures = [sorted((day(), day())) for _ in range(random.choice((0, 1, 2)))]
        waiting = replace(
            owed().waiting,
            hold=Hold(spans=spans),
            officer_since=maybe(),
            earlier=tuple(Tenure(random.choice(("1042", "2000", None)), *of) for of in tenures),
        )
        item = replace(owed(due=day()), waiting=waiting, owed_again_on=maybe(0.3))
        absent = [
            {"from": str(day()), "until": random.choice((None, str(day())))} for _ in range(random.choice((0, 1, 2)))
        ]
        entry = officer("1042", left_on=maybe(0.3), absent=absent) if random.random() < 0.9 else None
        who = CaseOfficer(random.choice(("1042", "1042", None)), entry, maybe(0.8))
        by_day = {each: hindrance(item, who, each) for each in days_overdue(item, TODAY)}
        found = {
            each.first + number * DAY: each.what
            for each in obstacles(item, who, TODAY)
            for number in range((each.last - each.first).days + 1)
        }
        assert found == {each: what for each, what in by_day.items() if what is not None}
        seen |= set(by_day.values())
    assert seen == {None, *Hindrance}
