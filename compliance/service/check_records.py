"""The part of `compliance check` about what is stored: the conditions found, and the details behind some of them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Final

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.policy import Policy
from compliance.policy.coverage import describe_unused
from compliance.policy.setting_aside import CalendarGap, calendar_advice
from compliance.service.conditions import find_conditions, read_facts
from compliance.service.unknown_notes import REMEDY, still_unknown
from compliance.store import Store, directory_problem, last_good_directory, latest_crimes, set_aside
from compliance.store.tables import SetAsideRow
from compliance.text import count_noun

_SHOWN: Final = 40
_LATEST: Final = 2000
"""Crimes in which the words of the policy are looked for: some weeks of a force."""


Said = tuple[str, tuple[str, ...]]
"""What was checked, and what is worth knowing about it."""


def look_at_records(settings: Settings, policy: Policy, now: datetime) -> Iterator[Said]:
    """Check what is stored, as at an instant (aware): the conditions of `compliance status`, and their details.

    Yields nothing if the settings are wrong, which is checked elsewhere.
    """
    try:
        conditions = find_conditions(read_facts(settings, policy, now))
    except ComplianceError:
        return
    what = count_noun(len(conditions), "condition") if conditions else "nothing is wrong"
    yield f"how the service is: {what}", tuple(map(str, conditions))
    yield from _look_at_details(settings, policy)


def _look_at_details(settings: Settings, policy: Policy) -> Iterator[Said]:
    """Yield nothing if there is no usable database: that is one of the conditions."""
    try:
        with closing(Store.open(settings.database_url)) as store:
            found = [*_directory(store), _set_aside(store, policy), _describe_unknown(store, settings, policy)]
            found += _describe_unused(store, policy)
    except ComplianceError:
        return
    yield from found


def _directory(store: Store) -> Iterator[Said]:
    good, problem = last_good_directory(store), directory_problem(store)
    if good is None and problem is None:
        return
    what = (
        "none is in force" if good is None else f"as of {good.as_of:%Y-%m-%dT%H:%MZ}, {good.entries:,} usable entries"
    )
    notes = () if problem is None else (f"the last poll did not take it over: {problem}",)
    yield f"officer directory: {what}", notes


def _set_aside(store: Store, policy: Policy) -> Said:
    """Describe how much is set aside for each reason, with one crime as an example (rules 6.1a)."""
    found = set_aside(store)
    reasons: dict[tuple[str, str, str], list[SetAsideRow]] = {}
    for row in found:
        reasons.setdefault((row.requirement, row.gap, row.clause), []).append(row)
    what = f"records held: {len(found):,} obligations set aside" if found else "records held: nothing is set aside"
    return what, tuple(
        f"{len(rows):,} of {requirement}: {calendar_advice(policy, CalendarGap(gap))} (rules {clause}); "
        f"one is crime {rows[0].crime_ref}"
        for (requirement, gap, clause), rows in reasons.items()
    )


def _describe_unused(store: Store, policy: Policy) -> Iterator[Said]:
    """Describe the words of the policy that do not occur in the crimes last received (rules A4)."""
    crimes = latest_crimes(store, _LATEST)
    if crimes:
        which = f"the {len(crimes):,} crimes last received" if len(crimes) > 1 else "the one crime received"
        yield f"words of {policy.path.name} in {which}", tuple(describe_unused(policy, crimes))


def _describe_unknown(store: Store, settings: Settings, policy: Policy) -> Said:
    found = list(still_unknown(store, settings, policy))
    if not found:
        return "values of outcomes, methods, categories and event kinds: all are known", ()
    more = [f"and {len(found) - _SHOWN:,} more"] if len(found) > _SHOWN else []
    notes = [*found[:_SHOWN], *more, f"where they should count, or are in order: {REMEDY}"]
    return f"values that neither mapping nor policy knows: {len(found):,}", tuple(notes)
