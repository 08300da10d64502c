"""What an explanation says of each state, and of what changes or asks for nothing, to the letter."""

from typing import Any

import pytest

from compliance.batch.explanation_page import render
from compliance.policy import parse_policy
from tests.engine import RULES
from tests.unit.test_engine import VARIANTS
from tests.unit.test_explain_sentences import JULY, NOVEMBER, of, owed, said, told, update


@pytest.mark.parametrize(
    ("crime", "as_at", "label", "verdict", "clause"),
    [
        ({"updates": [update("2026-07-06")]}, NOVEMBER, "7-day", "Met by the update of Monday 6 July 2026 (U1), 2 days before the due date.", "3.2"),
        ({"updates": [update("2026-07-08")]}, NOVEMBER, "7-day", "Met by the update of Wednesday 8 July 2026 (U1), on the due date itself.", "3.2"),
        ({"updates": [update("2026-07-11")]}, NOVEMBER, "7-day", "Late by 3 days: the first update that counts for it is the update of Saturday 11 July 2026 (U1).", "3.2"),
        ({}, "2026-07-08", "7-day", "Not yet due: the due date is today.", "2.7"),
        ({}, "2026-07-20", "7-day", "Overdue by 12 days: no update that counts for it was given from Thursday 2 July to Monday 20 July 2026.", "3.6"),
        ({}, "2026-09-20", "28-day (cycle 1)", "Missed: no update that counts for it was given from Thursday 9 July to Wednesday 26 August 2026. Silence goes on counting: the next one has taken its place.", "4.5"),
        ({"status": [{"status": "closed", "at": "2026-07-05T12:00:00Z"}]}, NOVEMBER, "7-day", "Missed: no update that counts for it was given from Thursday 2 July to Sunday 2 August 2026, and by then the case had been closed for 28 days. No later update changes that.", "3.6"),
        ({"status": [{"status": "closed", "at": "2026-07-05T12:00:00Z"}]}, NOVEMBER, "28-day (cycle 1)", "Lapsed: the case was not open at the end of the due date, Wednesday 29 July 2026, and this is owed only while the case is open, whatever updates were given.", "4.1"),
        ({"status": [{"status": "cancelled", "at": "2026-07-05T12:00:00Z"}]}, NOVEMBER, "7-day", "Lapsed: the crime is cancelled (found not to be a crime), so nothing is owed.", "5.3"),
        ({"victims": [{"victim_ref": "V1", "category": "state"}]}, NOVEMBER, "7-day", "Exempt: victims of category 'state' are owed no updates under this policy.", "5.5"),
        ({"victims": [{"victim_ref": "V1", "declined_at": "2026-07-10T12:00:00Z"}]}, NOVEMBER, "7-day", "Missed: no update that counts for it was given from Thursday 2 July to Friday 10 July 2026, when the victim declined updates. No later update changes that.", "5.4"),
    ],
)  # fmt: skip
def test_each_state_has_its_sentence_and_its_clause(
    crime: dict[str, Any], as_at: str, label: str, verdict: str, clause: str
) -> None:
    obligation = owed(told(JULY | crime, as_at), label)
    assert (obligation.verdict, obligation.verdict_clause) == (verdict, clause)


def test_what_is_owed_now_says_until_when_rules_3_6_4_1_and_4_5() -> None:
    closed = {"status": [{"status": "closed", "at": "2026-07-02T12:00:00Z"}]}
    assert owed(told(JULY | closed, "2026-07-03"), "7-day").now == (
        "Owed: an update that counts, by the end of Wednesday 8 July 2026. It is owed although the case is not open (rules 3.6)."
    )
    assert owed(told(JULY | closed, "2026-07-03"), "28-day (cycle 1)").now == (
        "Owed: an update that counts, from Thursday 9 July to Wednesday 29 July 2026. The case is not open now: if it is not open "
        "at the end of that day, this lapses (rules 4.1)."
    )
    assert owed(told(JULY, "2026-08-03"), "28-day (cycle 1)").now == (
        "Owed now: an update that counts. It will be late, and ends the breach. If there is none by the end of Wednesday 26 August "
        "2026, this one is missed and another takes its place (rules 4.5)."
    )


