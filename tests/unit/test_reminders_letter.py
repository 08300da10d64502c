"""What an officer reads: the record's own facts, in plain words, and nothing that could identify a victim."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

from compliance.policy import Policy, load_policy
from compliance.records import convert_crime
from compliance.reminders import Decision, ReminderSettings
from compliance.reminders.emails.composing import LetterContext, write
from compliance.reminders.emails.letter import Letter
from compliance.reminders.emails.templates import render
from compliance.reminders.owed import Owed, Standing, find_owed
from compliance.store.notice_kinds import Outcome, Reason
from tests.reminding import change, reminder_settings

POLICY = load_policy("west-mercia")
NOW = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)  # Wednesday, 07:00 in Worcester
TODAY = date(2026, 6, 10)
SETTINGS = reminder_settings(reply_to="performance@force.example")
SAFE = (
    "Before any contact, open the crime and check how this victim agreed to be contacted. "
    "If nothing safe is recorded, do not ring: ask your supervisor."
)


def crime(reported: str = "2026-06-02", *updates: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A crime of one victim and one officer; dates are taken at noon."""
    told = [
        {"update_ref": str(i), "outcome": "informed", **u, "at": f"{u['at']}T11:00:00Z"} for i, u in enumerate(updates)
    ]
    record = {"crime_ref": "22/1/26", "reported_at": f"{reported}T11:00:00Z", "officer_ref": "1042"}
    return record | {"victims": [{"victim_ref": "V1"}], "updates": told} | fields


def outstanding(*crimes: dict[str, Any], policy: Policy = POLICY, now: datetime = NOW) -> list[Owed]:
    owed = find_owed([convert_crime(record) for record in crimes], policy, SETTINGS.reminders, now, {})
    return [item for item in owed if item.standing is Standing.OVERDUE]


def letter(
    obligations: Sequence[Owed],
    reason: Reason = Reason.NEW,
    policy: Policy = POLICY,
    settings: ReminderSettings = SETTINGS,
) -> Letter:
    return write([Decision(o, "1042", Outcome.SENT, reason) for o in obligations], policy, settings, TODAY)


def texts(*crimes: dict[str, Any], policy: Policy = POLICY, settings: ReminderSettings = SETTINGS) -> tuple[str, str]:
    """Both parts of the mail as a person reads them, each on one line."""
    mail = render(letter(outstanding(*crimes, policy=policy), policy=policy, settings=settings), settings)
    html = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<head>.*</head>", "", str(mail.html))))
    return " ".join(mail.text.split()), re.sub(r" ([.,”])", r"\1", " ".join(html.split()))


def said(sentence: str, *crimes: dict[str, Any], **about: Any) -> bool:
    """Whether both parts say it; a part that is silent where the other speaks is a fault."""
    text, html = (sentence in part for part in texts(*crimes, **about))
    assert text == html
    return text


def test_an_update_on_the_day_of_the_report_is_acknowledged_and_one_more_asked_for() -> None:
    """Rules 1.2, 3.3: it is real, is kept and is shown, and does not discharge the 7-day requirement."""
    record = crime("2026-06-02", {"at": "2026-06-02"})
    sentence = (
        "An update on Tuesday 2 June, the day of the report, is recorded. "
        "The policy asks for one more by Tuesday 9 June."
    )
    assert said(sentence, record)
    assert said("Last update: Tuesday 2 June", record)
    assert not said("the day of the report, is recorded", crime("2026-06-02"))


