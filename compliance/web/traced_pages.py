"""The cases behind a number of a published report: looked up in the background, listed, and given as a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from compliance.policy.calendars import plain_date
from compliance.reports.catalogue.case import TracedCase
from compliance.reports.catalogue.counted import COUNT, OF
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.registry import find_figure
from compliance.reports.list_files import Cell, ListContent
from compliance.reports.names import OF_DIVISION
from compliance.reports.published_reports import PublishedReport
from compliance.reports.tracing.answer import SHARES, WORKED_OUT, split_figure
from compliance.service.background_work import CASES, CasesQuestion, FoundCases
from compliance.store.background_tasks import BackgroundTask, ask_task, find_task, read_result
from compliance.store.owed_crimes import crimes_within
from compliance.web.case_pages import crime_path
from compliance.web.list_answers import MOST_IN_FILE, give_list, too_long
from compliance.web.listing import LISTED, Listing, after_number
from compliance.web.page_table import Answer, Download, GoTo, RefusedPageError, Visit
from compliance.web.report_pages import days_of, find_readable, list_readable
from compliance.web.roles import CaseScope, WebRole
from compliance.web.task_view import refuse_busy, view_task

_BOARD: Final = "board"
_COUNTED: Final = {1: "yes", 0: "no", -1: "taken away"}
_OF_WHOLE: Final = frozenset({None, COUNT, OF, "rate"})
"""The measures of a share, which are all answered by one search."""
_AT_ONCE: Final = 1_000
_TITLES: Final = {
    "crime_ref": "Crime", "victim_ref": "Victim", "requirement": "Requirement", "cycle": "Cycle", "due_date": "Due",
    "state": "State", "closed_on": "Closed", "update_ref": "Update", "at": "Took place", "entered_at": "Entered",
    "told_at": "Reminded", "mail": "Email", "counted": "Counted",
}  # fmt: skip
"""What is shown of a case, by the fields of `TracedCase`."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A number that an address asks about: its report, its name with its measure, and what is looked up for it."""

    report: PublishedReport
    figure: str
    question: str
    about: Figure
    counts: str
    """What its measure counts."""
    is_whole: bool
    """Whether every case is listed, rather than only those counted."""

    @property
    def path(self) -> str:
        return f"/reports/{quote(self.report.period)}/{quote(self.report.edition)}/cases"

    @property
    def query(self) -> dict[str, str]:
        return {"figure": self.figure}


def cases_path(visit: Visit, report: PublishedReport, figure: str) -> str | None:
    """Return the path of the cases behind a number of a report, None if the person cannot have them."""
    name, measure = split_figure(figure)
    if not _may_trace(visit, report) or measure in WORKED_OUT or find_figure(name) is None:
        return None
    return f"/reports/{quote(report.period)}/{quote(report.edition)}/cases?{urlencode({'figure': figure})}"


def show_cases(visit: Visit) -> Answer:
    """Return the cases behind a number, or how the search for them stands."""
    asked = _asked(visit)
    task = find_task(visit.service.store, CASES, asked.question, visit.now)
    found = None if task is None else _found(visit, task)
    view = None if task is None or found is not None else view_task(visit, task, asked.path, asked.query)
    values = {
        "days": days_of(asked.report.period),
        "report": asked.report,
        "figure": asked.figure,
        "about": asked.about,
        "counts": None if asked.is_whole else asked.counts,
        "most": MOST_IN_FILE,
        "here_path": asked.path,
        "contents": f"{asked.path.removesuffix('/cases')}/sections",
        "view": view,
        "found": found,
    }
    title = f"{asked.report.period}, {asked.report.edition}: cases"
    if found is None or task is None:
        return Answer("cases.html.j2", title, values, refresh=view.refresh if view else None)
    every = _chosen(asked, found)
    cases = _within(visit, every)
    after = min(after_number(visit) or 0, len(cases))
    shown = cases[after : after + LISTED]
    first, rest = f"{asked.path}?{urlencode(asked.query)}", after + len(shown)
    more = f"{first}&{urlencode({'after': str(rest)})}" if rest < len(cases) else None
    names = _names(cases)
    values |= {
        "listing": Listing(len(cases), len(shown), first if after else None, more),
        "left_out": len(every) - len(cases),
        "titles": [_TITLES[name] for name in names[1:]],
        "rows": [(each.crime_ref, crime_path(each.crime_ref), _texts(each, names[1:])) for each in shown],
        "files": [(form.upper(), f"{asked.path}/{form}?{urlencode(asked.query)}") for form in ("xlsx", "csv")],
    }
    return Answer("cases.html.j2", title, values, list(dict.fromkeys(case.crime_ref for case in shown)))


