"""What the crime system said, when it was learnt, and what follows from it.

Records come in by `begin_poll`, `take_page` and `end_poll`; `judge_due` keeps the obligations; the rest are questions.
"""

from compliance.store.backup import backup
from compliance.store.cursors import cursor_before, note_cursor
from compliance.store.database import Store, migrate
from compliance.store.directory import (
    LastGood,
    directory_as_of,
    directory_problem,
    last_good_directory,
    note_directory,
    readings_since,
    save_officers,
)
from compliance.store.expiry import RefusedLife, refused_over, remove_refused
from compliance.store.exporting import export
from compliance.store.intake import PageOutcome, begin_poll, cursor_of, end_poll, take_page
from compliance.store.missing import Missing, mark_missing, missing_crimes
from compliance.store.projection import Judged, Rebuilt, judge_due, rebuild
from compliance.store.quarantine import quarantine_counts, quarantined, quarantined_record
from compliance.store.queries import (
    count_set_aside,
    first_poll,
    last_complete_poll,
    officers,
    outstanding,
    policies_used,
    polls_covering,
    set_aside,
)
from compliance.store.reader import Known, Reader, load_columns, load_crimes
from compliance.store.retention import Retention, apply_retention, retention_due
from compliance.store.retry import Retried, retry_quarantined
from compliance.store.unknown import OTHERS, Unknown, values_seen

__all__ = [
    "OTHERS",
    "Judged",
    "Known",
    "LastGood",
    "Missing",
    "PageOutcome",
    "Reader",
    "Rebuilt",
    "RefusedLife",
    "Retention",
    "Retried",
    "Store",
    "Unknown",
    "apply_retention",
    "backup",
    "begin_poll",
    "count_set_aside",
    "cursor_before",
    "cursor_of",
    "directory_as_of",
    "directory_problem",
    "end_poll",
    "export",
    "first_poll",
    "judge_due",
    "last_complete_poll",
    "last_good_directory",
    "load_columns",
    "load_crimes",
    "mark_missing",
    "migrate",
    "missing_crimes",
    "note_cursor",
    "note_directory",
    "officers",
    "outstanding",
    "policies_used",
    "polls_covering",
    "quarantine_counts",
    "quarantined",
    "quarantined_record",
    "readings_since",
    "rebuild",
    "refused_over",
    "remove_refused",
    "retention_due",
    "retry_quarantined",
    "save_officers",
    "set_aside",
    "take_page",
    "values_seen",
]
