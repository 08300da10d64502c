"""The additions to the rules: engine against reference, and what a policy may say (docs/rules-additions.md)."""

import re
import tomllib
from copy import deepcopy
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.batch.examples import failures, load_examples
from compliance.batch.whatif_settings import apply_settings
from compliance.errors import SettingsError
from compliance.policy import judge, parse_policy
from compliance.policy.explain import explain
from compliance.policy.requirement import Repeat
from compliance.policy.wake import wake_on
from compliance.records import columns, columns_from_arrow, convert_crime
from compliance.reminder_settings import Reminders
from compliance.reminders.owed import find_owed
from tests.additions import additional_policies, crimes_of_offences
from tests.additions.campaign import INSTANTS, compare_seeded
from tests.engine import ADDITIONAL, ADDITIONS, RULES, engine_rows, first_difference, shipped
from tests.histories import AS_AT
from tests.stores import at, crime, updates
from tests.unit.test_engine import MANY, THOUGHT_UP
from tests.unit.test_wake import each, ends, wakes

DIGESTS = {
    "west-mercia": "51c476dc3f1370495f7f24097c0117abba1a2aa52f6891309bb37bb10d30bb48",
    "hertfordshire": "3b1221946337271e443d567c990f3128d1a22b3db21cec3f4e7d99284728e5b1",
}
"""Of the policies supplied that count no working days, before there were additions."""


DRAWN = given(
    drawn=st.sampled_from(INSTANTS).flatmap(
        lambda when: st.tuples(st.just(when), additional_policies(when[0]), crimes_of_offences(when[0]))
    ),
)
SEEDED = 40
"""Policies from a seed, a hundred crimes each, in `make test`."""


def agree(drawn: Any) -> None:
    when, data, crimes = drawn
    assert first_difference(crimes, parse_policy(data, RULES / "drawn.toml"), data, *when)[1] is None


@pytest.mark.parametrize("examples", MANY)
def test_engine_and_reference_agree_on_policies_with_additions(examples: int) -> None:
    """Policies and histories that shrink to the smallest on which the two would differ (rules A1 to A6)."""
    settings(THOUGHT_UP, max_examples=examples)(DRAWN(agree))()


def test_engine_and_reference_agree_on_some_policies_from_a_seed() -> None:
    assert compare_seeded(range(SEEDED), 100) > 10_000


@settings(THOUGHT_UP, max_examples=15)
@given(data=additional_policies(), crimes=crimes_of_offences())
def test_no_crime_changes_before_it_wakes_and_every_verdict_is_explained(data: Any, crimes: Any) -> None:
    """Under whatever policy: until the day it wakes each crime's verdicts stay (decision 0009), and the explanation has
    the rows of the verdicts (rules A1 to A6)."""
    policy = parse_policy(data, RULES / "drawn.toml")
    records = columns([convert_crime(record) for record in crimes])
    verdicts = judge(records, policy, AS_AT)
    wake, before = wake_on(verdicts), each(verdicts)
    for day, instant in ends(policy, AS_AT, 40):
        after = each(judge(records, policy, instant))
        assert [row for row in range(len(crimes)) if after[row] != before[row] and wake[row] > day] == []
    for place, record in enumerate(crimes):
        told = explain(columns([convert_crime(record)]), policy, AS_AT)
        rows = [(v.ref, r.id, o.cycle, o.state) for v in told.victims for r in v.requirements for o in r.obligations]
        names = ("victim_ref", "requirement", "cycle", "state")
        own = verdicts.take(verdicts.crime == place).table().select(names).to_pylist()
        assert sorted(rows) == sorted(tuple(row.values()) for row in own)


@pytest.mark.parametrize("name", ADDITIONAL)
def test_every_worked_example_of_the_additions_holds(name: str) -> None:
    policy, _ = shipped(name)
    examples = list(load_examples(ADDITIONS / "examples", name))
    assert len(examples) >= 3
    assert [failure for example in examples for failure in failures(example, policy)] == []


def test_a1_a_crime_wakes_by_the_interval_of_the_enhanced_victim() -> None:
    """Silence since the report on 1 July: a standard victim's update, due on 29 July, is missed once 26 August has
    passed; an enhanced victim's second, due on 29 July, once 12 August has (rules 4.5, A1)."""
    policy, now = shipped("enhanced-fortnightly")[0], at("2026-08-02 12:00")
    victims = {name: [{"victim_ref": "V1", "category": name}] for name in ("standard", "enhanced")}
    woken = {name: wakes(crime(victims=victim), now, policy) for name, victim in victims.items()}
    assert woken == {"standard": date(2026, 8, 27), "enhanced": date(2026, 8, 13)}


