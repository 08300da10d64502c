"""A policy in plain English, made from its file: each sentence with the clauses of the rules behind it."""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from compliance.policy.calendars import from_day, plain_date
from compliance.policy.model import Policy
from compliance.policy.requirement import Repeat, Requirement, Within
from compliance.text import count_noun, join_words


class PolicySentence(NamedTuple):
    """What a policy says about one matter. `clause`: one or more numbers of the rules, such as `3.1, 7.2`."""

    matter: str
    text: str
    clause: str


_REPORT: Final = (
    "the day on which the crime was reported, not that on which it was recorded; for a victim added later, the day on "
    "which they were added. That day is day 0."
)


def describe_requirement(policy: Policy, asked: Requirement) -> Iterator[PolicySentence]:
    """Yield what a requirement of a policy asks: of whom, from when, by when, by what, how often and until when."""
    yield _whom(asked)
    yield from _in_force(asked)
    yield _clock(asked)
    yield from _limits(asked)
    yield from _meets(policy, asked)
    yield from _repeats(asked)
    yield _when_closed(policy, asked)


def describe_common(policy: Policy) -> Iterator[PolicySentence]:
    """Yield what holds for every requirement of a policy."""
    outcomes, methods = join_words(policy.counted_outcomes, "or"), policy.counted_methods
    by = f"by {join_words(methods, 'or')}" if methods else "by any method"
    yield PolicySentence("An update", f"a contact recorded with the outcome {outcomes}, {by}; no other counts.", "2.4")
    if policy.exempt_victims:
        who = join_words(policy.exempt_victims)
        yield PolicySentence("Nobody to update", f"victims of category {who}: exempt, and shown apart.", "5.5")
    yield PolicySentence("Declined", "what falls due while a victim declines updates is exempt.", "5.4")
    yield PolicySentence("Cancelled", "nothing is owed on a crime while it is cancelled.", "5.3")
    yield PolicySentence("Days", f"dates are those of {policy.timezone}, summer time included.", "2.6")
    if policy.counts_working_days:
        last = plain_date(from_day(policy.working.last))
        text = f"Monday to Friday without the bank holidays of {policy.working.name}, known until {last}."
        yield PolicySentence("Working days", text, "6.1")
    late = count_noun(policy.late_entry_days, "day")
    text = f"an update entered more than {late} after it took place counts from the day it took place, and is shown."
    yield PolicySentence("Entered late", text, "8")


def _whom(asked: Requirement) -> PolicySentence:
    text, clauses = "every victim", ["2.2"]
    if asked.only_for:
        text, clauses = f"victims of category {join_words(asked.only_for, 'or')}, and no others", ["9.5"]
    elif asked.except_for:
        text, clauses = f"every victim but those of category {join_words(asked.except_for, 'or')}", ["A1a"]
    if asked.only_offences:
        text += f", of crimes in the offence groups {join_words(asked.only_offences)} only"
        clauses.append("A2")
    elif asked.except_offences:
        text += f", of all crimes but those in the offence groups {join_words(asked.except_offences)}"
        clauses.append("A2a")
    return PolicySentence("Owed to", f"{text}.", ", ".join(clauses))


def _in_force(asked: Requirement) -> Iterator[PolicySentence]:
    what = "events" if asked.event else "crimes reported"
    if asked.since or asked.until:
        yield PolicySentence("In force", f"for {what} {_days(asked.since, asked.until)}.", "6.2")
    if asked.takes_over and asked.since:
        text = f"from {plain_date(asked.since)} on it takes the place of {asked.takes_over}, for open cases too."
        yield PolicySentence("Takes over", text, "A5")


