"""Wording for emails: dates, officers, and sentences about one victim's case."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from compliance.reminders.contact_holds import Hold
from compliance.reminders.morning import Decision
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.recipients import Directory
from compliance.reminders.waiting import Waiting
from compliance.store.kept.notice_kinds import Reason
from compliance.text import join_words
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
_TO_DECIDE: Final = {
    Reason.CONTACT_HOLD: "is not reminded: please decide whether and how the victim can be told safely",
    Reason.ATTEMPTS: "is no longer reminded: please decide on a letter, another way, or a contact hold",
}
"""Why the officer in the case is not notified although they could be, and what the reader must decide."""


class CardLabel(StrEnum):
    """What a card of a page says before some sentences, in the order of the card."""

    DO = "Do"
    QUERY = "Your query"
    WHY = "Why"
    WAY = "In the way"
    NOTE = "Note"
    NEXT = "Next"


class EntryRemark(NamedTuple):
    """A sentence on one victim's case, the clause of the rules it rests on, if any, and its label on a card."""

    text: str
    clause: str | None = None
    label: CardLabel = CardLabel.WAY


def day_text(day: date, today: date) -> str:
    """Return a date as `9 June`, with the year if it is not this year."""
    return f"{day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def plain(text: str) -> str:
    """Return a reference on one line, readable in only one direction: a record may hold any character."""
    return _UNREADABLE.sub(" ", text).strip()


def officer_text(ref: str, directory: Directory | None) -> str:
    """Return what an email calls an officer: `PC Sarah Ahmed (1042)`, or `officer 1042` if no name is known."""
    entry = None if directory is None else directory.entry(ref)
    name = plain(entry.name) if entry is not None and entry.name else ""
    return f"{name} ({plain(ref)})" if name else f"officer {plain(ref)}"


def last_update(waiting: Waiting, today: date) -> str:
    """Return when the victim last had a counted update, and how long they have heard nothing: `none yet, after 8 days`.

    Without an update the days are those since the report, or since the victim was added.
    """
    days = plural((today - waiting.silent_since).days, "day", "days")
    if waiting.last_update is not None:
        return f"{day_text(waiting.last_update, today)}, {days} ago"
    return f"none{' that counts' if waiting.uncounted or waiting.too_early else ''} yet, after {days}"


def plural(number: int, one: str, several: str) -> str:
    """Return a number with its noun: `1 day`, `3 days`."""
    return f"{number} {noun_of(number, one, several)}"


def away(officer: str | None, directory: Directory | None, today: date) -> str | None:
    """Return why an officer cannot act or be notified today, or None if they can.

    Examples: `is absent until 9 June`, `has left`.
    """
    why = None if directory is None or officer is None else directory.problem(officer)
    if directory is None or officer is None or why is None:
        return None
    if why is Reason.ABSENT and (back := directory.back_on(officer)):
        return f"is absent until {day_text(back - timedelta(days=1), today)}"
    if why is Reason.DEFERRED and (since := directory.deferred_since(officer)):
        return f"cannot be reached by email (deferred since {day_text(since, today)})"
    return _cannot(why)


def because(
    decisions: Sequence[Decision], directory: Directory | None, today: date, *, with_officer: bool = True
) -> list[EntryRemark]:
    """Return who has the case and why the reader is notified of it, if the reader does not have it; each reason once.

    `with_officer` is false under a heading that says who has the case.
    """
    instead = [d for d in decisions if not d.step.is_escalation and d.rerouted]
    said = instead or [d for d in decisions if d.step.is_escalation]
    texts = [text for decision in said for text in _in_place(decision)]
    if with_officer:
        texts = [text for decision in said for text in _describe_officer(decision, directory, today)] + texts
    texts += [
        f"With {officer_text(ref, directory)}, whose mailbox this is too."
        for decision in decisions
        if decision.own and (ref := decision.owed.waiting.officer_ref) and ref != decision.recipient_ref
    ]
    return list(map(EntryRemark, dict.fromkeys(texts)))


def _describe_officer(decision: Decision, directory: Directory | None, today: date) -> Iterator[str]:
    waiting, ref = decision.owed.waiting, decision.owed.waiting.officer_ref
    why = None if decision.step.is_escalation else decision.rerouted
    if ref is None:
        please = "allocate it" if waiting.is_open else "see that somebody tells the victim"
        yield f"Nobody has the case: please {please}." if why else "Nobody has the case."
    elif ref != decision.recipient_ref:
        officer, is_away = officer_text(ref, directory), away(ref, directory, today)
        if why in _TO_DECIDE:
            yield f"With {officer}, who {_TO_DECIDE[why]}."
        else:
            is_away = is_away or (_cannot(why) if why else None)
            yield f"{'In place of' if why else 'With'} {officer}{f', who {is_away}' if is_away else ''}."


def _in_place(decision: Decision) -> Iterator[str]:
    if decision.rerouted and decision.step.is_escalation:
        yield f"You get this in place of somebody who {_cannot(decision.rerouted)}."


def _cannot(why: Reason) -> str:
    return _WHY.get(why, "cannot be told")


def hold_line(hold: Hold, today: date) -> str | None:
    """Return the line shown first for a victim under a contact hold today, or None.

    An example: `Do not contact: a hold is in force until 20 April (reason as recorded)`.
    """
    if not hold.now:
        return None
    until = f" until {day_text(hold.until, today)}" if hold.until is not None else ""
    reasons = "; ".join(filter(None, map(plain, hold.reasons))) or "no reason is recorded"
    if len(reasons) > _LONGEST_REASON:
        reasons = f"{reasons[:_LONGEST_REASON].rstrip()}…"
    return f"Do not contact: a hold is in force{until} ({reasons})"


