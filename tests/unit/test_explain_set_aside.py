"""What `explain` says of what cannot be judged (rules 6.1a, section 8)."""

import json
import re
from typing import Any

import pytest

from compliance.batch.explanation_page import render
from compliance.policy import Policy, parse_policy
from compliance.policy.explain import Explanation, explain
from compliance.records import columns, convert_crime
from tests.engine import RULES, shipped
from tests.stores import Record, at, crime

CODE = shipped("victims-code-2020")[0]
NOW = at("2026-07-20 09:00")
OLD: Record = {"reported_at": "1990-03-01T10:00:00Z", "status": [{"status": "closed", "at": "1990-03-20T12:00:00Z"}]}


def arrested(*ats: str, **fields: Any) -> Record:
    events = [{"event_ref": f"E{n}", "kind": "suspect_arrested", "at": f"{day}T12:00:00Z"} for n, day in enumerate(ats)]
    return crime(events=events, **(OLD | fields))


def informed(*days: str) -> list[Record]:
    return [{"update_ref": f"U{day}", "at": f"{day}T15:00:00Z", "outcome": "informed"} for day in days]


def explained(record: Record, policy: Policy = CODE) -> Explanation:
    return explain(columns([convert_crime(record)]), policy, NOW)


def effects(explanation: Explanation) -> list[tuple[str, str]]:
    """(reference or kind of the entry, text) of every effect that says something is set aside."""
    return [
        (entry.ref or entry.kind, effect.text)
        for entry in explanation.timeline
        for effect in entry.effects
        if effect.kind == "set-aside"
    ]


def test_what_is_set_aside_has_a_section_of_its_own_with_the_reason_and_the_clause() -> None:
    found = explained(arrested("1990-03-02", "2026-07-06"))
    text = " ".join(render(found, "text").split())
    assert (
        "SET ASIDE (cannot be judged) arrested (2 March 1990) 5 working days after 2 March 1990 (suspect arrested) "
        "begin before the calendar does; calendar 'england-and-wales' is known from 1 January 1995 to 31 December 2028: "
        "check that date in the record, or move covers_from in the calendar's file. (rules 6.1a)"
    ) in text
    assert "arrested (6 July 2026) MISSED" in text
    page = " ".join(re.sub(r"<[^>]+>", " ", render(found, "html")).split())
    assert "Set aside: what cannot be judged V1: arrested (2 March 1990) 5 working days after 2 March 1990" in page
    (victim,) = json.loads(render(found, "json"))["victims"]
    (aside,) = victim["set_aside"]
    assert (aside["requirement"], aside["cycle"], aside["clock_date"], aside["clause"]) == (
        "arrested", 1, "1990-03-02", "6.1a",
    )  # fmt: skip


@pytest.mark.parametrize("form", ["text", "html"])
def test_where_nothing_is_set_aside_nothing_is_said_of_it(form: Any) -> None:
    assert "set aside" not in render(explained(arrested("2026-07-06")), form).lower()


def test_the_timeline_says_which_event_and_which_update_hang_on_it() -> None:
    """Of the updates only the first after the event may have met it; an earlier one and a later one cannot have."""
    record = arrested("1990-03-02", updates=informed("1990-03-01", "1990-03-05", "1990-03-12"))
    assert effects(explained(record)) == [
        ("event", "Starts the clock of arrested, which is set aside: the calendar does not know a date it needs."),
        ("U1990-03-05", "Whether it meets arrested (2 March 1990) cannot be said: that is set aside."),
    ]


def test_an_update_is_not_said_to_have_met_nothing_where_nobody_can_say() -> None:
    """Under a policy that asks for nothing but news of arrests."""
    data = shipped("victims-code-2020")[1]
    asked = [requirement for requirement in data["requirement"] if requirement["id"] == "arrested"]
    policy = parse_policy(data | {"requirement": asked}, RULES / "arrests.toml")
    nothing = "Counts, and nothing was owed that it could have discharged."
    texts = [
        [effect.text for entry in found.timeline if entry.kind == "update" for effect in entry.effects]
        for found in (
            explained(arrested("1990-03-02", updates=informed("1990-03-05")), policy),
            explained(arrested(updates=informed("1990-03-05")), policy),
        )
    ]
    assert texts == [["Whether it meets arrested (2 March 1990) cannot be said: that is set aside."], [nothing]]


def test_what_comes_after_one_set_aside_says_which() -> None:
    """A first update within working days of a report in 1990, and a further one after it (rules 9.4)."""
    data = dict(shipped("west-mercia")[1])
    first, further = data["requirement"]
    data["requirement"] = [first | {"within": {"working_days": 5}}, further]
    (victim,) = explained(crime(**OLD), parse_policy(data, RULES / "variant.toml")).victims
    assert [aside.label for aside in victim.set_aside] == ["7-day", "28-day"]
    assert victim.set_aside[0].reason.startswith("5 working days after 1 March 1990 (day 0) begin before the calendar")
    assert victim.set_aside[1].reason.startswith(
        "it comes after 7-day, which is set aside: 5 working days after 1 March 1990 (day 0) begin before the calendar"
    )
    assert not any("is not owed" in note.text for note in victim.notes)
