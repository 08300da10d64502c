"""`compliance run`: the jobs on their schedule, until told to stop (decision 0016).

The schedule only decides when to check. The store shows whether there is work: a cursor, rows with unique keys, a
report not yet published. The next check therefore makes up for a missed run, and a second daemon does no harm (decision
0012).
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import timedelta
from threading import Event
from typing import Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from compliance import clock
from compliance.errors import ComplianceError, SettingsError, StoppedError, System, UnavailableError
from compliance.mail import RestingError
from compliance.service.alerts.watch import EVERY, WATCH, Watch
from compliance.service.noting.job_runs import INBOUND, RELOAD, STAMP, JobRuns
from compliance.service.noting.logs import log_as, new_run_id, set_up
from compliance.service.noting.noted_progress import noted_progress
from compliance.service.running.configuration_notes import note_configuration
from compliance.service.running.monitor import monitor
from compliance.service.running.reloading import describe_changes, reloaded
from compliance.service.service import Service
from compliance.service.systemd import Supervised
from compliance.service.telling.replanning import LastPlan
from compliance.store import DatabaseReplacedError, NoSchemaError, WrongSchemaError

log = structlog.get_logger()

_LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the database file and for a request to reload. A look costs microseconds."""

Beside = Callable[[Service], AbstractContextManager[object]]


