"""Published reports, for programs: which there are, the figures as published, and each number as a flat row."""

from datetime import date, datetime
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.published_files import as_published
from compliance.reports.publishing.published_reports import PublishedReport
from compliance.reports.publishing.snapshots import newest_published, read_figures
from compliance.reports.rendering.forms import Observation, form, observations
from compliance.web.api.resource_table import PREFIX, ApiAnswer
from compliance.web.page_table import RefusedPageError, Visit
from compliance.web.report_pages import find_readable, list_readable

REPORTS: Final = "/reports"


class ReportEntry(Struct, frozen=True):
    """A published report in its newest version.

    `period`: a week, month or quarter, such as `2026-W25`. `edition`: for whom. `unit`: the division, or the force,
    that it is about. `report` and `figures`: the addresses of both, without the host.
    """

    period: str
    first_day: date
    last_day: date
    edition: str
    unit: str | None
    version: int
    published_at: datetime
    report: str
    figures: str


class ReportList(Struct, frozen=True):
    """The published reports, the newest period first, the board's edition leading."""

    reports: list[ReportEntry]


class FigureRows(Struct, frozen=True):
    """Every number of a published report. `version`: which of those published for this period and edition."""

    period: str
    first_day: date
    last_day: date
    edition: str
    unit: str | None
    version: int
    published_at: datetime
    rows: list[Observation]


def give_reports(visit: Visit) -> ApiAnswer:
    """Return which reports are published, of those that the role may read."""
    return ApiAnswer(ReportList([_entry(each) for each in list_readable(visit)]))


def give_report_json(visit: Visit) -> ApiAnswer:
    """Return the report as JSON: byte for byte as published, or made from the stored figures if not published so."""
    found, service = _asked(visit), visit.service
    if "json" in found.forms:
        content = as_published(service.store, service.report_folder, found.period, found.edition, "json")
    else:
        content = form(_figures(visit, found), "json")
    return ApiAnswer(msgspec.Raw(content))


def give_figure_rows(visit: Visit) -> ApiAnswer:
    """Return each number of the report as a row, the same as in its CSV form."""
    found = _asked(visit)
    span, rows = parse_period(found.period), list(observations(_figures(visit, found)))
    return ApiAnswer(
        FigureRows(found.period, span.first, span.last, found.edition, found.unit, found.version, found.published_at,
                   rows)
    )  # fmt: skip


def _entry(each: PublishedReport) -> ReportEntry:
    span, path = parse_period(each.period), f"{PREFIX}{REPORTS}/{quote(each.period)}/{quote(each.edition)}"
    return ReportEntry(
        each.period, span.first, span.last, each.edition, each.unit, each.version, each.published_at, path,
        f"{path}/figures",
    )  # fmt: skip


def _asked(visit: Visit) -> PublishedReport:
    found = find_readable(visit, list_readable(visit))
    if found is None:
        words = f"{PREFIX}{REPORTS} lists those that your token may read."
        raise RefusedPageError("There is no such report", words, "a report that is not there for them", 404)
    return found


def _figures(visit: Visit, found: PublishedReport) -> Figures:
    with visit.service.store.session(reading=True) as session:
        row = newest_published(session, found.period, found.edition)
        figures = None if row is None else read_figures(row)
    if figures is None:
        words = "Its figures have the form of another version of this service. Its files on the pages can be read."
        raise RefusedPageError("This report cannot be given so", words, "figures of another version", 404)
    return figures
