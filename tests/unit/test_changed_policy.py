"""A changed policy is announced: what it asks differently, and the period by both policies (statistics section 5)."""

from datetime import date
from typing import Any

import pytest

from compliance.policy import Policy, load_policy
from compliance.policy.differences import describe_differences
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import FormerPolicy, ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.report_model import Figures
from compliance.reports.wording.changed_policy import changed_policy_of
from compliance.reports.wording.sentences import sentence
from tests.engine import shipped
from tests.plain_figures import SETTLED, WEEK
from tests.unit.test_figures_entry import of

NOW = load_policy("west-mercia")


def with_limit(requirement: str, **changes: Any) -> Policy:
    asked = [each.model_dump(by_alias=True, exclude_unset=True) for each in NOW.requirement]
    next(each for each in asked if each["id"] == requirement).update(changes)
    return NOW.with_values(requirement=asked)


@pytest.mark.parametrize(("before", "said"), [
    (with_limit("7-day", within={"days": 10}), "7-day: due within 7 days, before 10 days"),
    (with_limit("7-day", within={"working_days": 5}), "7-day: due within 7 days, before 5 working days"),
    (with_limit("7-day", same_day="counts"), "7-day: an update on the day of the report does not count, before counts"),
    (with_limit("28-day", repeat_every={"days": 14}), "28-day: repeated every 28 days, before 14 days"),
    (with_limit("7-day", enhanced={"within": {"days": 1}}), "7-day: for enhanced victims not set, before due within 1 day"),
    (NOW.with_values(late_entry_days=5), "late entry days 3, before 5"),
    (NOW.with_values(counted_methods=["phone", "visit"]), "counted methods not set, before phone and visit"),
    (NOW.with_values(requirement=[NOW.requirement[0].model_dump(by_alias=True, exclude_unset=True)]), "28-day is new"),
])  # fmt: skip
def test_5_what_a_policy_asks_differently_is_said_in_words(before: Policy, said: str) -> None:
    assert describe_differences(before, NOW) == (said,)
    assert describe_differences(NOW, before) != describe_differences(before, NOW)


def test_5_a_requirement_that_is_no_longer_asked_is_named_and_a_title_makes_no_difference() -> None:
    alone = NOW.with_values(requirement=[NOW.requirement[0].model_dump(by_alias=True, exclude_unset=True)])
    assert describe_differences(NOW, alone) == ("28-day is no longer asked",)
    assert describe_differences(NOW, NOW.with_values(title="Another")) == ()


def test_5_every_policy_shipped_can_be_told_from_every_other() -> None:
    policies = [shipped(name)[0] for name in ("west-mercia", "hertfordshire", "victims-code-2020")]
    for one in policies:
        for other in policies:
            assert bool(describe_differences(one, other)) is (one is not other)


def figures(since: date, former: Policy | None = None) -> Figures:
    """Three crimes whose first update came on day 5, 9 and 12; the week is that in which day 10 of each lies."""
    records = [
        {"crime_ref": f"C{n}", "reported_at": "2026-10-26T10:00:00Z", "division": "North", "team": "A",
         "victims": [{"victim_ref": "V1"}],
         "updates": [{"update_ref": "U", "outcome": "informed", "at": f"{day}T10:00:00Z", "entered_at": f"{day}T11:00:00Z"}]}
        for n, day in enumerate(("2026-10-31", "2026-11-04", "2026-11-07"))
    ]  # fmt: skip
    options = ReportOptions(former=FormerPolicy(since, former or with_limit("7-day", within={"days": 10})))
    judged = judge_periods(GivenRecords("crimes", of(*records)), NOW, WEEK, SETTLED, options)
    return figures_of(judged, force="A force")


def test_5_the_period_is_shown_by_both_policies_side_by_side() -> None:
    found = figures(WEEK.first)
    assert found.changed_policy is not None
    (seven, _) = found.changed_policy.rates
    assert (seven.now.count, seven.now.of, seven.before.count, seven.before.of) == (1, 3, 2, 3)
    (claim,) = changed_policy_of(found)
    assert sentence(claim) == (
        f"Since {claim.since.day if claim.since else ''} November 2026 another policy is in use. 7-day: due within 7 days, "
        "before 10 days. By this policy and by the one before: the 7-day rate 33.3% and 66.7%. Every week in this report is "
        "judged by the policy now in use: a difference from what was published before is no change in performance."
    )


@pytest.mark.parametrize(("days", "announced"), [(27, True), (28, False)])
def test_5_a_change_is_announced_for_four_weeks(days: int, announced: bool) -> None:
    since = date.fromordinal(WEEK.first.toordinal() - days)
    assert (figures(since).changed_policy is not None) is announced


def test_5_a_change_of_title_alone_is_not_announced() -> None:
    assert list(changed_policy_of(figures(WEEK.first, NOW.with_values(title="Another")))) == []
