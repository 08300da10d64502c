"""What an explanation says, to the letter, in the cases that are disputed."""

from datetime import UTC, datetime
from typing import Any

from compliance.policy import Policy, parse_policy
from compliance.policy.explain import Explanation, explain
from compliance.policy.explain.explanation import ObligationExplanation
from compliance.records import columns, convert_crime
from tests.engine import RULES, shipped
from tests.unit.test_engine import VARIANTS

JULY = {"reported_at": "2026-07-01T10:00:00+01:00"}
MIDNIGHT = {"reported_at": "2026-06-30T23:30:00Z"}
EASTER = {"reported_at": "2026-03-30T10:00:00+01:00"}
NOVEMBER = "2026-11-25"


def told(
    crime: dict[str, Any],
    as_at: str = NOVEMBER,
    policy: Policy | str = "west-mercia",
    known_at: str | None = None,
    **asked: Any,
) -> Explanation:
    """A crime of one plain victim, unless told, explained as at noon UTC of a date."""
    record = {"crime_ref": "22A/1/26", "victims": [{"victim_ref": "V1"}]} | crime
    judged = shipped(policy)[0] if isinstance(policy, str) else policy
    noon = [
        None if day is None else datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC) for day in (as_at, known_at)
    ]
    assert noon[0] is not None
    return explain(columns([convert_crime(record)]), judged, noon[0], noon[1], **asked)


def update(at: str, ref: str = "U1", **fields: Any) -> dict[str, Any]:
    return {"update_ref": ref, "at": at if "T" in at else f"{at}T12:00:00Z", "outcome": "informed"} | fields


def owed(explanation: Explanation, label: str, victim: int = 0) -> ObligationExplanation:
    every = [o for r in explanation.victims[victim].requirements for o in r.obligations]
    return next(o for o in every if o.label == label)


def said(explanation: Explanation, ref: str = "U1") -> list[str]:
    """What is said of an update, each sentence with its clause."""
    entry = next(e for e in explanation.timeline if e.kind == "update" and e.ref == ref)
    effects = [f"{effect.text} ({effect.clause})" for effect in entry.effects]
    return effects + [f"{remark.text} ({remark.clause})" for remark in entry.remarks]


def of(explanation: Explanation, kind: str) -> list[str]:
    return [
        f"{e.text} " + " ".join(f"{r.text} ({r.clause})" for r in e.remarks)
        for e in explanation.timeline
        if e.kind == kind
    ]


def test_a_due_date_is_worked_out_in_local_dates_rules_2_6_and_3_1() -> None:
    seven = owed(told(MIDNIGHT), "7-day")
    assert seven.arithmetic == "reported 1 July 2026 (30 June 23:30 UTC); day 7 is Wednesday 8 July"
    assert seven.arithmetic_clause == "3.1"
    assert told(MIDNIGHT).reported == "Wednesday 1 July 2026 at 00:30 (30 June 23:30 UTC)"
    assert told(JULY).reported == "Wednesday 1 July 2026 at 10:00 (09:00 UTC)"


def test_a_victim_added_later_has_a_day_0_of_their_own_rules_3() -> None:
    victims = [{"victim_ref": "V1", "added_at": "2026-07-03T10:00:00Z"}]
    explanation = told(JULY | {"victims": victims})
    assert owed(explanation, "7-day").arithmetic == "victim added to the record 3 July 2026; day 7 is Friday 10 July"
    assert (
        explanation.victims[0].notes[0].text
        == "Day 0 is Friday 3 July 2026, the day the victim was added to the record."
    )
    assert told(JULY | {"victims": victims}, "2026-07-02").victims[0].day_0 is None


