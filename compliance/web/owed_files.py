"""The list of what is outstanding as a file: the same choice, the same restriction, one entry in the audit log."""

from typing import Final

from compliance.reports.rendering.list_files import Cell, ListContent
from compliance.store.owed.owed_lists import OwedEntry, choose_owed, list_owed
from compliance.web.list_answers import MOST_IN_FILE, check_form, give_list, too_long
from compliance.web.owed_filters import OwedFilters, owed_path
from compliance.web.owed_pages import LIST, count_all, holders_of, period_of, requirement_titles
from compliance.web.page_table import Answer, Download, Visit

_COLUMNS: Final = (
    "Crime", "Victim", "Victim category", "Owed", "Due", "Days overdue", "Officer", "Officer's name", "Team",
    "Division",
)  # fmt: skip


def give_owed_list(visit: Visit) -> Download | Answer:
    """Return the list as a file, or a page that says that it is too long for one."""
    form, asked = visit.place["form"], OwedFilters.of(visit)
    check_form(form)
    choice = asked.choice
    total = sum(each.count for each in count_all(visit) if choice.holds(each))
    if long := too_long(total, owed_path(LIST, **asked.query)):
        return long
    which = choose_owed(visit.within, period_of(visit), asked.choice)
    entries = list_owed(visit.service.store, which, asked.order, MOST_IN_FILE) if total else []
    crimes = [entry.crime_ref for entry in entries]
    return give_list(_content(visit, entries), form, f"owed-{visit.today.isoformat()}", crimes)


def _content(visit: Visit, entries: list[OwedEntry]) -> ListContent:
    titles, names = requirement_titles(visit), holders_of(visit, entries)
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
