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


_FORMS = ("html", "pdf", "xlsx", "csv", "json")


@click.group(invoke_without_command=True)
@CONFIG
@click.option(
    "--week",
    "period",
    help="A week (2026-W47), month (2026-11) or quarter (2026-Q4); by default the newest settled week.",
)
@click.option(
    "--edition",
    "editions",
    multiple=True,
    help="board, public, division; with --as-published also one division's, such as division-north. Repeatable.",
)
@click.option("--format", "forms", help="Some of html,pdf,xlsx,csv,json; by default those of the settings.")
@click.option("--as-published", is_flag=True, help="Write what was published, byte for byte, into the present folder.")
@click.pass_context
def report(
    context: click.Context, config: Path, period: str | None, editions: tuple[str, ...], forms: str | None,
    as_published: bool,
) -> None:  # fmt: skip
    """Publish the reports of a settled period, or serve what was published."""
    from compliance.reports.periods import parse_period

    if context.invoked_subcommand:
        return
    asked = tuple(part.strip() for part in forms.split(",")) if forms else ()
    if wrong := set(asked) - set(_FORMS):
        raise SettingsError(f"--format {wrong.pop()!r}: expected some of {', '.join(_FORMS)}")
    span = parse_period(period) if period else None
    with _service(config) as service:
        if as_published:
            if span is None:
                raise SettingsError("--as-published: name the period with --week")
            for path in service.reporting.serve(span, editions, asked):
                click.echo(path)
            return
        for done in service.report(span, editions, asked):
            what = "published" if done.new else "unchanged since it was published"
            changed = f"; changed: {', '.join(done.changed)}" if done.changed else ""
            click.echo(f"{done.path} ({what}, version {done.version}{changed})")


@report.command()
@CONFIG
@click.option("--week", "period", required=True, help="A week (2026-W47), month (2026-11) or quarter (2026-Q4).")
@click.option("--figure", required=True, help="A figure's name, as the report shows it beside its numbers.")
def cases(config: Path, period: str, figure: str) -> None:
    """List the cases behind a figure; they add up to it."""
    from compliance.reports.periods import parse_period

    with _service(config) as service:
        found = service.reporting.cases(parse_period(period), figure)
    click.echo("crime_ref\tvictim_ref\trequirement\tcycle\tdue_date\tstate\tcounted")
    for case in found:
        parts = (case.crime_ref, case.victim_ref, case.requirement, case.cycle, case.due_date, case.state)
        click.echo(
            "\t".join("" if part is None else str(part) for part in parts) + f"\t{'yes' if case.counted else 'no'}"
        )
    click.echo(f"{sum(case.counted for case in found):,} of {len(found):,}", err=True)


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
