"""The values of a notice's columns: the step of the ladder, the outcome and the named reason.

These are names as stored, so a value never changes. `compliance.reminders.reasons` turns them into text for people, and
the effect table and the report count by them.
"""

from enum import StrEnum
from typing import Final


class LadderStep(StrEnum):
    """The steps of the ladder, in order: those notified to the officer in the case, then the escalations."""

    DUE_SOON = "due soon"
    OVERDUE = "overdue"
    AGAIN = "notified again"
    """Overdue, and the recipient was notified before: stored as `overdue`, with the reason `still waiting`."""
    CLOSED = "closed"
    SUPERVISOR = "supervisor"
    CHAMPION = "champion"

    @property
    def is_escalation(self) -> bool:
        """Return whether a supervisor or champion is notified, not the officer."""
        return self in (LadderStep.SUPERVISOR, LadderStep.CHAMPION)

    @property
    def phase(self) -> "LadderStep":
        """Return what a step tells, for comparing steps.

        Someone who was notified that an update is overdue need not be notified of it again as a supervisor or champion.
        """
        return LadderStep.OVERDUE if self.is_escalation or self is LadderStep.AGAIN else self


class Outcome(StrEnum):
    """The outcome for one obligation and one recipient."""

    SENT = "sent"
    HELD = "held"
    SUPPRESSED = "suppressed"
    DROPPED = "dropped"


class Reason(StrEnum):
    """Why someone is notified, or not, or someone other than the intended recipient (docs/reminders.md)."""

    NEW = "new"
    STILL_WAITING = "still waiting"
    NOTIFIED_BEFORE = "told before"
    """Its date is the day on which it was notified."""
    NO_NEWS = "no news"
    """Its date is the day since which its recipient knows: an announced due date, or the close of the case."""
    BEFORE_START = "fell due before the service started"
    CONTACT_HOLD = "contact hold"
    ATTEMPTS = "attempts did not reach the victim"
    NO_ROOM = "no room in the mail"
    NOT_YET = "not due soon yet, and nothing else to tell"
    WAITING_ALREADY = "already waiting for an update"
    DIGEST_TODAY = "a digest went out earlier today"
    TOO_OLD = "data too old"
    RECOVERING = "the crime system was out of reach: one working day to record updates"
    QUIET_HOURS = "quiet hours"
    NOBODY = "nobody has the case"
    UNKNOWN = "officer unknown"
    LEFT = "officer has left"
    ABSENT = "officer absent"
    NO_ADDRESS = "no address"
    BAD_ADDRESS = "address cannot be used"
    REFUSED = "address refused"
    """Its date is the day of the refused email."""
    BOUNCED = "mail bounced"
    """Its date is the day on which the report was read."""
    DEFERRED = "mailbox has put mail off"
    """Its date is the day from which every email has been deferred."""
    NO_LEADER = "there is nobody above the officer to tell"
    NOT_REACHED = "the step has not come after all: the officer has more time"
    DISCHARGED = "no longer outstanding when the mail was to be sent"
    NOT_JUDGED = "set aside before the mail was sent: it cannot be judged (rules 6.1a)"
    HANDED_OVER = "handed over before the mail was sent"


CRIME_SYSTEM: Final = (Reason.TOO_OLD, Reason.RECOVERING)
"""The reasons for which everybody, or every officer, waits because of the crime system."""
