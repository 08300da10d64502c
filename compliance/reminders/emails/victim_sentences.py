"""Wording for emails: dates, and sentences about one victim's case."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from compliance.reminders.contact_holds import Hold
from compliance.reminders.decisions import Decision
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.recipients import Directory
from compliance.reminders.waiting import Waiting
from compliance.store.notice_kinds import Reason
from compliance.text import plural as noun_of

_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_SHOWN_ATTEMPTS: Final = 3
_LONGEST_REASON: Final = 80
_WHY: Final = {
    Reason.ABSENT: "is absent",
    Reason.LEFT: "has left",
    Reason.UNKNOWN: "is not in the officer directory",
    Reason.NO_ADDRESS: "has no email address",
    Reason.BAD_ADDRESS: "has an email address that cannot be used",
    Reason.REFUSED: "cannot be reached by email",
    Reason.BOUNCED: "cannot be reached by email",
    Reason.DEFERRED: "cannot be reached by email",
}


def day_text(day: date, today: date) -> str:
    """Return a date as `Tuesday 9 June`, with the year if it is not this year."""
    return f"{day:%A} {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def plain(text: str) -> str:
    """Return a reference on one line, readable in only one direction: a record may hold any character."""
    return _UNREADABLE.sub(" ", text).strip()


def last_update(waiting: Waiting, today: date) -> str:
    """Return when the victim last had a counted update, and how long they have heard nothing."""
    days = plural((today - waiting.silent_since).days, "day", "days")
    if waiting.last_update is not None:
        return f"{day_text(waiting.last_update, today)}, {days} ago"
    none = "none that counts" if waiting.uncounted or waiting.too_early else "none recorded"
    return f"{none}, {days} since {'this victim was added' if waiting.added_on else 'the report'}"


def plural(number: int, one: str, several: str) -> str:
    """Return a number with its noun: `1 day`, `3 days`."""
    return f"{number} {noun_of(number, one, several)}"


def away(officer: str | None, directory: Directory | None, today: date) -> str | None:
    """Return why an officer cannot act or be notified today, or None if they can.

    Examples: `is absent until Tuesday 9 June`, `has left`.
    """
    why = None if directory is None or officer is None else directory.problem(officer)
    if directory is None or officer is None or why is None:
        return None
    if why is Reason.ABSENT and (back := directory.back_on(officer)):
        return f"is absent until {day_text(back - timedelta(days=1), today)}"
    if why is Reason.DEFERRED and (since := directory.deferred_since(officer)):
        return f"cannot be reached by email: their mailbox has put off every mail since {day_text(since, today)}"
    return _cannot(why)


def because(decisions: Sequence[Decision], is_away: str | None) -> list[str]:
    """Return why the reader is notified of another officer's case, each reason once.

    `is_away` says why that officer cannot act.
    """
    instead = [d for d in decisions if not d.step.is_escalation and d.rerouted]
    said = instead or [d for d in decisions if d.step.is_escalation]
    return list(dict.fromkeys(sentence for decision in said for sentence in _because(decision, is_away)))


def _because(decision: Decision, is_away: str | None) -> Iterator[str]:
    waiting, why = decision.owed.waiting, decision.rerouted
    officer = f"officer {plain(waiting.officer_ref)}" if waiting.officer_ref else None
    if decision.step.is_escalation:
        if officer and waiting.officer_ref != decision.recipient_ref:
            yield f"{officer[0].upper()}{officer[1:]} has the case" + (f" and {is_away}." if is_away else ".")
        elif not officer:
            yield "Nobody has the case."
        if why:
            yield f"You get this because whoever would be told first {_cannot(why)}."
    elif why is Reason.NOBODY:
        what = "please allocate it" if waiting.is_open else "please see that somebody tells the victim"
        yield f"You get this because nobody has the case: {what}."
    elif why in (Reason.CONTACT_HOLD, Reason.ATTEMPTS):
        yield from _to_decide(why, officer or "an officer", decision.owed.standing is Standing.CLOSED)
    elif why:
        yield f"You get this because {officer}, who has the case, {is_away or _cannot(why)}."


def _to_decide(why: Reason, whom: str, is_closed: bool) -> Iterator[str]:
    """Yield what the officer in the case is not reminded of and the reader must decide."""
    if why is Reason.ATTEMPTS:
        yield (
            f"The attempts below did not reach the victim, so that {whom} is not reminded any more. Please decide: a "
            "letter, another way, or a contact hold."
        )
        return
    decide = "please decide how it can be given safely"
    yield f"A contact hold is recorded, so that {whom} is not reminded. " + (
        f"No update that counts is recorded since the case closed: {decide}."
        if is_closed
        else f"The update is still owed: {decide}."
    )


def _cannot(why: Reason) -> str:
    return _WHY.get(why, "cannot be told")


def hold_line(hold: Hold, today: date) -> str | None:
    """Return the line shown first for a victim under a contact hold today, or None.

    An example: `Do not contact: a hold is in force until 20 April (reason as recorded)`.
    """
    if not hold.now:
        return None
    until = ""
    if hold.until is not None:
        year = f" {hold.until.year}" if hold.until.year != today.year else ""
        until = f" until {hold.until.day} {hold.until:%B}{year}"
    reasons = "; ".join(filter(None, map(plain, hold.reasons))) or "no reason is recorded"
    if len(reasons) > _LONGEST_REASON:
        reasons = f"{reasons[:_LONGEST_REASON].rstrip()}…"
    return f"Do not contact: a hold is in force{until} ({reasons})"


def remarks(waiting: Waiting, owed: Sequence[Owed], today: date, *, own: bool) -> Iterator[str]:
    """Yield sentences on what the record shows and what did not count.

    They never suggest that the officer did nothing (rules 8). `own` means that the reader has the case.
    """
    yield from _holds(waiting.hold, today)
    if any(item.standing is Standing.CLOSED for item in owed) and waiting.closed_on:
        since = (
            "" if waiting.last_update else "the day this victim was added, " if waiting.added_on else "the report on "
        )
        yield (
            f"This case closed on {day_text(waiting.closed_on, today)}. No update that counts is recorded since {since}"
            f"{day_text(waiting.silent_since, today)}. Please tell the victim the outcome."
        )
    elif (late := len([item for item in owed if item.days_over > 0])) > 1:
        yield f"One update discharges {'both' if late == 2 else 'all'}."
    yield from _describe_handover(waiting, owed, today, own=own)
    longest = max(owed, key=lambda item: item.missed_before, default=None)
    if longest is not None and longest.missed_before and longest.first_due:
        due, silent = day_text(longest.first_due, today), (today - waiting.silent_since).days
        one = longest.missed_before == 1
        many = f"The {longest.missed_before} updates before it, the first due by {due}, were"
        what = f"The update due by {due} was" if one else many
        yield f"{what} missed too: the victim has heard nothing that counts for {silent} days (rules 4.5)."
    for item in owed:
        if item.same_day:
            # A victim added to the record later has their own day 0 (rules 3).
            what = (
                "the day of the report" if item.clock_date == waiting.reported_on else "the day this victim was added"
            )
            whose = "Your" if own and waiting.officer_ref in waiting.day_0_by else "An"
            yield (
                f"{whose} update on {day_text(item.clock_date, today)}, {what}, is recorded. "
                f"The policy asks for one more by {day_text(item.due_date, today)}."
            )
    yield from _too_early(waiting, today)
    if waiting.attempts:
        what = _on(waiting.attempts, "An attempt on", "Attempts on", today)
        yield f"{what} recorded; an attempt does not count as an update (rules 2.4)."
    if waiting.uncounted:
        what = _on(waiting.uncounted, "A contact on", "Contacts on", today)
        yield f"{what} recorded, but not in a way that counts as an update (rules 2.4)."


def _describe_handover(waiting: Waiting, owed: Sequence[Owed], today: date, *, own: bool) -> Iterator[str]:
    """Yield when the officer got the case, if they had it only briefly by the due date, or have got it again since."""
    handed_over_on = next((item.handed_over_on for item in owed if item.handed_over_on), None)
    since = waiting.officer_since
    who = "You have" if own else f"Officer {plain(waiting.officer_ref or '')} has"
    if since is None or not owed:
        return
    if waiting.again:
        if handed_over_on or any(item.due_date < since for item in owed):
            yield f"{who} the case again since {day_text(since, today)}."
    elif handed_over_on:
        whose = "yours" if own else "theirs"
        before = all(item.due_date < handed_over_on for item in owed)
        was_owed = f"; this was owed before it was {whose}" if before else ""
        yield f"{who} had this case since {day_text(handed_over_on, today)}{was_owed}."


def _holds(hold: Hold, today: date) -> Iterator[str]:
    """Yield what anyone about to make contact must know about contact holds."""
    if hold.is_open and hold.until:
        until = day_text(hold.until, today)
        yield f"The contact hold has no end of its own: it counts until {until}, unless it is renewed."
    if hold.lapsed:
        yield (
            f"A contact hold was recorded on {day_text(hold.lapsed, today)} without an end, and does not count any "
            "more: before any contact, make sure that it is over."
        )
    if hold.of_another:
        yield "Contact with another victim of this crime is on hold: before any contact, check why."


def _too_early(waiting: Waiting, today: date) -> Iterator[str]:
    """Yield the sentence on an update that came before the victim's D0."""
    if waiting.too_early is None:
        return
    on = day_text(waiting.too_early, today)
    if waiting.added_on:
        yield (
            f"The update on {on} came before this victim was added to the record; it does not count for them. Their "
            f"time runs from {day_text(waiting.added_on, today)}, the day they were added (rules 3.5)."
        )
    else:
        yield (
            f"The update on {on} is dated before the report on {day_text(waiting.reported_on, today)} and does not "
            "count (rules 3.5); if its date is wrong, correct it."
        )


def _on(days: Sequence[date], one: str, several: str, today: date) -> str:
    """Return the latest few dates in words: `An attempt on DATE is`, `Attempts on DATE and DATE are`."""
    texts = [day_text(day, today) for day in days[-_SHOWN_ATTEMPTS:]]
    if len(texts) == 1:
        return f"{one} {texts[0]} is"
    return f"{several} {', '.join(texts[:-1])} and {texts[-1]} are"