def test_a1_an_explanation_says_whose_interval_it_is() -> None:
    """Rules 4.4, A1."""
    record = crime(victims=[{"victim_ref": "V1", "category": "enhanced"}], updates=updates("2026-07-10"))
    told = explain(columns([convert_crime(record)]), shipped("enhanced-fortnightly")[0], at("2026-07-20 12:00"))
    first, second = told.victims[0].requirements[0].obligations
    assert first.arithmetic.endswith("an enhanced victim is owed it within 14 days; day 14 is Wednesday 15 July")
    assert (first.arithmetic_clause, second.arithmetic_clause) == ("4.2, 7.2", "4.4, A1")
    assert second.arithmetic == (
        "14 days, the interval for an enhanced victim, after the last update counted, Friday 10 July 2026, is Friday 24 July"
    )


def test_a1a_an_explanation_says_to_whom_a_requirement_is_not_owed() -> None:
    record = crime(victims=[{"victim_ref": "V1", "category": "witness"}])
    told = explain(columns([convert_crime(record)]), shipped("everyone-else")[0], at("2026-07-20 12:00"))
    notes = {(remark.text, remark.clause) for remark in told.victims[0].notes}
    assert {
        (f"{name} is not owed: it is not owed to victims of category witness.", "A1a") for name in ("first", "monthly")
    } <= notes


@pytest.mark.parametrize(
    ("fields", "notes"),
    [
        ({"offence": "Fraud"}, {("serious is not owed: it is owed only for the offence groups Robbery and Burglary.", "A2")}),
        ({}, {("serious is not owed: it is owed only for the offence groups Robbery and Burglary, and this crime has none.", "A2")}),
        ({"offence": "Burglary"}, {("other is not owed: it is not owed for the offence group Burglary.", "A2a")}),
    ],
)  # fmt: skip
def test_a2_an_explanation_says_for_which_offence_groups_a_requirement_is_owed(fields: Any, notes: set[Any]) -> None:
    told = explain(columns([convert_crime(crime(**fields))]), shipped("by-offence")[0], at("2026-07-20 12:00"))
    assert {(remark.text, remark.clause) for remark in told.victims[0].notes if remark.clause.startswith("A")} == notes


def test_a2_a_corrected_offence_group_changes_what_is_owed() -> None:
    """The obligation is that of the record as it is now (records A2)."""
    policy = shipped("by-offence")[0]
    rows = [engine_rows([crime(offence=group)], policy, at("2026-07-20 12:00")) for group in ("Fraud", "Robbery")]
    assert [[row["requirement"] for row in each] for each in rows] == [["other"], ["serious"]]


def test_a3a_a_chain_set_aside_says_why_and_what_comes_after_it_is_explained() -> None:
    """The date that is missing is that of a further cycle, and the visit opens after the first contact (rules 9.4)."""
    record = crime(reported_at="2028-11-27T10:00:00Z", updates=updates("2028-11-28", "2028-12-08", "2028-12-21"))
    policy, now = shipped("working-day-repeats")[0], at("2028-12-23 09:00")
    told = explain(columns([convert_crime(record)]), policy, now)
    (reason,) = judge(columns([convert_crime(record)]), policy, now).set_aside.reasons()
    assert reason.startswith("10 working days after 21 December 2028 (a further cycle) end after the calendar does; ")
    opening = {o.window for v in told.victims for r in v.requirements for o in r.obligations if r.id == "visit"}
    assert [str(text).rpartition(". It ")[2] for text in opening] == [
        "opens after the first contact of updates, whose repeats are set aside."
    ]
    first = told.timeline[[entry.kind for entry in told.timeline].index("update")]
    assert any(effect.text.startswith("visit asks for a further contact") for effect in first.effects)


def test_a3_an_explanation_counts_the_working_days_of_a_repeat() -> None:
    """The bank holiday on the way is named (rules 6.1)."""
    record = crime(reported_at="2026-08-10T10:00:00Z", updates=updates("2026-08-20"))
    told = explain(columns([convert_crime(record)]), shipped("working-day-repeats")[0], at("2026-09-01 12:00"))
    again = told.victims[0].requirements[0].obligations[1]
    assert (again.arithmetic_clause, again.arithmetic) == (
        "4.4, A3",
        "10 working days after Thursday 20 August 2026 (the last update counted): Monday 31 August is a bank holiday; "
        "the tenth working day is Friday 4 September",
    )


@pytest.mark.parametrize(
    ("name", "category", "due"),
    [
        ("enhanced-fortnightly", "enhanced", date(2026, 9, 3)),
        ("enhanced-fortnightly", "standard", None),
        ("working-day-repeats", "standard", date(2026, 9, 4)),
    ],
)
def test_a_reminder_of_what_falls_due_soon_names_the_next_due_date(name: str, category: str, due: date | None) -> None:
    """Met on 20 August and due on the 24th, so the next update is due 14 days, or 10 working days, later (rules 4.4, A1,
    A3); a standard victim's first is due on 7 September only, and met."""
    record = crime(
        reported_at="2026-08-10T09:00:00Z",
        victims=[{"victim_ref": "V1", "category": category}],
        updates=updates("2026-08-20"),
    )
    rules, now = Reminders(due_from=date(2026, 7, 1), due_soon_days=13), at("2026-08-24 08:00")
    found = find_owed([convert_crime(record)], shipped(name)[0], rules, now, {})
    assert [owed.due_date for owed in found if owed.requirement == "updates" and not owed.early] == (
        [due] if due else []
    )


