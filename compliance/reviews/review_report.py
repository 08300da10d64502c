"""What a dip sample found, as a document: for an inspector, or the review of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from compliance.reports.model.words import day, span
from compliance.reports.periods.periods import in_words, parse_period
from compliance.reports.pieces.parts import Column, Items, Report, Row, Section, Table, cell, note, statement
from compliance.reports.rendering.list_files import Cell as ListCell
from compliance.reports.rendering.list_files import ListContent
from compliance.reviews.results import CaseFinding, ReviewedCase, ReviewResults
from compliance.reviews.review_sentences import rate_in_words, state_counts, state_findings
from compliance.reviews.since_published import SincePublished, since_sections
from compliance.reviews.strata import IN_WORDS, RecordedState
from compliance.text import join_words

_METHOD: Final = (
    "Obligations were drawn by lot within each group of what the record says; the seed draws the same ones again. The "
    "adjusted rate weights what was read by how many obligations each group has. Its interval allows for what was not "
    "read. docs/reviews-method.md has the formulae, and how often such intervals hold the truth."
)
_READ: Final = (
    "Readers were asked of each case: was this victim told about the case by anybody from the police, on the first day "
    "whose contact counts or later, and on which day first? Their forms had the crime, the victim and that first day, "
    "and the page what the crime record holds; neither had our verdict or the due date: whether it was in time was "
    "worked out from their answers. Neither says which cases somebody else reads too. If two readers read a case, "
    "what the first found counts."
)

_BLIND: Final = (
    "By the audit log, nobody was shown a case that they were to read elsewhere in this service, where our verdict can "
    "stand, before their answer was stored."
)
_SEEN: Final = (
    "By the audit log, these cases were shown to their readers elsewhere in this service, where our verdict can stand, "
    "before their answer was stored:"
)


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """How a dip sample was drawn, for those who check it.

    `title`: that of the requirement. `drawn_at`: UTC. `criteria`: (id, question). `proof`: what counted as
    proof that a victim was told, a sentence each; empty: not stored with it. `is_proof_other`: whether the settings say
    something else now. `closed_at`: since when no answer is taken (UTC); None: it is open. `stored`: the local dates on
    which a reader's answers were stored, by their name. `log`: what the audit log has of it, as lines.
    `seen_elsewhere`: the same of readers to whom a case was shown elsewhere before they answered.
    """

    force: str
    number: int
    period: str
    requirement: str
    title: str
    version: int
    seed: str
    drawn_at: datetime
    drawn_by: str
    criteria: Sequence[tuple[str, str]]
    proof: Sequence[str]
    is_proof_other: bool
    closed_at: datetime | None
    stored: Mapping[str, Sequence[date]]
    log: Sequence[str]
    seen_elsewhere: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """Return how it was drawn, as JSON has it; dates are ISO 8601, the instant is UTC."""
        return {
            "force": self.force, "number": self.number, "period": self.period, "requirement": self.requirement,
            "title": self.title, "report_version": self.version, "seed": self.seed, "drawn_at": self.drawn_at,
            "drawn_by": self.drawn_by, "criteria": dict(self.criteria), "proof": list(self.proof),
            "closed_at": self.closed_at,
        }  # fmt: skip


def review_report(
    facts: ReviewFacts, held: Sequence[ReviewedCase], results: ReviewResults, since: SincePublished
) -> Report:
    """Return the document: what was found, by what the record says and by division, the cases, and how it was done."""
    title = f"Is the record true? A dip sample: {facts.title}"
    sections = (
        _found(results), _by_record(results), _by_division(results), _contacts(facts, results), _cases(held, results),
        *since_sections(since), _proof(facts), _read(facts, results), _drawn(facts, results),
    )  # fmt: skip
    period = parse_period(facts.period)
    about = (f"Due {span(period.first, period.last)}", f"{results.read:,} of {results.drawn:,} cases read")
    name = f"{facts.force}: dip sample {facts.number}, {facts.requirement}, {in_words(facts.period)}"
    return Report(name, facts.force, title, in_words(facts.period).capitalize(), about, sections, "")


def case_list(facts: ReviewFacts, held: Sequence[ReviewedCase]) -> ListContent:
    """Return the cases with what the record says and what each reader found, as a list for a spreadsheet."""
    names = [name for name, _ in facts.criteria]
    answers = ("reader", "found", "told on", "told by", *names, "answered request", "note")
    columns = ("number", "crime", "victim", "division", "look from", "due", "recorded as", "record wrong",
               "in time and well enough", *answers, *(f"second {name}" for name in answers))  # fmt: skip
    title = f"Dip sample {facts.number}: {facts.requirement}, {facts.period}"
    return ListContent(facts.force, title, columns, [_line(each, names) for each in held])


def _line(each: ReviewedCase, criteria: Sequence[str]) -> tuple[ListCell, ...]:
    known = each.found in {CaseFinding.MET, CaseFinding.NOT_MET}
    said: list[ListCell] = [
        each.number, each.crime_ref, each.victim_ref, each.division, each.look_from, each.due_date,
        IN_WORDS[each.state], _yes_no(each.is_wrong if known else None),
        _yes_no(each.is_good_enough if known else None),
    ]  # fmt: skip
    for place in range(2):
        reading = each.readings[place] if place < len(each.readings) else None
        if reading is None:
            said += ["" if place else "not read", *[None] * (len(criteria) + 5)]
        else:
            said += [
                reading.reader, each.judge(reading), reading.told_on, reading.told_by,
                *(_yes_no(reading.criteria.get(name)) for name in criteria), _yes_no(reading.answered_request),
                reading.note,
            ]  # fmt: skip
    return tuple(said)


def _yes_no(answer: bool | None) -> str:
    return "" if answer is None else "yes" if answer else "no"


def _found(results: ReviewResults) -> Section:
    return Section("found", "What was found", (Items(tuple(map(statement, state_findings(results)))),))


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
            cell(f"{each.crime_ref}, {each.victim_ref}" if each.crime_ref else "removed"), cell(f"{each.number}"),
            cell(IN_WORDS[each.state]), cell(_shown(each, 0)),
            cell(_shown(each, 1) if each.number in disputed else ""),
        )
        for each in held
        if each.is_wrong or each.number in disputed
    ]  # fmt: skip
    if not rows:
        none = state_counts(results.record) or "No case could be established yet."
        return Section("cases", "Cases to look at", (statement(none),))
    columns = (Column("Crime, victim", "name"), Column("Case"), Column("The record says", "words"),
               Column("Found", "words"), Column("The second reader, if they differ", "words"))  # fmt: skip
    return Section(
        "cases", "Cases to look at", (Table("wrong", "The record is wrong, or readers differ", columns, tuple(rows)),)
    )


def _shown(each: ReviewedCase, place: int) -> str:
    reading = each.readings[place]
    return f"{each.judge(reading)}{'' if reading.told_on is None else f', first on {day(reading.told_on)}'}"


def _read(facts: ReviewFacts, results: ReviewResults) -> Section:
    rows: list[Row] = [
        (
            cell(each.name), cell(f"{each.given:,}"), cell(f"{each.read:,}"),
            cell(join_words([day(on) for on in facts.stored[each.name]]) if each.name in facts.stored else ""),
        )
        for each in results.by_reader
    ]  # fmt: skip
    columns = (Column("Reader", "name"), Column("Cases"), Column("Read"), Column("Answers stored on", "words"))
    readers = Table("readers", "Who read", columns, tuple(rows))
    until = f"Closed on {day(facts.closed_at)}." if facts.closed_at else "Still open: answers can be corrected."
    if not facts.seen_elsewhere:
        return Section("read", "How it was read", (statement(_READ), readers, statement(until), statement(_BLIND)))
    seen = Items(tuple(map(statement, facts.seen_elsewhere)))
    return Section("read", "How it was read", (statement(_READ), readers, statement(until), statement(_SEEN), seen))


def _proof(facts: ReviewFacts) -> Section:
    heading = "What counted as proof"
    if not facts.proof:
        return Section("proof", heading, (statement("It was not stored with this sample what counted as proof."),))
    said = Items(tuple(map(statement, facts.proof)))
    other = "The settings say something else by now: samples drawn since are read by that."
    return Section("proof", heading, (said, statement(other)) if facts.is_proof_other else (said,))


def _drawn(facts: ReviewFacts, results: ReviewResults) -> Section:
    parts = [
        statement(
            f"Drawn on {day(facts.drawn_at)} by {facts.drawn_by} from version {facts.version} of the board's "
            f"report, with the seed {facts.seed}: {results.drawn:,} of {results.record.population:,} obligations."
        ),
        statement(_METHOD),
    ]
    if facts.log:
        parts.append(statement("The audit log has of it, also of commands that were then refused:"))
        return Section("drawn", "How it was drawn", (*parts, Items(tuple(map(statement, facts.log)))))
    return Section("drawn", "How it was drawn", tuple(parts))
