"""Data quality: what must not be dropped silently (rules section 8)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import msgspec
import numpy as np

from compliance.errors import SettingsError, nearest
from compliance.reports.catalogue.case import TracedCase, aside, crimes, events, obligations, updates, victims
from compliance.reports.catalogue.counted import CountedRows, every
from compliance.reports.catalogue.disclosure import count
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import Disclosure, Figure
from compliance.reports.catalogue.row import PlacedRow, count_row
from compliance.reports.examining.quality import DISPUTED, SET_ASIDE, UNPRINTABLE
from compliance.reports.examining.unknown_quality import FIELDS, select_unknown, values_of
from compliance.reports.examining.unknown_units import UNITS, select_unknown_units
from compliance.reports.model.case_sets import QualityRows
from compliance.reports.model.report_model import Figures

IN_PERIOD, HELD = "in_period", "held"
VANISHED: Final = "vanished"
_AS_OF: Final = "as of the instant that the report gives"
ELSEWHERE: Final = {
    "refused": f"it counts records that were refused and are in no figure, {_AS_OF}. "
    "`compliance quarantine list` lists those that stand now, with the reason",
    "unknown-officer": f"it counts officers, not crimes, by the directory {_AS_OF}. "
    "`compliance remind --dry-run` says of which obligations nobody in the directory can be told",
    "no-address": "it counts mails that could not be sent, by what had been decided when the period was settled. "
    "`compliance remind --dry-run` says of which obligations nobody with an address can be told",
    DISPUTED: "it counts replies to reminders, not crimes. `compliance disputes list` lists them",
    "feed-gap": "it counts times in which the crime system was not read, not crimes: the report gives their dates",
}
"""Classes of data quality that do not count crimes in the records, and where to look instead."""
_ENTRIES: Final = ("late-entry", "entered-after-due", UNPRINTABLE, DISPUTED)
"""Classes of data quality about how records were entered, and whether officers think them right."""


def _count(edition: Edition, key: str, group: str | None) -> CountedRows | str:
    """Count what a class of data quality holds in all, and in the period. `group`: one of the unknown values."""
    if key in FIELDS:
        return _count_unknown(edition, key, group or "")
    if key in UNITS:
        return _count_unknown_units(edition, key, group or "")
    if group:
        raise SettingsError(f"quality.{key}/{group}: only {', '.join([*FIELDS, *UNITS])} can be listed by value")
    if key == VANISHED:
        return _count_vanished(edition)
    if key == SET_ASIDE:
        cases = aside(edition.ours.set_aside)
        nowhere = np.zeros(len(cases), dtype=np.bool_)  # of no period: its due date is unknown
        return CountedRows({HELD: ~nowhere, IN_PERIOD: nowhere}, lambda: cases)
    if key in ELSEWHERE:
        return ELSEWHERE[key]
    if key not in edition.quality_rows:
        known = [*edition.quality_rows, *FIELDS, *UNITS, *ELSEWHERE, VANISHED, SET_ASIDE]
        raise SettingsError(f"no class of data quality {key!r}{nearest(key, known)}")
    found = edition.quality_rows[key]
    return CountedRows(_counts(edition, found), partial(_list_cases, edition, key, found))


def _counts(edition: Edition, found: QualityRows) -> dict[str, np.ndarray]:
    return {IN_PERIOD: found.within(edition.period), HELD: every(found.rows)}


def _list_cases(edition: Edition, key: str, found: QualityRows) -> tuple[TracedCase, ...]:
    columns = edition.ours.columns
    if found.table == "obligations":
        return obligations(edition.ours, found.rows)
    if found.table == "updates":
        return updates(columns, found.rows, edition.policy.local)
    return crimes(columns, found.rows, "a character that cannot be printed" if key == UNPRINTABLE else "no victim")


def _count_unknown(edition: Edition, key: str, value: str) -> CountedRows:
    found = select_unknown(edition.ours, edition.options.known(edition.policy), key)
    values = values_of(edition.ours, key, found)
    if value and value not in values:
        raise SettingsError(f"quality.{key}: no record has {value!r}{nearest(value, sorted(set(values)))}")
    chosen = np.array([value in ("", each) for each in values], dtype=np.bool_)
    chosen_values = [each for each in values if value in ("", each)]
    counts = {measure: counts[chosen] for measure, counts in _counts(edition, found).items()}
    return CountedRows(counts, partial(_list_unknown, edition, found.table, found.rows[chosen], chosen_values))


def _count_unknown_units(edition: Edition, key: str, name: str) -> CountedRows | str:
    recorded, organisation = edition.known.as_recorded, edition.options.organisation
    if recorded is None or organisation is None or edition.division is not None:
        return "it counts crimes of units that the organisation does not have: they are in the board's edition"
    found, names = select_unknown_units(edition.everything, recorded, organisation, key, edition.period)
    if name and name not in names:
        raise SettingsError(f"quality.{key}: no record has {name!r}{nearest(name, sorted(set(names)))}")
    chosen = np.array([name in ("", each) for each in names], dtype=np.bool_)
    refs = recorded.crime_ref.take(found.rows[chosen]).to_pylist()
    cases = tuple(TracedCase(ref, state=each) for ref, each in zip(refs, np.array(names)[chosen].tolist(), strict=True))
    return CountedRows({measure: each[chosen] for measure, each in _counts(edition, found).items()}, lambda: cases)


def _list_unknown(edition: Edition, table: str, row: np.ndarray, values: list[str]) -> tuple[TracedCase, ...]:
    columns, local = edition.ours.columns, edition.policy.local
    if table == "victims":
        return victims(columns, row, values)
    if table == "events":
        return events(columns, row, values, local)
    pairs = zip(updates(columns, row, local), values, strict=True)
    return tuple(replace(case, state=value) for case, value in pairs)


def _count_vanished(edition: Edition) -> CountedRows | str:
    if edition.vanished is None or edition.division is not None:
        return "it counts crimes that the crime system's full exports ceased to hold; they are in the board's edition"
    found, local = edition.vanished(edition.period), edition.policy.local
    within = np.array([in_period for _, _, in_period in found], dtype=np.bool_)
    gone = tuple(TracedCase(ref, state=VANISHED, at=local.clock_at(since)) for ref, since, _ in found)
    return CountedRows({IN_PERIOD: within, HELD: every(within)}, lambda: gone)


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    for item in figures.quality:
        yield PlacedRow((), count_row("quality", f"quality.{item.key}", item.title, "", figures.period,
                                      in_period=item.in_week, held=item.held))  # fmt: skip


def _release(board: Figures, disclosed: Figures) -> Figures:
    """Release what was found in the period.

    The number held in all would reveal, from one report to the next, what is new. Unknown values could be anything, and
    next to contacts by method they would reveal counts withheld there.
    """
    kept = (item for item in board.quality if item.in_week is not None and item.key not in _ENTRIES)
    kept = (item for item in kept if item.key.partition("/")[0] not in {*FIELDS, *UNITS})
    public = tuple(msgspec.structs.replace(item, in_week=count(item.in_week), held=None) for item in kept)
    return msgspec.structs.replace(disclosed, quality=public)


QUALITY: Final = Figure(
    name="quality", key="CLASS", group="[VALUE]", title="Data quality",
    meaning="What was found in the records and is never silently dropped: in the {kind}, and in all that is held; each "
            "class says what it counts, and of unknown values each of the most frequent.",
    clause="rules 8", cases="updates, obligations, crimes, victims or events held",
    measures={IN_PERIOD: "those of the period", HELD: "all; of quality.set-aside, which is of no period, the first"},
    count=_count, rows=_rows,
    disclosure=Disclosure(
        "what was found in the period, where that is no count from 1 to 4; not what looks at how entries were made, "
        "nor unknown values",
        _release,
    ),
)  # fmt: skip
