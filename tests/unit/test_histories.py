"""The generated histories reach the edges that they are for."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance import POLICIES, policy
from tests.histories import AS_AT, KNOWN_AT, crime_records, histories
from tests.reference import Owed, judge_record
from tests.reference_answer import Answer, Obligation
from tests.reference_case import Case, Json, exists, instant, last_of_each

STATES = {"pending", "met", "late", "overdue", "missed", "lapsed", "exempt"}


@cache
def crowd() -> list[Json]:
    return list(histories(6, 2000))


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
    some = crowd()[:600]
    changed = [r for r in some if judge_record(r, under, AS_AT) != judge_record(r, under, AS_AT, KNOWN_AT)]
    assert len(changed) > 50


def test_the_histories_write_every_instant_as_the_format_allows() -> None:
    """records.md 1; and none so late that a due date in working days would be beyond the calendars (6.1)."""
    found = set(re.findall(r'"[0-9]{4}-[^"]*"', json.dumps(crowd())))
    assert all(re.fullmatch(r'"[0-9-]{10}T[0-9:]{8}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"', text) for text in found)
    assert max(instant(text.strip('"')) for text in found) < datetime(2027, 11, 1, tzinfo=UTC)
    assert {text[20:-1] for text in found} >= {"Z", "+00:00", "+01:00", "-05:30", ".5Z", ".999999Z", ".000001+01:00"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(record=crime_records(), name=st.sampled_from(POLICIES))
def test_any_record_gets_whole_chains_with_at_most_one_outstanding(record: Json, name: str) -> None:
    """2.5: cycles are numbered from 1; 4.5a: at most one obligation of a chain is outstanding, and it is the last."""
    rows = judge_record(record, policy(name), AS_AT)
    repeating = policy(name)["requirement"][2 if name == "hertfordshire" else 1 if name == "west-mercia" else 0]["id"]
    for victim in {row["victim_ref"] for row in rows}:
        chain = [row for row in rows if (row["victim_ref"], row["requirement"]) == (victim, repeating)]
        assert [row["cycle"] for row in chain] == list(range(1, len(chain) + 1))
        assert all(row["state"] not in ("overdue", "pending") for row in chain[:-1])
        assert all(earlier["due_date"] < later["due_date"] for earlier, later in pairwise(chain))


def test_the_histories_are_the_same_for_the_same_seed() -> None:
    assert list(histories(3, 20)) == list(histories(3, 20)) != list(histories(4, 20))
