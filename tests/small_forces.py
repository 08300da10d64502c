"""A small force of plain divisions, whose officers tell victims with a chance that a test decides week by week."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from compliance.policy import load_policy
from compliance.records import Columns, columns, convert_crime
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.changes import LastTold
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.weeks import Week

LONDON: Final = ZoneInfo("Europe/London")
POLICY: Final = load_policy("west-mercia")
BEGUN: Final = date(2025, 1, 6)
"""The Monday of week 0, from which crimes are held."""
NAMES: Final = ("East", "Hills", "North", "South", "West")
Chance = Callable[[str, int], float]
"""(division, week of the contact, from 0) to the chance that it is made in time."""
Json = dict[str, Any]


def week_of(place: int) -> Week:
    """The week of a place, from 0."""
    return Week.of(BEGUN).plus(place)


def records(
    chance: Chance, weeks: int, names: Sequence[str] = NAMES, a_week: int = 40, officers: int = 12, seed: int = 1
) -> list[Json]:
    """The crimes of some weeks: so many a week in each division, with one victim each, open for weeks or months."""
    rng, made = Random(seed), []
    for place in range(weeks):
        for name in names:
            for number in range(a_week):
                made.append(_crime(rng, chance, place, name, number, officers))
    return made


def _crime(rng: Random, chance: Chance, place: int, name: str, number: int, officers: int) -> Json:
    reported = BEGUN + timedelta(days=7 * place + rng.randrange(7))
    who = rng.randrange(officers)
    told, last, due = [], reported, 7
    closed = reported + timedelta(days=rng.choice((20, 40, 70, 110, 150)))
    while last + timedelta(days=due) < closed:
        week = (last + timedelta(days=due) - BEGUN).days // 7
        in_time = rng.random() < chance(name, week)
        last += timedelta(days=rng.randrange(1, due) if in_time else due + rng.randrange(4, 9))
        told.append(last)
        due = 28
    day = f"{reported}T09:{number:02}:00"
    return {
        "crime_ref": f"22A/{name}{place:03}{number:02}/25",
        "reported_at": _instant(day),
        "division": name,
        "team": f"{name} {who % 3}",
        "officer_ref": f"{name}{who}",
        "status": [{"at": _instant(f"{closed}T16:00:00"), "status": "closed"}],
        "victims": [{"victim_ref": "V", "category": "enhanced" if number % 5 == 0 else "standard"}],
        "updates": [{"update_ref": f"U{i}", "at": _instant(f"{on}T10:30:00"), "outcome": "informed", "method": "phone"}
                    for i, on in enumerate(told)],
    }  # fmt: skip


def _instant(local: str) -> str:
    return datetime.fromisoformat(local).replace(tzinfo=LONDON).isoformat()


def read(made: Sequence[Json]) -> Columns:
    """Records as columns."""
    return columns([convert_crime(record) for record in made])


def report(
    held: Columns, place: int, division: str | None = None, last_told: LastTold | None = None, **options: Any
) -> Figures:
    """The figures of the report on a week, by its place."""
    week = week_of(place)
    given, now = GivenRecords("a small force", held), week.settling_instant(POLICY.local)
    chosen = ReportOptions(**{"records_begin": BEGUN} | options)
    return figures_of(
        judge_periods(given, POLICY, week, now, chosen), force="A force", division=division, last_told=last_told
    )
