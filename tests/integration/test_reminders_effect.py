"""Whether reminders work: what was discharged within 24 and 72 hours of a mail, beside what fell due before there were
mails; from crime records and mornings to the board's table."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, update

from compliance.policy import judge, load_policy
from compliance.policy.calendars import from_day
from compliance.records import Officer, from_micros
from compliance.reminder_settings import Reminders
from compliance.reminders import remind
from compliance.reminders.effect import MailedDigests, read_mailed
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import judge_periods
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.snapshots import StoredRecords
from compliance.reports.rendering.forms import form
from compliance.store import Store, judge_due, load_columns, migrate, save_officers
from compliance.store.kept.notice_kinds import LadderStep
from compliance.store.tables import Outbox
from tests.reminding import EACH_DAY, change, reminder_settings
from tests.stores import Record, crime, take

POLICY = load_policy("west-mercia")
SETTINGS = reminder_settings(date(2026, 6, 1), **(EACH_DAY | {"due_soon_days": 0, "ahead_days": 0, "ladder": []}))
RULES = SETTINGS.reminders
NOW = datetime(2026, 6, 22, tzinfo=UTC)


def morning(day: date) -> datetime:
    """Seven o'clock in summer time."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def contact(at: str, entered: str) -> Record:
    return {"update_ref": at, "at": f"{at}:00Z", "entered_at": f"{entered}:00Z", "outcome": "informed"}


def case(number: int, reported: str, *updates: Record, officer: str = "1042", **fields: list[Record]) -> Record:
    return crime(f"22A/{number}/26", reported_at=f"{reported}T11:00:00Z", officer_ref=officer, updates=list(updates),
                 division="North" if number % 2 else "South", **fields)  # fmt: skip


