"""What a survey of victims found."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class SurveyResult(SQLModel, table=True):
    """How many answered the survey of a wave in a unit, and how many of them were satisfied.

    `wave`: the period it asks about, as text. `unit`: a division as the file names it; empty: the force. `replaced_at`:
    when the wave was imported again; None: it stands. What was replaced stays, so that a report of that time can be
    made again.
    """

    __tablename__ = "survey_result"
    id: int | None = Field(default=None, primary_key=True)
    wave: str
    unit: str
    answers: int
    satisfied: int
    imported_at: datetime
    imported_by: str
    replaced_at: datetime | None = None
