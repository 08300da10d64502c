"""One record, however strange, never keeps another from being judged, told of or reported (rules 6.1a; decision
0014)."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlmodel import select

from compliance.batch.explanation_page import render as render_explanation
from compliance.config import Settings
from compliance.mail import deliver
from compliance.policy import Policy, judge
from compliance.policy.explain import explain
from compliance.records import Officer, columns, convert_crime
from compliance.reminders import plan, remind, still_due
from compliance.reports.figures import report_figures
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.periods.weeks import Week
from compliance.reports.rendering.render import render
from compliance.service.report_jobs.reporting import Reporting
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store, export, judge_due, rebuild, save_officers
from compliance.store.kept.notice_kinds import Reason
from compliance.store.tables import NOTICE, OBLIGATION, OUTBOX, SET_ASIDE, TRANSITION, Outbox
from tests import stores
from tests.calendars import policy_until
from tests.engine import POLICIES, shipped
from tests.mails import smtp_server
from tests.poison import POISONS, good, poison
from tests.reminding import reminder_settings
from tests.stores import Record, at, rows, take, updates

new_database, database_url = stores.one_database, stores.database_url
store = stores.store

CODE = shipped("victims-code-2020")[0]
NOW = at("2026-07-20 07:00")
SETTLED = at("2026-07-27 07:00")
WEEK = Week(2026, 29)
SETTINGS = reminder_settings(date(2026, 5, 1), sender="Victim updates <updates@force.example>")


def told(store: Store, sink: MailSink, policy: Policy = CODE) -> str:
    """What officers are told this morning."""
    before = len(sink.messages)
    save_officers(store, [Officer("O1", email="o1@force.example")], NOW)
    remind(store, policy, SETTINGS, NOW)
    server = smtp_server(sink.host, sink.port, security="plain", timeout=5)
    deliver(store, server, lambda: NOW, still_due=still_due(store, policy, SETTINGS, lambda: NOW))
    return "\n".join(str(each.message.get_body()) for each in sink.messages[before:])


def state_of(store: Store, ref: str) -> str:
    found = rows(store, OBLIGATION, "crime_ref", "requirement", "state")
    (state,) = (state for crime_ref, requirement, state in found if (crime_ref, requirement) == (ref, "arrested"))
    return str(state)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail") as sink:
        yield sink


@pytest.mark.parametrize("name", POISONS)
def test_every_other_crime_is_judged_and_told_of(store: Store, sink: MailSink, tmp_path: Path, name: str) -> None:
    take(store, NOW, good(1), poison(name), good(2))
    assert judge_due(store, CODE, NOW).crimes == 3
    assert [state_of(store, ref) for ref in ("22A/1/26", "22A/2/26")] == ["overdue", "overdue"]
    assert rebuild(store, CODE, NOW).differences == 0
    assert plan(store, CODE, SETTINGS, NOW).not_now is None
    mails = told(store, sink)
    assert "22A/1/26" in mails
    assert "22A/2/26" in mails
    assert export(store, tmp_path / "export")["crimes"] == 3


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        pytest.param(name, policy, marks=[] if (number + place) % len(POLICIES) == 0 else pytest.mark.long)
        for number, name in enumerate(POISONS)
        for place, policy in enumerate(POLICIES)
    ],
)
def test_each_is_explained_under_every_policy(name: str, policy: str) -> None:
    """Each under one of them, and under every one in the long form."""
    explanation = explain(columns([convert_crime(poison(name))]), shipped(policy)[0], NOW, NOW)
    for form in ("text", "json", "html"):
        assert "22A/666/26" in render_explanation(explanation, form)


def reported_with(*names: str) -> None:
    """The figures are those of the verdicts that there are: the rate holds nothing that is set aside."""
    strange = [poison(name, f"22A/{number}/66") for number, name in enumerate(names)]
    held = GivenRecords("some", columns([convert_crime(record) for record in (good(1), *strange, good(2))]))
    figures = report_figures(held, CODE, WEEK, SETTLED, force="A force")
    assert "Data quality" in render(figures)
    (rate,) = (requirement.week.rate.share for requirement in figures.requirements if requirement.id == "arrested")
    alone = judge(columns([convert_crime(record) for record in strange]), CODE, SETTLED, SETTLED).table().to_pylist()
    due = [row for row in alone if WEEK.first <= row["due_date"] <= WEEK.last and row["state"] in COUNTED]
    assert rate.of == 2 + sum(row["requirement"] == "arrested" for row in due)


def test_every_other_crime_is_reported_with_all_of_them() -> None:
    """A year of weeks is judged with crimes of a century: all in one report here, each in its own in the long form."""
    reported_with(*POISONS)


@pytest.mark.long
@pytest.mark.parametrize("name", POISONS)
def test_every_other_crime_is_reported(name: str) -> None:
    reported_with(name)


COUNTED = ("met", "late", "overdue", "missed")


def settings(folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "force": {"name": "A force"},
            "crime_system": {"url": "http://127.0.0.1:1/crimes"},
            "reminders": {"due_from": "2026-01-01"},
            "mail": {"host": "127.0.0.1", "sender": "Updates <updates@force.example>"},
            "report": {"folder": "reports", "forms": ["html", "pdf", "xlsx", "csv", "json"]},
            "base": folder,
            "source": "a test",
        }
    )


@stores.on_both
def test_all_of_them_at_once_are_judged_mailed_and_published(store: Store, sink: MailSink, tmp_path: Path) -> None:
    """And what is set aside is in the report, with the cases behind the figure."""
    strange = [poison(name, f"22A/{number}/66") for number, name in enumerate(POISONS)]
    take(store, NOW, good(1), *strange, good(2))
    judge_due(store, CODE, NOW)
    set_aside = rows(store, SET_ASIDE, "crime_ref", "requirement", "cycle")
    assert {requirement for _, requirement, _ in set_aside} == {"arrested"}
    assert len(set_aside) == 3
    assert "22A/1/26" in told(store, sink)
    take(store, SETTLED, good(1))
    reporting = Reporting(settings(tmp_path), CODE, store)
    (done,) = reporting.publish(WEEK, SETTLED)
    assert "Obligations set aside" in done.path.read_text("utf-8")
    found, _ = reporting.cases(WEEK, "quality.set-aside", None)
    assert [case.crime_ref for case in found.cases] == [ref for ref, _, _ in set_aside]
    assert all(str(case.state).startswith("set aside: 5 working days after") for case in found.cases)


def test_the_first_late_event_after_the_calendars_end_stops_no_morning(
    store: Store, sink: MailSink, tmp_path: Path
) -> None:
    """The calendar ended in June: mornings go on, weekdays are working days, and all that can be judged is told."""
    ended = policy_until(tmp_path, "2026-06-30")
    take(store, NOW, overdue_monthly("22A/1/26"), good(2))
    judge_due(store, ended, NOW)
    assert rows(store, SET_ASIDE, "crime_ref", "requirement", "cycle") == [("22A/2/26", "arrested", 1)]
    mails = told(store, sink, ended)
    assert "22A/1/26" in mails
    assert "arrested" not in mails, "what cannot be judged is not said to be owed"
    later = policy_until(tmp_path, "2026-12-31")
    judge_due(store, later, NOW)
    assert state_of(store, "22A/2/26") == "overdue"


def test_a_mail_about_what_was_set_aside_meanwhile_is_not_said_to_be_settled(store: Store, tmp_path: Path) -> None:
    """Queued, and before it is sent the calendar is put back: the notice is dropped for that reason; one of an update
    that was given meanwhile for the other."""
    long, late = policy_until(tmp_path, "2026-12-31"), NOW + timedelta(minutes=20)
    for policy_then, record, reason in (
        ("2026-06-30", good(1), Reason.NOT_JUDGED),
        ("2026-12-31", good(1) | {"updates": updates("2026-07-02", "2026-07-19")}, Reason.DISCHARGED),
    ):  # fmt: skip
        take(store, NOW, good(1))
        judge_due(store, long, NOW)
        save_officers(store, [Officer("O1", email="o1@force.example")], NOW)
        assert remind(store, long, SETTINGS, NOW).digests == 1
        then = policy_until(tmp_path, policy_then)
        take(store, late, record)
        judge_due(store, then, late)
        with store.session(reading=True) as session:
            (mail,) = session.exec(select(Outbox)).all()
        assert "nothing in it is still due" in str(still_due(store, then, SETTINGS, lambda: late)(mail))
        assert {row for row in rows(store, NOTICE, "outcome", "reason") if row[0] == "dropped"} == {("dropped", reason)}
        with store.writing() as connection:
            for table in (NOTICE, OUTBOX, TRANSITION):
                connection.execute(delete(table))


def overdue_monthly(ref: str) -> Record:
    fields: dict[str, Any] = {"reported_at": "2026-06-01T09:00:00Z", "events": [], "updates": []}
    return good(1) | fields | {"crime_ref": ref}
