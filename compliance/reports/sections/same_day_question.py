"""The same-day question: the same obligations judged three ways (statistics section 4)."""

from collections.abc import Iterator

from compliance.reports.model.report_model import Figures, SameDay
from compliance.reports.pieces.cells import DRAWN, SHARE, cases_named, draw_share, share_cells
from compliance.reports.pieces.parts import Column, Part, Section, Table, cell, statement
from compliance.reports.wording.passages import same_day_in_words, same_obligations


def same_day_question(figures: Figures) -> Section:
    """Return the section, empty if the policy has no such requirement or nothing was due."""
    asked = figures.same_day
    parts = tuple(_parts(figures, asked)) if asked is not None and asked.policy.of else ()
    return Section("same-day", "The same-day question", parts)


def _parts(figures: Figures, asked: SameDay) -> Iterator[Part]:
    yield statement(
        f"Does an update on the day of the report count towards the {asked.requirement} requirement? By the force's "
        f"policy it does not: the victim is owed a further one. {same_obligations(asked)}, judged three ways:"
    )
    readings = (
        ("Force policy: a same-day update does not count", asked.policy, "same-day"),
        ("If the same-day update counted", asked.counting, "same-day-counting"),
        ("As the original system counted: nor did one on the day of recording", asked.original, "same-day-original"),
    )
    rows = [
        (
            cell(name),
            *share_cells(share, figure),
            draw_share(share, look="bar" if share is asked.policy else "muted-bar"),
        )
        for name, share, figure in readings
    ]
    columns = (Column("Reading", "name"), *SHARE, DRAWN)
    yield Table("three-ways", f"The {asked.requirement} rate three ways", columns, tuple(rows))
    yield statement(same_day_in_words(asked))
    yield from cases_named(figures, "same-day", "same-day-counting", "same-day-original", "only-same-day")