def test_working_days_name_the_bank_holidays_between_rules_6_1() -> None:
    events = [{"event_ref": "E1", "kind": "suspect_arrested", "at": "2026-04-02T10:00:00Z"}]
    victims = [{"victim_ref": "V1"}, {"victim_ref": "V2", "category": "enhanced"}]
    explanation = told(EASTER | {"events": events, "victims": victims}, policy="victims-code-2006")
    standard, enhanced = (owed(explanation, "arrested (2 April 2026)", victim) for victim in (0, 1))
    assert standard.arithmetic == (
        "5 working days after Thursday 2 April 2026 (suspect arrested): Friday 3 and Monday 6 April are bank holidays; "
        "the fifth working day is Monday 13 April"
    )
    assert standard.arithmetic_clause == "7.1, 6.1"
    assert enhanced.arithmetic == (
        "1 working day for an enhanced victim after Thursday 2 April 2026 (suspect arrested): Friday 3 and Monday 6 April "
        "are bank holidays; the first working day is Tuesday 7 April"
    )
    assert enhanced.arithmetic_clause == "7.1, 6.1, 7.2"
    assert (
        standard.window
        == "An update after the event (11:00 on Thursday 2 April 2026) and by the end of Monday 13 April would have met it."
    )


def test_an_enhanced_victim_and_an_agreed_interval_have_limits_of_their_own_rules_7_2_and_7_4() -> None:
    enhanced = told(JULY | {"victims": [{"victim_ref": "V1", "category": "enhanced"}]}, policy="hertfordshire")
    assert owed(enhanced, "5-day").arithmetic == (
        "reported 1 July 2026; an enhanced victim is owed it within 1 day; day 1 is Thursday 2 July"
    )
    victims = [{"victim_ref": "V1", "agreed_interval_days": 14}]
    agreed = told(JULY | {"victims": victims, "updates": [update("2026-07-13")]}, policy="victims-code-2020")
    first, second = (owed(agreed, f"agreed-interval (cycle {cycle})") for cycle in (1, 2))
    assert first.arithmetic == "reported 1 July 2026; 14 days were agreed with this victim; day 14 is Wednesday 15 July"
    assert second.arithmetic == (
        "14 days, the interval agreed with this victim, after the last update counted, Monday 13 July 2026, is Monday 27 July"
    )
    assert (first.arithmetic_clause, second.arithmetic_clause) == ("4.2, 7.4", "4.4, 7.4")


def test_a_cycle_says_what_its_clock_runs_from_rules_4_4_to_4_6_and_5_4() -> None:
    met = told(JULY | {"updates": [update("2026-07-03"), update("2026-07-06", "U2")]})
    assert (
        owed(met, "28-day (cycle 2)").arithmetic
        == "28 days after the last update counted, Monday 6 July 2026, is Monday 3 August"
    )
    late = told(JULY | {"updates": [update("2026-08-01")]})
    assert (
        owed(late, "28-day (cycle 2)").arithmetic
        == "28 days after the late update, Saturday 1 August 2026, is Saturday 29 August"
    )
    silent = owed(told(JULY), "28-day (cycle 2)")
    assert (
        silent.arithmetic
        == "28 days after the due date that passed in silence, Wednesday 29 July 2026, is Wednesday 26 August"
    )
    status = [{"status": "closed", "at": "2026-07-20T12:00:00Z"}, {"status": "open", "at": "2026-08-03T12:00:00Z"}]
    reopened = owed(told(JULY | {"status": status}), "28-day (cycle 2)")
    assert (
        reopened.arithmetic
        == "28 days after the day on which the case was open again, Monday 3 August 2026, is Monday 31 August"
    )
    victims = [{"victim_ref": "V1", "declined_at": "2026-07-10T12:00:00Z", "declined_until": "2026-09-10T12:00:00Z"}]
    asked_again = owed(told(JULY | {"victims": victims}), "28-day (cycle 2)")
    assert (
        asked_again.arithmetic
        == "28 days after the day on which the victim's declining ended, Thursday 10 September 2026, is Thursday 8 October"
    )
    clauses = [o.arithmetic_clause for o in (owed(met, "28-day (cycle 2)"), silent, reopened, asked_again)]
    assert clauses == ["4.4", "4.5", "4.6", "5.4"]


