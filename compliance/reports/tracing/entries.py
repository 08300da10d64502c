"""The cases of silence, of closing, and of how updates come into the records: victims, crimes and updates."""

from dataclasses import replace
from typing import Final

import numpy as np

from compliance.errors import SettingsError, nearest
from compliance.policy.allocation import CaseHolders
from compliance.policy.calendars import from_day
from compliance.policy.status import Flags
from compliance.policy.verdicts import Verdicts
from compliance.reports.contact import Facts, Victims, closed_across, silent_victims, victims_at_close
from compliance.reports.entry import contacts, questions
from compliance.reports.quality import SET_ASIDE, UNPRINTABLE, kept
from compliance.reports.rates import has
from compliance.reports.tracing.after import after_reminder
from compliance.reports.tracing.case import (
    COUNT,
    Case,
    Traced,
    aside,
    crimes,
    events,
    heard,
    obligations,
    updates,
    victims,
)
from compliance.reports.tracing.edition import Edition, named
from compliance.reports.tracing.rates import asked
from compliance.reports.unknown import FIELDS, unknown_kept, values_of

IN_PERIOD, HELD, INFORMED, ATTEMPTED = "in_period", "held", "informed", "attempted"
VANISHED: Final = "vanished"
_AS_OF: Final = "as of the instant that the report gives"
ELSEWHERE: Final = {
    "refused": f"it counts records that were refused and are in no figure, {_AS_OF}. "
    "`compliance quarantine list` lists those that stand now, with the reason",
    "unknown-officer": f"it counts officers, not crimes, by the directory {_AS_OF}. "
    "`compliance remind --dry-run` says of which obligations nobody in the directory can be told",
    "no-address": "it counts mails that could not be sent, by what had been decided when the period was settled. "
    "`compliance remind --dry-run` says of which obligations nobody with an address can be told",
    "feed-gap": "it counts times in which the crime system was not read, not crimes: the report gives their dates",
}
"""Classes of data quality whose count is none of crimes in the records, and where to look."""


def silent(edition: Edition, kind: str, _key: str, group: str) -> Traced:
    """The victims asked about at a period's end, and which are silent (statistics 1.7)."""
    verdicts, span = asked(edition, kind)
    found = silent_victims(verdicts, span)
    rows = _owned(edition, found.holders, group)
    if kind == "silent-enhanced":
        category = verdicts.columns.victims.category
        rows &= category.codes[found.row] == category.code("enhanced")
    return _victims(edition, verdicts, found, rows, ("silent", "heard"))


def closed_without_a_word(edition: Edition, _kind: str, _key: str, _group: str) -> Traced:
    """The victims of cases closed in the period, and which had no word about it (statistics 1.8)."""
    found = victims_at_close(edition.headline, edition.period)
    return _victims(edition, edition.headline, found, _owned(edition, found.holders, ""), ("not told", "told"))


def closed_and_reopened(edition: Edition, _kind: str, _key: str, _group: str) -> Traced:
    """The crimes closed across a due date and reopened within 28 days (statistics 1.8)."""
    verdicts = edition.headline
    row = closed_across(verdicts, Facts(verdicts, verdicts.as_at), edition.period, edition.division)
    return Traced(crimes(verdicts.columns, row, "closed and reopened"), {COUNT: np.ones(len(row), dtype=np.bool_)})


def contact(edition: Edition, _kind: str, _key: str, group: str) -> Traced:
    """The contacts entered in the period by one method, and the attempts."""
    columns = edition.ours.columns
    informed, attempted = contacts(edition.ours, edition.period)
    method = columns.updates.method
    row = np.flatnonzero((informed | attempted) & has(method, named([method], group, "method")))
    return Traced(updates(columns, row, edition.policy.local), {INFORMED: informed[row], ATTEMPTED: attempted[row]})


def question(edition: Edition, _kind: str, key: str, _group: str) -> Traced | str:
    """What a question about the entries is asked of, and what it asks about."""
    if key == "after-reminder":
        return after_reminder(edition)
    before = edition.source.known(edition.period.plus(-1).settled(edition.policy.local)).columns
    cohort = edition.due(edition.headline, edition.period)
    found = {
        seen.question.key: seen for seen in questions(edition.headline, edition.ours, edition.period, cohort, before)
    }
    if key not in found:
        raise SettingsError(f"no question {key!r}{nearest(key, [*found, 'after-reminder'])}")
    seen = found[key]
    if seen.table == "obligations":
        cases = obligations(seen.verdicts, seen.rows, seen.at)
    elif seen.table == "updates":
        cases = updates(seen.columns, seen.rows, edition.policy.local)
    else:
        states = ["nothing owed now" if hit else "owed as before" for hit in seen.hit.tolist()]
        cases = victims(seen.columns, seen.rows, states)
    return Traced(cases, {COUNT: seen.hit})