def look_up_cases(visit: Visit) -> GoTo:
    """Have the cases behind a number looked up, unless they were, and lead to where they are listed."""
    asked = _asked(visit)
    if ask_task(visit.service.store, CASES, asked.question, visit.viewer.person, visit.now) is None:
        raise refuse_busy()
    return GoTo(f"{asked.path}?{urlencode(asked.query)}")


def give_cases(visit: Visit) -> Download | Answer:
    """Return the cases behind a number as a file, or a page that says that there are too many for one."""
    asked = _asked(visit)
    task = find_task(visit.service.store, CASES, asked.question, visit.now)
    found = None if task is None else _found(visit, task)
    if found is None:
        words = "They have not been looked up, or are no longer kept. The page of the list has a button for that."
        raise RefusedPageError("There is no such list", words, "a list that was not looked up", 404)
    cases = _within(visit, _chosen(asked, found))
    if long := too_long(len(cases), f"{asked.path}?{urlencode(asked.query)}"):
        return long
    names = _names(cases)
    rows = [[_cell(getattr(case, name)) for name in names] for case in cases]
    title = f"Cases of {asked.figure}, {asked.report.period}, {asked.report.edition}"
    content = ListContent(visit.service.settings.force.name, title, [_TITLES[name] for name in names], rows)
    named = f"cases-{asked.report.period}-{asked.report.edition}"
    return give_list(content, visit.place["form"], named, [case.crime_ref for case in cases])


def _asked(visit: Visit) -> _Asked:
    """Return the number that an address or a form asks about.

    Raises RefusedPageError if there is no such report or number, or the person may not have its cases.
    """
    report = find_readable(visit, list_readable(visit))
    if report is None or not _may_trace(visit, report):
        words = "It has not been published, or its cases are not for your role."
        raise RefusedPageError("There is no such report", words, "a report that is not there for them", 404)
    figure = visit.query.get("figure", visit.form.get("figure", ""))
    name, measure = split_figure(figure)
    known = find_figure(name)
    if known is None or measure in WORKED_OUT:
        words = "The address may be mistyped or out of date. Nothing was changed."
        raise RefusedPageError("There is no such number", words, "a figure that there is not", 404)
    of_whole = measure in _OF_WHOLE
    division = report.unit if report.edition.startswith(OF_DIVISION) else None
    question = CasesQuestion(report.period, division, name if of_whole else figure, report.version)
    measures = known[0].measures
    counts = measures.get(measure or "", next(iter(measures.values())))
    is_whole = measure in (None, OF, *SHARES)
    return _Asked(report, figure, msgspec.json.encode(question).decode(), known[0], counts, is_whole)


def _may_trace(visit: Visit, report: PublishedReport) -> bool:
    """Return whether a person may have the cases of a report: champions those of their own division's only."""
    if visit.viewer.role is WebRole.PERFORMANCE:
        return report.edition == _BOARD or report.edition.startswith(OF_DIVISION)
    return visit.viewer.role is WebRole.CHAMPION and report.edition.startswith(OF_DIVISION)


def _found(visit: Visit, task: BackgroundTask) -> FoundCases | None:
    result = read_result(visit.service.store, task)
    return None if result is None else msgspec.json.decode(result, type=FoundCases)


def _chosen(asked: _Asked, found: FoundCases) -> Sequence[TracedCase]:
    return found.cases if asked.is_whole else [case for case in found.cases if case.counted]


def _within(visit: Visit, cases: Sequence[TracedCase]) -> Sequence[TracedCase]:
    """Return the cases that are in the person's scope now; others may have had them since."""
    if visit.scope is CaseScope.FORCE:
        return cases
    refs = list(dict.fromkeys(case.crime_ref for case in cases))
    store, within = visit.service.store, set[str]()
    for first in range(0, len(refs), _AT_ONCE):
        within |= crimes_within(store, visit.within, refs[first : first + _AT_ONCE])
    return [case for case in cases if case.crime_ref in within]


def _names(cases: Iterable[TracedCase]) -> list[str]:
    """Return the fields that some of the cases have."""
    listed = list(cases)
    return [name for name in _TITLES if name == "crime_ref" or any(getattr(case, name) is not None for case in listed)]


def _texts(case: TracedCase, names: Sequence[str]) -> list[str]:
    values = ((name, getattr(case, name)) for name in names)
    return [_COUNTED.get(value, str(value)) if name == "counted" else _text(value) for name, value in values]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{plain_date(value.date())}, {value:%H:%M}"
    if isinstance(value, date):
        return plain_date(value)
    return "" if value is None else str(value)


def _cell(value: Cell | datetime) -> Cell:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value
