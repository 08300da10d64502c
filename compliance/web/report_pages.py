"""Pages on reports: which are published, held back or suspended, and their files."""

from collections.abc import Sequence
from typing import Final

from compliance.policy.calendars import plain_date
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import span
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.published_files import as_published
from compliance.reports.publishing.published_reports import PublishedReport, list_published
from compliance.reports.publishing.snapshots import newest_published, read_figures
from compliance.reports.rendering.forms import FORMS
from compliance.reports.rendering.names import OF_DIVISION
from compliance.reports.wording.sentences import sentence
from compliance.web.page_table import Answer, Download, RefusedPageError, Visit
from compliance.web.roles import WebRole

_FORMS: Final = {
    WebRole.CHAMPION: ("html", "pdf", "xlsx"),
    WebRole.BOARD: ("html", "pdf", "xlsx"),
    WebRole.PERFORMANCE: tuple(FORMS),
}
"""The forms that each role gets: whoever calculates gets them all."""
_TYPES: Final = {
    "html": "text/html",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
}
_OPENED: Final = ("html", "pdf")
"""The forms that a browser shows by itself."""


_BOARD: Final = "board"
_OFTEN: Final = {"week": "Weekly", "month": "Monthly", "quarter": "Quarterly"}
_EDITIONS: Final = {_BOARD: "Whole force", "public": "For the public"}
_SAID: Final = {
    "released": "It is released. The service publishes it when it next looks, in some minutes.",
    "released-only": "It is released. Now publish it with `compliance report`: the settings do not ask for it.",
    "suspended": "No report is published until the end of that day. The readers are told.",
    "resumed": "Reports are published again: the service publishes what fell due meanwhile when it next looks.",
}
"""What was done, in words."""


def show_reports(visit: Visit) -> Answer:
    """Return what is held, suspended or released, and the published reports, the newest first."""
    gate = visit.service.reporting.gate
    suspension, held = gate.suspension(visit.now), gate.holds()
    owed = [each for each in visit.service.reporting.still_owed(visit.now) if each not in [h.period for h in held]]
    values = {
        "reports": [(each, forms_for(visit, each)) for each in list_readable(visit)],
        "title_of": title_of,
        "held": [(str(each.period), days_of(str(each.period)), each) for each in held],
        "suspension": None if suspension is None else sentence(suspension),
        "owed": [(str(each), days_of(str(each)), gate.releases(each)[-1:]) for each in owed],
        "day": lambda at: plain_date(visit.service.policy.local.date_of(at)),
        "may_decide": visit.viewer.role is WebRole.PERFORMANCE,
        "done": _SAID.get(visit.query.get("said", "")),
    }
    return Answer("reports.html.j2", "Reports", values)


def give_report(visit: Visit) -> Download:
    """Return the file of a published report, byte for byte as it was published."""
    found, form = find_readable(visit, list_readable(visit)), visit.place["form"]
    if found is None or form not in forms_for(visit, found):
        words = "It is not published, or your role cannot have it in this form."
        raise RefusedPageError("There is no such report", words, "a report that is not there for them", 404)
    service, period, edition = visit.service, found.period, found.edition
    content = as_published(service.store, service.report_folder, period, edition, form)  # type: ignore[arg-type]
    return Download(content, _TYPES[form], None if form in _OPENED else f"{period}-{edition}.{form}")


def find_readable(visit: Visit, readable: Sequence[PublishedReport]) -> PublishedReport | None:
    """Return the report that an address names; None if it is none of those that the person may read."""
    asked = (visit.place["period"], visit.place["edition"])
    return next((each for each in readable if (each.period, each.edition) == asked), None)


def list_readable(visit: Visit) -> list[PublishedReport]:
    """Return the reports that a person may read: a champion of the divisions' only that of their own."""
    found, viewer = list_published(visit.service.store), visit.viewer
    if viewer.role is not WebRole.CHAMPION:
        return found
    return [each for each in found if not each.edition.startswith(OF_DIVISION) or each.unit == viewer.division]


def forms_for(visit: Visit, report: PublishedReport) -> list[str]:
    """Return the forms of a report that a person gets."""
    return [form for form in _FORMS[visit.viewer.role] if form in report.forms]


def stored_figures(visit: Visit, report: PublishedReport) -> Figures | None:
    """Return the figures of a report as published; None if this version cannot read them."""
    with visit.service.store.session(reading=True) as session:
        row = newest_published(session, report.period, report.edition)
    return None if row is None else read_figures(row)


def title_of(report: PublishedReport) -> str:
    """Return the title of a report: how often it comes, its days, and of which edition but the board's it is."""
    period = parse_period(report.period)
    edition = "" if report.edition == _BOARD else f": {edition_words(report)}"
    return f"{_OFTEN[period.kind]} report, {span_words(report.period)}{edition}"


def span_words(period: str) -> str:
    """Return the days of a period in words, as short as they can be: 15 to 21 June 2026."""
    found = parse_period(period)
    return span(found.first, found.last)


def edition_words(report: PublishedReport) -> str:
    """Return an edition in words: the whole force, a division by its name, or the public's."""
    return _EDITIONS.get(report.edition) or report.unit or report.edition


def days_of(period: str) -> str:
    """Return the days of a period in words."""
    span = parse_period(period)
    return f"{plain_date(span.first)} to {plain_date(span.last)}"
