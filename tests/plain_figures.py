"""The figures of a weekly report by plain loops over the plain reference's verdicts and the records themselves.

The records are generated histories that crowd the edges around the instants the report asks about.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from compliance.policy import Policy
from compliance.records import columns, convert_crime
from compliance.reports.figures import report_figures
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.methods.statistics import wilson
from compliance.reports.model.report_model import Figures, Proportion, Rate, RequirementFigures
from compliance.reports.periods.weeks import Week
from tests.engine import shipped
from tests.histories import BEGUN, histories
from tests.reference import Owed, judge_record
from tests.reference_case import Case, Json, exists, last_of_each

WEEK = Week.parse("2026-W45")  # 2 to 8 November: in winter time, so local midnight is UTC's
SETTLED = datetime(2026, 11, 16, tzinfo=UTC)
COUNTS = ("met", "late", "overdue", "missed")


@cache
def stories() -> list[Json]:
    return list(histories(52, 1200, as_at=SETTLED, known_at=SETTLED - timedelta(days=3)))


def figures_of(records: list[Json], policy: Policy, **more: Any) -> Figures:
    given = GivenRecords("histories", columns([convert_crime(record) for record in records]))
    held = {"options": ReportOptions(records_begin=BEGUN)} | more
    return report_figures(given, policy, WEEK, SETTLED, force="A force", **held)


@cache
def figures(name: str = "west-mercia") -> Figures:
    return figures_of(stories(), shipped(name)[0])


def requirement(name: str) -> RequirementFigures:
    return next(found for found in figures().requirements if found.id == name)


def judged(data: Json, settled: datetime = SETTLED, records: list[Json] | None = None) -> list[Json]:
    """The reference's verdicts, T = K."""
    records = stories() if records is None else records
    return [row for record in records for row in judge_record(record, data, settled, settled)]


@cache
def rows(week: Week = WEEK, settled: datetime = SETTLED) -> list[Json]:
    """The rows of the force policy that count in a week's rates (rules 5.1)."""
    return [row for row in judged(shipped("west-mercia")[1], settled) if counts_in(row, week)]


def counts_in(row: Json, week: Week) -> bool:
    return row["state"] in COUNTS and week.first.isoformat() <= row["due_date"] <= week.last.isoformat()


def of(name: str, found: Iterable[Json]) -> list[Json]:
    return [row for row in found if row["requirement"] == name]


def clusters_of(hits: Iterable[tuple[bool, Any]]) -> list[list[bool]]:
    """The hits of each cluster, of (hit, cluster) pairs; those of no cluster are one each (statistics 1.3)."""
    clusters: dict[Any, list[bool]] = defaultdict(list)
    for number, (hit, cluster) in enumerate(hits):
        clusters[("alone", number) if cluster is None else cluster].append(hit)
    return list(clusters.values())


def plain_rho(hits: Iterable[tuple[bool, Any]]) -> float:
    """ρ by the formula of statistics 1.3, term by term."""
    clusters = clusters_of(hits)
    j, n = len(clusters), sum(map(len, clusters))
    if j < 2 or n == j:
        return 0.0
    p = sum(map(sum, clusters)) / n
    msb = sum(len(c) * (sum(c) / len(c) - p) ** 2 for c in clusters) / (j - 1)
    msw = sum(len(c) * sum(c) / len(c) * (1 - sum(c) / len(c)) for c in clusters) / (n - j)
    n_0 = (n - sum(len(c) ** 2 for c in clusters) / n) / (j - 1)
    return max(0.0, (msb - msw) / (msb + (n_0 - 1) * msw)) if msb + (n_0 - 1) * msw else 0.0


def plain_deff(clusters: list[list[bool]], rho: float) -> float:
    n = sum(map(len, clusters))
    return 1 + rho * (sum(len(c) ** 2 for c in clusters) / n - 1) if n else 1.0


@cache
def trailing(name: str) -> list[tuple[int, Json]]:
    """What was due of a requirement in each of 13 weeks, at its own age: (weeks back, row)."""
    local = shipped("west-mercia")[0].local
    weeks = [(back, WEEK.plus(-back)) for back in range(13)]
    return [(back, row) for back, week in weeks for row in of(name, rows(week, week.settling_instant(local)))]


@cache
def rho_of(name: str, kind: str) -> float:
    """ρ of a requirement over 13 weeks, by "officer", "officer_week" or "team"."""

    def cluster(back: int, row: Json) -> tuple[Any, ...] | None:
        keys = {"officer": (row["officer_ref"],), "officer_week": (row["officer_ref"], back),
                "team": (row["team"], row["division"])}[kind]  # fmt: skip
        return None if keys[0] is None else keys

    return plain_rho((row["state"] == "met", cluster(back, row)) for back, row in trailing(name))


def share(hits: Iterable[tuple[bool, str | None]], rho: float | None = None) -> Proportion:
    """A proportion of (hit, officer) pairs, by plain loops; without a given ρ with its own (statistics 1.3, 1.4)."""
    hits = list(hits)
    deff = plain_deff(clusters_of(hits), plain_rho(hits) if rho is None else rho)
    return share_on(hits, deff)


def share_on(hits: list[tuple[bool, str | None]], deff: float) -> Proportion:
    every = [hit for hit, _ in hits]
    limits = wilson(sum(every) / deff, len(every) / deff)
    rate = sum(every) / len(every) if every else None
    low, high = limits or (None, None)
    return Proportion(sum(every), len(every), rate, low, high, deff)


def rate(found: list[Json], rho: float = 0.0) -> Rate:
    """A rate with ρ by officers as given; 0: of its counts alone."""
    return Rate(share(((row["state"] == "met", row["officer_ref"]) for row in found), rho), *not_met(found))


def not_met(found: list[Json]) -> list[int]:
    return [sum(row["state"] == state for row in found) for state in COUNTS[1:]]


def rate_of_unit(name: str, found: list[Json]) -> Rate:
    """A rate of a division or its rest over 13 weeks: deff is the larger of that by officers and by teams."""
    hits = [(row["state"] == "met", row["officer_ref"]) for row in found]
    by_team = clusters_of((False, row["team"] and (row["division"], row["team"])) for row in found)
    deff = max(plain_deff(clusters_of(hits), rho_of(name, "officer")), plain_deff(by_team, rho_of(name, "team")))
    return Rate(share_on(hits, deff), *not_met(found))


def same(one: Any, other: Any) -> bool:
    """Equal, to rounding in the numbers."""
    return bool(plain(one) == pytest.approx(plain(other), rel=1e-12, abs=1e-12, nan_ok=False))


def plain(value: Rate | Proportion) -> list[float | None]:
    if isinstance(value, Rate):
        return [*plain(value.share), value.late, value.overdue, value.missed]
    return [value.count, value.of, value.rate, value.low, value.high, value.deff]


def victims(as_at: datetime, known_at: datetime) -> Iterator[tuple[Case, Owed]]:
    """Every victim as at T and as known at K whose crime is not cancelled and whose category is not exempt."""
    data = shipped("west-mercia")[1]
    for record in stories():
        if not exists(record["reported_at"], as_at):
            continue
        case = Case(record, data, as_at, known_at)
        for victim in last_of_each(record.get("victims"), "victim_ref"):
            if exists(victim.get("added_at"), as_at):
                owed = Owed(case, victim)
                if not case.cancelled and not owed.exempt_category:
                    yield case, owed


def declining(owed: Owed, day: date) -> bool:
    return owed.x is not None and owed.x <= day and (owed.u is None or day < owed.u)


def heard(owed: Owed, first: date, last: date) -> bool:
    return any(first <= update.on <= last for update in owed.updates)
