"""Pages with the key figures and the sections of a published report, drawn by its own parts from the stored figures."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from msgspec.structs import replace

from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import Report, Section, ids_in
from compliance.reports.publishing.published_reports import PublishedReport
from compliance.reports.rendering.on_screen import CASES, on_screen
from compliance.reports.rendering.render import sections_of
from compliance.reports.sections import board_page, report_of
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.report_pages import (
    edition_words,
    find_readable,
    forms_for,
    list_readable,
    span_words,
    stored_figures,
    title_of,
)
from compliance.web.roles import WebRole
from compliance.web.section_filters import SectionFilters
from compliance.web.traced_pages import cases_link, may_trace

NEWEST: Final = 12
"""How many periods are offered beside a section."""
_SINCE: Final = frozenset({WebRole.CHAMPION, WebRole.PERFORMANCE})
"""The roles for whom the days since are under *Overdue now*."""


def show_report_figures(visit: Visit) -> Answer:
    """Return what to look at first, and the key figures with their intervals, of a report that the person may read."""
    found, figures = _read(visit, list_readable(visit))
    report = None if figures is None else board_page(figures)
    whole, has_cases = f"{report_path(found)}/html", may_trace(visit, found)
    shown = None if report is None or figures is None else on_screen(report, figures, has_cases=has_cases)
    values = {
        "report": found,
        "forms": forms_for(visit, found),
        "about": () if report is None else report.about,
        "sections": shown
        and sections_of(shown, _leading(visit, found, lambda id_: f"{whole}#{id_}"), _cases(visit, found)),
        "contents": None if report is None else f"{report_path(found)}/sections",
    }
    return Answer("report_figures.html.j2", title_of(found), values)


def go_to_figures(visit: Visit) -> GoTo | Answer:
    """Lead to the sections of the newest report: of a champion's own division, otherwise to the board."""
    readable = list_readable(visit)
    own = [each for each in readable if visit.viewer.role is WebRole.CHAMPION and each.unit == visit.viewer.division]
    newest = next(iter([*own, *(each for each in readable if each.edition == "board")]), None)
    if newest is None:
        values = {"words": "No report has been published yet.", "link": ("/reports", "See what is due")}
        return Answer("message.html.j2", "Division and force", values)
    return GoTo(f"{report_path(newest)}/sections")


def show_sections(visit: Visit) -> Answer:
    """Return the contents of a report: its sections, each a page of its own."""
    found, figures = _read(visit, readable := list_readable(visit))
    report = None if figures is None else report_of(figures)
    values = {
        "about": () if report is None else report.about,
        "key_figures": report_path(found),
        "since": visit.viewer.role in _SINCE,
        "sections": None if report is None else [(_path(found, each), each) for each in report.sections],
        **_beside(readable, found, ""),
    }
    return Answer("report_sections.html.j2", title_of(found), values)


def show_section(visit: Visit) -> Answer | GoTo:
    """Return one section of a report, with what can be chosen of its tables; its contents if it has no such section."""
    found, figures = _read(visit, readable := list_readable(visit))
    report = None if figures is None else report_of(figures)
    names = [] if report is None else [each.id for each in report.sections]
    if report is None or figures is None or visit.place["section"] not in names:
        return GoTo(f"{report_path(found)}/sections")
    place, asked = names.index(visit.place["section"]), SectionFilters.of(visit)
    section = report.sections[place]
    chosen = replace(report, sections=(asked.choose(section),))
    drawn = on_screen(chosen, figures, has_cases=may_trace(visit, found))
    place_of = _leading(visit, found, lambda id_: _place(found, report, id_))
    before, after = report.sections[:place][-1:], report.sections[place + 1 :][:1]
    values = {
        "report": title_of(found),
        "drawn": sections_of(drawn, place_of, _cases(visit, found)),
        "here_path": _path(found, section),
        "fields": asked.fields(section),
        "is_chosen": asked.is_any,
        "is_empty": not drawn.sections[0].parts,
        "before": [(_path(found, each), each.heading) for each in before],
        "after": [(_path(found, each), each.heading) for each in after],
        "contents": f"{report_path(found)}/sections",
        **_beside(readable, found, f"/{section.id}"),
    }
    return Answer("report_section.html.j2", section.heading, values)


def report_path(report: PublishedReport) -> str:
    """Return the path of a report's page, with which those of its sections begin."""
    return f"/reports/{quote(report.period)}/{quote(report.edition)}"


def _read(visit: Visit, readable: Sequence[PublishedReport]) -> tuple[PublishedReport, Figures | None]:
    """Return the report that an address names, and its figures as published; None if this version cannot read them.

    Raises RefusedPageError if there is no report that the person may read.
    """
    found = find_readable(visit, readable)
    if found is None:
        words = "It is not published, or your role cannot see it."
        raise RefusedPageError("There is no such report", words, "a report that is not there for them", 404)
    return found, stored_figures(visit, found)


def _cases(visit: Visit, report: PublishedReport) -> Callable[[str], tuple[str, str] | None]:
    return lambda figure: cases_link(visit, report, figure)


def _leading(visit: Visit, report: PublishedReport, place: Callable[[str], str]) -> Callable[[str], str]:
    """Return where a link of the report leads: to the cases of a figure, or to a part of it (`place`)."""

    def lead(id_: str) -> str:
        link = cases_link(visit, report, id_.removeprefix(CASES)) if id_.startswith(CASES) else None
        return place(id_) if link is None else link[0]

    return lead


def _path(report: PublishedReport, section: Section) -> str:
    return f"{report_path(report)}/sections/{section.id}"


def _place(found: PublishedReport, report: Report, id_: str) -> str:
    """Return the address of a part of another section."""
    section = next(each for each in report.sections if id_ in ids_in(each))
    return f"{_path(found, section)}#{id_}"


def _beside(readable: Sequence[PublishedReport], found: PublishedReport, rest: str) -> dict[str, object]:
    """Return the other periods and editions that can be opened, each at the same section (`rest` of the path)."""
    kind = parse_period(found.period).kind
    periods = [each for each in readable if each.edition == found.edition and parse_period(each.period).kind == kind]
    newest = periods[:NEWEST]
    if found not in newest:
        newest.append(found)
    editions = [each for each in readable if each.period == found.period]
    return {
        "periods": [(f"{report_path(each)}/sections{rest}", span_words(each.period), each == found) for each in newest],
        "editions": [(f"{report_path(each)}/sections{rest}", edition_words(each), each == found) for each in editions],
    }