def test_an_update_is_the_readers_only_where_the_record_says_so() -> None:
    """Records section 1: `officer_ref` of the update."""
    at = {"at": "2026-06-02"}
    yours, other = "Your update on Tuesday 2 June", "An update on Tuesday 2 June, the day of the report, is recorded."
    assert said(yours, crime("2026-06-02", at | {"officer_ref": "1042"}))
    assert said(other, crime("2026-06-02", at | {"officer_ref": "1041"}))
    # One that does not count, and one to another victim, are not the update that is meant.
    theirs = at | {"officer_ref": "1041"}
    assert said(other, crime("2026-06-02", theirs, at | {"officer_ref": "1042", "outcome": "attempted"}))
    victims = [{"victim_ref": "V1"}, {"victim_ref": "V2"}]
    both = (theirs | {"victim_ref": "V1"}, at | {"officer_ref": "1042", "victim_ref": "V2"})
    text, _ = texts(crime("2026-06-02", *both, victims=victims))
    assert text.index("victim V1") < text.index(other) < text.index("victim V2") < text.index(yours)


def test_a_victim_added_later_has_their_own_first_day() -> None:
    """Rules 3: D0 is the day on which the victim was added."""
    victims = [{"victim_ref": "V1", "added_at": "2026-06-02T09:00:00Z"}]
    record = crime("2026-05-01", {"at": "2026-06-02"}, victims=victims)
    assert said("An update on Tuesday 2 June, the day this victim was added, is recorded.", record)


def test_it_says_what_was_owed_by_when_and_for_how_long() -> None:
    record = crime("2026-06-02")
    assert said("First update within 7 days of the report was due by Tuesday 9 June, 1 day ago", record)
    assert said("Last update: none recorded, 8 days since the report", record)
    assert said("HMIC, September 2008: an update within 7 days", record)


def test_another_year_is_named() -> None:
    assert said("was due by Tuesday 9 December 2025, 183 days ago", crime("2025-12-02"))


def test_an_attempt_is_shown_and_does_not_count() -> None:
    """Rules 2.4."""
    attempt = {"outcome": "attempted"}
    record = crime("2026-06-02", {"at": "2026-06-05"} | attempt)
    assert said("An attempt on Friday 5 June is recorded; an attempt does not count as an update (rules 2.4).", record)
    days = [{"at": f"2026-06-0{day}"} | attempt for day in (3, 4, 5, 8)]
    sentence = "Attempts on Thursday 4 June, Friday 5 June and Monday 8 June are recorded;"
    assert said(sentence, crime("2026-06-02", *days))


def test_an_update_before_a_victim_was_added_is_named_and_does_not_count() -> None:
    """Rules 3.5: nobody is told that they did nothing; the clock ran from the day on which the victim was added."""
    victims = [{"victim_ref": "V1"}, {"victim_ref": "V2", "added_at": "2026-06-02T09:00:00Z"}]
    record = crime("2026-05-20", {"at": "2026-05-25"}, victims=victims)
    assert said("Last update: none that counts, 8 days since this victim was added", record)
    assert said(
        "The update on Monday 25 May came before this victim was added to the record; it does not count for them. "
        "Their time runs from Tuesday 2 June, the day they were added (rules 3.5).",
        record,
    )
    told_since = crime("2026-05-20", {"at": "2026-05-25"}, {"at": "2026-06-02"}, victims=victims)
    assert not said("came before this victim was added", told_since)


def test_an_update_dated_before_the_report_is_named_and_does_not_count() -> None:
    """Rules 3.5: a data fault, which the officer can put right."""
    sentence = (
        "The update on Wednesday 20 May is dated before the report on Tuesday 2 June and does not count (rules 3.5); "
        "if its date is wrong, correct it."
    )
    assert said(sentence, crime("2026-06-02", {"at": "2026-05-20"}))


def test_it_says_for_how_long_the_victim_has_heard_nothing() -> None:
    """Rules 4.5: the running cycle is 22 days late; the five before it were missed one after another."""
    record = crime("2025-12-02", {"at": "2025-12-05"})
    assert said("was due by Tuesday 19 May, 22 days ago", record)
    assert said("Last update: Friday 5 December 2025, 187 days ago", record)
    sentence = (
        "The 5 updates before it, the first due by Tuesday 30 December 2025, were missed too: the victim has heard nothing that "
        "counts for 187 days (rules 4.5)."
    )
    assert said(sentence, record)
    assert said("The update due by Wednesday 29 April was missed too:", crime("2026-04-01", {"at": "2026-04-06"}))
    assert not said("missed too", crime("2026-05-01", {"at": "2026-05-06"}))