def quality(edition: Edition, _kind: str, key: str, group: str) -> Traced | str:
    """What a class of data quality counts (rules section 8): all that is held, and what belongs to the period. `group`:
    one of the values that nobody knows."""
    if key in FIELDS:
        return _unknown(edition, key, group)
    if group:
        raise SettingsError(f"quality.{key}/{group}: only {', '.join(FIELDS)} are told by value")
    if key == VANISHED:
        return _vanished(edition)
    if key == SET_ASIDE:
        cases = aside(edition.ours.set_aside)
        nowhere = np.zeros(len(cases), dtype=np.bool_)  # of no period: the due date is what is not known
        return Traced(cases, {HELD: ~nowhere, IN_PERIOD: nowhere})
    if key in ELSEWHERE:
        return ELSEWHERE[key]
    found = kept(edition.ours, edition.known.seen_until)
    if key not in found:
        raise SettingsError(
            f"no class of data quality {key!r}{nearest(key, [*found, *FIELDS, *ELSEWHERE, VANISHED, SET_ASIDE])}"
        )
    columns, row = edition.ours.columns, found[key].rows
    if found[key].table == "obligations":
        cases = obligations(edition.ours, row)
    elif found[key].table == "updates":
        cases = updates(columns, row, edition.policy.local)
    else:
        cases = crimes(columns, row, "a character that cannot be printed" if key == UNPRINTABLE else "no victim")
    return Traced(cases, {IN_PERIOD: found[key].within(edition.period), HELD: np.ones(len(row), dtype=np.bool_)})


def _unknown(edition: Edition, key: str, value: str) -> Traced:
    verdicts = edition.ours
    found = unknown_kept(verdicts, edition.options.known(edition.policy), key)
    values = values_of(verdicts, key, found)
    if value and value not in values:
        raise SettingsError(f"quality.{key}: no record has {value!r}{nearest(value, sorted(set(values)))}")
    chosen = np.array([value in ("", each) for each in values], dtype=np.bool_)
    row, state = found.rows[chosen], [each for each in values if value in ("", each)]
    columns, zone = verdicts.columns, edition.policy.local
    if found.table == "victims":
        cases = victims(columns, row, state)
    elif found.table == "events":
        cases = events(columns, row, state, zone)
    else:
        every = zip(updates(columns, row, zone), state, strict=True)
        cases = tuple(replace(case, state=each) for case, each in every)
    within = found.within(edition.period)[chosen]
    return Traced(cases, {IN_PERIOD: within, HELD: np.ones(len(row), dtype=np.bool_)})


def _vanished(edition: Edition) -> Traced | str:
    if edition.vanished is None or edition.division is not None:
        return "it counts crimes that the crime system's full exports ceased to hold; the board's edition tells of them"
    found, local = edition.vanished(edition.period), edition.policy.local
    within = np.array([in_period for _, _, in_period in found], dtype=np.bool_)
    gone = tuple(Case(ref, state=VANISHED, at=local.clock_at(since)) for ref, since, _ in found)
    return Traced(gone, {IN_PERIOD: within, HELD: np.ones(len(gone), dtype=np.bool_)})


def _victims(edition: Edition, verdicts: Verdicts, found: Victims, rows: Flags, states: tuple[str, str]) -> Traced:
    hit, (yes, no) = found.hit[rows], states
    more = heard(verdicts.columns, found.update[rows], edition.policy.local)
    if found.closed is not None:
        more["closed_on"] = [from_day(day) for day in found.closed[rows].tolist()]
    cases = victims(verdicts.columns, found.row[rows], [yes if one else no for one in hit.tolist()], **more)
    return Traced(cases, {COUNT: hit})


def _owned(edition: Edition, holders: CaseHolders, group: str) -> Flags:
    """Which of some victims are of the edition, and of one of its groups where one is named."""
    division = holders.owner("division")
    rows: Flags = np.ones(len(holders.crime), dtype=np.bool_)
    if edition.division is not None:
        rows &= has(division, edition.division)
    if group:
        column = holders.owner(edition.unit)
        rows &= has(column, named([column], group, edition.unit))
    return rows
