"""The rates of the weekly report against plain loops over the plain reference's verdicts (docs/statistics.md, 1 and 4)."""

from collections import defaultdict
from copy import deepcopy
from datetime import date, timedelta
from functools import cache

import pytest

from compliance.errors import SettingsError
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.edition import Edition
from compliance.reports.figures import figures_of as whole_figures
from compliance.reports.figures import report_figures
from compliance.reports.judging.judged import JudgedPeriod, ReportOptions, judge_periods
from compliance.reports.judging.rates import BANDS
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.methods.statistics import newcombe
from compliance.reports.model.report_model import Overdue
from compliance.reports.periods.spans import Span
from tests.engine import shipped
from tests.histories import BEGUN
from tests.plain_figures import (
    SETTLED,
    WEEK,
    counts_in,
    figures,
    judged,
    of,
    plain_rho,
    rate,
    rate_of_unit,
    requirement,
    rho_of,
    rows,
    same,
    share,
    stories,
    trailing,
)
from tests.reference_case import Json, last_of_each


@pytest.mark.parametrize("name", ["7-day", "28-day"])
def test_1_1_the_rates_of_a_week_and_of_the_weeks_beside_it(name: str) -> None:
    """Settled, the week before at its own T and K, and the week just ended as provisional (statistics 1.2)."""
    found, rho = requirement(name), rho_of(name, "officer_week")
    assert same(found.week.rate, rate(of(name, rows()), rho))
    assert found.week.rate.share.of > 30
    before = rows(WEEK.plus(-1), SETTLED - timedelta(days=7))
    assert same(found.before.rate, rate(of(name, before), rho))
    assert found.provisional
    assert same(found.provisional.rate, rate(of(name, rows(WEEK.plus(1))), rho))


def test_1_2_an_earlier_week_is_judged_at_its_own_age_not_as_known_today() -> None:
    """Of the week before fewer were late at its own T and K than are a week later."""
    young = requirement("7-day").before.rate
    old = rate(of("7-day", rows(WEEK.plus(-1))))
    assert young.late is not None
    assert old.late is not None
    assert young.late < old.late


def test_1_2_a_week_that_is_not_settled_is_refused() -> None:
    policy, _ = shipped("west-mercia")
    given = GivenRecords("histories", columns([]))
    with pytest.raises(SettingsError, match=r"2026-W45 is settled .* 2026-11-16T00:00Z; .* settled is 2026-W44"):
        report_figures(given, policy, WEEK, SETTLED - timedelta(seconds=1), force="A force")


@pytest.mark.parametrize("name", ["7-day", "28-day"])
def test_1_5_divisions_are_who_had_the_case_at_the_end_of_the_due_date(name: str) -> None:
    found = requirement(name)
    by_name: dict[str | None, list[Json]] = defaultdict(list)
    for row in of(name, rows()):
        by_name[row["division"]].append(row)
    assert {division.name for division in found.divisions} >= set(by_name)
    assert [division.name for division in found.divisions] == ["A", "B", "C", None]
    for division in found.divisions:
        assert same(division.week, rate(by_name[division.name], rho_of(name, "officer_week")))


@pytest.mark.parametrize("name", ["7-day", "28-day"])
def test_1_5_divisions_are_compared_with_the_rest_over_13_weeks_each_at_its_own_age(name: str) -> None:
    found, due = requirement(name), [row for _, row in trailing(name)]
    assert found.trailing_held == 13
    for division in found.divisions:
        own = rate_of_unit(name, [row for row in due if row["division"] == division.name])
        rest = rate_of_unit(name, [row for row in due if row["division"] != division.name])
        assert division.trailing is not None
        assert division.rest is not None
        assert same(division.trailing, own)
        assert same(division.rest, rest)
        if division.name is None:
            assert division.change is None
            continue
        pairs = [(part.share.count / part.share.deff, part.share.of / part.share.deff) for part in (own, rest)]
        expected = newcombe(*pairs[0], *pairs[1])
        assert division.change is not None
        assert expected is not None
        assert (division.change.difference, division.change.low, division.change.high) == pytest.approx(expected)


@pytest.mark.parametrize("part", ["first", "continuing"])
def test_1_3_the_parts_of_a_requirement_have_an_estimate_each(part: str) -> None:
    given = GivenRecords("histories", columns([convert_crime(record) for record in stories()]))
    made = judge_periods(given, shipped("west-mercia")[0], WEEK, SETTLED, ReportOptions(records_begin=BEGUN))
    edition = Edition.of_judgements(made, None, None)
    due = [row for _, row in trailing("28-day") if (row["cycle"] == 1) is (part == "first")]
    expected = plain_rho((row["state"] == "met", row["officer_ref"]) for row in due)
    assert edition.clusters.of(edition.place("28-day"), part).officer == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["7-day", "28-day"])
def test_1_3_how_alike_an_officers_obligations_are_is_estimated_once_for_the_force(name: str) -> None:
    """By officers over 13 weeks, by officer-weeks, and by teams; with live contact only from the same weeks."""
    every, live = requirement(name).clustering[:2]
    assert (every.officer, every.officer_week, every.team) == pytest.approx(
        tuple(rho_of(name, kind) for kind in ("officer", "officer_week", "team")), abs=1e-12
    )
    assert (every.part, live.part) == ("", "live")
    assert live.officer_week == pytest.approx(live_rho(name), abs=1e-12)
    assert (every.officer_week > 0) is (name == "28-day")


