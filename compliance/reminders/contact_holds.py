"""Contact holds: times when a victim must not be contacted as usual (records section 1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from compliance.policy.calendars import from_day
from compliance.policy.facts import Block
from compliance.records import Crime
from compliance.records.instants import parse_instants
from compliance.records.wire import ContactHold


@dataclass(frozen=True, slots=True)
class HoldSpan:
    """The local dates on which one contact hold is in force, both included.

    `first` is None if the start is unknown. `last` is None if the record gives neither start nor end: the hold stays in
    force. `is_open` means that the record gives a start but no end: the hold counts for `hold_days`.
    """

    first: date | None
    last: date | None
    reason: str | None = None
    is_open: bool = False

    def covers(self, day: date) -> bool:
        """Return whether the hold is in force for any part of a day."""
        return (self.first or day) <= day <= (self.last or day)


@dataclass(frozen=True, slots=True)
class Hold:
    """The contact holds recorded for one victim (records section 1). Dates are local."""

    now: bool = False
    """Whether a hold covers any part of today."""
    until: date | None = None
    """The last day of the current run of holds, one following another; None if unknown."""
    is_open: bool = False
    """Whether the last hold of the run has no recorded end: it counts until `until`, unless it is renewed."""
    reasons: tuple[str, ...] = ()
    """The recorded reasons for the holds in force today."""
    lapsed: date | None = None
    """The start of a hold that has no end and no longer counts; None if there has been an update since."""
    of_another: bool = False
    """Whether a hold covers another victim of the crime today."""
    spans: tuple[HoldSpan, ...] = ()
    """Every hold, past and present, as now recorded."""

    def in_force_on(self, day: date) -> bool:
        """Return whether a hold was in force for any part of a day."""
        return any(span.covers(day) for span in self.spans)


NO_HOLD: Final = Hold()


def holds_of(crimes: Sequence[Crime], block: Block, hold_days: int) -> dict[int, dict[str, Hold]]:
    """Return the holds of every victim, by the crime's row and then the victim's reference.

    Crimes without a hold are left out. Entries with the same reference are combined. A hold without an end counts for
    `hold_days` from its start.
    """
    local, today = block.policy.local, from_day(block.moment.today)

    def day(text: str | None) -> date | None:
        return None if text is None else local.date_at(parse_instants([text])[0][0])

    def span(hold: ContactHold) -> HoldSpan:
        first, last = day(hold.start), day(hold.end)
        is_open = first is not None and last is None
        if first is not None and is_open:
            last = first + timedelta(days=hold_days - 1)
        return HoldSpan(first, last, hold.reason or None, is_open)

    found: dict[int, dict[str, Hold]] = {}
    for place, crime in enumerate(crimes):
        if not any(victim.contact_holds for victim in crime.victims or ()):
            continue
        spans_of: dict[str, list[HoldSpan]] = {}
        for victim in crime.victims or ():
            spans_of.setdefault(victim.victim_ref, []).extend(map(span, victim.contact_holds or ()))
        found[place] = {ref: hold_on(spans, today) for ref, spans in spans_of.items()}
    return found


def hold_on(spans: Sequence[HoldSpan], today: date) -> Hold:
    """Return the state of a victim's holds on a day."""
    covering = [span for span in spans if span.covers(today)]
    if not covering:
        begun = [span.first for span in spans if span.is_open and span.first and span.first < today]
        return Hold(lapsed=max(begun, default=None), spans=tuple(spans))
    reasons = tuple(dict.fromkeys(span.reason for span in covering if span.reason))
    until, is_open = today, False
    for span in sorted(spans, key=lambda span: span.first or date.min):
        if span.last is None:
            return Hold(now=True, reasons=reasons, spans=tuple(spans))
        if (span.first or today) <= until + timedelta(days=1) and span.last >= until:
            until, is_open = span.last, span.is_open
    return Hold(True, until, is_open, reasons, spans=tuple(spans))


def find_hold(holds: dict[int, dict[str, Hold]], crime: int, victim: str, last_update: date | None) -> Hold:
    """Return a victim's holds, noting any hold on another victim of the crime."""
    of_crime = holds.get(crime)
    if of_crime is None:
        return NO_HOLD
    hold = of_crime.get(victim, NO_HOLD)
    updated = hold.lapsed is not None and last_update is not None and last_update > hold.lapsed
    others = any(other.now for ref, other in of_crime.items() if ref != victim)
    return replace(hold, lapsed=None if updated else hold.lapsed, of_another=others)