def test_who_was_forgotten_longest_comes_first_however_late_the_running_cycle_is() -> None:
    """Rules 4.5: a cycle of a day ago after five that were missed, before a first update of 30 days ago."""
    forgotten = outstanding(
        crime("2025-12-24", {"at": "2025-12-30"}, crime_ref="L"), now=datetime(2026, 6, 17, 6, tzinfo=UTC)
    )
    late = outstanding(crime("2026-05-11", crime_ref="S"), now=datetime(2026, 6, 17, 6, tzinfo=UTC))
    both = [item.waiting.crime_ref for item in sorted([*late, *forgotten], key=lambda item: item.urgency)]
    assert both[0] == "L"


def test_it_says_who_else_is_told_and_from_when() -> None:
    """The ladder, from the due date of 9 June; the champion in the first weekly list after 30 June."""
    sentence = (
        "Who else is told if no update is recorded: your supervisor from Tuesday 16 June and the division's champion "
        "from Monday 6 July."
    )
    assert said(sentence, crime("2026-06-02"))
    several = outstanding(crime("2026-06-02", crime_ref="A"), crime("2026-05-28", crime_ref="B"))
    text = " ".join(render(letter(several), SETTINGS).text.split())
    # Of B, due on 4 June, when half of the champion's time has passed: it was told today for the first time.
    assert "your supervisor from Monday 15 June at the earliest" in text


def test_already_done_says_when_the_list_was_read() -> None:
    written = write(
        [Decision(o, "1", Outcome.SENT, Reason.NEW) for o in outstanding(crime())],
        POLICY,
        SETTINGS,
        TODAY,
        LetterContext("06:55"),
    )
    text = " ".join(render(written, SETTINGS).text.split())
    assert (
        "Already done? Record it in the crime system: this list is read from there, last on 06:55. "
        "An update that counts takes the victim off it." in text
    )


def test_only_attempts_since_the_last_update_are_shown() -> None:
    record = crime("2026-04-01", {"at": "2026-04-06", "outcome": "attempted"}, {"at": "2026-04-07"})
    assert not said("attempt on", record)
    assert said("Last update: Tuesday 7 April", record)


def test_a_contact_without_an_outcome_that_counts_is_shown() -> None:
    """Rules 2.4: an absent outcome does not count, nor does a method the policy does not list."""
    record = crime("2026-06-02", {"at": "2026-06-05", "outcome": None})
    sentence = "A contact on Friday 5 June is recorded, but not in a way that counts as an update (rules 2.4)."
    assert said(sentence, record)
    strict = POLICY.with_values(counted_methods=["phone", "visit"])
    letter_only = crime("2026-06-02", {"at": "2026-06-05", "method": "letter"})
    assert said(sentence, letter_only, policy=strict)
    assert said("and the method phone or visit", letter_only, policy=strict)


def test_what_happened_before_the_report_is_no_last_update() -> None:
    """Rules 3.5: it never counts."""
    assert said("Last update: none that counts", crime("2026-06-02", {"at": "2026-05-20"}))


def test_one_victim_is_one_entry_whatever_is_owed() -> None:
    obligations = outstanding(crime("2026-05-06"))
    assert sorted(o.requirement for o in obligations) == ["28-day", "7-day"]
    written = letter(obligations)
    assert [(len(entry.owed), entry.crime) for entry in written.parts["new"]] == [(2, "22/1/26")]
    assert written.subject == "1 victim is waiting for an update from you"
    assert [due.days_over for due in written.parts["new"][0].owed] == [28, 7]


