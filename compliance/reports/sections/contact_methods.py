"""How victims are told: contacts by method."""

from compliance.reports.catalogue.row import NO_NAME
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import heading
from compliance.reports.pieces.cells import cases, whole
from compliance.reports.pieces.parts import Column, Section, Table, cell, note


def contact_methods(figures: Figures) -> Section:
    """Return the section, empty if no contact was entered."""
    rows = []
    for way in figures.ways:
        figure = f"contact/{way.method or NO_NAME}"
        rows.append((
            cell(heading(way.method or "none recorded")), cell(whole(way.informed, f"{figure}:informed")),
            cell(whole(way.attempted, f"{figure}:attempted")),
        ))  # fmt: skip
    columns = (Column("Method", "name"), Column("Victim informed"), Column("Attempts that did not reach the victim"))
    table = Table("ways", f"Contacts entered in the {figures.kind}, by method", columns, tuple(rows),
                  cases=cases(figures, "contact/METHOD"))  # fmt: skip
    said = note("An attempt is kept and shown; it does not count as an update.")
    return Section("contact", "How victims are told", (table, said) if rows else ())
