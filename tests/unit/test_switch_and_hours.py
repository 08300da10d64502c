"""A policy that changes while cases are open, and limits in hours: what is explained, refused, counted and told
(docs/rules-additions.md A5, A6). What is judged stands in the worked examples and in the comparison with the reference.
"""

import json
import re
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from compliance.batch.outputs import encode_csv, encode_ndjson
from compliance.batch.whatif_settings import apply_settings
from compliance.errors import SettingsError
from compliance.policy import judge, parse_policy
from compliance.policy.explain import Explanation, ObligationExplanation, explain
from compliance.policy.verdicts import VERDICT_COLUMNS
from compliance.records import columns, convert_crime
from compliance.reminder_settings import Reminders
from compliance.reminders.emails.letter import Due
from compliance.reminders.emails.templates import describe_due
from compliance.reminders.owed import Owed, Standing, find_owed
from tests.engine import RULES, shipped
from tests.stores import at, crime, updates
from tests.unit.test_wake import wakes

SEPTEMBER: dict[str, Any] = {
    "reported_at": "2026-08-24T09:00:00Z",
    "updates": updates("2026-08-28", "2026-09-20", "2026-10-01"),
}
"""Met in time, and met again on 1 October in a cycle that is due on the 18th."""


def explained(policy: str, as_at: str, **fields: Any) -> Explanation:
    return explain(columns([convert_crime(crime(**fields))]), shipped(policy)[0], at(as_at))


def obligation(told: Explanation, label: str) -> ObligationExplanation:
    (found,) = [o for v in told.victims for r in v.requirements for o in r.obligations if o.label == label]
    return found


def effects(told: Explanation, place: int) -> list[str]:
    """What is said of an update, by its place on the timeline."""
    entry = [entry for entry in told.timeline if entry.kind == "update"][place]
    return [f"{effect.text} ({effect.clause})" for effect in entry.effects]


def test_a5_a_cycle_taken_over_says_from_what_and_since_when() -> None:
    late = updates("2026-08-25", "2026-10-05")
    told = explained("switch", "2026-10-10 12:00", reported_at="2026-08-20T09:00:00Z", updates=late)
    first = obligation(told, "fortnightly (cycle 1)")
    assert (first.arithmetic, first.arithmetic_clause) == (
        "14 days after the late update, Monday 5 October 2026, is Monday 19 October", "4.4, A5"
    )  # fmt: skip
    assert first.window == (
        "An update from Tuesday 6 October to Monday 19 October 2026 meets it. fortnightly took over from monthly on 1 "
        "October 2026."
    )
    assert [note.text for note in told.victims[0].notes if note.clause == "A5"] == [
        "weekly is not owed: it takes over from fortnightly, for cycles that start on 30 November 2026 or later."
    ]


def test_a5_a_first_cycle_put_after_the_one_it_follows_says_why() -> None:
    first = obligation(explained("switch", "2026-10-19 12:00", **SEPTEMBER), "fortnightly (cycle 1)")
    assert first.arithmetic == (
        "the day after the due date of monthly (cycle 2), because that cycle had to be over first, is Monday 19 October"
    )


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ((), "the day on which it took over from monthly, Thursday 1 October 2026"),
        (("2026-09-10 closed", "2026-10-08 open"), "the day on which the case was open again, Thursday 8 October 2026"),
    ],
)
def test_a5a_a_chain_that_begins_says_what_its_clock_runs_from(changes: tuple[str, ...], since: str) -> None:
    status = [{"at": f"{change.split()[0]}T09:00:00Z", "status": change.split()[1]} for change in changes]
    witness = [{"victim_ref": "V1", "category": "witness"}]
    told = explained("switch", "2026-10-10 12:00", reported_at="2026-08-20T09:00:00Z", victims=witness, status=status)
    first = obligation(told, "fortnightly (cycle 1)")
    assert (first.arithmetic.partition(", is ")[0], first.arithmetic_clause) == (f"14 days after {since}", "A5a")


