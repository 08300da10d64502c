"""Which clauses of `docs/rules.md` decide an obligation: every condition asked on its own, none in the light of another.

An engine that asks one thing after another always has one answer. Here each clause has its whole condition, so that two
may hold, or none: the rules are clear only if exactly one does.
"""

from dataclasses import dataclass
from datetime import date

from compliance.policy.verdicts import Clause
from tests.reference import Owed
from tests.reference_answer import Obligation
from tests.reference_case import Json, later


def clauses_that_hold(owed: Owed, requirement: Json, obligation: Obligation) -> list[Clause]:
    """Every clause whose condition holds, in the order of Clause; 5.8 says which of them waive the others."""
    story = _Story.of(owed, requirement, obligation)
    cancelled, exempt = owed.case.cancelled, owed.exempt_category
    waived = cancelled or exempt
    conditions = {
        Clause.CANCELLED: cancelled,  # 5.3
        Clause.CATEGORY: exempt and not cancelled,  # 5.5, 5.8
        Clause.DECLINED: not waived and story.declining and story.due_while_declining,  # 5.4, third line
        Clause.DECLINED_AFTER_DUE: not waived
        and story.declining
        and not story.due_while_declining
        and not story.lapsed
        and not story.missed_before_decline,  # 5.4, last line
    }
    judged = not waived and (
        not story.declining
        or (not story.due_while_declining and (story.lapsed or story.missed_before_decline))  # 5.4, its other lines
    )
    return [
        clause
        for clause, holds in (conditions | {clause: judged and holds for clause, holds in story.undeclined()}).items()
        if holds
    ]


@dataclass(frozen=True)
class _Story:
    """What happened around one obligation. Dates that do not come are None."""

    due: date
    open_only: bool
    passed: bool
    open_when_due: bool
    updates: list[date]
    closed: date | None
    """The close that ends it: the close date of 5.6 or, of one owed whatever the status, m of 3.6."""
    silent: date | None
    """due + N (4.5)."""
    silence_over: bool
    x: date | None
    u: date | None

    @classmethod
    def of(cls, owed: Owed, requirement: Json, obligation: Obligation) -> "_Story":
        case, due = owed.case, obligation.due
        open_only, every = bool(requirement.get("open_only")), owed.repeats(requirement)
        silent = later(due, every) if every else None
        passed = due < case.today
        return cls(
            due=due,
            open_only=open_only,
            passed=passed,
            open_when_due=not open_only or not passed or case.open_at_end(due),
            updates=[update.on for update in owed.window(requirement, obligation)],
            closed=case.first_end(due, None, is_open=False) if open_only else case.written_off(due),
            silent=silent,
            silence_over=silent is not None and silent < case.today,
            x=owed.x,
            u=owed.u,
        )

    def undeclined(self) -> list[tuple[Clause, bool]]:
        """The clauses of the requirement itself, as if no one had declined."""
        behind = self.passed and self.open_when_due and not self.in_time
        unanswered = behind and not self.answered_late
        return [
            (Clause.NOT_OPEN_WHEN_DUE, self.lapsed),  # 4.1
            (Clause.MET, self.in_time and self.open_when_due),  # 3.2, 4.3, 5.2
            (Clause.LATE, behind and self.answered_late),  # 3.2, 4.3
            (Clause.NOT_YET_DUE, not self.passed and not self.in_time),  # 2.7
            (Clause.OUTSTANDING, unanswered and not self.ended_by_close and not self.ended_by_silence),
            (Clause.WRITTEN_OFF, unanswered and self.ended_by_close and not self.open_only),  # 3.6
            (Clause.CLOSED_WHILE_OVERDUE, unanswered and self.ended_by_close and self.open_only),  # 5.6
            (Clause.SILENCE, unanswered and self.ended_by_silence),  # 4.5
        ]

    @property
    def lapsed(self) -> bool:
        return self.passed and not self.open_when_due

    @property
    def in_time(self) -> bool:
        return any(day <= self.due for day in self.updates)

    @property
    def ended_by_close(self) -> bool:
        """5.6, 3.6; 4.5: a close later than due + N ends a later cycle."""
        return self.closed is not None and (self.silent is None or self.closed <= self.silent)

    @property
    def ended_by_silence(self) -> bool:
        return self.silence_over and not self.ended_by_close

    @property
    def answered_late(self) -> bool:
        """An update after the due date, and on or before the last day on which it is in time (3.6, 4.5, 5.6)."""
        ends = [day for day in (self.closed, self.silent) if day is not None]
        first = next((day for day in self.updates if day > self.due), None)
        return first is not None and first <= min(ends, default=first)

    @property
    def declining(self) -> bool:
        """5.4, the first two lines: neither discharged on or before X, nor due on or after U."""
        if self.x is None or (self.u is not None and self.due >= self.u):
            return False
        discharged = self.in_time or (self.passed and self.open_when_due and self.answered_late)
        return not (discharged and self.updates[0] <= self.x)

    @property
    def due_while_declining(self) -> bool:
        return self.x is not None and self.due >= self.x

    @property
    def missed_before_decline(self) -> bool:
        """5.4, the fifth line: had become missed before X, by close or by silence, whichever comes first."""
        if self.x is None or not self.passed or not self.open_when_due or self.in_time or self.answered_late:
            return False
        if self.ended_by_close:
            return self.closed is not None and self.closed < self.x
        return self.ended_by_silence and self.silent is not None and self.silent < self.x