def _days(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        return f"until {plain_date(until)}" if until else f"from {plain_date(since)} on" if since else ""
    return f"from {plain_date(since)} to {plain_date(until)}"


def _clock(asked: Requirement) -> PolicySentence:
    if asked.event:
        text = f"each event “{asked.event.replace('_', ' ')}” in the record, from the moment at which it happens."
        return PolicySentence("Runs from", text, "7.1")
    if asked.is_in_hours:
        return PolicySentence("Runs from", "the moment of the report; for a victim added later, that moment.", "A6")
    return PolicySentence("Runs from", _REPORT, "9.1")


def _limits(asked: Requirement) -> Iterator[PolicySentence]:
    clause = "A6" if asked.is_in_hours else "3.1" if asked.shows_same_day else "9.1, 6.1"
    note = {"days": "the last day included", "working_days": "the last one included", "hours": "to the second"}
    unit = next(name for name in note if getattr(asked.within, name))
    yield PolicySentence("Due within", f"{_length(asked.within)}, {note[unit]}.", clause)
    if asked.enhanced and asked.enhanced.within:
        yield PolicySentence("Enhanced victims", f"due within {_length(asked.enhanced.within)}.", "7.2")
    if asked.honour_agreed_interval:
        text = (
            "where a number of days was agreed with the victim, that takes the place of both the limit and the repeat."
        )
        yield PolicySentence("Agreed with the victim", text, "7.4")


def _length(limit: Within | Repeat) -> str:
    hours = limit.hours if isinstance(limit, Within) else None
    given = ((hours, "hour"), (limit.working_days, "working day"), (limit.days, "day"))
    return next(count_noun(number, noun) for number, noun in given if number)


def _meets(policy: Policy, asked: Requirement) -> Iterator[PolicySentence]:
    if asked.after:
        text = (
            f"a further update: not the first one in time for {asked.after}, but one on a later day; without such an "
            f"update, one after {asked.after} was due."
        )
        if not policy.requirement_by_id(asked.after).is_for_everyone:
            text += f" Where {asked.after} is not owed to the victim, what it comes after takes its place, if anything."
        yield PolicySentence("Met by", text, "4.2, 9.4" if asked.repeat_every else "9.4")
    elif asked.event:
        text = "an update at or after the event, later on the same day too. One update may meet several requirements."
        yield PolicySentence("Met by", text, "7.1, 7.3")
    elif asked.is_in_hours:
        yield PolicySentence("Met by", "an update at or after that moment.", "A6")
    elif asked.same_day == "counts":
        yield PolicySentence("Met by", "an update on the day of the report, or on a later one.", "9.2")
    else:
        text = "an update on a day after that of the report. One on that day is kept and shown, and does not meet it."
        yield PolicySentence("Met by", text, "3.3" if asked.shows_same_day else "9.2")
    if asked.recording_day == "does not count":
        yield PolicySentence("Recording", "an update on the day of recording does not meet it.", "9.7")
    elif asked.shows_same_day:
        yield PolicySentence("Recording", "an update on the day of recording counts, if that is a later day.", "3.4")


def _repeats(asked: Requirement) -> Iterator[PolicySentence]:
    if asked.repeat_every is None:
        return
    every, clause = _length(asked.repeat_every), "4.4, 4.5"
    if asked.repeat_every.working_days:
        clause += ", A3"
    text = (
        f"again every {every}, counted from the last update. Silence goes on counting: {every} after a due date "
        "without an update, the next one is due."
    )
    yield PolicySentence("Repeats", text, clause)
    if asked.enhanced and asked.enhanced.repeat_every:
        text = f"again every {_length(asked.enhanced.repeat_every)}."
        yield PolicySentence("Enhanced victims, repeats", text, "A1")


def _when_closed(policy: Policy, asked: Requirement) -> PolicySentence:
    if not asked.open_only:
        days = count_noun(policy.owed_after_close_days, "day")
        return PolicySentence(
            "Case closed", f"it is owed all the same, until the case has been closed for {days}.", "3.6"
        )
    text = "it falls away if the case is not open at the end of the due date. What is overdue when it closes is missed."
    if asked.repeat_every:
        return PolicySentence("Case closed", f"{text} If the case is opened again, it goes on.", "4.1, 5.6, 4.6")
    return PolicySentence("Case closed", text, "4.1, 5.6")
