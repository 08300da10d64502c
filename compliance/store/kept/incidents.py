"""Incidents as they are stored: a condition from when it was found until it was over, and what was told of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from compliance.store.database.dialect import upsert
from compliance.store.database.engine import Store
from compliance.store.tables import ALERT, INCIDENT, MAINTENANCE

KEPT: Final = timedelta(days=730)
"""How long incidents and times of planned work are kept after they ended."""
_TOLD_WITHIN: Final = timedelta(days=7)
"""How long after its end an incident is still told, if it could not be told before."""


class AlertWay(StrEnum):
    """How administrators are told."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Told(StrEnum):
    """What has been told of an incident last."""

    BEGAN = "began"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Telling:
    """What has been told one way, and when last (UTC). `claimed_at`: since when a service has been telling it."""

    told: Told | None = None
    told_at: datetime | None = None
    claimed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A condition from when it was found until it was over. Instants are in UTC.

    - `last_seen_at`: when it was last found, within a day. `gone_at`: since when it has not been found. `ended_at`:
      as `gone_at`, once it is over.
    - `due_at`: since when it is to be told; None: not yet. `tellings`: of each way by which it is told.
    - `number`: its number in the store; None: not stored yet.
    """

    name: str
    severity: str
    sentence: str
    began_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    tellings: dict[AlertWay, Telling] = field(default_factory=dict)
    number: int | None = None


def read_incidents(connection: Connection, now: datetime) -> list[Incident]:
    """Return the incidents that are not over, and those whose end may not have been told, oldest first."""
    untold = select(ALERT.c.incident_id).where(ALERT.c.incident_id == INCIDENT.c.id, is_untold()).exists()
    wanted = or_(INCIDENT.c.ended_at.is_(None), and_(INCIDENT.c.ended_at >= now - _TOLD_WITHIN, untold))
    rows = connection.execute(select(INCIDENT).where(wanted).order_by(INCIDENT.c.id)).mappings().all()
    numbers = [row["id"] for row in rows]
    told: dict[int, dict[AlertWay, Telling]] = {number: {} for number in numbers}
    for row in connection.execute(select(ALERT).where(ALERT.c.incident_id.in_(numbers))).all() if numbers else ():
        telling = Telling(row.told and Told(row.told), row.told_at, row.claimed_at)
        told[row.incident_id][AlertWay(row.way)] = telling
    return [_incident(row, told[row["id"]]) for row in rows]


def is_untold() -> Any:
    """Match the alerts whose incident's end has not been told."""
    return or_(ALERT.c.told.is_(None), ALERT.c.told != Told.OVER.value)


def _incident(row: Any, tellings: dict[AlertWay, Telling]) -> Incident:
    values = {name: value for name, value in row.items() if name != "id"}
    return Incident(**values, tellings=tellings, number=row["id"])


def save_incident(connection: Connection, incident: Incident) -> Incident:
    """Store an incident and what was told of it, and return it with its number. A new one removes those too old."""
    values = {column.name: getattr(incident, column.name) for column in INCIDENT.c if column.name != "id"}
    number = incident.number
    if number is None:
        _forget(connection, incident.began_at - KEPT)
        number = int(connection.execute(insert(INCIDENT).values(values).returning(INCIDENT.c.id)).scalar_one())
    else:
        connection.execute(update(INCIDENT).where(INCIDENT.c.id == number).values(values))
    upsert(connection, ALERT, [_alert_row(number, way, each) for way, each in incident.tellings.items()])
    return Incident(**values, tellings=incident.tellings, number=number)


def _alert_row(number: int, way: AlertWay, telling: Telling) -> dict[str, Any]:
    told = telling.told and telling.told.value
    return {
        "incident_id": number, "way": way.value, "told": told, "told_at": telling.told_at,
        "claimed_at": telling.claimed_at,
    }  # fmt: skip


def _forget(connection: Connection, before: datetime) -> None:
    old = select(INCIDENT.c.id).where(INCIDENT.c.ended_at < before)
    connection.execute(delete(ALERT).where(ALERT.c.incident_id.in_(old)))
    connection.execute(delete(INCIDENT).where(INCIDENT.c.ended_at < before))


def settle_alert(store: Store, number: int, way: AlertWay, told: Told, claimed_at: datetime, now: datetime) -> None:
    """Store that an incident, claimed at an instant, has been told one way. Does nothing if the claim has expired."""
    ours = and_(ALERT.c.incident_id == number, ALERT.c.way == way.value, ALERT.c.claimed_at == claimed_at)
    with store.writing() as connection:
        connection.execute(update(ALERT).where(ours).values(told=told.value, told_at=now, claimed_at=None))


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A time of planned work, in which no alerts are sent (UTC), and why."""

    began_at: datetime
    until: datetime
    reason: str


def maintenance_at(store: Store, now: datetime) -> Maintenance | None:
    """Return the planned work under way at an instant (aware), None if there is none."""
    asked = select(MAINTENANCE).where(MAINTENANCE.c.began_at <= now, MAINTENANCE.c.until > now)
    with store.reading() as connection:
        row = connection.execute(asked.order_by(MAINTENANCE.c.until.desc()).limit(1)).first()
    return None if row is None else Maintenance(row.began_at, row.until, row.reason)


def begin_maintenance(store: Store, now: datetime, until: datetime, reason: str) -> Maintenance:
    """Store that no alerts are sent from now until an instant. Planned work under way ends now, and this goes on."""
    with store.writing() as connection:
        connection.execute(delete(MAINTENANCE).where(MAINTENANCE.c.until < now - KEPT))
        _end(connection, now)
        connection.execute(insert(MAINTENANCE).values(began_at=now, until=until, reason=reason))
    return Maintenance(now, until, reason)


def end_maintenance(store: Store, now: datetime) -> bool:
    """End the planned work under way; return whether there was any."""
    with store.writing() as connection:
        return _end(connection, now)


def _end(connection: Connection, now: datetime) -> bool:
    under_way = and_(MAINTENANCE.c.began_at <= now, MAINTENANCE.c.until > now)
    return connection.execute(update(MAINTENANCE).where(under_way).values(until=now)).rowcount > 0
