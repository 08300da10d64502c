"""What was judged: the projection of the obligations, and the log of how they changed."""

from datetime import date, datetime

from sqlalchemy import Boolean, Column, Index, String, false, text
from sqlmodel import Field, SQLModel

from compliance.policy.setting_aside import CalendarGap
from compliance.store.tables.column_types import BIG_ID

_AT_CLOSE = text("state = 'missed' AND clause = '5.6'")
_OUTSTANDING = text("state NOT IN ('met', 'late', 'missed', 'lapsed', 'exempt')")


class Obligation(SQLModel, table=True):
    """One obligation as last judged: a projection for reminders, lists and queries.

    Days overdue are calculated on reading. `officer_ref`, `team` and `division` say who has the case now:
    reminders go there. `category` is the victim's; None: not judged again since the column is there.
    `falls_away`: it is pending and owed only in open cases, and the case is not open now: it will lapse unless the case
    is opened again by its due date (rules 4.1, 5.2).
    """

    __table_args__ = (
        Index("ix_obligation_outstanding", "state", "officer_ref"),
        Index("ix_obligation_due", "due_date"),
        # All that the lists of the pages need, in the order in which they are shown, of what is outstanding only.
        Index("ix_obligation_owed", "due_date", "crime_ref", "victim_ref", "requirement", "cycle", "state", "division",
              "team", "officer_ref", "category", "falls_away",
              sqlite_where=_OUTSTANDING, postgresql_where=_OUTSTANDING),
        # What was owed when a case closed.
        Index("ix_obligation_at_close", "officer_ref", "due_date", "crime_ref",
              sqlite_where=_AT_CLOSE, postgresql_where=_AT_CLOSE),
    )  # fmt: skip
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
    category: str | None = None
    falls_away: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))


class OutstandingCount(SQLModel, table=True):
    """How many obligations are outstanding, by all that pages count by, as of one local date (`counted_on`, the same
    in every row). Empty text: none."""

    __tablename__ = "owed_count"
    officer_ref: str = Field(primary_key=True)
    team: str = Field(primary_key=True)
    division: str = Field(primary_key=True)
    requirement: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    band: str = Field(primary_key=True)
    counted_on: date
    count: int


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
    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True))
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
