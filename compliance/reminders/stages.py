"""Who is told what today: small named stages, each of which may decide, and a named reason for every obligation.

    outstanding -> fell due before the start -> contact hold -> who has the case -> is that officer there
                -> is there an address -> new, or to be mentioned again -> told

The first stage that answers decides; what passes all of them is told. Held and suppressed are deliveries, never
states: the obligation stays outstanding (design decision 8).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from compliance.mail import address_problem
from compliance.reminders.owed import Key, Owed
from compliance.reminders.rules import ReminderRules
from compliance.store.tables import OfficerRow

STEP: Final = "overdue"
"""The step of the ladder that is told here: an obligation whose due date has passed."""


class Outcome(StrEnum):
    """What comes of one obligation that is to be told to one person."""

    SENT = "sent"
    HELD = "held"
    SUPPRESSED = "suppressed"
    DROPPED = "dropped"


NEW: Final = "new"
STILL_WAITING: Final = "still waiting"
BEFORE_START: Final = "fell due before the service started"
CONTACT_HOLD: Final = "contact hold"
NOBODY: Final = "nobody has the case"
UNKNOWN: Final = "officer unknown"
LEFT: Final = "officer has left"
ABSENT: Final = "officer absent"
NO_ADDRESS: Final = "no address"
BAD_ADDRESS: Final = "address cannot be used"
TOLD_TODAY: Final = "a digest went out earlier today"


@dataclass(frozen=True, slots=True)
class History:
    """What has been told before: by mails that went out, not by those that wait, were refused or cancelled. Dates are
    local."""

    told: Mapping[tuple[str, Key, int], date] = field(default_factory=dict)
    """(recipient, obligation, spell) -> the last day it was told."""
    last_digest: Mapping[str, date] = field(default_factory=dict)
    """Recipient -> the day of the last digest."""
    refused: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """(recipient, address) -> the day of their last digest, where the mail server refused that one."""
    today: frozenset[str] = frozenset()
    """Recipients for whom there is a digest of today, whatever became of it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the stages may look at."""

    rules: ReminderRules
    today: date
    officers: Mapping[str, OfficerRow]
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of one obligation today, for whom (empty where nobody has the case), and why."""

    owed: Owed
    recipient_ref: str
    outcome: Outcome
    reason: str


Answer = tuple[Outcome, str] | None


def before_start(owed: Owed, about: Situation) -> Answer:
    """What fell due before the service started is reported, never mailed."""
    return (Outcome.SUPPRESSED, BEFORE_START) if owed.due_date < about.rules.due_from else None


def contact_hold(owed: Owed, about: Situation) -> Answer:  # noqa: ARG001
    """No officer is pushed into a contact that may be unsafe."""
    return (Outcome.HELD, CONTACT_HOLD) if owed.waiting.on_hold else None


def who_has_the_case(owed: Owed, about: Situation) -> Answer:
    """The officer who has the case now is told; somebody has to have it, and be in the directory."""
    if owed.waiting.officer_ref is None:
        return Outcome.HELD, NOBODY
    return None if owed.waiting.officer_ref in about.officers else (Outcome.HELD, UNKNOWN)


def presence(owed: Owed, about: Situation) -> Answer:
    """Nobody is reminded who has left or is absent today (records section 4: both dates included)."""
    officer = about.officers[str(owed.waiting.officer_ref)]
    if officer.left_on is not None and officer.left_on <= about.today:
        return Outcome.HELD, LEFT
    return (Outcome.HELD, ABSENT) if is_absent(officer, about.today) else None


def address(owed: Owed, about: Situation) -> Answer:
    """There is an address, and the mail server has not refused it lately: a corrected one is used at once."""
    officer = about.officers[str(owed.waiting.officer_ref)]
    if not officer.email:
        return Outcome.HELD, NO_ADDRESS
    if address_problem(officer.email):
        return Outcome.HELD, BAD_ADDRESS
    refused = about.history.refused.get((officer.officer_ref, officer.email))
    if refused is not None and about.today < refused + timedelta(days=about.rules.repeat_days):
        return Outcome.HELD, f"address refused on {refused}"
    return None


STAGES: Final[Sequence[Callable[[Owed, Situation], Answer]]] = (
    before_start, contact_hold, who_has_the_case, presence, address,
)  # fmt: skip


def passed_or_held(owed: Owed, about: Situation) -> Answer:
    """The answer of the first stage that has one; None: the officer in the case can be told."""
    return next((answer for stage in STAGES if (answer := stage(owed, about))), None)


def decide(outstanding: Iterable[Owed], about: Situation) -> list[Decision]:
    """What comes of each outstanding obligation today: exactly one decision for each."""
    decisions: list[Decision] = []
    tellable: dict[str, list[Owed]] = defaultdict(list)
    for owed in outstanding:
        recipient = owed.waiting.officer_ref or ""
        if answer := passed_or_held(owed, about):
            decisions.append(Decision(owed, recipient, *answer))
        else:
            tellable[recipient].append(owed)
    for recipient in sorted(tellable):
        decisions += _told(recipient, tellable[recipient], about)
    return decisions


def _told(recipient: str, outstanding: Sequence[Owed], about: Situation) -> list[Decision]:
    """One digest a day for one officer: when there is something new, or `repeat_days` have passed since the last."""
    history = about.history
    told = [history.told.get((recipient, owed.key, owed.spell)) for owed in outstanding]
    last = history.last_digest.get(recipient)
    again = last is None or about.today >= last + timedelta(days=about.rules.repeat_days)
    if recipient in history.today or not (again or None in told):
        return [
            Decision(owed, recipient, Outcome.SUPPRESSED, TOLD_TODAY if day is None else f"told on {day}")
            for owed, day in zip(outstanding, told, strict=True)
        ]
    return [
        Decision(owed, recipient, Outcome.SENT, NEW if day is None else STILL_WAITING)
        for owed, day in zip(outstanding, told, strict=True)
    ]


def is_absent(officer: OfficerRow, day: date) -> bool:
    """Whether the directory has an absence over a local date; an absence without an end goes on."""
    return any(_day(span.get("from"), day) <= day <= _day(span.get("until"), day) for span in officer.absent)


def _day(text: str | None, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise
