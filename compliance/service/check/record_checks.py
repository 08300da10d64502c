"""Looks at what is stored: the conditions that `compliance status` finds too, with what they consist of."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Final

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.policy import Policy
from compliance.policy.coverage import describe_unused
from compliance.policy.setting_aside import calendar_advice
from compliance.service.conditions import Finding, Problem, ServiceFacts, find_conditions, read_facts
from compliance.service.conditions.feed_conditions import minute
from compliance.service.conditions.service_facts import StoredFacts
from compliance.service.polls.unknown_notes import still_unknown
from compliance.store import OutOfOrder, Store, directory_problem, last_good_directory, latest_crimes, set_aside_reasons

SHOWN: Final = 40
"""How many details of a problem are listed; the others are counted."""
_LATEST: Final = 2000
"""Crimes in which the words of the policy are looked for: some weeks of a force."""


def look_at_records(settings: Settings, policy: Policy, now: datetime) -> Iterator[Finding]:
    """Look at what is stored, as at an instant (aware): the conditions of `compliance status`, and what else to know.

    Finds nothing if a setting is wrong, which another look finds.
    """
    try:
        facts = read_facts(settings, policy, now)
    except ComplianceError:
        return
    problems = tuple(
        Problem(each.condition.name, each.sentence)
        for each in find_conditions(facts)
        if each.condition.name != "calendar-ending"  # which the look at calendars finds
    )
    if facts.stored is None:
        yield Finding("how the service is", problems)
        return
    try:
        with closing(Store.open(settings.database_url)) as store:
            found = [Finding("how the service is", tuple(_add_details(store, facts, facts.stored, problems)))]
            found += [*_directory(store), *_describe_unused(store, policy)]
    except ComplianceError:
        found = [Finding("how the service is", problems)]
    yield from found


def _add_details(
    store: Store, facts: ServiceFacts, stored: StoredFacts, problems: tuple[Problem, ...]
) -> Iterator[Problem]:
    for problem in problems:
        match problem.name:
            case "set-aside":
                yield replace(problem, details=_set_aside(store, facts.policy))
            case "unknown-values":
                yield replace(problem, details=first_ones([*still_unknown(store, facts.settings, facts.policy)]))
            case "changed-in-future":
                yield replace(problem, details=_list_crimes(stored.feed.ahead, "changed"))
            case "records-late":
                yield replace(problem, details=_list_crimes(stored.feed.late, "an older record came"))
            case _:
                yield problem


def _list_crimes(crimes: OutOfOrder, what: str) -> tuple[str, ...]:
    more = crimes.count - len(crimes.first)
    listed = (f"crime {ref}: {what} on {minute(at)}" for ref, at in crimes.first)
    return (*listed, f"and {more:,} more") if more else tuple(listed)


def first_ones(details: list[str]) -> tuple[str, ...]:
    """Return the first `SHOWN` details, and how many more there are."""
    more = [f"and {len(details) - SHOWN:,} more"] if len(details) > SHOWN else []
    return (*details[:SHOWN], *more)


def _directory(store: Store) -> Iterator[Finding]:
    good = last_good_directory(store)
    if good is not None and directory_problem(store) is None:
        read = f"as of {good.as_of:%Y-%m-%dT%H:%MZ}, {good.entries:,} usable entries"
        yield Finding(f"officer directory in force: {read}")


def _set_aside(store: Store, policy: Policy) -> tuple[str, ...]:
    """Describe how much is set aside for each reason, with one crime as an example (rules 6.1a)."""
    return tuple(
        f"{each.count:,} of {each.requirement}: {calendar_advice(policy, each.gap)} (rules {each.clause}); "
        f"one is crime {each.first_crime}"
        for each in set_aside_reasons(store)
    )


def _describe_unused(store: Store, policy: Policy) -> Iterator[Finding]:
    """Describe the words of the policy that do not occur in the crimes last received (rules A4)."""
    crimes = latest_crimes(store, _LATEST)
    if crimes:
        which = f"the {len(crimes):,} crimes last received" if len(crimes) > 1 else "the one crime received"
        yield Finding(f"words of {policy.path.name} in {which}", notes=tuple(describe_unused(policy, crimes)))
