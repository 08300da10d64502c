"""Data is data, text is text: whatever the sentences say, the same is decided, sent, counted and reported."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from sqlmodel import col, select

from compliance.mail import Fate, Mail, OutgoingMessage, SendResult, deliver
from compliance.policy import load_policy
from compliance.records import Officer
from compliance.records.wire import Absence
from compliance.reminders import ReminderSettings, digests, reason_of, reasons, recheck, remind, still_due
from compliance.reminders.effect import read_mailed, without_address
from compliance.reminders.emails import composing, letter, obstacles, templates, victim_sentences, who_else
from compliance.reports.examining.reminding import Waits, name_step
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import judge_periods
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.snapshots import StoredRecords
from compliance.store import Store, judge_due, migrate, save_officers
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.tables import NOTICE, Notice, Outbox
from tests.reminding import EACH_DAY, change, reminder_settings
from tests.stores import Record, crime, take

POLICY = load_policy("west-mercia")
FIRST = date(2026, 6, 1)
END = datetime(2026, 7, 20, tzinfo=UTC)
SETTINGS = reminder_settings(FIRST, list_weekday="mon", repeat_days=4, supervisor_days=4, champion_days=10, **EACH_DAY)
NONSENSE = "colourless green ideas"
OFFICERS = (
    Officer("1042", email="1042@force.example", supervisor_ref="2000", team="North 1", division="North"),
    Officer("1043", supervisor_ref="2000", team="North 1", division="North"),
    Officer("1044", email="1044@force.example", team="North 1", division="North", absent=[Absence(start="2026-06-08")]),
    Officer("1045", email="bounces@force.example", team="North 1", division="North"),
    Officer("1046", email="full@force.example", team="North 1", division="North"),
    Officer("2000", email="2000@force.example", role="supervisor", team="North 1", division="North"),
    Officer("3000", email="3000@force.example", role="champion", division="North"),
)


class Post:
    """A mail server that accepts everything but the mail of one, and defers that of another."""

    def __str__(self) -> str:
        return "the post"

    def compose(self, message: OutgoingMessage) -> Mail:
        return Mail.of(message)

    def open(self) -> "Post":
        return self

    def connect(self) -> None:
        pass

    def close(self) -> None:
        pass

    def send(self, mail: Mail) -> SendResult:
        if mail.to_address.startswith("bounces"):
            return SendResult(Fate.REFUSED, "no such mailbox")
        if mail.to_address.startswith("full"):
            return SendResult(Fate.DEFERRED, "mailbox full", defers_recipient=True)
        return SendResult(Fate.ACCEPTED, "")


def contact(day: str) -> Record:
    return {"update_ref": day, "at": f"{day}T11:00:00Z", "entered_at": f"{day}T12:00:00Z", "outcome": "informed"}


def records(day: date) -> Iterator[Record]:
    """The force's crimes as they are on a day: overdue with each officer, handed over, on hold, attempted, closed."""
    for number, officer in enumerate(("1042", "1043", "1044", "1045", "1046", None, "nobody knows")):
        for reported in ("2026-05-28", "2026-06-02", "2026-06-09"):
            ref = f"22A/{number}{reported[-2:]}/26"
            updates = [contact("2026-06-20")] if day >= date(2026, 6, 20) and reported < "2026-06-09" else []
            yield crime(ref, reported_at=f"{reported}T11:00:00Z", officer_ref=officer, team="North 1", division="North",
                        updates=updates)  # fmt: skip
    yield crime("22A/BEFORE/26", reported_at="2026-05-04T11:00:00Z", officer_ref="1042", division="North")
    hold = [{"from": "2026-06-05T09:00:00Z", "until": "2026-06-16T09:00:00Z", "reason": "unsafe"}]
    victims = [{"victim_ref": "V1", "contact_holds": hold}]
    yield crime(
        "22A/HOLD/26", reported_at="2026-06-01T11:00:00Z", officer_ref="1042", division="North", victims=victims
    )
    tried = [{"update_ref": d, "at": f"2026-06-{d}T11:00:00Z", "outcome": "attempted"} for d in ("05", "06", "07")]
    yield crime("22A/TRIED/26", reported_at="2026-06-01T11:00:00Z", officer_ref="1042", division="North", updates=tried)
    closed = [{"status": "closed", "at": "2026-06-12T11:00:00Z"}] if day >= date(2026, 6, 12) else []
    yield crime(
        "22A/CLOSED/26", reported_at="2026-06-01T11:00:00Z", officer_ref="1042", division="North", status=closed
    )


def live(folder: Path, settings: ReminderSettings) -> dict[str, Any]:
    """A month of mornings -> everything that was decided, sent, counted and reported, and no sentence of it."""
    url = f"sqlite:///{folder / 'compliance.db'}"
    migrate(url)
    with closing(Store.open(url)) as store:
        day = FIRST
        while day <= date(2026, 7, 3):
            now = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
            save_officers(store, OFFICERS, now)
            take(store, now, *records(day))
            judge_due(store, POLICY, now)
            remind(store, POLICY, settings, now)
            later = now + timedelta(minutes=20)  # long enough that each is asked again and written anew
            clock = partial(datetime.fromtimestamp, later.timestamp(), UTC)
            deliver(store, Post(), clock, still_due=still_due(store, POLICY, settings, clock))
            day += timedelta(days=1)
        return outcome_of(store, settings)


