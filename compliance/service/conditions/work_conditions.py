"""Conditions of the service's own work: emails, reports, jobs, and what it needs for them."""

from datetime import datetime, timedelta
from typing import Final

from compliance.errors import System
from compliance.policy.calendars import plain_date, to_day
from compliance.reminders import find_disagreement
from compliance.reports.wording.sentences import sentence
from compliance.service.calendar_notes import warn_of_end
from compliance.service.conditions.condition import of_stored
from compliance.service.conditions.email_facts import CARD_LATE, DEFERRED_LONG, OPEN_LONG, REFUSED_LATELY
from compliance.service.conditions.feed_conditions import FAILURES, minute
from compliance.service.conditions.service_facts import ServiceFacts, StoredFacts
from compliance.service.noting.job_runs import ALERTS, INBOUND, RELOAD, ROW_FILTERS, SEND, STAMP
from compliance.store import DatabaseReplacedError, JobRun, NoSchemaError, WrongSchemaError
from compliance.text import count_noun, describe_age, join_words, plural

FILLING_WITHIN: Final = timedelta(days=30)
SURE_AFTER: Final = timedelta(days=7)
"""The shortest time whose growth says how it goes on: the first days read years of crimes."""
UNREACHABLE_LONG: Final = timedelta(hours=12)
"""For how long a mail server fails before fewer attempts count: `remind` by cron tries once a day, and the digests that
wait are replaced each morning, so none grows old."""
ROOM_NEEDED: Final = 2**30
"""The free bytes below which a disk is nearly full, if the database is smaller than that."""


STOPPED_LONG: Final = timedelta(days=2)
"""The age after which the last run of a job says nothing any more: each runs once a day or more often."""


def find_database_missing(facts: ServiceFacts) -> str | None:
    """There is no database, or nothing in it."""
    if not isinstance(facts.trouble, NoSchemaError):
        return None
    return f"The database {facts.database} does not exist, or holds nothing yet."


def find_schema_behind(facts: ServiceFacts) -> str | None:
    """The schema of the database is not this version's."""
    return _sentence(facts.trouble) if isinstance(facts.trouble, WrongSchemaError) else None


def find_database_replaced(facts: ServiceFacts) -> str | None:
    """The database file is not the one that the service was using."""
    return f"{facts.replaced[0].upper()}{facts.replaced[1:]}." if facts.replaced else None


def find_database_unusable(facts: ServiceFacts) -> str | None:
    """The database cannot be used for another reason."""
    told_elsewhere = NoSchemaError | WrongSchemaError | DatabaseReplacedError
    known = facts.trouble is None or isinstance(facts.trouble, told_elsewhere)
    return None if known else _sentence(facts.trouble)


def _sentence(trouble: BaseException | None) -> str:
    said = str(trouble)
    return f"{said[0].upper()}{said[1:]}."


def find_disk_nearly_full(facts: ServiceFacts) -> str | None:
    """A disk has less room than a copy of the database needs."""
    needed = max(ROOM_NEEDED, 0 if facts.stored is None else facts.stored.size)
    full = [disk for disk in facts.disks if disk.free < needed]
    if not full:
        return None
    left = join_words([f"{bytes_in_words(disk.free)} on the disk of {disk.folder}" for disk in full])
    return f"Only {left} are free, less than the {bytes_in_words(needed)} that the service may need for its next steps."


