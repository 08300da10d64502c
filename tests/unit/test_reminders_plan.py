"""The week's plan of what falls due, by day; and the days on which officers are told again."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.policy.calendars import to_day
from compliance.records import convert_crime
from compliance.reminders import Decision
from compliance.reminders.decisions import decide
from compliance.reminders.emails.composing import write
from compliance.reminders.emails.templates import render
from compliance.reminders.history import Accepted, History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Owed, Standing, find_owed
from compliance.reminders.sending_times import leader_morning, newest_day, next_plan_day
from compliance.store.kept.notice_kinds import LadderStep, Outcome
from tests.reminding import change, reminder_settings
from tests.unit.test_reminders_stages import DAY, SETTINGS, officer, owed

POLICY = load_policy("west-mercia")
MONDAY = date(2026, 6, 8)
QUIET: dict[str, Any] = {"due_soon_days": 0, "ladder": [], "plan_weekday": "never"}


def due(days: int, crime_ref: str = "22/1/26", **changes: Any) -> Owed:
    """Something that falls due so many days after the Monday, in its week's plan."""
    item = owed(crime_ref, MONDAY + days * DAY)
    return replace(item, standing=Standing.DUE_SOON, days_over=-days, early=True, planned=days <= 7, **changes)


def decided(
    *obligations: Owed, today: date = MONDAY, absent: Any = (), cover: str = "", **history: Any
) -> list[Decision]:
    staff = {
        "1042": officer(absent=list(absent), supervisor_ref="2000"),
        "1043": officer("1043"),
        "2000": officer("2000"),
    }
    rules = change(SETTINGS, cover={"1042": cover} if cover else {}).reminders
    about = Morning(rules, today, staff, History(**history), plan_day=MONDAY)
    return decide(obligations, about)


def sent(*obligations: Owed, **about: Any) -> list[tuple[str, str]]:
    return [(d.owed.waiting.crime_ref, d.recipient_ref) for d in decided(*obligations, **about) if d.outcome is Outcome.SENT]  # fmt: skip


def test_what_falls_due_by_the_next_plan_is_told_in_one_mail() -> None:
    assert sent(due(1, "A"), due(7, "B"), due(8, "C")) == [("A", "1042"), ("B", "1042"), ("C", "1042")]
    assert sent(due(8, "C")) == []  # it would have gone along


def test_there_is_no_plan_of_what_was_announced_already() -> None:
    """Told once; with something new, the list of the week is whole."""
    told = {("1042", *due(1, "A").spell_key, "due soon"): MONDAY - 3 * DAY}
    assert sent(due(1, "A"), notified=told) == []
    assert sent(due(1, "A"), due(2, "B"), notified=told) == [("A", "1042"), ("B", "1042")]


def test_an_officer_gets_the_plan_once_a_week() -> None:
    """Who has had a mail since the Monday has had theirs; whoever has not, gets it when they can."""
    wednesday = MONDAY + 2 * DAY
    assert sent(due(4), today=wednesday, last={"1042": MONDAY}) == []
    assert sent(due(4), today=wednesday, last={"1042": MONDAY - DAY}) == [("22/1/26", "1042")]


AWAY = [{"from": "2026-06-08", "until": "2026-06-19"}]


def test_the_plan_of_somebody_absent_waits_or_goes_to_whoever_covers_for_them() -> None:
    assert sent(due(4), absent=[{"from": "2026-06-08", "until": "2026-06-09"}], cover="1043") == []
    assert sent(due(4), absent=AWAY, cover="1043") == [("22/1/26", "1043")]


def test_what_falls_due_soon_makes_no_mail_of_its_own_to_whoever_leads_the_officer() -> None:
    """It is not theirs to act on until it is overdue; it goes along in a mail about something else."""
    soon = replace(due(2), early=False, planned=False)
    for item in (soon, due(4)):
        assert [d.said for d in decided(item, absent=AWAY)] == ["not due soon yet, and nothing else to notify"]
    assert sent(soon, absent=AWAY, cover="1043") == [("22/1/26", "1043")]
    enhanced = replace(soon, waiting=replace(soon.waiting, category="enhanced"))
    assert sent(enhanced, absent=AWAY) == [("22/1/26", "2000")]
    late = owed("LATE", MONDAY - DAY)
    assert sent(late, soon, absent=AWAY) == [("LATE", "2000"), ("22/1/26", "2000")]


def test_the_mail_lists_the_week_by_day() -> None:
    told = [d for d in decided(due(1, "A"), due(1, "B"), due(3, "C")) if d.outcome is Outcome.SENT]
    mail = render(write(told, POLICY, SETTINGS, MONDAY), SETTINGS)
    assert mail.subject == "3 due soon: victims to update, 8 June"
    text = " ".join(mail.text.split())
    for part in (text, str(mail.html)):
        places = [
            part.index(what) for what in ("DUE TUESDAY 9 JUNE", "Crime A", "Crime B", "DUE THURSDAY 11 JUNE", "Crime C")
        ]
        assert places == sorted(places)


