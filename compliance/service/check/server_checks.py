"""Looks at what other systems show when they are asked: when their certificates end, and the time they give."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from compliance import clock as real_clock
from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.feeds import Witness
from compliance.policy.calendars import plain_date
from compliance.service.check import limits
from compliance.service.check.machine_checks import certificate_end, check_own_certificate, find_ending
from compliance.service.check.mail_checks import check_mail_server
from compliance.service.conditions import Finding, Problem
from compliance.service.polls.crime_feed import feed_of
from compliance.service.polls.feed_waits import standing_wait
from compliance.stopping import within
from compliance.text import describe_age

CLOCK_OFF: Final = timedelta(minutes=2)
SHOWN: Final = frozenset({"certificate-ending", "clock-off"})
"""The conditions that servers show and no poll or delivery fails of."""


def check_servers(settings: Settings, clock: Callable[[], datetime], *, asks_mail: bool = True) -> tuple[Problem, ...]:
    """Return which certificates end soon, and whether our clock or the crime system's is wrong.

    The crime system is asked over HTTP for one record, which is not stored; the mail server is sent no email. What
    cannot be asked shows nothing: polls and deliveries fail of that. `clock`: returns the present instant (aware).
    `asks_mail`: not if the mail server has refused us, and is left alone.
    """
    looks = chain(
        check_own_certificate(settings, clock()),
        _ask_crime_system(settings, clock),
        check_mail_server(settings) if asks_mail else (),
    )
    return tuple(problem for finding in looks for problem in finding.problems if problem.name in SHOWN)


def _ask_crime_system(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Finding]:
    if settings.crime_system.kind != "http" or standing_wait(settings, "ask_again_at", clock()):
        return
    witness = Witness(clock)
    try:
        with (
            within(settings.crime_system.timeout_seconds + limits.SLACK) as stop,
            feed_of(settings, clock, limit=1, stop=stop, witness=witness) as feed,
        ):
            next(iter(feed.pages(None)), None)
    except ComplianceError:
        pass  # a refusal too comes from a server with a certificate and a clock
    yield from describe_server(witness)


def describe_server(witness: Witness) -> Iterator[Finding]:
    """Describe the certificates and the clock of a server over HTTP, by the clock of this machine."""
    for place, said in sorted(witness.certificates.items()):
        ends = certificate_end(said)
        what = f"certificate of {place}, until {plain_date(ends.date())}"
        yield Finding(what, find_ending(f"the crime system, {place},", ends, real_clock.now()))
    if witness.skew is not None and abs(witness.skew) > CLOCK_OFF:
        way = "ahead of" if witness.skew > timedelta(0) else "behind"
        off = describe_age(abs(witness.skew) + timedelta(seconds=30))
        said = f"The clock of the crime system is {off} {way} that of this machine."
        yield Finding("clock", (Problem("clock-off", said),))
    elif witness.skew is not None:
        yield Finding("clock: the same as the crime system's, to within two minutes")
