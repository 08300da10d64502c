"""The service's jobs as commands: migrate, poll, inbound, remind, notices, run."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import click

from compliance.cli.options import CONFIG, echo, service_of, tell_unknown
from compliance.errors import UnavailableError
from compliance.text import count_noun

if TYPE_CHECKING:
    from compliance.reminders import Plan
    from compliance.service import Service
    from compliance.service.polls.directory_poll import DirectoryOutcome

FC = TypeVar("FC", bound=Callable[..., Any])


@click.command()
@CONFIG
def migrate(config: Path) -> None:
    """Create the database, or upgrade it to this version."""
    from compliance.config import load_settings
    from compliance.service.running.starting import migrate_by_hand

    migrate_by_hand(load_settings(config))


@click.command()
@CONFIG
@click.option("--now", "ask_now", is_flag=True, help="Ask even if the crime system asked for a wait (Retry-After).")
@click.option("--accept-directory", is_flag=True, help="Accept an officer directory that has really shrunk.")
def poll(config: Path, ask_now: bool, accept_directory: bool) -> None:
    """Read what has changed in the crime system, and judge it."""
    with service_of(config) as service:
        done = service.poll(ask_now=ask_now, accept_directory=accept_directory)
        not_judged = service.not_judged
    crimes = count_noun(done.received, "crime")
    echo(f"{crimes} received, {done.changed:,} new or changed, {done.refused:,} refused")
    if done.clock_changes:
        times = count_noun(done.clock_changes, "date-time")
        echo(f"{times} without a UTC offset fell in an hour that a clock change repeats or skips")
    if done.vanished:
        echo(f"{count_noun(done.vanished, 'crime')} missing from the full export: flagged, and kept")
    if done.late:
        echo(f"{count_noun(done.late, 'record')} older than the one held: stored as seen late")
    if not_judged:
        aside = count_noun(not_judged, "obligation")
        echo(f"{aside} set aside: cannot be judged (rules 6.1a); `compliance check` gives the reasons")
    tell_unknown(done.unknown.counts)
    if done.problem:
        echo(f"incomplete: {done.problem}")
    elif done.waits:
        echo(done.waits)
    _tell_directory(done.directory)


def _tell_directory(directory: "DirectoryOutcome") -> None:
    """Print the age of the officer directory in use, and what was wrong with the one just read."""
    if directory.problem:
        echo(f"officer directory not accepted: {directory.problem}")
    if directory.as_of:
        echo(f"officer directory in use: as of {directory.as_of:%Y-%m-%dT%H:%MZ}")
    elif directory.problem:
        echo("no officer directory is in use: no one can be emailed")


@click.command()
@CONFIG
def inbound(config: Path) -> None:
    """Read the mailbox of bounces, and mark the emails that were not delivered (docs/mail.md)."""
    with service_of(config) as service:
        echo(service.read_inbound(ask_now=True))


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Show who would be emailed, and why. Writes and sends nothing.")
def remind(config: Path, dry_run: bool) -> None:
    """Send this morning's digests, once.

    Each person who must act gets one email for all their victims. A mail server that refused the service is tried at
    once.
    """
    from compliance.cli.command_notes import note_command

    with service_of(config) as service:
        if warning := service.calendar_warning:
            echo(warning, err=True)
        if dry_run:
            planned = service.plan()
            note_command(service.store, service.clock(), (decision.owed.key[0] for decision in planned.decisions))
            _tell_plan(planned)
            return
        note_command(service.store, service.clock())
        outcome, delivery = service.remind(ask_now=True)
    digests, victims = count_noun(outcome.digests, "digest"), count_noun(outcome.victims, "victim")
    echo(outcome.not_now or f"{digests} queued for {victims}")
    if outcome.waiting:
        echo(outcome.waiting)
    echo(str(delivery))
    if delivery.refused:
        echo("to list the refused emails: compliance outbox list --state refused", err=True)
    if delivery.stopped:
        raise UnavailableError(delivery.stopped)


def _tell_plan(planned: "Plan") -> None:
    """Print each decision on a line, then the digests, then the number of decisions of each kind."""
    for decision in planned.decisions:
        crime_ref, victim_ref, requirement, cycle, _ = decision.owed.key
        outcome = "would be sent" if decision.outcome == "sent" else decision.outcome
        echo(
            f"{outcome}: {decision.said}: {decision.recipient_ref or 'no recipient'}: crime {crime_ref}, victim "
            f"{victim_ref}, {requirement} {cycle} due {decision.owed.due_date}: {decision.step}"
        )
    for digest in planned.digests:
        echo(f"digest to {digest.recipient_ref}: {digest.content.subject}")
    for reason, count in sorted(Counter(f"{d.outcome}: {d.said}" for d in planned.decisions).items()):
        echo(f"{count:7,} {reason}")
    digests = count_noun(len(planned.digests), "digest")
    echo(f"{digests} held: {planned.not_now}" if planned.not_now else f"{digests} would be sent")


@click.command()
@CONFIG
@click.argument("crime_ref")
def notices(config: Path, crime_ref: str) -> None:
    """Show reminder decisions for a crime.

    Lists them day by day, with the recipient, the outcome and the reason, and then the disputes that concern the crime.
    """
    from compliance.reminders import reason_of
    from compliance.store import disputes_of

    with service_of(config) as service:
        found, disputed = service.notices(crime_ref), disputes_of(service.store, crime_ref)
    echo(
        "decided_on", "victim_ref", "requirement", "cycle", "clock_date", "spell", "step", "recipient", "outcome",
        "reason", "mail",
    )  # fmt: skip
    for notice, mail in found:
        echo(
            notice.decided_on, notice.victim_ref, notice.requirement, notice.cycle, notice.clock_date, notice.spell,
            notice.step, notice.recipient_ref or "none", notice.outcome, reason_of(notice), mail or "none",
        )  # fmt: skip
    for each in disputed:
        said = each.answer or "open" if each.is_assigned else f"{each.answer or 'open'}, not assigned"
        echo(f"dispute {each.id} of {each.recipient_ref or '-'} on {each.received_at:%Y-%m-%d}: {said}", err=True)
    echo(f"{count_noun(len(found), 'decision')} on crime {crime_ref}", err=True)


@click.command()
@CONFIG
def run(config: Path) -> None:
    """Poll, remind and report on schedule until stopped (SIGTERM).

    Serves the intranet pages too if [web] says so (docs/pages.md).
    """
    from compliance.signals import heed_signals

    hangup = Event()
    with heed_signals(on_hangup=hangup.set) as asked:  # before starting anything that takes time
        from compliance.config import load_settings
        from compliance.service.noting.logs import set_up
        from compliance.service.running.daemon import Daemon
        from compliance.service.running.starting import running_service

        settings = load_settings(config)
        set_up(settings.log)
        with running_service(settings, asked) as service:
            Daemon(service, hangup, _serve_pages).run()


def _serve_pages(service: "Service") -> AbstractContextManager[None]:
    """Serve the intranet pages beside the jobs, if the settings say so; if not, they need not be in memory."""
    if service.settings.web.served_by != "run":
        return nullcontext()
    from compliance.web.serving_pages import serve_pages_beside

    return serve_pages_beside(service)
