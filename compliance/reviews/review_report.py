"""What a dip sample found, as a document: for an inspector, or the review of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from compliance.reports.list_files import Cell as ListCell
from compliance.reports.list_files import ListContent
from compliance.reports.parts import Column, Items, Report, Row, Section, Table, cell, note, statement
from compliance.reports.periods import in_words
from compliance.reports.words import day
from compliance.reviews.results import ReviewedCase, ReviewResults
from compliance.reviews.review_sentences import (
    rate_in_words,
    state_adjusted,
    state_agreement,
    state_errors,
    state_limits,
    state_quality,
)
from compliance.reviews.strata import IN_WORDS, RecordedState

_METHOD: Final = (
    "Obligations were drawn by lot within each group of what the record says; the seed draws the same ones again. The "
    "adjusted rate weights what was read by how many obligations each group has. Its interval allows for what was not "
    "read. docs/reviews-method.md has the formulae, and how often such intervals hold the truth."
)


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """How a dip sample was drawn, for those who check it.

    `drawn_at`: UTC. `criteria`: (id, question). `log`: what the audit log has of it, as lines.
    """

    force: str
    number: int
    period: str
    requirement: str
    version: int
    seed: str
    drawn_at: datetime
    drawn_by: str
    criteria: Sequence[tuple[str, str]]
    log: Sequence[str]


def review_report(facts: ReviewFacts, held: Sequence[ReviewedCase], results: ReviewResults) -> Report:
    """Return the document: what was found, by what the record says and by division, the cases, and how it was drawn."""
    title = f"Is the record true? A dip sample of {facts.requirement}"
    sections = (_found(results), _by_record(results), _by_division(results), _contacts(facts, results),
                _cases(held, results), _drawn(facts, results))  # fmt: skip
    about = (f"{results.read:,} of {results.drawn:,} cases read",)
    name = f"{facts.force}: dip sample {facts.number}, {facts.requirement}, {in_words(facts.period)}"
    return Report(name, facts.force, title, in_words(facts.period).capitalize(), about, sections, "")


def case_list(facts: ReviewFacts, held: Sequence[ReviewedCase]) -> ListContent:
    """Return the cases with what the record says and what each reader found, as a list for a spreadsheet."""
    columns = ("number", "crime", "victim", "division", "look from", "due", "recorded as", "found", "record wrong",
               "told on", "told by", "good enough", "second reader found", "note")  # fmt: skip
    title = f"Dip sample {facts.number}: {facts.requirement}, {facts.period}"
    return ListContent(facts.force, title, columns, [_line(each) for each in held])


def _line(each: ReviewedCase) -> tuple[ListCell, ...]:
    first = each.readings[0] if each.readings else None
    second = each.judge(each.readings[1]) if len(each.readings) > 1 else ""
    return (
        each.number, each.crime_ref, each.victim_ref, each.division, each.look_from, each.due_date,
        IN_WORDS[each.state], each.found or "not read", "yes" if each.is_wrong else "",
        first.told_on if first else None, first.told_by if first else "",
        "yes" if each.is_good_enough else "", second, first.note if first else "",
    )  # fmt: skip


def _found(results: ReviewResults) -> Section:
    said = [state_adjusted(results.record), state_errors(results.record), state_quality(results),
            state_agreement(results), *state_limits(results)]  # fmt: skip
    return Section("found", "What was found", (Items(tuple(statement(each) for each in said if each)),))


def _by_record(results: ReviewResults) -> Section:
    rows: list[Row] = [
        (
            cell(IN_WORDS[RecordedState(each.name)]), cell(f"{each.population:,}"), cell(f"{each.read:,}"),
            cell(f"{each.errors:,} of {each.established:,}"),
            cell("not known" if each.rate is None else rate_in_words(each.rate)),
        )
        for each in results.record.by_stratum
    ]  # fmt: skip
    columns = (Column("The record says", "name"), Column("Due"), Column("Read"), Column("Record wrong"),
               Column("Share wrong, 95% interval", "words"))  # fmt: skip
    table = Table("by-record", "Where the record is wrong", columns, tuple(rows))
    return Section("record", "By what the record says", (table,))


def _by_division(results: ReviewResults) -> Section:
    columns = (Column("Division", "name"), Column("Established"), Column("Recorded as met, was not"),
               Column("Was met, not recorded as met"))  # fmt: skip
    rows = tuple(
        (cell(each.name or "not known"), *(cell(f"{n:,}") for n in (each.established, each.flattering, each.harming)))
        for each in results.by_division
    )
    why = note("So few cases of a division say where to look, and give no rate of it.")
    return Section("divisions", "By division", (Table("by-division", "Counts by division", columns, rows), why))


def _contacts(facts: ReviewFacts, results: ReviewResults) -> Section:
    rows: list[Row] = [
        (cell(question), cell(f"{results.by_criterion[name][0]:,} of {results.by_criterion[name][1]:,}"))
        for name, question in facts.criteria
    ]
    table = Table("criteria", "Contacts that were read", (Column("Question", "words"), Column("Yes")), tuple(rows))
    asked = results.answered + results.not_answered
    answered = statement(
        f"Of {asked:,} contacts after the victim had asked something, {results.answered:,} answered it."
    )
    return Section("contacts", "How good the contacts were", (table, answered) if asked else (table,))


def _cases(held: Sequence[ReviewedCase], results: ReviewResults) -> Section:
    disputed = set(results.disagreements)
    rows: list[Row] = [
        (
            cell(f"{each.number}"), cell(each.crime_ref or "removed"), cell(IN_WORDS[each.state]),
            cell(each.found or ""), cell(_shown(each)), cell("yes" if each.number in disputed else ""),
        )
        for each in held
        if each.is_wrong or each.number in disputed
    ]  # fmt: skip
    if not rows:
        return Section("cases", "Cases to look at", (statement("The record is right in every case that was read."),))
    columns = (Column("Case", "name"), Column("Crime", "short"), Column("The record says", "words"),
               Column("Found", "words"), Column("Told on", "short"), Column("Readers differ", "short"))  # fmt: skip
    return Section(
        "cases", "Cases to look at", (Table("wrong", "The record is wrong, or readers differ", columns, tuple(rows)),)
    )


def _shown(each: ReviewedCase) -> str:
    told_on: date | None = each.readings[0].told_on if each.readings else None
    return "" if told_on is None else day(told_on)


def _drawn(facts: ReviewFacts, results: ReviewResults) -> Section:
    parts = [
        statement(
            f"Drawn on {facts.drawn_at:%Y-%m-%d} by {facts.drawn_by} from version {facts.version} of the board's "
            f"report, with the seed {facts.seed}: {results.drawn:,} of {results.record.population:,} obligations."
        ),
        statement(_METHOD),
    ]
    if facts.log:
        parts.append(statement("The audit log has of it:"))
        return Section("drawn", "How it was drawn", (*parts, Items(tuple(map(statement, facts.log)))))
    return Section("drawn", "How it was drawn", tuple(parts))
