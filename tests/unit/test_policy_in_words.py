"""A policy in plain English: every key says something, every sentence cites a clause, and no two policies read alike."""

from datetime import date
from typing import Any

import pytest

from compliance.batch.clauses import load_clauses
from compliance.policy import Policy, Requirement
from compliance.policy.in_words import describe_common, describe_requirement
from compliance.service.answers.policy_examples import example_of
from tests.engine import POLICIES, RULES, shipped

WEST_MERCIA = shipped("west-mercia")[0]
FIRST, FURTHER = WEST_MERCIA.requirement
CODE = shipped("victims-code-2020")[0]
ARRESTED = CODE.requirement_by_id("arrested")


def said(policy: Policy, asked: Requirement) -> dict[str, tuple[str, str]]:
    """What is said of a requirement: text and clause, by what it is about."""
    return {each.matter: (each.text, each.clause) for each in describe_requirement(policy, asked)}


def changed(asked: Requirement, **keys: Any) -> Requirement:
    """A requirement with other keys."""
    data = asked.model_dump(by_alias=True, exclude_unset=True) | keys
    return Requirement.model_validate({key: value for key, value in data.items() if value is not None})


def test_the_policy_of_2008_reads_as_chief_officers_settled_it() -> None:
    """Rules 1.1, 1.2."""
    first, further = said(WEST_MERCIA, FIRST), said(WEST_MERCIA, FURTHER)
    assert first["Due within"] == ("7 days, the last day included.", "3.1")
    assert first["Met by"] == (
        "an update on a day after that of the report. One on that day is kept and shown, and does not meet it.", "3.3",
    )  # fmt: skip
    assert first["Recording"] == ("an update on the day of recording counts, if that is a later day.", "3.4")
    assert first["Case closed"] == ("it is owed all the same, until the case has been closed for 28 days.", "3.6")
    assert further["Met by"] == (
        "a further update: not the first one in time for 7-day, but one on a later day; without such an update, one after "
        "7-day was due.", "4.2, 9.4",
    )  # fmt: skip
    assert further["Repeats"][0].startswith("again every 28 days, counted from the last update.")
    assert further["Case closed"][1] == "4.1, 5.6, 4.6"


def test_an_event_of_the_national_code() -> None:
    told = said(CODE, ARRESTED)
    assert told["Runs from"] == (
        "each event “suspect arrested” in the record, from the moment at which it happens.",
        "7.1",
    )
    assert told["Due within"] == ("5 working days, the last one included.", "9.1, 6.1")
    assert told["Enhanced victims"] == ("due within 1 working day.", "7.2")
    assert "agreed" in said(CODE, CODE.requirement[0])["Agreed with the victim"][0]
    days = {each.matter: each.text for each in describe_common(CODE)}["Working days"]
    assert days == "Monday to Friday without the bank holidays of england-and-wales, known until 31 December 2028."
    assert "Working days" not in {each.matter for each in describe_common(WEST_MERCIA)}


CHANGES: tuple[tuple[Requirement, dict[str, Any]], ...] = (
    (FIRST, {"clock": "event:suspect_charged", "same_day": None}),
    (FIRST, {"within": {"days": 8}}),
    (FIRST, {"within": {"working_days": 7}}),
    (FIRST, {"within": {"hours": 168}, "same_day": None}),
    (FIRST, {"same_day": "counts"}),
    (FIRST, {"recording_day": "does not count"}),
    (FURTHER, {"after": None}),
    (FURTHER, {"repeat_every": {"days": 27}}),
    (FURTHER, {"repeat_every": {"working_days": 28}}),
    (FURTHER, {"repeat_every": None}),
    (FURTHER, {"honour_agreed_interval": True}),
    (FIRST, {"open_only": True}),
    (FIRST, {"only_for": ["enhanced"]}),
    (FIRST, {"except_for": ["enhanced"]}),
    (FIRST, {"only_offences": ["rape"]}),
    (FIRST, {"except_offences": ["rape"]}),
    (FIRST, {"enhanced": {"within": {"days": 1}}}),
    (FURTHER, {"enhanced": {"repeat_every": {"days": 14}}}),
    (FIRST, {"from": date(2026, 1, 1)}),
    (FIRST, {"until": date(2026, 1, 1)}),
    (FURTHER, {"from": date(2026, 1, 1), "takes_over": "monthly"}),
)


def test_every_key_of_a_requirement_is_changed_below() -> None:
    keys = {"since" if key == "from" else key for _, changes in CHANGES for key in changes}
    assert keys == set(Requirement.model_fields) - {"id", "title", "source"}


@pytest.mark.parametrize(
    ("asked", "changes"), CHANGES, ids=lambda value: str(value) if isinstance(value, dict) else value.id
)
def test_a_key_that_is_changed_is_said(asked: Requirement, changes: dict[str, Any]) -> None:
    assert said(WEST_MERCIA, changed(asked, **changes)) != said(WEST_MERCIA, asked)


@pytest.mark.parametrize(
    "changes",
    [{"counted_outcomes": ["informed", "spoken to"]}, {"counted_methods": ["phone"]}, {"exempt_victims": []},
     {"owed_after_close_days": 1}, {"late_entry_days": 1}, {"timezone": "Europe/Paris"}],
    ids=str,
)  # fmt: skip
def test_a_key_of_the_policy_that_is_changed_is_said(changes: dict[str, Any]) -> None:
    other = WEST_MERCIA.with_values(**changes)
    words = [
        [*describe_common(policy), *describe_requirement(policy, policy.requirement[0])]
        for policy in (WEST_MERCIA, other)
    ]
    assert words[0] != words[1]


def test_what_comes_after_one_that_is_not_owed_to_everyone_says_what_then() -> None:
    """Rules 9.4."""
    policy = shipped("hertfordshire")[0]
    told = said(policy, policy.requirement_by_id("28-day"))["Met by"][0]
    assert told.endswith("Where 10-day is not owed to the victim, what it comes after takes its place, if anything.")


@pytest.mark.parametrize("name", POLICIES)
def test_every_sentence_of_a_supplied_policy_cites_clauses_that_there_are(name: str) -> None:
    policy = shipped(name)[0]
    known = {each.id.removeprefix("rules ") for each in load_clauses(RULES / "examples" / "clauses.toml")}
    for asked in policy.requirement:
        sentences = [*describe_requirement(policy, asked), *describe_common(policy)]
        assert {clause for each in sentences for clause in each.clause.split(", ")} <= known
        assert all(each.text.endswith(".") for each in sentences)


@pytest.mark.parametrize("name", POLICIES)
def test_every_requirement_of_a_supplied_policy_has_an_example_that_judges_it(name: str) -> None:
    policy = shipped(name)[0]
    for asked in policy.requirement:
        example = example_of(policy, asked, ["no such", "7.1", "4.2", "3.3"])
        assert example is not None
        assert all(asked.id in answer for answer in example.answers)
        assert example.answers
    assert example_of(policy, policy.requirement[0].model_copy(update={"id": "no-such"}), ["3.3"]) is None


def test_the_example_is_one_of_the_first_clause_that_any_shows() -> None:
    example = example_of(WEST_MERCIA, FIRST, ["A1", "3.3", "3.1"])
    assert example is not None
    assert "rules 3.3" in example.clauses
    assert example.asked.startswith("As at ")
