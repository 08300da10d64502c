"""Invented letters that have everything in them, on which the force's templates are tried."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from compliance.policy import Policy
from compliance.reminders.decisions import (
    CHAMPION,
    CLOSED,
    DUE_SOON,
    LEADERS,
    NEW,
    OVERDUE,
    STILL_WAITING,
    SUPERVISOR,
    Decision,
    Outcome,
)
from compliance.reminders.digest import Told, write
from compliance.reminders.holds import Hold, HoldSpan
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.render import render
from compliance.reminders.routing import ABSENT
from compliance.reminders.rules import ReminderRules
from compliance.reminders.staff import Support
from compliance.reminders.time_to_act import Hindrance, Obstacle
from compliance.reminders.waiting import Waiting

TODAY: Final = date(2026, 6, 10)
_DUE: Final = date(2026, 6, 2)
_ADDED: Final = date(2026, 5, 26)
_VICTIM: Final = Waiting(
    crime_ref="22/1/26", victim_ref="V1", several=True, officer_ref="1",
    hold=Hold(True, TODAY, True, ("as recorded",), _DUE, True, (HoldSpan(_DUE, TODAY),)),
    reported_on=_ADDED, last_update=None, attempts=(_DUE, TODAY), uncounted=(_DUE,), added_on=_ADDED,
    too_early=date(2026, 5, 20),
)  # fmt: skip
_TOLD: Final = (
    (OVERDUE, NEW, None), (OVERDUE, STILL_WAITING, None), (OVERDUE, NEW, ABSENT), (CLOSED, NEW, None),
    (DUE_SOON, NEW, None), (SUPERVISOR, NEW, None), (CHAMPION, NEW, None),
)  # fmt: skip
_SUPPORT: Final = (Support("1", "North 1", 5), Support("2", None, 3))
_STOOD: Final = tuple(Obstacle(what, _DUE, TODAY) for what in Hindrance)
_STANDING: Final = {DUE_SOON: Standing.DUE_SOON, CLOSED: Standing.CLOSED}


def check_templates(policy: Policy, rules: ReminderRules) -> None:
    """Try the templates on letters that have everything in them, and on such as have hardly anything. Raises
    SettingsError that names the template and the line where one is broken, or leaves out the sentence on safe contact.
    """
    told = sample(policy)
    again = {told[0].owed.key: "Contact is owed again."}
    bare = replace(rules, listed=1, reply_to=None, crime_link=None)
    full = replace(rules, reply_to=rules.sender, crime_link="https://crimes.example/{crime_ref}")
    for part in (told, [d for d in told if d.step in LEADERS], [d for d in told if d.step == DUE_SOON], []):
        render(write(part, policy, full, TODAY, Told("Wednesday 10 June at 06:45", again, support=_SUPPORT)), full)
        render(write(part, policy, bare, TODAY, Told(support=_SUPPORT[:1])), bare)


def sample(policy: Policy) -> list[Decision]:
    """Every step of the ladder, new and told before, to the one who was meant and to another; a case handed over."""
    found = []
    for number, (step, reason, rerouted) in enumerate(_TOLD):
        waiting = replace(_VICTIM, victim_ref=f"V{number}")
        if step == CLOSED:
            waiting = replace(waiting, is_open=False, closed_on=TODAY)
        found += _of(waiting, policy, step, reason, rerouted)
    handed = replace(_VICTIM, victim_ref="V9", officer_since=TODAY - timedelta(days=1))
    return found + _of(handed, policy, OVERDUE, NEW)


def _of(waiting: Waiting, policy: Policy, step: str, reason: str, rerouted: str | None = None) -> list[Decision]:
    """What each requirement of a policy owes to a victim, told at a step."""
    due = TODAY + timedelta(days=2) if step == DUE_SOON else _DUE
    return [
        Decision(
            Owed(
                waiting=waiting, requirement=requirement.id, cycle=3, clock_date=waiting.reported_on, due_date=due,
                days_over=(TODAY - due).days, same_day=requirement.shows_same_day, spell=1,
                standing=_STANDING.get(step, Standing.OVERDUE), missed_before=2, first_due=_DUE,
            ),
            "1", Outcome.SENT, reason, step, rerouted, _STOOD,
        )
        for requirement in policy.requirement
    ]  # fmt: skip
