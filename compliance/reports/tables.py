"""Tables and cells that more than one part of a typeset report is made of."""

from collections.abc import Sequence
from typing import Final

from compliance.reports import words
from compliance.reports.layout import Cell, Faint, Range, Table
from compliance.reports.model import Figures, Requirement
from compliance.reports.proportions import Change, Proportion
from compliance.reports.words import heading, interval, number, percent, signed, verdict

SHARE: Final = ("#In time / due", "#Rate", "#95% interval")
"""The columns of `share_cells`."""


def has_chart(requirement: Requirement) -> bool:
    """Whether anything was due in any of the weeks: of what is owed after an event, there often was nothing."""
    return any(share.of for share in requirement.trend.shares) or (
        bool(requirement.trend.shares) and not requirement.event
    )


def name_of(named: Requirement | str | None) -> str:
    """What a row is about: a requirement, a division or group, or what has none."""
    if isinstance(named, Requirement):
        return named.title if named.event else heading(named.id)
    return named or "None recorded"


def share_cells(share: Proportion) -> list[Cell]:
    """Counts, rate and interval."""
    if share.withheld:
        return ["withheld", "withheld", "–"]
    if not share.of:
        return ["0 / 0", percent(None), "–"]
    told = (percent(share.rate), interval(share))
    return [_counts(share), *(Faint(text) if share.few else text for text in told)]


def _counts(share: Proportion) -> str:
    return f"{number(share.count)} / {number(share.of)}"


def change_cells(change: Change | None) -> list[Cell]:
    """A difference with its interval, and what it may be called."""
    if change is None or not change.tested:
        return ["–", verdict(change)]
    return [f"{signed(change.difference)} ({signed(change.low)} to {signed(change.high)})", verdict(change)]


def rate_cells(shares: Sequence[Proportion]) -> list[Cell]:
    """Of each share the rate with its counts, and its interval."""
    cells: list[Cell] = []
    for share in shares:
        _, rate, between = share_cells(share)
        if share.of:
            told = f"{percent(share.rate)} ({_counts(share)})"
            rate = Faint(told) if share.few else told
        cells += [rate, between]
    return cells


def units_in_period(requirement: Requirement, figures: Figures) -> Table:
    """The divisions, or teams, in the period itself: shown, not tested (statistics 1.5)."""
    unit, whole = words.units(figures)
    silent = ["#Silent victims"] if requirement.repeats else []
    week = requirement.week
    every = [(name_of(d.name), d.week.share, d.silent) for d in requirement.divisions]
    rows: list[list[Cell]] = [
        [name, *share_cells(share), *([_silent(quiet)] if requirement.repeats else [])]
        for name, share, quiet in [*every, (heading(whole), week.rate.share, week.silent)]
    ]
    return Table(f"{heading(requirement.id)} rate in the {figures.kind}", [heading(unit), *SHARE, *silent], rows)


def _silent(share: Proportion | None) -> str:
    if share is None or not share.of:
        return "withheld" if share and share.withheld else "–"
    return f"{percent(share.rate)} ({number(share.count)} / {number(share.of)})"


def compared(requirement: Requirement, figures: Figures) -> Table:
    """The divisions, or teams, over the trailing weeks against the rest (statistics 1.5)."""
    unit, whole = words.units(figures)
    reach = words.reach(requirement.divisions)
    rows: list[list[Cell]] = []
    for division in requirement.divisions:
        if division.trailing is None:
            continue
        change, trailing = division.change, division.trailing
        drawn: Cell = ""
        if change and change.tested:
            low, at, high = (0.5 + 50 * value / reach for value in (change.low, change.difference, change.high))
            drawn = Range(low, at, high, 0.5, change.significant)
        silent: list[Cell] = [percent(division.silent.rate)] if division.silent else []
        rows.append([name_of(division.name), *share_cells(trailing.share), drawn, *change_cells(change), *silent])
    columns = [heading(unit), *SHARE, f"~±{reach} points", "#Points", "Is it chance?"]
    caption = (
        f"{heading(requirement.id)} rate over the last {figures.basis.trailing_weeks} settled weeks, against the rest "
        f"of the {whole}"
    )
    if requirement.repeats:
        caption, columns = f"{caption}; silent victims at the {figures.kind}'s end", [*columns, "#Silent"]
    return Table(caption, columns, rows)
