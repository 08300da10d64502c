"""Pages on cases: a crime, the reason for which it is opened, and the first page."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from compliance.batch.explanation_page import describe_question, render_parts
from compliance.policy.explain import Explanation
from compliance.reminders import notices, reason_of
from compliance.reminders.emails.letter import SAFE_CONTACT
from compliance.reminders.emails.victim_sentences import day_text
from compliance.service.answers.explaining import explain_stored
from compliance.store import disputes_of, officer_refs, officers
from compliance.store.kept.notice_kinds import Outcome
from compliance.store.kept.reviews import open_reviews_of
from compliance.store.owed.owed_crimes import crimes_within
from compliance.store.tables import OFFICER
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.restriction import restrict
from compliance.web.roles import LOGGED, MAY_ASK, WIDEST, CaseScope, WebRole

LISTS_OFFICERS: Final = frozenset({WebRole.SUPERVISOR, WebRole.CHAMPION, WebRole.PERFORMANCE})
"""The roles that have a page for each officer."""
FIRST: Final = {WebRole.OFFICER: "/my-victims", WebRole.BOARD: "/reports", WebRole.ADMINISTRATOR: "/health"}
"""What a role sees first, where that is all there is for it."""
_MARK: Final = re.compile(r"[^0-9A-Za-z]+")
_MARKS: Final = ("/", "-", ".", " ", "_", "")
"""What may stand between the parts of a crime number."""
_EARLIEST: Final = date(2000, 1, 1)
"""The first day as at which a crime is shown."""
_OUTCOMES: Final = {
    Outcome.SENT: "email",
    Outcome.HELD: "email held",
    Outcome.SUPPRESSED: "no email",
    Outcome.DROPPED: "email dropped",
}
"""What a decision came to, in the table of reminders."""
_DATE: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b", re.ASCII)
_A_MOMENT: Final = timedelta(microseconds=1)
"""What the end of a day is before the next one."""


def crime_path(crime_ref: str) -> str:
    """Return the path of a crime's page."""
    return f"/crimes/{quote(crime_ref, safe='')}"


def officer_path(ref: str) -> str:
    """Return the path of an officer's page."""
    return f"/officers/{quote(ref, safe='')}"


ASK: Final = f"It may have been handed over meanwhile. {LOGGED}"


def go_to_crime(visit: Visit) -> GoTo | Answer:
    """Go to the officer whose reference was filled in, where the role has pages of officers; otherwise to the crime."""
    ref = visit.query.get("number", "").strip()
    if not ref:
        return _first_page(visit, "Enter a number")
    is_officer = visit.viewer.role in LISTS_OFFICERS and ref in officer_refs(visit.service.store)
    return GoTo(officer_path(ref) if is_officer else crime_path(_as_stored(visit, ref)))


def _as_stored(visit: Visit, ref: str) -> str:
    """Return a crime number with the marks of the one crime in the person's scope that it fits; as given otherwise.

    Only their own scope is looked through, so that nobody learns without a reason which other crimes there are.
    """
    store, within, parts = visit.service.store, restrict(visit.viewer, CaseScope.FORCE), _MARK.split(ref)
    if crimes_within(store, within, [ref]):
        return ref
    found = crimes_within(store, within, [mark.join(parts) for mark in _MARKS])
    return found.pop() if len(found) == 1 else ref


def show_crime(visit: Visit) -> Answer:
    """Return a crime of the person's scope; ask those who may look further for a reason."""
    ref = visit.place["crime_ref"]
    if crimes_within(visit.service.store, visit.within, [ref]):
        return _crime(visit, ref)
    if WIDEST[visit.viewer.role] is CaseScope.FORCE:  # also one about which nothing is owed
        return _crime(visit, ref)
    if visit.viewer.role in MAY_ASK:
        return Answer(
            "reason.html.j2", "Why do you need this crime?", {"crime": ref, "path": crime_path, "error": None}
        )
    raise RefusedPageError("This is not one of your cases", ASK, "a crime outside their scope")


def show_crime_for_reason(visit: Visit) -> Answer:
    """Return a crime outside the person's scope, for the reason given, which is logged."""
    ref, reason = visit.place["crime_ref"], visit.form.get("reason", "").strip()[:500]
    if not reason:
        return _ask_why(ref, "Say why you need to see this crime")
    return _crime(visit, ref, reason)


def _ask_why(ref: str, error: str | None = None) -> Answer:
    values = {"crime": ref, "path": crime_path, "error": error}
    return Answer("reason.html.j2", "Why do you need this crime?", values, status=400 if error else 200)


