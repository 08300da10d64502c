"""The cases behind a number of a published report: looked up in the background, listed, and given as a file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from compliance.errors import SettingsError
from compliance.reports.catalogue.case import TracedCase
from compliance.reports.catalogue.counted import COUNT, OF
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.registry import find_figure
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.published_reports import PublishedReport
from compliance.reports.rendering.list_files import ListContent
from compliance.reports.rendering.names import OF_DIVISION
from compliance.reports.tracing.answer import SHARES, WORKED_OUT, split_figure
from compliance.reports.tracing.covered import judged_on, spans_of
from compliance.reports.tracing.number_words import NumberInWords, describe_number, measure_words
from compliance.service.answers.background_work import CASES, CasesQuestion, FoundCases
from compliance.store.kept.background_tasks import BackgroundTask, ask_task, find_task, read_result
from compliance.store.owed.owed_crimes import crimes_within
from compliance.web.case_pages import crime_path
from compliance.web.list_answers import MOST_IN_FILE, give_list, too_long
from compliance.web.listing import LISTED, Listing, after_number
from compliance.web.page_table import Answer, Download, GoTo, RefusedPageError, Visit
from compliance.web.report_pages import find_readable, list_readable, stored_figures, title_of
from compliance.web.roles import CaseScope, WebRole
from compliance.web.task_view import refuse_busy, view_task
from compliance.web.traced_cells import TITLES, cells_of, fields_of, texts_of

_BOARD: Final = "board"
_OF_WHOLE: Final = frozenset({None, COUNT, OF, "rate"})
"""The measures of a share, which are all answered by one search."""
_AT_ONCE: Final = 1_000
_SHOWN: Final = {"": "All", "counted": "Counted", "others": "Not counted"}
"""Which of the cases of a whole are listed."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A number that an address asks about: its report, its name with its measure, and what is looked up for it."""

    report: PublishedReport
    figure: str
    question: str
    about: Figure
    is_whole: bool
    """Whether every case is listed, rather than only those counted."""
    show: str = ""
    """Which of the cases of a whole are listed (`_SHOWN`)."""

    @property
    def path(self) -> str:
        return f"/reports/{quote(self.report.period)}/{quote(self.report.edition)}/cases"

    @property
    def query(self) -> dict[str, str]:
        return {"figure": self.figure} | ({"show": self.show} if self.show else {})

    def choose(self, found: FoundCases, show: str) -> Sequence[TracedCase]:
        """Return the cases that are listed: of a whole all or some, otherwise those counted."""
        if not self.is_whole or show == "counted":
            return [case for case in found.cases if case.counted]
        return [case for case in found.cases if not case.counted] if show == "others" else found.cases

    def describe(self, visit: Visit) -> tuple[NumberInWords, Callable[[TracedCase], dict[str, str]]]:
        """Return the number in words, and a function that gives the days as at whose end a case was judged for it."""
        name, measure = split_figure(self.figure)
        group, period = name.partition("/")[2], parse_period(self.report.period)
        figures = stored_figures(visit, self.report)
        begun = figures.basis.records_begin if figures else None
        try:
            spans = spans_of(self.about.name, group, period, begun)
        except SettingsError:  # no such week: the search says so
            spans = []

        def judged(case: TracedCase) -> dict[str, str]:
            as_at, known_at = judged_on(self.about.name, group, period, spans, case)
            return {"as_at": str(as_at), "known_at": str(known_at)}

        return describe_number(figures, self.about, name, measure, spans), judged


def cases_link(visit: Visit, report: PublishedReport, figure: str) -> tuple[str, str] | None:
    """Return the path of the cases behind a number and what it counts, None if the person cannot have them."""
    name, measure = split_figure(figure)
    found = find_figure(name)
    if not may_trace(visit, report) or measure in WORKED_OUT or found is None:
        return None
    path = f"/reports/{quote(report.period)}/{quote(report.edition)}/cases?{urlencode({'figure': figure})}"
    return path, measure_words(found[0], measure or next(iter(found[0].measures)))


