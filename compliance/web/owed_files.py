"""The list of what is outstanding as a file: the same choice, the same restriction, one entry in the access log."""

from collections.abc import Callable
from typing import Final

from compliance.reports.list_files import Cell, ListContent, list_csv, list_workbook
from compliance.store import officers
from compliance.store.owed_lists import OwedEntry, choose_owed, list_owed
from compliance.web.owed_filters import OwedFilters, owed_path
from compliance.web.owed_pages import LIST, MOST_IN_FILE, count_all, period_of, requirement_titles
from compliance.web.page_table import Answer, Download, RefusedPageError, Visit

_FORMS: Final[dict[str, tuple[str, Callable[[ListContent], bytes]]]] = {
    "csv": ("text/csv", list_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", list_workbook),
}
_COLUMNS: Final = (
    "Crime", "Victim", "Victim category", "Owed", "Due", "Days overdue", "Officer", "Officer's name", "Team",
    "Division",
)  # fmt: skip


def give_owed_list(visit: Visit) -> Download | Answer:
    """Return the list as a file, or a page that says that it is too long for one."""
    if visit.place["form"] not in _FORMS:
        words = "A list is given as CSV or XLSX."
        raise RefusedPageError("There is no such file", words, "a form of a list that there is not", 404)
    asked = OwedFilters.of(visit)
    total = sum(each.count for each in count_all(visit) if asked.choice.holds(each))
    if total > MOST_IN_FILE:
        return _too_long(asked, total)
    which = choose_owed(visit.within, period_of(visit), asked.choice)
    entries = list_owed(visit.service.store, which, asked.order, MOST_IN_FILE) if total else []
    media_type, made = _FORMS[visit.place["form"]]
    crimes = [entry.crime_ref for entry in entries]
    name = f"owed-{visit.today.isoformat()}.{visit.place['form']}"
    return Download(made(_content(visit, entries)), media_type, name, crimes, len(entries))


def _content(visit: Visit, entries: list[OwedEntry]) -> ListContent:
    titles, names = requirement_titles(visit), officers(visit.service.store)
    rows: list[tuple[Cell, ...]] = []
    for each in entries:
        over, known = (visit.today - each.due_date).days, names.get(each.officer_ref or "")
        is_late = each.is_overdue or over > 0
        rows.append(
            (each.crime_ref, each.victim_ref, each.category, titles.get(each.requirement, each.requirement),
             each.due_date, over if is_late else None, each.officer_ref, known.name if known else None, each.team,
             each.division)
        )  # fmt: skip
    title = f"What victims were owed on {visit.today.isoformat()}"
    return ListContent(visit.service.settings.force.name, title, _COLUMNS, rows)


def _too_long(asked: OwedFilters, total: int) -> Answer:
    words = (
        f"It has {total:,} entries, and a file has at most {MOST_IN_FILE:,}. Choose less, such as one division or one "
        "requirement, and download that."
    )
    values = {"words": words, "link": (owed_path(LIST, **asked.query), "Go back to the list")}
    return Answer("message.html.j2", "This list is too long for a file", values, status=400)
