"""Pages on what another rule would have done to a period: asked for, worked out in the background, and shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from compliance.batch.whatif import ChangedObligation, DivisionComparison, Tally, WhatIf
from compliance.batch.whatif_settings import apply_settings, list_settings
from compliance.batch.whatif_text import describe_points, percent
from compliance.errors import SettingsError
from compliance.policy.calendars import plain_date
from compliance.service.answers.background_work import WHATIF, WhatIfQuestion
from compliance.store.kept.background_tasks import (
    KEPT,
    BackgroundTask,
    TaskState,
    ask_task,
    list_tasks,
    read_result,
    read_task,
)
from compliance.web.case_pages import crime_path
from compliance.web.listing import row_number
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.task_view import clock_time, refuse_busy, view_task

PATH: Final = "/whatif"
MOST_CHANGES: Final = 4
"""How many changes the form has room for."""
_LISTED: Final = 20
_LONGEST: Final = 200
"""The letters of a value, at most."""
_STATES: Final = {
    TaskState.WAITING: "waits",
    TaskState.RUNNING: "under way",
    TaskState.DONE: "done",
    TaskState.FAILED: "nothing came of it",
    TaskState.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class _WhatIfForm:
    """What was filled in. `changes`: a key and a value each."""

    first: str = ""
    last: str = ""
    changes: tuple[tuple[str, str], ...] = (("", ""),) * MOST_CHANGES
    errors: Mapping[str, str] = field(default_factory=dict)
    """The fields that are wrong, each with what to do."""


def show_whatif(visit: Visit) -> Answer:
    """Return the form, with the last whole week filled in, and the recent questions."""
    sunday = visit.today - timedelta(days=visit.today.isoweekday())
    return _show(visit, _WhatIfForm(str(sunday - timedelta(days=6)), str(sunday)))


def ask_whatif(visit: Visit) -> Answer | GoTo:
    """Have a comparison worked out, and lead to it; or say what is wrong with what was filled in."""
    form = visit.form
    names = range(1, MOST_CHANGES + 1)
    changes = tuple((form.get(f"key-{n}", ""), form.get(f"value-{n}", "").strip()[:_LONGEST]) for n in names)
    filled = _WhatIfForm(form.get("first", ""), form.get("last", ""), changes)
    if errors := _check(visit, filled):
        return _show(visit, replace(filled, errors=errors))
    days = date.fromisoformat(filled.first), date.fromisoformat(filled.last)
    return _ask(visit, WhatIfQuestion(*days, _settings(filled), visit.now.replace(microsecond=0)))


def show_one_whatif(visit: Visit) -> Answer:
    """Return how a comparison stands, or what came of it."""
    task = _find(visit)
    question, result = msgspec.json.decode(task.asked, type=WhatIfQuestion), read_result(visit.service.store, task)
    path, as_at = f"{PATH}/{task.id}", question.as_at
    view = None if result is not None else view_task(visit, task, path, {})
    values = {
        "question": question,
        "days": _days(question),
        "judged": f"{plain_date(visit.service.policy.local.date_of(as_at))}, {clock_time(visit, as_at)}",
        "task": task,
        "view": view,
        "here_path": path,
        "answer": None,
    }
    title = "What if"
    if result is None:
        return Answer("whatif_run.html.j2", title, values, refresh=view.refresh if view else None)
    answer = msgspec.json.decode(result, type=WhatIf)
    values |= {
        "answer": answer,
        "line": _line,
        "example": _example,
        "path": crime_path,
        "is_early": answer.today <= answer.last,
    }
    crimes = [each.crime_ref for change in answer.changes for each in change.examples]
    return Answer("whatif_run.html.j2", title, values, list(dict.fromkeys(crimes)))


def ask_whatif_again(visit: Visit) -> GoTo:
    """Have a comparison that was interrupted or failed worked out once more."""
    return _ask(visit, msgspec.json.decode(_find(visit).asked, type=WhatIfQuestion))


def _settings(filled: _WhatIfForm) -> tuple[str, ...]:
    return tuple(f"{key}={value}" for key, value in filled.changes if key)


def _check(visit: Visit, filled: _WhatIfForm) -> dict[str, str]:
    """Return every field that is wrong, in their order, each with what to do."""
    first, last = _day(filled.first), _day(filled.last)
    errors = {name: f"Enter the {name} day." for name, day in (("first", first), ("last", last)) if day is None}
    if first and last and last < first:
        errors["last"] = "The last day is before the first. Enter a later one."
    if not _settings(filled):
        errors["key-1"] = "Choose what the other rule changes."
    known = {key for key, _ in list_settings(visit.service.policy)}
    for number, (key, value) in enumerate(filled.changes, 1):
        if key and key not in known:
            errors[f"key-{number}"] = "Choose one of the keys of the policy."
        elif value and not key:
            errors[f"key-{number}"] = "Choose the key that gets this value."
        elif key and (problem := _problem(visit, [f"{key}={value}"])):
            errors[f"value-{number}"] = problem
    if not errors and (problem := _problem(visit, _settings(filled))):
        errors["value-1"] = problem
    return errors


def _problem(visit: Visit, settings: Sequence[str]) -> str | None:
    """Return what is wrong with changes of the policy, without the path of its file; None: nothing."""
    policy = visit.service.policy
    try:
        apply_settings(policy, settings)
    except SettingsError as error:
        words = str(error).removeprefix("--set ").removeprefix("--set: ")
        return words.replace(f"{policy.path}: ", "").replace(str(policy.path), "the policy")
    return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _ask(visit: Visit, question: WhatIfQuestion) -> GoTo:
    asked = msgspec.json.encode(question).decode()
    task = ask_task(visit.service.store, WHATIF, asked, visit.viewer.person, visit.now)
    if task is None:
        raise refuse_busy()
    return GoTo(f"{PATH}/{task.id}")


def _find(visit: Visit) -> BackgroundTask:
    task = read_task(visit.service.store, row_number(visit.place["number"]), visit.now)
    if task is None or task.kind != WHATIF:
        words = f"A comparison is kept for {KEPT.days} days."
        raise RefusedPageError("There is no such comparison", words, "a comparison that is not there", 404)
    return task


def _show(visit: Visit, filled: _WhatIfForm) -> Answer:
    keys = list_settings(visit.service.policy)
    found = list_tasks(visit.service.store, WHATIF, _LISTED, visit.now)
    values: Mapping[str, Any] = {
        "filled": filled,
        "error": next(iter(filled.errors.values()), None),
        "errors": filled.errors,
        "keys": [(key, f"{key} (now {value})" if value else key) for key, value in keys],
        "longest": _LONGEST,
        "kept": KEPT.days,
        "runs": [_run(visit, task) for task in found],
    }
    return Answer("whatif.html.j2", "What if", values, status=400 if filled.errors else 200)


def _run(visit: Visit, task: BackgroundTask) -> dict[str, Any]:
    """Return a row of the list of recent questions."""
    question = msgspec.json.decode(task.asked, type=WhatIfQuestion)
    asked_on = plain_date(visit.service.policy.local.date_of(task.asked_at))
    return {
        "path": f"{PATH}/{task.id}",
        "days": _days(question),
        "changes": ", ".join(question.changes),
        "asked": f"{asked_on}, {clock_time(visit, task.asked_at)}, by {task.asked_by}",
        "state": _STATES[task.state],
    }


def _days(question: WhatIfQuestion) -> str:
    return f"{plain_date(question.first)} to {plain_date(question.last)}"


def _line(line: DivisionComparison) -> tuple[str, Sequence[str], Sequence[str]]:
    """Return the name of a line, and its cells under the policy and under the changed one."""
    name = "All" if line.every else line.division or "No division"
    points = describe_points(line.before, line.after)
    return name, [*_cells(line.before), ""], [*_cells(line.after), points]


def _cells(tally: Tally | None) -> list[str]:
    if tally is None:
        return ["not in this policy", *[""] * 5]
    counts = (tally.of, tally.met, tally.late, tally.overdue, tally.missed)
    return [*(f"{count:,}" for count in counts), percent(tally.rate)]


def _example(each: ChangedObligation) -> str:
    before, after = each.due_before, each.due_after
    same = before == after or not (before and after)
    day = before or after
    due = "" if day is None else f"due {plain_date(day)}" if same else _moved(before, after)
    return f"victim {each.victim_ref}, cycle {each.cycle}{', ' if due else ''}{due}"


def _moved(before: date | None, after: date | None) -> str:
    return f"due {plain_date(before)}, then {plain_date(after)}" if before and after else ""