def test_rules_5_how_long_the_overdue_have_been_overdue() -> None:
    every = judged(shipped("west-mercia")[1])
    for name in ("7-day", "28-day"):
        overdue = [row for row in of(name, every) if row["state"] == "overdue"]
        got: Overdue = requirement(name).overdue
        assert got.count == len(overdue)
        assert got.victims == len({(row["crime_ref"], row["victim_ref"]) for row in overdue})
        assert [(band.first, band.last) for band in got.bands] == list(BANDS)
        for band in got.bands:
            days = range(band.first, (band.last or 10_000) + 1)
            assert band.count == sum(row["days_late"] in days for row in overdue)
        assert sum(band.count or 0 for band in got.bands) == got.count


def changed(**changes: str) -> Json:
    data = deepcopy(shipped("west-mercia")[1])
    data["requirement"][0].update(changes)
    return data


def test_section_4_the_same_day_question_three_ways_over_the_same_obligations() -> None:
    cohort = of("7-day", rows())
    key = ("crime_ref", "victim_ref")
    got = figures().same_day
    assert got is not None
    readings = (changed(same_day="counts"), changed(recording_day="does not count"))
    for share_, data in zip((got.counting, got.original), readings, strict=True):
        states = {tuple(row[k] for k in key): row["state"] for row in of("7-day", judged(data))}
        met = [(states[tuple(row[k] for k in key)] == "met", row["officer_ref"]) for row in cohort]
        assert same(share_, share(met, rho_of("7-day", "officer_week")))
    assert same(got.policy, requirement("7-day").week.rate.share)
    only = [row for row in cohort if row["same_day_update"] and row["state"] != "met"]
    assert got.only_same_day == len(only) == got.counting.count - got.policy.count
    assert got.updated_later == sum(row["state"] == "late" for row in only) > 0
    assert got.original.count < got.policy.count < got.counting.count


def test_section_4_is_not_asked_of_a_policy_by_which_a_same_day_update_counts() -> None:
    assert figures("hertfordshire").same_day is None


@cache
def strict() -> list[Json]:
    """The reference's verdicts with live contact only."""
    return judged(shipped("west-mercia")[1] | {"counted_methods": ["phone", "visit", "video"]})


def live_rho(name: str) -> float:
    """ρ of officer-weeks with live contact only, of the same weeks as known when the period was settled."""
    weeks = [(back, WEEK.plus(-back)) for back in range(13)]
    due = [(back, row) for back, week in weeks for row in of(name, strict()) if counts_in(row, week)]
    return plain_rho((row["state"] == "met", row["officer_ref"] and (row["officer_ref"], back)) for back, row in due)


def test_1_9_live_contact_only_as_counted_method() -> None:
    for name in ("7-day", "28-day"):
        got = requirement(name).live.rate
        assert same(got, rate([row for row in of(name, strict()) if counts_in(row, WEEK)], live_rho(name)))
        assert got.share.count < requirement(name).week.rate.share.count


def test_the_rates_of_enhanced_victims() -> None:
    enhanced = {
        (record["crime_ref"], victim["victim_ref"])
        for record in stories()
        for victim in last_of_each(record.get("victims"), "victim_ref")
        if victim.get("category") == "enhanced"
    }
    for name in ("7-day", "28-day"):
        own = [row for row in of(name, rows()) if (row["crime_ref"], row["victim_ref"]) in enhanced]
        assert same(requirement(name).enhanced.rate, rate(own, rho_of(name, "officer_week")))
        assert own


@pytest.mark.parametrize("name", ["hertfordshire", "victims-code-2006", "victims-code-2020"])
def test_every_policy_has_its_figures(name: str) -> None:
    data = shipped(name)[1]
    expected = [row for row in judged(data) if counts_in(row, WEEK)]
    for found in figures(name).requirements:
        share, plain = found.week.rate.share, rate(of(found.id, expected)).share
        assert (share.count, share.of, share.rate) == (plain.count, plain.of, plain.rate)
        assert found.event == (found.divisions == ())


def test_the_comparisons_made_are_counted() -> None:
    """Those of units with the rest: a difference from another week is a number (statistics 1.5a)."""
    found = figures()
    made = [division.change for r in found.requirements for division in r.divisions]
    assert found.basis.comparisons == sum(change is not None and change.tested for change in made) >= 6


def test_the_figures_follow_from_the_week_alone_whenever_they_are_asked_for() -> None:
    policy, records = shipped("west-mercia")[0], stories()[:300]
    given = GivenRecords("histories", columns([convert_crime(record) for record in records]))
    once = report_figures(given, policy, WEEK, SETTLED, force="A force")
    assert report_figures(given, policy, WEEK, SETTLED + timedelta(days=900), force="A force") == once
    assert (once.basis.as_at, once.basis.known_at) == (SETTLED, SETTLED)


def test_periods_judged_for_one_report_serve_the_next() -> None:
    policy, records = shipped("west-mercia")[0], stories()[:300]
    given = GivenRecords("histories", columns([convert_crime(record) for record in records]))
    held: dict[tuple[date | None, Span], JudgedPeriod] = {}
    for week in (WEEK.plus(-1), WEEK):
        shared = judge_periods(given, policy, week, SETTLED, ReportOptions(records_begin=BEGUN), held=held)
        alone = judge_periods(given, policy, week, SETTLED, ReportOptions(records_begin=BEGUN))
        assert whole_figures(shared, force="A force") == whole_figures(alone, force="A force")
    assert shared.weeks[-2] is held[BEGUN, WEEK.plus(-1)]
