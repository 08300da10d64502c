"""A report as pages show it: a number leads to its cases there, without the names and commands that list them."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from compliance.reports.model.claims import Claim
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import number
from compliance.reports.pieces.parts import (
    Cell,
    Heading,
    Items,
    KeyFigures,
    Note,
    Part,
    Report,
    Run,
    Section,
    Statement,
    Table,
    Text,
    statement,
)
from compliance.reports.sections.method import TRACE
from compliance.reports.sections.sample import NAME as SAMPLE
from compliance.reports.wording.event_sentences import where_listed
from compliance.reports.wording.sentences import in_brackets

CASES: Final = "cases:"
"""What the link to the cases of a figure begins with; its name follows."""


def on_screen(report: Report, figures: Figures, *, has_cases: bool) -> Report:
    """Return a report for a page. `has_cases`: whether its reader can open the cases behind its numbers."""
    return replace(report, sections=tuple(_section(each, figures, has_cases) for each in report.sections))


def _section(section: Section, figures: Figures, has_cases: bool) -> Section:
    if section.id == SAMPLE and figures.sample is not None and not has_cases:
        drawn, of = len(figures.sample.crime_refs), number(figures.sample.drawn_from)
        words = (
            f"Timely is not the same as good. {drawn} of the {of} crimes with an update due in the {figures.kind} were "
            "drawn at random; the performance team reads what the victim was told."
        )
        return replace(section, parts=(statement(words),))
    return replace(section, parts=tuple(_part(each, has_cases) for each in _without_trace(section.parts)))


def _without_trace(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts without the notes of names and commands, and without what stands under the heading on them."""
    is_trace = False
    for part in parts:
        if isinstance(part, Heading):
            is_trace = part.id == TRACE
        is_note = isinstance(part, Note) and part.of_trace
        if not is_note and not (is_trace and isinstance(part, Heading | Statement)):
            yield part


def _part(part: Part, has_cases: bool) -> Part:
    match part:
        case Statement():
            return _statement(part, has_cases)
        case Items():
            return replace(part, items=tuple(_statement(each, has_cases) for each in part.items))
        case KeyFigures():
            shown = (replace(each, change=_statement(each.change, has_cases)) for each in part.figures)
            return replace(part, figures=tuple(shown))
        case Note():
            return replace(part, text=_link(part.text, part.claims, has_cases))
        case Table():
            rows, foot = (tuple(tuple(map(_cell, row)) for row in each) for each in (part.rows, part.foot))
            return replace(part, cases=(), rows=rows, foot=foot)
    return part


def _statement(said: Statement, has_cases: bool) -> Statement:
    return replace(said, text=_link(said.text, said.claims, has_cases))


def _link(text: Text, claims: Iterable[Claim], has_cases: bool) -> Text:
    """Return a text in which the cases of a claim are a link, or are not mentioned."""
    for claim in claims:
        if claim.listed:
            text = tuple(piece for run in text for piece in _split(run, claim, has_cases))
    return text


def _split(run: Run, claim: Claim, has_cases: bool) -> Iterator[Run]:
    link = Run("cases", link=f"{CASES}{claim.subject}")
    for named, instead in (
        (where_listed(claim), (Run(" Its "), link, Run("."))),
        (in_brackets(claim), (Run(" ("), link, Run(")"))),
    ):
        before, found, after = run.text.partition(named)
        if found:
            yield replace(run, text=before.rstrip())
            yield from instead if has_cases else ()
            yield replace(run, text=after)
            return
    yield run


def _cell(cell: Cell) -> Cell:
    """Return a cell without the name of its figure."""
    shown = [run for run in cell.text if run.tone != "code"]
    if len(shown) == len(cell.text):
        return cell
    return replace(cell, text=tuple(shown[:-1] if shown and not shown[-1].text.strip() else shown))
