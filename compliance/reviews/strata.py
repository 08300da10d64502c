"""What a dip sample is drawn from: the obligations of a requirement in a published period, by what the record says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import from_day
from compliance.policy.status import status_at
from compliance.policy.verdicts import LATE, MET, OVERDUE, YES, Verdicts
from compliance.records.columns import OPEN
from compliance.records.instants import to_micros
from compliance.reports.catalogue.edition import Edition
from compliance.reports.judging.rates import Cohort


class RecordedState(StrEnum):
    """What the record says of an obligation; each is in one stratum."""

    MET = "met"
    MET_ENTERED_LATE = "met-entered-late"
    LATE = "late"
    SAME_DAY_ONLY = "same-day-only"
    CLOSED = "closed-without-a-word"
    OVERDUE = "overdue"
    MISSED = "missed"

    @property
    def is_met(self) -> bool:
        """Whether the recorded rate counts it as met."""
        return self in {RecordedState.MET, RecordedState.MET_ENTERED_LATE}


IN_WORDS: Final = {
    RecordedState.MET: "met, entered by the due date",
    RecordedState.MET_ENTERED_LATE: "met, entered after the due date",
    RecordedState.LATE: "late",
    RecordedState.SAME_DAY_ONLY: "told on the day of the report only",
    RecordedState.CLOSED: "case closed, and no update that counts",
    RecordedState.OVERDUE: "overdue, case open",
    RecordedState.MISSED: "missed",
}


@dataclass(frozen=True, slots=True)
class SampledObligation:
    """An obligation that may be drawn.

    `look_from`: the first local date whose contact with the victim could meet it. `due_date`: the last (rules 3.2).
    `division`: who had the case at the end of the due date; empty: not known.
    """

    crime_ref: str
    victim_ref: str
    requirement: str
    cycle: int
    look_from: date
    due_date: date
    division: str
    state: RecordedState

    @property
    def key(self) -> str:
        """What tells it from all others of a period."""
        return f"{self.crime_ref}\n{self.victim_ref}\n{self.requirement}\n{self.cycle}"


def list_obligations(edition: Edition, requirement: str) -> list[SampledObligation]:
    """Return the obligations that the board's rate of a requirement counts in a period, in the order of the records.

    Raises SettingsError for a requirement that the policy does not have.
    """
    read = edition.read("")
    cohort, verdicts = read.due(edition.place(requirement)), read.verdicts
    rows, columns = cohort.verdict, verdicts.columns
    return [
        SampledObligation(crime, victim, requirement, cycle, from_day(first), from_day(due), division or "", state)
        for crime, victim, cycle, first, due, division, state in zip(
            columns.crime_ref.take(verdicts.crime[rows]).to_pylist(),
            columns.victims.ref.take(verdicts.victim[rows]).to_pylist(),
            cohort.cycle.tolist(),
            verdicts.window_opens[rows].tolist(),
            verdicts.due_date[rows].tolist(),
            cohort.division.texts().to_pylist(),
            _states(cohort, verdicts),
            strict=True,
        )
    ]


def count_states(frame: Sequence[SampledObligation]) -> dict[RecordedState, int]:
    """Return how many obligations there are of each state that occurs, in the order of the states."""
    counts = {state: sum(each.state is state for each in frame) for state in RecordedState}
    return {state: count for state, count in counts.items() if count}


def _states(cohort: Cohort, verdicts: Verdicts) -> list[RecordedState]:
    rows, state = cohort.verdict, cohort.state
    same_day = verdicts.same_day_update[rows] == YES
    table = verdicts.columns
    closed = status_at(table.statuses, len(table), to_micros(verdicts.as_at)).kind[verdicts.crime[rows]] != OPEN
    found: npt.NDArray[np.object_] = np.select(
        [(state == MET) & cohort.entered_after, state == MET, state == LATE, same_day, closed, state == OVERDUE],
        [RecordedState.MET_ENTERED_LATE, RecordedState.MET, RecordedState.LATE, RecordedState.SAME_DAY_ONLY,
         RecordedState.CLOSED, RecordedState.OVERDUE],
        RecordedState.MISSED,
    )  # fmt: skip
    return [RecordedState(each) for each in found.tolist()]
