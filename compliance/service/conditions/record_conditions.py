"""Conditions of the records that come from the crime system: what is refused, unknown or cannot be right."""

from typing import Final

from compliance.service.conditions.condition import Condition, Severity, of_stored
from compliance.service.conditions.feed_conditions import minute
from compliance.service.conditions.service_facts import ServiceFacts, StoredFacts
from compliance.service.noting.job_runs import ROW_FILTERS
from compliance.service.polls.unknown_notes import REMEDY as UNKNOWN_REMEDY
from compliance.text import count_noun, plural

_FAULT, _WARNING = Severity.FAULT, Severity.WARNING
_MANY_LATE: Final = 20
"""How many crimes it takes before records that came late are no page that was sent twice."""


@of_stored
def _find_lists_emptied(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Most of the crimes that a poll changed lost all their updates or victims."""
    found = stored.feed.emptied
    if found is None:
        return None
    return (
        f"In the poll of {minute(found.ended_at)}, {found.crimes:,} of {found.changed:,} changed crimes lost all their "
        "updates or all their victims. What is owed, and reminders, follow from that."
    )


@of_stored
def _find_quarantined(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Records were refused, and no correct one has come since."""
    if not stored.refused:
        return None
    are = plural(stored.refused, "is", "are")
    return (
        f"{count_noun(stored.refused, 'refused record')} {are} in quarantine. The service does not know what only they "
        "say, and reminds nobody of it."
    )


@of_stored
def _find_set_aside(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Obligations could not be judged (rules 6.1a)."""
    if not stored.set_aside:
        return None
    are = plural(stored.set_aside, "is", "are")
    return f"{count_noun(stored.set_aside, 'obligation')} {are} set aside: they cannot be judged (rules 6.1a)."


@of_stored
def _find_unknown_values(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Values came that neither mapping nor policy knows (rules section 8)."""
    if not stored.unknown:
        return None
    came = plural(stored.unknown, "has", "have")
    return f"{count_noun(stored.unknown, 'value')} {came} come that neither mapping nor policy knows."


@of_stored
def _find_changed_ahead(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Records say that they change in the future."""
    count = stored.feed.ahead.count
    if not count:
        return None
    have = plural(count, "has", "have")
    return (
        f"{count_noun(count, 'crime')} {have} a `changed_at` more than a day in the future. It is not believed: of "
        "these crimes the record that comes last applies, though it may be an older one."
    )


@of_stored
def _find_records_late(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Records that nobody knew came with an older `changed_at` than those held, and do not apply."""
    count = stored.feed.late.count
    if count < _MANY_LATE:
        return None
    return (
        f"In the last 7 days, records of {count:,} crimes came with an older `changed_at` than those held. They are "
        "stored and do not apply, so what is new in them is not known."
    )


def _find_filter_keeps_nothing(facts: ServiceFacts) -> str | None:
    """A row filter of the mapping leaves out every row."""
    run = next((run for run in facts.jobs if run.name == ROW_FILTERS and run.failures), None)
    return None if run is None else f"In the poll of {minute(run.ended_at)}, {run.problem}."


RECORD_CONDITIONS: Final = (
    Condition(
        "filter-keeps-nothing",
        _FAULT,
        "A row filter of the mapping left out all rows that came for its list, at least 20 in one poll.",
        "correct [crime_system.mapping] rows; `compliance feed try` lists the values that come (docs/feeds.md). Then "
        "have the crimes sent again: with an interface or a database, run `compliance feed restart`.",
        _find_filter_keeps_nothing,
    ),
    Condition(
        "lists-emptied",
        _FAULT,
        "Half of the crimes that a poll changed, and at least 20, lost all updates or victims in the last 7 days.",
        "look whether the export or the interface left a list out. If it did, stop the service until the crimes can be "
        "sent again whole: reminders would say what is not true. If not, nothing: it ends after 7 days.",
        _find_lists_emptied,
        is_told_at_once=True,
    ),
    Condition(
        "records-in-quarantine",
        _WARNING,
        "Records were refused, and their crimes have not come right since.",
        "`compliance quarantine list` gives the reasons. Have the records corrected in the crime system, or the "
        "mapping in the settings, and then run `compliance quarantine retry --all`.",
        _find_quarantined,
    ),
    Condition(
        "set-aside",
        _WARNING,
        "Obligations cannot be judged, because the calendar does not cover a date they need (rules 6.1a).",
        "`compliance check` gives the reasons, each with one crime and what to do.",
        _find_set_aside,
    ),
    Condition(
        "unknown-values",
        _WARNING,
        "Outcomes, methods, categories or kinds of event came that neither the mapping nor the policy knows.",
        f"`compliance check` lists them: {UNKNOWN_REMEDY}.",
        _find_unknown_values,
    ),
    Condition(
        "changed-in-future",
        _WARNING,
        "Crimes are held whose `changed_at` is more than a day ahead of this machine's clock (decision 0044).",
        "`compliance check` lists them. Have `changed_at` corrected in the crime system, or the column that the "
        "mapping takes for it; if most crimes are listed, look at the clock of this machine.",
        _find_changed_ahead,
    ),
    Condition(
        "records-late",
        _WARNING,
        "In the last 7 days, records of 20 crimes or more came with an older `changed_at` than those held, and no "
        "newer ones since (docs/feeds.md).",
        "`compliance check` lists them. Ask those who run the crime system whether its clock, or what it gives as "
        "`changed_at`, went back; if so, have these crimes sent again with a later one. If old pages were only sent "
        "again, nothing: it ends after 7 days.",
        _find_records_late,
    ),
)
"""In the order of what to look at first, among those of one severity."""