def _crime(visit: Visit, ref: str, reason: str | None = None) -> Answer:
    service = visit.service
    (as_at, known_at), error = _asked_instants(visit)
    explanation = explain_stored(service.store, service.policy, ref, as_at or visit.now, known_at)
    if explanation is None:
        raise no_such_crime()
    explanation = explanation if as_at else as_now(explanation)
    values = {
        "explanation": Markup(render_parts(explanation)),  # noqa: S704  # of templates, which escape what is put in
        "policy": explanation.basis.policy,
        "question": describe_question(explanation),
        "crime": ref,
        "notices": _notices(visit, ref),
        "disputes": disputes_of(service.store, ref),
        "day": service.policy.local.date_of,
        "path": crime_path,
        "versions": versions_path(ref),
        "asked": visit.query,
        "latest": visit.today,
        "error": error,
        "wrong": error[0] if error else None,
        "is_in_scope": reason is None,
        "safe_contact": SAFE_CONTACT,
    }
    return Answer("crime.html.j2", f"Crime {ref}", values, [ref], reason, 400 if error else 200)


def _asked_instants(visit: Visit) -> tuple[tuple[datetime | None, datetime | None], tuple[str, str] | None]:
    """Return as at and as known at which instants is asked, None for now: the end of a day, or now if that is earlier.

    And the field that holds no day, with what is wrong with it.
    """
    local, found = visit.service.policy.local, list[datetime | None]()
    for name in ("as_at", "known_at"):
        text = visit.query.get(name, "").strip()
        try:
            day = date.fromisoformat(text) if text else None
            if day is not None and not _EARLIEST <= day <= visit.today:
                raise ValueError(text)
        except ValueError:
            return (None, None), (name, f"Enter a date from {_EARLIEST.year} until today, such as {visit.today}")
        found.append(None if day is None else min(local.start_of(day + timedelta(days=1)) - _A_MOMENT, visit.now))
    return (found[0], found[1]), None


def no_such_crime() -> RefusedPageError:
    """Return what is said of a crime number that is not stored."""
    words = "Check the number: it is written as in the crime system."
    return RefusedPageError("There is no crime with this number", words, "no such crime", 404)


def versions_path(crime_ref: str) -> str:
    """Return the path of the page on the versions of a crime."""
    return f"/versions/{quote(crime_ref, safe='')}"


def _notices(visit: Visit, ref: str) -> Sequence[dict[str, Any]]:
    """Return the reminder decisions on a crime, the newest first, as `compliance notices` lists them."""
    with visit.service.store.session(reading=True) as session:
        found = notices(session, ref)
    told = {notice.recipient_ref for notice, _ in found}
    names = officers(visit.service.store, OFFICER.c.officer_ref.in_(sorted(told)))
    titles = {each.id: each.title for each in visit.service.policy.requirement}
    return [
        {
            "notice": notice, "reason": _in_words(reason_of(notice), visit.today), "mail": mail,
            "day": day_text(notice.decided_on, visit.today), "outcome": _OUTCOMES[Outcome(notice.outcome)],
            "title": titles.get(notice.requirement, notice.requirement),
            "name": named.name if (named := names.get(notice.recipient_ref)) else None,
        }
        for notice, mail in reversed(found)
    ]  # fmt: skip


def _in_words(text: str, today: date) -> str:
    """Return a text with its dates as emails have them: `notified on 23 June`."""
    return _DATE.sub(lambda found: day_text(date.fromisoformat(found[0]), today), text)


def as_now(explanation: Explanation) -> Explanation:
    """Return an explanation as at now, which a page calls that."""
    timeline = tuple(replace(each, text="Now.") if each.kind == "as-at" else each for each in explanation.timeline)
    return replace(explanation, timeline=timeline)


def show_first_page(visit: Visit) -> Answer | GoTo:
    """Go to what the role needs most, or return what there is."""
    return GoTo(FIRST[visit.viewer.role]) if visit.viewer.role in FIRST else _first_page(visit)


def _first_page(visit: Visit, error: str | None = None) -> Answer:
    values = {
        "may_search": WIDEST[visit.viewer.role] is not CaseScope.NONE,
        "error": error,
        "finds_officers": visit.viewer.role in LISTS_OFFICERS,
        "to_read": open_reviews_of(visit.service.store, visit.viewer.names)
        if visit.viewer.role in LISTS_OFFICERS
        else [],
    }
    return Answer("first.html.j2", "Victims' Code compliance", values, status=400 if error else 200)
