"""What the crime system reported, when we learnt it, and what follows from it.

Records arrive through `begin_poll`, `take_page` and `end_poll`; `judge_due` keeps the obligations up to date; the rest
are queries.
"""

from compliance.store.audit.audit_entry import AuditEntry, AuditHead, AuditKind
from compliance.store.audit.audit_log import append_entry, log_entry, log_if_changed
from compliance.store.audit.signing_key import signing_key
from compliance.store.database.backup import backup
from compliance.store.database.database_file import (
    MIGRATE,
    RUN,
    DatabaseReplacedError,
    check_account,
    claim,
    find_replaced,
)
from compliance.store.database.engine import Store, migrate
from compliance.store.database.restoring import restore
from compliance.store.database.schema import NoSchemaError, SchemaBehindError, WrongSchemaError
from compliance.store.database.sizes import Growth, note_size, read_growth, read_size
from compliance.store.judgements.projection import JudgedCounts, Rebuilt, judge_due, rebuild
from compliance.store.judgements.set_aside import (
    SetAsideReason,
    count_set_aside,
    count_set_aside_crimes,
    page_set_aside,
    set_aside_reasons,
)
from compliance.store.judgements.unknown_officers import UnknownOfficer, count_unknown_officers, page_unknown_officers
from compliance.store.kept.disputes import (
    Dispute,
    DisputeAnswer,
    answer_dispute,
    concerns_only,
    count_disputes,
    dispute_victim,
    disputes_of,
    file_dispute,
    list_disputes,
    page_disputes,
    show_dispute,
)
from compliance.store.kept.idle_polls import IdlePoll, note_idle_poll
from compliance.store.kept.incidents import (
    AlertWay,
    Incident,
    Maintenance,
    Told,
    begin_maintenance,
    end_maintenance,
    maintenance_at,
    read_incidents,
    save_incident,
    settle_alert,
)
from compliance.store.kept.jobs import JobRun, list_job_runs, save_job_run
from compliance.store.kept.web_sessions import begin_session, end_session, find_session, touch_session
from compliance.store.reading.exporting import export, export_known
from compliance.store.reading.queries import (
    first_poll,
    last_complete_poll,
    latest_crimes,
    list_overdue,
    policies_used,
    seen_by,
)
from compliance.store.reading.reader import Known, Reader, list_crime_refs, load_columns, load_crimes
from compliance.store.reading.versions import RecordVersion, list_versions
from compliance.store.receiving.current_versions import list_changed_unseen
from compliance.store.receiving.cursors import cursor_before, note_cursor
from compliance.store.receiving.directory import (
    LastGood,
    count_failed_readings,
    directory_as_of,
    directory_problem,
    last_good_directory,
    note_directory,
    officer_refs,
    officers,
    save_officers,
)
from compliance.store.receiving.emptied import Emptied, find_emptied
from compliance.store.receiving.feed_state import FeedState, feed_state, note_feed, restart_feed
from compliance.store.receiving.intake import (
    PageOutcome,
    ReadPage,
    begin_poll,
    cursor_of,
    end_poll,
    is_nothing_new,
    newest_poll,
    take_page,
)
from compliance.store.receiving.missing import Missing, list_missing_crimes, mark_missing
from compliance.store.receiving.out_of_order import OutOfOrder, find_changed_ahead, find_late
from compliance.store.receiving.quarantine import (
    list_quarantined,
    page_quarantined,
    quarantine_counts,
    read_quarantined,
)
from compliance.store.receiving.retry import Retried, retry_quarantined
from compliance.store.receiving.unknown_values import OTHERS, Unknown, values_seen
from compliance.store.removing.expiry import (
    Expired,
    Lives,
    count_expired,
    list_expired,
    list_expired_refusals,
    remove_expired,
)
from compliance.store.removing.retention import RetentionPeriods, apply_retention, retention_due

__all__ = [
    "MIGRATE",
    "OTHERS",
    "RUN",
    "AlertWay",
    "AuditEntry",
    "AuditHead",
    "AuditKind",
    "DatabaseReplacedError",
    "Dispute",
    "DisputeAnswer",
    "Emptied",
    "Expired",
    "FeedState",
    "Growth",
    "IdlePoll",
    "Incident",
    "JobRun",
    "JudgedCounts",
    "Known",
    "LastGood",
    "Lives",
    "Maintenance",
    "Missing",
    "NoSchemaError",
    "OutOfOrder",
    "PageOutcome",
    "ReadPage",
    "Reader",
    "Rebuilt",
    "RecordVersion",
    "RetentionPeriods",
    "Retried",
    "SchemaBehindError",
    "SetAsideReason",
    "Store",
    "Told",
    "Unknown",
    "UnknownOfficer",
    "WrongSchemaError",
    "answer_dispute",
    "append_entry",
    "apply_retention",
    "backup",
    "begin_maintenance",
    "begin_poll",
    "begin_session",
    "check_account",
    "claim",
    "concerns_only",
    "count_disputes",
    "count_expired",
    "count_failed_readings",
    "count_set_aside",
    "count_set_aside_crimes",
    "count_unknown_officers",
    "cursor_before",
    "cursor_of",
    "directory_as_of",
    "directory_problem",
    "dispute_victim",
    "disputes_of",
    "end_maintenance",
    "end_poll",
    "end_session",
    "export",
    "export_known",
    "feed_state",
    "file_dispute",
    "find_changed_ahead",
    "find_emptied",
    "find_late",
    "find_replaced",
    "find_session",
    "first_poll",
    "is_nothing_new",
    "judge_due",
    "last_complete_poll",
    "last_good_directory",
    "latest_crimes",
    "list_changed_unseen",
    "list_crime_refs",
    "list_disputes",
    "list_expired",
    "list_expired_refusals",
    "list_job_runs",
    "list_missing_crimes",
    "list_overdue",
    "list_quarantined",
    "list_versions",
    "load_columns",
    "load_crimes",
    "log_entry",
    "log_if_changed",
    "maintenance_at",
    "mark_missing",
    "migrate",
    "newest_poll",
    "note_cursor",
    "note_directory",
    "note_feed",
    "note_idle_poll",
    "note_size",
    "officer_refs",
    "officers",
    "page_disputes",
    "page_quarantined",
    "page_set_aside",
    "page_unknown_officers",
    "policies_used",
    "quarantine_counts",
    "read_growth",
    "read_incidents",
    "read_quarantined",
    "read_size",
    "rebuild",
    "remove_expired",
    "restart_feed",
    "restore",
    "retention_due",
    "retry_quarantined",
    "save_incident",
    "save_job_run",
    "save_officers",
    "seen_by",
    "set_aside_reasons",
    "settle_alert",
    "show_dispute",
    "signing_key",
    "take_page",
    "touch_session",
    "values_seen",
]
