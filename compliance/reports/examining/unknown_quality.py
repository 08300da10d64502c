"""Values of the records that neither mapping nor policy knows, as known at K (rules section 8)."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np

from compliance.policy.calendars import Days, Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import Verdicts
from compliance.policy.vocabulary import CATEGORY, KIND, METHOD, OUTCOME, Vocabulary, shorten
from compliance.records.columns import Coded
from compliance.records.instants import NONE, to_micros
from compliance.reports.model.case_sets import QualityRows, Table
from compliance.reports.model.report_model import Quality
from compliance.reports.periods.spans import Span

LISTED: Final = 10
"""The number of values of a field with a line each, most frequent first."""
FIELDS: Final = {
    "unknown-outcome": (OUTCOME, "Updates with an outcome that neither mapping nor policy knows"),
    "unknown-method": (METHOD, "Updates with a method that neither mapping, policy nor settings know"),
    "unknown-category": (CATEGORY, "Victims of a category that neither mapping nor policy knows"),
    "unknown-event": (KIND, "Events of a kind that neither mapping nor policy knows"),
}
"""The classes, with the field and title of each."""
_MEANING: Final = "nobody has said what they mean: compliance check says what to do"


def count_unknown_quality(verdicts: Verdicts, period: Span, known: Vocabulary) -> Iterator[Quality]:
    """Yield each class, followed by its most frequent values."""
    for key, (_, title) in FIELDS.items():
        found = select_unknown(verdicts, known, key)
        within, values = found.within(period), values_of(verdicts, key, found)
        yield Quality(key, title, _MEANING, "8", in_week=int(within.sum()), held=len(found.rows))
        held = Counter(values)
        in_week = Counter(value for value, belongs in zip(values, within.tolist(), strict=True) if belongs)
        for value, count in sorted(held.items(), key=lambda item: (-item[1], item[0]))[:LISTED]:
            yield Quality(f"{key}/{value}", f"of these: “{value}”", "", "8", in_week=in_week[value], held=count)


def select_unknown(verdicts: Verdicts, known: Vocabulary, key: str) -> QualityRows:
    """Return what a class counts: facts as at T and as known at K, of crimes reported by then."""
    table, column, there, day = _facts(verdicts, key)
    words = known[FIELDS[key][0]]
    unknown = np.array([*(value not in words and value != "" for value in column.values), False], dtype=np.bool_)
    rows = np.flatnonzero(there & unknown[column.codes])
    return QualityRows(table, rows, day[rows])


def values_of(verdicts: Verdicts, key: str, found: QualityRows) -> list[str]:
    """Return the values that a class counts, in a form that can be shown."""
    column = _facts(verdicts, key)[1]
    said = [shorten(value) for value in column.values]
    return [said[code] for code in column.codes[found.rows].tolist()]


def _facts(verdicts: Verdicts, key: str) -> tuple[Table, Coded, Flags, Days]:
    """Return the table of a class, its column, which rows exist at T and K, and the local day of each.

    The day is that of entering an update, of adding a victim, or of an event.
    """
    columns, local = verdicts.columns, verdicts.policy.local
    as_at = to_micros(verdicts.as_at)
    known_at = as_at if verdicts.known_at is None else to_micros(verdicts.known_at)

    def exist(crime: Ints) -> Flags:
        return np.asarray(columns.reported_at[crime] <= as_at)

    if key == "unknown-category":
        victims = columns.victims
        since = np.where(victims.added_at == NONE, columns.reported_at[victims.crime], victims.added_at)
        return "victims", victims.category, exist(victims.crime) & (since <= as_at), local.of(since)
    if key == "unknown-event":
        events = columns.events
        return "events", events.kind, exist(events.crime) & (events.at <= as_at), local.of(events.at)
    updates = columns.updates
    there = exist(updates.crime) & (updates.at <= as_at) & (updates.entered_at <= known_at)
    column = updates.outcome if key == "unknown-outcome" else updates.method
    return "updates", column, there, local.of(updates.entered_at)
