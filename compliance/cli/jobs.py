"""The service's jobs as commands: migrate, poll, remind, report, run, check."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from compliance.cli.base import CONFIG, stop
from compliance.errors import SettingsError, UnavailableError

if TYPE_CHECKING:
    from compliance.service import Service


def _service(config: Path) -> "Service":
    """The service of a settings file, its log set up as the settings say."""
    from compliance.config import load_settings
    from compliance.service import Service
    from compliance.service.logs import set_up

    settings = load_settings(config)
    set_up(settings.log)
    return Service.open(settings)


@click.command()
@CONFIG
def migrate(config: Path) -> None:
    """Make the database, or bring it up to this version."""
    from compliance.config import load_settings
    from compliance.store import migrate as run

    run(load_settings(config).database_url)


@click.command()
@CONFIG
def poll(config: Path) -> None:
    """Take what changed in the crime system, and judge it."""
    with _service(config) as service:
        done = service.poll()
    click.echo(f"{done.received:,} crimes received, {done.changed:,} new or changed, {done.refused:,} refused")
    if done.clock_changes:
        click.echo(f"{done.clock_changes:,} instants without an offset, in an hour that comes twice or never")
    if done.vanished:
        click.echo(f"{done.vanished:,} crimes vanished from the full export; they are flagged")
    if done.problem:
        click.echo(f"not complete: {done.problem}")


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Say who would be told what, and why; write and send nothing.")
def remind(config: Path, dry_run: bool) -> None:
    """Send this morning's digests to officers with overdue obligations, once."""
    with _service(config) as service:
        if dry_run:
            planned = service.plan()
            for decision in planned.decisions:
                owed = decision.owed
                click.echo(
                    f"{decision.outcome}: {decision.reason}: {decision.recipient_ref or 'nobody'}: crime "
                    f"{owed.key[0]}, {owed.key[2]} due {owed.due_date}"
                )
            click.echo(planned.not_now or f"{len(planned.digests):,} officers would be emailed")
            return
        outcome, delivery = service.remind()
    click.echo(outcome.not_now or f"{outcome.digests:,} digests queued for {outcome.victims:,} victims")
    click.echo(f"{delivery.sent:,} sent, {delivery.retried:,} to be tried again, {delivery.refused:,} refused")
    if delivery.stopped:
        raise UnavailableError(delivery.stopped)


@click.command()
@CONFIG
@click.option("--week", help="An ISO week such as 2026-W47; by default the newest that is settled.")
def report(config: Path, week: str | None) -> None:
    """Publish the board's report of a settled week."""
    from compliance.reports.weeks import Week

    with _service(config) as service:
        done = service.report(Week.parse(week) if week else None)
    click.echo(
        f"{done.path} ({'published' if done.new else 'unchanged since it was published'}, version {done.version})"
    )


@click.command()
@CONFIG
def run(config: Path) -> None:
    """Poll, remind and report on schedule, until SIGTERM."""
    from compliance.service.daemon import Daemon

    with _service(config) as service:
        Daemon(service).run()


@click.command()
@CONFIG
def check(config: Path) -> None:
    """Say whether settings, policies, worked examples and templates are in order."""
    from compliance.service.check import check as look

    wrong = 0
    for finding in look(config):
        click.echo(f"{'wrong' if finding.problems else 'ok':7}{finding.what}")
        for problem in finding.problems:
            click.echo(f"       {problem}", err=True)
            wrong += 1
        for note in finding.notes:
            click.echo(f"       {note}", err=bool(finding.problems))
    if wrong:
        stop(f"{wrong} problem{'s' * (wrong > 1)} found", SettingsError.exit_code)