def describe_obstacles(waiting: Waiting, owed: Sequence[Owed], today: date, *, own: bool) -> Iterator[EntryRemark]:
    """Yield sentences on what the record shows that stands in the way; `own` means that the reader has the case."""
    yield from map(EntryRemark, _holds(waiting.hold, today))
    yield from _describe_decline(waiting, today)
    if any(item.standing is Standing.CLOSED for item in owed) and waiting.closed_on:
        please = "please tell the victim the outcome" if own else "the victim is to be told the outcome"
        closed = f"The case closed on {day_text(waiting.closed_on, today)}: {please}."
        yield EntryRemark(closed, label=CardLabel.DO)
    for said in _describe_handover(waiting, owed, today, own=own):
        yield EntryRemark(said, label=CardLabel.NOTE)
    if waiting.attempts:
        what = _on(waiting.attempts, ("An attempt", "does"), ("Attempts", "do"), today)
        again = ": please try again" if own and not waiting.hold.now and len(waiting.attempts) == 1 else ""
        yield EntryRemark(f"{what} not count{again}.", "2.4")


def remarks(waiting: Waiting, owed: Sequence[Owed], today: date, *, own: bool) -> Iterator[EntryRemark]:
    """Yield sentences on what is owed, and on what is recorded and does not count.

    They never suggest that the officer did nothing (rules 8). `own` means that the reader has the case.
    """
    is_closed = any(item.standing is Standing.CLOSED for item in owed) and waiting.closed_on
    if not is_closed and (late := len([item for item in owed if item.days_over > 0])) > 1:
        yield EntryRemark(f"One update covers {'both' if late == 2 else 'all'}.", label=CardLabel.NOTE)
    longest = max(owed, key=lambda item: item.missed_before, default=None)
    if longest is not None and longest.missed_before and longest.first_due:
        due, one = day_text(longest.first_due, today), longest.missed_before == 1
        many = f"The {longest.missed_before} before it, the first due by {due}, were"
        yield EntryRemark(
            f"{f'The one before it, due by {due}, was' if one else many} missed too.", "4.5", CardLabel.WHY
        )
    for item in owed:
        if item.same_day:
            # A victim added to the record later has their own day 0 (rules 3).
            what = (
                "the day of the report" if item.clock_date == waiting.reported_on else "the day this victim was added"
            )
            whose = "Your" if own and waiting.officer_ref in waiting.day_0_by else "An"
            recorded = f"{whose} update on {day_text(item.clock_date, today)}, {what}, is recorded"
            yield EntryRemark(f"{recorded}: the policy asks for one more.", "3.3", CardLabel.WHY)
    yield from _too_early(waiting, today)
    if waiting.uncounted:
        what = _on(waiting.uncounted, ("A contact", "is"), ("Contacts", "are"), today)
        yield EntryRemark(f"{what} not recorded in a way that counts.", "2.4", CardLabel.WHY)


def _describe_decline(waiting: Waiting, today: date) -> Iterator[EntryRemark]:
    """Yield until when the victim declined updates, if there has been none since."""
    since, until = waiting.declined_on, waiting.declined_until
    if since is not None and until is not None and not waiting.updated_since(until):
        yield EntryRemark(
            f"Declined updates from {day_text(since, today)} until {day_text(until, today)}.", "5.4", CardLabel.NOTE
        )


def _describe_handover(waiting: Waiting, owed: Sequence[Owed], today: date, *, own: bool) -> Iterator[str]:
    """Yield when the officer got the case, if they had it only briefly by the due date, or have got it again since."""
    handed_over_on = next((item.handed_over_on for item in owed if item.handed_over_on), None)
    since, whose = waiting.officer_since, "With you" if own else "With them"
    if since is None or not owed:
        return
    if waiting.again:
        if handed_over_on or any(item.due_date < since for item in owed):
            yield f"{whose} again since {day_text(since, today)}."
    elif handed_over_on:
        before = all(item.due_date < handed_over_on for item in owed)
        yield f"{whose} since {day_text(handed_over_on, today)}{'; owed before that' if before else ''}."


def _holds(hold: Hold, today: date) -> Iterator[str]:
    """Yield what anyone about to make contact must know about contact holds."""
    if hold.is_open and hold.until:
        yield f"The hold has no recorded end: it counts until {day_text(hold.until, today)}, unless renewed."
    if hold.lapsed:
        yield (
            f"A contact hold of {day_text(hold.lapsed, today)} has no recorded end and no longer counts: before any "
            "contact, make sure that it is over."
        )
    if hold.of_another:
        yield "Another victim of this crime is under a contact hold: before any contact, check why."


def _too_early(waiting: Waiting, today: date) -> Iterator[EntryRemark]:
    """Yield the sentence on an update that came before the victim's D0."""
    if waiting.too_early is None:
        return
    on = f"The update on {day_text(waiting.too_early, today)} does not count"
    if waiting.added_on:
        yield EntryRemark(f"{on}: this victim was added on {day_text(waiting.added_on, today)}.", "3.5", CardLabel.WHY)
    else:
        reported = day_text(waiting.reported_on, today)
        wrong = f"{on}: it is dated before the report on {reported}. If its date is wrong, correct it."
        yield EntryRemark(wrong, "3.5", CardLabel.WHY)


def _on(days: Sequence[date], one: tuple[str, str], several: tuple[str, str], today: date) -> str:
    """Return the latest few dates between a noun and its verb: `Attempts on 8 June and 9 June do`."""
    texts = [day_text(day, today) for day in days[-_SHOWN_ATTEMPTS:]]
    noun, verb = one if len(texts) == 1 else several
    return f"{noun} on {join_words(texts)} {verb}"