def test_the_window_says_why_it_opens_when_it_does_rules_3_3_4_2_and_9_2() -> None:
    explanation = told(JULY | {"updates": [update("2026-07-06")]})
    assert (
        owed(explanation, "7-day").window
        == "An update from Thursday 2 July to Wednesday 8 July 2026 meets it. One on the day of the report does not."
    )
    assert owed(explanation, "28-day (cycle 1)").window == (
        "An update from Tuesday 7 July to Wednesday 29 July 2026 would have met it. It opens the day after the first update in the "
        "window of 7-day, Monday 6 July 2026."
    )
    assert owed(told(JULY), "28-day (cycle 1)").window == (
        "An update from Thursday 9 July to Wednesday 29 July 2026 would have met it. It opens the day after the due date of 7-day, in "
        "whose window no update was counted."
    )
    assert owed(told(JULY, policy="hertfordshire"), "5-day").window == (
        "An update from Wednesday 1 July to Monday 6 July 2026 would have met it. One on the day of the report counts."
    )


def test_a_same_day_update_is_real_and_does_not_discharge_rules_3_3() -> None:
    explanation = told(JULY | {"updates": [update("2026-07-01")]})
    assert said(explanation) == [
        "Given on the day of the report: real, kept and shown. It does not discharge 7-day, which asks for contact again, "
        "from Thursday 2 July on. (3.3)",
        "Too early for 28-day (cycle 1), whose window opens on Thursday 9 July. (4.2)",
    ]
    assert [remark.text for remark in owed(explanation, "7-day").remarks] == [
        "There was an update on the day of the report. It is real and is shown, and does not discharge this."
    ]


def test_what_met_one_requirement_is_not_the_further_contact_of_the_next_rules_4_2_and_4_4() -> None:
    updates = [
        update("2026-07-06"),
        update("2026-07-08", "U2"),
        update("2026-07-10", "U3"),
        update("2026-07-10T15:00:00Z", "U4"),
    ]
    explanation = told(JULY | {"updates": updates}, "2026-08-20")
    assert said(explanation) == [
        "Meets 7-day, due Wednesday 8 July. (3.2)",
        "28-day (cycle 1) asks for a further contact: one from Tuesday 7 July on. (4.2)",
    ]
    assert said(explanation, "U2") == ["Meets 28-day (cycle 1), due Wednesday 29 July. (4.3)"]
    moved = (
        "28-day (cycle 1) was met already, on Wednesday 8 July. The next one counts from this day, the last with an update in "
        "the window: it is due Friday 7 August. (4.4)"
    )
    assert said(explanation, "U3") == said(explanation, "U4") == [moved]
    assert said(told(JULY | {"updates": updates}, "2026-07-20"), "U3") == [
        "28-day (cycle 1) was met already, on Wednesday 8 July. The next one counts from this day, the last with an update in "
        "the window so far. (4.4)"
    ]


def test_what_never_counts_says_why_rules_2_3_2_4_2_7_2_8_and_3_5() -> None:
    attempt = told(JULY | {"updates": [update("2026-07-03", outcome="attempted")]})
    assert said(attempt) == [
        "Does not count: the outcome is 'attempted'. What counts is 'informed'. It is kept and shown. (2.4)"
    ]
    silent = {"update_ref": "U1", "at": "2026-07-03T12:00:00Z"}
    assert said(told(JULY | {"updates": [silent]})) == [
        "Does not count: it has no outcome. What counts is 'informed'. (2.4)"
    ]
    live = parse_policy(VARIANTS["live contact only (2.4)"], RULES / "variant.toml")
    letter = told(JULY | {"updates": [update("2026-07-03", method="letter")]}, policy=live)
    assert said(letter) == ["Does not count: the method is 'letter'. What counts is 'phone' or 'visit'. (2.4)"]
    stranger = told(JULY | {"updates": [update("2026-07-03", victim_ref="V9")]})
    assert said(stranger) == ["Does not count: it names a victim whom the record does not have. (2.3)"]
    future = told(JULY | {"updates": [update("2026-12-03", entered_at="2026-07-03T12:00:00Z")]})
    assert said(future)[0] == "Dated later than the moment asked about. (2.7)"
    unknown = told(JULY | {"updates": [update("2026-07-03", entered_at="2026-07-20T12:00:00Z")]}, known_at="2026-07-10")
    assert said(unknown)[0] == "Typed in later than the moment whose knowledge is asked about: left out. (2.8)"
    early = told(JULY | {"updates": [update("2026-06-29")]})
    assert said(early) == ["Never counts: it is dated before the crime was reported. Look at the dates. (3.5)"]


