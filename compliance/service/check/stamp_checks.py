"""Looks at the stamps of the audit log: what is trusted for them, and that the time-stamping service gives one."""

from collections.abc import Iterator
from secrets import token_bytes

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.policy.calendars import plain_date
from compliance.service.conditions import Finding, note_problem
from compliance.text import count_noun


def check_stamp_settings(settings: Settings) -> Iterator[Finding]:
    """Look at the settings of stamps and the certificates that they name, if there are any."""
    if settings.audit.authority is None:
        return
    from compliance.service.audit.stamp_tokens import read_authority  # noqa: PLC0415  # loads a library of certificates
    from compliance.service.audit.stamping import read_url  # noqa: PLC0415

    what = "stamps of the audit log"
    try:
        trusted = read_authority(settings)
        read_url(settings)
    except ComplianceError as error:
        yield Finding(what, (note_problem("settings-wrong", error),))
        return
    last = max(each.not_valid_after_utc for each in trusted)
    yield Finding(f"{what}: {count_noun(len(trusted), 'certificate')} trusted, until {plain_date(last.date())}")


def check_stamp_service(settings: Settings) -> Iterator[Finding]:
    """Ask the time-stamping service, if there is one, for a stamp of some random bytes, which is not kept."""
    if settings.audit.timestamp_url is None:
        return
    from compliance.service.audit.stamping import ask_for_stamp  # noqa: PLC0415  # loads a library of certificates

    try:
        ask_for_stamp(settings, token_bytes(32))
        yield Finding("time-stamping service")
    except ComplianceError as error:
        yield Finding("time-stamping service", (note_problem("stamp-service-unusable", error),))
