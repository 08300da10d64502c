"""What goes wrong in a service, one fault at a time, and what may happen in one in which all is well.

Each is a function of the healthy service of `tests/service_states.py`.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete

from compliance.errors import HeldError, SettingsError, System
from compliance.reminders import register_trial
from compliance.reports.periods.periods import parse_period
from compliance.service.noting.job_runs import JobRuns
from compliance.service.report_jobs.release_gate import ReleaseGate
from compliance.store import DisputeAnswer, answer_dispute, file_dispute, judge_due
from compliance.store.kept.api_tokens import add_token, revoke_token
from compliance.store.tables import ApiToken, Published, UnknownValue
from tests.engine import shipped
from tests.planted_feed_conditions import (
    FEED_FAULTS,
    FEED_HEALTHY,
    both,
    hours,
    job,
    minutes,
    read_at,
)
from tests.poison import poison
from tests.service_states import NOW, Plant, ServiceState
from tests.stores import at, crime, take
from tests.unit.test_release import facts

FRIDAY: Final = at("2026-07-17 17:30")


def refused(state: ServiceState) -> None:
    take(state.store, NOW - minutes(2), crime("22A/3/26", reported_at="soon"), b"{")


def set_aside(state: ServiceState) -> None:
    state.settings = state.settings_with(('^policy = "[^"]*"', 'policy = "victims-code-2020"'))
    take(state.store, NOW - minutes(2), poison("reported in 1990, with an event of then", "22A/7/90"))
    judge_due(state.store, shipped("victims-code-2020")[0], NOW)


def unknown(state: ServiceState) -> None:
    seen: dict[str, Any] = {"source": "crimes", "field": "updates.outcome", "first_seen_at": NOW, "last_seen_at": NOW}
    with state.store.session() as session:
        session.add_all(UnknownValue(value=value, **seen) for value in ("left card", "VC", "informed"))


def calendar_ending(state: ServiceState) -> None:
    state.now = at("2028-04-01 10:00")
    state.read(state.now - minutes(4))
    state.publish("2028-W11", state.now)


def old_email(state: ServiceState) -> None:
    state.email("queued", FRIDAY - hours(12))
    state.email("queued", NOW - minutes(5))


def unreachable_server(state: ServiceState) -> None:
    state.email("retry", FRIDAY - hours(12), claimed_at=NOW - minutes(5), next_attempt_at=NOW + hours(4))


def reads_bounces(state: ServiceState, folder: Path = Path("bounces")) -> None:
    """The settings name a Maildir."""
    state.settings = state.settings_with(
        (r"^# \[mail.inbound\]", "[mail.inbound]"),
        ("^# bounce_address", "bounce_address"),
        ("^# maildir = .*$", f'maildir = "{folder}"'),
    )


def bounced(ago: timedelta) -> Plant:
    return lambda state: state.email("bounced", NOW - timedelta(days=9), bounced_at=NOW - ago)


def disputed(ago: timedelta, answer: DisputeAnswer | None = None) -> Plant:
    def plant(state: ServiceState) -> None:
        with state.store.writing() as connection:
            number = file_dispute(connection, 1, "O1", "That is not so.", NOW - ago)
        if answer is not None:
            answer_dispute(state.store, number, answer, None, (), NOW)

    return plant


def postponed_long_ago(state: ServiceState) -> None:
    state.email("queued", NOW - timedelta(days=20), next_attempt_at=FRIDAY - timedelta(days=1))


def failed_before_the_start(state: ServiceState) -> None:
    job("report", is_lasting=True)(state)
    state.runs = JobRuns(state.store)


def failed_at_another(state: ServiceState) -> None:
    state.runs.note_success("report", NOW)
    JobRuns(state.store).note_failure("report", NOW, SettingsError("the template is wrong"))


def unpublished(state: ServiceState) -> None:
    with state.store.writing() as connection:
        connection.execute(delete(Published))


def one_form_missing(state: ServiceState) -> None:
    unpublished(state)
    state.publish("2026-W27", NOW, forms=["html"])


def gate(state: ServiceState) -> ReleaseGate:
    return ReleaseGate(state.settings, state.store, state.policy.local)


def held(state: ServiceState) -> None:
    """Instead of the newest report, which is owed since a week, its figures of a week with few crimes."""
    unpublished(state)
    few = facts(before="2026-W26", crimes=12)
    for week in ("2026-W26", "2026-W27"):
        with suppress(HeldError):
            gate(state).pass_or_hold(parse_period(week), few, NOW - timedelta(days=7))


def released(state: ServiceState) -> None:
    """A moment ago: it is published at the next look."""
    held(state)
    for week in ("2026-W26", "2026-W27"):
        gate(state).release(parse_period(week), "Few crimes.", "mhill", NOW - minutes(4))


def suspended(state: ServiceState) -> None:
    unpublished(state)
    gate(state).suspend(date(2026, 7, 31), "A new crime system.", "mhill", NOW - timedelta(days=30))


def resumed(state: ServiceState) -> None:
    suspended(state)
    gate(state).resume("mhill", NOW - minutes(4))


def stamps(state: ServiceState) -> None:
    """The settings name a time-stamping service."""
    state.settings = state.settings_with(("^# timestamp_url", "timestamp_url"), ("^# authority", "authority"))


def trial_of_settings(state: ServiceState) -> None:
    added = '\n[reminders.trial]\nname = "plan"\ndue_soon_days = 1\nuntil = 2026-09-06\n\n[mail]\n'
    state.settings = state.settings_with((r"^\[mail\]$", added))


def trial_under_way(state: ServiceState) -> None:
    trial_of_settings(state)
    register_trial(state.store, state.policy, state.settings.reminders, NOW - timedelta(days=14))


def token(days_left: int, made: datetime = NOW - timedelta(days=60)) -> Plant:
    def plant(state: ServiceState) -> None:
        ends = NOW + timedelta(days=days_left)
        add_token(
            state.store,
            ApiToken(digest=str(days_left).encode(), name="power-bi", role="performance", made_at=made,
                     made_by="mhill", expires_at=ends),
        )  # fmt: skip

    return plant


FAULTS: Final[list[tuple[str, Plant, str]]] = [
    *FEED_FAULTS,
    ("records-in-quarantine", refused, "2 refused records are in quarantine"),
    ("set-aside", set_aside, "1 obligation is set aside: they cannot be judged (rules 6.1a)"),
    ("unknown-values", unknown, "2 values have come that neither mapping nor policy knows"),
    ("calendar-ending", calendar_ending, "'england-and-wales' ends on 31 December 2028"),
    ("outbox-old", old_email, "2 emails wait to be sent, the oldest for 3 days, since 2026-07-17 05:30Z"),
    ("outbox-old", unreachable_server, "1 email waits to be sent, the oldest for 3 days"),
    ("outbox-old", postponed_long_ago, "the oldest for 3 days, since 2026-07-16 17:30Z"),
    ("emails-held", lambda state: state.email("uncertain", NOW), "1 email is held"),
    ("emails-uncertain", lambda state: state.email("uncertain", NOW, next_attempt_at=NOW + minutes(5)), "may not have accepted 1 email. The next run sends it again"),
    ("emails-refused", lambda state: state.email("refused", NOW - timedelta(days=9), claimed_at=NOW - timedelta(days=6)), "refused 1 email in the last 7 days"),
    ("disputes-waiting", disputed(timedelta(days=7)), "1 dispute has been open for 7 days or more."),
    ("emails-bounced", bounced(timedelta(days=6)), "1 email has bounced in the last 7 days."),
    ("mailbox-refuses-us", both(reads_bounces, job("inbound", is_lasting=True, system=System.MAILBOX)), "Bounces could not be read when it was last tried, on 2026-07-20 10:00Z: it says no."),
    ("mailbox-unreachable", both(reads_bounces, job("inbound", times=3, system=System.MAILBOX)), "Bounces could not be read in 3 attempts since 2026-07-20 09:58Z."),
    ("job-failing", both(reads_bounces, job("inbound", times=3)), "'inbound' failed the last 3 times"),
    ("emails-deferred", lambda state: state.email("retry", NOW - timedelta(days=3), deferred_since=NOW - hours(49)), "1 email has been deferred"),
    ("cards-not-taken", lambda state: state.email("refused", NOW - hours(1), to_address="teams:force"), "Microsoft Teams has refused, or not taken for 1 day, 1 card for leaders."),
    ("cards-not-taken", lambda state: state.email("retry", NOW - hours(25), deferred_since=NOW, to_address="teams:team:A"), "1 card for leaders"),
    ("trial-differs", trial_of_settings, "The trial 'plan' of the settings is not registered, so it does not run."),
    ("report-owed", unpublished, "The reports of 2026-W26 and 2026-W27 should have been published."),
    ("report-owed", one_form_missing, "The report of 2026-W27 should have been published (last published: 2026-W27)."),
    ("report-held", held, "The report of 2026-W27 has been held since 2026-07-13 10:00Z. 12 crimes were reported in the week: less than half the median"),
    ("reports-suspended", suspended, "Reports have been suspended since 20 June 2026 by mhill. The reason: A new crime system. None is published until 31 July 2026"),
    ("token-ending", token(days_left=13), "The token power-bi expires on 2 August 2026."),
    ("token-ending", token(days_left=-2), "The token power-bi expired on 18 July 2026."),
    ("reload-refused", job("reload", is_lasting=True), "A reload was refused on 2026-07-20 10:00Z: it says no."),
    ("job-failing", job("retention", is_lasting=True), "'retention' failed when it last ran (it says no)"),
    ("job-failing", job("retention", times=3), "'retention' failed the last 3 times"),
    ("job-failing", job("poll", is_lasting=True, system=System.DATABASE), "'poll' failed when it last ran"),
    ("job-failing", failed_before_the_start, "'report' failed when it last ran"),
    ("alerts-not-taken", job("alerts by webhook", times=3), "Alerts by webhook have failed 3 times since"),
    ("job-failing", failed_at_another, "'report' failed when it last ran (the template is wrong)"),
    ("stamp-failing", both(stamps, job("stamp", times=3)), "The audit log has not been stamped since 2026-07-20 09:58Z. The last problem: it says no."),
    ("stamp-failing", both(stamps, job("stamp", is_lasting=True)), "The audit log has not been stamped since 2026-07-20 10:00Z."),
    ("mail-refuses-us", job("send", is_lasting=True, system=System.MAIL_SERVER, ago=65), "The mail server refused this service when it was last tried, on 2026-07-17 17:00Z: it says no."),
    ("mail-unreachable", job("send", times=3, system=System.MAIL_SERVER), "The mail server has taken nothing in 3 attempts since 2026-07-20 09:58Z. The last problem: it says no."),
]  # fmt: skip


def published_late(state: ServiceState) -> None:
    """At the last minute of the day of grace after Monday 06:00 local time."""
    state.now = at("2026-07-21 04:59")
    read_at(state, timedelta(0))
    state.poll(state.now - minutes(4), complete=True, officers=1)


def one_form_asked(state: ServiceState) -> None:
    one_form_missing(state)
    state.settings = state.settings_with(('"html", "pdf", "xlsx", "csv", "json"', '"html"'))


def came_right(state: ServiceState) -> None:
    take(state.store, NOW, crime("22A/3/26", reported_at="soon"))
    take(state.store, NOW, crime("22A/3/26"))


def need_nothing(state: ServiceState) -> None:
    for each in ("sent", "cancelled", "pilot"):
        state.email(each, NOW - timedelta(days=9))


HEALTHY: Final[dict[str, Plant]] = {
    **FEED_HEALTHY,
    "all is well": both(),
    "a refused record that came right": came_right,
    "an email of Friday evening": lambda state: state.email("queued", FRIDAY),
    "an email postponed": lambda state: state.email("queued", NOW - timedelta(days=20), next_attempt_at=NOW + minutes(5)),
    "an email postponed until today": lambda state: state.email("queued", NOW - timedelta(days=20), next_attempt_at=NOW - hours(3)),
    "an email deferred since yesterday": lambda state: state.email("retry", NOW - hours(80), deferred_since=NOW - hours(47)),
    "an email refused two weeks ago": lambda state: state.email("refused", NOW - timedelta(days=14)),
    "emails sent, cancelled or written for a pilot": need_nothing,
    "an email that bounced two weeks ago": bounced(timedelta(days=14)),
    "a dispute of yesterday": disputed(timedelta(days=1)),
    "a dispute that was answered": disputed(timedelta(days=30), DisputeAnswer.RECORD_RIGHT),
    "a mailbox that was twice out of reach": both(reads_bounces, job("inbound", times=2, system=System.MAILBOX)),
    "a mailbox that is no longer read": job("inbound", is_lasting=True, system=System.MAILBOX),
    "a time-stamping service that failed twice": both(stamps, job("stamp", times=2)),
    "a time-stamping service that is no longer asked": job("stamp", times=9, is_lasting=True),
    "a time-stamping service that stamps again": both(stamps, job("stamp", times=9, is_lasting=True), lambda state: state.runs.note_success("stamp", NOW)),
    "a trial of reminders under way": trial_under_way,
    "a report of this morning": published_late,
    "a form no longer asked for": one_form_asked,
    "a report released a moment ago": released,
    "a suspension ended a moment ago": resumed,
    "a token that has weeks to go": token(days_left=15),
    "a token that has expired and was revoked": both(token(days_left=-2), lambda state: revoke_token(state.store, "power-bi", "mhill", NOW)),
    "a token in whose place there is another": both(token(days_left=-2), token(days_left=90, made=NOW)),
    "a job that failed twice because of another system": job("report", times=2),
    "a reload that was refused, and then one that was not": both(job("reload", is_lasting=True), lambda state: state.runs.note_success("reload", NOW)),
    "a job that failed, and then ended well": both(job("retention", times=5, is_lasting=True), lambda state: state.runs.note_success("retention", NOW)),
    "a job that failed before the start, and then ended well": both(failed_before_the_start, lambda state: state.runs.note_success("report", NOW)),
    "a job that this version no longer has": job("gone", times=9, is_lasting=True, ago=49),
    "a mail server that was twice out of reach": both(job("send", times=2, system=System.MAIL_SERVER), job("remind", times=9, system=System.MAIL_SERVER)),
    "a mail server that takes emails again": both(job("send", times=9, is_lasting=True, system=System.MAIL_SERVER), lambda state: state.runs.note_success("send", NOW)),
    "a crime system that was out of reach": job("poll", times=2, system=System.CRIME_SYSTEM),
}  # fmt: skip