def test_a5a_a_chain_that_begins_is_not_said_to_follow_one_that_ended_before_it() -> None:
    """A business was owed the monthly update and not the fortnightly one: its weekly chain begins, and goes on from
    nothing."""
    business = [{"victim_ref": "V1", "category": "business"}]
    given = updates("2026-08-25", "2026-09-10")
    told = explained("switch", "2026-12-05 12:00", reported_at="2026-08-20T09:00:00Z", victims=business, updates=given)
    first = obligation(told, "weekly (cycle 1)")
    assert (first.arithmetic, first.arithmetic_clause) == (
        "7 days after the day on which it took over from fortnightly, Monday 30 November 2026, is Monday 7 December",
        "A5a",
    )


def test_a5_an_update_that_moves_the_next_cycle_says_so_across_the_switch() -> None:
    given = updates("2026-08-28", "2026-09-20", "2026-10-01", "2026-10-12")
    told = explained("switch", "2026-10-20 12:00", reported_at="2026-08-24T09:00:00Z", updates=given)
    assert effects(told, 3) == [
        "monthly (cycle 2) was met already, on Thursday 1 October. The next one counts from this day, the last with an "
        "update in the window: it is due Monday 26 October. (4.4)"
    ]


def test_a5_an_update_after_a_missed_cycle_is_told_under_the_requirement_that_took_over() -> None:
    given = updates("2026-08-12", "2026-09-05", "2026-10-20")
    told = explained("switch", "2026-10-25 12:00", reported_at="2026-08-10T09:00:00Z", updates=given)
    assert obligation(told, "monthly (cycle 2)").state == "missed"
    assert effects(told, 2) == ["Discharges fortnightly (cycle 1), 3 days late: it was due Saturday 17 October. (4.3)"]


def test_a5_what_falls_due_soon_after_a_switch_is_announced_by_the_new_requirement() -> None:
    """Met on 1 October and due on the 18th: the next is due on the 19th, and not 28 days after the 1st."""
    rules = Reminders(due_from=date(2026, 7, 1), due_soon_days=13)
    found = find_owed([convert_crime(crime(**SEPTEMBER))], shipped("switch")[0], rules, at("2026-10-14 08:00"), {})
    assert [(owed.requirement, owed.cycle, owed.due_date) for owed in found] == [("fortnightly", 1, date(2026, 10, 19))]


def test_a5a_every_crime_wakes_once_the_day_of_the_switch_is_over() -> None:
    witness = [{"victim_ref": "V1", "category": "witness"}]
    record = crime(reported_at="2026-08-20T09:00:00Z", updates=updates("2026-08-25"), victims=witness)
    policy = shipped("switch")[0]
    woken = [wakes(record, at(now), policy) for now in ("2026-09-20 12:00", "2026-10-01 12:00", "2026-10-02 12:00")]
    assert woken == [date(2026, 10, 2), date(2026, 10, 2), date(2026, 10, 16)]


