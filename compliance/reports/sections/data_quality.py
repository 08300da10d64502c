"""Data quality, and how updates are entered (rules section 8)."""

from collections.abc import Iterator, Sequence
from typing import Final

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.model.findings import EntryQuestion
from compliance.reports.model.report_model import Figures, Quality
from compliance.reports.pieces.cells import met_of, rate, whole, with_name
from compliance.reports.pieces.parts import Column, Heading, Items, Part, Run, Section, Table, cell, note, statement
from compliance.reports.sections.summary import state_claim
from compliance.reports.wording.attention import describe_quality, describe_questions, faults, stand_out
from compliance.reports.wording.duplicate_claims import find_duplicated
from compliance.reports.wording.passages import describe_expected, directory_of, gap_of, pattern_of

QUALITY: Final = "quality"
"""The id of the section about what was found in the records."""


def data_quality(figures: Figures) -> Section:
    """Return the section on data quality and how updates are entered."""
    return Section(QUALITY, "Data quality, and how updates are entered", tuple(_parts(figures)))


def _parts(figures: Figures) -> Iterator[Part]:
    if found := faults(figures.quality):
        yield quality_table("faults", "Faults found in the records", found, figures)
    else:
        yield statement(f"No fault was found in the records of the {figures.kind}.")
    for claim in (*map(gap_of, figures.intake.gaps), *directory_of(figures.intake)):
        yield state_claim(claim)
    if figures.edition == PUBLIC:
        published = Run("those that are published", link="quality-full")
        yield note("Of the classes looked for, ", published, " are below; small counts are not published.")
    else:
        every = Run("every class that is looked for", link="quality-full")
        yield note("Nothing is silently dropped: ", every, " is counted in full below.")
    if figures.questions:
        if asked := stand_out(figures.questions):
            caption = "Questions that the entries raise; none shows that anything was done wrong"
            yield questions_table("questions", caption, asked, figures)
        yield note(describe_questions(figures.questions))
    for claim in find_duplicated(figures):
        yield state_claim(claim)
    if figures.patterns:
        yield Heading("patterns", "Patterns to ask about, by team")
        yield Items(tuple(state_claim(pattern_of(pattern)) for pattern in figures.patterns), "plain")
        yield note(
            "Over the 13 weeks up to the end of the period. A pattern is a question, and shows nothing wrong. A team "
            "is named if chance would give as much in any of the teams in fewer than one report in a thousand."
        )


def quality_table(name: str, caption: str, found: Sequence[Quality], figures: Figures) -> Table:
    """Return classes of data quality with their counts as a table."""
    columns = (Column("What was found", "name"), Column(f"In the {figures.kind}"), Column("In all records"),
               Column("What it means", "words"))  # fmt: skip
    rows = []
    for item in found:
        figure = f"quality.{item.key}"
        rows.append((
            with_name(item.title, figures, figure), cell(whole(item.in_week, f"{figure}:in_period")),
            cell(whole(item.held, f"{figure}:held")), cell(describe_quality(item)),
        ))  # fmt: skip
    return Table(name, caption, columns, tuple(rows))


def questions_table(name: str, caption: str, asked: Sequence[EntryQuestion], figures: Figures) -> Table:
    """Return questions about how updates are entered as a table."""
    columns = (Column("What was seen", "name"), Column("How many"), Column("Share"), Column("By chance"),
               Column("The question", "words"))  # fmt: skip
    rows = []
    for question in asked:
        figure = f"question.{question.key}"
        rows.append((
            with_name(question.title, figures, figure), cell(met_of(question.share, figure)),
            cell(rate(question.share, figure)), cell(describe_expected(question)), cell(question.asks),
        ))  # fmt: skip
    return Table(name, caption, columns, tuple(rows))
