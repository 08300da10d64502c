"""The forms of a return: a document to read and sign, and its lines as CSV, XLSX and JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from compliance.reports.model.words import NO_DIFFERENCE, UNLIKELY, day, limits_text, percent, points_text, span
from compliance.reports.periods.periods import in_words
from compliance.reports.pieces.parts import (
    Column,
    Items,
    Part,
    Report,
    Row,
    Section,
    Table,
    cell,
    code,
    note,
    statement,
)
from compliance.reports.rendering.list_files import Cell, ListContent, list_csv, list_workbook
from compliance.reports.rendering.render import page_of
from compliance.reports.rendering.typesetting import typeset
from compliance.returns.definition import DIVISION, FORCE, NOT_RECORDED
from compliance.returns.return_content import ReturnContent, ReturnLine, ReturnMeasure, Signature
from compliance.text import count_noun

FORMS: Final = ("csv", "xlsx", "html", "pdf", "json")
STATUS: Final = {
    "example": "An example of a return. No body has asked for it in this form.",
    "empty form": "A form without agreed measures: what is to be returned has not been published.",
    "in use": "",
}
_STANDING: Final = {"withheld": "withheld", "none": "not available", "by hand": "to be filled in"}


@dataclass(frozen=True, slots=True)
class ReturnEdition:
    """A version of a return as its forms have it.

    `digest`: the SHA-256 of the content, which its signatures are of. `newest`: the number of the newest version.
    """

    content: ReturnContent
    version: int
    digest: str
    signed: Sequence[Signature]
    newest: int

    @property
    def unsigned(self) -> list[str]:
        """The roles in which nobody has signed yet."""
        by_role = {each.role for each in self.signed}
        return [role for role in self.content.sign_off if role not in by_role]

    @property
    def standing(self) -> str:
        """Whether it is signed off, and whether it still stands, in a sentence."""
        if self.newest != self.version:
            return f"Superseded by version {self.newest}."
        if missing := self.unsigned:
            return f"Not signed off yet by: {'; '.join(missing)}."
        return "Signed off by all who have to."


def write_form(form: str, edition: ReturnEdition) -> bytes:
    """Return one of `FORMS`."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(_as_json(edition))) + b"\n"
    if form == "csv":
        return list_csv(return_list(edition))
    if form == "xlsx":
        return list_workbook(_sheet(edition))
    report = return_report(edition)
    return typeset(report) if form == "pdf" else page_of(report).encode()


def return_list(edition: ReturnEdition) -> ListContent:
    """Return the lines as rows: shares in per cent with one decimal, empty where there is no number."""
    content = edition.content
    columns = ("return", "status", "force", "period", "version", "signed off", "measure", "title", "by",
               "group", "count", "of", "rate", "low", "high", "standing", "compared with the rest",
               "figure", "note")  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            content.name, content.status, content.force, content.period, edition.version,
            "no" if edition.unsigned else "yes", measure.id, measure.title,
            FORCE if line.is_whole else content.by.get(line.by, line.by), line.group, line.count, line.of,
            _per_cent(line.rate), _per_cent(line.low), _per_cent(line.high), line.standing, compared(line),
            measure.figure, measure.note,
        )
        for measure in content.measures
        for line in measure.lines
    ]  # fmt: skip
    return ListContent(content.force, f"{content.title}, {in_words(content.period)}", columns, rows)


def compared(line: ReturnLine) -> str:
    """Return how a group compares with the rest, in the words of statistics 1.5; empty if it was not compared."""
    if line.differs:
        return UNLIKELY
    return NO_DIFFERENCE if line.compared else ""


def _sheet(edition: ReturnEdition) -> ListContent:
    """Return the lines as a sheet to read and print, without what is the same in each."""
    content = edition.content
    columns = ("measure", "by", "group", "counted", "of", "per cent", "low", "high", "against the rest", "note")
    rows: list[tuple[Cell, ...]] = [
        (
            measure.title, FORCE if line.is_whole else content.by.get(line.by, line.by), line.group, line.count,
            line.of, _per_cent(line.rate), _per_cent(line.low), _per_cent(line.high), compared(line),
            _STANDING.get(line.standing, "") or measure.note,
        )
        for measure in content.measures
        for line in measure.lines
    ]  # fmt: skip
    title = f"{content.title}, {in_words(content.period)}, version {edition.version}. {edition.standing}"
    return ListContent(content.force, title, columns, rows)


def return_report(edition: ReturnEdition) -> Report:
    """Return the document."""
    content = edition.content
    sections = [Section("measures", "The measures", (_summary(content),))]
    sections += [_broken_down(content, each) for each in content.measures if len(each.lines) > 1]
    sections += [_method(content), _sign_off(edition)]
    about = [
        f"Due {span(content.first, content.last)}",
        f"For {content.receiver}",
        f"Version {edition.version}. {edition.standing}",
    ]
    if words := STATUS[content.status]:
        about.append(words)
    name = f"{content.force}: {content.title}, {in_words(content.period)}"
    return Report(
        name, content.force, content.title, in_words(content.period).capitalize(), tuple(about), tuple(sections), ""
    )


