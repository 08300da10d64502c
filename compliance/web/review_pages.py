"""Pages on dip samples: a reader reads their cases one at a time and answers there (docs/reviews.md).

A case is shown as the record has it: never our verdict or the due date, nor what another reader answered.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from compliance.errors import SettingsError
from compliance.policy.calendars import plain_date
from compliance.reviews.how_to_read import NO_PROOF, OPEN, QUESTION, UNSURE
from compliance.reviews.readings import LONGEST, CaseReading, CaseToRead, WasTold, WrongAnswersError, read_answers
from compliance.service.evidence.review_reading import cases_to_read, keep_readings
from compliance.service.evidence.reviewing import readers_of
from compliance.store import list_versions
from compliance.store.kept.reviews import StoredReview, cases_of, find_review, list_reviews, readings_of
from compliance.web.case_record import record_of
from compliance.web.listing import row_number
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.roles import LOGGED, WIDEST, CaseScope

PATH: Final = "/reviews"
_CONTACT: Final = ("told_on", "told_by", "answered_request")
"""What is asked of a contact, beside the criteria: only of victims who were told."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What a person reads of a dip sample. `answered`: what they found so far, as rows by the case's number."""

    review: StoredReview
    reader: str
    cases: dict[int, CaseToRead]
    answered: dict[int, Mapping[str, Any]]

    @property
    def left(self) -> list[int]:
        """The cases that are still to be read. Of a crime that was removed nothing can be read any more."""
        return [number for number, case in self.cases.items() if case.crime_ref and number not in self.answered]

    @property
    def questions(self) -> list[tuple[str, str]]:
        return [(name, question) for name, question in self.review.criteria]


def show_reviews(visit: Visit) -> Answer:
    """Return the dip samples, the newest first: how far each reader is, and the way to one's own cases."""
    store = visit.service.store
    shown = []
    for each in reversed(list_reviews(store)):
        given = Counter(name for case in cases_of(store, each.id) for name in readers_of(case))
        read = Counter(row["reader"] for row in readings_of(store, each.id))
        mine = visit.viewer.names & set(given)
        progress = [(name, read[name], count, name in mine) for name, count in sorted(given.items())]
        shown.append((each, progress, f"{PATH}/{each.id}" if mine else None))
    values = {"reviews": shown, "day": lambda at: plain_date(visit.service.policy.local.date_of(at))}
    return Answer("reviews.html.j2", "Dip samples", values)


def show_review(visit: Visit) -> Answer:
    """Return the cases that a person reads of a dip sample, how to read them, and what counts as proof."""
    work = _find(visit)
    rows = [(number, _place(work, number), _said(work, number)) for number in work.cases]
    values = _words(visit, work) | {"rows": rows, "is_done": visit.query.get("said") == "done"}
    title = f"Dip sample {work.review.id}: your cases"
    return Answer("review.html.j2", title, values)


def show_case_to_read(visit: Visit) -> Answer:
    """Return a case with what its record has and what the reader answered before."""
    work, case = _case(visit)
    held = work.answered.get(case.number)
    filled = {} if held is None else _filled(held)
    return _show(visit, work, case, filled, {})


def crimes_of_answers(visit: Visit) -> list[str] | None:
    """Return the crime that answers are about; None if they cannot be stored."""
    work, case = _case(visit)
    try:
        _read(visit, work, case)
    except WrongAnswersError:
        return None
    return [case.crime_ref]


def save_answers(visit: Visit) -> Answer | GoTo:
    """Store what a reader answers, and lead to the next case that is not read; or say what cannot be used."""
    work, case = _case(visit)
    try:
        found = _read(visit, work, case)
    except WrongAnswersError as error:
        return _show(visit, work, case, visit.form, error.fields)
    by = visit.viewer.officer_ref or visit.viewer.person
    try:
        keep_readings(visit.service.store, work.review.id, work.reader, [found], visit.now, by)
    except SettingsError as error:
        raise RefusedPageError("This dip sample is closed", str(error), "a dip sample that is closed", 409) from None
    left = [number for number in work.left if number != case.number]
    if not left:
        return GoTo(f"{PATH}/{work.review.id}?said=done")
    following = next((number for number in left if number > case.number), left[0])
    return GoTo(f"{_place(work, following)}?stored={case.number}")


def show_case_again(visit: Visit) -> Answer:
    """Return a case with what was answered on a form that is out of date."""
    work, case = _case(visit)
    return _show(
        visit, work, case, visit.form, {"told": "This form was out of date, and nothing was stored. Store it again"}
    )


def _read(visit: Visit, work: _Work, case: CaseToRead) -> CaseReading:
    """Return the answers posted, checked as those of an imported form.

    What is asked of a contact is taken of victims who were told only: the page shows it only then.
    """
    names = [name for name, _ in work.questions]
    posted = {name: visit.form.get(name, "") for name in ("told", *_CONTACT, *names, "note")}
    if posted["told"] in {WasTold.NO, WasTold.UNCLEAR}:
        posted |= dict.fromkeys((*_CONTACT, *names), "")
    return read_answers(posted, case, names, visit.today)


