"""Pages on what is outstanding in a team, a division or the force: counted, with the list behind each number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from compliance.policy.calendars import plain_date
from compliance.reminders.digests import read_text
from compliance.store import officers
from compliance.store.owed.owed_bands import AHEAD_DAYS, OwedPeriod
from compliance.store.owed.owed_counts import OwedCount, count_owed
from compliance.store.owed.owed_lists import OwedEntry, choose_owed, page_owed
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import OFFICER
from compliance.web.case_pages import crime_path, officer_path
from compliance.web.list_answers import MOST_IN_FILE
from compliance.web.listing import LISTED, Listing
from compliance.web.owed_filters import NONE, STATES, OwedFilters, owed_path, read_key, write_key
from compliance.web.page_table import Answer, Visit
from compliance.web.roles import WebRole

COUNTS: Final = "/overdue"
LIST: Final = "/overdue/list"
_STATE_OF: Final = {band: state for state, (_, bands) in STATES.items() for band in bands}


@dataclass(frozen=True, slots=True)
class CountRow:
    """A row of a table of counts: its name, where that leads (None: nowhere), and each count with its list."""

    name: str
    path: str | None
    counts: Sequence[tuple[int, str]]


def show_owed(visit: Visit) -> Answer:
    """Return how much is overdue, due today and due soon, by requirement and by division or team."""
    asked = OwedFilters.of(visit)
    asked = OwedFilters(division=asked.division) if visit.viewer.role is WebRole.PERFORMANCE else OwedFilters()
    choice = asked.choice
    counted = [each for each in count_all(visit) if choice.holds(each)]
    is_of_force = visit.viewer.role is WebRole.PERFORMANCE and not asked.division
    unit, titles = "division" if is_of_force else "team", requirement_titles(visit)
    unknown = sorted({each.requirement for each in counted} - set(titles))
    numbers = _numbers(counted, "requirement")
    by_requirement = [
        _row(numbers[name], titles.get(name, name), replace(asked, requirement=name))
        for name in sorted(numbers, key=[*titles, *unknown].index)
    ]
    of_units = _numbers(counted, unit)
    by_unit = [_unit_row(of_units[name], asked, unit, name) for name in sorted(of_units, key=lambda n: (not n, n))]
    every = sum(numbers.values(), Counter[str]())
    values = {
        "states": [words for words, _ in STATES.values()],
        "tables": [("What is owed", by_requirement), (unit.capitalize(), by_unit)],
        "every": _row(every, "All", asked),
        "division": None if not asked.division else f"No {unit}" if asked.division == NONE else asked.division,
        "is_any": bool(counted),
        "read_at": read_text(visit.service.store, visit.service.policy, visit.today),
    }
    return Answer("overdue.html.j2", "Overdue now", values)


def show_owed_list(visit: Visit) -> Answer:
    """Return the list behind a number: what is outstanding, of what was chosen, and the form to choose otherwise."""
    asked, counted, store = OwedFilters.of(visit), count_all(visit), visit.service.store
    choice = asked.choice
    total = sum(each.count for each in counted if choice.holds(each))
    entries, listing = _page(visit, asked, total)
    titles = requirement_titles(visit)
    values = words_of_entries(visit, entries) | {
        "entries": entries,
        "listing": listing,
        "fields": asked.fields(counted, titles),
        "titles": titles,
        "path": crime_path,
        "officer_path": officer_path,
        "here_path": LIST,
        "files": [(form.upper(), owed_path(f"{LIST}/{form}", **asked.query)) for form in ("xlsx", "csv")],
        "most": MOST_IN_FILE,
        "chosen": _describe(asked, titles),
        "read_at": read_text(store, visit.service.policy, visit.today),
    }
    return Answer("overdue_list.html.j2", "What is owed", values, [each.crime_ref for each in entries])


def count_all(visit: Visit) -> list[OwedCount]:
    """Return what is outstanding in the person's scope, counted."""
    return count_owed(visit.service.store, visit.whose, period_of(visit))


