"""A force in which nothing changes and no division is better than another, however much its officers differ."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from compliance.policy import judge, load_policy
from compliance.records import columns, convert_crime
from compliance.records.columns import Columns
from compliance.records.wire import Update
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import judge_periods, list_charted_weeks
from compliance.reports.judging.rates import due_in, rate
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.methods.control import control_chart
from compliance.reports.methods.statistics import newcombe
from compliance.reports.periods.weeks import Week

WEEK: Final = Week.parse("2026-W24")
"""The newest settled one at the end of the simulated weeks."""
END: Final = datetime(2026, 6, 28, 23, tzinfo=UTC)
WEEKS: Final = 34
"""Charts begin when the first cases are old enough for every requirement."""
DIVISIONS: Final = ("A", "B", "C", "D", "E")


@dataclass
class Tally:
    """How many points or comparisons there were, and how many were flagged; with the clause, and without it."""

    points: int = 0
    special: int = 0
    newest: int = 0
    newest_special: int = 0
    newest_special_young: int = 0
    compared: int = 0
    significant: int = 0
    significant_raw: int = 0
    seeds: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        def of(part: int, whole: int) -> str:
            return f"{part} of {whole} ({part / max(whole, 1):.1%})"

        return (
            f"{len(self.seeds)} forces in which nothing changes\n"
            f"  points with a special cause:                               {of(self.special, self.points)}\n"
            f"  newest weeks with one, weeks at equal age (1.2):           {of(self.newest_special, self.newest)}\n"
            f"  … as known on the day after the week, in one judging:      {of(self.newest_special_young, self.newest)}\n"
            f"  divisions called different, judged together (1.3, 1.5):    {of(self.significant, self.compared)}\n"
            f"  … each alone and without design effect:                    {of(self.significant_raw, self.compared)}"
        )


def records(seed: int) -> Columns:
    """Two hundred officers, each with a readiness and a tardiness at the keyboard of their own, dealt out to divisions at
    random; as many crimes every week, each with one victim, none open for more than fifty days."""
    rng = Random(seed)
    officers = [(DIVISIONS[rng.randrange(5)], rng.betavariate(4, 2.5), rng.random() < 0.5) for _ in range(200)]
    first = WEEK.plus(1 - WEEKS).first
    made = []
    for number in range(WEEKS * 300):
        reported = datetime(first.year, first.month, first.day, 12, tzinfo=UTC) + timedelta(
            days=7 * rng.random() * WEEKS
        )
        place = rng.randrange(len(officers))
        division, ready, tardy = officers[place]
        updates = []
        for cycle in range(2):
            at = reported + timedelta(days=28 * cycle + 1 + 6 * rng.random())
            if rng.random() < ready:
                entered = at + timedelta(days=9 * rng.random() if tardy else 0.01)
                updates.append(Update(f"U{cycle}", at.isoformat(), None, entered.isoformat(), "informed", "phone"))
        crime = {"crime_ref": f"{number:05}", "reported_at": reported.isoformat(), "division": division,
                 "officer_ref": f"O{place}", "victims": [{"victim_ref": "V"}],
                 "status": [{"status": "closed", "at": (reported + timedelta(days=50 * rng.random())).isoformat()}]}  # fmt: skip
        found = convert_crime(crime)
        found.updates = updates
        made.append(found)
    return columns(made)


def tally(seeds: range) -> Tally:
    """Both rules of the force policy, over the weeks of each seed's force."""
    policy, done = load_policy("west-mercia"), Tally()
    for seed in seeds:
        done.seeds.append(seed)
        held = records(seed)
        figures = figures_of(judge_periods(GivenRecords("quiet", held), policy, WEEK, END), force="A force")
        # As known on the day the newest settled week was one day old.
        young = WEEK.end_instant(policy.local)
        verdicts = judge(held, policy, young, young)
        weeks = list_charted_weeks(WEEK, figures.basis.records_begin)
        for place, requirement in enumerate(figures.requirements):
            trend = requirement.trend
            done.points += len([share for share in trend.shares if share.of])
            done.special += len(trend.control.signals)
            cohorts = [due_in(verdicts, *week.days) for week in weeks[-len(trend.weeks) :]]
            shares = [rate(cohort.where(cohort.requirement == place), 1.0).share.rate for cohort in cohorts]
            values = [None if share is None else 100 * share for share in shares]
            last = len(values) - 1
            done.newest += 1
            done.newest_special += any(signal.place == last for signal in trend.control.signals)
            done.newest_special_young += any(signal.place == last for signal in control_chart(values).signals)
            for division in requirement.divisions:
                if division.change and division.trailing and division.rest:
                    own, rest = division.trailing.share, division.rest.share
                    raw = newcombe(own.count, own.of, rest.count, rest.of)
                    done.compared += 1
                    done.significant += division.change.significant
                    done.significant_raw += raw is not None and raw.significant
    return done
