"""What administrators were told in a year of a service: every incident once when it began, and once when it was over."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from sqlmodel import col, select

from compliance.store import Store
from compliance.store.tables import IncidentRow
from tests.operated import ADMINISTRATOR, DISK, OVER, Happening, OperatedYear

A_DAY: Final = timedelta(hours=24)
Named = tuple[str, datetime]
"""An incident: the condition, and when it was first found."""
SEEN_AS: Final[Mapping[str, frozenset[str]]] = {
    "feed rejected": frozenset({"feed-refuses-us"}),
    "feed down": frozenset({"feed-rejected"}),
    "feed ahead": frozenset({"clock-off"}),
    "feed behind": frozenset({"clock-off"}),
    "feed shrunk": frozenset({"feed-rejected"}),
    "feed away": frozenset({"feed-rejected", "feed-silent", "reminders-held"}),
    "directory down": frozenset({"directory-refused"}),
    "directory empty": frozenset({"directory-refused"}),
    "directory halved": frozenset({"directory-refused"}),
    DISK: frozenset({"job-failing"}),
    f"{DISK} at a report": frozenset({"job-failing"}),
    "mail away": frozenset({"mail-unreachable"}),
}
"""What a fault of the world is seen as: the conditions. What is not here is nothing that anybody has to act on."""


@dataclass(frozen=True)
class Incidents:
    """`held`: those of the database that lasted long enough to be told, each with its end if it is over. `told`: when
    each was told by the webhook, by what was said. `emails`: how many emails told of any."""

    held: Mapping[Named, datetime | None]
    told: Mapping[tuple[Named, str], Sequence[datetime]]
    emails: int

    @classmethod
    def of(cls, year: OperatedYear) -> "Incidents":
        """Those of a year that is over."""
        told: dict[tuple[Named, str], list[datetime]] = {}
        for alert in year.crimes.alerts:
            for each in alert.incidents:
                told.setdefault(((each.name, each.began_at), each.event), []).append(alert.at)
        with closing(Store.open(year.database)) as store, store.session(reading=True) as session:
            rows = session.exec(select(IncidentRow).where(col(IncidentRow.due_at).is_not(None))).all()
            held = {(row.name, row.began_at): row.ended_at for row in rows}
        emails = sum(received.recipient == ADMINISTRATOR for received in year.mail.taken)
        return cls(held, told, emails)

    def __str__(self) -> str:
        begun = Counter(name for name, _ in self.held)
        over = sum(end is not None for end in self.held.values())
        names = ", ".join(f"{name} {count}" for name, count in sorted(begun.items()))
        return f"{len(self.held)} incidents ({names}), {over} over; {self.emails} emails to administrators"

    def problems(self, kills: int) -> Iterator[str]:
        """What was told more or less often than it should have been. A service that was killed before it had noted
        that it told may tell again."""
        begun = {incident for incident, event in self.told if event == "began"}
        over = {incident for incident, event in self.told if event == "over"}
        yield from (f"never told: {incident}" for incident in self.held.keys() - begun)
        yield from (f"told, and not held: {incident}" for incident in (begun | over) - self.held.keys())
        ended = {incident for incident, end in self.held.items() if end is not None}
        yield from (f"its end was never told: {incident}" for incident in ended - over)
        yield from (f"told to be over, and is not: {incident}" for incident in over - ended)
        again = {at for (_, event), instants in self.told.items() for at in _repeats(event, instants)}
        if len(again) > kills:
            yield f"told again at {sorted(again)}"


def _repeats(event: str, instants: Sequence[datetime]) -> Iterator[datetime]:
    """When something was told that had been told: of what lasts, within a day."""
    for before, later in pairwise(instants):
        if event != "lasts" or later - before < A_DAY:
            yield later


def unexplained(incidents: Incidents, quiet: Incidents, happenings: Sequence[Happening]) -> Iterator[str]:
    """The incidents of a disturbed year that none of its faults explains, and the faults that were not seen.

    What is also there in a year in which nothing goes wrong, `quiet`, is the force's own.
    """
    own = {name for name, _ in quiet.held}
    faults = list(_faults(happenings))
    for name, began in incidents.held:
        if name not in own and not any(first <= began <= last and name in names for first, last, names in faults):
            yield f"none of the faults explains {name} of {began}"
    for first, last, names in faults:
        for expected in names - own:
            if not any(name == expected and first <= began <= last for name, began in incidents.held):
                yield f"what went wrong at {first} was not seen as {expected}"


def _faults(happenings: Sequence[Happening]) -> Iterator[tuple[datetime, datetime, frozenset[str]]]:
    """From when to when each fault lasted, and what it is to be seen as."""
    for each in happenings:
        ends = [other.at for other in happenings if other.name == each.name + OVER and other.at > each.at]
        if ends:
            yield each.at, min(ends), SEEN_AS.get(each.name, frozenset())