class Daemon:
    """The runner of a service's jobs until a stop is requested. The current job first ends between two steps.

    `hangup`: set when the settings are to be read again, which is done between two jobs. `beside`: what else runs in
    this process while the service does; it is ended first, and begun anew with settings that were read again.
    """

    def __init__(self, service: Service, hangup: Event | None = None, beside: Beside = nullcontext) -> None:
        self._service, self._beside = service, beside
        self._hangup, self._reload_waits = Event() if hangup is None else hangup, False
        self._reason_to_end: SettingsError | None = None
        self._is_noted = False
        self._monitoring, self._companion = ExitStack(), ExitStack()
        self.runs = JobRuns(service.store)
        self._first, self._run_id = "poll", new_run_id()
        self._planned = LastPlan()
        # One worker: jobs run one after another, and no two write at the same time.
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1), WATCH: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self._schedule()
        self._scheduler.add_job(
            self._guard("retention", self._retain),
            "interval",
            hours=24,
            id="retention",
            next_run_time=clock.now() + timedelta(minutes=1),
        )
        self._scheduler.add_job(
            self._guard(STAMP, self._stamp),
            "interval",
            hours=1,  # only the first of a day asks for a stamp; the next ones if that fails
            id=STAMP,
            next_run_time=clock.now() + timedelta(minutes=2),
        )
        self._supervised = Supervised(service.stop, self._every)
        # In a thread of its own: a job that hangs is one of the things it tells.
        self._watch = Watch(service, self.runs, self._supervised)
        self._scheduler.add_job(self._watch.run, "interval", seconds=EVERY.total_seconds(), id=WATCH, executor=WATCH)

    @property
    def _every(self) -> timedelta:
        """The time between two polls."""
        return timedelta(minutes=self._service.settings.crime_system.poll_minutes)

    def _schedule(self) -> None:
        """Run the jobs that follow the poll interval now, one after another, and then at the interval."""
        now = clock.now()
        for place, job in enumerate((self._poll, self._inbound, self._remind, self._report)):
            name = job.__name__.removeprefix("_")
            if name == INBOUND and self._service.settings.mail.inbound is None:
                if self._scheduler.get_job(name):
                    self._scheduler.remove_job(name)
                continue
            self._scheduler.add_job(
                self._guard(name, job),
                "interval",
                seconds=self._every.total_seconds(),
                id=name,
                next_run_time=now + timedelta(milliseconds=place),
                replace_existing=True,
            )

    def run(self) -> None:
        """Run until told to stop.

        Raises SettingsError if the database is no longer the one that was opened, or its schema no longer this
        version's: nothing more is written to it.
        """
        log.info("started", database=self._service.store.name, policy=self._service.policy.path.name)
        self.runs.note_success(RELOAD, self._service.clock())  # what is in the files was just read
        with self._monitoring, self._companion:
            self._monitor()
            self._scheduler.start()
            self._supervised.begin()
            while not self._service.stop.wait(_LOOK_EVERY):
                self._look_at_file()
                self._look_for_hangup()
            self._supervised.end()
            self._companion.close()
            self._scheduler.shutdown(wait=True)
        if self._reason_to_end is not None:
            raise self._reason_to_end
        self.runs.note_stop(self._service.clock())
        log.info("stopped")

    def _look_at_file(self) -> None:
        """Look whether the database file is still there, also while a job waits for another system."""
        try:
            self._service.store.check_file()
        except DatabaseReplacedError as error:
            self._end(error)

    def _look_for_hangup(self) -> None:
        """Have the settings read again, once for all requests that the worker has not come to yet."""
        if self._hangup.is_set():
            self._hangup.clear()
            if not self._reload_waits:
                self._reload_waits = True
                self._scheduler.add_job(self._guard(RELOAD, self._reload))

    def _reload(self) -> dict[str, object]:
        """Take what the files say now, all of it or nothing, and go on as after a restart."""
        self._reload_waits = False
        before = self._service
        try:
            self._service = reloaded(before)
        except SettingsError as error:
            raise SettingsError(f"nothing was reloaded, and the old settings stay in force: {error}") from None
        self._is_noted = False
        if self._service.settings.log != before.settings.log:
            set_up(self._service.settings.log)
        self._companion.close()
        self._monitoring.close()
        self._monitor()
        self._schedule()
        self._supervised.follow(self._every)
        self._watch.follow(self._service)
        return describe_changes(before, self._service)

    def _note_configuration(self) -> None:
        """Write to the audit log what the service works by, before it does anything by it."""
        if not self._is_noted:
            note_configuration(self._service)
            self._is_noted = True

    def _monitor(self) -> None:
        self._monitoring.enter_context(monitor(self._service, self.runs))
        self._companion.enter_context(self._beside(self._service))

    def _end(self, reason: SettingsError) -> None:
        log.error("ending", problem=str(reason))
        self._reason_to_end = reason
        self._service.stop.request()

    def _guard(self, name: str, job: Callable[[], dict[str, object]]) -> Callable[[], None]:
        """Wrap a job so that its outcome is logged.

        A failure does not end the daemon: the crime system or the mail server may be back at the next run.
        """

        def run() -> None:
            stop, clock = self._service.stop, self._service.clock
            if stop.is_requested():
                return
            stop.begin(name)
            began = clock()

            def note(error: Exception | None = None) -> None:
                ended = clock()
                seconds = (ended - began).total_seconds()
                if error is None:
                    self.runs.note_success(name, ended, seconds)
                else:
                    self.runs.note_failure(name, ended, error, seconds)

            try:
                self._service.store.check_schema()
                self._note_configuration()
                with noted_progress(self._service.store, name, clock):
                    outcome = job()
                if outcome:
                    log.info("done", **outcome)
                note()
            except (DatabaseReplacedError, NoSchemaError, WrongSchemaError) as error:
                self._end(error)
            except StoppedError as error:
                log.info("stopped", reason=str(error))
            except RestingError as error:
                log.info("resting", problem=str(error))  # nothing was tried: what came of it last still stands
            except UnavailableError as error:
                log.warning("unavailable", problem=str(error))
                note(error)
            except ComplianceError as error:
                log.error("failed", problem=str(error))
                note(error)
            except Exception as error:
                log.exception("fault")
                note(error)
            finally:
                stop.doing = None

        def logged() -> None:
            if name == self._first:
                self._run_id = new_run_id()  # a cycle begins; the jobs that follow belong to it
            with log_as(name, self._run_id):
                run()

        return logged

    def _poll(self) -> dict[str, object]:
        outcome = self._service.poll()
        done: dict[str, object] = {"received": outcome.received, "changed": outcome.changed, "refused": outcome.refused}
        rare: dict[str, object] = {
            "clock_changes": outcome.clock_changes,
            "vanished": outcome.vanished,
            "seen_late": outcome.late,
            "not_complete": outcome.problem,
            "waits": None if outcome.problem else outcome.waits,
            "set_aside": self._service.not_judged,
        }
        return done | {name: value for name, value in rare.items() if value}

    def _inbound(self) -> dict[str, object]:
        read = self._service.read_inbound()
        found: dict[str, object] = {kind.value: count for kind, count in read.kinds.items()}
        return found | ({"waiting": read.waiting} if read.waiting else {})

    def _remind(self) -> dict[str, object]:
        mail, minutes = self._service.settings.mail, self._service.settings.crime_system.poll_minutes
        # Slow sending takes no longer than the poll interval: the next run continues.
        limit = None if mail.per_minute is None else max(1, int(mail.per_minute * minutes))
        outcome, delivery = self._service.remind(limit, self._planned)
        done: dict[str, object] = {"digests": outcome.digests, "sent": delivery.sent}
        rare = ("retried", "refused", "uncertain", "pilot")
        done |= {name: count for name in rare if (count := getattr(delivery, name))}
        if outcome.not_now:
            done["not_now"] = outcome.not_now
        if outcome.waiting:
            done["held"] = outcome.waiting
        if warning := self._service.calendar_warning:
            done["calendar"] = warning
        if delivery.rests_until is not None:
            done["mail_server_not_tried_until"] = f"{delivery.rests_until:%Y-%m-%dT%H:%MZ}"
        elif delivery.stopped:
            self._service.stop.check()
            raise UnavailableError(delivery.stopped, is_lasting=delivery.is_refused, system=System.MAIL_SERVER)
        return done

    def _report(self) -> dict[str, object]:
        published = [str(report.path) for report in self._service.report_if_due() if report.new or report.added]
        return {"published": published} if published else {}

    def _retain(self) -> dict[str, object]:
        return self._service.retaining.apply().counts

    def _stamp(self) -> dict[str, object]:
        stamp = self._service.stamping.stamp_if_due()
        return {} if stamp is None else {"stamped_entry": stamp.number}
