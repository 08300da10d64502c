"""What goes wrong in a service, one fault at a time, and what may happen in one in which all is well.

Each is a function of the healthy service of `tests/service_states.py`.
"""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import delete

from compliance.errors import SettingsError, StoppedError, System, UnavailableError
from compliance.service.feed_changes import RESTARTED
from compliance.service.job_runs import JobRuns
from compliance.service.polling import NOTHING_YET, TOLD_TO_STOP
from compliance.stopping import Stop
from compliance.store import judge_due, note_feed
from compliance.store.tables import OFFICER, POLL, Published, UnknownValue
from tests.engine import shipped
from tests.poison import poison
from tests.service_states import NOW, Plant, ServiceState
from tests.stores import SOURCE, at, crime, take

FRIDAY: Final = at("2026-07-17 17:30")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def forget_polls(state: ServiceState) -> None:
    with state.store.writing() as connection:
        connection.execute(delete(POLL))


def read_at(state: ServiceState, age: timedelta) -> None:
    """The newest complete poll ended so long ago."""
    forget_polls(state)
    state.poll(NOW - age, complete=True, officers=1)


def silent(state: ServiceState) -> None:
    read_at(state, hours(72))
    state.poll(NOW - minutes(2), NOTHING_YET)


def never_read(state: ServiceState) -> None:
    forget_polls(state)
    state.poll(NOW - minutes(2), TOLD_TO_STOP, officers=1)


def failing(state: ServiceState, count: int = 3) -> None:
    for n in reversed(range(count)):
        state.poll(NOW - minutes(n), "http://crimes.example: answers 401; check the token")


def files_failing(state: ServiceState) -> None:
    state.settings = state.settings_with(
        ('^kind = "http"', 'kind = "files"'), ("^url = .*$", ""), ("^officers_url = .*$", ""),
        (r"^# \[crime_system.files\](.*)\n# folder = (.*)\n# tables", r'[crime_system.files]\nfolder = \2\ntables = { crimes = "*.csv" }\n#'),
    )  # fmt: skip
    failing(state, 1)
    state.poll(NOW, NOTHING_YET)


def waiting(state: ServiceState) -> None:
    read_at(state, hours(72))
    state.poll(NOW - minutes(2), NOTHING_YET)
    note_feed(state.store, SOURCE, ask_again_at=NOW + hours(2))


def changed(state: ServiceState) -> None:
    note_feed(state.store, SOURCE, origin="http http://old.example/crimes", cursor="c1")


def changed_at_three_polls(state: ServiceState) -> None:
    failing(state)
    changed(state)
    state.runs.note_failure("poll", NOW, SettingsError("the settings name another crime system"))


def stopped(state: ServiceState) -> None:
    read_at(state, hours(2))


def hung(state: ServiceState) -> None:
    read_at(state, hours(24.5))
    state.poll(NOW - hours(24.1), ended=False)


def no_directory(state: ServiceState) -> None:
    forget_polls(state)
    with state.store.writing() as connection:
        connection.execute(delete(OFFICER))
    state.poll(NOW - minutes(2), complete=True, officers=0, directory_problem="it is empty")


def directory_refused(state: ServiceState) -> None:
    state.poll(NOW - minutes(2), complete=True, officers=0, directory_problem="it is empty")


def old_directory(state: ServiceState) -> None:
    read_at(state, timedelta(days=8))
    state.poll(NOW - minutes(2), complete=True)


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


def postponed_long_ago(state: ServiceState) -> None:
    state.email("queued", NOW - timedelta(days=20), next_attempt_at=FRIDAY - timedelta(days=1))


def job(name: str, *, times: int = 1, is_lasting: bool = False, system: System | None = None, ago: float = 0) -> Plant:
    def plant(state: ServiceState) -> None:
        for n in reversed(range(times)):
            error = UnavailableError("it says no", is_lasting=is_lasting, system=system)
            state.runs.note_failure(name, NOW - hours(ago) - minutes(n), error)

    return plant


def refused_at_three_polls(state: ServiceState) -> None:
    failing(state)
    job("poll", times=3, is_lasting=True, system=System.CRIME_SYSTEM)(state)


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