def _summary(content: ReturnContent) -> Table:
    columns = (Column("Measure", "name"), Column("Counted"), Column("Of"), Column("Share, 95% interval", "words"),
               Column("Note", "words"))  # fmt: skip
    rows: list[Row] = [(cell(each.title), *_numbers(each.whole), cell(each.note)) for each in content.measures]
    return Table("whole", "Of the whole force", columns, tuple(rows))


def _numbers(line: ReturnLine) -> Row:
    if line.standing != "shown":
        return cell(""), cell(""), cell(_STANDING[line.standing])
    counts = (line.count, line.of)
    return (*(cell("" if count is None else f"{count:,}") for count in counts), cell(_share(line)))


def _share(line: ReturnLine) -> str:
    return f"{percent(line.rate)} ({limits_text(line.low, line.high)})"


def _broken_down(content: ReturnContent, measure: ReturnMeasure) -> Section:
    parts: list[Part] = []
    for by in dict.fromkeys(line.by for line in measure.lines if not line.is_whole):
        lines = [line for line in measure.lines if line.by == by]
        title = "Division" if by == DIVISION else content.by[by]
        columns = [Column(title, "name"), Column("Counted"), Column("Of"), Column("Share, 95% interval", "words")]
        are_compared = any(compared(line) for line in lines)
        columns += [Column("Against the rest", "words")] if are_compared else []
        rows = tuple(
            (cell(line.group), *_numbers(line), *([cell(_against(line))] if are_compared else [])) for line in lines
        )
        caption = f"By {title.lower()}"
        parts.append(Table(f"{measure.id}-{by}", caption, tuple(columns), rows))
    return Section(f"measure-{measure.id}", measure.title, tuple(parts))


def _against(line: ReturnLine) -> str:
    words = compared(line)
    if line.difference is None or not words:
        return "" if line.group == NOT_RECORDED or words == "" else words
    return f"{points_text(line.difference[0])} points: {words}"


def _method(content: ReturnContent) -> Section:
    known = day(content.last + timedelta(days=8))
    said = [
        f"Judged by the policy {content.policy}, as known at the start of {known} (statistics 1.2). Intervals are "
        "Wilson's, on effective sizes (statistics 1.3, 1.4).",
        *_limits(content),
        f"Source of the measures: {content.source}.",
    ]
    if content.by:
        said.append(
            f"{count_noun(content.compared, 'comparison')} of a group with all others whose value is recorded, judged "
            "together (statistics A8). Fewer than 10 are not compared. A difference shows no cause: groups differ in "
            "what happened to them, and where."
        )
        said.append(
            f"“{NOT_RECORDED.capitalize()}”: the record does not say, or the return has no group for what it says."
        )
    if content.small_counts == "withheld":
        said.append(
            "Counts from 1 to 4 are withheld, and what they could be worked out from (statistics 1.6, A8a). Send one "
            "version of a return: two that differ in a few victims tell of these."
        )
    parts: list[Part] = [Items(tuple(map(statement, said)))]
    if named := [f"{each.figure} ({each.clause})" for each in content.measures if each.clause]:
        how = code(f"compliance report cases --period {content.period} --figure FIGURE")
        parts.append(note(f"Figures of the report: {'; '.join(named)}. ", how, " lists their cases."))
    return Section("method", "How it was made", tuple(parts))


def _limits(content: ReturnContent) -> Iterator[str]:
    """Yield what the records do not reach back to."""
    if not content.was_read:
        yield (
            "The crime system had not been read by then. What was entered later is left out by its own date of entry; "
            "what was corrected or withdrawn without one is as it was when first read (statistics 1.2a)."
        )
    if content.records_begin is not None and content.records_begin > content.first:
        begin = day(content.records_begin)
        yield f"The records begin on {begin}: crimes reported before take no part (statistics 1.2b)."
    for field, since in content.kept_since.items():
        yield f"{content.by[field]} has been kept only since {day(since)}: here as first read then (statistics A8)."


def _sign_off(edition: ReturnEdition) -> Section:
    by_role = {each.role: each for each in edition.signed}
    rows: list[Row] = [
        (
            cell(role), cell(by_role[role].signed_by if role in by_role else ""),
            cell(f"{by_role[role].signed_at:%Y-%m-%d %H:%M} UTC" if role in by_role else ""),
        )
        for role in edition.content.sign_off
    ]  # fmt: skip
    columns = (Column("Role", "name"), Column("Signed off by", "words"), Column("On", "words"))
    table = Table("signatures", f"Version {edition.version}", columns, tuple(rows))
    digest = note(f"Digest of what is signed: {edition.digest}")
    return Section("sign-off", "Sign-off", (statement(edition.standing), table, digest))


def _as_json(edition: ReturnEdition) -> Mapping[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(edition.content)
    head = {"version": edition.version, "newest_version": edition.newest, "digest": edition.digest}
    return {**head, **built, "signatures": msgspec.to_builtins(list(edition.signed))}


def _per_cent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
