"""What the crime record holds of one victim, for somebody who is to judge for themselves: no verdict of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from compliance.policy.calendars import LocalDates
from compliance.records.wire import Crime, Update
from compliance.web.local_times import in_local_time

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecordedUpdate:
    """An update as it was recorded; times are local, in words. `said`: how, with which outcome, by and to whom."""

    at: str
    said: list[str]
    entered: str


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What was recorded of a crime and one of its victims. `facts`: what it is called and what it is, in order."""

    facts: list[tuple[str, str]]
    updates: list[RecordedUpdate]
    of_others: int


def record_of(crime: Crime, victim_ref: str, local: LocalDates) -> CaseRecord:
    """Return what a record says of a victim: their own updates in order of time, and how many others have."""
    updates = crime.updates or []
    mine = [each for each in updates if (each.victim_ref or victim_ref) == victim_ref]
    shown = [_shown(each, local) for each in sorted(mine, key=lambda each: _instant(each.at))]
    return CaseRecord(list(_facts(crime, victim_ref, local)), shown, len(updates) - len(mine))


def _shown(update: Update, local: LocalDates) -> RecordedUpdate:
    by, to = f"by {update.officer_ref}" if update.officer_ref else "", "" if update.victim_ref else "to every victim"
    said = [each for each in (update.method, update.outcome, by, to) if each]
    return RecordedUpdate(in_local_time(update.at, local), said, in_local_time(update.entered_at or "", local))


def _facts(crime: Crime, victim_ref: str, local: LocalDates) -> Iterator[tuple[str, str]]:
    yield "Reported", in_local_time(crime.reported_at, local)
    if crime.offence:
        yield "Offence", crime.offence
    changes = sorted(crime.status or [], key=lambda each: _instant(each.at))
    if changes:
        yield "Status", "; ".join(f"{each.status} {in_local_time(each.at, local)}" for each in changes)
    for victim in crime.victims or []:
        if victim.victim_ref != victim_ref:
            continue
        if victim.category:
            yield "Category", victim.category
        if victim.added_at:
            yield "Added", in_local_time(victim.added_at, local)
        if victim.declined_at:
            until = f" until {in_local_time(victim.declined_until, local)}" if victim.declined_until else ""
            yield "Wants no updates", f"said {in_local_time(victim.declined_at, local)}{until}"
        if victim.agreed_interval_days:
            yield "Agreed", f"an update every {victim.agreed_interval_days} days"
        for hold in victim.contact_holds or []:
            between = (("from", hold.start), ("until", hold.end))
            when = " ".join(f"{word} {in_local_time(at, local)}" for word, at in between if at)
            yield "Contact hold", ", ".join(filter(None, (hold.reason, when)))
    for event in sorted(crime.events or [], key=lambda each: _instant(each.at)):
        yield "Event", f"{event.kind.replace('_', ' ')}, {in_local_time(event.at, local)}"


def _instant(text: str) -> datetime:
    """Return an instant of a record, to put things in order; the last of all if it cannot be read."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _NEVER
    return found if found.tzinfo else found.replace(tzinfo=UTC)
