"""The service in numbers for Prometheus. They name no person, crime or address."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from compliance.policy.verdicts import STATES
from compliance.service.conditions import CONDITIONS, FoundCondition, ServiceFacts, Sight, find_conditions
from compliance.service.conditions.service_facts import StoredFacts

Sample = tuple[tuple[str, ...], float]
"""The values of the labels, and the number."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A gauge: its name, which never changes, what it means, its labels, and the samples it has."""

    name: str
    meaning: str
    samples: Callable[[ServiceFacts, Sequence[FoundCondition]], Iterable[Sample]]
    labels: tuple[str, ...] = ()


def _single(value: Callable[[StoredFacts], float | datetime | None]) -> Callable[..., Iterator[Sample]]:
    """Make one number of the stored facts a sample; none if it is not known. Instants are in seconds since 1970."""

    def samples(facts: ServiceFacts, _: Sequence[FoundCondition]) -> Iterator[Sample]:
        found = None if facts.stored is None else value(facts.stored)
        if found is not None:
            yield (), found.timestamp() if isinstance(found, datetime) else float(found)

    return samples


def _conditions(_: ServiceFacts, found: Sequence[FoundCondition]) -> Iterator[Sample]:
    there = {each.condition.name for each in found}
    yield from (
        ((each.name, each.severity.value), float(each.name in there))
        for each in CONDITIONS
        if each.sight is Sight.SERVICE or each.name in there
    )


def _obligations(facts: ServiceFacts, _: Sequence[FoundCondition]) -> Iterator[Sample]:
    if facts.stored is not None:
        yield from (((state,), float(facts.stored.obligations.get(state, 0))) for state in STATES)


def _emails(facts: ServiceFacts, _: Sequence[FoundCondition]) -> Iterator[Sample]:
    if facts.stored is not None:
        yield from (((state,), float(count)) for state, count in facts.stored.emails.by_state.items())


def _inbound(facts: ServiceFacts, _: Sequence[FoundCondition]) -> Iterator[Sample]:
    if facts.stored is not None:
        yield from (((kind,), float(count)) for kind, count in facts.stored.emails.inbound.items())


METRICS: Final = (
    Metric(
        "compliance_condition",
        "1 if the condition is there, 0 if not. Of what only `compliance check` sees there is no sample.",
        _conditions,
        ("name", "severity"),
    ),
    Metric(
        "compliance_feed_read_timestamp_seconds",
        "When the crime system was last read to its end.",
        _single(lambda stored: stored.feed.read_at),
    ),
    Metric(
        "compliance_feed_changed_timestamp_seconds",
        "When the last poll ended that brought a new or changed record.",
        _single(lambda stored: stored.feed.changed_at),
    ),
    Metric(
        "compliance_feed_failed_polls",
        "Polls that have failed since the crime system was last read to its end.",
        _single(lambda stored: stored.feed.failures),
    ),
    Metric("compliance_crimes", "Crimes held.", _single(lambda stored: stored.crimes)),
    Metric("compliance_refused_records", "Refused records in quarantine.", _single(lambda stored: stored.refused)),
    Metric(
        "compliance_unknown_values",
        "Different values received that neither mapping nor policy knows.",
        _single(lambda stored: stored.unknown),
    ),
    Metric("compliance_obligations", "Obligations in each state, as last judged.", _obligations, ("state",)),
    Metric(
        "compliance_set_aside_obligations",
        "Obligations that cannot be judged (rules 6.1a).",
        _single(lambda stored: stored.set_aside),
    ),
    Metric("compliance_emails", "Emails in each state.", _emails, ("state",)),
    Metric(
        "compliance_inbound_messages",
        "Messages of each kind that were read in the mailbox of bounces, as far as they are kept.",
        _inbound,
        ("kind",),
    ),
    Metric(
        "compliance_oldest_waiting_email_timestamp_seconds",
        "Since when the email that has waited longest could have been sent. Absent if none waits.",
        _single(lambda stored: stored.emails.waiting_since),
    ),
    Metric(
        "compliance_report_published_timestamp_seconds",
        "When a report was last published. Absent before the first.",
        _single(lambda stored: stored.report.published_at if stored.report else None),
    ),
    Metric(
        "compliance_reports_owed",
        "Periods whose reports should have been published a day ago.",
        _single(lambda stored: len(stored.owed)),
    ),
    Metric(
        "compliance_directory_read_timestamp_seconds",
        "When the officer directory in force was last read. Absent if there is none.",
        _single(lambda stored: stored.feed.directory.as_of if stored.feed.directory else None),
    ),
    Metric(
        "compliance_directory_officers",
        "Usable entries of the officer directory in force. Absent if there is none.",
        _single(lambda stored: stored.feed.directory.entries if stored.feed.directory else None),
    ),
    Metric(
        "compliance_calendar_days_left",
        "Days until the policy's calendar ends; negative after its end.",
        lambda facts, _: [((), float(facts.calendar_days_left))],
    ),
    Metric("compliance_database_bytes", "Size of the database.", _single(lambda stored: stored.size)),
    Metric(
        "compliance_database_growth_bytes",
        "Growth of the database in the last 30 days, or since the first day known. Absent on the first day.",
        _single(lambda stored: None if stored.growth is None else stored.growth.size),
    ),
    Metric(
        "compliance_disk_free_bytes",
        "Free bytes on the disk of a folder: that of the database file, and that of the reports if on another disk.",
        lambda facts, _: [((str(disk.folder),), float(disk.free)) for disk in facts.disks],
        ("folder",),
    ),
    Metric(
        "compliance_job_ended_timestamp_seconds",
        "When a job (poll, remind, report, retention, stamp) of the running service last ended, well or not; "
        "`send`: when the mail server was last tried.",
        lambda facts, _: [((run.name,), run.ended_at.timestamp()) for run in facts.jobs],
        ("job",),
    ),
    Metric(
        "compliance_job_duration_seconds",
        "How long a job of the running service took the last time.",
        lambda facts, _: [((run.name,), run.seconds) for run in facts.jobs if run.seconds is not None],
        ("job",),
    ),
    Metric(
        "compliance_job_failures",
        "How many times in a row a job of the service has failed.",
        lambda facts, _: [((run.name,), float(run.failures)) for run in facts.jobs],
        ("job",),
    ),
)
"""Every metric. What is not known, because the database cannot be used or it never happened, has no sample."""


class _Collector(Collector):
    """The metrics of some facts, for one answer."""

    def __init__(self, facts: ServiceFacts) -> None:
        self._facts, self._found = facts, find_conditions(facts)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for metric in METRICS:
            family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
            for labels, value in metric.samples(self._facts, self._found):
                family.add_metric(labels, value)
            yield family

    def describe(self) -> list[GaugeMetricFamily]:
        return []


def write_metrics(facts: ServiceFacts, accept: str) -> tuple[bytes, str]:
    """Return the metrics in the format that a request's header `Accept` asks for, and its content type."""
    registry = CollectorRegistry()
    registry.register(_Collector(facts))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
