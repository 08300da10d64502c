"""How earlier reports have changed (statistics section 5)."""

from collections.abc import Iterator

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.model.findings import Restated
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import count_of, heading, units
from compliance.reports.pieces.cells import cases, whole
from compliance.reports.pieces.parts import Column, Part, Row, Section, Table, cell, note
from compliance.reports.sections.summary import state_claim
from compliance.reports.wording.passages import describe_restatement, earlier_of, format_difference, select_changed


def earlier_reports(figures: Figures) -> Section:
    """Return the section, empty in the public edition."""
    parts = () if figures.edition == PUBLIC else tuple(_parts(figures))
    return Section("restated", "What became of earlier reports", parts)


def _parts(figures: Figures) -> Iterator[Part]:
    yield state_claim(earlier_of(figures))
    if found := select_changed(figures):
        columns = (
            Column(heading(figures.kind), "name"), Column("Requirement", "short"), Column("As published"),
            Column("As known now"), Column("Points"), Column("Causes", "words"),
        )  # fmt: skip
        rows = tuple(map(_row, found))
        listed = cases(figures, "restated.REQUIREMENT/PERIOD/published", "restated.REQUIREMENT/PERIOD/now")
        yield Table("published", "Published figures, restated", columns, rows, cases=listed)
    by_unit = [each for each in figures.restated if each.unit is not None and each.steps]
    if by_unit and figures.unit is None:
        unit, _ = units(figures)
        yield note(f"By {unit}, {count_of(len(by_unit), 'rate')} changed as well: see the XLSX, CSV and JSON forms.")


def _row(each: Restated) -> Row:
    figure = f"restated.{each.requirement}/{each.period}" + (f"/{each.unit}" if each.unit else "")
    was, now = f"{figure}/published", f"{figure}/now"
    return (
        cell(each.period), cell(each.requirement),
        cell(whole(each.published_met, f"{was}:count"), " / ", whole(each.published_due, f"{was}:of")),
        cell(whole(each.met, f"{now}:count"), " / ", whole(each.due, f"{now}:of")),
        cell(format_difference(each)), cell(heading(describe_restatement(each))),
    )  # fmt: skip