def outcome_of(store: Store, settings: ReminderSettings) -> dict[str, Any]:
    judged = judge_periods(StoredRecords(store), POLICY, parse_period("2026-06"), END)
    span = judged.period.span
    during = (POLICY.local.start_of(span.first), span.end_instant(POLICY.local))
    mailed = read_mailed(store, judged.verdicts, settings.reminders, during)
    figures = figures_of(judged, force="A force", mailed=mailed)
    assert figures.reminders is not None
    waits = Waits(judged.verdicts, mailed.notified)
    with store.session(reading=True) as session:
        mails = session.exec(select(Outbox).order_by(col(Outbox.id))).all()
        notices = [tuple(row) for row in session.execute(NOTICE.select().order_by(NOTICE.c.id)).all()]
    steps = [{**msgspec.structs.asdict(effect), "title": ""} for effect in figures.reminders.steps]
    return {
        "notices": notices,
        "mails": [(m.key, m.kind, m.recipient_ref, m.to_address, m.state, m.attempts, m.sent_at) for m in mails],
        "notified": [getattr(mailed.notified, field.name).tolist() for field in fields(mailed.notified)],
        "comparison": [getattr(mailed.comparison, field.name).tolist() for field in fields(mailed.comparison)],
        "figures": (steps, figures.reminders.mails, figures.reminders.obligations, figures.reminders.repeats),
        "questions": [(question.key, question.share) for question in figures.questions],
        "without address": without_address(store, judged.verdicts),
        "waits": len(waits.row),
    }


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return live(tmp_path_factory.mktemp("month"), SETTINGS)


def speak_nonsense(monkeypatch: pytest.MonkeyPatch, folder: Path) -> ReminderSettings:
    """Every sentence of ours reads alike, and so does every email."""
    for words in (reasons.WORDS, reasons.HINDRANCES, victim_sentences._WHY, letter.PARTS):
        for key in cast("dict[Any, str]", words):
            monkeypatch.setitem(cast("dict[Any, str]", words), key, NONSENSE)
    for name in ("REROUTED", "WITH_OBSTACLES", "OBSTACLE"):
        monkeypatch.setattr(reasons, name, NONSENSE)
    for module, name in (
        (composing, "last_update"),
        (composing, "hold_line"),
        (composing, "away"),
        (composing, "day_text"),
    ):
        monkeypatch.setattr(module, name, lambda *_: NONSENSE)
    for module, name in ((composing, "because"), (composing, "describe_obstacles"), (composing, "remarks")):
        monkeypatch.setattr(module, name, lambda *_, **__: iter([victim_sentences.EntryRemark(NONSENSE)]))
    for module in (digests, recheck):
        again = module.explain_owed_again
        monkeypatch.setattr(module, "explain_owed_again", lambda *of, real=again: dict.fromkeys(real(*of), NONSENSE))
    monkeypatch.setattr(obstacles.Obstacles, "_text", lambda *_: NONSENSE)
    for name in ("_OWN_SUPERVISOR", "_SUPERVISOR", "_CHAMPION"):
        monkeypatch.setattr(who_else, name, getattr(who_else, name)._replace(text=NONSENSE))
    monkeypatch.setattr(letter.Letter, "subject", NONSENSE)
    monkeypatch.setattr(templates, "SAFE_CONTACT", NONSENSE)
    for name in ("digest.txt.j2", "digest.html.j2"):
        (folder / name).write_text(f"{NONSENSE} {{{{ letter.sections }}}}", "utf-8")
    return change(SETTINGS, templates=folder)


def test_reworded_sentences_change_no_decision_no_mail_and_no_figure(
    month: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reworded = live(tmp_path, speak_nonsense(monkeypatch, tmp_path))
    for what, found in month.items():
        assert reworded[what] == found, what


def test_the_month_has_much_to_be_decided(month: dict[str, Any]) -> None:
    """Else the month could not show that a sentence is read."""
    column = [column.name for column in NOTICE.c].index
    said = {(row[column("outcome")], row[column("reason")]) for row in month["notices"]}
    rerouted = {row[column("rerouted")] for row in month["notices"]}
    assert {outcome for outcome, _ in said} == set(Outcome)
    assert {reason for _, reason in said} >= {
        Reason.NEW, Reason.STILL_WAITING, Reason.NOTIFIED_BEFORE, Reason.QUIET_HOURS,
    }  # fmt: skip
    assert rerouted >= {
        Reason.NOBODY, Reason.UNKNOWN, Reason.ABSENT, Reason.NO_ADDRESS, Reason.REFUSED, Reason.DEFERRED,
        Reason.CONTACT_HOLD, Reason.ATTEMPTS,
    }  # fmt: skip
    assert set(month["notified"][1]) == set(LadderStep)
    assert month["without address"] > 0
    assert month["comparison"][0]
    assert any(row[column("obstacles")] for row in month["notices"])


def test_every_notice_that_was_sent_stands_in_the_effect_table_once(month: dict[str, Any]) -> None:
    """Added up over the steps of the ladder nothing is missing, whichever steps there are."""
    steps, _, _, repeats = month["figures"]
    assert [effect["step"] for effect in steps] == [name_step(step)[0] for step in LadderStep]
    assert sum(effect["day"].of for effect in steps) == month["waits"]
    assert repeats == next(effect["day"].of for effect in steps if effect["step"] == "again")
    assert len({name_step(step) for step in LadderStep}) == len(LadderStep)


def test_a_mail_says_why_as_it_did() -> None:
    """The words as they are shipped: a reason, its date, and why somebody else is told."""
    notice = Notice(
        recipient_ref="2000", crime_ref="A", victim_ref="V1", requirement="7-day", cycle=1, clock_date=FIRST, spell=1,
        step="overdue", decided_on=FIRST, outcome="sent", reason="new", rerouted="address refused", rerouted_since=FIRST,
    )  # fmt: skip

    assert reason_of(notice) == "new; rerouted: address refused on 2026-06-01"