def owed_on(day: date, **rules: Any) -> list[tuple[date, bool, bool]]:
    """(due date, early, planned) of what falls due for a crime reported on Friday 5 June: on the 12th."""
    record = {
        "crime_ref": "A",
        "reported_at": "2026-06-05T10:00:00Z",
        "officer_ref": "1",
        "victims": [{"victim_ref": "V"}],
    }
    now, settings = datetime(day.year, day.month, day.day, 7, tzinfo=UTC), reminder_settings(**(QUIET | rules))
    return [(o.due_date, o.early, o.planned) for o in find_owed([convert_crime(record)], POLICY, settings.reminders, now, {})]  # fmt: skip


def test_what_falls_due_soon_needs_no_mail_of_its_own_where_it_is_in_the_plan() -> None:
    friday = date(2026, 6, 12)
    assert owed_on(MONDAY, plan_weekday="mon", ahead_days=0) == [(friday, True, True)]
    assert owed_on(MONDAY, ahead_days=4) == [(friday, True, False)]
    assert owed_on(MONDAY, ahead_days=3) == owed_on(friday, ahead_days=0) == []
    assert owed_on(MONDAY, due_soon_days=4) == [(friday, False, False)]


@pytest.mark.parametrize(
    ("today", "following"),
    [
        ("2026-06-08", "2026-06-15"),
        ("2026-06-14", "2026-06-15"),
        ("2026-05-18", "2026-05-26"),  # the Monday after is a bank holiday
        ("2026-05-25", "2026-05-26"),
        ("2026-12-21", "2026-12-29"),
        ("2026-03-23", "2026-03-30"),  # the clocks go forward on the 29th
    ],
)
def test_the_next_plan_comes_on_its_weekday_or_the_next_working_day(today: str, following: str) -> None:
    rules = change(SETTINGS, plan_weekday="mon").reminders
    assert next_plan_day(POLICY, rules, date.fromisoformat(today)) == date.fromisoformat(following)
    assert next_plan_day(POLICY, change(SETTINGS, plan_weekday="never").reminders, date.fromisoformat(today)) is None


def again(today: date, notified_on: date, *along: Owed) -> list[str]:
    """What is told on a day of something overdue that was told before, where officers are told again on Thursdays."""
    item = owed(due=date(2026, 6, 1))
    rules = change(SETTINGS, digest_days=("thu",)).reminders
    told = History(notified={("1042", *item.spell_key, LadderStep.OVERDUE): notified_on})
    about = Morning(
        rules, today, {"1042": officer()}, told, digest_day=newest_day(POLICY, rules.days_of_digests, today)
    )
    return [d.owed.waiting.crime_ref for d in decide([item, *along], about) if d.outcome is Outcome.SENT]


def test_what_is_not_new_is_told_again_on_the_sending_days() -> None:
    tuesday, wednesday, thursday, friday = (MONDAY + days * DAY for days in (1, 2, 3, 4))
    assert again(tuesday, tuesday - 7 * DAY) == again(wednesday, tuesday - 7 * DAY) == []
    assert again(thursday, tuesday - 7 * DAY) == ["22/1/26"]
    assert again(friday, tuesday - 7 * DAY) == ["22/1/26"]  # on Thursday no mail could go out
    assert again(thursday, friday - 7 * DAY) == []


def test_what_is_new_goes_out_on_every_day_and_brings_along_what_falls_due_soon() -> None:
    new, soon = owed("NEW", due=MONDAY), replace(due(3, "SOON"), planned=False)
    tuesday, thursday = MONDAY + DAY, MONDAY + 3 * DAY
    assert again(tuesday, tuesday - DAY, new, soon) == ["NEW", "SOON"]
    assert again(thursday, thursday - DAY, new) == ["22/1/26", "NEW"]


def known(today: date, *others: Owed, told: dict[Any, date], in_trial: bool = False, **changes: Any) -> list[str]:
    """What is told on a day of something that fell due on the Monday, where Monday is the day for what is no news."""
    item = owed(due=MONDAY)
    item = replace(item, waiting=replace(item.waiting, **changes))
    if changes.get("closed_on"):
        item = replace(item, standing=Standing.CLOSED)
    rules = change(SETTINGS, digest_days=("mon",)).reminders
    history = History(notified={("1042", *item.spell_key, step): day for step, day in told.items()})
    day = newest_day(POLICY, rules.days_of_digests, today)
    about = Morning(rules, today, {"1042": officer()}, history, digest_day=day, in_trial=in_trial)
    decisions = decide([item, *others], about)
    return [d.owed.waiting.crime_ref if d.outcome is Outcome.SENT else d.said for d in decisions]


ANNOUNCED = {LadderStep.DUE_SOON: MONDAY - 7 * DAY}
TUESDAY = MONDAY + DAY
WAITS = "no news since 2026-06-08: waits for a day for what is told again"


