"""What goes wrong with what comes from the crime system, one fault at a time, and what may happen there though all is well.

Each is a function of the healthy service of `tests/service_states.py`.
"""

from datetime import date, timedelta
from typing import Final

import pytest
from sqlalchemy import delete, insert, select, update

from compliance.errors import SettingsError, StoppedError, System, UnavailableError
from compliance.service.polls.feed_changes import RESTARTED
from compliance.service.polls.polling import NOTHING_YET, TOLD_TO_STOP
from compliance.stopping import Stop
from compliance.store import note_feed
from compliance.store.kept.notice_kinds import Reason
from compliance.store.tables import NOTICE, OBLIGATION, OFFICER, POLL
from tests.service_states import NOW, Plant, ServiceState
from tests.stores import SOURCE, crime


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


def exported(state: ServiceState, when: int, crimes: int, first: int = 0, **changes: object) -> None:
    """A poll of so many crimes, so many minutes ago, with what is not as usual in them."""
    whole = {"victims": [{"victim_ref": "V1"}], "updates": [{"update_ref": "U1", "at": "2026-07-16T10:00:00Z"}]}
    records = [
        crime(f"22B/{n}/26", reported_at="2026-07-16T09:00:00Z") | whole | changes for n in range(first, first + crimes)
    ]
    state.read(NOW - minutes(when), *records)


def emptied(state: ServiceState, crimes: int = 20) -> None:
    exported(state, 20, 40)
    exported(state, 10, crimes, updates=[])


def emptied_victims(state: ServiceState) -> None:
    exported(state, 20, 40)
    exported(state, 10, 40, victims=[])


def emptied_while_others_change(state: ServiceState) -> None:
    """The 20 emptied crimes stay as they are, and 20 others are changed by a later poll."""
    emptied(state)
    exported(state, 5, 20, first=20, officer_ref="O2")


def ahead(state: ServiceState) -> None:
    """One crime is said to change in 2062, two within a day."""
    for ref, changed_at in (("22C/1/26", "2062-01-01T00:00:00Z"), ("22C/2/26", "2026-07-21T09:00:00Z")):
        state.read(NOW - minutes(10), crime(ref, changed_at=changed_at))


def ahead_and_corrected(state: ServiceState) -> None:
    ahead(state)
    state.read(NOW - minutes(5), crime("22C/1/26", changed_at="2026-07-20T09:55:00Z"))


def late(state: ServiceState, crimes: int = 20) -> None:
    """The clock of the crime system went back by a month."""
    exported(state, 20, crimes, changed_at="2026-07-20T09:40:00Z")
    exported(state, 10, crimes, officer_ref="O2", changed_at="2026-06-20T09:50:00Z")


def late_and_sent_again(state: ServiceState) -> None:
    late(state)
    exported(state, 5, 1, officer_ref="O2", changed_at="2026-07-20T09:55:00Z")


def late_last_week(state: ServiceState) -> None:
    late(state)
    state.now = NOW + timedelta(days=7)
    read_at(state, timedelta(0))
    state.read(state.now)
    state.publish("2026-W28", state.now)


def emptied_and_mended(state: ServiceState) -> None:
    emptied(state)
    exported(state, 5, 20)


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


MISSING: Final = f"{NOTHING_YET}: the export crimes_1.csv waits for victims_1.csv"


def export_waits(state: ServiceState, age: timedelta = timedelta(hours=1)) -> None:
    state.poll(NOW - age - minutes(10), NOTHING_YET)
    for ago in (age, age / 2, minutes(1)):
        state.poll(NOW - ago, MISSING)


def changed(state: ServiceState) -> None:
    note_feed(state.store, SOURCE, origin="http http://old.example/crimes", cursor="c1")


def changed_at_three_polls(state: ServiceState) -> None:
    failing(state)
    changed(state)
    state.runs.note_failure("poll", NOW, SettingsError("the settings name another crime system"))


def stopped(state: ServiceState) -> None:
    read_at(state, hours(2))


def stopped_cleanly(state: ServiceState, ago: float) -> None:
    read_at(state, minutes(ago + 1))
    state.runs.note_stop(NOW - minutes(ago))


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


