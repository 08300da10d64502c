"""Restated figures: as published, as known now, and what each cause changed (statistics section 5)."""

from collections.abc import Iterator
from functools import partial
from itertools import chain, pairwise
from typing import Final, NamedTuple

import numpy as np

from compliance.errors import SettingsError, nearest
from compliance.policy.calendars import Ints, from_day
from compliance.policy.verdicts import MET, STATES, Verdicts
from compliance.reports.catalogue.case import TracedCase, obligations
from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import KEY, Figure
from compliance.reports.catalogue.row import PlacedRow, count_row
from compliance.reports.judging.rates import due_in
from compliance.reports.judging.restatement import CAUSES, PUBLISHED, Earlier, Restatement, counts
from compliance.reports.model.report_model import Figures

NOW: Final = "now"
_Key = tuple[str, str, int]


class _Due(NamedTuple):
    """An obligation that counts in a period."""

    due: int
    state: str
    met: bool


def _count(edition: Edition, requirement: str, group: str | None) -> CountedRows | str:
    """Count the obligations of an earlier figure as published or as known now, or what one cause changed.

    A cause adds obligations and takes others out (statistics section 5). `group`: WEEK/STEP, or WEEK/DIVISION/STEP.
    """
    period, _, rest = (group or "").partition("/")
    division, _, step = rest.rpartition("/")
    earlier = {str(known.span): known for known in edition.earlier}
    if period not in earlier:
        raise SettingsError(f"{edition.period.kind} {period!r} is not restated{nearest(period, earlier)}")
    known, unit = earlier[period], division or edition.division
    if step not in (names := (PUBLISHED, *CAUSES, NOW)):
        raise SettingsError(f"no step {step!r} of a restatement{nearest(step, names)}")
    if (requirement, None) not in known.rates:
        ids = [name for name, _ in known.rates]
        raise SettingsError(f"{period} was published without a requirement {requirement!r}{nearest(requirement, ids)}")
    stages = Restatement(edition.headline).stages(known, edition.judge_whole(known.span))
    first = next(stages)
    if step in (PUBLISHED, "retention") and (gone := _reason_gone(known, first[1], requirement, unit)):
        return gone
    if step in (PUBLISHED, NOW):
        verdicts = first[1] if step == PUBLISHED else edition.headline
        row = _obligations_due(verdicts, known, requirement, unit)
        return CountedRows({COUNT: verdicts.state[row] == MET}, partial(obligations, verdicts, row))
    before, after = next((one[1], other[1]) for one, other in pairwise(chain([first], stages)) if other[0] == step)
    one, other = (_due(verdicts, known, requirement, unit) for verdicts in (before, after))
    return _count_changed(one, other, requirement)


def _reason_gone(known: Earlier, start: Verdicts, requirement: str, unit: str | None) -> str | None:
    """Return why what was published can no longer be found, None if it can."""
    found, published = (each.get((requirement, unit), (0, 0)) for each in (counts(start, known.span), known.rates))
    if found == published:
        return None
    return (
        f"of the {published[1]:,} obligations published for {known.span}, {published[0]:,} met, {found[1]:,} are found "
        f"in the records as they were then, {found[0]:,} met: the others have left them, and their crime numbers were "
        "not kept (statistics 5)"
    )


def _obligations_due(verdicts: Verdicts, known: Earlier, requirement: str, unit: str | None) -> Ints:
    ids = [each.id for each in verdicts.policy.requirement]
    cohort = due_in(verdicts, *known.span.days, unit)
    row: Ints = cohort.verdict[cohort.requirement == (ids.index(requirement) if requirement in ids else -1)]
    return row


def _due(verdicts: Verdicts, known: Earlier, requirement: str, unit: str | None) -> dict[_Key, _Due]:
    """Return what counts in an earlier period, by crime, victim and cycle."""
    row = _obligations_due(verdicts, known, requirement, unit)
    columns = verdicts.columns
    keys = zip(
        columns.crime_ref.take(verdicts.crime[row]).to_pylist(),
        columns.victims.ref.take(verdicts.victim[row]).to_pylist(),
        verdicts.cycle[row].tolist(),
        strict=True,
    )
    found = zip(verdicts.due_date[row].tolist(), verdicts.state[row].tolist(), strict=True)
    return {key: _Due(due, STATES[state], state == MET) for key, (due, state) in zip(keys, found, strict=True)}


def _count_changed(before: dict[_Key, _Due], after: dict[_Key, _Due], name: str) -> CountedRows:
    """Count what entered a period, left it, or is met in only one of the two."""
    nothing = _Due(0, "not counted", met=False)
    cases: list[TracedCase] = []
    met: list[int] = []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key, nothing), after.get(key, nothing)
        more, due = other.met - one.met, (key in after) - (key in before)
        if more or due:
            crime, victim, cycle = key
            state = f"{one.state}, then {other.state}"
            cases.append(TracedCase(crime, victim, name, cycle, from_day(other.due or one.due), state, of=due))
            met.append(more)
    return CountedRows({COUNT: np.array(met, dtype=np.int64)}, lambda: cases)


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    for restated in figures.restated:
        unit, asked = restated.unit or "all", restated.requirement
        name = f"restated.{asked}/{restated.period}" + (f"/{unit}" if restated.unit else "")
        steps = (
            (PUBLISHED, f"{asked} as published", restated.published_met, restated.published_due),
            *((step.cause, CAUSES[step.cause], step.met, step.due) for step in restated.steps),
            (NOW, f"{asked} as known now", restated.met, restated.due),
        )
        for step, what, met, due in steps:
            row = count_row("restated", f"{name}/{step}", what, unit, restated.period, count=met, of=due)
            yield PlacedRow((), row)


RESTATED: Final = Figure(
    name="restated", key=KEY, group="WEEK/STEP", title="Restatement",
    meaning="The rate of an earlier {kind} as it was published and as known now, and what each cause put into it and "
            "took out of it.",
    clause="statistics 5", cases="obligations due in that period; of a cause those that it put in (1) or took out (-1)",
    measures={COUNT: "met; of a cause those that it made met (1) or not (-1)"},
    count=_count, rows=_rows,
    disclosure=not_disclosed("next to what was published it would reveal what has changed since"),
)  # fmt: skip
