"""The plain reference against the conformance sample, and against clauses that the sample does not ask about."""

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.conformance import NOVEMBER, SAMPLES, Json, Sample, policy, records, verdicts
from tests.reference import judge_record


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_the_reference_answers_the_conformance_sample_to_the_letter(sample: Sample) -> None:
    """Every row, its columns, and the order of both (records.md 2)."""
    got = [
        row
        for record in records()
        for row in judge_record(record, policy(sample.policy), sample.as_at, sample.known_at)
    ]
    assert [list(row.items()) for row in got] == [list(row.items()) for row in verdicts(sample)]


# What the sample does not ask: clauses that no shipped policy uses


def story(**more: Any) -> Json:
    """A crime reported on 1 September 2026 and recorded two days later, with one victim."""
    return {
        "crime_ref": "22A/1/26",
        "reported_at": "2026-09-01T10:00:00Z",
        "recorded_at": "2026-09-03T10:00:00Z",
        "victims": [{"victim_ref": "V0"}],
        **more,
    }


def updated(*days: str, **more: Any) -> list[Json]:
    ats = (day if "T" in day else f"{day}T11:00:00Z" for day in days)
    return [{"update_ref": f"U{n}", "at": at, "outcome": "informed", **more} for n, at in enumerate(ats)]


def varied(requirement: int, **changes: Any) -> Json:
    """The force policy with one requirement changed."""
    changed = deepcopy(policy("west-mercia"))
    changed["requirement"][requirement].update(changes)
    return changed


def answers(record: Json, under: Json, as_at: datetime = NOVEMBER) -> dict[tuple[str, int], Json]:
    return {(row["requirement"], row["cycle"]): row for row in judge_record(record, under, as_at)}


def test_9_7_an_update_on_the_recording_day_counts_unless_the_policy_says_not() -> None:
    record = story(updates=updated("2026-09-03"))
    assert answers(record, policy("west-mercia"))["7-day", 1]["state"] == "met"
    assert answers(record, varied(0, recording_day="does not count"))["7-day", 1]["state"] == "overdue"


def test_9_7_an_update_that_does_not_count_opens_no_window_after_it() -> None:
    """9.4: the first counted update in the 7-day window is then that of 5 September, not that of the 3rd."""
    record = story(updates=updated("2026-09-03", "2026-09-05"))
    assert answers(record, policy("west-mercia"))["28-day", 1]["discharged_on"] == "2026-09-05"
    ignored = answers(record, varied(0, recording_day="does not count"))
    assert ignored["7-day", 1]["discharged_on"] == "2026-09-05"
    assert ignored["28-day", 1]["state"] == "missed"


def test_9_7_the_recording_day_may_be_the_day_of_the_report() -> None:
    record = story(updates=updated("2026-09-01"), recorded_at="2026-09-01T10:30:00Z")
    assert answers(record, varied(0, same_day="counts"))["7-day", 1]["state"] == "met"
    refused = varied(0, same_day="counts", recording_day="does not count")
    assert answers(record, refused)["7-day", 1]["state"] == "overdue"


def test_9_7_the_recording_day_is_known_before_the_recording() -> None:
    """2.7 does not name it: an update in the morning of that day is not counted at noon and refused in the evening."""
    record = story(updates=updated("2026-09-03T08:00:00Z"), recorded_at="2026-09-03T17:00:00Z")
    for hour in (12, 20):
        rows = answers(record, varied(0, recording_day="does not count"), datetime(2026, 9, 3, hour, tzinfo=UTC))
        assert rows["7-day", 1]["state"] == "pending"


def test_2_4_an_update_by_a_method_not_in_counted_methods_does_not_count() -> None:
    by_letter = {**policy("west-mercia"), "counted_methods": ["phone", "visit"]}
    for method, state in {"letter": "overdue", "visit": "met", None: "overdue"}.items():
        record = story(updates=updated("2026-09-04", method=method))
        assert answers(record, by_letter)["7-day", 1]["state"] == state


@pytest.mark.parametrize(
    ("in_force", "owed"),
    [
        ({"from": date(2026, 9, 1)}, True),
        ({"from": date(2026, 9, 2)}, False),
        ({"until": date(2026, 9, 1)}, True),
        ({"until": date(2026, 8, 31)}, False),
    ],
)
def test_6_2_a_requirement_in_force_from_or_until_a_day_is_owed_by_d0(in_force: Json, owed: bool) -> None:
    assert (("7-day", 1) in answers(story(), varied(0, **in_force))) is owed


def test_9_4_where_the_earlier_requirement_does_not_apply_the_first_window_opens_by_9_2() -> None:
    """With no 7-day requirement for this victim, the same-day rule of the 28-day requirement itself decides."""
    record = story(updates=updated("2026-09-01"))
    for same_day, state in {"counts": "met", "does not count": "missed"}.items():
        under = varied(1, same_day=same_day)
        under["requirement"][0]["only_for"] = ["enhanced"]
        assert answers(record, under)["28-day", 1]["state"] == state


def test_6_1_working_days_skip_the_christmas_bank_holidays_and_their_substitutes() -> None:
    """Arrest on Thursday 24 December 2026: 25 is a holiday, 26 a Saturday, 28 its substitute, 1 January a holiday."""
    event = {"event_ref": "E0", "kind": "suspect_arrested", "at": "2026-12-24T09:00:00Z"}
    record = story(events=[event], victims=[{"victim_ref": "V0"}, {"victim_ref": "V1", "category": "enhanced"}])
    rows = judge_record(record, policy("victims-code-2020"), datetime(2026, 12, 24, 10, tzinfo=UTC))
    due = {row["victim_ref"]: row["due_date"] for row in rows if row["requirement"] == "arrested"}
    assert due == {"V0": "2027-01-05", "V1": "2026-12-29"}
