"""Pages on disputes: those of a scope, one with what the record says, and the answer of the performance team."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, true

from compliance.batch.explanation_page import render_parts
from compliance.errors import RecordError
from compliance.policy.calendars import plain_date
from compliance.service.answers.explaining import explain_stored
from compliance.store import (
    Dispute,
    DisputeAnswer,
    answer_dispute,
    concerns_only,
    count_disputes,
    officers,
    page_disputes,
    show_dispute,
)
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import DISPUTE
from compliance.text import describe_age
from compliance.web.case_pages import as_now, crime_path
from compliance.web.listing import LISTED, after_number, list_page, row_number
from compliance.web.my_victims import LONGEST
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.roles import LOGGED, CaseScope, WebRole

ANSWERS: Final = {
    "wrong": ("The record was wrong", DisputeAnswer.RECORD_WRONG),
    "right": ("The record is right", DisputeAnswer.RECORD_RIGHT),
    "withdrawn": ("It was withdrawn", DisputeAnswer.WITHDRAWN),
}
"""The answers by the names that the command gives them, with the words of the form."""


@dataclass(frozen=True, slots=True)
class _Form:
    """What was filled in, and what is wrong with it: the field and what to do."""

    answer: str = ""
    note: str = ""
    crimes: tuple[str, ...] = ()
    error: tuple[str, str] | None = None


def show_disputes(visit: Visit) -> Answer:
    """Return the open disputes of the person's scope, the oldest first, or the answered ones, the newest first."""
    store, which, is_open = visit.service.store, _within(visit), visit.query.get("show") != "answered"
    found = page_disputes(store, which, is_open=is_open, after=after_number(visit), limit=LISTED + 1)
    of_open, of_answered = count_disputes(store, which)
    kept = {} if is_open else {"show": "answered"}
    shown, listing = list_page(visit, found, of_open if is_open else of_answered, lambda each: each.id, kept)
    values = _words(visit) | {
        "disputes": shown,
        "listing": listing,
        "is_open": is_open,
        "tabs": [
            ("/disputes", f"Open ({of_open:,})", is_open),
            ("/disputes?show=answered", f"Answered ({of_answered:,})", not is_open),
        ],
        "age": lambda at: describe_age(visit.now - at),
    }
    crimes = [crime for each in shown for crime in each.crimes]
    return Answer("disputes.html.j2", "Disputes", values, crimes)


def show_one_dispute(visit: Visit) -> Answer:
    """Return a dispute of the person's scope: its words, what the record says, and the answer or a form for it."""
    return _dispute(visit, _find(visit), _Form())


def crimes_of_dispute(visit: Visit) -> tuple[str, ...]:
    """Return the crimes that a dispute of the person's scope concerns."""
    return _find(visit).crimes


def answer_on_page(visit: Visit) -> Answer | GoTo:
    """Store the answer to a dispute as `compliance disputes answer` does, with the reference of who gave it."""
    dispute, store, form = _find(visit), visit.service.store, visit.form
    crimes = tuple(text for name, text in form.items() if name.startswith("crime-"))
    filled = _Form(form.get("answer", ""), form.get("note", "").strip(), crimes)
    wrong = _check(dispute, filled)
    if wrong is None:
        answer, by = ANSWERS[filled.answer][1], visit.viewer.officer_ref or visit.viewer.person
        try:
            answer_dispute(store, dispute.id, answer, filled.note or None, crimes, visit.now, by)
        except RecordError as error:
            wrong = "answer", str(error)
        else:
            return GoTo(f"/disputes/{dispute.id}?said=answered")
    return _dispute(visit, dispute, _Form(filled.answer, filled.note, crimes, wrong))


def _check(dispute: Dispute, form: _Form) -> tuple[str, str] | None:
    """Return the field that is wrong and what to do, None if nothing is; as the command would."""
    if form.answer not in ANSWERS:
        return "answer", "Choose an answer"
    if len(form.note) > LONGEST:
        return "note", f"Use at most {LONGEST:,} characters; these are {len(form.note):,}"
    is_clear = dispute.is_assigned or form.crimes or form.answer == "withdrawn"
    return None if is_clear else ("crimes", "Choose the crimes that it concerns")


def _within(visit: Visit) -> ColumnElement[bool]:
    """Match the disputes of the person's scope: whoever sees all cases sees those that concern no crime, too."""
    return true() if visit.scope is CaseScope.FORCE else concerns_only(visit.within)


def _find(visit: Visit) -> Dispute:
    number, store = row_number(visit.place["number"]), visit.service.store
    if sum(count_disputes(store, and_(DISPUTE.c.id == number, _within(visit)))) == 0:
        words = f"Disputes on cases outside yours are not shown. {LOGGED}"
        raise RefusedPageError("There is no such dispute in your cases", words, "a dispute outside their scope", 404)
    return show_dispute(store, number)


def _dispute(visit: Visit, dispute: Dispute, form: _Form) -> Answer:
    is_performance = visit.viewer.role is WebRole.PERFORMANCE
    values = _words(visit) | {
        "dispute": dispute,
        "record": _record(visit, dispute),
        "may_answer": is_performance,
        "form": form,
        "error": form.error[1] if form.error else None,
        "answers": [(name, words) for name, (words, _) in ANSWERS.items()],
        "longest": LONGEST,
        "is_new": visit.query.get("said") == "answered",
    }
    status = 400 if form.error else 200
    return Answer("dispute.html.j2", f"Dispute {dispute.id}", values, dispute.crimes, status=status)


def _record(visit: Visit, dispute: Dispute) -> Markup | None:
    """Return what the record says as the crime's own page has it, if it is clear which one; None otherwise."""
    if len(dispute.crimes) != 1:
        return None
    service = visit.service
    explanation = explain_stored(service.store, service.policy, dispute.crimes[0], visit.now)
    # S704: of templates, which escape what is put in
    return None if explanation is None else Markup(render_parts(as_now(explanation)))  # noqa: S704


def _words(visit: Visit) -> dict[str, Any]:
    """Return what both templates use: days, people and paths in words."""
    names, local = officers(visit.service.store), visit.service.policy.local
    return {
        "day": lambda at: plain_date(local.date_of(at)),
        "person": lambda ref: person_of(names, ref),
        "path": crime_path,
    }


def person_of(names: Mapping[str, DirectoryEntry], ref: str | None) -> str:
    """Return somebody as the pages name them: `Ash Adze (n1a)`, or the reference alone if no name is known."""
    entry = names.get(ref or "")
    if ref is None:
        return "somebody unknown"
    return f"{entry.name} ({ref})" if entry is not None and entry.name else ref
