"""The weekly list of supervisors and champions: what is stuck, whose, since when, who is away."""

from dataclasses import replace
from datetime import date

import pytest

from compliance.policy import load_policy
from compliance.reminders import Decision
from compliance.reminders.decisions import decide
from compliance.reminders.emails.composing import LetterContext, write
from compliance.reminders.emails.letter import Holder, Letter
from compliance.reminders.emails.templates import render
from compliance.reminders.history import History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Owed
from compliance.reminders.recipients import Directory
from compliance.reminders.sending_times import list_day
from compliance.reminders.support_list import Support
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from tests.reminding import change
from tests.unit.test_reminders_ladder import STAFF, overdue
from tests.unit.test_reminders_stages import DAY, RULES, SETTINGS, TODAY, officer, owed

POLICY = load_policy("west-mercia")
MONDAY = date(2026, 6, 8)
"""Of the week of TODAY, a Wednesday."""


@pytest.mark.parametrize(
    ("weekday", "today", "newest"),
    [
        ("mon", "2026-06-08", "2026-06-08"),
        ("mon", "2026-06-14", "2026-06-08"),
        ("wed", "2026-06-09", "2026-06-03"),
        ("mon", "2026-05-25", "2026-05-18"),  # the spring bank holiday
        ("mon", "2026-05-26", "2026-05-26"),
        ("sat", "2026-06-14", "2026-06-08"),  # Saturday's list is Monday's
        ("fri", "2026-12-28", "2026-12-18"),  # Christmas Day, and Boxing Day moved to a Monday
        ("fri", "2026-12-29", "2026-12-29"),
    ],
)
def test_the_day_of_the_list_is_the_weekday_or_the_next_working_day(weekday: str, today: str, newest: str) -> None:
    found = list_day(POLICY, change(SETTINGS, list_weekday=weekday).reminders, date.fromisoformat(today))
    assert found == date.fromisoformat(newest)


def test_a_force_can_do_without_the_list() -> None:
    assert list_day(POLICY, change(SETTINGS, list_weekday="never").reminders, TODAY) is None


def leaders(item: Owed, told_on: date, today: date, newest: date | None = MONDAY) -> dict[str, str]:
    """Step -> what comes of it for a supervisor and a champion who were told on a day."""
    history = History({(ref, item.key, 1, LadderStep.OVERDUE): told_on for ref in ("1042", "2000", "3000")})
    about = Morning(RULES, today, {row.officer_ref: row for row in STAFF}, history, list_day=newest)
    return {d.step: f"{d.outcome}: {d.said}" for d in decide([item], about) if d.step != "overdue"}


def test_what_is_stuck_is_mentioned_again_once_a_week_to_those_above() -> None:
    item = overdue(40)
    assert set(leaders(item, MONDAY - DAY, MONDAY).values()) == {"sent: still waiting"}
    assert set(leaders(item, MONDAY, TODAY).values()) == {"suppressed: notified on 2026-06-08"}
    assert set(leaders(item, MONDAY - 30 * DAY, TODAY, None).values()) == {"suppressed: notified on 2026-05-09"}


def test_a_list_that_was_missed_is_made_up() -> None:
    """Nothing ran on the Monday."""
    assert set(leaders(overdue(40), MONDAY - 3 * DAY, TODAY).values()) == {"sent: still waiting"}


def test_whose_list_has_gone_out_is_owed_none_until_next_week() -> None:
    about = Morning(RULES, TODAY, {}, History(last={"2000": MONDAY, "3000": MONDAY - DAY}), list_day=MONDAY)
    assert [about.owes_list(ref) for ref in ("2000", "3000", "4000")] == [False, True, True]
    assert not replace(about, list_day=None).owes_list("3000")


def stuck(*obligations: Owed, directory: Directory | None = None, support: tuple[Support, ...] = ()) -> Letter:
    told = [Decision(o, "2000", Outcome.SENT, Reason.NEW, LadderStep.SUPERVISOR) for o in obligations]
    return write(told, POLICY, SETTINGS, TODAY, LetterContext(directory=directory, support=support))


def texts(letter: Letter) -> tuple[str, str]:
    mail = render(letter, SETTINGS)
    return " ".join(mail.text.split()), " ".join(str(mail.html).split())


