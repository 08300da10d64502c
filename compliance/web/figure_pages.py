"""A page with the key figures of a published report, drawn by the report's own parts from the stored figures."""

from urllib.parse import quote

from compliance.reports.render import sections_of
from compliance.reports.sections import board_page
from compliance.reports.snapshots import newest_published, read_figures
from compliance.web.page_table import Answer, RefusedPageError, Visit
from compliance.web.report_pages import days_of, find_readable, forms_for


def show_report_figures(visit: Visit) -> Answer:
    """Return what to look at first, and the key figures with their intervals, of a report that the person may read."""
    found = find_readable(visit)
    if found is None:
        words = "It has not been published, or not for your role."
        raise RefusedPageError("There is no such report", words, "a report that is not there for them", 404)
    with visit.service.store.session(reading=True) as session:
        row = newest_published(session, found.period, found.edition)
    figures = None if row is None else read_figures(row)
    report = None if figures is None else board_page(figures)
    whole = f"/reports/{quote(found.period)}/{quote(found.edition)}/html"
    values = {
        "report": found,
        "forms": forms_for(visit, found),
        "days": days_of(found.period),
        "about": () if report is None else report.about,
        "sections": None if report is None else sections_of(report, whole),
    }
    return Answer("report_figures.html.j2", f"{found.period}, {found.edition}", values)
