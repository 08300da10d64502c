"""How incidents begin, last and end, and what is to be told of them: without a store, without a clock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from compliance.service.conditions import FoundCondition, Severity
from compliance.store import AlertWay, Incident, Told
from compliance.store.kept.incidents import Telling

AGAIN: Final = timedelta(hours=24)
"""After how long an incident that lasts is told again."""
SELDOM: Final = timedelta(days=7)
"""After how long a warning that has lasted for `KNOWN` is told again: a daily email would no longer be read."""
KNOWN: Final = timedelta(days=3)
CLAIM_LASTS: Final = timedelta(minutes=5)
"""The age after which a claim belongs to a service that has ended or could not tell it: it is then told again."""
_SEEN_EVERY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """How long a condition must be found before it is told, by which ways, and whether there is planned work now."""

    after: timedelta
    ways: Sequence[AlertWay]
    is_quiet: bool = False


class Message(StrEnum):
    """What is told of an incident."""

    BEGAN = "began"
    LASTS = "lasts"
    OVER = "over"

    @property
    def told(self) -> Told:
        """What has been told once it was sent."""
        return Told.OVER if self is Message.OVER else Told.BEGAN


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident to be told one way, claimed at `claimed_at`."""

    incident: Incident
    way: AlertWay
    message: Message
    claimed_at: datetime


def advance(
    incidents: Sequence[Incident], found: Iterable[FoundCondition], now: datetime, rules: Rules
) -> list[Incident]:
    """Return the incidents as they stand at an instant, at which some conditions are found; new ones last."""
    open_ones = {incident.name: incident for incident in incidents if incident.ended_at is None}
    advanced = []
    for each in found:
        condition = each.condition
        begun = Incident(condition.name, condition.severity.value, each.sentence, now, now)
        incident = open_ones.pop(condition.name, begun)
        advanced.append(_found(incident, each, now, rules))
    advanced += [_gone(incident, now, rules) for incident in open_ones.values()]
    advanced += [incident for incident in incidents if incident.ended_at is not None]
    return sorted(advanced, key=lambda incident: (incident.number is None, incident.number or 0))


def _found(incident: Incident, found: FoundCondition, now: datetime, rules: Rules) -> Incident:
    wait = timedelta(0) if found.condition.is_told_at_once else rules.after
    due_at = incident.due_at
    if due_at is None and not rules.is_quiet and now - incident.began_at >= wait:
        due_at = now
    if now - incident.last_seen_at >= _SEEN_EVERY or incident.gone_at is not None or due_at != incident.due_at:
        incident = replace(incident, last_seen_at=now, gone_at=None, due_at=due_at)
    tellings = incident.tellings
    if due_at is not None:
        tellings = {way: Telling() for way in rules.ways} | tellings
    return replace(incident, sentence=found.sentence, severity=found.condition.severity.value, tellings=tellings)


def _gone(incident: Incident, now: datetime, rules: Rules) -> Incident:
    """Without a telling that is due it was a blip; otherwise it is over once it has not been found for long enough."""
    gone_at = incident.gone_at or now
    is_over = incident.due_at is None or now - gone_at >= rules.after
    return replace(incident, gone_at=gone_at, ended_at=gone_at if is_over else None)


def is_same(one: Incident, other: Incident) -> bool:
    """Return whether two states need not both be stored: the sentence, which has ages in it, does not matter."""
    return replace(one, sentence="") == replace(other, sentence="")


def claim(
    incidents: Sequence[Incident], now: datetime, rules: Rules
) -> tuple[list[Incident], list[tuple[int, AlertWay, Message]]]:
    """Return the incidents with what is to be told now claimed, and what that is: place, way and message."""
    claimed: list[Incident] = []
    due: list[tuple[int, AlertWay, Message]] = []
    for place, incident in enumerate(incidents):
        messages = dict(_due(incident, now, rules))
        taken = {way: replace(incident.tellings[way], claimed_at=now) for way in messages}
        claimed.append(replace(incident, tellings=incident.tellings | taken))
        due += [(place, way, message) for way, message in messages.items()]
    return claimed, due


def _due(incident: Incident, now: datetime, rules: Rules) -> Iterator[tuple[AlertWay, Message]]:
    if rules.is_quiet:
        return
    for way in rules.ways:
        telling = incident.tellings.get(way)
        if telling is None or (telling.claimed_at is not None and now - telling.claimed_at < CLAIM_LASTS):
            continue
        message = _message(incident, telling, now)
        if message is not None:
            yield way, message


def _message(incident: Incident, telling: Telling, now: datetime) -> Message | None:
    """Return what is to be told, None if nothing is."""
    if incident.ended_at is not None:
        return None if telling.told is Told.OVER else Message.OVER
    if incident.gone_at is not None:
        return None  # it may be over: told once that is known
    if telling.told is None:
        return Message.BEGAN
    told_at = telling.told_at or now
    is_known = incident.severity == Severity.WARNING and told_at - incident.began_at >= KNOWN
    return Message.LASTS if now - told_at >= (SELDOM if is_known else AGAIN) else None