def test_that_a_contact_on_the_day_of_the_report_does_not_count_is_said_where_a_first_update_is_owed() -> None:
    """Rules 3.3: also if something else is owed in the same mail, and never of a later update alone."""
    first, later = crime(), crime("2026-04-20", {"at": "2026-04-27"}, crime_ref="22/2/26")
    rule = "For the first update, neither does a contact on the day of the report (rules 3.3)."
    assert {owed.requirement for owed in outstanding(first, later)} == {"7-day", "28-day"}
    assert said(rule, first)
    assert said(rule, first, later)
    assert not said(rule, later)


def test_the_opaque_reference_is_told_only_where_a_crime_has_several_victims() -> None:
    assert not said("V1", crime())
    both = crime(victims=[{"victim_ref": "V1"}, {"victim_ref": "V2"}])
    assert said("Crime 22/1/26, victim V1", both)
    assert said("2 victims are waiting", both)
    not_yet = [{"victim_ref": "V1"}, {"victim_ref": "V2", "added_at": "2026-06-11T09:00:00Z"}]
    assert not said("V1", crime(victims=not_yet))  # rules 2.7: a victim added after T does not exist yet


def test_nothing_personal_is_ever_in_a_mail() -> None:
    """A victim's name, offence or address may stand in fields of the record that nobody needs in a mail."""
    personal = ["BURGLARY", "Elm Street", "Jane Roe", "secret note", "07700 900123"]
    record = crime(
        "2026-06-02", {"at": "2026-06-05", "outcome": personal[3], "method": personal[4]},
        offence=personal[0], team=personal[1], division=personal[2],
    )  # fmt: skip
    mail = render(letter(outstanding(record)), SETTINGS)
    for word in personal:
        assert word not in mail.text + str(mail.html) + mail.subject
    assert mail.subject == "1 victim is waiting for an update from you"


def test_every_mail_says_how_to_make_contact_safely() -> None:
    assert said(SAFE, crime())


def test_it_says_what_to_do_what_counts_and_how_it_was_judged() -> None:
    assert said("When you know that it is safe, ring the victim, or contact them in the way they agreed.", crime())
    assert said("Record it as an update in the crime system, with the day you spoke.", crime())
    assert said("An attempt does not count (rules 2.4).", crime())
    assert said("Policy: West Mercia force policy on keeping victims informed.", crime())
    assert said("neither does a contact on the day of the report (rules 3.3)", crime())
    further_only = crime("2026-04-01", {"at": "2026-04-07"})
    assert not said("neither does a contact on the day of the report", further_only)


def test_a_reply_is_asked_for_only_where_it_arrives() -> None:
    assert said("Wrong? Reply with the crime number.", crime())
    assert not said("Reply with", crime(), settings=change(SETTINGS, reply_to=None))


def test_the_crime_is_linked_where_the_force_says_how() -> None:
    linked = change(SETTINGS, crime_link="https://crimes.force.example/crime/{crime_ref}")
    mail = render(letter(outstanding(crime(crime_ref='22/1"><script>/26')), settings=linked), linked)
    assert "https://crimes.force.example/crime/22%2F1%22%3E%3Cscript%3E%2F26" in mail.text
    assert "<script>" not in str(mail.html)
    assert "<a href" not in str(render(letter(outstanding(crime())), SETTINGS).html)


def test_new_victims_come_first_and_the_most_overdue_of_each_part_first() -> None:
    new = outstanding(crime("2026-06-01", crime_ref="N1"), crime("2026-05-31", crime_ref="N2"))
    old = outstanding(crime("2026-05-20", crime_ref="O1"), crime("2026-05-10", crime_ref="O2"))
    told = [Decision(o, "1042", Outcome.SENT, Reason.NEW) for o in new]
    told += [Decision(o, "1042", Outcome.SENT, Reason.STILL_WAITING) for o in old]
    text = render(write(told, POLICY, SETTINGS, TODAY), SETTINGS).text
    places = [text.index(part) for part in ("NEW", "Crime N2", "Crime N1", "STILL WAITING", "Crime O2", "Crime O1")]
    assert places == sorted(places)