def test_a_close_and_reopening_within_a_day_is_shown_and_changes_nothing_rules_2_9() -> None:
    status = [{"status": "closed", "at": "2026-07-03T09:00:00Z"}, {"status": "open", "at": "2026-07-03T15:00:00Z"}]
    assert of(told(JULY | {"status": status}), "status") == [
        "Case closed. Changed again that day; only how it stood at the end of the day matters. (2.9)",
        "Case open again. ",
    ]
    assert of(told(JULY | {"status": status[:1]}, "2026-07-03"), "status") == [
        "Case closed. Matters from tomorrow on: the end of today is not known yet. (2.9)"
    ]


def test_an_event_says_what_it_starts_and_why_it_does_not_rules_7_1a_and_9() -> None:
    events = [
        {"event_ref": "E1", "kind": "suspect_arrested", "at": "2026-06-29T12:00:00Z"},
        {"event_ref": "E2", "kind": "suspect_arrested", "at": "2026-07-02T12:00:00Z"},
        {"event_ref": "E3", "kind": "suspect_charged", "at": "2026-07-03T12:00:00Z"},
    ]
    explanation = told(JULY | {"events": events}, policy="victims-code-2006")
    assert [e.effects[0].text for e in explanation.timeline if e.kind == "event"] == [
        "Does not start the clock of arrested: it was before the victim's day 0.",
        "Starts the clock of arrested, due Thursday 9 July.",
        "This policy asks for no update after this event.",
    ]


def test_what_is_not_asked_for_a_victim_is_said_rules_6_2_and_9_5() -> None:
    standard = told(JULY, policy="hertfordshire").victims[0]
    assert ("10-day is not owed: it is owed only to victims of category enhanced.", "9.5") in [
        (note.text, note.clause) for note in standard.notes
    ]
    period = parse_policy(VARIANTS["in force for some months only (6.2)"], RULES / "variant.toml")
    winter = told({"reported_at": "2026-02-01T12:00:00Z"}, policy=period).victims[0]
    assert "7-day is not owed: it is in force only from 1 April 2026 on." in [note.text for note in winter.notes]


def test_an_officer_whom_the_directory_does_not_have_is_remarked_on_rules_8() -> None:
    crime = JULY | {"allocations": [{"from": "2026-07-01T10:00:00Z", "officer_ref": "O7"}]}
    assert [note.text for note in told(crime, officers=["O1"]).notes] == ["Officer O7 is not in the officer directory."]
    assert of(told(crime, officers=["O1"]), "allocation") == [
        "Allocated to officer O7. Officer O7 is not in the officer directory. (8)"
    ]
    assert told(crime, officers=["O7"]).notes == told(crime).notes == ()


def test_a_record_without_a_victim_and_one_reported_later_say_so_rules_8_and_2_7() -> None:
    nobody = told(JULY | {"victims": [], "updates": [update("2026-07-03")]})
    assert [note.text for note in nobody.notes] == [
        "The record has no victim: nobody is owed an update. It is counted in data quality."
    ]
    assert said(nobody) == ["Nothing is owed: the record has no victim. (8)"]
    assert [note.clause for note in told(JULY, "2026-06-01").notes] == ["2.7"]


def test_two_victims_of_one_crime_are_told_together_where_the_same_holds_rules_2_2() -> None:
    crime = JULY | {"victims": [{"victim_ref": "V1"}, {"victim_ref": "V2"}]}
    both = told(crime | {"updates": [update("2026-07-06"), update("2026-07-07", "U2", victim_ref="V2")]})
    first, second = (next(e for e in both.timeline if e.ref == ref) for ref in ("U1", "U2"))
    assert [effect.victims for effect in first.effects] == [("V1", "V2"), ("V1", "V2")]
    assert [effect.victims for effect in second.effects] == [("V2",)]
    assert second.text == "Update U2 to V2 (informed)."
    assert "- V1 and V2: Meets 7-day, due Wednesday 8 July. (rules 3.2)" in " ".join(render(both, "text").split())
