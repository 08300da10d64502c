"""Reasons for decisions as text for people. They are made from data here, and never parsed back."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from compliance.reminders.ladder import Hindrance, Obstacle
from compliance.store.notice_kinds import Reason

WORDS: Final[dict[Reason, str]] = {reason: str(reason) for reason in Reason} | {
    Reason.TOLD_BEFORE: "told on {since}",
    Reason.REFUSED: "address refused on {since}",
    Reason.PUT_OFF: "mailbox has put mail off since {since}",
}
"""The words for a reason; `{since}` is replaced by its date."""
HINDRANCES: Final[dict[Hindrance, str]] = {what: str(what) for what in Hindrance}
"""The words for what prevented an officer from acting."""
REROUTED: Final = "{why}; rerouted: {rerouted}"
IN_THE_WAY: Final = "{why}; in the officer's way: {stood}"
STOOD: Final = "{what} from {first} to {last}"


def reason_text(reason: Reason, since: date | None = None) -> str:
    """Return a reason as text, such as `told on 2026-06-02`."""
    return WORDS[reason].format(since=since)


def decision_text(
    reason: Reason, since: date | None = None, rerouted: Reason | None = None, rerouted_since: date | None = None
) -> str:
    """Return the reason for a decision, and why the intended recipient is not told: `new; rerouted: officer absent`."""
    why = reason_text(reason, since)
    return why if rerouted is None else REROUTED.format(why=why, rerouted=reason_text(rerouted, rerouted_since))


def add_obstacles(why: str, stood: Sequence[str]) -> str:
    """Return a reason with obstacles: `new; in the officer's way: contact hold from 2026-06-02 to 2026-06-08`."""
    return IN_THE_WAY.format(why=why, stood=", ".join(stood)) if stood else why


def obstacle_text(obstacle: Obstacle) -> str:
    """Return an obstacle as text: `contact hold from 2026-06-02 to 2026-06-08`."""
    return STOOD.format(what=HINDRANCES[obstacle.what], first=obstacle.first, last=obstacle.last)