def _find(visit: Visit) -> _Work:
    """Return what the person reads of a dip sample. Raises RefusedPageError if they are none of its readers."""
    number, store = row_number(visit.place["number"]), visit.service.store
    named = {name for case in cases_of(store, number) for name in readers_of(case)} & visit.viewer.names
    if not named:
        words = f"Its readers are named when it is drawn. {LOGGED}"
        raise RefusedPageError("You read no case of this dip sample", words, "a dip sample they do not read", 404)
    reader = min(named)
    answered: dict[int, Mapping[str, Any]] = {row["number"]: row for row in readings_of(store, number, reader)}
    return _Work(find_review(store, number), reader, cases_to_read(store, number, reader), answered)


def _case(visit: Visit) -> tuple[_Work, CaseToRead]:
    work, number = _find(visit), row_number(visit.place["case"])
    case = work.cases.get(number)
    if case is None or not case.crime_ref:
        words = f"It is another reader's, or its crime was removed. {LOGGED}"
        raise RefusedPageError("This is not a case of yours", words, "a case they do not read", 404)
    if work.review.closed_at is not None:
        words = "No answer is taken any more, and its cases are no longer shown here."
        raise RefusedPageError("This dip sample is closed", words, "a dip sample that is closed", 409)
    return work, case


def _show(visit: Visit, work: _Work, case: CaseToRead, filled: Mapping[str, str], wrong: Mapping[str, str]) -> Answer:
    service, numbers = visit.service, [number for number in work.cases if work.cases[number].crime_ref]
    place = numbers.index(case.number)
    link = service.reminder_settings.crime_link
    record = next(
        (each.record for each in list_versions(service.store, case.crime_ref) if each.replaced_at is None), None
    )
    asked = {"told": "Told?", "told_on": "On which day?", "told_by": "By whom?", **dict(work.questions),
             "answered_request": "Did it answer what the victim had asked?", "note": "Note:"}  # fmt: skip
    errors = {name: f"{words[0].upper()}{words[1:]}" for name, words in wrong.items()}
    values = _words(visit, work) | {
        "case": case,
        "record": record and record_of(record, case.victim_ref, service.policy.local),
        "link": link.replace("{crime_ref}", quote(case.crime_ref, safe="")) if link else None,
        "filled": {name: filled.get(name, "") for name in asked},
        "error": bool(errors),
        "errors": {name: errors.get(name) for name in asked},
        "named": {_target(name): f"Crime {case.crime_ref}: {asked[name]} {words}" for name, words in errors.items()},
        "told": [(each.value, each.value.capitalize()) for each in WasTold],
        "longest": LONGEST,
        "here_path": _place(work, case.number),
        "before": _place(work, numbers[place - 1]) if place else None,
        "after": _place(work, numbers[place + 1]) if place + 1 < len(numbers) else None,
        "place": place + 1,
        "of": len(numbers),
        "stored": next((number for number in work.answered if str(number) == visit.query.get("stored")), None),
        "is_answered": case.number in work.answered,
    }
    named_only = WIDEST[visit.viewer.role] is not CaseScope.FORCE
    reason = f"reader of dip sample {work.review.id}" if named_only else None
    title = f"Case {case.number}: crime {case.crime_ref}"
    return Answer("review_case.html.j2", title, values, [case.crime_ref], reason, 400 if errors else 200)


def _target(name: str) -> str:
    """Return the id of the first field of a question."""
    return {"told": "told-yes", "told_on": "told_on", "told_by": "told_by", "note": "note"}.get(name, f"{name}-yes")


def _place(work: _Work, number: int) -> str:
    return f"{PATH}/{work.review.id}/{number}"


def _said(work: _Work, number: int) -> str:
    """Return what the reader answered, as a list of cases has it."""
    if not work.cases[number].crime_ref:
        return "the crime was removed"
    row = work.answered.get(number)
    if row is None:
        return "not read yet"
    day: date | None = row["told_on"]
    return f"{row['told']}{f', on {plain_date(day)}' if day else ''}"


def _filled(row: Mapping[str, Any]) -> dict[str, str]:
    """Return stored answers as the form has them."""
    answers = {name: "yes" if yes else "no" for name, yes in row["criteria"].items()}
    request = {True: "yes", False: "no", None: "nothing asked"}[row["answered_request"]]
    told_on = row["told_on"].isoformat() if row["told_on"] else ""
    return {"told": row["told"], "told_on": told_on, "told_by": row["told_by"], "note": row["note"],
            "answered_request": request, **answers}  # fmt: skip


def _words(visit: Visit, work: _Work) -> dict[str, Any]:
    """Return what both templates use."""
    return {
        "review": work.review,
        "path": f"{PATH}/{work.review.id}",
        "left": len(work.left),
        "total": len(work.cases),
        "next_path": _place(work, work.left[0]) if work.left else None,
        "criteria": work.questions,
        "proof": work.review.proof or [NO_PROOF],
        "how": (OPEN, QUESTION, UNSURE),
        "day": plain_date,
        "closed": work.review.closed_at and plain_date(visit.service.policy.local.date_of(work.review.closed_at)),
    }
