"""`compliance status`: what is wrong with the service, each with its remedy, and then the facts, as text or JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from compliance.config import ForceSettings, load_settings
from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.policy.calendars import from_day, plain_date
from compliance.policy.verdicts import STATES
from compliance.reports.releasing.release import fault_names
from compliance.service.conditions import (
    FoundCondition,
    Problem,
    ServiceFacts,
    Severity,
    Sight,
    as_sentences,
    find_conditions,
    name_conditions,
    note_problem,
    read_facts,
)
from compliance.service.conditions.feed_conditions import minute
from compliance.service.conditions.service_facts import StoredFacts
from compliance.service.conditions.work_conditions import bytes_in_words
from compliance.service.partial_settings import read_partly
from compliance.text import count_noun, describe_age, join_words

WARNINGS_FOUND: Final = 5
FAULTS_FOUND: Final = 6
"""The exit codes if something is wrong: no other command has them, so they always mean that it was looked."""
_WIDTH: Final = 110
_GOES_ON: Final = "A running service goes on with what it has read."


@dataclass(frozen=True, slots=True)
class Overview:
    """A service at an instant: what is wrong, the faults first, and the facts."""

    facts: ServiceFacts
    found: Sequence[FoundCondition]

    @property
    def exit_code(self) -> int:
        """0: nothing is wrong; otherwise `WARNINGS_FOUND` or, with at least one fault, `FAULTS_FOUND`.

        With wrong settings it is that of every command that meets them.
        """
        if not self.found:
            return 0
        if any(each.condition.sight is Sight.SETUP for each in self.found):
            return SettingsError.exit_code
        return FAULTS_FOUND if self._count(Severity.FAULT) else WARNINGS_FOUND

    def text(self) -> str:
        """Return it as text for one screen. Instants are in UTC."""
        lines = [f"{self.facts.settings.force.name}, {minute(self.facts.now)}: {self.summary()}"]
        for found in self.found:
            lines += [
                "",
                fill(
                    f"{found.condition.severity.upper()} {found.condition.name}: {found.sentence}",
                    _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False,
                ),
                fill(
                    f"To do: {found.condition.remedy}",
                    _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False,
                ),
            ]  # fmt: skip
        lines.append("")
        lines += (f"{name:<13}{said}" for name, said in describe_facts(self.facts))
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON: `at`, `conditions` and `facts`; null is not known. Instants are in UTC, sizes in bytes."""
        return {
            "at": self.facts.now,
            "conditions": [
                {
                    "name": each.condition.name,
                    "severity": each.condition.severity,
                    "sentence": each.sentence,
                    "remedy": each.condition.remedy,
                }
                for each in self.found
            ],
            "facts": _list_facts(self.facts),
        }

    def summary(self) -> str:
        """Return how much is wrong: `1 fault, 2 warnings`."""
        counted = [(self._count(severity), severity.value) for severity in Severity]
        said = [count_noun(count, noun) for count, noun in counted if count]
        return ", ".join(said) if said else "nothing is wrong"

    def _count(self, severity: Severity) -> int:
        return sum(each.condition.severity is severity for each in self.found)


def look(config: Path, now: datetime) -> Overview:
    """Look at the service of a settings file at an instant (aware), whether or not it runs.

    Nothing is written and no other system asked. If settings or the policy are wrong, that comes first, and the rest is
    seen without them. Raises SettingsError if nothing can be seen without them.
    """
    problems: list[Problem] = []
    try:
        settings = load_settings(config)
    except SettingsError as error:
        partial = read_partly(config, error)
        settings = partial.settings
        said = f"{as_sentences(error)} {_GOES_ON} What follows is read without {join_words(partial.left_out)}."
        problems.append(note_problem("settings-wrong", said))
    try:
        policy = load_policy(settings.policy)
    except SettingsError as error:
        policy = load_policy(ForceSettings.model_fields["policy"].default)
        said = (
            f"{as_sentences(error)} {_GOES_ON} What follows of the calendar, unknown values and reports owed is as "
            f"under {policy.path.name}."
        )
        problems.append(note_problem("policy-wrong", said))
    facts = read_facts(settings, policy, now)
    return Overview(facts, [*name_conditions(problems), *find_conditions(facts)])


def describe_facts(facts: ServiceFacts) -> Iterator[tuple[str, str]]:
    """Yield the facts as lines: a heading and what is said."""
    if facts.stored is not None:
        yield from _describe_stored(facts, facts.stored)
    last = plain_date(from_day(facts.policy.working.last))
    yield "calendar", f"{facts.policy.calendar}, until {last}: {count_noun(facts.calendar_days_left, 'day')} left"
    if facts.stored is not None and (work := facts.stored.maintenance) is not None:
        yield "maintenance", f"until {minute(work.until)}, no alerts are sent: {work.reason}"
    yield "database", f"{facts.database}{'' if facts.stored is None else _describe_size(facts, facts.stored)}"
    yield "disk", ", ".join(f"{bytes_in_words(disk.free)} free for {disk.folder}" for disk in facts.disks)


