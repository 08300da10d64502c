"""The public edition: nothing that reveals a count from 1 to 4 (statistics 1.6) or a single crime (decision 0021).

It starts empty, and each figure of the catalogue adds what its disclosure releases. A withheld count could be derived
from known sums: the parts of a printed whole, a part next to its whole, a rate next to a mean of rates, or two
consecutive reports. Each of these is prevented there, before any form is made.
"""

from functools import reduce
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from compliance.reports.catalogue.disclosure import NO_RATE, SMALL, WITHHELD, find_hidden_parts, share
from compliance.reports.catalogue.registry import FIGURES
from compliance.reports.methods.control import Control
from compliance.reports.model.findings import Trend
from compliance.reports.model.report_model import (
    Closing,
    DivisionFigures,
    Figures,
    Intake,
    Overdue,
    OverdueBand,
    Period,
    RequirementFigures,
)

__all__ = ["PUBLIC", "SMALL", "find_hidden_parts", "public", "share"]
PUBLIC: Final = "public"


def public(figures: Figures) -> Figures:
    """Return the board's figures as they may leave the force: what their disclosures release (`Figure.disclosure`).

    A number that no figure releases is left out, such as one added to the report without a figure.
    """
    disclosures = (figure.disclosure for figure in FIGURES.values())
    return reduce(
        lambda disclosed, disclosure: disclosure.release(figures, disclosed), disclosures, _disclose_nothing(figures)
    )


def _disclose_nothing(figures: Figures) -> Figures:
    """Return the edition with its words and without numbers."""
    return Figures(
        force=figures.force,
        edition=PUBLIC,
        unit=figures.unit,
        kind=figures.kind,
        period=figures.period,
        first=figures.first,
        last=figures.last,
        provisional=None,
        requirements=tuple(map(_requirement, figures.requirements)),
        same_day=None,
        closing=Closing(None, WITHHELD, None),
        quality=(),
        intake=Intake(),
        ways=(),
        questions=(),
        restated=(),
        sample=None,
        version=figures.version,
        changed=figures.changed,
        reminders=None,
        definitions=figures.definitions,
        basis=figures.basis,
        areas=figures.areas,
        changed_policy=figures.changed_policy and replace(figures.changed_policy, rates=()),
    )


def _requirement(found: RequirementFigures) -> RequirementFigures:
    return RequirementFigures(
        id=found.id,
        title=found.title,
        event=found.event,
        repeats=found.repeats,
        week=_period(found.week),
        before=_period(found.before),
        provisional=None,
        last_year=found.last_year and _period(found.last_year),
        change=None,
        change_last_year=None,
        enhanced=_period(found.enhanced),
        live=_period(found.live),
        divisions=tuple(map(_division, found.divisions)),
        trailing_held=found.trailing_held,
        overdue=Overdue(None, None, tuple(OverdueBand(band.first, band.last, None) for band in found.overdue.bands)),
        trend=_trend(found.trend),
        units=(),
        funnel=None,
        offences=(),
        areas=tuple(map(_division, found.areas)) if isinstance(found.areas, tuple) else UNSET,
        due_from=found.due_from,
        clustering=found.clustering,
    )


def _period(found: Period) -> Period:
    return Period(found.week, NO_RATE, found.silent and WITHHELD)


def _division(found: DivisionFigures) -> DivisionFigures:
    return DivisionFigures(found.name, NO_RATE, found.silent and WITHHELD, found.trailing and NO_RATE, None, None)


def _trend(found: Trend) -> Trend:
    withheld = (WITHHELD,) * len(found.weeks)
    silent = None if found.silent is None else withheld
    return Trend(found.weeks, withheld, silent, (), Control((), ()), found.marks, found.target, None, found.explained)