def test_the_examples_of_the_readme_are_requirements_as_they_stand() -> None:
    """What a reader copies from rules/README.md is read without a change."""
    blocks = re.findall(
        r"```toml\n(.*?)```", (RULES / "README.md").read_text("utf-8").replace("\n   ", "\n"), re.DOTALL
    )
    found = [requirement for block in blocks for requirement in tomllib.loads(block).get("requirement", [])]
    together = {"monthly", "fortnightly"}
    assert {"serious", "other", "28-day", "24-hour"} | together == {requirement["id"] for requirement in found}
    data = shipped("west-mercia")[1]
    apart = [[requirement] for requirement in found if requirement["id"] not in together]
    for requirements in (*apart, [requirement for requirement in found if requirement["id"] in together]):
        parse_policy({**data, "requirement": requirements}, RULES / "x.toml")


def test_a2_an_offence_group_is_read_alike_from_lines_and_from_columns() -> None:
    """Records A2: as NDJSON has it and as Arrow and Parquet have it."""
    crimes = [crime(f"22A/{n}/26", offence=group) for n, group in enumerate(("Robbery", "Fraud", None))]
    table = pa.table(
        {
            "crime_ref": [each["crime_ref"] for each in crimes],
            "reported_at": [each["reported_at"] for each in crimes],
            "offence": [each["offence"] for each in crimes],
            "victims": [each["victims"] for each in crimes],
        }
    )
    read, refusals = columns_from_arrow(table)
    assert refusals == []
    policy, now = shipped("by-offence")[0], at("2026-07-20 12:00")
    owed = judge(read, policy, now).table().column("requirement").to_pylist()
    assert owed == [row["requirement"] for row in engine_rows(crimes, policy, now)] == ["serious", "other", "other"]


def test_a_what_if_sets_an_addition() -> None:
    west_mercia = shipped("west-mercia")[0]
    fortnightly = apply_settings(west_mercia, ["28-day.enhanced.repeat_every.days=14"])
    assert (fortnightly.requirement[1].repeat_for("enhanced"), fortnightly.requirement[1].repeat_for("standard")) == (
        Repeat(days=14), Repeat(days=28),
    )  # fmt: skip
    working = apply_settings(west_mercia, ["28-day.repeat_every.working_days=20"])
    assert working.requirement[1].repeat_every == Repeat(working_days=20)
    assert working.counts_working_days
    assert apply_settings(west_mercia, ["28-day.except_for=enhanced"]).requirement[1].except_for == ["enhanced"]


@pytest.mark.parametrize("name", DIGESTS)
def test_a_policy_without_additions_keeps_its_digest(name: str) -> None:
    """Every report would otherwise announce another policy."""
    assert shipped(name)[0].digest == DIGESTS[name]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"enhanced": {}}, "requirement '28-day'.enhanced: expected within or repeat_every"),
        ({"repeat_every": None, "enhanced": {"repeat_every": {"days": 14}}}, "'28-day': enhanced.repeat_every: give repeat_every for all other victims too (rules A1)"),
        ({"only_for": ["enhanced"], "except_for": ["state"]}, "'28-day': except_for: only_for already names the victims; leave one of them out (rules A1a)"),
        ({"only_offences": ["Fraud"], "except_offences": ["Arson"]}, "'28-day': except_offences: only_offences already names the groups; leave one out (rules A2a)"),
        ({"only_offences": []}, "requirement '28-day'.only_offences"),
        ({"except_offences": [""]}, "requirement '28-day'.except_offences.0"),
        ({"repeat_every": {"days": 28, "working_days": 20}}, "'28-day'.repeat_every: expected either days or working_days"),
        ({"except_for": []}, "requirement '28-day'.except_for"),
        ({"except_for": ["enhansed"]}, "requirement '28-day'.except_for: 'enhansed' is nearly 'enhanced'; write that"),
        ({"exept_for": ["enhanced"]}, "requirement '28-day'.exept_for: there is no such key; did you mean 'except_for'?"),
    ],
)  # fmt: skip
def test_what_an_addition_cannot_say_names_the_requirement_by_its_id(change: dict[str, Any], message: str) -> None:
    data = deepcopy(shipped("west-mercia")[1])
    data["requirement"][1].update(change)
    with pytest.raises(SettingsError, match=re.escape(message)):
        parse_policy(
            {**data, "requirement": [{k: v for k, v in r.items() if v is not None} for r in data["requirement"]]},
            RULES / "x.toml",
        )


def test_a_requirement_without_an_id_is_named_by_its_number() -> None:
    data = deepcopy(shipped("west-mercia")[1])
    del data["requirement"][1]["id"]
    with pytest.raises(SettingsError, match=re.escape("requirement number 2.id: missing; it is required")):
        parse_policy(data, RULES / "x.toml")