def period_of(visit: Visit) -> OwedPeriod:
    """Return the day of the lists: today."""
    return OwedPeriod(visit.today)


def requirement_titles(visit: Visit) -> dict[str, str]:
    """Return what the policy calls its requirements."""
    return {each.id: each.title for each in visit.service.policy.requirement}


def words_of_entries(visit: Visit, entries: Sequence[OwedEntry]) -> dict[str, Any]:
    """Return what says of an entry who has the case, and how long it has been overdue."""
    names = holders_of(visit, entries)
    return {
        "holder": lambda entry: name_of(names, entry),
        "when": lambda entry: _describe_day(visit, entry),
        "day": plain_date,
        "late": lambda entry: entry.is_overdue or entry.due_date < visit.today,
    }


def holders_of(visit: Visit, entries: Sequence[OwedEntry]) -> dict[str, DirectoryEntry]:
    """Return who of the officer directory has the cases of some entries, by reference."""
    refs = {each.officer_ref for each in entries if each.officer_ref}
    return officers(visit.service.store, OFFICER.c.officer_ref.in_(sorted(refs)))


def name_of(names: Mapping[str, DirectoryEntry], entry: OwedEntry) -> str:
    """Return who has the case: `Ash Adze (n1a)`, or the reference alone if no name is known."""
    if entry.officer_ref is None:
        return "Nobody"
    known = names.get(entry.officer_ref)
    return f"{known.name} ({entry.officer_ref})" if known is not None and known.name else entry.officer_ref


def _describe_day(visit: Visit, entry: OwedEntry) -> str:
    over = (visit.today - entry.due_date).days
    if over > 0:
        return f"{over:,} day{'s' if over > 1 else ''} overdue"
    if over == 0:
        return "overdue since today" if entry.is_overdue else "due today"
    return "due tomorrow" if over == -1 else f"due in {-over} days"


def _page(visit: Visit, asked: OwedFilters, total: int) -> tuple[list[OwedEntry], Listing]:
    """Return the entries of this page of the list. If nothing is counted, nothing is asked."""
    after = read_key(visit.query["after"], asked.order) if "after" in visit.query else None
    first = owed_path(LIST, **asked.query) if after is not None else None
    if total == 0:
        return [], Listing(0, 0, first, None)
    which = choose_owed(visit.within, period_of(visit), asked.choice)
    entries, last = page_owed(visit.service.store, which, asked.order, after, LISTED)
    more = None if last is None else owed_path(LIST, **asked.query, after=write_key(last))
    return entries, Listing(total, len(entries), first, more)


def _numbers(counted: Sequence[OwedCount], by: str) -> dict[str, Counter[str]]:
    """Return how many there are in each state, by one of the names that they are counted by."""
    found: dict[str, Counter[str]] = {}
    for each in counted:
        found.setdefault(getattr(each, by), Counter())[_STATE_OF[each.band]] += each.count
    return found


def _row(numbers: Mapping[str, int], name: str, filters: OwedFilters, path: str | None = None) -> CountRow:
    lists = {state: owed_path(LIST, **replace(filters, state=state).query) for state in STATES}
    return CountRow(name, path, [(numbers.get(state, 0), to) for state, to in lists.items()])


def _unit_row(numbers: Mapping[str, int], asked: OwedFilters, unit: str, name: str) -> CountRow:
    filters = replace(asked, **{unit: name or NONE})
    path = owed_path(COUNTS, division=name or NONE) if unit == "division" else None
    return _row(numbers, name or f"No {unit}", filters, path)


def _describe(asked: OwedFilters, titles: Mapping[str, str]) -> str:
    """Return what is listed in words."""
    words = [STATES[asked.state][0] if asked.state else f"Overdue, or due by the end of the next {AHEAD_DAYS} days"]
    words += [titles.get(asked.requirement, asked.requirement)] if asked.requirement else []
    named = ((asked.division, "division"), (asked.team, "team"), (asked.category, "category"))
    words += [f"no {what}" if text == NONE else text for text, what in named if text]
    return ", ".join(words)
