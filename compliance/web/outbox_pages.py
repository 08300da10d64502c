"""Pages on the outbox: what has not reached its readers and what to do, the emails by state, and one of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from compliance.errors import RecordError
from compliance.mail.by_hand import (
    CANCELLABLE,
    RESENDABLE,
    STATES,
    Listed,
    cancel_emails,
    counts,
    crimes_told,
    list_emails,
    send_again,
    show_email,
)
from compliance.policy.calendars import plain_date
from compliance.service.telling.undelivered import CAUSES, Undelivered
from compliance.store import officers
from compliance.store.tables import Outbox
from compliance.web.case_pages import crime_path
from compliance.web.dispute_pages import person_of
from compliance.web.listing import LISTED, after_number, list_page, row_number
from compliance.web.page_table import Answer, GoTo, RefusedPageError, Visit

_MEANINGS: Final = {
    "queued": "to be sent at the next run",
    "sending": "being handed over now",
    "sent": "the mail server accepted it",
    "retry": "not accepted yet, tried again",
    "refused": "the mail server will never accept it",
    "uncertain": "perhaps accepted by the mail server, perhaps not",
    "pilot": "written to the pilot's folder, not sent",
    "cancelled": "no longer due, or cancelled by hand",
    "bounced": "accepted, and then returned as not delivered",
}
"""What the states of an email mean (docs/mail.md)."""
_DONE: Final = {
    "retry": "It will be sent at the next run if it is still due.",
    "cancel": "It is cancelled. What it would have said is in the next email.",
}


def show_outbox(visit: Visit) -> Answer:
    """Return what has not reached its readers, by reason with the remedy, and the emails in a state, newest first."""
    service, many = visit.service, counts(visit.service.store)
    state = visit.query.get("state", "")
    if state and state not in STATES:
        words = "The address may be mistyped. Choose one of the states on the page Outbox."
        raise RefusedPageError("There are no such emails", words, "a state that no email has", 404)
    found = list_emails(service.store, [state] if state else (), LISTED + 1, after_number(visit))
    total = many[state] if state else sum(many.values())
    shown, listing = list_page(visit, found, total, lambda mail: mail.id, {"state": state} if state else {})
    values = _words(visit) | {
        "undelivered": [(each, _state_of(each)) for each in service.undelivered()],
        "mails": [(mail, _history(visit, mail)) for mail in shown],
        "listing": listing,
        "state": state,
        "tabs": list(_tabs(many, state)),
    }
    return Answer("outbox.html.j2", "Outbox", values)


def _tabs(many: dict[str, int], state: str) -> Sequence[tuple[str, str, bool]]:
    """Return the states that there are, each with its path, count and whether it is the one shown."""
    named = [(each, count) for each, count in many.items() if count or each == state]
    found = [(f"/outbox?state={each}", f"{each.capitalize()} ({count:,})", each == state) for each, count in named]
    return [("/outbox", f"All ({sum(many.values()):,})", not state), *found]


def _state_of(undelivered: Undelivered) -> str | None:
    """Return the state whose emails have a cause, None if the cause is of no email."""
    return next((state for state, cause in CAUSES.items() if cause is undelivered.cause), None)


def show_one_email(visit: Visit) -> Answer:
    """Return an email as `compliance outbox show` does: its state, headers and text."""
    mail = _find(visit)
    crimes = crimes_told(visit.service.store, mail.id or 0)
    values = _words(visit) | {
        "mail": mail,
        "facts": _facts(visit, mail),
        "headers": {"To": mail.to_address, "Subject": mail.subject, "Message-ID": mail.message_id} | mail.headers,
        "crimes": crimes,
        "path": crime_path,
        "may_retry": mail.state in RESENDABLE,
        "may_cancel": mail.state in CANCELLABLE,
        "done": _DONE.get(visit.query.get("said", "")),
    }
    return Answer("email.html.j2", f"Email {mail.id}", values, crimes)


def crimes_of_email(visit: Visit) -> list[str]:
    """Return the crimes that an email tells of."""
    return crimes_told(visit.service.store, _find(visit).id or 0)


def change_email(visit: Visit) -> GoTo:
    """Send an email again at the next run, or cancel it, as the commands do."""
    number, store, do = _find(visit).id or 0, visit.service.store, visit.form.get("do")
    try:
        if do == "retry":
            send_again(store, [number], visit.now)
        elif do == "cancel":
            cancel_emails(store, [number])
        else:
            raise RefusedPageError("Nothing was changed", "Choose what to do.", "nothing to do was chosen", 400)
    except RecordError as error:
        words = f"{str(error).partition(';')[0]}. Load its page again."
        raise RefusedPageError("Nothing was changed", words, f"an email that cannot be changed by {do}", 409) from None
    return GoTo(f"/outbox/{number}?said={do}")


def _find(visit: Visit) -> Outbox:
    try:
        return show_email(visit.service.store, row_number(visit.place["number"]))
    except RecordError:
        words = "Emails are removed some time after they were sent."
        raise RefusedPageError("There is no such email", words, "no such email", 404) from None


def _history(visit: Visit, mail: Listed) -> str:
    """Return when what happened to an email in a list, as `compliance outbox list` says it."""
    first, at = "sent" if mail.sent_at else "queued", _minute(visit, mail.sent_at or mail.created_at)
    parts = [f"{first} {at}"] if mail.state == first else [mail.state, f"{first} {at}"]
    if mail.state == "uncertain" and mail.next_attempt_at is None:
        parts.insert(1, "held")
    if mail.state == "retry" and mail.deferred_since:
        parts.append(f"put off since {_minute(visit, mail.deferred_since)}")
    if mail.next_attempt_at:
        parts.append(f"again {_minute(visit, mail.next_attempt_at)}")
    return ", ".join(parts)


def _facts(visit: Visit, mail: Outbox) -> list[tuple[str, str]]:
    """Return what is known of an email, without what is not."""
    held = ", held until a person decides" if mail.state == "uncertain" and mail.next_attempt_at is None else ""
    found = [("State", f"{mail.state}: {_MEANINGS[mail.state]}{held}"), ("Problem", mail.problem)]
    moments = {
        "Queued": mail.created_at, "Last tried": mail.claimed_at, "Put off since": mail.deferred_since,
        "Sent": mail.sent_at, "Returned": mail.bounced_at, "Next try": mail.next_attempt_at,
    }  # fmt: skip
    found += [(name, _minute(visit, at)) for name, at in moments.items() if at is not None]
    found += [("Tries", f"{mail.attempts:,}"), ("Kind", mail.kind), ("Key", mail.key)]
    return [(name, text) for name, text in found if text]


def _minute(visit: Visit, at: datetime) -> str:
    """Return a local day and time."""
    local = visit.service.policy.local.clock_at(at)
    return f"{plain_date(local.date())} {local:%H:%M}"


def _words(visit: Visit) -> dict[str, Any]:
    names = officers(visit.service.store)
    return {"person": lambda ref: person_of(names, ref), "meanings": _MEANINGS}
