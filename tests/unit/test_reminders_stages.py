"""Who is told what, and the named reason of every obligation that is not told (decision 0018)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from compliance.errors import SettingsError
from compliance.feed_settings import CrimeSystem
from compliance.policy import load_policy
from compliance.reminders import Decision
from compliance.reminders.contact_holds import Hold
from compliance.reminders.decisions import decide
from compliance.reminders.history import History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Owed
from compliance.reminders.sending_times import next_opening, not_now
from compliance.reminders.waiting import Waiting
from compliance.store.kept.notice_kinds import Outcome, Reason
from compliance.store.receiving.directory import DirectoryEntry
from tests.reminding import change, reminder_settings

POLICY = load_policy("west-mercia")
TODAY = date(2026, 6, 10)  # a Wednesday
SETTINGS = reminder_settings()
RULES = SETTINGS.reminders
DAY = timedelta(days=1)


def officer(ref: str = "1042", **changes: Any) -> DirectoryEntry:
    values: dict[str, Any] = {"officer_ref": ref, "email": f"{ref}@force.example", "absent": [], "left_on": None}
    return DirectoryEntry(**(values | {"seen_at": datetime(2026, 6, 1, tzinfo=UTC)} | changes))


def owed(crime_ref: str = "22/1/26", due: date = TODAY - DAY, officer_ref: str | None = "1042", **changes: Any) -> Owed:
    victim = Waiting(
        crime_ref, "V1", False, officer_ref, Hold(changes.pop("on_hold", False)), due - 7 * DAY, None, (), ()
    )
    return replace(Owed(victim, "7-day", 1, due - 7 * DAY, due, (TODAY - due).days, False, 1), **changes)


def told(*obligations: Owed, officers: tuple[DirectoryEntry, ...] = (officer(),), **history: Any) -> list[Decision]:
    about = Morning(RULES, TODAY, {row.officer_ref: row for row in officers}, History(**history))
    return decide(obligations, about)


def reasons(decisions: list[Decision]) -> list[str]:
    return [f"{decision.outcome}: {decision.said}" for decision in decisions]


def one(*obligations: Owed, **about: Any) -> str:
    """The reason of the one obligation, as its officer's step has it."""
    (reason,) = reasons([decision for decision in told(*obligations, **about) if decision.step == "overdue"])
    return reason


def test_what_is_new_is_told_to_the_officer_who_has_the_case_now() -> None:
    assert told(owed()) == [Decision(owed(), "1042", Outcome.SENT, Reason.NEW)]


def test_what_fell_due_before_the_start_is_never_mailed() -> None:
    assert one(owed(due=RULES.due_from - DAY)) == "suppressed: fell due before the service started"
    assert one(owed(due=RULES.due_from)) == "sent: new"


def test_nobody_is_pushed_into_a_contact_that_may_be_unsafe() -> None:
    assert one(owed(on_hold=True)) == "held: contact hold"
    assert one(owed(on_hold=True), officers=()) == "held: contact hold"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": None}, "no address"),
        ({"email": ""}, "no address"),
        ({"email": "1042@force.example\nBcc: all@force.example"}, "address cannot be used"),
        ({"left_on": TODAY}, "officer has left"),
        ({"absent": [{"from": "2026-06-10", "until": "2026-06-10"}]}, "officer absent"),
        ({"absent": [{"from": "2026-06-01", "until": None}]}, "officer absent"),
    ],
)
def test_an_officer_who_cannot_be_told_has_the_reason_kept(changes: dict[str, Any], reason: str) -> None:
    assert one(owed(), officers=(officer(**changes),)) == f"held: {reason}"


@pytest.mark.parametrize(
    "changes",
    [
        {"left_on": TODAY + DAY},
        {"absent": [{"from": "2026-06-01", "until": "2026-06-09"}, {"from": "2026-06-11", "until": "2026-06-20"}]},
    ],
)
def test_an_absence_or_a_leaving_of_another_day_holds_nothing(changes: dict[str, Any]) -> None:
    assert one(owed(), officers=(officer(**changes),)) == "sent: new"


def test_a_case_without_an_officer_or_with_an_unknown_one_is_held() -> None:
    (nobody,) = told(owed(officer_ref=None))
    assert (nobody.recipient_ref, nobody.outcome, nobody.reason) == ("", Outcome.HELD, "nobody has the case")
    assert one(owed(officer_ref="9999")) == "held: officer unknown"


def test_an_address_that_the_server_refused_waits_and_a_corrected_one_does_not() -> None:
    refused = {("1042", "1042@force.example"): TODAY - 6 * DAY}
    assert one(owed(), refused=refused) == "held: address refused on 2026-06-04"
    assert one(owed(), refused=refused, officers=(officer(email="new@force.example"),)) == "sent: new"
    assert one(owed(), refused={("1042", "1042@force.example"): TODAY - 7 * DAY}) == "sent: new"


