"""What `compliance check` says of a policy that leaves something out (docs/rules-additions.md, A4)."""

import re
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from compliance.policy import parse_policy
from compliance.policy.coverage import describe_coverage
from tests import checks
from tests.engine import ADDITIONAL, POLICIES, RULES, shipped
from tests.unit.test_check import looked, settings

without_examples = checks.without_examples
FIRST, FURTHER = shipped("west-mercia")[1]["requirement"]


def notes(*requirements: dict[str, Any], **more: Any) -> list[str]:
    """What is said of the force policy with other requirements."""
    data = deepcopy(shipped("west-mercia")[1]) | {"requirement": list(requirements)} | more
    return list(describe_coverage(parse_policy(data, RULES / "mine.toml")))


def first(name: str = "7-day", since: date | None = None, **more: Any) -> dict[str, Any]:
    """The first contact under another name, perhaps in force from a day on."""
    return FIRST | {"id": name} | ({"from": since} if since else {}) | more


@pytest.mark.parametrize("name", [*POLICIES, *ADDITIONAL])
def test_a4_nothing_is_said_of_a_policy_that_covers_everyone(name: str) -> None:
    """But of a category that is named and that no vocabulary has, and of dates that leave some out."""
    said = list(describe_coverage(shipped(name)[0]))
    assert all("'witness'" in note or "'business'" in note or note.startswith("a gap in the dates of") for note in said)
    assert bool(said) == (name in ("everyone-else", "switch"))


@pytest.mark.parametrize(
    ("requirements", "note"),
    [
        ([first(until=date(2026, 6, 30)), first("5-day", since=date(2026, 8, 1))], "a gap in the dates of 7-day and 5-day: for crimes reported from 1 July 2026 to 31 July 2026 none is owed to any victim"),
        ([first(until=date(2026, 6, 30)), first("5-day", since=date(2026, 7, 2))], "a gap in the dates of 7-day and 5-day: for crimes reported on 1 July 2026 none is owed to any victim"),
        ([first(until=date(2026, 6, 30))], "a gap in the dates of 7-day: for crimes reported from 1 July 2026 on none is owed to any victim"),
        ([first(since=date(2026, 4, 1))], "a gap in the dates of 7-day: for crimes reported before 1 April 2026 none is owed to any victim"),
        ([first(until=date(2026, 6, 30)), first("5-day", since=date(2026, 6, 30))], "the dates of 7-day and 5-day overlap: for crimes reported on 30 June 2026 both are owed to any victim"),
        ([first(), first("5-day", since=date(2026, 7, 1))], "the dates of 7-day and 5-day overlap: for crimes reported from 1 July 2026 on both are owed to any victim"),
        ([first(), first("5-day", only_for=["enhanced"], since=date(2026, 7, 1))], "the dates of 7-day and 5-day overlap: for crimes reported from 1 July 2026 on both are owed to enhanced victims"),
        ([first(only_for=["enhanced"])], "no requirement covers standard victims: they are owed nothing, and have no verdict"),
        ([first(except_for=["enhanced"])], "no requirement covers enhanced victims: they are owed nothing, and have no verdict"),
        ([first(only_offences=["Fraud"])], "no requirement covers standard and enhanced victims (any other offence group): they are owed nothing, and have no verdict"),
        ([first(except_offences=["Fraud"], except_for=["enhanced"])], "no requirement covers standard victims (Fraud); enhanced victims: they are owed nothing, and have no verdict"),
    ],
)  # fmt: skip
def test_a4_a_gap_an_overlap_and_whom_nothing_covers_are_told(requirements: Any, note: str) -> None:
    assert notes(*requirements) == [note]


@pytest.mark.parametrize(
    "requirements",
    [
        [first(until=date(2026, 6, 30)), first("5-day", since=date(2026, 7, 1))],
        [first(), FURTHER],
        [first(until=date(2026, 6, 30)), first("5-day", since=date(2026, 7, 1)), FURTHER],
        [first(only_for=["enhanced"]), first("5-day", except_for=["enhanced"])],
        [first(only_offences=["Fraud"]), first("5-day", except_offences=["Fraud"])],
    ],
)
def test_a4_nothing_is_said_where_the_dates_meet_and_everyone_is_covered(requirements: Any) -> None:
    """A further contact does not take the place of the first, so their dates do not overlap (rules 9.4)."""
    assert notes(*requirements) == []


def test_a4_words_that_no_vocabulary_has_are_named_with_the_nearest() -> None:
    arrested = {"id": "arrested", "title": "t", "source": "s", "clock": "event:suspect_arested", "within": {"days": 5}}
    said = notes(
        FIRST, FURTHER, arrested, counted_methods=["fone", "visit"], exempt_victims=["state", "corporate body"]
    )
    unknown = "neither the specification nor the mapping of the crime system has the"
    assert said == [
        f"counted_methods: {unknown} method 'fone'; did you mean 'phone'?",
        f"exempt_victims: {unknown} category 'corporate body'",
        f"requirement 'arrested': clock: {unknown} event kind 'suspect_arested'; did you mean 'suspect_arrested'?",
    ]


@pytest.mark.usefixtures("without_examples")
def test_a4_the_check_says_it_of_the_policy_in_use_as_a_note(tmp_path: Path) -> None:
    text = (
        (RULES / "victims-code-2020.toml").read_text("utf-8").replace("event:suspect_arrested", "event:suspect_arested")
    )
    (tmp_path / "ours.toml").write_text(text)
    for policy, count in (("ours.toml", 1), ("west-mercia", 0)):
        (found,) = (each for each in looked(settings(tmp_path, policy)) if each.what.startswith("who and what"))
        assert re.fullmatch(r"who and what [\w-]+\.toml covers; exempt, and owed nothing: state, anonymous", found.what)
        assert (len(found.notes), found.problems) == (count, ())


@pytest.mark.usefixtures("without_examples")
def test_a4_a_word_that_the_mapping_yields_is_known(tmp_path: Path) -> None:
    text = (RULES / "victims-code-2020.toml").read_text("utf-8").replace("event:suspect_arrested", "event:nicked")
    (tmp_path / "ours.toml").write_text(text)
    config = settings(tmp_path, "ours.toml")
    plain = config.read_text("utf-8")
    voicemail = 'acknowledged = { "updates.method" = ["voicemail"]'
    assert voicemail in plain
    for text, count in ((plain, 1), (plain.replace(voicemail, f'{voicemail}, "events.kind" = ["nicked"]'), 0)):
        config.write_text(text)
        (found,) = (each for each in looked(config) if each.what.startswith("who and what"))
        assert len(found.notes) == count
