"""What is stored, and why. Every instant is aware and in UTC; every date is a local date of the policy's time zone.

A record's JSON is stored whole and compressed. The obligations are a projection of it and can be rebuilt at any time.
The transitions, the outbox, the notices and the published reports are append-only logs that no rebuild touches.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
)
from sqlmodel import Field, SQLModel

from compliance.policy.setting_aside import CalendarGap

_BIG_ID = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER increments automatically in SQLite


class Poll(SQLModel, table=True):
    """One run of the feed from its cursor to "nothing further for now", or as far as it got.

    `officers`: usable entries of the officer directory, None if it was not read; `directory_problem`: why it was not,
    or why its contents are not believed. `complete` is about the crimes, regardless of the directory.
    """

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    started_at: datetime
    ended_at: datetime | None = Field(default=None, index=True)
    complete: bool = False
    pages: int = 0
    received: int = 0
    changed: int = 0
    refused: int = 0
    problem: str | None = None
    officers: int | None = None
    directory_problem: str | None = None


class FeedRow(SQLModel, table=True):
    """Where a feed is to be continued. The cursor is the feed's: never parsed, compared or invented."""

    __tablename__ = "feed"
    source: str = Field(primary_key=True)
    cursor: str | None = None
    moved_at: datetime | None = None


class FeedCursor(SQLModel, table=True):
    """A cursor that a feed gave earlier, from which a poll can begin so as to cover late commits at the source.
    `reaches`: nothing before it in the feed changed later than that."""

    __tablename__ = "feed_cursor"
    __table_args__ = (Index("ix_feed_cursor_source", "source"),)
    id: int | None = Field(default=None, sa_column=Column(_BIG_ID, primary_key=True))
    source: str
    cursor: str
    taken_at: datetime
    reaches: datetime


class CrimeRow(SQLModel, table=True):
    """A current crime record.

    `wake_on` is the local date on which its verdict next changes automatically; a crime changed since it was last
    judged wakes at once (the first of all dates). `missing_since` is the instant of the first full export that did not
    contain the crime: it is flagged, and stays. `changed_at`: the latest with which this content was received; None: as
    the record says.
    """

    __tablename__ = "crime"
    crime_ref: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen_at: datetime
    seen_poll: int | None = None
    first_seen_at: datetime
    wake_on: date | None = Field(default=None, index=True)
    missing_since: datetime | None = None
    changed_at: datetime | None = None


class CrimeVersion(SQLModel, table=True):
    """A version of a crime record that has been replaced: seen at `seen_at`, replaced at `replaced_at`.

    `late`: never current, because it was older than the version stored when it arrived (records section 4).
    """

    __tablename__ = "crime_version"
    __table_args__ = (
        Index("ix_crime_version_ref", "crime_ref", "seen_at"),
        Index("ix_crime_version_replaced", "replaced_at", "seen_at"),
    )
    id: int | None = Field(default=None, sa_column=Column(_BIG_ID, primary_key=True))
    crime_ref: str
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen_at: datetime
    replaced_at: datetime
    late: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))


class Quarantined(SQLModel, table=True):
    """A refused record: its reason, how often and when it was received.

    It stays until the crime is valid or refused in another form, or a person clears it (`cleared_at`). `digest` is of
    the bytes as received, `record` those bytes (the first MiB of them), compressed.
    """

    __tablename__ = "quarantine"
    id: int | None = Field(default=None, primary_key=True)
    source: str
    digest: str = Field(unique=True)
    crime_ref: str | None = Field(default=None, index=True)
    reason: str
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    first_seen_at: datetime
    last_seen_at: datetime
    times: int = 1
    cleared_at: datetime | None = None


class OfficerRow(SQLModel, table=True):
    """An entry of the officer directory as last seen. `absent` is a list of {"from", "until"} (local dates, ISO)."""

    __tablename__ = "officer"
    officer_ref: str = Field(primary_key=True)
    name: str | None = None
    email: str | None = None
    team: str | None = None
    division: str | None = None
    supervisor_ref: str | None = None
    role: str | None = None
    left_on: date | None = None
    absent: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    seen_at: datetime


class Obligation(SQLModel, table=True):
    """One obligation as last judged: a projection for reminders, lists and queries.

    Days overdue are calculated on reading. `officer_ref`, `team` and `division` say who has the case now:
    reminders go there.
    """

    __table_args__ = (
        Index("ix_obligation_outstanding", "state", "officer_ref"),
        Index("ix_obligation_due", "due_date"),
    )
    crime_ref: str = Field(primary_key=True)
    victim_ref: str = Field(primary_key=True)
    requirement: str = Field(primary_key=True)
    cycle: int = Field(primary_key=True)
    clock_date: date
    due_date: date
    state: str
    clause: str
    discharged_on: date | None = None
    reason: str | None = None
    same_day_update: bool | None = None
    division: str | None = None
    team: str | None = None
    officer_ref: str | None = None


class SetAsideRow(SQLModel, table=True):
    """Obligations that cannot be judged (rules 6.1a), stored by the same projection as the others.

    A row is those of one victim under one requirement or, for an event requirement, those of one event (`cycle`: its
    number, else 0). The clause and the reason say why.
    """

    __tablename__ = "set_aside"
    crime_ref: str = Field(primary_key=True)
    victim_ref: str = Field(primary_key=True)
    requirement: str = Field(primary_key=True)
    cycle: int = Field(primary_key=True)
    clause: str
    reason: str
    gap: str = Field(sa_column=Column(String, nullable=False, server_default=str(CalendarGap.AFTER)))
    """The side of the calendar on which its days lie: a `CalendarGap`."""