def test_a6_a_limit_in_hours_is_explained_to_the_minute() -> None:
    late = [{"update_ref": "U9", "at": "2026-07-02T14:00:00Z", "outcome": "informed"}, *updates("2026-07-05")]
    told = explained("hours", "2026-07-20 12:00", reported_at="2026-07-01T09:00:00Z", updates=late)
    first, further = obligation(told, "at-once"), obligation(told, "further")
    assert first.due_at == datetime(2026, 7, 2, 9, tzinfo=UTC)
    assert first.arithmetic == (
        "24 hours after Wednesday 1 July 2026 at 10:00 (09:00 UTC) (reported) is Thursday 2 July 2026 at 10:00"
    )
    assert first.window == (
        "An update from Wednesday 1 July 2026 at 10:00 to Thursday 2 July 2026 at 10:00 would have met it."
    )
    assert (first.verdict, first.verdict_clause) == (
        "Late: it was due by Thursday 2 July 2026 at 10:00, and the first update that counts for it is the update of "
        "Thursday 2 July 2026 at 15:00 (U9).", "A6",
    )  # fmt: skip
    assert effects(told, 0)[0] == "Discharges at-once, late: it was due Thursday 2 July at 10:00. (A6)"
    assert str(further.window).endswith(
        "It opens the day after the due date of at-once, in whose window no update was counted."
    )
    assert next((entry.time, entry.text) for entry in told.timeline if entry.kind == "due") == (
        "10:00", "Due time of at-once: not met; discharged late, on Thursday 2 July 2026."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("as_at", "verdict", "now"),
    [
        ("2026-07-02 09:00", "Not yet due: it is due by Thursday 2 July 2026 at 10:00.", "Owed: an update that counts, by Thursday 2 July 2026 at 10:00."),
        ("2026-07-02 09:01", "Overdue since Thursday 2 July 2026 at 10:00: no update that counts for it was given from Wednesday 1 July to Thursday 2 July 2026.", "Owed now: an update that counts. It will be late, and ends the breach."),
    ],
)  # fmt: skip
def test_a6_what_is_owed_says_until_when(as_at: str, verdict: str, now: str) -> None:
    told = explained("hours", as_at, reported_at="2026-07-01T09:00:00Z", updates=[])
    assert (obligation(told, "at-once").verdict, obligation(told, "at-once").now) == (verdict, now)


def test_a6_a_second_too_late_is_seen_to_be_later() -> None:
    late = [{"update_ref": "U1", "at": "2026-07-02T09:00:01Z", "outcome": "informed"}]
    told = explained("hours", "2026-07-03 12:00", reported_at="2026-07-01T09:00:00Z", updates=late)
    assert obligation(told, "at-once").verdict == (
        "Late: it was due by Thursday 2 July 2026 at 10:00, and the first update that counts for it is the update of "
        "Thursday 2 July 2026 at 10:00:01 (U1)."
    )


def test_a6_an_update_before_the_report_says_why_it_does_not_count() -> None:
    early = [{"update_ref": "U1", "at": "2026-07-01T08:00:00Z", "outcome": "informed"}]
    told = explained("hours", "2026-07-03 12:00", reported_at="2026-07-01T09:00:00Z", updates=early)
    assert "Does not count for at-once: it was given before the clock started. (A6)" in effects(told, 0)


def test_a6_a_crime_is_judged_again_all_through_the_day_on_which_it_falls_due() -> None:
    """The instant is within the day, so the crime is awake from its start on (decision 0009)."""
    policy, record = shipped("hours")[0], crime(reported_at="2026-07-01T09:00:00Z", updates=[])
    woken = [wakes(record, at(now), policy) for now in ("2026-07-01 12:00", "2026-07-02 08:00", "2026-07-02 09:01")]
    assert woken == [date(2026, 7, 2), date(2026, 7, 2), date(2026, 7, 9)]


def test_a6b_the_last_column_is_the_last_instant_in_time() -> None:
    records = columns([convert_crime(crime(reported_at="2026-07-01T09:00:00.250Z", updates=[]))])
    verdicts = judge(records, shipped("hours")[0], at("2026-07-02 12:00"))
    assert tuple(verdicts.table().column_names) == (*VERDICT_COLUMNS, "due_at")
    rows = [json.loads(line) for line in encode_ndjson(verdicts, True).splitlines()]
    assert [row["due_at"] for row in rows] == ["2026-07-02T09:00:00.250000Z", None]
    header, first, second = encode_csv(verdicts, True).decode().splitlines()
    assert header.endswith("officer_ref,due_at") or header.endswith('"due_at"')
    assert first.endswith('"2026-07-02T09:00:00.250000Z"')
    assert second.endswith(",")
    assert tuple(judge(records, shipped("west-mercia")[0], at("2026-07-02 12:00")).table().column_names) == (
        VERDICT_COLUMNS
    )


def owed_by_hours(now: str) -> Owed:
    record = crime(reported_at="2026-07-01T09:00:00Z", updates=[])
    rules = Reminders(due_from=date(2026, 6, 1), due_soon_days=3)
    (found,) = [o for o in find_owed([convert_crime(record)], shipped("hours")[0], rules, at(now), {}) if o.requirement == "at-once"]  # fmt: skip
    return found


