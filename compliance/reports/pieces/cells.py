"""Cells and columns shared by the tables of several sections."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.model.claims import Claim
from compliance.reports.model.proportions import Proportion, RateDifference
from compliance.reports.model.report_model import Figures, RequirementFigures
from compliance.reports.model.words import heading, interval, number, percent, points_text, verdict
from compliance.reports.pieces.parts import Cell, Column, Look, Note, Range, Run, Text, Tone, cell, code, text_of

SHARE: Final = (Column("In time / due"), Column("Rate"), Column("95% interval"))
"""The columns of `share_cells`."""
DRAWN: Final = Column("Drawn", "drawn", scale=("0", "50", "100%"))
"""The column in which a share is drawn."""
NONE: Final = "–"


def name_of(named: RequirementFigures | str | None) -> str:
    """Return the name of a row: a requirement, a division or group, or "None recorded"."""
    if isinstance(named, RequirementFigures):
        return named.title if named.event else heading(named.id)
    return named or "None recorded"


def whole(count: int | None, figure: str = "") -> Run:
    """Return a whole number, or a dash if it is unknown."""
    return Run(number(count), value=count, figure=figure if count is not None else "")


def rate(share: Proportion, figure: str = "") -> Run:
    """Return a rate, grey if it is of fewer than ten or of none (statistics 1.6)."""
    if share.withheld or not share.of:
        return Run("withheld" if share.withheld else "not available", "few")
    return Run(percent(share.rate), "few" if share.few else "", share.rate, figure and f"{figure}:rate")


def met_of(share: Proportion, figure: str = "") -> Text:
    """Return the count of a share out of its total."""
    if share.withheld:
        return (Run("withheld", "few"),)
    return (
        whole(share.count, figure and f"{figure}:count"), Run(" / "), whole(share.of, figure and f"{figure}:of"),
    )  # fmt: skip


def between(share: Proportion) -> Run:
    """Return the interval of a share, or a dash if there is none."""
    return Run(interval(share) if share.of else NONE, "few" if share.of and share.few else "")


def share_cells(share: Proportion, figure: str = "") -> tuple[Cell, ...]:
    """Return the cells with counts, rate and interval."""
    return cell(met_of(share, figure)), cell(rate(share, figure)), cell(between(share))


def rate_and_counts(share: Proportion | None, figure: str = "") -> Cell:
    """Return a cell with a rate followed by its counts, or a dash for None."""
    if share is None:
        return cell(NONE)
    if share.withheld:
        return cell(rate(share))
    return cell(rate(share, figure), " ", *(_mute(run) for run in met_of(share, figure)))


def _mute(run: Run) -> Run:
    return Run(run.text, "aside", run.value, run.figure)


def draw_share(share: Proportion, mark: float | None = None, look: Look = "plain") -> Cell:
    """Return a cell with a share and its interval drawn, empty if there is none."""
    return Cell(drawn=range_of(share, mark, look))


def range_of(share: Proportion, mark: float | None = None, look: Look = "plain") -> Range | None:
    """Return a share with its interval on a scale from 0 to 1, None if there is none."""
    if share.rate is None or share.low is None or share.high is None:
        return None
    words = f"{percent(share.rate)}, interval {interval(share)}"
    if mark is not None:
        words += f"; in all {percent(mark)}"
    few = share.few and "bar" not in look
    return Range(share.low, share.rate, share.high, mark, "few" if few else look, words)


def points_cell(change: RateDifference | None, points: float, claim: Claim | None = None) -> Cell:
    """Return the cell with a difference and its interval in points. `points`: of the rates as shown, from -1 to 1."""
    if change is None or not change.tested:
        return cell(NONE, claim=claim)
    between = f" ({points_text(change.low)} to {points_text(change.high)})"
    return cell(points_text(points), Run(between, "aside"), claim=claim)


def verdict_cell(change: RateDifference | None, claim: Claim) -> Cell:
    """Return the cell that says whether a unit differs from the rest (statistics 1.5, 1.6)."""
    look: Tone = "few" if change is None or not change.tested else "strong" if change.significant else ""
    return cell(Run(verdict(change) if change else "not compared", look), claim=claim if change else None)


def difference_drawn(change: RateDifference | None, points: float, reach: int) -> Cell:
    """Return a cell with a difference and its interval drawn on a scale of `reach` points on either side."""
    if change is None or not change.tested:
        return Cell()
    low, at, high = (0.5 + 50 * value / reach for value in (change.low, change.difference, change.high))
    words = f"{points_text(points)} points, interval {points_text(change.low)} to {points_text(change.high)}"
    return Cell(drawn=Range(low, at, high, 0.5, "plain" if change.significant else "muted", words))


def cases(figures: Figures, *names: str) -> tuple[str, ...]:
    """Return the names of figures whose cases the reader can list: none for the public."""
    return () if figures.edition == PUBLIC else names


def cases_named(figures: Figures, *names: str) -> Iterator[Note]:
    """Yield a note of the same names."""
    listed = [piece for name in cases(figures, *names) for piece in (", ", code(name))]
    if listed:
        said = text_of("Cases: figure ", *listed[1:], "; see ", Run("From a number to its cases", link="trace"), ".")
        yield Note(said, of_trace=True)


def with_name(text: str, figures: Figures, figure: str) -> Cell:
    """Return a cell with the name of a row and of its figure, if the reader can list its cases."""
    return cell(text, *(piece for name in cases(figures, figure) for piece in (" ", code(name))))