def show_cases(visit: Visit) -> Answer:
    """Return the cases behind a number, or how the search for them stands."""
    asked = _asked(visit)
    task = find_task(visit.service.store, CASES, asked.question, visit.now)
    found = None if task is None else _found(visit, task)
    view = None if task is None or found is not None else view_task(visit, task, asked.path, asked.query)
    said, judged = asked.describe(visit)
    values = {
        "report": title_of(asked.report),
        "figure": asked.figure,
        "said": said,
        "most": MOST_IN_FILE,
        "here_path": asked.path,
        "contents": f"{asked.path.removesuffix('/cases')}/sections",
        "view": view,
        "found": found,
    }
    title = f"The cases behind {said.shown or 'a number'}"
    if found is None or task is None:
        return Answer("cases.html.j2", title, values, refresh=view.refresh if view else None)
    every = asked.choose(found, asked.show)
    cases = _within(visit, every)
    after = min(after_number(visit) or 0, len(cases))
    shown = cases[after : after + LISTED]
    first, rest = f"{asked.path}?{urlencode(asked.query)}", after + len(shown)
    more = f"{first}&{urlencode({'after': str(rest)})}" if rest < len(cases) else None
    names = fields_of(cases, has_cycles=said.has_cycles)
    values |= {
        "listing": Listing(len(cases), len(shown), first if after else None, more),
        "left_out": len(every) - len(cases),
        "tabs": list(_tabs(visit, asked, found)),
        "titles": [TITLES[name] for name in names[1:]],
        "rows": [
            (each.crime_ref, f"{crime_path(each.crime_ref)}?{urlencode(judged(each))}", texts_of(each, names[1:]))
            for each in shown
        ],
        "files": [(form.upper(), f"{asked.path}/{form}?{urlencode(asked.query)}") for form in ("xlsx", "csv")],
    }
    return Answer("cases.html.j2", title, values, list(dict.fromkeys(case.crime_ref for case in shown)))


def _tabs(visit: Visit, asked: _Asked, found: FoundCases) -> Iterator[tuple[str, str, bool]]:
    """Yield which of the cases of a whole can be listed, as (path, words with how many, whether it is shown)."""
    if not asked.is_whole:
        return
    for show, words in _SHOWN.items():
        query = replace(asked, show=show).query
        many = len(_within(visit, asked.choose(found, show)))
        yield f"{asked.path}?{urlencode(query)}", f"{words} ({many:,})", show == asked.show


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
    cases = _within(visit, asked.choose(found, asked.show))
    if long := too_long(len(cases), f"{asked.path}?{urlencode(asked.query)}"):
        return long
    names = fields_of(cases, has_cycles=asked.describe(visit)[0].has_cycles)
    rows = [cells_of(case, names) for case in cases]
    title = f"Cases of {asked.figure}, {asked.report.period}, {asked.report.edition}"
    content = ListContent(visit.service.settings.force.name, title, [TITLES[name] for name in names], rows)
    named = f"cases-{asked.report.period}-{asked.report.edition}"
    return give_list(content, visit.place["form"], named, [case.crime_ref for case in cases])


def _asked(visit: Visit) -> _Asked:
    """Return the number that an address or a form asks about.

    Raises RefusedPageError if there is no such report or number, or the person may not have its cases.
    """
    report = find_readable(visit, list_readable(visit))
    if report is None or not may_trace(visit, report):
        words = "It is not published, or your role cannot see its cases."
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
    show = visit.query.get("show", "")
    is_whole = measure in (None, OF, *SHARES)
    chosen = show if is_whole and show in _SHOWN else ""
    return _Asked(report, figure, msgspec.json.encode(question).decode(), known[0], is_whole, chosen)


def may_trace(visit: Visit, report: PublishedReport) -> bool:
    """Return whether a person may have the cases of a report: champions those of their own division's only."""
    if visit.viewer.role is WebRole.PERFORMANCE:
        return report.edition == _BOARD or report.edition.startswith(OF_DIVISION)
    return visit.viewer.role is WebRole.CHAMPION and report.edition.startswith(OF_DIVISION)


def _found(visit: Visit, task: BackgroundTask) -> FoundCases | None:
    result = read_result(visit.service.store, task)
    return None if result is None else msgspec.json.decode(result, type=FoundCases)


def _within(visit: Visit, cases: Sequence[TracedCase]) -> Sequence[TracedCase]:
    """Return the cases that are in the person's scope now; others may have had them since."""
    if visit.scope is CaseScope.FORCE:
        return cases
    refs = list(dict.fromkeys(case.crime_ref for case in cases))
    store, within = visit.service.store, set[str]()
    for first in range(0, len(refs), _AT_ONCE):
        within |= crimes_within(store, visit.within, refs[first : first + _AT_ONCE])
    return [case for case in cases if case.crime_ref in within]