FAULTS: Final[list[tuple[str, Plant, str]]] = [
    ("feed-silent", silent, "last read to its end 3 days ago, on 2026-07-17 10:00Z"),
    ("feed-silent", never_read, "never been read to its end"),
    ("feed-silent", waiting, "It asked for no requests before 2026-07-20 12:00Z."),
    ("feed-changed", changed_at_three_polls, "It is not read until a person decides."),
    ("feed-changed", changed, "The settings name another crime system (http http://127.0.0.1:8470/crimes) than the one read until now (http http://old.example/crimes)"),
    ("feed-rejected", failing, "3 polls have failed since 2026-07-20 09:58Z and none was complete. The last problem: http://crimes.example: answers 401; check the token."),
    ("feed-rejected", files_failing, "1 poll has failed since 2026-07-20 10:00Z"),
    ("service-stopped", stopped, "No poll has begun for 2 hours, since 2026-07-20 08:00Z, though one should begin every 5 minutes"),
    ("service-stopped", hung, "No poll has begun for 1 day"),
    ("directory-missing", no_directory, "no officer can be emailed. The last one was not accepted: it is empty."),
    ("directory-refused", directory_refused, "not accepted: it is empty. The one of 2026-07-20 09:56Z stays in force."),
    ("directory-old", old_directory, "last read 8 days ago, on 2026-07-12 10:00Z"),
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
    ("emails-deferred", lambda state: state.email("retry", NOW - timedelta(days=3), deferred_since=NOW - hours(49)), "1 email has been deferred"),
    ("report-owed", unpublished, "The reports of 2026-W26 and 2026-W27 should have been published."),
    ("report-owed", one_form_missing, "The report of 2026-W27 should have been published (last published: 2026-W27)."),
    ("job-failing", job("retention", is_lasting=True), "retention has failed 1 time in a row (it says no)"),
    ("job-failing", job("retention", times=3), "retention has failed 3 times in a row"),
    ("job-failing", job("poll", is_lasting=True, system=System.DATABASE), "poll has failed 1 time in a row"),
    ("job-failing", failed_before_the_start, "report has failed 1 time in a row"),
    ("job-failing", failed_at_another, "report has failed 1 time in a row (the template is wrong)"),
    ("feed-refuses-us", job("poll", is_lasting=True, system=System.CRIME_SYSTEM), "The crime system has refused this service since 2026-07-20 10:00Z: it says no."),
    ("feed-refuses-us", refused_at_three_polls, "since 2026-07-20 09:58Z"),
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


def polled_every_two_hours(state: ServiceState) -> None:
    state.settings = state.settings_with(("^poll_minutes = 5", "poll_minutes = 120"))
    read_at(state, hours(5.9))


def nothing_failed(state: ServiceState) -> None:
    interrupted = Stop()
    interrupted.request()
    with pytest.raises(StoppedError) as stopped_while_waiting:
        interrupted.check()
    for why in 3 * (NOTHING_YET, TOLD_TO_STOP, RESTARTED, str(stopped_while_waiting.value)):
        state.poll(NOW, why)


def not_yet_read(state: ServiceState) -> None:
    """A crime system of which nothing was read may be exchanged for another."""
    note_feed(state.store, SOURCE, origin="http http://old.example/crimes", cursor=None)


def wait_over(state: ServiceState) -> None:
    note_feed(state.store, SOURCE, ask_again_at=NOW - minutes(5))


def came_right(state: ServiceState) -> None:
    take(state.store, NOW, crime("22A/3/26", reported_at="soon"))
    take(state.store, NOW, crime("22A/3/26"))


def need_nothing(state: ServiceState) -> None:
    for each in ("sent", "cancelled", "pilot"):
        state.email(each, NOW - timedelta(days=9))


def both(*plants: Plant) -> Plant:
    return lambda state: [plant(state) for plant in plants]


HEALTHY: Final[dict[str, Plant]] = {
    "all is well": both(),
    "a nightly export, a little late": both(lambda state: read_at(state, hours(24.9)), lambda state: state.poll(NOW, NOTHING_YET)),
    "two polls failed": lambda state: failing(state, 2),
    "polls failed, and then one was complete": both(failing, lambda state: state.read(NOW)),
    "polls that were stopped, or found no export": nothing_failed,
    "another crime system before anything was read": not_yet_read,
    "a wait that is over": wait_over,
    "a poll that takes hours": both(lambda state: read_at(state, hours(20)), lambda state: state.poll(NOW - hours(19), ended=False)),
    "polls every two hours": polled_every_two_hours,
    "no officer directory is read": both(forget_polls, lambda state: state.poll(NOW, complete=True)),
    "a directory of last week": both(lambda state: read_at(state, hours(167)), lambda state: state.poll(NOW, complete=True)),
    "a refused record that came right": came_right,
    "an email of Friday evening": lambda state: state.email("queued", FRIDAY),
    "an email postponed": lambda state: state.email("queued", NOW - timedelta(days=20), next_attempt_at=NOW + minutes(5)),
    "an email postponed until today": lambda state: state.email("queued", NOW - timedelta(days=20), next_attempt_at=NOW - hours(3)),
    "an email deferred since yesterday": lambda state: state.email("retry", NOW - hours(80), deferred_since=NOW - hours(47)),
    "an email refused two weeks ago": lambda state: state.email("refused", NOW - timedelta(days=14)),
    "emails sent, cancelled or written for a pilot": need_nothing,
    "a report of this morning": published_late,
    "a form no longer asked for": one_form_asked,
    "a job that failed twice because of another system": job("report", times=2),
    "a job that failed, and then ended well": both(job("retention", times=5, is_lasting=True), lambda state: state.runs.note_success("retention", NOW)),
    "a job that failed before the start, and then ended well": both(failed_before_the_start, lambda state: state.runs.note_success("report", NOW)),
    "a job that this version no longer has": job("gone", times=9, is_lasting=True, ago=49),
    "a mail server that was twice out of reach": both(job("send", times=2, system=System.MAIL_SERVER), job("remind", times=9, system=System.MAIL_SERVER)),
    "a mail server that takes emails again": both(job("send", times=9, is_lasting=True, system=System.MAIL_SERVER), lambda state: state.runs.note_success("send", NOW)),
    "a crime system that was out of reach": job("poll", times=2, system=System.CRIME_SYSTEM),
}  # fmt: skip
