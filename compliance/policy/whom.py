"""To whom a requirement is owed: the categories of victims and the offence groups of crimes (rules 9.5, A1a, A2)."""

from collections.abc import Iterator

import numpy as np

from compliance.policy.calendars import Ints
from compliance.policy.requirement import Requirement
from compliance.policy.status import Flags
from compliance.records.columns import Coded, Columns


def covers(requirement: Requirement, columns: Columns, victim: Ints) -> Flags:
    """Return whether a requirement is owed, on some date, to each victim (rows of the columns)."""
    flags = np.ones(len(victim), dtype=np.bool_)
    for admits in _restrictions(requirement, columns, victim):
        flags &= admits
    return flags


def _restrictions(requirement: Requirement, columns: Columns, victim: Ints) -> Iterator[Flags]:
    """Yield, for each key that restricts the requirement, which victims it admits (rules 9.5, A1a, A2, A2a).

    A crime without an offence group is in none.
    """
    category, crime = columns.victims.category, columns.victims.crime
    if requirement.only_for is not None:
        yield _is_any(category, victim, requirement.only_for)
    if requirement.except_for is not None:
        yield ~_is_any(category, victim, requirement.except_for)
    if requirement.only_offences is not None:
        yield _is_any(columns.offence, crime[victim], requirement.only_offences)
    if requirement.except_offences is not None:
        yield ~_is_any(columns.offence, crime[victim], requirement.except_offences)


def _is_any(texts: Coded, rows: Ints, wanted: list[str]) -> Flags:
    """Return which rows have one of the wanted texts."""
    return np.isin(texts.codes[rows], [texts.code(text) for text in wanted])
