"""The incidents of a service: in its store, and in memory while the store cannot be used."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from compliance.errors import ComplianceError
from compliance.service.alerts.lifecycle import Alert, Message, Rules, advance, claim, is_same
from compliance.service.conditions import FoundCondition
from compliance.store import AlertWay, Incident, Store, read_incidents, save_incident, settle_alert
from compliance.store.kept.incidents import Telling

log = structlog.get_logger()


class Ledger:
    """The incidents, brought up to date at each look.

    Several services may share the store: what is to be told is claimed there, by one of them. Without a usable store
    each service tells what it finds itself.
    """

    def __init__(self, store: Store) -> None:
        """Begin with what the store holds."""
        self._store = store
        self._memory: list[Incident] = []
        self._stored: set[str] = set()

    def look(self, found: Sequence[FoundCondition], now: datetime, rules: Rules, *, is_usable: bool) -> list[Alert]:
        """Bring the incidents up to date at an instant (aware), and return what this service is to tell now.

        `is_usable`: whether the store could be read. What is found without it says nothing of the other incidents.
        """
        if is_usable:
            try:
                return self._look_in_store(found, now, rules)
            except ComplianceError as error:
                log.error("incidents not stored", problem=str(error))
        unknown = [each for each in found if each.condition.name not in self._stored]
        self._memory, due = claim(advance(self._memory, unknown, now, rules), now, rules)
        alerts = _alerts(self._memory, due, now)
        self._memory = [each for each in self._memory if each.ended_at is None or each.due_at is not None]
        return alerts

    def _look_in_store(self, found: Sequence[FoundCondition], now: datetime, rules: Rules) -> list[Alert]:
        """Nothing is written, and no turn to write awaited, if nothing has changed."""
        with self._store.reading() as connection:
            before = read_incidents(connection, now)
        after, due = self._advance(before, found, now, rules)
        self._stored = {each.name for each in before if each.ended_at is None}
        if not due and len(before) == len(after) and all(map(is_same, before, after)):
            return []
        with self._store.writing() as connection:
            before = read_incidents(connection, now)
            after, due = self._advance(before, found, now, rules)
            known = {each.number: each for each in before}
            for place, each in enumerate(after):
                if each.number is None or not is_same(each, known[each.number]):
                    after[place] = save_incident(connection, each)
        self._memory = []
        self._stored = {each.name for each in after if each.ended_at is None}
        return _alerts(after, due, now)

    def _advance(
        self, incidents: list[Incident], found: Sequence[FoundCondition], now: datetime, rules: Rules
    ) -> tuple[list[Incident], list[tuple[int, AlertWay, Message]]]:
        known = {each.name for each in incidents if each.ended_at is None}
        remembered = [each for each in self._memory if each.name not in known]
        return claim(advance(incidents + remembered, found, now, rules), now, rules)

    def settle(self, alerts: Sequence[Alert], now: datetime) -> None:
        """Record that some alerts were sent. If the store cannot be used, its claims expire and they are sent again."""
        try:
            for alert in alerts:
                if alert.incident.number is not None:
                    settle_alert(
                        self._store, alert.incident.number, alert.way, alert.message.told, alert.claimed_at, now
                    )
        except ComplianceError as error:
            log.error("alerts sent, not stored", problem=str(error))
        sent = {(alert.incident.name, alert.way): alert for alert in alerts if alert.incident.number is None}
        for place, each in enumerate(self._memory):
            told = {way: Telling(sent[name, way].message.told, now) for name, way in sent if name == each.name}
            self._memory[place] = replace(each, tellings=each.tellings | told)


def _alerts(incidents: Sequence[Incident], due: Sequence[tuple[int, AlertWay, Message]], now: datetime) -> list[Alert]:
    return [Alert(incidents[place], way, message, now) for place, way, message in due]
