"""Given crime records instead of simulated ones, shown through time by their own instants."""

from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final
from urllib.parse import quote

from compliance.errors import RecordError
from compliance.simulator.record_lives import Entry, Life, Record, RecordLives

_ITEMS: Final = {"status": "at", "allocations": "from", "events": "at"}
"""List fields whose items are shown from an instant of their own."""
_DECLINE: Final = ("declined_at", "declined_entered_at", "declined_until")


class Replay(RecordLives):
    """A history made of records (records section 1), each shown from its recording, with what had happened by then.

    A status change, an allocation or an event is shown from its instant; an update or a decline once it was also
    entered; a victim from `added_at`; a contact hold from its start. Anything without an instant is shown from the
    recording. Officer, team and division are those of the last allocation so far, otherwise the record's own. A record
    that cannot be read is shown unchanged from the start, for the service to refuse. No one acts on emails.

    `start` is when the first record was recorded, `end` the last instant of all. Raises RecordError if none can be
    read.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        """Create the history. `records` are dicts as decoded from JSON, with instants as text."""
        self.late = []
        self._officers: dict[str, Record] = {}
        read, unread = [], []
        for record in records:
            try:
                read.append(Life(_entries(record)))
                self._note_officers(record)
            except (KeyError, TypeError, ValueError, AttributeError):
                unread.append(record)
        if not read:
            raise RecordError(
                "replay: no record has a readable reported_at; check the records against records section 1"
            )
        first = min(life.begins for life in read)
        self.lives = read + [Life([(first, name, None, value) for name, value in record.items()]) for record in unread]
        self.start = datetime.fromtimestamp(first, UTC)
        self.end = datetime.fromtimestamp(max(life.ends for life in read), UTC)

    def officers(self, now: datetime) -> list[Record]:  # noqa: ARG002
        """Return every officer named in the records, with an undeliverable address; no supervisors."""
        return [self._officers[ref] for ref in sorted(self._officers)]

    def _note_officers(self, record: Record) -> None:
        for holder in (record, *(record.get("allocations") or ())):
            self._note(holder.get("officer_ref"), holder.get("team"), holder.get("division"))
        for update in record.get("updates") or ():
            self._note(update.get("officer_ref"), None, None)

    def _note(self, ref: Any, team: Any, division: Any) -> None:
        if not isinstance(ref, str) or not ref:
            return
        known = self._officers.get(ref)
        if known is None or (team and known["team"] is None):
            email = f"{quote(ref, safe='')}@replay.invalid"
            self._officers[ref] = {"officer_ref": ref, "name": None, "email": email, "team": team, "division": division}


def _second(text: str) -> int:
    """Return the second of an RFC 3339 instant, rounded up so that nothing is shown before it happened."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return ceil(moment.timestamp())


def _entries(record: Record) -> list[Entry]:
    """Split a record into entries: what was entered when."""
    begins = _second(record.get("recorded_at") or record["reported_at"])
    taken_apart = {*_ITEMS, "updates", "victims", "changed_at"}
    entries: list[Entry] = [(begins, name, None, value) for name, value in record.items() if name not in taken_apart]
    for name, when in _ITEMS.items():
        for place, item in enumerate(record.get(name) or ()):
            entries.append((max(begins, _second(item[when])), name, str(place), item))
    for allocation in sorted(record.get("allocations") or (), key=lambda item: _second(item["from"])):
        second = max(begins, _second(allocation["from"]))
        entries += [(second, name, None, allocation.get(name)) for name in ("officer_ref", "team", "division")]
    for place, update in enumerate(record.get("updates") or ()):
        second = max(begins, _second(update["at"]), _second(update.get("entered_at") or update["at"]))
        entries.append((second, "updates", str(place), update))
    for place, victim in enumerate(record.get("victims") or ()):
        entries += [(second, "victims", str(place), shown) for second, shown in _victim(victim, begins)]
    return entries


def _victim(victim: Record, begins: int) -> list[tuple[int, Record]]:
    """Return what is known about a victim from each second: no decline, end of decline or hold before its time."""
    first = max(begins, _second(victim["added_at"])) if victim.get("added_at") else begins
    declined = until = None
    if victim.get("declined_at"):
        entered = victim.get("declined_entered_at") or victim["declined_at"]
        declined = max(first, _second(victim["declined_at"]), _second(entered))
        if victim.get("declined_until"):
            until = max(declined, _second(victim["declined_until"]))
    holds = [
        (max(first, _second(hold["from"])) if hold.get("from") else first, hold)
        for hold in victim.get("contact_holds") or ()
    ]
    moments = {first, *(since for since, _ in holds), *(moment for moment in (declined, until) if moment is not None)}
    shown = []
    for moment in sorted(moments):
        now = {name: value for name, value in victim.items() if name not in (*_DECLINE, "contact_holds")}
        if declined is not None and moment >= declined:
            now |= {name: victim[name] for name in _DECLINE[:2] if name in victim}
        if until is not None and moment >= until:
            now["declined_until"] = victim["declined_until"]
        if begun := [hold for since, hold in holds if since <= moment]:
            now["contact_holds"] = begun
        shown.append((moment, now))
    return shown