def directory_out_of_reach(state: ServiceState, times: int = 3) -> None:
    for n in reversed(range(times)):
        state.poll(NOW - minutes(n), complete=True, directory_problem="http://crimes.example/officers answered 500")


def old_directory(state: ServiceState) -> None:
    read_at(state, timedelta(days=8))
    state.poll(NOW - minutes(2), complete=True)


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


def job(name: str, *, times: int = 1, is_lasting: bool = False, system: System | None = None, ago: float = 0) -> Plant:
    def plant(state: ServiceState) -> None:
        for n in reversed(range(times)):
            error = UnavailableError("it says no", is_lasting=is_lasting, system=system)
            state.runs.note_failure(name, NOW - hours(ago) - minutes(n), error)

    return plant


def refused_at_three_polls(state: ServiceState) -> None:
    failing(state)
    job("poll", times=3, is_lasting=True, system=System.CRIME_SYSTEM)(state)


def both(*plants: Plant) -> Plant:
    return lambda state: [plant(state) for plant in plants]


def hold(state: ServiceState, reason: Reason, decided_on: date) -> None:
    """What the officers in the two cases were to be told was held."""
    with state.store.writing() as connection:
        for owed in connection.execute(select(OBLIGATION)).all():
            key = {
                name: getattr(owed, name) for name in ("crime_ref", "victim_ref", "requirement", "cycle", "clock_date")
            }
            how = {
                "recipient_ref": f"O{owed.crime_ref}",
                "spell": 1,
                "step": "overdue",
                "outcome": "held",
                "reason": reason,
            }
            connection.execute(insert(NOTICE).values(**key, **how, decided_on=decided_on))


def held_on_old_data(state: ServiceState) -> None:
    read_at(state, hours(24.5))
    state.poll(NOW - minutes(2), NOTHING_YET)
    hold(state, Reason.TOO_OLD, date(2026, 7, 20))


def back_again(state: ServiceState) -> None:
    read_at(state, hours(72))
    state.poll(NOW - minutes(30), complete=True, officers=1)


def held_while_recovering(state: ServiceState) -> None:
    back_again(state)
    hold(state, Reason.RECOVERING, date(2026, 7, 20))


def held_before(state: ServiceState) -> None:
    """In an earlier gap."""
    back_again(state)
    hold(state, Reason.RECOVERING, date(2026, 7, 6))
    hold(state, Reason.TOO_OLD, date(2026, 7, 18))


def held_and_entered(state: ServiceState) -> None:
    """While the officers had time to record updates, they did."""
    held_while_recovering(state)
    with state.store.writing() as connection:
        connection.execute(update(OBLIGATION).values(state="late"))


def old_data(state: ServiceState) -> None:
    read_at(state, hours(24.5))
    state.poll(NOW - minutes(2), NOTHING_YET)