def test_a6_an_email_says_at_what_time_it_was_due() -> None:
    """Overdue on the day it fell due is not "due today"."""
    early, late = owed_by_hours("2026-07-02 08:00"), owed_by_hours("2026-07-02 09:01")
    assert [(o.due_time, o.days_over, o.standing) for o in (early, late)] == [
        ("10:00", 0, Standing.DUE_SOON), ("10:00", 0, Standing.OVERDUE),
    ]  # fmt: skip
    assert (
        describe_due(Due("t", date(2026, 7, 2), "Thursday 2 July at 10:00", 0, False))
        == "due Thursday 2 July at 10:00, today"
    )
    assert (
        describe_due(Due("t", date(2026, 7, 2), "Thursday 2 July at 10:00", 0, True))
        == "was due Thursday 2 July at 10:00, today"
    )


def test_a_what_if_sets_hours_in_place_of_days() -> None:
    changed = apply_settings(shipped("hours")[0], ["at-once.within.hours=48", "further.within.days=9"])
    assert (changed.requirement[0].within.hours, changed.requirement[1].within.days) == (48, 9)


SWITCHED: dict[str, Any] = {"id": "fortnightly", "from": date(2026, 10, 1), "takes_over": "28-day"}


@pytest.mark.parametrize(
    ("change", "added", "message"),
    [
        ({}, SWITCHED, "requirement 'fortnightly': takes_over '28-day': give '28-day' until = 2026-09-30, the day before 'fortnightly' takes over on 1 October 2026 (rules A5)"),
        ({"until": date(2026, 9, 30)}, SWITCHED | {"takes_over": "28-days"}, "requirement 'fortnightly': takes_over '28-days' names no requirement of this policy; did you mean '28-day'?"),
        ({"until": date(2026, 9, 30)}, SWITCHED | {"takes_over": "7-day"}, "requirement 'fortnightly': takes_over '7-day', which does not repeat: there is nothing to take over (rules A5)"),
        ({"until": date(2026, 9, 30)}, {"id": "fortnightly", "takes_over": "28-day"}, "'fortnightly': takes_over: give from, the day on which it takes over, and repeat_every (rules A5)"),
        ({"within": {"hours": 24}}, None, "'28-day': a requirement in hours has no open_only, after or same_day (rules A6)"),
        ({"enhanced": {"within": {"hours": 24}}}, None, "'28-day': enhanced.within: give both limits in hours, or neither (rules A6)"),
        ({"repeat_every": {"hours": 24}}, None, "requirement '28-day'.repeat_every.hours: there is no such key"),
        ({"within": {"hours": 24, "days": 1}}, None, "requirement '28-day'.within: expected either days, working_days or hours"),
    ],
)  # fmt: skip
def test_what_a_switch_or_a_limit_in_hours_cannot_say(change: Any, added: Any, message: str) -> None:
    data = deepcopy(shipped("west-mercia")[1])
    data["requirement"][1] |= change
    if added:
        kept = {
            key: data["requirement"][1][key]
            for key in ("title", "source", "clock", "within", "open_only", "repeat_every")
        }
        data["requirement"].append(kept | added)
    with pytest.raises(SettingsError, match=re.escape(message)):
        parse_policy(data, RULES / "x.toml")


def test_two_requirements_cannot_take_over_from_one() -> None:
    data = deepcopy(shipped("west-mercia")[1])
    data["requirement"][1]["until"] = date(2026, 9, 30)
    kept = {
        key: data["requirement"][1][key] for key in ("title", "source", "clock", "within", "open_only", "repeat_every")
    }
    data["requirement"] += [kept | SWITCHED, kept | SWITCHED | {"id": "weekly"}]
    expected = "requirement 'weekly': takes_over '28-day', from which 'fortnightly' takes over already (rules A5)"
    with pytest.raises(SettingsError, match=re.escape(expected)):
        parse_policy(data, RULES / "x.toml")
