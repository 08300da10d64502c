"""What is stored, and why. Every instant is aware and in UTC; every date is a local date of the policy's time zone.

A record's JSON is stored whole and compressed. The obligations are a projection of it and can be rebuilt at any time.
The transitions, the outbox, the notices, the published reports and the audit log are append-only logs that no rebuild
touches.
"""

from sqlalchemy import Table
from sqlmodel import SQLModel

from compliance.store.tables.audit_tables import AuditRow, AuditStamp
from compliance.store.tables.mail_tables import (
    ChannelRest,
    DisputedVictim,
    DisputeRow,
    Inbound,
    Notice,
    Outbox,
    SigningKey,
    TrialRow,
)
from compliance.store.tables.polling_tables import FeedCursor, FeedRow, OfficerRow, Poll
from compliance.store.tables.record_tables import CrimeRow, CrimeVersion, Quarantined, Removal, UnknownValue
from compliance.store.tables.report_tables import Published, ReportDuty, ReportHold, ReportRelease, ReportSuspension
from compliance.store.tables.return_tables import ReturnRow, ReturnSignature, VictimCharacteristics
from compliance.store.tables.review_tables import ReviewCaseRow, ReviewReadingRow, ReviewRow
from compliance.store.tables.service_tables import (
    AlertRow,
    DatabaseSize,
    IncidentRow,
    JobRow,
    MaintenanceRow,
    WorkProgressRow,
)
from compliance.store.tables.survey_tables import SurveyResult
from compliance.store.tables.verdict_tables import Obligation, OutstandingCount, Projection, SetAsideRow, Transition
from compliance.store.tables.web_tables import ApiToken, BackgroundTaskRow, WebSession

__all__ = [
    "ALERT",
    "API_TOKEN",
    "AUDIT_ENTRY",
    "AUDIT_STAMP",
    "BACKGROUND_TASK",
    "CHANNEL_REST",
    "CRIME",
    "CRIME_VERSION",
    "DATABASE_SIZE",
    "DISPUTE",
    "DISPUTED_VICTIM",
    "FEED",
    "FEED_CURSOR",
    "INBOUND",
    "INCIDENT",
    "JOB",
    "MAINTENANCE",
    "NOTICE",
    "OBLIGATION",
    "OFFICER",
    "OUTBOX",
    "OWED_COUNT",
    "POLL",
    "PROJECTION",
    "PUBLISHED",
    "QUARANTINE",
    "REMOVAL",
    "REPORT_DUTY",
    "REPORT_RELEASE",
    "REPORT_SUSPENSION",
    "REVIEW",
    "REVIEW_CASE",
    "REVIEW_READING",
    "SET_ASIDE",
    "SIGNING_KEY",
    "SURVEY_RESULT",
    "TRANSITION",
    "TRIAL",
    "UNKNOWN_VALUE",
    "WEB_SESSION",
    "WORK_PROGRESS",
    "AlertRow",
    "ApiToken",
    "AuditRow",
    "AuditStamp",
    "BackgroundTaskRow",
    "ChannelRest",
    "CrimeRow",
    "CrimeVersion",
    "DatabaseSize",
    "DisputeRow",
    "DisputedVictim",
    "FeedCursor",
    "FeedRow",
    "Inbound",
    "IncidentRow",
    "JobRow",
    "MaintenanceRow",
    "Notice",
    "Obligation",
    "OfficerRow",
    "Outbox",
    "OutstandingCount",
    "Poll",
    "Projection",
    "Published",
    "Quarantined",
    "Removal",
    "ReportDuty",
    "ReportHold",
    "ReportRelease",
    "ReportSuspension",
    "ReviewCaseRow",
    "ReviewReadingRow",
    "ReviewRow",
    "SetAsideRow",
    "SigningKey",
    "SurveyResult",
    "Transition",
    "TrialRow",
    "UnknownValue",
    "WebSession",
    "WorkProgressRow",
]


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


POLL, FEED, QUARANTINE, OFFICER = _table(Poll), _table(FeedRow), _table(Quarantined), _table(OfficerRow)
FEED_CURSOR = _table(FeedCursor)
CRIME, CRIME_VERSION = _table(CrimeRow), _table(CrimeVersion)
OBLIGATION, PROJECTION, TRANSITION = _table(Obligation), _table(Projection), _table(Transition)
NOTICE, OUTBOX, REMOVAL = _table(Notice), _table(Outbox), _table(Removal)
INBOUND, SIGNING_KEY, CHANNEL_REST = _table(Inbound), _table(SigningKey), _table(ChannelRest)
TRIAL = _table(TrialRow)
DISPUTE, DISPUTED_VICTIM = _table(DisputeRow), _table(DisputedVictim)
JOB, INCIDENT, ALERT, MAINTENANCE = _table(JobRow), _table(IncidentRow), _table(AlertRow), _table(MaintenanceRow)
DATABASE_SIZE, WORK_PROGRESS = _table(DatabaseSize), _table(WorkProgressRow)
API_TOKEN, WEB_SESSION = _table(ApiToken), _table(WebSession)
AUDIT_ENTRY, AUDIT_STAMP = _table(AuditRow), _table(AuditStamp)
BACKGROUND_TASK, OWED_COUNT = _table(BackgroundTaskRow), _table(OutstandingCount)
REPORT_RELEASE, REPORT_SUSPENSION = _table(ReportRelease), _table(ReportSuspension)
REVIEW, REVIEW_CASE, REVIEW_READING = _table(ReviewRow), _table(ReviewCaseRow), _table(ReviewReadingRow)
SET_ASIDE, UNKNOWN_VALUE = _table(SetAsideRow), _table(UnknownValue)
PUBLISHED, REPORT_DUTY = _table(Published), _table(ReportDuty)
SURVEY_RESULT = _table(SurveyResult)
VICTIM_CHARACTERISTICS = _table(VictimCharacteristics)
MADE_RETURN = _table(ReturnRow)
RETURN_SIGNATURE = _table(ReturnSignature)
"""The tables themselves, for Core statements in bulk paths (decision 0010)."""