CLOSED = [{"status": "closed", "at": "2026-05-20T12:00:00Z"}]
EARLIER = (
    case(
        1, "2026-05-04", contact("2026-05-12T09:00", "2026-05-12T10:00"), status=CLOSED
    ),  # due on the 11th, four hours too late
    case(2, "2026-05-04", contact("2026-05-14T05:00", "2026-05-14T05:00"), status=CLOSED),  # 47 hours
    case(
        3, "2026-05-04", contact("2026-05-08T09:00", "2026-05-08T10:00"), status=CLOSED
    ),  # in time: nobody would have been told
)
TOLD = (
    case(11, "2026-06-01"),  # due on 8 June
    case(12, "2026-06-01"),
    case(13, "2026-06-01"),
    case(14, "2026-06-01", officer="1043"),
)
LATER = (
    case(11, "2026-06-01", contact("2026-06-09T11:00", "2026-06-09T12:00")),  # six hours after the mail
    case(12, "2026-06-01", contact("2026-06-07T11:00", "2026-06-11T09:00")),  # 51 hours, but dated before the mail
    case(13, "2026-06-01"),
    case(14, "2026-06-01", contact("2026-06-15T09:00", "2026-06-15T10:00"), officer="1043"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Three weeks of mornings: what was mailed is taken by the mail server at once."""
    url = f"sqlite:///{tmp_path_factory.mktemp('effect') / 'compliance.db'}"
    migrate(url)
    opened = Store.open(url)
    day = date(2026, 6, 1)
    save_officers(opened, [Officer(ref, email=f"{ref}@force.example") for ref in ("1042", "1043")], morning(day))
    while day <= NOW.date():
        now = morning(day)
        take(opened, now, *EARLIER, *(TOLD if day < date(2026, 6, 16) else LATER))
        judge_due(opened, POLICY, now)
        remind(opened, POLICY, SETTINGS, now)
        with opened.session() as session:
            sent = update(Outbox).where(col(Outbox.state) == "queued").values(state="sent", sent_at=now)
            session.execute(sent)
        day += timedelta(days=1)
    yield opened
    opened.close()


def told(store: Store, period: str = "2026-W24", rules: Reminders = RULES) -> MailedDigests:
    span, verdicts = parse_period(period), judge(load_columns(store), POLICY, NOW, NOW)
    return read_mailed(store, verdicts, rules, (POLICY.local.start_of(span.first), span.end_instant(POLICY.local)))


def figures(store: Store, division: str | None = None) -> Figures:
    judged = judge_periods(StoredRecords(store), POLICY, parse_period("2026-W24"), NOW)
    span = judged.period.span
    during = (POLICY.local.start_of(span.first), span.end_instant(POLICY.local))
    return figures_of(
        judged, force="A force", mailed=read_mailed(store, judged.verdicts, RULES, during), division=division
    )


def test_a_week_has_the_mails_sent_in_it_each_with_its_obligations(store: Store) -> None:
    found = told(store)
    assert sorted(found.notified.step.tolist()) == [LadderStep.OVERDUE] * 4
    assert {from_micros(at) for at in found.notified.at.tolist()} == {morning(date(2026, 6, 9))}
    assert (len(set(found.mail.tolist())), sorted(set(found.recipient.tolist()))) == (2, ["1042", "1043"])
    assert told(store, "2026-W23").notified.row.tolist() == []
    assert LadderStep.AGAIN in told(store, "2026-W25").notified.step.tolist()


def test_what_fell_due_before_there_were_mails_is_told_of_on_the_mornings_of_the_ladder(store: Store) -> None:
    """On working days at the hour of the mails: overdue on the 12th, again a week later, and so on."""
    found = told(store, rules=change(SETTINGS, due_soon_days=2).reminders).comparison
    when = {
        (step, from_day(POLICY.local.day_of(from_micros(at)))) for step, at in zip(found.step, found.at, strict=True)
    }
    assert when >= {
        (LadderStep.DUE_SOON, date(2026, 5, 8)), (LadderStep.OVERDUE, date(2026, 5, 12)), (LadderStep.AGAIN, date(2026, 5, 19)),
        (LadderStep.SUPERVISOR, date(2026, 5, 18)), (LadderStep.CHAMPION, date(2026, 6, 1)),
    }  # fmt: skip
    assert {from_micros(at).hour for at in found.at.tolist()} == {6}


def test_with_a_weekly_plan_it_would_have_been_told_of_on_its_days(store: Store) -> None:
    """What fell due on Monday 11 May was in the plan of Tuesday 5 May, after the bank holiday, and so was no news after."""
    weekly = change(SETTINGS, plan_weekday="mon", digest_days=("mon",)).reminders
    found = told(store, rules=weekly).comparison
    when = {
        (step, from_day(POLICY.local.day_of(from_micros(at)))) for step, at in zip(found.step, found.at, strict=True)
    }
    assert when >= {
        (LadderStep.DUE_SOON, date(2026, 5, 5)), (LadderStep.OVERDUE, date(2026, 5, 18)), (LadderStep.AGAIN, date(2026, 5, 26)),
        (LadderStep.SUPERVISOR, date(2026, 5, 18)), (LadderStep.CHAMPION, date(2026, 6, 1)),
    }  # fmt: skip
    assert (LadderStep.OVERDUE, date(2026, 5, 12)) not in when


def test_the_board_sees_how_many_were_discharged_after_the_mail_and_how_many_without_one(store: Store) -> None:
    found = figures(store).reminders
    assert found is not None
    assert (found.mails, found.recipients, found.obligations, found.repeats) == (2, 2, 4, 0)
    (overdue,) = found.steps
    assert (overdue.step, overdue.day.count, overdue.three_days.count, overdue.day.of) == ("overdue", 1, 2, 4)
    assert overdue.median_hours == 51.0, "6, 51 and 148 hours; one has not been discharged yet"
    assert overdue.earlier == 1, "one of the two was given before the mail, and only typed in after it"
    assert overdue.before_day is not None
    assert overdue.before_three_days is not None
    assert (overdue.before_day.count, overdue.before_three_days.count, overdue.before_day.of) == (1, 2, 2)


def test_a_division_reads_of_its_own_obligations(store: Store) -> None:
    own = figures(store, "South").reminders
    assert own is not None
    assert (own.obligations, own.steps[0].day.count, own.steps[0].day.of) == (2, 0, 2)


def test_updates_typed_in_just_after_a_reminder_are_a_question_with_what_chance_would_give(store: Store) -> None:
    """One day of the seven after a mail is as likely as another: rules 8."""
    (question,) = (q for q in figures(store).questions if q.key == "after-reminder")
    assert (question.share.count, question.share.of, question.expected) == (1, 3, 1 / 7)


def test_the_table_says_what_it_cannot_show(store: Store) -> None:
    page = form(figures(store), "html").decode()
    assert "Reminders: do they work?" in page
    assert "What this cannot show: that the mail was the cause." in page
    assert (
        "2 mails to 2 people told of 4 obligations. One that several steps told of is counted below with each." in page
    )
    assert "1 contact is dated before the day of the mail" in page
    assert form(figures(store), "pdf").startswith(b"%PDF")


def test_nothing_is_invented_where_no_mail_was_sent(store: Store) -> None:
    found = told(store, "2026-W22")
    assert (len(found.notified.row), found.first, found.last) == (0, date(2026, 3, 2), date(2026, 5, 31))