def _describe_stored(facts: ServiceFacts, stored: StoredFacts) -> Iterator[tuple[str, str]]:
    def ago(at: datetime | None) -> str:
        return "never" if at is None else f"{minute(at)} ({describe_age(facts.now - at)} ago)"

    for work in stored.under_way:
        yield "under way", f"{work.work}, since {ago(work.began_at)}: {work.in_words}"
    feed, emails = stored.feed, stored.emails
    read = f"read to its end {ago(feed.read_at)}" if feed.read_at else "never read to its end"
    waits = f"; {feed.waits}, since {ago(feed.waits_since)}" if feed.waits else ""
    if (stopped_at := stored.stopped_at) is not None:
        yield "service", f"stopped cleanly on {ago(stopped_at)}; no poll is known to have begun since"
    yield "feed", f"{read}; last new or changed record: {ago(feed.changed_at)}{waits}"
    yield "records", f"{count_noun(stored.crimes, 'crime')} held, {stored.refused:,} refused"
    yield "obligations", f"{_in_words(_ordered(stored.obligations))}; {stored.set_aside:,} set aside"
    oldest = f"; the oldest waits since {ago(emails.waiting_since)}" if emails.waiting_since else ""
    yield "emails", f"{_in_words(emails.by_state)}{oldest}"
    report = stored.report
    said = "none yet" if report is None else f"{report.period}, {report.edition}, {ago(report.published_at)}"
    yield "last report", said
    if stored.held_reports:
        yield "held", ", ".join(f"{held.period}, since {ago(held.since)}" for held in stored.held_reports)
    if stored.suspension is not None:
        yield "suspended", f"reports, until the end of {stored.suspension.until}, by {stored.suspension.about}"
    good = feed.directory
    yield "directory", "none" if good is None else f"{count_noun(good.entries, 'officer')}, read {ago(good.as_of)}"


def _describe_size(facts: ServiceFacts, stored: StoredFacts) -> str:
    size, growth = f", {bytes_in_words(stored.size)}", stored.growth
    if growth is None:
        return size
    more, left = "more" if growth.size >= 0 else "less", facts.time_to_full_disk
    change = f"{bytes_in_words(abs(growth.size))} {more} than {describe_age(growth.time)} ago"
    return f"{size}, {change}" + (f"; its disk is full in {describe_age(left)} at this rate" if left else "")


def _ordered(obligations: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of the obligations with every state, in the order of the rules (rules section 5)."""
    return {state: obligations.get(state, 0) for state in STATES}


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count) or "none"


def _list_facts(facts: ServiceFacts) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    growth, left = facts.stored and facts.stored.growth, facts.time_to_full_disk
    if (held := facts.stored) is not None:
        feed, emails, directory, report = held.feed, held.emails, held.feed.directory, held.report
        stored = {
            "feed": {
                "read_at": feed.read_at,
                "age_seconds": feed.read_at and int((facts.now - feed.read_at).total_seconds()),
                "changed_at": feed.changed_at,
                "failed_polls": feed.failures,
                "waits": feed.waits,
                "ask_again_at": feed.ask_again_at,
            },
            "under_way": [
                {"work": each.work, "since": each.began_at, "what": each.what, "done": each.done, "of": each.of}
                for each in held.under_way
            ],
            "stopped_at": held.stopped_at,
            "crimes": held.crimes,
            "refused": held.refused,
            "set_aside": held.set_aside,
            "unknown_values": held.unknown,
            "obligations": _ordered(held.obligations),
            "emails": emails.by_state,
            "oldest_email_waits_since": emails.waiting_since,
            "mail_server_tried_again_at": held.mail_rest and held.mail_rest.until,
            "reports_owed": held.owed,
            "reports_held": [
                {"period": str(each.period), "since": each.since, "faults": list(fault_names(each.claims))}
                for each in held.held_reports
            ],
            "reports_suspended": held.suspension
            and {
                "since": str(held.suspension.since),
                "until": str(held.suspension.until),
                "by": held.suspension.about,
                "reason": held.suspension.words,
            },
            "last_report": report
            and {"period": report.period, "edition": report.edition, "published_at": report.published_at},
            "directory": directory and {"officers": directory.entries, "read_at": directory.as_of},
            "maintenance": held.maintenance and {"until": held.maintenance.until, "reason": held.maintenance.reason},
        }
    return stored | {
        "calendar_days_left": facts.calendar_days_left,
        "database": {
            "url": facts.database,
            "bytes": None if held is None else held.size,
            "growth": growth and {"bytes": growth.size, "seconds": int(growth.time.total_seconds())},
            "seconds_to_full_disk": left and int(left.total_seconds()),
        },
        "disks": [{"folder": str(disk.folder), "free_bytes": disk.free} for disk in facts.disks],
    }