def test_late_entries_are_flagged_rules_8() -> None:
    explanation = told(JULY | {"updates": [update("2026-07-06", entered_at="2026-07-10T09:00:00Z")]})
    assert said(explanation)[2:] == [
        "Typed in on Friday 10 July 2026, 4 days after it took place: a late entry. (8)",
        "Typed in after the due date of what it met: until then that stood as overdue. (8)",
    ]
    assert [remark.text for remark in owed(explanation, "7-day").remarks] == [
        "The update was typed in on Friday 10 July 2026, after the due date: until then this stood as overdue."
    ]


def test_the_recording_day_counts_and_is_remarked_on_unless_the_policy_leaves_it_out_rules_3_4_and_9_7() -> None:
    crime = JULY | {"recorded_at": "2026-07-03T09:00:00Z", "updates": [update("2026-07-03")]}
    assert said(told(crime))[0] == "Meets 7-day, due Wednesday 8 July. (3.2)"
    assert said(told(crime))[-1] == "Given on the day the crime was recorded, after the day of the report. (3.4)"
    original = parse_policy(VARIANTS["neither the same nor the recording day counts (9.7)"], RULES / "variant.toml")
    assert (
        said(told(crime, policy=original))[0]
        == "Given on the day the crime was recorded, which does not count for 7-day. (9.7)"
    )


def test_declining_changes_what_an_update_does_rules_5_4() -> None:
    victims = [{"victim_ref": "V1", "declined_at": "2026-07-03T12:00:00Z"}]
    explanation = told(JULY | {"victims": victims, "updates": [update("2026-07-06")]})
    assert said(explanation) == ["Discharges nothing: the victim had declined updates on Friday 3 July. (5.4)"]
    seven = owed(explanation, "7-day")
    assert (
        seven.verdict
        == "Exempt: the victim declined updates on Friday 3 July 2026, before it was due and before it was met."
    )
    assert seven.window == (
        "Had the victim not declined, an update from Thursday 2 July to Wednesday 8 July 2026 would have met it. One on the day "
        "of the report does not."
    )
    assert of(explanation, "declined") == ["Victim V1 declined updates. "]
    same = [{"victim_ref": "V1", "declined_at": "2026-07-03T12:00:00Z", "declined_until": "2026-07-03T13:00:00Z"}]
    assert of(told(JULY | {"victims": same}), "declined") == [
        "Victim V1 declined updates. It ended on or before the day it began: there was no decline. (5.4)"
    ]


def test_an_update_that_came_too_late_says_for_what_rules_3_6_4_1_and_5_6() -> None:
    closed = {"status": [{"status": "closed", "at": "2026-07-05T12:00:00Z"}], "updates": [update("2026-08-10")]}
    assert said(told(JULY | closed)) == [
        "Too late for 7-day: by Sunday 2 August the case had been closed for 28 days. (3.6)",
        "28-day was not owed: the case was not open. (4.6)",
    ]
    overdue = {"status": [{"status": "closed", "at": "2026-08-03T12:00:00Z"}], "updates": [update("2026-08-10")]}
    explanation = told(JULY | overdue)
    assert (
        said(explanation)[1]
        == "Too late for 28-day (cycle 1): the case had closed on Monday 3 August with it overdue. (5.6)"
    )
    assert owed(explanation, "28-day (cycle 1)").verdict == (
        "Missed: it was overdue when the case closed on Monday 3 August 2026, and no update that counts for it was given from "
        "Thursday 9 July to Monday 3 August 2026."
    )
