"""What the crime system said, when it was learnt, and what follows from it.

Records come in by `begin_poll`, `take_page` and `end_poll`; `judge_due` keeps the obligations; the rest are questions.
"""

from compliance.store.database import Store, migrate
from compliance.store.intake import PageOutcome, begin_poll, cursor_of, end_poll, save_officers, take_page
from compliance.store.projection import Judged, Rebuilt, judge_due, rebuild
from compliance.store.quarantine import quarantine_counts
from compliance.store.queries import last_complete_poll, officers, outstanding, polls_covering
from compliance.store.reader import Known, Reader, load_columns, load_crimes

__all__ = [
    "Judged",
    "Known",
    "PageOutcome",
    "Reader",
    "Rebuilt",
    "Store",
    "begin_poll",
    "cursor_of",
    "end_poll",
    "judge_due",
    "last_complete_poll",
    "load_columns",
    "load_crimes",
    "migrate",
    "officers",
    "outstanding",
    "polls_covering",
    "quarantine_counts",
    "rebuild",
    "save_officers",
    "take_page",
]
