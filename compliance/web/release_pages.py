"""Pages on which a person releases a held report, suspends reports and resumes them: for a reason, and once confirmed.

A release is stored; the running service publishes the report when it next looks, as it does after a suspension. Nothing
is judged while somebody waits for a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from compliance.errors import ComplianceError, HeldError, SettingsError
from compliance.policy.calendars import plain_date
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.reports.releasing.release import fault_names
from compliance.reports.wording.release_sentences import CHECK_NAMES
from compliance.reports.wording.sentences import sentence
from compliance.service.report_jobs.release_gate import HeldReport, ReleaseGate
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit
from compliance.web.report_pages import days_of

LONGEST_REASON: Final = 500
_CONFIRMED: Final = "confirmed"
"""The field that only the page that asks once more sends."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a page asks a person to decide.

    `path`: where it is sent. `what`: the facts that it rests on, as (name, text). `effect`: what it does. `hint`: who
    reads the reason. `button`: what does it. `asks_until`: whether a last day is asked for. `seen`: what stood against
    the report when it was shown.
    """

    title: str
    path: str
    what: tuple[tuple[str, str], ...]
    effect: str
    hint: str
    button: str
    asks_until: bool = False
    seen: str = ""


def once_confirmed(visit: Visit) -> tuple[()] | None:
    """Return that no crime is concerned, once the person has confirmed what they do."""
    return () if _is_confirmed(visit) else None


def show_release(visit: Visit) -> Answer:
    """Return what stands against a held report, and ask for a reason to release it."""
    return _ask(visit, _release(visit))


def release_on_page(visit: Visit) -> Answer | GoTo:
    """Ask once more, or store the release as `compliance report release` does; the service publishes the report."""
    decision = _release(visit)
    if answer := _not_yet(visit, decision):
        return answer
    period = parse_period(visit.place["period"])
    is_owed = _is_owed(visit, period)
    _act(lambda: _gate(visit).release(period, _reason(visit), _by(visit), visit.now))
    return GoTo(f"/reports?said={'released' if is_owed else 'released-only'}")


def _is_owed(visit: Visit, period: Span) -> bool:
    """Return whether the service publishes a period by itself; otherwise somebody has to by the command."""
    return period in visit.service.reporting.still_owed(visit.now)


def _release(visit: Visit) -> _Decision:
    held = _held(visit)
    period, days = str(held.period), days_of(str(held.period))
    publishes = (
        "The service publishes it when it next looks."
        if _is_owed(visit, held.period)
        else f"The settings do not ask for it: `compliance report --period {period}` publishes it then."
    )
    against = tuple((CHECK_NAMES[claim.subject], sentence(claim)) for claim in held.claims)
    return _Decision(
        f"Release {period}",
        f"/reports/{period}/release",
        (("Report", f"{period}, {days}"), *against),
        "The report is published although this stands against it, and prints the reason, your name and the time. A "
        f"release holds for this only: anything new holds the report again. {publishes}",
        "It is printed in every edition, in the public one too: write what everyone may read.",
        "Release it",
        seen=" ".join(fault_names(held.claims)),
    )


def _held(visit: Visit) -> HeldReport:
    found = next((each for each in _gate(visit).holds() if str(each.period) == visit.place["period"]), None)
    if found is None:
        words = "It may have been released or published meanwhile. The page Reports says how it stands."
        raise RefusedPageError("This report is not held", words, "a report that is not held", 404)
    return found


def show_suspension(visit: Visit) -> Answer:
    """Ask for a reason and a last day for suspending all reports."""
    return _ask(visit, _suspension(visit))


def suspend_on_page(visit: Visit) -> Answer | GoTo:
    """Ask once more, or suspend reports as `compliance report suspend` does."""
    decision = _suspension(visit)
    if answer := _not_yet(visit, decision):
        return answer
    until = _until(visit)
    assert until is not None  # noqa: S101  # it was checked
    _act(lambda: _gate(visit).suspend(until, _reason(visit), _by(visit), visit.now))
    return GoTo("/reports?said=suspended")


def _suspension(visit: Visit) -> _Decision:
    now = _gate(visit).suspension(visit.now)
    return _Decision(
        "Suspend reports",
        "/reports/suspension",
        () if now is None else (("Now", f"{sentence(now)} This one takes its place."),),
        "No report is published until the end of the last day. The readers are told now and when it is over, with the "
        "reason and your name. What falls due meanwhile is published afterwards, the earliest first.",
        "The readers of reports are told it.",
        "Suspend reports",
        asks_until=True,
    )


def show_resumption(visit: Visit) -> Answer:
    """Ask for a reason to publish reports again before the suspension is over."""
    return _ask(visit, _resumption(visit))


def resume_on_page(visit: Visit) -> Answer | GoTo:
    """Ask once more, or resume reports as `compliance report resume` does. The reason is in the audit log."""
    decision = _resumption(visit)
    if answer := _not_yet(visit, decision):
        return answer
    _act(lambda: _gate(visit).resume(_by(visit), visit.now))
    return GoTo("/reports?said=resumed")


def _resumption(visit: Visit) -> _Decision:
    now = _gate(visit).suspension(visit.now)
    if now is None:
        words = "There is nothing to resume. The page Reports says how they stand."
        raise RefusedPageError("Reports are not suspended", words, "a suspension that is not in force", 404)
    return _Decision(
        "Publish reports again",
        "/reports/resumption",
        (("Now", sentence(now)),),
        "The suspension ends now. The readers are told, with your name.",
        "It is kept in the audit log.",
        "Publish reports again",
    )


def _not_yet(visit: Visit, decision: _Decision) -> Answer | None:
    """Return the page that asks again: for what is missing, or whether the person is sure; None: it is to be done."""
    if errors := _check(visit, decision):
        return _ask(visit, decision, errors)
    if not _is_confirmed(visit):
        return _confirm(visit, decision)
    if visit.form.get("seen", "") != decision.seen:
        return _confirm(visit, decision, "What stands against it has changed. Read it again.")
    return None


def _check(visit: Visit, decision: _Decision) -> dict[str, str]:
    """Return every field that is wrong, in their order, each with what to do."""
    reason, until, errors = _reason(visit), _until(visit), dict[str, str]()
    if decision.asks_until and until is None:
        errors["until"] = "Enter the last day"
    elif decision.asks_until and until is not None and until < visit.today:
        errors["until"] = "That day has passed; enter a day to come"
    if not reason:
        errors["reason"] = "Give a reason in words"
    elif len(reason) > LONGEST_REASON:
        errors["reason"] = f"Use at most {LONGEST_REASON} characters; these are {len(reason):,}"
    return errors


def _ask(visit: Visit, decision: _Decision, errors: Mapping[str, str] = MappingProxyType({})) -> Answer:
    values = {
        "decision": decision,
        "reason": visit.form.get("reason", ""),
        "until": visit.form.get("until", ""),
        "longest": LONGEST_REASON,
        "error": next(iter(errors.values()), None),
        "errors": errors,
    }
    return Answer("decide.html.j2", decision.title, values, status=400 if errors else 200)


def _confirm(visit: Visit, decision: _Decision, error: str | None = None) -> Answer:
    until = _until(visit) if decision.asks_until else None
    last_day = () if until is None else (("Last day", plain_date(until)),)
    values: dict[str, Any] = {
        "decision": decision,
        "facts": (*decision.what, *last_day, ("Reason", _reason(visit))),
        "reason": _reason(visit),
        "until": until and until.isoformat(),
        "error": error,
    }
    return Answer("confirm.html.j2", f"{decision.title}: are you sure?", values, status=409 if error else 200)


def _act(do: Any) -> None:
    """Do it. Raises RefusedPageError that says why it cannot be done now."""
    try:
        do()
    except (HeldError, SettingsError) as error:
        raise RefusedPageError(
            "Nothing was changed", _words(error), "a decision that cannot be taken now", 409
        ) from None


def _words(error: ComplianceError) -> str:
    return f"{str(error).partition(';')[0]}."


def _until(visit: Visit) -> date | None:
    try:
        return date.fromisoformat(visit.form.get("until", "").strip())
    except ValueError:
        return None


def _is_confirmed(visit: Visit) -> bool:
    return visit.form.get(_CONFIRMED) == "yes"


def _reason(visit: Visit) -> str:
    """Return the reason as one line: it stands in the report and in emails."""
    return " ".join(visit.form.get("reason", "").split())


def _by(visit: Visit) -> str:
    return visit.viewer.officer_ref or visit.viewer.person


def _gate(visit: Visit) -> ReleaseGate:
    return visit.service.reporting.gate
