"""Counts of what must not be dropped silently (rules section 8)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import numpy as np

from compliance.policy.calendars import Days
from compliance.policy.setting_aside import CLAUSE
from compliance.policy.status import Flags
from compliance.policy.verdicts import YES, Verdicts
from compliance.policy.vocabulary import Vocabulary
from compliance.records.columns import UNKNOWN_VICTIM
from compliance.records.instants import to_micros
from compliance.reports.examining.unknown_quality import count_unknown_quality
from compliance.reports.judging.silent_victims import Facts
from compliance.reports.model.case_sets import QualityRows, Table
from compliance.reports.model.printable_figures import SUBSTITUTE, make_printable, unprintable
from compliance.reports.model.report_model import Disputed, Intake, Quality
from compliance.reports.periods.spans import Span
from compliance.text import count_noun

ATTEMPTED: Final = "attempted"
"""The outcome of a contact that did not reach the victim (records section 1)."""
SET_ASIDE: Final = "set-aside"

UNPRINTABLE: Final = "unprintable"
DISPUTED: Final = "disputed"

_CLASSES: Final = (
    ("attempt", "2.4", "Attempts that did not reach the victim", "kept and shown; they do not count"),
    ("outcome", "2.4", "Updates with no outcome, or another that does not count", "they do not count"),
    ("same-day", "3.3", "Updates on the day of the report", "contact, but not the further one owed after that day"),
    ("recording-day", "3.4", "Updates on the day of recording, after the day of the report",
     "they count; the original system dropped them"),
    ("before-report", "3.5", "Updates dated before the report", "never count: look at the dates"),
    ("unknown-victim", "2.3", "Updates that name a victim the record does not have",
     "never count: look at the reference"),
    ("future", "2.7", "Updates dated in the future", "do not count until that day: look at the dates"),
    ("late-entry", "8", "Updates entered more than {late} days after they took place",
     "they count from the day they took place"),
    ("entered-after-due", "8", "Obligations met by an update entered after the due date",
     "met in time, but shown as overdue until it was entered"),
    ("no-victim", "8", "Records without a victim", "no one to update: no obligations"),
    (UNPRINTABLE, "8", "Records with a character that cannot be printed", f"shown as {SUBSTITUTE}"),
)  # fmt: skip


def data_quality(
    verdicts: Verdicts, period: Span, intake: Intake, seen_until: datetime | None, known: Vocabulary
) -> tuple[Quality, ...]:
    """Return every class of rules section 8, with its count in the period and in all records as known at K.

    Updates belong to the period in which they were entered, crimes to that in which they were reported, obligations to
    that in which they were due. `seen_until`: the end of the poll by which these versions of the records had been seen,
    None if they are not those of K. Values that are not `known` are counted by field.
    """
    found = find_quality_rows(verdicts, seen_until)
    return (
        *(
            Quality(
                key,
                title.format(late=verdicts.policy.late_entry_days),
                meaning + (_first_unprintable(verdicts, found[key]) if key == UNPRINTABLE else ""),
                clause,
                in_week=int(found[key].within(period).sum()),
                held=len(found[key].rows),
            )
            for key, clause, title, meaning in _CLASSES
        ),
        Quality(
            SET_ASIDE,
            "Obligations set aside: the calendar does not know a date they need",
            "neither judged nor in any rate until calendar or record is put right: `compliance check` says what to do",
            CLAUSE,
            in_week=None,  # it would be that of the due date, which is unknown
            held=len(verdicts.set_aside),
        ),
        *count_unknown_quality(verdicts, period, known),
        _held_quality(
            "unknown-officer",
            "Officers not in the directory",
            "cannot be reminded",
            intake.unknown_officers,
            intake.directory_as_of,
        ),
        _held_quality(
            "no-address", "Mails held for want of an address", "their officers were not reminded", intake.no_address
        ),
        Quality(
            "feed-gap",
            "Days and more without a complete reading of the crime system",
            "what was entered then came in only afterwards",
            "statistics 1.2",
            in_week=None if intake.last_complete_poll is None else len(intake.gaps),
            held=None,
        ),
        Quality(
            "vanished",
            "Records that the crime system's full exports no longer hold",
            "judged as last seen until an export holds them again: ask whether they were deleted, merged or renumbered",
            "8",
            in_week=intake.vanished_in_period,
            held=intake.vanished,
            as_of=None if intake.vanished is None else intake.as_of,
        ),
        _held_quality(
            "refused",
            "Records refused",
            "kept apart with the reason; in no figure until corrected",
            intake.refused,
            intake.last_complete_poll,
        ),
        *_disputed_quality(intake.disputed),
    )


def _disputed_quality(found: Disputed | None) -> Iterator[Quality]:
    if found is None:
        return
    answered = found.wrong + found.right
    since = "" if found.oldest_days is None else f", the oldest for {count_noun(found.oldest_days, 'day')}"
    told = f"the record was wrong in {found.wrong:,} of {answered:,} answered" if answered else "none answered"
    meaning = f"replies to reminders that stop no clock: {found.open:,} open{since}; {told}"
    yield Quality(DISPUTED, "Reminders disputed", meaning, "8", in_week=found.in_period, held=found.received)


def find_quality_rows(verdicts: Verdicts, seen_until: datetime | None) -> dict[str, QualityRows]:
    """Return the records in each class of rules section 8, by its key. `seen_until`: as in `data_quality`."""
    columns = verdicts.columns
    entered = verdicts.policy.local.of(columns.updates.entered_at)
    reported_on = verdicts.policy.local.of(columns.reported_at)
    reported = columns.reported_at <= to_micros(verdicts.as_at)
    odd = np.zeros(len(columns), dtype=np.bool_)
    odd[list(unprintable(columns))] = True
    crimes = {"no-victim": reported & (np.diff(columns.victims_of) == 0), UNPRINTABLE: reported & odd}
    classes: tuple[tuple[Table, Days, dict[str, Flags]], ...] = (
        ("updates", entered, _updates(verdicts, seen_until)),
        ("obligations", verdicts.due_date, {"entered-after-due": verdicts.entered_after_due == YES}),
        ("crimes", reported_on, crimes),
    )
    return {
        key: QualityRows(table, np.flatnonzero(flags), day[flags])
        for table, day, found in classes
        for key, flags in found.items()
    }


def _first_unprintable(verdicts: Verdicts, found: QualityRows) -> str:
    """Describe where to find the first unprintable character."""
    if not len(found.rows):
        return ""
    row = int(found.rows[0])
    crime_ref = make_printable(verdicts.columns.crime_ref[row].as_py())
    return f"; the first is in the field {unprintable(verdicts.columns)[row]} of crime {crime_ref}"


def _updates(verdicts: Verdicts, seen_until: datetime | None) -> dict[str, Flags]:
    columns, policy = verdicts.columns, verdicts.policy
    updates, local = columns.updates, policy.local
    as_at = to_micros(verdicts.as_at)
    known_at = as_at if verdicts.known_at is None else to_micros(verdicts.known_at)
    exists = columns.reported_at[updates.crime] <= as_at
    known = exists & (updates.entered_at <= known_at) & (updates.at <= as_at)
    day, entered = local.of(updates.at), local.of(updates.entered_at)
    outcome = updates.outcome
    attempted = outcome.codes == outcome.code(ATTEMPTED)
    counts = np.isin(outcome.codes, [outcome.code(name) for name in policy.counted_outcomes])
    same_day, recording_day = _on_days_of_note(verdicts)
    return {
        "attempt": known & attempted & ~counts,
        "outcome": known & ~attempted & ~counts,
        "same-day": same_day,
        "recording-day": recording_day,
        "before-report": known & (day < local.of(columns.reported_at)[updates.crime]),
        "unknown-victim": known & (updates.victim == UNKNOWN_VICTIM),
        "future": exists & (updates.at > as_at) & _stood(verdicts, known_at, seen_until),
        "late-entry": known & (entered - day > policy.late_entry_days),
    }


def _stood(verdicts: Verdicts, known_at: int, seen_until: datetime | None) -> Flags:
    """Return which updates had been entered by K, regardless of their date.

    An update without an instant of entry has that of its date (rules 2.8). If that is later than the poll that had seen
    it, it was entered before.
    """
    updates = verdicts.columns.updates
    stood: Flags = updates.entered_at <= known_at
    if seen_until is not None:
        stood |= (updates.entered_at == updates.at) & (updates.at > to_micros(seen_until))
    return stood


def _on_days_of_note(verdicts: Verdicts) -> tuple[Flags, Flags]:
    """Return which counted updates fell on D0 of a victim they count for, and which on the recording day after D0."""
    facts, columns = Facts(verdicts, verdicts.as_at), verdicts.columns
    contacts, found = facts.contacts, facts.cases
    day_0 = found.day_0[contacts.case]
    recorded = verdicts.policy.local.of(columns.recorded_at)[found.crime[contacts.case]]
    same_day, recording_day = np.zeros((2, len(columns.updates)), dtype=np.bool_)
    same_day[contacts.row[contacts.day == day_0]] = True
    recording_day[contacts.row[(contacts.day == recorded) & (contacts.day > day_0)]] = True
    return same_day, recording_day


def _held_quality(key: str, title: str, meaning: str, count: int | None, as_of: datetime | None = None) -> Quality:
    return Quality(key, title, meaning, "8", in_week=None, held=count, as_of=None if count is None else as_of)
