"""The explanation against the verdicts it explains: nothing said that the engine did not answer, nothing left out."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compliance.policy import Policy, judge, parse_policy
from compliance.policy.calendars import from_day
from compliance.policy.explain import DISCHARGES, Explanation, explain
from compliance.policy.explain.evidence import Evidence
from compliance.policy.explain.explanation import ObligationExplanation, TimelineEntry
from compliance.policy.verdicts import Clause, cite
from compliance.records import Columns, columns, convert_crime
from compliance.records.columns import EVERY_VICTIM
from tests.engine import ADDITIONAL, POLICIES, RULES, shipped
from tests.histories import AS_AT, KNOWN_AT, histories
from tests.unit.test_citations import CLAUSES_OF
from tests.unit.test_engine import VARIANTS

CLAUSES = CLAUSES_OF["rules"]
NAMED: dict[str, Policy] = {name: shipped(name)[0] for name in POLICIES}
NAMED |= {name: parse_policy(data, RULES / "variant.toml") for name, data in VARIANTS.items()}
NAMED |= {name: shipped(name)[0] for name in ADDITIONAL}
COMPARED = (
    "victim_ref", "requirement", "cycle", "clock_date", "due_date", "state", "discharged_on", "days_late", "reason",
)  # fmt: skip
Told = tuple[Columns, Policy, datetime | None, Explanation]


@cache
def stories(name: str) -> list[Told]:
    """Generated crimes explained under one policy, every third as known at K."""
    policy, told = NAMED[name], []
    for number, record in enumerate(histories(list(NAMED).index(name) + 300, 60 if name in POLICIES else 30)):
        crime = columns([convert_crime(record)])
        known_at = KNOWN_AT if number % 3 == 0 else None
        told.append((crime, policy, known_at, explain(crime, policy, AS_AT, known_at)))
    return told


def obligations(told: Explanation) -> list[tuple[str, str, ObligationExplanation]]:
    return [(v.ref, r.id, o) for v in told.victims for r in v.requirements for o in r.obligations]


def updates(told: Explanation) -> list[TimelineEntry]:
    return [entry for entry in told.timeline if entry.kind == "update"]


@pytest.mark.parametrize("name", NAMED)
def test_the_obligations_told_are_the_verdicts(name: str) -> None:
    """Every row of records 2, no other, and in them the same dates and states."""
    for crime, policy, known_at, told in stories(name):
        rows = judge(crime, policy, AS_AT, known_at).table().to_pylist()
        expected = {tuple(row[column] for column in COMPARED) for row in rows}
        got = [
            (ref, name, o.cycle, o.clock_date, o.due_date, o.state, o.discharged_on, o.days_late, o.reason)
            for ref, name, o in obligations(told)
        ]
        assert set(got) == expected
        assert len(got) == len(rows)


@pytest.mark.parametrize("name", NAMED)
def test_an_update_is_said_to_discharge_what_the_verdicts_say_and_nothing_else(name: str) -> None:
    """Each obligation met or late names one update, and only that update names it."""
    discharged = 0
    for _, _, _, told in stories(name):
        marked = [
            (victim, effect.requirement, effect.cycle, entry.ref, effect.kind)
            for entry in updates(told)
            for effect in entry.effects
            if effect.kind in DISCHARGES
            for victim in effect.victims
        ]
        expected = [
            (victim, requirement, o.cycle, o.update_ref, o.state)
            for victim, requirement, o in obligations(told)
            if o.state in DISCHARGES
        ]
        assert sorted(marked, key=str) == sorted(expected, key=str)
        discharged += len(marked)
    assert discharged


@pytest.mark.parametrize("name", POLICIES)
def test_every_fact_of_the_record_stands_once_on_the_timeline(name: str) -> None:
    """Nothing is silently dropped (rules 8)."""
    for crime, _, _, told in stories(name):
        assert sorted(str(entry.ref) for entry in updates(told)) == sorted(crime.updates.ref.to_pylist())
        kinds = [entry.kind for entry in told.timeline]
        assert kinds.count("status") == len(crime.statuses)
        assert kinds.count("allocation") == len(crime.allocations)
        assert kinds.count("event") == len(crime.events)
        assert kinds.count("reported") == kinds.count("as-at") == 1
        assert [entry.day for entry in told.timeline] == sorted(entry.day for entry in told.timeline)


@pytest.mark.parametrize("name", NAMED)
def test_an_update_counts_where_the_engine_counted_it_and_always_has_something_said_of_it(name: str) -> None:
    """For every victim it concerns (rules 2.3 to 2.8)."""
    for crime, policy, known_at, told in stories(name):
        evidence = Evidence(crime, policy, AS_AT, known_at)
        entries = {entry.ref: entry for entry in updates(told)}
        for row, ref in enumerate(crime.updates.ref.to_pylist()):
            counted_for = {evidence.refs[v] for v, counted in evidence.counted.items() if row in counted}
            entry = entries[ref]
            assert entry.effects
            if entry.counts:
                named = crime.updates.victim[row]
                concerned = {evidence.refs[v] for v in evidence.cases if named in (EVERY_VICTIM, v)}
                assert counted_for == concerned
                assert {victim for effect in entry.effects for victim in effect.victims} == concerned
            else:
                assert not counted_for
                assert [effect.kind for effect in entry.effects] == ["not-counted"]


@pytest.mark.parametrize("name", NAMED)
def test_every_clause_cited_is_one_of_the_rules(name: str) -> None:
    for _, _, _, told in stories(name):
        for clauses in _clauses(told):
            assert set(clauses.split(", ")) <= CLAUSES


def _clauses(told: Explanation) -> Iterator[str]:
    for entry in told.timeline:
        yield from (effect.clause for effect in entry.effects)
        yield from (remark.clause for remark in entry.remarks)
    yield from (note.clause for victim in told.victims for note in victim.notes)
    for _, _, o in obligations(told):
        yield from filter(None, (o.arithmetic_clause, o.window_clause, o.verdict_clause))
        yield from (remark.clause for remark in o.remarks)


def test_every_reason_is_cited_for_every_kind_of_requirement() -> None:
    """3.2 or 4.3 or 7.1 for what an update discharged, by the kind of requirement."""
    for policy in NAMED.values():
        for requirement in policy.requirement:
            assert {cite(clause, requirement) for clause in Clause} <= CLAUSES
    seven, further = NAMED["west-mercia"].requirement
    arrested = NAMED["victims-code-2006"].requirement_by_id("arrested")
    assert [cite(Clause.MET, r) for r in (seven, further, arrested)] == ["3.2", "4.3", "7.1"]
    assert [cite(Clause.OUTSTANDING, r) for r in (seven, further, arrested)] == ["3.6", "4.3", "7.3"]


@pytest.mark.parametrize("name", ["west-mercia", "victims-code-2020", "a short repeat (4.5)"])
def test_a_cycle_is_said_to_go_on_from_what_its_clock_date_is(name: str) -> None:
    """The last update counted (4.4), the due date before it (4.5), the reopening (4.6), the end of declining (5.4)."""
    seen = set()
    for crime, policy, known_at, told in stories(name):
        evidence = Evidence(crime, policy, AS_AT, known_at)
        facts = _days(told, evidence)
        for ref, requirement, obligation in obligations(told):
            clause = obligation.arithmetic_clause.split(", ")[0]
            if obligation.cycle == 1 or policy.requirement_by_id(requirement).repeat_every is None:
                continue
            seen.add(clause)
            assert obligation.clock_date in facts(clause, ref, requirement, obligation.cycle)
    assert seen == {"4.4", "4.5", "4.6", "5.4"}


def _days(told: Explanation, evidence: Evidence) -> Any:
    """The local dates on which a cycle may go on by a clause."""
    opened = {e.day for e in told.timeline if e.kind == "status" and e.text.startswith("Case open") and e.counts}
    due = {(ref, name, o.cycle): o.due_date for ref, name, o in obligations(told)}
    rows = {ref: row for row, ref in enumerate(evidence.refs)}

    def days(clause: str, ref: str, requirement: str, cycle: int) -> set[date]:
        if clause == "4.4":
            return {from_day(day) for day in evidence.counted[rows[ref]].values()}
        if clause == "5.4":
            return {from_day(evidence.cases[rows[ref]].asked_again)}
        return opened if clause == "4.6" else {due[ref, requirement, cycle - 1]}

    return days


@pytest.mark.parametrize("name", POLICIES)
def test_the_arithmetic_names_the_limit_of_the_policy(name: str) -> None:
    """The number of days in the sentence is the policy's, or what was agreed; the day it names is the due date."""
    for crime, policy, _, told in stories(name):
        agreed = dict(zip(crime.victims.ref.to_pylist(), crime.victims.agreed.tolist(), strict=True))
        for victim in told.victims:
            for each in victim.requirements:
                requirement = policy.requirement_by_id(each.id)
                within = requirement.within_for(victim.category)
                days = within.days
                if requirement.honour_agreed_interval and agreed[victim.ref]:
                    days = agreed[victim.ref]
                for o in each.obligations:
                    text = o.arithmetic
                    limit = f"{within.working_days} working day" if days is None else f"{days} day"
                    assert (limit if days is None or o.cycle > 1 else f"day {days} is") in text
                    assert re.search(rf"is {o.due_date:%A} {o.due_date.day} {o.due_date:%B}( \d{{4}})?$", text)


def test_only_one_crime_is_explained_at_a_time() -> None:
    with pytest.raises(ValueError, match="one crime; 2 were given"):
        explain(columns([convert_crime(record) for record in histories(1, 2)]), NAMED["west-mercia"], AS_AT)


def test_the_templates_and_the_code_name_no_clause_that_is_not_there() -> None:
    for path in (Path(__file__).parents[2] / "compliance" / "policy" / "explain").glob("*.py"):
        for clause in re.findall(r"\(rules (\d+\.\d+a?)\)", path.read_text("utf-8")):
            assert clause in CLAUSES
