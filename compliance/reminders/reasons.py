"""Reasons for decisions as text for people. They are made from data here, and never parsed back."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from compliance.reminders.ladder import Hindrance, Obstacle
from compliance.store.kept.notice_kinds import Reason

WORDS: Final[dict[Reason, str]] = {reason: str(reason) for reason in Reason} | {
    Reason.NOTIFIED_BEFORE: "notified on {since}",
    Reason.NO_NEWS: "no news since {since}: waits for a day for what is told again",
    Reason.NO_ROOM: "no room in the email",
    Reason.NOT_YET: "not due soon yet, and nothing else to notify",
    Reason.RECOVERING: "crime system was unavailable: officers have one working day to record updates",
    Reason.REFUSED: "address refused on {since}",
    Reason.BOUNCED: "mail bounced on {since}",
    Reason.DEFERRED: "mailbox has deferred email since {since}",
    Reason.NO_LEADER: "nobody in the directory to escalate to",
    Reason.NOT_REACHED: "step not reached after all: the officer has more time",
    Reason.DISCHARGED: "no longer outstanding when the email was due to be sent",
    Reason.NOT_JUDGED: "set aside before the email was sent: it cannot be judged (rules 6.1a)",
    Reason.HANDED_OVER: "handed over before the email was sent",
}
"""The words for a reason, where its stored name is not plain enough; `{since}` is replaced by its date."""
HINDRANCES: Final[dict[Hindrance, str]] = {what: str(what) for what in Hindrance} | {
    Hindrance.NOT_ALLOCATED: "case not allocated to the officer",
}
"""The words for what prevented an officer from acting."""
REROUTED: Final = "{why}; rerouted: {rerouted}"
WITH_OBSTACLES: Final = "{why}; obstacles: {obstacles}"
OBSTACLE: Final = "{what} from {first} to {last}"


def reason_text(reason: Reason, since: date | None = None) -> str:
    """Return a reason as text, such as `notified on 2026-06-02`."""
    return WORDS[reason].format(since=since)


def decision_text(
    reason: Reason, since: date | None = None, rerouted: Reason | None = None, rerouted_since: date | None = None
) -> str:
    """Return the reason for a decision, and why the intended recipient is not notified.

    An example: `new; rerouted: officer absent`.
    """
    why = reason_text(reason, since)
    return why if rerouted is None else REROUTED.format(why=why, rerouted=reason_text(rerouted, rerouted_since))


def add_obstacles(why: str, obstacles: Sequence[str]) -> str:
    """Return a reason with obstacles: `new; obstacles: contact hold from 2026-06-02 to 2026-06-08`."""
    return WITH_OBSTACLES.format(why=why, obstacles=", ".join(obstacles)) if obstacles else why


def obstacle_text(obstacle: Obstacle) -> str:
    """Return an obstacle as text: `contact hold from 2026-06-02 to 2026-06-08`."""
    return OBSTACLE.format(what=HINDRANCES[obstacle.what], first=obstacle.first, last=obstacle.last)
