"""Emails and the decisions behind them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from compliance.store.tables.column_types import BIG_ID, CompressedText


class Outbox(SQLModel, table=True):
    """One email to be sent once. `key` says what it is; the Message-ID follows from it.

    States: queued, sending, sent, bounced, retry, refused, uncertain, pilot, cancelled (docs/mail.md).
    `deferred_since`: when the mail server first deferred this recipient, or None. `bounced_at`: when the report was
    read that it could not be delivered after all, or None.
    """

    __table_args__ = (
        Index("ix_outbox_state", "state", "next_attempt_at"),
        Index("ix_outbox_listed", "state", "id"),
        Index("ix_outbox_address", "to_address", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str
    recipient_ref: str | None = Field(default=None, index=True)
    to_address: str
    subject: str
    text: str = Field(sa_column=Column(CompressedText, nullable=False))
    html: str | None = Field(default=None, sa_column=Column(CompressedText))
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
    bounced_at: datetime | None = None


class Inbound(SQLModel, table=True):
    """A message that was read in the mailbox of bounces: what kind it was, and which email it answers.

    `digest` is of its bytes, so that none is counted twice. Nothing of what it says is stored.
    """

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    kind: str
    outbox_id: int | None = None
    read_at: datetime = Field(index=True)


class DisputeRow(SQLModel, table=True):
    """What says that an email, or a page, is wrong, in somebody's own words, and how it was answered.

    `outbox_id`: the email that it replies to; None: it was filed on a page.
    `is_assigned`: whether it is known which crimes of the email it concerns. `answer`: a `DisputeAnswer`, None while it
    is open. `answered_by`: the reference of who answered, as the page or the machine knows them; None if not known.
    """

    __tablename__ = "dispute"
    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int | None = None
    recipient_ref: str | None = None
    received_at: datetime
    text: str = Field(sa_column=Column(CompressedText, nullable=False))
    is_assigned: bool
    answer: str | None = None
    note: str | None = Field(default=None, sa_column=Column(CompressedText))
    answered_at: datetime | None = None
    answered_by: str | None = None


class DisputedVictim(SQLModel, table=True):
    """A victim whom a dispute concerns, or may concern while it is not assigned."""

    __tablename__ = "disputed_victim"
    __table_args__ = (Index("ix_disputed_victim_crime", "crime_ref"),)
    dispute_id: int = Field(primary_key=True)
    crime_ref: str = Field(primary_key=True)
    victim_ref: str = Field(primary_key=True)


class SigningKey(SQLModel, table=True):
    """A key by which this service knows its own tokens again, made when it is first needed (decision 0045)."""

    __tablename__ = "signing_key"
    name: str = Field(primary_key=True)
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime


class ChannelRest(SQLModel, table=True):
    """A channel that refused us, and until when it is not tried.

    `channel`: its name, such as `email`. `refusals`: how many in a row. `problem`: why. `settings`: what tells the
    settings it was tried with from others, without revealing them.
    """

    __tablename__ = "channel_rest"
    channel: str = Field(primary_key=True)
    until: datetime
    refusals: int
    problem: str
    settings: str


class TrialRow(SQLModel, table=True):
    """A trial of reminders (`trials.RegisteredTrial`). Never removed: a report states its result."""

    __tablename__ = "trial"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    setting: str
    usual: str
    tried: str
    share: float
    seed: str
    registered_at: datetime
    starts_on: date
    until: date
    ended_on: date | None = None


class Notice(SQLModel, table=True):
    """A decision on telling one person about one obligation on one day, with its outcome and named reason.

    `step`, `outcome` and `reason` are names of `notice_kinds`, never text for people. `since`: the reason's date.
    `rerouted`, `rerouted_since`: why the intended recipient is not notified, None if they are. `obstacles`: what
    prevented the officer in the case from acting, each {"what", "first", "last"} (local dates, ISO,
    inclusive); None if unsaid.
    """

    __table_args__ = (
        UniqueConstraint(
            "recipient_ref", "crime_ref", "victim_ref", "requirement", "cycle", "clock_date", "spell", "step",
            "decided_on", name="uq_notice",
        ),
        Index("ix_notice_crime", "crime_ref"),
        Index("ix_notice_outbox", "outbox_id"),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
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
