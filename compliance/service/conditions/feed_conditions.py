"""Conditions of how the crime system is read: whether records and the officer directory come at all."""

from datetime import datetime, timedelta
from typing import Final

from compliance.errors import System
from compliance.service.conditions.condition import of_stored
from compliance.service.conditions.service_facts import ServiceFacts, StoredFacts
from compliance.store import JobRun
from compliance.store.kept.notice_kinds import Reason
from compliance.text import count_noun, describe_age, plural

SILENT_GRACE: Final = timedelta(hours=1)
"""An export that comes once a day comes some minutes earlier or later."""
FAILURES: Final = 3
"""How many polls in a row fail before it is more than a hiccup. An export that fails is set aside, so one is enough."""
NOT_STARTED: Final = timedelta(hours=1)
"""How long no poll may begin: the other jobs, which wait for one another, may take as long."""
MISSED_POLLS: Final = 3
WAITED_LONG: Final = timedelta(hours=1)
"""How long the files of one export may come one after another."""
DIRECTORY_OLD: Final = timedelta(days=7)


def minute(at: datetime) -> str:
    """Return an instant as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%MZ}"


@of_stored
def find_feed_silent(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """The crime system was not read to its end for longer than `stale_hours`."""
    read_at, hours, again_at = stored.feed.read_at, facts.settings.reminders.stale_hours, stored.feed.ask_again_at
    stops = "Until it is, no emails are sent and no report is made."
    if again_at is not None and again_at > facts.now:
        stops += f" It asked for no requests before {minute(again_at)}."
    if read_at is None:
        return f"The crime system has never been read to its end. {stops}"
    age = facts.now - read_at
    if age <= timedelta(hours=hours) + SILENT_GRACE:
        return None
    return f"The crime system was last read to its end {describe_age(age)} ago, on {minute(read_at)}. {stops}"


def find_feed_refuses_us(facts: ServiceFacts) -> str | None:
    """The crime system refuses this service: no later poll can succeed."""
    run = _refused_poll(facts)
    if run is None or run.failing_since is None:
        return None
    return f"The crime system has refused this service since {minute(run.failing_since)}: {run.problem}."


def _refused_poll(facts: ServiceFacts) -> JobRun | None:
    polls = (run for run in facts.jobs if run.name == "poll" and run.system is System.CRIME_SYSTEM)
    return next((run for run in polls if run.failures and run.is_lasting), None)


@of_stored
def find_feed_rejected(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """Polls fail one after another."""
    feed = stored.feed
    if feed.failing_since is None or feed.failures < (1 if facts.settings.crime_system.kind == "files" else FAILURES):
        return None
    if feed.change is not None or _refused_poll(facts) is not None:
        return None  # said already, with what to do about it
    polls = f"{count_noun(feed.failures, 'poll')} {plural(feed.failures, 'has', 'have')} failed"
    return f"{polls} since {minute(feed.failing_since)} and none was complete. The last problem: {feed.problem}."


@of_stored
def find_reminders_held(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """Everybody's emails wait, because of the crime system."""
    held = stored.held
    if held is None:
        return None
    wait = f"{count_noun(held.officers, 'officer')} {plural(held.officers, 'waits', 'wait')}."
    if held.reason is Reason.RECOVERING:
        return (
            f"The crime system was unavailable until {minute(held.since)}, so officers have one working day to record "
            f"updates before emails go out. {wait}"
        )
    hours = facts.settings.reminders.stale_hours
    return (
        f"No emails are sent, because the crime system was last read to its end on {minute(held.since)}, more than "
        f"{hours} hours ago. {wait}"
    )


@of_stored
def find_export_waiting(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """An export is not whole, and nothing after it is read."""
    waits, since = stored.feed.waits, stored.feed.waits_since
    if waits is None or since is None or facts.now - since < WAITED_LONG:
        return None
    return (
        f"For {describe_age(facts.now - since)}, since {minute(since)}, {waits}. Neither it nor a later export is read."
    )


@of_stored
def find_feed_changed(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """The settings name another crime system than the stored cursor belongs to."""
    change = stored.feed.change
    return None if change is None else f"{change[0].upper()}{change[1:]}. It is not read until a person decides."


@of_stored
def find_service_stopped(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """No poll begins any more."""
    began_at, stopped_at = stored.feed.began_at, stored.stopped_at
    minutes = facts.settings.crime_system.poll_minutes
    allowed = MISSED_POLLS * timedelta(minutes=minutes)
    if stopped_at is not None:
        if (age := facts.now - stopped_at) <= allowed:
            return None
        return (
            f"The service was stopped {describe_age(age)} ago, on {minute(stopped_at)}, and no poll is known to have "
            "begun since."
        )
    if began_at is None:
        return None
    allowed = max(NOT_STARTED, allowed)
    if stored.feed.under_way:  # a first reading takes hours
        allowed = max(allowed, timedelta(hours=facts.settings.reminders.stale_hours))
    age = facts.now - began_at
    if age <= allowed:
        return None
    return (
        f"No poll is known to have begun for {describe_age(age)}, since {minute(began_at)}, though one should begin "
        f"every {minutes:g} {'minute' if minutes == 1 else 'minutes'}: the service has stopped, or hangs."
    )


@of_stored
def find_directory_missing(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """No officer directory was ever accepted."""
    if stored.feed.directory is not None or stored.feed.directory_problem is None:
        return None
    return (
        "No officer directory is in force, so no officer can be emailed. The last one was not accepted: "
        f"{stored.feed.directory_problem}."
    )


@of_stored
def find_directory_refused(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """The newest officer directory was not accepted, and an older one is in force."""
    good, problem = stored.feed.directory, stored.feed.directory_problem
    if good is None or problem is None or 0 < stored.feed.directory_failures < FAILURES:
        return None
    return f"The newest officer directory was not accepted: {problem}. The one of {minute(good.as_of)} stays in force."


@of_stored
def find_directory_old(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """The officer directory in force has not been confirmed for long."""
    good = stored.feed.directory
    if good is None or facts.now - good.as_of <= DIRECTORY_OLD:
        return None
    return (
        f"The officer directory was last read {describe_age(facts.now - good.as_of)} ago, on {minute(good.as_of)}. "
        "Emails do not allow for anyone who has left or been absent since."
    )
