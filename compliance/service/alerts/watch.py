"""The watch: looks at the conditions, keeps the incidents, tells administrators, and sends the heartbeat."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from compliance.errors import ComplianceError, SettingsError, StoppedError, UnavailableError
from compliance.service.alerts.alert_message import AlertMessage
from compliance.service.alerts.ledger import Ledger
from compliance.service.alerts.lifecycle import Alert, Rules
from compliance.service.alerts.ways import beat, teller_of, ways_of
from compliance.service.check.server_checks import check_servers
from compliance.service.conditions import (
    FoundCondition,
    Problem,
    ServiceFacts,
    Severity,
    find_conditions,
    name_conditions,
    read_facts,
)
from compliance.service.noting.job_runs import ALERTS, JobRuns
from compliance.service.noting.logs import log_as, new_run_id
from compliance.service.service import Service
from compliance.service.systemd import Supervised
from compliance.store import AlertWay, Maintenance

log = structlog.get_logger()

WATCH: Final = "watch"
EVERY: Final = timedelta(minutes=1)
"""How often it looks."""
SERVERS_EVERY: Final = timedelta(days=1)
"""How often it asks the other systems for what no poll and no delivery fails of, such as a certificate's end."""


class Watch:
    """The watch over a running service. One thread calls `look`, again and again."""

    def __init__(self, service: Service, runs: JobRuns, supervised: Supervised | None = None) -> None:
        """Begin with the incidents in the store. `supervised`: who tells systemd at each look; None: nobody does."""
        self._service, self._next, self._runs, self._supervised = service, service, runs, supervised
        self._ledger = Ledger(service.store)
        self._maintenance: Maintenance | None = None
        self._beat_for: datetime | None = None
        self._servers_at: datetime | None = None
        self._of_servers: list[FoundCondition] = []

    def follow(self, service: Service) -> None:
        """Watch another service on the same store from the next look."""
        self._next, self._servers_at = service, None

    def run(self) -> None:
        """Look once. A failure is logged, and the next look tries again."""
        if self._service.stop.is_requested():
            return
        self._service = self._next
        if self._supervised is not None:
            self._supervised.progress()
        with log_as(WATCH, new_run_id()):
            self._run()

    def _run(self) -> None:
        try:
            self.look()
        except StoppedError:
            pass
        except ComplianceError as error:
            log.error("failed", problem=str(error))
            self._runs.note_failure(WATCH, self._service.clock(), error)
        except Exception as error:
            log.exception("fault")
            self._runs.note_failure(WATCH, self._service.clock(), error)
        else:
            self._runs.note_success(WATCH, self._service.clock())

    def look(self) -> list[FoundCondition]:
        """Look once, tell what is to be told, and return what is wrong.

        A failure of a way to tell is logged, and tried again at a later look.
        """
        service, now = self._service, self._service.clock()
        facts = read_facts(service.settings, service.policy, now, service.store, self._runs.list_runs())
        found = [*find_conditions(facts), *self._look_at_servers(facts, now)]
        if facts.stored is not None:
            self._maintenance = facts.stored.maintenance
        rules = self._rules(now)
        alerts = self._ledger.look(found, now, rules, is_usable=facts.stored is not None)
        if alerts:
            self._tell(alerts, now)
        self._beat(facts, found)
        if self._supervised is not None:
            self._supervised.describe(facts, found)
        return found

    def _look_at_servers(self, facts: ServiceFacts, now: datetime) -> list[FoundCondition]:
        """Return what the other systems show, as asked once a day. One incident tells of all certificates."""
        if self._servers_at is None or now - self._servers_at >= SERVERS_EVERY:
            self._servers_at = now
            by_name: dict[str, list[str]] = {}
            asks_mail = facts.stored is None or facts.stored.mail_rest is None
            for problem in check_servers(self._service.settings, self._service.clock, asks_mail=asks_mail):
                by_name.setdefault(problem.name, []).append(problem.sentence)
            self._of_servers = name_conditions(Problem(name, " ".join(said)) for name, said in by_name.items())
        return self._of_servers

    def _rules(self, now: datetime) -> Rules:
        settings = self._service.settings
        is_quiet = self._maintenance is not None and now < self._maintenance.until
        return Rules(timedelta(minutes=settings.alerts.after_minutes), ways_of(settings), is_quiet)

    def _tell(self, alerts: Sequence[Alert], now: datetime) -> None:
        service = self._service
        for way in ways_of(service.settings):
            mine = [alert for alert in alerts if alert.way is way]
            if not mine:
                continue
            message = AlertMessage(service.settings.force.name, mine, now)
            runs = JobRuns(service.store)  # deliveries note there too whether the mail server takes emails
            problem: ComplianceError = UnavailableError("alerts are not taken; the log gives the reasons")
            try:
                is_sent = teller_of(way, service.settings, service.store, service.clock, service.stop).tell(message)
            except SettingsError as error:  # of a secret or a template: the other way may still work
                log.error("alert not sent", way=way.value, problem=str(error))
                is_sent, problem = False, error
            self._note(runs, way, None if is_sent else problem)
            if is_sent:
                self._ledger.settle(mine, service.clock())
                log.info("alert", way=way.value, incidents=[f"{each.incident.name} {each.message}" for each in mine])

    def _note(self, runs: JobRuns, way: AlertWay, problem: ComplianceError | None) -> None:
        """Store whether a way takes alerts, so that the other way and `status` tell of it. A mail server that takes
        nothing has a condition of its own."""
        name, now = f"{ALERTS}{way.value}", self._service.clock()
        if problem is None:
            runs.note_success(name, now)
        elif way is not AlertWay.EMAIL or isinstance(problem, SettingsError):
            runs.note_failure(name, now, problem)

    def _beat(self, facts: ServiceFacts, found: Sequence[FoundCondition]) -> None:
        """Send the heartbeat once for each good poll, while there is no fault."""
        settings = self._service.settings
        url = settings.address(settings.alerts.heartbeat, "alerts.heartbeat")
        if url is None or facts.stored is None or any(each.condition.severity is Severity.FAULT for each in found):
            return
        feed = facts.stored.feed
        if feed.under_way or feed.failures or feed.began_at is None or feed.began_at == self._beat_for:
            return
        self._beat_for = feed.began_at
        beat(url, self._service.stop)
