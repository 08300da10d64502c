"""What became of a published figure: each cause alone, and all together, adding up exactly (docs/statistics.md 5)."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from compliance.policy import Policy, judge, load_policy
from compliance.records import columns, convert_crime
from compliance.reports.judging.restatement import CAUSES, Earlier, Restatement, counts
from compliance.reports.model.findings import Restated
from compliance.reports.periods.weeks import Week
from tests.histories import histories

WEEK = Week.parse("2026-W28")  # 6 to 12 July
PUBLISHED = datetime(2026, 7, 19, 23, tzinfo=UTC)
NOW = datetime(2026, 8, 23, 23, tzinfo=UTC)
Record = dict[str, Any]


def crime(ref: str = "22A/1/26", **more: Any) -> Record:
    """Due on 8 July, reported on the 1st."""
    plain: Record = {"reported_at": "2026-07-01T09:00:00Z", "division": "North", "victims": [{"victim_ref": "V1"}]}
    return {"crime_ref": ref} | plain | more


def update(day: str, entered: str | None = None, ref: str = "U1", outcome: str = "informed") -> Record:
    found = {"update_ref": ref, "at": f"{day}T12:00:00Z", "outcome": outcome}
    return found if entered is None else found | {"entered_at": f"{entered}T12:00:00Z"}


def restated(
    then: list[Record], now: list[Record], before: Policy | None = None, after: Policy | None = None
) -> list[Restated]:
    before = before or load_policy("west-mercia")
    after = after or before
    old, new = (columns([convert_crime(r) for r in sorted(rs, key=lambda r: r["crime_ref"])]) for rs in (then, now))
    published = counts(judge(old, before, PUBLISHED, PUBLISHED), WEEK)
    known = judge(old, after, PUBLISHED, PUBLISHED)
    found = Restatement(judge(new, after, NOW, NOW)).of(Earlier(WEEK, 1, before, published), known)
    for each in found:
        assert sum(step.met for step in each.steps) == each.met - each.published_met
        assert sum(step.due for step in each.steps) == each.due - each.published_due
    return found


def causes(then: list[Record], now: list[Record], **policies: Policy) -> list[tuple[str, int, int]]:
    """The steps of the 7-day figure of the whole force."""
    (whole,) = [r for r in restated(then, now, **policies) if (r.requirement, r.unit) == ("7-day", None)]
    return [(step.cause, step.met, step.due) for step in whole.steps]


STANDS = crime("22A/0/26", updates=[update("2026-07-03")])


def test_nothing_changed() -> None:
    assert causes([STANDS, crime()], [STANDS, crime()]) == []


def test_updates_entered_later() -> None:
    late = crime(updates=[update("2026-07-05", "2026-07-25")])
    assert causes([crime()], [late]) == [("entered", 1, 0)]
    assert causes([late], [late]) == [("entered", 1, 0)], "records of a file, which hold one version"


def test_updates_corrected_or_withdrawn() -> None:
    told = crime(updates=[update("2026-07-05")])
    assert causes([told], [crime()]) == [("corrected", -1, 0)]
    assert causes([told], [crime(updates=[update("2026-07-05", outcome="attempted")])]) == [("corrected", -1, 0)]
    assert causes([told], [crime(updates=[update("2026-07-09")])]) == [("corrected", -1, 0)]


def test_crimes_or_victims_added_late() -> None:
    assert causes([STANDS], [STANDS, crime()]) == [("added", 0, 1)]
    two = crime(victims=[{"victim_ref": "V1"}, {"victim_ref": "V2"}])
    assert causes([crime()], [two]) == [("added", 0, 1)]


def test_crimes_cancelled() -> None:
    cancelled = crime(status=[{"status": "cancelled", "at": "2026-07-22T09:00:00Z"}])
    assert causes([crime()], [cancelled]) == [("cancelled", 0, -1)]


def test_report_date_or_status_corrected() -> None:
    assert causes([crime()], [crime(reported_at="2026-06-25T09:00:00Z")]) == [("dates", 0, -1)]
    assert causes([crime(reported_at="2026-06-25T09:00:00Z"), STANDS], [crime(), STANDS]) == [("dates", 0, 1)]


def test_declines() -> None:
    declined = {"declined_at": "2026-07-02T09:00:00Z", "declined_entered_at": "2026-07-28T09:00:00Z"}
    assert causes([crime()], [crime(victims=[{"victim_ref": "V1"} | declined])]) == [("declines", 0, -1)]
    assert causes([crime()], [crime(victims=[{"victim_ref": "V1", "category": "state"}])]) == [("declines", 0, -1)]


def test_reallocation_moves_a_figure_between_divisions_and_leaves_the_force() -> None:
    found = restated([crime(), STANDS], [crime(division="South"), STANDS])
    told = {(r.requirement, r.unit): [(s.cause, s.met, s.due) for s in r.steps] for r in found}
    assert told["7-day", None] == []
    assert told["7-day", "North"] == [("reallocated", 0, -1)]
    assert told["7-day", "South"] == [("reallocated", 0, 1)]


def test_retention() -> None:
    assert causes([crime(), STANDS], [STANDS]) == [("retention", 0, -1)]


def test_policy() -> None:
    """Had a same-day update counted from the start."""
    before = load_policy("west-mercia")
    data = [r.model_dump(by_alias=True, exclude_unset=True) for r in before.requirement]
    data[0]["same_day"] = "counts"
    same_day = crime(updates=[update("2026-07-01")])
    assert causes([same_day], [same_day], before=before, after=before.with_values(requirement=data)) == [
        ("policy", 1, 0)
    ]


def test_facts_dated_ahead_that_have_come() -> None:
    ahead = crime(status=[{"status": "cancelled", "at": "2026-08-01T09:00:00Z"}])
    assert causes([ahead], [ahead]) == [("time", 0, -1)]


def test_causes_are_applied_one_after_another_in_the_order_of_the_specification() -> None:
    """An update entered later counts as such, and is then taken out again by the cancellation."""
    now = crime(
        updates=[update("2026-07-05", "2026-07-25")], status=[{"status": "cancelled", "at": "2026-07-28T09:00:00Z"}]
    )
    assert causes([crime()], [now]) == [("entered", 1, 0), ("cancelled", -1, -1)]
    assert list(CAUSES)[:10] == [
        "entered", "corrected", "added", "cancelled", "dates", "declines", "reallocated", "retention", "calendar", "policy",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["west-mercia", "hertfordshire", "victims-code-2020"])
def test_the_parts_add_up_whatever_happened_to_the_records(name: str) -> None:
    """Every crime keeps, loses or swaps facts with another history; the sum is checked for every requirement and
    division."""
    rng, policy = Random(7), load_policy(name)
    one = list(histories(31, 400, as_at=NOW - timedelta(days=30), known_at=PUBLISHED))
    two = list(histories(32, 400, as_at=NOW, known_at=PUBLISHED))
    then, now = [], []
    for number, (a, b) in enumerate(zip(one, two, strict=True)):
        ref = f"22A/{number:04}/26"
        mixed = {**a, **{key: b[key] for key in b if rng.random() < 0.3}, "crime_ref": ref}
        fate = rng.random()
        then += [] if fate < 0.1 else [a | {"crime_ref": ref}]
        now += [] if fate > 0.9 else [mixed]
    found = restated(then, now, policy, policy)
    assert {step.cause for each in found for step in each.steps} >= {
        "entered",
        "corrected",
        "added",
        "dates",
        "retention",
    }
    assert sum(each.published_due for each in found) > 20
