"""The other forms of a report: PDF, XLSX, CSV and JSON, each made from the same figures as the HTML (decision 0020).

The same figures give the same bytes, given the same libraries.
"""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

import msgspec

from compliance.reports.figure_rows import rows
from compliance.reports.model.printable_figures import cell_text
from compliance.reports.model.report_model import Figures
from compliance.reports.pieces.parts import Report
from compliance.reports.rendering.render import page_of
from compliance.reports.rendering.typesetting import typeset
from compliance.reports.rendering.workbook import workbook
from compliance.reports.sections import report_of

Form = Literal["html", "pdf", "xlsx", "csv", "json"]


class ReportContent:
    """What the forms of one report are made from: its figures, and the tree of parts, built once for all forms."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures

    @cached_property
    def report(self) -> Report:
        """The tree of parts."""
        return report_of(self.figures)


def form(figures: Figures, name: Form) -> bytes:
    """Return the report in one form.

    In all forms but JSON, text from the records is shown with unprintable characters replaced. Raises SettingsError if
    a template is wrong.
    """
    return FORMS[name](ReportContent(figures))


def _html(content: ReportContent) -> bytes:
    return page_of(content.report).encode()


def _pdf(content: ReportContent) -> bytes:
    return typeset(content.report)


def _xlsx(content: ReportContent) -> bytes:
    return workbook(content.figures, content.report)


CSV_COLUMNS: Final = (
    "force", "period", "edition", "section", "figure", "what", "group", "of_period", "measure", "value", "status",
)  # fmt: skip


class Observation(msgspec.Struct, frozen=True):
    """One number of a report. `value`: None if it is not available, and `status` says why.

    `figure`: its name, by which `compliance report cases` lists the crimes behind it. `of_period`: the period that it
    is about. `measure`: what the value is, such as `count`, `rate` or `low`.
    """

    section: str
    figure: str
    what: str
    group: str
    of_period: str
    measure: str
    value: int | float | None
    status: str


def observations(figures: Figures) -> Iterator[Observation]:
    """Yield every number of a report by section."""
    for row in rows(figures):
        for measure, value in row.numbers.items():
            yield Observation(row.section, row.figure, row.what, row.group, row.period, measure, value, row.status)


def _csv(content: ReportContent) -> bytes:
    """Return CSV with one observation a row. An empty value is not available, and `status` says why."""
    figures = content.figures
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    edition = figures.edition if figures.unit is None else f"{figures.edition}: {figures.unit}"
    for each in observations(figures):
        text = "" if each.value is None else repr(each.value)
        writer.writerow(
            (cell_text(figures.force), figures.period, cell_text(edition), each.section, cell_text(each.figure),
             cell_text(each.what), cell_text(each.group), each.of_period, each.measure, text, each.status)
        )  # fmt: skip
    return out.getvalue().encode("utf-8")


def _json(content: ReportContent) -> bytes:
    """Return all figures as JSON, with null for what is withheld."""
    return msgspec.json.format(msgspec.json.encode(_withheld(msgspec.to_builtins(content.figures))), indent=1) + b"\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the JSON form: `docs/report.schema.json`."""
    made = msgspec.json.schema(Figures)
    numbers = made["$defs"]["Proportion"]["properties"]
    for name in ("count", "of", "deff"):  # null if withheld
        numbers[name] = {"anyOf": [numbers[name], {"type": "null"}]}
    return made


def _withheld(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("withheld"):
            return {key: True if key == "withheld" else None for key in value}
        return {key: _withheld(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_withheld(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value


FORMS: Final[dict[Form, Callable[[ReportContent], bytes]]] = {
    "html": _html, "pdf": _pdf, "xlsx": _xlsx, "csv": _csv, "json": _json,
}  # fmt: skip