@of_stored
def find_disk_filling(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """The disk of the database file will be full soon, at the rate of the last 30 days."""
    left, growth = facts.time_to_full_disk, stored.growth
    if left is None or growth is None or growth.time < SURE_AFTER or left >= FILLING_WITHIN:
        return None
    return (
        f"The database has grown by {bytes_in_words(growth.size)} in {describe_age(growth.time)}; at this rate its "
        f"disk is full in {describe_age(left)}."
    )


def bytes_in_words(size: int) -> str:
    """Return a number of bytes as people read it: `1.2 GB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1000:,.1f} kB"


@of_stored
def find_outbox_old(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """An email was not sent though a whole working day's hours for sending have passed."""
    since, emails = stored.emails.waiting_since, stored.emails.by_state
    if since is None or since >= _last_whole_day(facts):
        return None
    waiting = emails["queued"] + emails["retry"]
    return (
        f"{count_noun(waiting, 'email')} {plural(waiting, 'waits', 'wait')} to be sent, the oldest for "
        f"{describe_age(facts.now - since)}, since {minute(since)}: longer than a whole working day."
    )


def _last_whole_day(facts: ServiceFacts) -> datetime:
    """Return the instant at which emails began to go out on the newest working day whose hours have passed."""
    rules, policy = facts.settings.reminders, facts.policy
    day = policy.local.date_of(facts.now)
    while policy.local.instant_at(day, rules.send_until) > facts.now or not policy.working.is_working(to_day(day)):
        day -= timedelta(days=1)
    return policy.local.instant_at(day, rules.send_from)


@of_stored
def find_emails_held(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Uncertain emails wait for a person."""
    held = stored.emails.held
    if not held:
        return None
    return (
        f"{count_noun(held, 'email')} {plural(held, 'is', 'are')} held: the mail server may or may not have accepted "
        f"{plural(held, 'it', 'them')}, and a person decides."
    )


@of_stored
def find_emails_uncertain(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Uncertain emails are sent again by the next run."""
    count = stored.emails.uncertain
    if not count:
        return None
    return (
        f"The mail server may or may not have accepted {count_noun(count, 'email')}. The next run sends "
        f"{plural(count, 'it', 'them')} again, so someone may get one twice."
    )


@of_stored
def find_emails_refused(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """The mail server refused emails lately."""
    count = stored.emails.refused
    if not count:
        return None
    return f"The mail server has refused {count_noun(count, 'email')} in the last {REFUSED_LATELY.days} days."


@of_stored
def find_emails_bounced(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Emails bounced lately."""
    count = stored.emails.bounced
    if not count:
        return None
    return (
        f"{count_noun(count, 'email')} {plural(count, 'has', 'have')} bounced in the last {REFUSED_LATELY.days} days."
    )


@of_stored
def find_disputes_waiting(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Disputes have been open for long."""
    count = stored.emails.disputes
    if not count:
        return None
    have = plural(count, "has", "have")
    return f"{count_noun(count, 'dispute')} {have} been open for {OPEN_LONG.days} days or more."


@of_stored
def find_emails_deferred(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Mailboxes have deferred emails for long."""
    count = stored.emails.deferred
    if not count:
        return None
    have = plural(count, "has", "have")
    return (
        f"{count_noun(count, 'email')} {have} been deferred by the recipient's mailbox for {DEFERRED_LONG.days} days."
    )


@of_stored
def find_cards_not_taken(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Microsoft Teams does not take cards for leaders."""
    count = stored.emails.cards
    if not count:
        return None
    return (
        f"Microsoft Teams has refused, or not taken for {count_noun(CARD_LATE.days, 'day')}, "
        f"{count_noun(count, 'card')} for leaders."
    )


@of_stored
def find_report_owed(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """A report should have been published a day ago."""
    if not stored.owed:
        return None
    newest = f" (last published: {stored.report.period})" if stored.report else ""
    return f"The {plural(len(stored.owed), 'report')} of {join_words(stored.owed)} should have been published{newest}."


@of_stored
def find_report_held(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """Something stands against a report that is owed."""
    said = [
        f"The report of {held.period} has been held since {minute(held.since)}. {held.words}"
        for held in stored.held_reports
    ]
    return " ".join(said) or None


@of_stored
def find_reports_suspended(_: ServiceFacts, stored: StoredFacts) -> str | None:
    """A person has suspended reports."""
    return None if stored.suspension is None else sentence(stored.suspension)


@of_stored
def find_token_ending(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """A token of a program expires soon, or has expired."""
    said = [
        f"The token {name} {'expired' if at <= facts.now else 'expires'} on "
        f"{plain_date(facts.policy.local.date_of(at))}."
        for name, at in stored.ending_tokens
    ]
    return " ".join(said) or None


def find_mail_refuses_us(facts: ServiceFacts) -> str | None:
    """The mail server refuses this service: no later attempt can succeed."""
    run = _sending(facts)
    if run is None or not run.is_lasting:
        return None
    rest = facts.stored and facts.stored.mail_rest
    again = f" It is tried again on {minute(rest.until)}." if rest and facts.now < rest.until else ""
    return (
        f"The mail server refused this service when it was last tried, on {minute(run.ended_at)}: {run.problem}.{again}"
    )


def find_mail_unreachable(facts: ServiceFacts) -> str | None:
    """The mail server does not take emails, and may again."""
    run = _sending(facts)
    if run is None or run.is_lasting or run.failing_since is None:
        return None
    if run.failures < FAILURES and run.ended_at - run.failing_since < UNREACHABLE_LONG:
        return None
    return (
        f"The mail server has taken nothing in {count_noun(run.failures, 'attempt')} since "
        f"{minute(run.failing_since)}. The last problem: {run.problem}."
    )


def _sending(facts: ServiceFacts) -> JobRun | None:
    return next((run for run in facts.jobs if run.name == SEND and run.failures), None)


def find_mailbox_refuses_us(facts: ServiceFacts) -> str | None:
    """The mailbox of bounces refuses this service: no later attempt can succeed."""
    run = _reading(facts)
    if run is None or not run.is_lasting:
        return None
    return f"Bounces could not be read when it was last tried, on {minute(run.ended_at)}: {run.problem}."


def find_mailbox_unreachable(facts: ServiceFacts) -> str | None:
    """The mailbox of bounces cannot be read, and may be again."""
    run = _reading(facts)
    if run is None or run.is_lasting or run.failures < FAILURES or run.failing_since is None:
        return None
    return (
        f"Bounces could not be read in {count_noun(run.failures, 'attempt')} since {minute(run.failing_since)}. The "
        f"last problem: {run.problem}."
    )


def _reading(facts: ServiceFacts) -> JobRun | None:
    """Return the failing run of the job that reads bounces; None if it does not fail, or is no longer asked for."""
    if facts.settings.mail.inbound is None:
        return None
    runs = (run for run in facts.jobs if run.name == INBOUND and run.system is System.MAILBOX)
    return next((run for run in runs if run.failures), None)


def find_reload_refused(facts: ServiceFacts) -> str | None:
    """The running service was told to read its settings again, and could not use them."""
    refused = next((run for run in facts.jobs if run.name == RELOAD and run.failures), None)
    if refused is None:
        return None
    return f"A reload was refused on {minute(refused.ended_at)}: {refused.problem}."


def find_alerts_not_taken(facts: ServiceFacts) -> str | None:
    """A way to tell administrators fails: the other way may still tell of it."""
    failing = [run for run in facts.jobs if run.name.startswith(ALERTS) and run.failures >= FAILURES]
    if not failing:
        return None
    said = [
        f"{run.name} have failed {run.failures:,} times since {minute(run.failing_since or run.ended_at)} "
        f"({run.problem})"
        for run in failing
    ]
    return f"{join_words(said).capitalize()}."


def find_stamp_failing(facts: ServiceFacts) -> str | None:
    """The audit log is not stamped, though the settings ask for it: like `find_job_failing`."""
    run = next((run for run in facts.jobs if run.name == STAMP), None)
    if facts.settings.audit.timestamp_url is None or run is None or run.failing_since is None:
        return None
    if run.failures < (1 if run.is_lasting else FAILURES):
        return None
    return f"The audit log has not been stamped since {minute(run.failing_since)}. The last problem: {run.problem}."


def find_job_failing(facts: ServiceFacts) -> str | None:
    """A job fails: found at once if that lasts until a person acts, otherwise after several times in a row."""
    changed = facts.stored is not None and facts.stored.feed.change is not None
    failing = [
        run
        for run in facts.jobs
        if run.failures >= (1 if run.is_lasting else FAILURES)
        and facts.now - run.ended_at < STOPPED_LONG
        # These have conditions of their own.
        and run.system not in (System.MAIL_SERVER, System.MAILBOX)
        and run.name not in (RELOAD, ROW_FILTERS, STAMP)
        and not run.name.startswith(ALERTS)
        and not (run.name == "poll" and (changed or run.system is System.CRIME_SYSTEM))
    ]
    if not failing:
        return None
    said = [f"{run.name!r} failed {_times(run.failures)} ({run.problem})" for run in failing]
    return f"The job {join_words(said)}." if len(said) == 1 else f"Jobs fail: {join_words(said)}."


def _times(failures: int) -> str:
    return "when it last ran" if failures == 1 else f"the last {failures:,} times"


@of_stored
def find_trial_differing(facts: ServiceFacts, stored: StoredFacts) -> str | None:
    """The settings and the trial registered last do not agree."""
    today = facts.policy.local.date_of(facts.now)
    return find_disagreement(facts.settings.reminders, stored.trial, today)


def find_calendar_ending(facts: ServiceFacts) -> str | None:
    """The policy's calendar ends within nine months (rules 6.1a)."""
    warning = warn_of_end([facts.policy], facts.now)
    return warning and f"{warning[0].upper()}{warning[1:]}."
