"""Which updates a force gives: each due date is met or not by the planted chance, by the rules of docs/rules.md 3 and 4."""

from typing import Final

import numpy as np

from tests.worlds.force import CONTINUING, FIRST, FURTHER, WEEKS, Cases, Contacts, Flags, Floats, Force, Ints

_EARLY: Final = 7


def play(force: Force, chances: Floats) -> Cases:
    """Return the cases of a force. `chances`: (series, team, week in which it is due), without what an officer adds.

    What is met is met on any day as likely as on another, of those after the due date before: an update up to that date
    would be one more of the cycle before (rules 4.4).
    """
    parts = [_same_day(force)]
    first_met = _met(force, chances, FIRST, 0, force.day + 7)
    first_day = force.day + 1 + (force.when[0] * 7).astype(np.int64)
    parts.append(_contacts(force, 0, first_met, first_day, force.day + 7))
    opens, due = np.where(first_met, first_day + 1, force.day + 8), force.day + 28
    series, live = FURTHER, np.ones(len(force.day), dtype=np.bool_)
    for step in range(1, len(force.chance)):
        live = live & (due // 7 < WEEKS + 4) & (opens <= force.closed)
        if not live.any():
            break
        met = _met(force, chances, series, step, due)
        given = np.where(
            met, opens + (force.when[step] * (due - opens + 1)).astype(np.int64),
            due + 1 + (force.when[step] * 27).astype(np.int64),
        )  # fmt: skip
        told = live & (given <= force.closed)
        parts.append(_contacts(force, step, told, given, np.where(met, due, -1)))
        live = live & (force.closed > due)
        opens, due, series = np.maximum(given, due) + 1, given + 28, CONTINUING
    parts.append(_closing(force))
    given = Contacts.joined(parts)
    return Cases(
        force.day, force.minute, force.offence, force.division, force.team, force.officer, force.closed,
        force.cancelled, force.victims, force.category, force.declined, given.where(force.victims[given.crime] > 0),
    )  # fmt: skip


def _met(force: Force, chances: Floats, series: int, step: int, due: Ints) -> Flags:
    week = np.minimum(due // 7, WEEKS - 1)
    chance = chances[series, force.team, week] + force.staff.adds[force.officer]
    return np.asarray(force.chance[step] < chance)


def _contacts(force: Force, step: int, rows: Flags, day: Ints, due: Ints) -> Contacts:
    crime = np.flatnonzero(rows)
    method = (crime + step) % 3
    return Contacts(
        crime, day[crime], force.hour[step][crime].astype(np.int64), force.lag[step][crime].astype(np.int64),
        due[crime], method,
    )  # fmt: skip


def _same_day(force: Force) -> Contacts:
    """Updates on the day of the report, within two hours of it: kept, and nothing is met by them (rules 3.3)."""
    crime = np.flatnonzero(force.same_day)
    none = np.zeros(len(crime), dtype=np.int64)
    return Contacts(crime, force.day[crime], force.minute[crime] + 1 + crime % 90, none, none - 1, crime % 3)


def _closing(force: Force) -> Contacts:
    """The outcome, told on the day after a case closed, where that cannot be taken for the first update."""
    rows = force.tells_close & (force.closed - force.day > _EARLY)
    crime = np.flatnonzero(rows)
    none = np.zeros(len(crime), dtype=np.int64)
    return Contacts(crime, force.closed[crime] + 1, none + 600, none, none - 1, crime % 3)
