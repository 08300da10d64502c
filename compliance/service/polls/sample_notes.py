"""What a sample of records says of the mapping: rows that belong to no list, dates without times, no victims at all."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from compliance.errors import nearest
from compliance.feeds.row_filters import FilteredRows
from compliance.policy import Policy
from compliance.policy.vocabulary import shorten
from compliance.records import Crime
from compliance.text import count_noun, join_words, percent

ENOUGH: Final = 20
"""How many instants of a field, or records, it takes to say that something never comes."""
_NEARLY_ALL: Final = 0.95
_DATE_ALONE: Final = re.compile(r": found '\d{1,4}([./-])\d{1,2}\1\d{1,4}'; expected YYYY")
WITHOUT_ZONE: Final = "an instant without an offset"
_STATUS: Final = re.compile(r"\bstatus(?:\[\d+\])?\.status: found '(.*)'; expected open, ")
_LISTED: Final = 10
_MEANING: Final = {
    "reported_at": "a limit in hours would begin too early",
    "updates.at": "an update on the day of an event, such as an arrest, may count as before it",
    "events.at": "an update on the day of the event counts as after it",
    "status.at": "of several changes on one day, the last in the export decides",
    "allocations.from": "of several allocations on one day, the last in the export decides",
    "changed_at": "of two records of one day, the one that arrives last applies",
}
"""What it means if the instants of a field have no time of day; requirements in days do not depend on it."""


@dataclass(frozen=True, slots=True)
class MidnightField:
    """A field whose instants are nearly all at local midnight: how many of how many."""

    name: str
    midnights: int
    instants: int


def notes_of(crimes: Sequence[Crime], filters: Mapping[str, FilteredRows], policy: Policy) -> list[str]:
    """Return what a person should know of a sample: sentences without a full stop."""
    notes = [note for name, seen in filters.items() for note in _notes_of_rows(name, seen)]
    if len(crimes) >= ENOUGH and not any(crime.victims for crime in crimes):
        notes.append(
            f"none of {count_noun(len(crimes), 'record')} has a victim, so nothing would be owed to anyone; check "
            "victims in [crime_system.mapping]"
        )
    for field in find_midnights(crimes, policy):
        notes.append(
            f"{field.name}: {percent(field.midnights / field.instants)} of {field.instants:,} date-times are at 00:00, "
            "as if the crime system gave dates without times; requirements in days do not depend on it"
            + (f", but {_MEANING[field.name]}" if field.name in _MEANING else "")
            + " (docs/feeds.md)"
        )
    return notes


def notes_of_refusals(refused: Sequence[str]) -> list[str]:
    """Return notes on what settings mend, from the reasons of the records that are refused."""
    notes = []
    if count := sum(_DATE_ALONE.search(reason) is not None for reason in refused):
        notes.append(
            f"{count_noun(count, 'record')} refused because a date has no time; if the crime system has none, a format "
            "in [crime_system.mapping] formats takes the date as 00:00; if the time is in a column of its own, join "
            'the two, as in at = ["ContactDate", "ContactTime"] (docs/feeds.md, Instants)'
        )
    if count := sum(WITHOUT_ZONE in reason for reason in refused):
        notes.append(
            f"{count_noun(count, 'record')} refused because a date-time has no offset from UTC; set "
            '[crime_system.mapping] timezone, such as "Europe/London" (docs/feeds.md, Instants)'
        )
    statuses = Counter(found[1] for reason in refused if (found := _STATUS.search(reason)))
    if statuses:
        most = [f"{shorten(status)!r} {times:,}" for status, times in statuses.most_common(_LISTED)]
        others = statuses.total() - sum(times for _, times in statuses.most_common(_LISTED))
        notes.append(
            f"{count_noun(statuses.total(), 'record')} refused because of a status: {', '.join(most)}"
            + (f", others {others:,}" if others else "")
            + '; say in [crime_system.mapping] values."status.status" which of open, closed and cancelled each means'
        )
    return notes


def find_midnights(crimes: Sequence[Crime], policy: Policy) -> list[MidnightField]:
    """Return the fields with at least 20 instants of which over 95 % are at 00:00 in the policy's time zone."""
    counts: dict[str, list[int]] = {}
    for crime in crimes:
        for name, text in _instants(crime):
            counted = counts.setdefault(name, [0, 0])
            counted[0] += policy.local.clock_at(datetime.fromisoformat(text)).time() == time()
            counted[1] += 1
    return [
        MidnightField(name, midnights, instants)
        for name, (midnights, instants) in counts.items()
        if instants >= ENOUGH and midnights > _NEARLY_ALL * instants
    ]


def _instants(crime: Crime) -> Iterator[tuple[str, str]]:
    """Yield the instants of a record that say when something happened; when a hold or a decline ends is often a day."""
    yield "reported_at", crime.reported_at
    found: list[tuple[str, str | None]] = [("recorded_at", crime.recorded_at), ("changed_at", crime.changed_at)]
    found += [("status.at", change.at) for change in crime.status or ()]
    found += [("allocations.from", allocation.start) for allocation in crime.allocations or ()]
    found += [("updates.at", update.at) for update in crime.updates or ()]
    found += [("updates.entered_at", update.entered_at) for update in crime.updates or ()]
    found += [("events.at", event.at) for event in crime.events or ()]
    for name, text in found:
        if text is not None:
            yield name, text


def _notes_of_rows(name: str, seen: FilteredRows) -> Iterator[str]:
    setting = f"[crime_system.mapping] rows.{name}"
    total = seen.kept + seen.left_out
    if not total:
        return
    if seen.kept:
        of = f"{seen.kept:,} of {count_noun(total, 'row')}"
        yield f"{name}: {of} belong to it by {setting}; {seen.left_out:,} left out"
    else:
        yield f"{name}: none of {count_noun(total, 'row')} belongs to it by {setting}; correct the column or its values"
    for column, values in seen.counts.items():
        wanted = seen.wanted[column]
        most = values.most_common(_LISTED)
        listed = [f"{shorten(value)!r} {times:,}{' (kept)' if value in wanted else ''}" for value, times in most]
        others = sum(values.values()) + seen.more[column] - sum(times for _, times in most)
        yield f"{name}: rows by {column}: {', '.join(listed)}" + (f", others {others:,}" if others else "")
    for column, unseen in seen.unseen.items():
        near = nearest(unseen[0], seen.counts[column].keys() - seen.wanted[column])
        yield f"{name}: no row has {join_words([repr(value) for value in unseen], 'or')} in {column}{near}"