def test_a_breach_that_was_announced_waits_for_the_day_of_what_is_no_news() -> None:
    """The officer knows of it. It goes along with anything else, and what was not announced is told at once."""
    assert known(TUESDAY, told=ANNOUNCED) == [WAITS]
    assert known(MONDAY + 7 * DAY, told=ANNOUNCED) == ["22/1/26"]
    assert known(MONDAY + 8 * DAY, told=ANNOUNCED) == ["22/1/26"]  # on the Monday no mail could go out
    assert sorted(known(TUESDAY, owed("NEW", due=MONDAY), told=ANNOUNCED)) == ["22/1/26", "NEW"]
    assert known(TUESDAY, told={}) == ["22/1/26"]


def test_a_breach_of_an_enhanced_victim_and_any_during_a_trial_is_told_at_once() -> None:
    """A trial decides who gets announcements, and delays nothing that is overdue."""
    assert known(TUESDAY, told=ANNOUNCED, category="enhanced") == ["22/1/26"]
    assert known(TUESDAY, told=ANNOUNCED, in_trial=True) == ["22/1/26"]


def test_a_close_is_no_news_to_whoever_was_told_that_an_update_is_owed() -> None:
    closed: dict[str, Any] = {"closed_on": MONDAY, "is_open": False}
    told = {LadderStep.OVERDUE: MONDAY - 5 * DAY}
    assert known(TUESDAY, told=told, **closed) == [WAITS]
    assert known(MONDAY + 7 * DAY, told=told, **closed) == ["22/1/26"]
    assert known(TUESDAY, told={}, **closed) == ["22/1/26"]


def test_officers_are_told_again_on_some_day() -> None:
    with pytest.raises(SettingsError, match="digest_days"):
        change(SETTINGS, digest_days=())


@pytest.mark.parametrize(
    ("due", "list_weekday", "category", "told"),
    [
        ("2026-06-01", "mon", "standard", "2026-06-08"),  # 7 days after, a Monday
        ("2026-05-29", "mon", "standard", "2026-06-08"),
        ("2026-06-02", "mon", "standard", "2026-06-12"),  # the next list comes after half of the champion's time
        ("2026-06-03", "mon", "standard", "2026-06-15"),  # as above, on a Saturday
        ("2026-06-02", "never", "standard", "2026-06-09"),
        ("2026-06-02", "mon", "enhanced", "2026-06-05"),
        ("2026-05-18", "mon", "standard", "2026-05-26"),  # the Monday is a bank holiday
    ],
)
def test_the_supervisor_is_told_in_the_weekly_list_if_that_comes_by_half_of_the_champions_time(
    due: str, list_weekday: str, category: str, told: str
) -> None:
    """`steps` and what an email says of the days to come are of one mind."""
    rules, since = change(SETTINGS, list_weekday=list_weekday).reminders, date.fromisoformat(due)
    item, ladder = owed(due=since), rules.ladder_for("7-day", category)
    item = replace(item, waiting=replace(item.waiting, category=category))
    history = History(accepted={item.spell_key: (Accepted("1042", LadderStep.DUE_SOON, False, since),)})
    about = [
        Morning(rules, day, {"1042": officer()}, history, list_day=newest_day(POLICY, rules.days_of_list, day))
        for day in (since + n * DAY for n in range(1, 15))
        if POLICY.working.is_working(to_day(day))
    ]
    assert next(each.today for each in about if each.is_supervisor_due(item)) == date.fromisoformat(told)
    latest = since + ladder.champion_days // 2 * DAY
    reached = since + ladder.supervisor_days * DAY
    assert leader_morning(POLICY, rules, reached, enhanced=category == "enhanced", latest=latest) == date.fromisoformat(told)  # fmt: skip


@pytest.mark.parametrize(
    ("reached", "list_weekday", "standard", "enhanced"),
    [
        ("2026-06-08", "mon", "2026-06-08", "2026-06-08"),
        ("2026-06-09", "mon", "2026-06-15", "2026-06-09"),
        ("2026-05-19", "mon", "2026-05-26", "2026-05-19"),  # the Monday is a bank holiday
        ("2026-06-13", "mon", "2026-06-15", "2026-06-15"),
        ("2026-06-09", "never", "2026-06-09", "2026-06-09"),
    ],
)
def test_the_champion_is_told_in_the_weekly_list_but_of_enhanced_victims_the_next_morning(
    reached: str, list_weekday: str, standard: str, enhanced: str
) -> None:
    """`steps` and what an email says of the days to come are of one mind."""
    rules, since = change(SETTINGS, list_weekday=list_weekday).reminders, date.fromisoformat(reached)
    for category, morning in (("standard", standard), ("enhanced", enhanced)):
        days = rules.ladder_for("7-day", category).champion_days
        item = owed(due=since - days * DAY)
        item = replace(item, waiting=replace(item.waiting, category=category))
        working = [since + n * DAY for n in range(8) if POLICY.working.is_working(to_day(since + n * DAY))]
        told = [day for day in working if Morning(rules, day, {}, list_day=newest_day(POLICY, rules.days_of_list, day)).is_champion_due(item)]  # fmt: skip
        assert told[0] == date.fromisoformat(morning)
        assert leader_morning(POLICY, rules, since, enhanced=category == "enhanced") == told[0]
