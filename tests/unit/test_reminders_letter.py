"""What an officer reads: the record's own facts, in plain words, and nothing that could identify a victim."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest

from compliance.errors import SettingsError
from compliance.policy import Policy, load_policy
from compliance.records import convert_crime
from compliance.reminders import Decision, ReminderSettings
from compliance.reminders.emails.composing import LetterContext, write
from compliance.reminders.emails.letter import Letter
from compliance.reminders.emails.templates import render
from compliance.reminders.owed import Owed, Standing, find_owed
from compliance.store.kept.notice_kinds import Outcome, Reason
from tests.reminding import change, reminder_settings

POLICY = load_policy("west-mercia")
NOW = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)  # Wednesday, 07:00 in Worcester
TODAY = date(2026, 6, 10)
SETTINGS = reminder_settings(reply_to="performance@force.example")
SAFE = (
    "Before you contact a victim, check in the crime system how they agreed to be contacted. "
    "If nothing safe is recorded, do not ring: ask a supervisor."
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
    assert said("An update on 2 June, the day of the report, is recorded: the policy asks for one more.", record)
    assert said("Last update: 2 June", record)
    assert said("rules 2.4, 3.3.", record)
    assert not said("the day of the report, is recorded", crime("2026-06-02"))


def test_an_update_is_the_readers_only_where_the_record_says_so() -> None:
    """Records section 1: `officer_ref` of the update."""
    at = {"at": "2026-06-02"}
    yours, other = "Your update on 2 June", "An update on 2 June, the day of the report, is recorded:"
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
    assert said("An update on 2 June, the day this victim was added, is recorded:", record)


def test_it_says_what_was_owed_by_when_and_for_how_long() -> None:
    record = crime("2026-06-02")
    assert said("First update within 7 days of the report: due 9 June, 1 day ago", record)
    assert said("Last update: none yet, after 8 days", record)


def test_another_year_is_named() -> None:
    assert said("due 9 December 2025, 183 days ago", crime("2025-12-02"))


def test_an_attempt_is_shown_and_does_not_count() -> None:
    """Rules 2.4."""
    attempt = {"outcome": "attempted"}
    record = crime("2026-06-02", {"at": "2026-06-05"} | attempt)
    assert said("An attempt on 5 June does not count: please try again.", record)
    days = [{"at": f"2026-06-0{day}"} | attempt for day in (3, 4, 5, 8)]
    sentence = "Attempts on 4 June, 5 June and 8 June do not count."
    assert said(sentence, crime("2026-06-02", *days))


def test_a_decline_that_has_ended_is_shown_with_its_dates_until_there_is_an_update() -> None:
    """Rules 5.4: what fell due within it was not owed. The reader is not asked why nobody rang."""
    victims = [{"victim_ref": "V1", "declined_at": "2026-05-04T09:00:00Z", "declined_until": "2026-05-20T09:00:00Z"}]
    sentence = "Declined updates from 4 May until 20 May."
    first = {"at": "2026-04-28"}
    assert said(sentence, crime("2026-04-27", first, victims=victims))
    assert said("rules 2.4, 5.4.", crime("2026-04-27", first, victims=victims))
    assert not said("Declined", crime("2026-04-27", first, {"at": "2026-05-21"}, victims=victims))
    assert not said("Declined", crime("2026-04-27", first))
    no_end = [{key: value for key, value in victims[0].items() if key != "declined_until"}]
    assert outstanding(crime("2026-04-27", first, victims=no_end)) == []  # no email names them


def test_an_update_before_a_victim_was_added_is_named_and_does_not_count() -> None:
    """Rules 3.5: nobody is told that they did nothing; the clock ran from the day on which the victim was added."""
    victims = [{"victim_ref": "V1"}, {"victim_ref": "V2", "added_at": "2026-06-02T09:00:00Z"}]
    record = crime("2026-05-20", {"at": "2026-05-25"}, victims=victims)
    assert said("Last update: none that counts yet, after 8 days", record)
    assert said("The update on 25 May does not count: this victim was added on 2 June.", record)
    assert said("rules 2.4, 3.5.", record)
    told_since = crime("2026-05-20", {"at": "2026-05-25"}, {"at": "2026-06-02"}, victims=victims)
    assert not said("does not count: this victim", told_since)


def test_an_update_dated_before_the_report_is_named_and_does_not_count() -> None:
    """Rules 3.5: a data fault, which the officer can put right."""
    sentence = (
        "The update on 20 May does not count: it is dated before the report on 2 June. "
        "If its date is wrong, correct it."
    )
    assert said(sentence, crime("2026-06-02", {"at": "2026-05-20"}))


def test_it_says_for_how_long_the_victim_has_heard_nothing() -> None:
    """Rules 4.5: the running cycle is 22 days late; the five before it were missed one after another."""
    record = crime("2025-12-02", {"at": "2025-12-05"})
    assert said("due 19 May, 22 days ago", record)
    assert said("Last update: 5 December 2025, 187 days ago", record)
    assert said("The 5 before it, the first due by 30 December 2025, were missed too.", record)
    assert said("rules 2.4, 4.5.", record)
    assert said("The one before it, due by 29 April, was missed too.", crime("2026-04-01", {"at": "2026-04-06"}))
    assert not said("missed too", crime("2026-05-01", {"at": "2026-05-06"}))


def test_who_was_forgotten_longest_comes_first_however_late_the_running_cycle_is() -> None:
    """Rules 4.5: a cycle of a day ago after five that were missed, before a first update of 30 days ago."""
    forgotten = outstanding(
        crime("2025-12-24", {"at": "2025-12-30"}, crime_ref="L"), now=datetime(2026, 6, 17, 6, tzinfo=UTC)
    )
    late = outstanding(crime("2026-05-11", crime_ref="S"), now=datetime(2026, 6, 17, 6, tzinfo=UTC))
    both = [item.waiting.crime_ref for item in sorted([*late, *forgotten], key=lambda item: item.urgency)]
    assert both[0] == "L"


def test_it_says_who_is_told_next_of_each_victim_and_when() -> None:
    """The ladder, from the due date of 9 June; who follows the supervisor is told of another day."""
    # A Tuesday: the list after the officer's 7 days comes on the 22nd, and half of the champion's time has passed before.
    assert said("Goes to your supervisor on 19 June.", crime("2026-06-02"))
    several = outstanding(crime("2026-06-02", crime_ref="A"), crime("2026-05-28", crime_ref="B"))
    text = " ".join(render(letter(several), SETTINGS).text.split())
    # Of B, due on 4 June, when half of the champion's time has passed: it was told today for the first time.
    places = [
        text.index(part) for part in ("Crime B", "your supervisor on 15 June", "Crime A", "your supervisor on 19 June")
    ]
    assert places == sorted(places)


def test_already_done_says_when_the_list_was_read() -> None:
    told = [Decision(o, "1", Outcome.SENT, Reason.NEW) for o in outstanding(crime())]
    for read_at, expected in (
        ("10 June at 06:55", " Recorded since 10 June at 06:55? Nothing more to do."),
        (None, ""),
    ):
        mail = render(write(told, POLICY, SETTINGS, TODAY, LetterContext(read_at)), SETTINGS)
        sentence = f"Already done? Record it.{expected}"
        assert sentence in " ".join(mail.text.split())
        assert sentence in str(mail.html)


def test_only_attempts_since_the_last_update_are_shown() -> None:
    record = crime("2026-04-01", {"at": "2026-04-06", "outcome": "attempted"}, {"at": "2026-04-07"})
    assert not said("ttempt on", record)
    assert said("Last update: 7 April", record)


def test_a_contact_without_an_outcome_that_counts_is_shown() -> None:
    """Rules 2.4: an absent outcome does not count, nor does a method the policy does not list."""
    record = crime("2026-06-02", {"at": "2026-06-05", "outcome": None})
    sentence = "A contact on 5 June is not recorded in a way that counts."
    assert said(sentence, record)
    strict = POLICY.with_values(counted_methods=["phone", "visit"])
    letter_only = crime("2026-06-02", {"at": "2026-06-05", "method": "letter"})
    assert said(sentence, letter_only, policy=strict)
    assert said("by phone or visit", letter_only, policy=strict)


def test_what_happened_before_the_report_is_no_last_update() -> None:
    """Rules 3.5: it never counts."""
    assert said("Last update: none that counts", crime("2026-06-02", {"at": "2026-05-20"}))


def test_one_victim_is_one_entry_whatever_is_owed() -> None:
    obligations = outstanding(crime("2026-05-06"))
    assert sorted(o.requirement for o in obligations) == ["28-day", "7-day"]
    written = letter(obligations)
    assert [(len(entry.owed), entry.crime) for entry in written.parts["new"]] == [(2, "22/1/26")]
    assert written.subject == "1 new: victim to update, 10 June"
    assert said("One update covers both.", crime("2026-05-06"))
    assert not said("One update", crime())
    assert [due.days_over for due in written.parts["new"][0].owed] == [28, 7]


def test_the_opaque_reference_is_told_only_where_a_crime_has_several_victims() -> None:
    assert not said("V1", crime())
    both = crime(victims=[{"victim_ref": "V1"}, {"victim_ref": "V2"}])
    assert said("Crime 22/1/26, victim V1", both)
    assert letter(outstanding(both)).subject == "2 new: victims to update, 10 June"
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
    assert mail.subject == "1 new: victim to update, 10 June"


def test_every_mail_says_how_to_make_contact_safely() -> None:
    assert said(SAFE, crime())


def test_it_says_what_to_do_how_to_record_it_and_by_which_policy() -> None:
    assert said("Contact the victim in the way agreed, and say how the case stands.", crime())
    assert said("with the day you spoke; attempts do not count.", crime())
    counted = POLICY.with_values(counted_outcomes=["informed", "attempted"])
    assert not said("attempts do not count", crime(), policy=counted)
    assert said("Policy: West Mercia force policy on keeping victims informed, rules 2.4.", crime())


def test_the_policys_text_is_linked_where_the_force_says_where_it_is() -> None:
    link = "https://intranet.force.example/policy"
    mail = render(letter(outstanding(crime()), settings=change(SETTINGS, policy_link=link)), SETTINGS)
    assert link in mail.text
    assert f'href="{link}"' in str(mail.html)
    with pytest.raises(SettingsError, match="policy_link"):
        change(SETTINGS, policy_link="javascript:alert()")


@pytest.mark.parametrize(("category", "marked"), [("enhanced", True), ("standard", False), (None, False)])
def test_victims_entitled_to_the_enhanced_service_are_marked(category: str | None, marked: bool) -> None:
    victims = [{"victim_ref": "V1", "category": category}]
    assert said("Crime 22/1/26 (enhanced)", crime(victims=victims)) == marked


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