def known(*obligations: Owed, day: date) -> dict[str, Any]:
    """These were told to the officer on a day, in their last digest."""
    return {"notified": {("1042", o.key, o.spell, "overdue"): day for o in obligations}}


def test_what_was_told_is_told_again_after_seven_days_and_not_before() -> None:
    assert one(owed(), **known(owed(), day=TODAY - 6 * DAY)) == "suppressed: notified on 2026-06-04"
    assert one(owed(), **known(owed(), day=TODAY - 7 * DAY)) == "sent: still waiting"


def test_a_digest_that_goes_out_for_something_new_mentions_what_still_waits() -> None:
    old, new = owed("22/1/26"), owed("22/2/26")
    assert reasons(told(old, new, **known(old, day=TODAY - DAY))) == ["sent: still waiting", "sent: new"]


def test_what_becomes_overdue_again_is_new() -> None:
    """A withdrawn update or a corrected date re-arms the reminder: the spell and the clock date belong to its key."""
    before = known(owed(), day=TODAY - DAY)
    assert one(owed(spell=2), **before) == "sent: new"
    assert one(owed(clock_date=date(2026, 6, 1)), **before) == "sent: new"


def test_what_another_officer_was_told_is_new_to_the_one_who_has_the_case_now() -> None:
    before = known(owed(), day=TODAY - DAY)
    assert one(owed(officer_ref="2000"), officers=(officer("2000"),), **before) == "sent: new"


def test_nobody_gets_two_digests_on_one_day() -> None:
    first, second = owed("22/1/26"), owed("22/2/26")
    decisions = told(first, second, today=frozenset({"1042"}), **known(first, day=TODAY))
    assert reasons(decisions) == ["suppressed: notified on 2026-06-10", "suppressed: a digest went out earlier today"]


def test_every_obligation_ends_in_exactly_one_decision() -> None:
    obligations = [owed(f"22/{i}/26", officer_ref=ref) for i, ref in enumerate(["1042", None, "9999", "1042", "2000"])]
    decisions = told(*obligations, officers=(officer(), officer("2000", email=None)))
    assert sorted(d.owed.key for d in decisions) == sorted(o.key for o in obligations)


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        ("2026-06-10 07:00", None),  # a Wednesday in summer time
        ("2026-06-10 06:59", "emails go out from 07:00"),
        ("2026-06-10 18:00", "emails go out until 18:00"),
        ("2026-06-13 09:00", "Saturday 13 June 2026 is not a working day"),
        ("2026-06-14 09:00", "Sunday 14 June 2026 is not a working day"),
        ("2026-12-25 09:00", "Friday 25 December 2026 is not a working day"),
        ("2026-12-28 09:00", "Monday 28 December 2026 is not a working day"),  # Boxing Day, a Saturday, moved
        ("2026-01-05 07:00", None),  # in winter time
    ],
)
def test_mail_goes_out_on_working_mornings_in_local_time(local: str, reason: str | None) -> None:
    now = POLICY.local.start_of(date.fromisoformat(local[:10])) + timedelta(
        hours=int(local[11:13]), minutes=int(local[14:])
    )
    assert not_now(POLICY, RULES, now) == reason


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        (datetime(2026, 6, 10, 5, 0, tzinfo=UTC), datetime(2026, 6, 10, 6, 0, tzinfo=UTC)),
        (datetime(2026, 6, 12, 17, 0, tzinfo=UTC), datetime(2026, 6, 15, 6, 0, tzinfo=UTC)),  # Friday to Monday
        (datetime(2026, 12, 24, 18, 0, tzinfo=UTC), datetime(2026, 12, 29, 7, 0, tzinfo=UTC)),  # over Christmas
        (datetime(2026, 3, 27, 18, 0, tzinfo=UTC), datetime(2026, 3, 30, 6, 0, tzinfo=UTC)),  # the clocks go forward
    ],
)
def test_what_is_postponed_goes_out_when_mail_next_does(now: datetime, opening: datetime) -> None:
    assert next_opening(POLICY, RULES, now) == opening
    assert not_now(POLICY, RULES, opening) is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sender": "nobody"}, "sender"),
        ({"reply_to": "a@force.example\nBcc: b@force.example"}, "reply"),
        ({"repeat_days": 0}, "repeat_days"),
        ({"listed": 0}, "listed"),
        ({"send_until": time(7)}, "send_until"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        change(SETTINGS, **changes)


@pytest.mark.parametrize(
    "link",
    ["https://crimes.force.example/", "javascript:alert('{crime_ref}')", "https://x.example/{crime_ref}/{crime_ref}"],
)
def test_a_link_to_a_crime_that_leads_nowhere_is_named(link: str) -> None:
    with pytest.raises(ValidationError, match="crime_link"):
        CrimeSystem(url="https://crimes.force.example", crime_link=link)
