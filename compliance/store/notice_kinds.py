"""What a notice's columns may say: the step of the ladder, what came of it, and the named reason.

These are names, never texts to be read: what people read is made of them in `compliance.reminders.reasons`, and the
effect table and the report count by them.
"""

from enum import StrEnum


class LadderStep(StrEnum):
    """The steps of the ladder, in the order in which they come: what is told to the officer in the case, and what to
    those above."""

    DUE_SOON = "due soon"
    OVERDUE = "overdue"
    AGAIN = "told again"
    """Overdue, to somebody who was told of it before: kept as `overdue`, with the reason `still waiting`."""
    CLOSED = "closed"
    SUPERVISOR = "supervisor"
    CHAMPION = "champion"

    @property
    def is_above(self) -> bool:
        """Whether it is told to those above the officer in the case."""
        return self in (LadderStep.SUPERVISOR, LadderStep.CHAMPION)

    @property
    def phase(self) -> "LadderStep":
        """What a person was told by a step: one who was told that something is overdue need not be told it as one
        above."""
        return LadderStep.OVERDUE if self.is_above or self is LadderStep.AGAIN else self


class Outcome(StrEnum):
    """What comes of one obligation that is to be told to one person."""

    SENT = "sent"
    HELD = "held"
    SUPPRESSED = "suppressed"
    DROPPED = "dropped"


class Reason(StrEnum):
    """Why something is told, or is not, or to somebody else than was meant (docs/reminders.md)."""

    NEW = "new"
    STILL_WAITING = "still waiting"
    TOLD_BEFORE = "told before"
    """Since the day on which it was told."""
    BEFORE_START = "fell due before the service started"
    CONTACT_HOLD = "contact hold"
    ATTEMPTS = "attempts did not reach the victim"
    NO_ROOM = "no room in the mail"
    NOT_YET = "not due soon yet, and nothing else to tell"
    WAITING_ALREADY = "already waiting for an update"
    TOLD_TODAY = "a digest went out earlier today"
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
    """Since the day of the mail that was refused."""
    PUT_OFF = "mailbox has put mail off"
    """Since the day from which on every mail was put off."""
    NO_LEADER = "there is nobody above the officer to tell"
    NOT_COME = "the step has not come after all: the officer has more time"
    DISCHARGED = "no longer outstanding when the mail was to be sent"
    NOT_JUDGED = "set aside before the mail was sent: it cannot be judged (rules 6.1a)"
    HANDED_OVER = "handed over before the mail was sent"