def test_it_says_whose_it_is_since_when_and_who_is_away() -> None:
    staff = [
        officer("1042", name="PC Sarah Ahmed", absent=[{"from": "2026-06-01", "until": "2026-06-19"}]), officer("1043"),
        officer("1044", left_on=TODAY),
    ]  # fmt: skip
    directory = Directory({row.officer_ref: row for row in staff}, RULES, TODAY, {})
    items = [
        owed("22/1/26", TODAY - 9 * DAY, "1043"), owed("22/2/26", TODAY - 30 * DAY, "1042"),
        owed("22/3/26", TODAY - 8 * DAY, "1042"), owed("22/4/26", TODAY - 7 * DAY, "1044"),
    ]  # fmt: skip
    letter = stuck(*items, directory=directory)
    assert letter.holders == (
        Holder("1042", "PC Sarah Ahmed (1042)", None, 2, 30, "is absent until 19 June"),
        Holder("1043", "officer 1043", None, 1, 9, None), Holder("1044", "officer 1044", None, 1, 7, "has left"),
    )  # fmt: skip
    # Together what is with one officer, the one whose victim waits longest first.
    assert [entry.crime for entry in letter.parts["stuck"]] == ["22/2/26", "22/3/26", "22/1/26", "22/4/26"]
    text, html = texts(letter)
    headings = (
        "With PC Sarah Ahmed (1042), who is absent until 19 June: 2 victims, longest 30 days overdue",
        "With officer 1043", "With officer 1044, who has left",
    )  # fmt: skip
    for part in (text, html):
        assert [*map(part.index, headings)] == sorted(map(part.index, headings))


def test_the_heading_of_one_victim_counts_nothing() -> None:
    (holder,) = stuck(owed(due=TODAY - 9 * DAY)).holders
    assert holder.heading == "With officer 1042"
    assert replace(holder, team="North 1", victims=2).heading == (
        "With officer 1042, North 1: 2 victims, longest 9 days overdue"
    )


def test_a_victim_on_hold_leads_and_says_who_has_them() -> None:
    items = [owed("22/1/26", TODAY - 30 * DAY, "1043"), owed("22/2/26", TODAY - 9 * DAY, on_hold=True)]
    letter = stuck(*items)
    assert [heading for heading, _ in letter.sections] == ["ON HOLD", "With officer 1043"]
    assert letter.parts["hold"][0].in_the_way == ("With officer 1042.",)
    assert (letter.counts["stuck"], letter.counts["hold"]) == (1, 1)


def test_a_victim_on_hold_is_no_victim_to_update_in_the_subject() -> None:
    """Nobody sets about ringing all of "2 new: victims to update" without having read the email."""
    held, other = owed("22/2/26", TODAY - 9 * DAY, on_hold=True), owed("22/1/26", TODAY - 30 * DAY, "1043")
    assert stuck(held, other).subject == "1 new, 1 new on hold: victims needing your decision, 10 June"
    again = [
        Decision(held, "2000", Outcome.SENT, Reason.STILL_WAITING, rerouted=Reason.CONTACT_HOLD),
        Decision(other, "2000", Outcome.SENT, Reason.NEW, rerouted=Reason.ABSENT),
    ]
    assert write(again, POLICY, SETTINGS, TODAY).subject == "1 new, 1 on hold: victims to update, 10 June"


def test_the_longest_wait_runs_from_the_first_update_missed_in_a_row() -> None:
    """Rules 4.5: the next cycle that falls due makes no wait shorter."""
    missed = replace(owed("22/1/26", TODAY - 6 * DAY), missed_before=1, first_due=TODAY - 34 * DAY)
    (holder,) = stuck(missed, owed("22/2/26", TODAY - 28 * DAY)).holders
    assert holder.longest == 34


def test_leaders_read_of_an_absence_even_where_the_officer_had_time_besides() -> None:
    absent = [{"from": "2026-05-20", "until": "2026-05-27"}]
    directory = Directory({"1042": officer("1042", absent=absent)}, RULES, TODAY, {})
    (entry,) = stuck(owed("22/1/26", TODAY - 30 * DAY), directory=directory).parts["stuck"]
    assert entry.in_the_way == ("Not counted as their time: absent until 27 May and nobody told in their place.",)
    (entry,) = stuck(owed("22/1/26", TODAY - 10 * DAY), directory=directory).parts["stuck"]
    assert entry.in_the_way == ()


def test_officers_with_repeated_misses_are_named_as_a_matter_for_support() -> None:
    for letter in (
        stuck(owed(), support=(Support("1042", "North 1", 4, 9),)),
        stuck(support=(Support("1042", "North 1", 4, 9),)),
    ):
        text, html = texts(letter)
        said = "4 updates not given in time in the last 28 days, of 9 due in their cases"
        assert f"Officer 1042, North 1: {said}" in text
        assert f"<strong>Officer 1042, North 1</strong>: {said}" in html
    assert letter.subject == "1 officer who may need support, 10 June"
    assert "OFFICERS WHO MAY NEED SUPPORT" not in texts(stuck(owed()))[0]


def test_a_list_of_officers_alone_does_not_say_what_to_do_about_victims() -> None:
    text, html = texts(stuck(support=(Support("1042", None, 3, 3),)))
    assert "WHAT TO DO" not in text
    assert "WHAT TO DO" not in html
