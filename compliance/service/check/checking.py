"""What is looked at, and in which order. A problem in one thing does not prevent looking at the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from compliance import clock as real_clock
from compliance.config import Settings, load_settings
from compliance.errors import ComplianceError
from compliance.policy import Policy, load_policy_in_use
from compliance.service.check.database_checks import check_database
from compliance.service.check.feed_checks import check_feed
from compliance.service.check.machine_checks import check_folders, check_own_certificate, check_private_files
from compliance.service.check.mail_checks import check_mail_server, check_mailbox, send_test_email
from compliance.service.check.page_checks import check_pages, check_provider, check_served_pages
from compliance.service.check.policy_checks import check_calendars, check_coverage, check_examples, check_policies
from compliance.service.check.record_checks import look_at_records
from compliance.service.check.report_checks import check_reports
from compliance.service.check.settings_checks import check_settings
from compliance.service.check.stamp_checks import check_stamp_service
from compliance.service.conditions import Finding, note_problem


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What a check may do. `offline`: it asks no server and does not open the database. `send_to`: an address to which
    it sends one test email."""

    offline: bool = False
    send_to: str | None = None


def check(
    config: Path, clock: Callable[[], datetime] = real_clock.now, options: CheckOptions | None = None
) -> Iterator[Finding]:
    """Look at each thing in turn. Nothing is stored, and no cursor moves.

    `clock`: returns the present instant (aware).
    """
    asked = CheckOptions() if options is None else options
    try:
        settings = load_settings(config)
        yield Finding(f"settings {config}")
    except ComplianceError as error:
        yield Finding(f"settings {config}", (note_problem("settings-wrong", error),))
        yield from _check_rules(None, clock())
        return
    yield from _check_rules(settings, clock())
    policy = _policy_of(settings)
    yield from _check_setup(settings, policy, clock())
    if asked.offline:
        return
    yield from check_database(settings)
    if policy is not None:
        yield from look_at_records(settings, policy, clock())
    yield from check_reports(settings)
    yield from check_feed(settings, policy, clock)
    yield from check_mail_server(settings)
    yield from check_mailbox(settings)
    yield from check_served_pages(settings)
    yield from check_provider(settings)
    yield from check_stamp_service(settings)
    if asked.send_to is not None:
        yield send_test_email(settings, asked.send_to, clock())


def _policy_of(settings: Settings) -> Policy | None:
    """Return the policy of the settings; None if it cannot be read, which the look at policies finds."""
    try:
        return load_policy_in_use(settings.policy)
    except ComplianceError:
        return None


def _check_rules(settings: Settings | None, now: datetime) -> Iterator[Finding]:
    policies: list[Policy] = []
    yield from check_policies(settings, policies)
    if policies:
        yield from check_calendars(policies, now)
        yield from check_examples(policies)


def _check_setup(settings: Settings, policy: Policy | None, now: datetime) -> Iterator[Finding]:
    """Look at the settings, the files they name and this machine."""
    if policy is not None:
        yield check_coverage(settings, policy)
    yield from check_settings(settings, policy, now)
    yield check_private_files(settings)
    yield check_folders(settings)
    yield from check_own_certificate(settings, now)
    yield from check_pages(settings)
