"""What may be decided of one step of one obligation, and its named reasons (decision 0018)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from compliance.reminders.owed import Owed
from compliance.reminders.time_to_act import Obstacle

DUE_SOON: Final = "due soon"
OVERDUE: Final = "overdue"
CLOSED: Final = "closed"
SUPERVISOR: Final = "supervisor"
CHAMPION: Final = "champion"
STEPS: Final = (DUE_SOON, OVERDUE, CLOSED, SUPERVISOR, CHAMPION)
"""The steps of the ladder: what is told to the officer in the case, and what to those above."""
LEADERS: Final = (SUPERVISOR, CHAMPION)


class Outcome(StrEnum):
    """What comes of one obligation that is to be told to one person."""

    SENT = "sent"
    HELD = "held"
    SUPPRESSED = "suppressed"
    DROPPED = "dropped"


NEW: Final = "new"
STILL_WAITING: Final = "still waiting"
REROUTED: Final = "; rerouted: "
BEFORE_START: Final = "fell due before the service started"
CONTACT_HOLD: Final = "contact hold"
ATTEMPTS: Final = "attempts did not reach the victim"
NO_ROOM: Final = "no room in the mail"
NOT_YET: Final = "not due soon yet, and nothing else to tell"
WAITING_ALREADY: Final = "already waiting for an update"
TOLD_TODAY: Final = "a digest went out earlier today"
TOO_OLD: Final = "data too old"
RECOVERING: Final = "the crime system was out of reach: one working day to record updates"
QUIET_HOURS: Final = "quiet hours"


def phase(step: str) -> str:
    """What a person was told by a step: one who was told that something is overdue need not be told it as a leader."""
    return OVERDUE if step in LEADERS else step


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of one step of one obligation today, for whom (empty where nobody has the case), and why.

    `rerouted`: why somebody else than was meant is told, None where that one is. `obstacles`: what kept the officer in
    the case from acting, where the mail says so.
    """

    owed: Owed
    recipient_ref: str
    outcome: Outcome
    reason: str
    step: str = OVERDUE
    rerouted: str | None = None
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def said(self) -> str:
        """The reason as a person reads it: `new; rerouted: officer absent`."""
        return (
            f"{self.reason}{REROUTED}{self.rerouted}" if self.rerouted and self.outcome is Outcome.SENT else self.reason
        )

    @property
    def is_new(self) -> bool:
        """Whether the recipient is told for the first time."""
        return self.reason == NEW

    @property
    def own(self) -> bool:
        """Whether it is told to the officer who has the case."""
        return self.step not in LEADERS and not self.rerouted