class UnknownValue(SQLModel, table=True):
    """A value in the crime records unknown to mapping and policy: how often and when received (rules section 8)."""

    __tablename__ = "unknown_value"
    source: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    times: int = 1
    first_seen_at: datetime
    last_seen_at: datetime


class Projection(SQLModel, table=True):
    """The policy and calendar by which the obligations were judged, from `since` on; the newest row applies."""

    id: int | None = Field(default=None, primary_key=True)
    policy_digest: str
    title: str
    since: datetime


class Transition(SQLModel, table=True):
    """A change of an obligation: it became overdue or was discharged, or stopped being so.

    It is dated at the deadline, the discharge or the day on which it was no longer owed; if the records do not say, on
    the local date on which it was noticed. A state of None: there was, or is, no such obligation with this clock date.
    `set aside`: it, or everything owed to the victim under its requirement, was or is set aside, so no one can say
    (rules 6.1a). `spell` counts how often it has become overdue, from 1.
    """

    __table_args__ = (Index("ix_transition_crime", "crime_ref"), Index("ix_transition_noticed", "noticed_at"))
    id: int | None = Field(default=None, sa_column=Column(_BIG_ID, primary_key=True))
    crime_ref: str
    victim_ref: str
    requirement: str
    cycle: int
    clock_date: date
    from_state: str | None = None
    to_state: str | None = None
    dated: date
    noticed_at: datetime
    spell: int = 1


class Outbox(SQLModel, table=True):
    """One email to be sent once. `key` says what it is; the Message-ID follows from it.

    States: queued, sending, sent, retry, refused, uncertain, pilot, cancelled (docs/mail.md). `deferred_since`: when
    the mail server first deferred this recipient, or None.
    """

    __table_args__ = (Index("ix_outbox_state", "state", "next_attempt_at"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str
    recipient_ref: str | None = Field(default=None, index=True)
    to_address: str
    subject: str
    text: str
    html: str | None = None
    headers: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    message_id: str
    state: str = "queued"
    created_at: datetime
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    problem: str | None = None
    deferred_since: datetime | None = None


class Notice(SQLModel, table=True):
    """A decision on telling one person about one obligation on one day, with its outcome and named reason.

    `step`, `outcome` and `reason` are names of `notice_kinds`, never text for people. `since`: the reason's date.
    `rerouted`, `rerouted_since`: why the intended recipient is not told, None if they are. `obstacles`: what prevented
    the officer in the case from acting, each {"what", "first", "last"} (local dates, ISO, inclusive); None if unsaid.
    """

    __table_args__ = (
        UniqueConstraint(
            "recipient_ref", "crime_ref", "victim_ref", "requirement", "cycle", "clock_date", "spell", "step",
            "decided_on", name="uq_notice",
        ),
        Index("ix_notice_crime", "crime_ref"),
        Index("ix_notice_outbox", "outbox_id"),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(_BIG_ID, primary_key=True))
    recipient_ref: str
    crime_ref: str
    victim_ref: str
    requirement: str
    cycle: int
    clock_date: date
    spell: int
    step: str
    decided_on: date
    outcome: str
    reason: str
    outbox_id: int | None = None
    rerouted: str | None = None
    obstacles: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    since: date | None = None
    rerouted_since: date | None = None


class Published(SQLModel, table=True):
    """A published report: its figures, the content of the policy they were judged by, and the digests of its files."""

    __tablename__ = "published"
    __table_args__ = (UniqueConstraint("period", "edition", "version", name="uq_published"),)
    id: int | None = Field(default=None, primary_key=True)
    period: str
    edition: str
    version: int
    as_at: datetime
    known_at: datetime
    policy_digest: str
    policy: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    figures: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    files: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    published_at: datetime


class ReportDuty(SQLModel, table=True):
    """The instant since which the service owes the reports of a kind of period in an edition and a form.

    Owed is every period that settles later, and the newest that had settled then.
    """

    __tablename__ = "report_duty"
    kind: str = Field(primary_key=True)
    edition: str = Field(primary_key=True)
    form: str = Field(primary_key=True)
    since: datetime


class Removal(SQLModel, table=True):
    """A crime removed, or stripped of its officers, a time after it was closed (`action`: remove or strip).

    Nothing here identifies it: `crime_digest` is of the crime number, `digest` of the record's content as last
    received, so that the same record is not stored again. The counts say what was removed with it.
    """

    id: int | None = Field(default=None, sa_column=Column(_BIG_ID, primary_key=True))
    crime_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    action: str
    closed_on: date
    removed_at: datetime
    versions: int
    obligations: int
    transitions: int
    notices: int


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


POLL, FEED, QUARANTINE, OFFICER = _table(Poll), _table(FeedRow), _table(Quarantined), _table(OfficerRow)
FEED_CURSOR = _table(FeedCursor)
CRIME, CRIME_VERSION = _table(CrimeRow), _table(CrimeVersion)
OBLIGATION, PROJECTION, TRANSITION = _table(Obligation), _table(Projection), _table(Transition)
NOTICE, OUTBOX, REMOVAL = _table(Notice), _table(Outbox), _table(Removal)
SET_ASIDE, UNKNOWN_VALUE, REPORT_DUTY = _table(SetAsideRow), _table(UnknownValue), _table(ReportDuty)
"""The tables themselves, for Core statements in bulk paths (decision 0010)."""
