"""Which steps of the ladder have come for what is owed, and when the next ones come."""

from collections.abc import Iterator
from datetime import date, timedelta

from compliance.reminders.decisions import CHAMPION, CLOSED, DUE_SOON, OVERDUE, SUPERVISOR
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.rules import Ladder
from compliance.reminders.situation import Situation
from compliance.reminders.time_to_act import CaseOfficer, Obstacle, obstacles, reached_on


def steps(owed: Owed, about: Situation) -> Iterator[str]:
    """The steps of the ladder that have come."""
    if owed.standing is not Standing.OVERDUE:
        yield CLOSED if owed.standing is Standing.CLOSED else DUE_SOON
        return
    yield OVERDUE
    if owed.due_date < about.rules.due_from:
        return
    ladder = about.ladder(owed)
    if about.today >= supervisor_on(owed, ladder, about.officer(owed)):
        yield SUPERVISOR
    if about.today >= champion_on(owed, ladder):
        yield CHAMPION


def supervisor_on(owed: Owed, ladder: Ladder, officer: CaseOfficer) -> date:
    """From when the supervisor is told: once the officer has had `supervisor_days` to act; whatever stood in the way,
    when half of `champion_days` has passed, so that neither a hold nor a handing over hides a victim."""
    latest = owed.due_date + timedelta(days=max(ladder.supervisor_days, ladder.champion_days // 2))
    return reached_on(owed, officer, latest, ladder.supervisor_days) or latest


def champion_on(owed: Owed, ladder: Ladder) -> date:
    """From when the champion is told, whatever became of the case meanwhile."""
    return owed.due_date + timedelta(days=ladder.champion_days)


def in_the_way(owed: Owed, about: Situation) -> tuple[Obstacle, ...]:
    """Why those above are told although the officer has not had `supervisor_days` to act; nothing where they had."""
    officer = about.officer(owed)
    if reached_on(owed, officer, about.today, about.ladder(owed).supervisor_days):
        return ()
    return obstacles(owed, officer, about.today)