FEED_FAULTS: Final[list[tuple[str, Plant, str]]] = [
    ("feed-silent", silent, "last read to its end 3 days ago, on 2026-07-17 10:00Z"),
    ("feed-silent", never_read, "never been read to its end"),
    ("feed-silent", waiting, "It asked for no requests before 2026-07-20 12:00Z."),
    ("reminders-held", held_on_old_data, "No emails are sent, because the crime system was last read to its end on 2026-07-19 09:30Z, more than 24 hours ago. 2 officers wait."),
    ("reminders-held", held_while_recovering, "The crime system was unavailable until 2026-07-20 09:30Z, so officers have one working day to record updates before emails go out. 2 officers wait."),
    ("export-waiting", export_waits, "For 1 hour, since 2026-07-20 09:00Z, the export crimes_1.csv waits for victims_1.csv."),
    ("lists-emptied", emptied, "In the poll of 2026-07-20 09:50Z, 20 of 20 changed crimes lost all their updates or all their victims."),
    ("lists-emptied", emptied_while_others_change, "In the poll of 2026-07-20 09:50Z, 20 of 20 changed crimes"),
    ("lists-emptied", emptied_victims, "40 of 40 changed crimes"),
    ("filter-keeps-nothing", job("row filters", is_lasting=True), "In the poll of 2026-07-20 10:00Z, it says no."),
    ("changed-in-future", ahead, "1 crime has a `changed_at` more than a day in the future. It is not believed"),
    ("records-late", late, "In the last 7 days, records of 20 crimes came with an older `changed_at` than those held."),
    ("feed-changed", changed_at_three_polls, "It is not read until a person decides."),
    ("feed-changed", changed, "The settings name another crime system (http http://127.0.0.1:8470/crimes) than the one read until now (http http://old.example/crimes)"),
    ("feed-rejected", failing, "3 polls have failed since 2026-07-20 09:58Z and none was complete. The last problem: http://crimes.example: answers 401; check the token."),
    ("feed-rejected", files_failing, "1 poll has failed since 2026-07-20 10:00Z"),
    ("service-stopped", stopped, "No poll is known to have begun for 2 hours, since 2026-07-20 08:00Z, though one should begin every 5 minutes"),
    ("service-stopped", lambda state: stopped_cleanly(state, 16), "The service was stopped 16 minutes ago, on 2026-07-20 09:44Z, and no poll is known to have begun since."),
    ("service-stopped", hung, "No poll is known to have begun for 1 day"),
    ("directory-missing", no_directory, "no officer can be emailed. The last one was not accepted: it is empty."),
    ("directory-refused", directory_refused, "not accepted: it is empty. The one of 2026-07-20 09:56Z stays in force."),
    ("directory-refused", directory_out_of_reach, "not accepted: http://crimes.example/officers answered 500. The one of 2026-07-20 09:56Z stays in force."),
    ("directory-old", old_directory, "last read 8 days ago, on 2026-07-12 10:00Z"),
    ("feed-refuses-us", job("poll", is_lasting=True, system=System.CRIME_SYSTEM), "The crime system has refused this service since 2026-07-20 10:00Z: it says no."),
    ("feed-refuses-us", refused_at_three_polls, "since 2026-07-20 09:58Z"),
]  # fmt: skip

FEED_HEALTHY: Final[dict[str, Plant]] = {
    "a nightly export, a little late": both(lambda state: read_at(state, hours(24.9)), lambda state: state.poll(NOW, NOTHING_YET)),
    "two polls failed": lambda state: failing(state, 2),
    "polls failed, and then one was complete": both(failing, lambda state: state.read(NOW)),
    "polls that were stopped, or found no export": nothing_failed,
    "another crime system before anything was read": not_yet_read,
    "a wait that is over": wait_over,
    "some crimes lost their only update": lambda state: emptied(state, 19),
    "crimes that were emptied, and sent again whole": emptied_and_mended,
    "a change in the future that was corrected": ahead_and_corrected,
    "some records that came late": lambda state: late(state, 19),
    "records that came late, and one sent again": late_and_sent_again,
    "records that came late a week ago": late_last_week,
    "old data, and no one to email": old_data,
    "emails held in an earlier gap": held_before,
    "emails held, and the updates entered": held_and_entered,
    "an export whose files come one after another": lambda state: export_waits(state, minutes(59)),
    "an export that waited, and was read": both(export_waits, lambda state: state.read(NOW)),
    "an export that waited, and one that waits now": both(lambda state: export_waits(state, hours(2)), lambda state: state.read(NOW - minutes(1)), lambda state: state.poll(NOW, MISSING)),
    "a poll that takes hours": both(lambda state: read_at(state, hours(20)), lambda state: state.poll(NOW - hours(19), ended=False)),
    "a service stopped a quarter of an hour ago": lambda state: stopped_cleanly(state, 15),
    "a service stopped, and started again": both(lambda state: stopped_cleanly(state, 50), lambda state: state.read(NOW - minutes(45))),
    "polls every two hours": polled_every_two_hours,
    "no officer directory is read": both(forget_polls, lambda state: state.poll(NOW, complete=True)),
    "a directory that could not be read twice": lambda state: directory_out_of_reach(state, 2),
    "a directory of last week": both(lambda state: read_at(state, hours(167)), lambda state: state.poll(NOW, complete=True)),
}  # fmt: skip
