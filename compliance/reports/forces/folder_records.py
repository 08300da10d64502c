"""The records in the folder of a force: those that can matter to the weeks asked about, and a little of all others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from compliance.policy import Policy
from compliance.policy.calendars import Ints
from compliance.records import Columns, columns
from compliance.records.instants import NONE, from_micros
from compliance.reports.judging.judged import TRAILING
from compliance.reports.judging.relevant_crimes import find_relevant
from compliance.reports.model.force_model import RecordsRead
from compliance.reports.periods.weeks import Week
from compliance.store.reading.column_pool import join_columns, take_columns


@dataclass(frozen=True, slots=True)
class FolderRecords:
    """The records of a folder, one version of each.

    `columns`: those that can matter to any of the trailing weeks (`find_relevant`). Of all: `crime_ref`, and
    `reported_at` in microseconds since 1970 in UTC, for where the records begin (statistics 1.2b) and whether another
    folder has the same ones; and what was `read`.
    """

    columns: Columns
    crime_ref: pa.ChunkedArray
    reported_at: Ints
    read: RecordsRead


def gather_records(parts: Iterable[Columns], policy: Policy, week: Week) -> FolderRecords:
    """Return the records of a folder from its parts, so that no more than a part is held of what cannot matter."""
    weeks = [week.plus(-back) for back in range(TRAILING)]
    kept, refs, reported = list[Columns](), [pa.array([], pa.string())], [np.empty(0, dtype=np.int64)]
    victims = updates = 0
    newest = NONE
    for part in parts:
        rows = [find_relevant(part, policy, each, each.settling_instant(policy.local)) for each in weeks]
        kept.append(take_columns(part, np.unique(np.concatenate(rows))))
        refs.append(part.crime_ref.cast(pa.string()))
        reported.append(part.reported_at)
        victims, updates = victims + len(part.victims.crime), updates + len(part.updates.crime)
        came = (part.reported_at, part.recorded_at, part.updates.entered_at)
        newest = max(newest, *(int(each.max(initial=NONE)) for each in came))
    every = np.concatenate(reported)
    read = RecordsRead(len(every), victims, updates, None if newest == NONE else from_micros(newest))
    return FolderRecords(_joined(kept), pa.chunked_array(refs), every, read)


def _joined(parts: Sequence[Columns]) -> Columns:
    """Join in pairs, so that no record is copied more often than the pairs have levels."""
    while len(parts) > 1:
        pairs = zip(parts[::2], [*parts[1::2], None], strict=False)
        parts = [one if other is None else join_columns(one, other) for one, other in pairs]
    return parts[0] if parts else columns([])
