"""The plain reference against the conformance sample, and the generated histories against the edges they must reach."""

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import POLICIES, SAMPLES, Sample, records, verdicts
from tests.histories import AS_AT, KNOWN_AT, histories
from tests.reference import Answer, Obligation, Owed, judge_record
from tests.reference_case import Case, Json, exists, instant, last_of_each

RULES = Path(__file__).parents[2] / "rules"
STATES = {"pending", "met", "late", "overdue", "missed", "lapsed", "exempt"}


@cache
def policy(name: str) -> Json:
    return tomllib.loads((RULES / f"{name}.toml").read_text())


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


def answers(record: Json, under: Json, as_at: datetime = AS_AT) -> dict[tuple[str, int], Json]:
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


# The generated histories


@cache
def crowd() -> list[Json]:
    return list(histories(20260901, 2500))


def asked(record: Json, under: Json) -> Iterator[tuple[Owed, Json, list[tuple[Obligation, Answer]]]]:
    """Each victim and requirement of a record, with the obligations and how they were answered."""
    if not exists(record["reported_at"], AS_AT):
        return
    case = Case(record, under, AS_AT, None)
    for victim in last_of_each(record["victims"], "victim_ref"):
        if exists(victim.get("added_at"), AS_AT):
            owed = Owed(case, victim)
            for requirement in owed.requirements.values():
                yield owed, requirement, list(owed.answers(requirement))


def chain_edges(owed: Owed, chain: list[tuple[Obligation, Answer]]) -> Iterator[str]:
    """By name, what led from one obligation of a requirement and victim to the next."""
    for (before, answer), (after, _) in pairwise(chain):
        if before.not_before:
            yield "7.1 two events on a day" if before.clock == after.clock else "7.1 two events"
        elif answer.by_decline:
            yield f"5.4 asked again after {answer.state}"
        elif answer.silent:
            yield "4.5 silence"
        elif after.clock == owed.u and not (answer.update and answer.update.on == owed.u):
            yield f"5.4 next cycle after {answer.state} not born while declining"
        elif answer.closed:
            yield f"4.6 reopened after {answer.state}"
    if chain and chain[0][0].cycle > 1:
        yield "7.1a, 5.4 event not created"


def answer_edges(owed: Owed, requirement: Json, obligation: Obligation, answer: Answer) -> Iterator[str]:
    """By name, how one obligation came to its state."""
    update, due = answer.update, obligation.due
    if answer.by_decline:
        yield f"5.4 {answer.state} by decline"
    elif answer.reason == "closed":
        yield "4.1 lapsed though updated" if update else "4.1 lapsed"
    elif answer.closed:
        yield "5.6 missed by close" if requirement.get("open_only") else "3.6 written off"
    elif answer.reason:
        yield f"5.3, 5.5 {answer.reason}"
    elif update and owed.x and update.on > owed.x:
        yield f"5.4 {answer.state} after the decline ended"
    if answer.state == "late" and obligation.cycle > 1:
        yield "4.3 late cycle"
    if update and update.on <= due < update.entered_on:
        yield "8 entered after due"
    if update and obligation.not_before == update.at:
        yield "7.1 update at the instant of the event"
    if (due.month, due.day) == (2, 29):
        yield "29 February"
    if "working_days" in requirement["within"] and (due - obligation.clock).days > 7:
        yield "6.1 bank holiday"


def record_edges(record: Json) -> Iterator[str]:
    """By name, what a record holds."""
    victims, updates, status = record["victims"], record.get("updates") or [], record.get("status") or []
    yield f"{len(victims)} victims"
    known = {victim["victim_ref"] for victim in victims}
    if any(update.get("victim_ref") not in {None, *known} for update in updates):
        yield "2.3 unknown victim"
    if any(update.get("victim_ref", "") is None for update in updates):
        yield "2.3 victim_ref null"
    for name in ("victims", "updates", "events"):
        refs = [fact[f"{name[:-1]}_ref"] for fact in record.get(name) or []]
        if len(set(refs)) < len(refs):
            yield f"repeated reference in {name}"
    ats = [instant(update["at"]) for update in updates]
    if any(at > AS_AT for at in ats):
        yield "2.7 update in the future"
    if any(at < instant(record["reported_at"]) for at in ats):
        yield "3.5 update before the report"
    entries = {(instant(update["at"]), update.get("entered_at")) for update in updates}
    if len({at for at, _ in entries}) < len(entries):
        yield "2.3 same at, entered apart"
    if len({instant(change["at"]) for change in status}) < len({(instant(c["at"]), c["status"]) for c in status}):
        yield "2.9 two statuses at an instant"
    if "cancelled" in [change["status"] for change in status][:-1]:
        yield "5.7 cancellation withdrawn"
    if any(allocation["officer_ref"] is None for allocation in record.get("allocations") or []):
        yield "allocated to no officer"


EDGES = {
    *("4.1 lapsed", "4.1 lapsed though updated", "4.3 late cycle", "4.5 silence"),
    *("3.6 written off", "5.6 missed by close", "4.6 reopened after lapsed", "4.6 reopened after missed"),
    *("5.3, 5.5 cancelled", "5.3, 5.5 state", "5.3, 5.5 anonymous", "5.7 cancellation withdrawn"),
    *("5.4 exempt by decline", "5.4 missed by decline", "5.4 asked again after exempt", "5.4 asked again after missed"),
    *(f"5.4 next cycle after {state} not born while declining" for state in ("met", "lapsed", "missed")),
    *("5.4 met after the decline ended", "5.4 late after the decline ended"),
    *(
        "7.1 two events",
        "7.1 two events on a day",
        "7.1 update at the instant of the event",
        "7.1a, 5.4 event not created",
    ),
    *("6.1 bank holiday", "29 February", "8 entered after due", "allocated to no officer"),
    *("0 victims", "1 victims", "2 victims", "3 victims", "2.3 unknown victim", "2.3 victim_ref null"),
    *(f"repeated reference in {name}" for name in ("victims", "updates", "events")),
    *("2.3 same at, entered apart", "2.7 update in the future", "2.9 two statuses at an instant"),
}


def test_the_histories_reach_every_edge() -> None:
    reached = {edge for record in crowd() for edge in record_edges(record)}
    for name in POLICIES:
        for record in crowd():
            for owed, requirement, chain in asked(record, policy(name)):
                reached.update(chain_edges(owed, chain))
                for obligation, answer in chain:
                    reached.update(answer_edges(owed, requirement, obligation, answer))
    assert EDGES - reached == set()


@pytest.mark.parametrize("name", POLICIES)
def test_the_histories_reach_every_state_of_every_requirement_many_times(name: str) -> None:
    rows = [row for record in crowd() for row in judge_record(record, policy(name), AS_AT)]
    requirements = {requirement["id"] for requirement in policy(name)["requirement"]}
    reached = {(row["requirement"], row["state"]) for row in rows}
    assert {state for _, state in reached} == STATES
    assert {requirement for requirement, _ in reached} == requirements
    assert all(sum(row["state"] == state for row in rows) >= 100 for state in STATES)


def test_the_histories_hold_facts_entered_later_that_change_the_answer() -> None:
    """2.8: as known at K is another answer than as known now."""
    under = policy("west-mercia")
    changed = [r for r in crowd() if judge_record(r, under, AS_AT) != judge_record(r, under, AS_AT, KNOWN_AT)]
    assert len(changed) > 50


def test_the_histories_are_the_same_for_the_same_seed() -> None:
    assert list(histories(3, 20)) == list(histories(3, 20)) != list(histories(4, 20))
