"""Pages on cases: an officer's victims, a crime, and the form that says that something is wrong."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from compliance.batch.explanation_page import describe_question, render_parts
from compliance.reminders import notices, reason_of
from compliance.reminders.digests import read_text
from compliance.reminders.emails.letter import SAFE_CONTACT
from compliance.reminders.victims_now import VictimNow, list_victims_now
from compliance.service.explaining import explain_stored
from compliance.store import dispute_victim, disputes_of, officers
from compliance.store.owed_bands import AHEAD_DAYS
from compliance.store.owed_crimes import crimes_within, list_owed_crimes
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.roles import MAY_ASK, WIDEST, CaseScope, WebRole

LISTED: Final = 50
"""The number of crimes on one page, at most: each is judged for its sentences."""
LISTS_OFFICERS: Final = frozenset({WebRole.SUPERVISOR, WebRole.CHAMPION, WebRole.PERFORMANCE})
"""The roles that have a page for each officer."""
FIRST: Final = {WebRole.OFFICER: "/my-victims", WebRole.BOARD: "/reports", WebRole.ADMINISTRATOR: "/health"}
"""What a role sees first, where that is all there is for it."""
_EARLIEST: Final = date(2000, 1, 1)
"""The first day as at which a crime is shown."""
_A_MOMENT: Final = timedelta(microseconds=1)
"""What the end of a day is before the next one."""
LONGEST: Final = 4000
"""The characters of what somebody says is wrong, as of a reply."""
_PARTS: Final = (
    ("overdue", "Overdue"),
    ("today", "Due today"),
    ("week", f"Due in the next {AHEAD_DAYS} days"),
)


def crime_path(crime_ref: str) -> str:
    """Return the path of a crime's page."""
    return f"/crimes/{quote(crime_ref, safe='')}"


def officer_path(ref: str) -> str:
    """Return the path of an officer's page."""
    return f"/officers/{quote(ref, safe='')}"


def show_my_victims(visit: Visit) -> Answer:
    """Return what the person owes to whom, as in an email enhanced victims first, then the longest owed."""
    return _victims(visit)


def _victims(visit: Visit, error: str | None = None, about: tuple[str, str] | None = None) -> Answer:
    service, policy, viewer = visit.service, visit.service.policy, visit.viewer
    closed_since = visit.today - timedelta(days=2 * policy.owed_after_close_days)
    refs, of = list_owed_crimes(
        service.store, visit.within, visit.today,
        visit.today + timedelta(days=AHEAD_DAYS), closed_since, LISTED,
    )  # fmt: skip
    settings = service.reminder_settings
    found = list_victims_now(service.store, policy, settings, refs, viewer.officer_ref or "", visit.now)
    parts = [(name, title, [each for each in found if _part(each) == name]) for name, title in _PARTS]
    values = {
        "parts_of_page": parts,
        "victims": len(found),
        "more": of - len(refs),
        "path": crime_path,
        "error": error,
        "about": about,
        "said": visit.form.get("text", ""),
        "longest": LONGEST,
        "is_new": visit.query.get("said"),
        "safe_contact": SAFE_CONTACT,
        "read_at": read_text(service.store, policy, visit.today),
    }
    crimes = [each.crime_ref for each in found]
    return Answer("my_victims.html.j2", "My victims", values, crimes, status=400 if error else 200)


def _part(victim: VictimNow) -> str:
    if victim.is_overdue:
        return "overdue"
    return "today" if victim.days_over == 0 else "week"


def file_dispute_on_page(visit: Visit) -> Answer | GoTo:
    """File what the person says is wrong about a victim of theirs, as a reply to an email would be."""
    victim, text = (visit.form.get("crime", ""), visit.form.get("victim", "")), visit.form.get("text", "").strip()
    owed = crimes_within(visit.service.store, visit.within, [victim[0]])
    if not owed or victim not in _victims_of(visit, victim[0]):
        raise RefusedPageError("This is not one of your cases", _ASK, "a dispute on a case that is not theirs")
    if not text or len(text) > LONGEST:
        error = "Say what is wrong" if not text else f"Use at most {LONGEST:,} characters; these are {len(text):,}"
        return _victims(visit, error, victim)
    is_new = dispute_victim(visit.service.store, visit.viewer.officer_ref or "", victim, text, visit.now)
    return GoTo(f"/my-victims?said={'filed' if is_new else 'before'}")


def _victims_of(visit: Visit, crime_ref: str) -> list[tuple[str, str]]:
    service = visit.service
    ref, settings = visit.viewer.officer_ref or "", service.reminder_settings
    found = list_victims_now(service.store, service.policy, settings, [crime_ref], ref, visit.now)
    return [(each.crime_ref, each.victim_ref) for each in found]


_ASK: Final = "It may have been handed over meanwhile. That you asked for it was noted."


def go_to_crime(visit: Visit) -> GoTo | Answer:
    """Go to the officer whose reference was filled in, where the role has pages of officers; otherwise to the crime."""
    ref = visit.query.get("number", "").strip()
    if not ref:
        return _first_page(visit, "Enter a number")
    is_officer = visit.viewer.role in LISTS_OFFICERS and ref in officers(visit.service.store)
    return GoTo(officer_path(ref) if is_officer else crime_path(ref))


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
    raise RefusedPageError("This is not one of your cases", _ASK, "a crime outside their scope")


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
    names = officers(visit.service.store)
    with visit.service.store.session(reading=True) as session:
        found = notices(session, ref)
    return [
        {
            "notice": notice, "reason": reason_of(notice), "mail": mail,
            "name": named.name if (named := names.get(notice.recipient_ref)) else None,
        }
        for notice, mail in reversed(found)
    ]  # fmt: skip


def show_first_page(visit: Visit) -> Answer | GoTo:
    """Go to what the role needs most, or return what there is."""
    return GoTo(FIRST[visit.viewer.role]) if visit.viewer.role in FIRST else _first_page(visit)


def _first_page(visit: Visit, error: str | None = None) -> Answer:
    values = {
        "may_search": WIDEST[visit.viewer.role] is not CaseScope.NONE,
        "error": error,
        "finds_officers": visit.viewer.role in LISTS_OFFICERS,
    }
    return Answer("first.html.j2", "Victims' Code compliance", values, status=400 if error else 200)
