"""The service's jobs as commands: migrate, poll, remind, report, run, check."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from compliance.cli.base import CONFIG, echo, echo_text, service_of, stop, tell_unknown
from compliance.errors import ComplianceError, SettingsError, UnavailableError
from compliance.text import counted

if TYPE_CHECKING:
    from compliance.reminders import Plan
    from compliance.service.directory import DirectoryOutcome

FC = TypeVar("FC", bound=Callable[..., Any])


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
    with service_of(config) as service:
        done, not_judged = service.poll(), service.not_judged
    echo(f"{done.received:,} crimes received, {done.changed:,} new or changed, {done.refused:,} refused")
    if done.clock_changes:
        echo(f"{done.clock_changes:,} instants without an offset, in an hour that comes twice or never")
    if done.vanished:
        echo(f"{done.vanished:,} crimes vanished from the full export; they are flagged")
    if done.late:
        echo(f"{done.late:,} older than what is held: kept as seen late")
    if not_judged:
        echo(f"{not_judged:,} set aside, which cannot be judged (rules 6.1a): `compliance check` says why")
    tell_unknown(done.unknown.counts)
    if done.problem:
        echo(f"not complete: {done.problem}")
    _tell_directory(done.directory)


def _tell_directory(directory: "DirectoryOutcome") -> None:
    """How old the officer directory is that mail goes out by, and what was wrong with the one just asked for."""
    if directory.problem:
        echo(f"officer directory not taken over: {directory.problem}")
    if directory.as_of:
        echo(f"officer directory in force: as of {directory.as_of:%Y-%m-%dT%H:%MZ}")
    elif directory.problem:
        echo("no officer directory is in force: nobody can be mailed")


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Say who would be told what, and why; write and send nothing.")
def remind(config: Path, dry_run: bool) -> None:
    """Send this morning's digests, once, to whoever is to act on what is owed."""
    with service_of(config) as service:
        if ended := service.calendar_ended:
            echo(ended, err=True)
        if dry_run:
            _tell_plan(service.plan())
            return
        outcome, delivery = service.remind()
    digests, victims = counted(outcome.digests, "digest"), counted(outcome.victims, "victim")
    echo(outcome.not_now or f"{digests} queued for {victims}")
    echo(str(delivery))
    if delivery.refused:
        echo("refused mails are listed by: compliance outbox list --state refused", err=True)
    if delivery.stopped:
        raise UnavailableError(delivery.stopped)


def _tell_plan(planned: "Plan") -> None:
    """Every decision on a line, the digests that come of them, and how many there are of each kind."""
    for decision in planned.decisions:
        crime_ref, victim_ref, requirement, cycle, _ = decision.owed.key
        outcome = "would be sent" if decision.outcome == "sent" else decision.outcome
        echo(
            f"{outcome}: {decision.said}: {decision.recipient_ref or 'nobody'}: crime {crime_ref}, victim "
            f"{victim_ref}, {requirement} {cycle} due {decision.owed.due_date}: {decision.step}"
        )
    for digest in planned.digests:
        echo(f"digest to {digest.recipient_ref}: {digest.content.subject}")
    for reason, count in sorted(Counter(f"{d.outcome}: {d.said}" for d in planned.decisions).items()):
        echo(f"{count:7,} {reason}")
    digests = counted(len(planned.digests), "digest")
    echo(f"{digests} held: {planned.not_now}" if planned.not_now else f"{digests} would be sent")


@click.command()
@CONFIG
@click.argument("crime_ref")
def notices(config: Path, crime_ref: str) -> None:
    """Say what was decided of reminders of a crime: day by day, to whom, what came of it, and why."""
    from compliance.reminders import reason_of

    with service_of(config) as service:
        found = service.notices(crime_ref)
    echo(
        "decided_on", "victim_ref", "requirement", "cycle", "clock_date", "spell", "step", "recipient", "outcome",
        "reason", "mail",
    )  # fmt: skip
    for notice, mail in found:
        echo(
            notice.decided_on, notice.victim_ref, notice.requirement, notice.cycle, notice.clock_date, notice.spell,
            notice.step, notice.recipient_ref or "nobody", notice.outcome, reason_of(notice), mail or "none",
        )  # fmt: skip
    echo(f"{len(found):,} decisions on crime {crime_ref}", err=True)


_FORMS = ("html", "pdf", "xlsx", "csv", "json")
_PERIOD = "A week (2026-W47), month (2026-11) or quarter (2026-Q4)"


def _period(**said: Any) -> Callable[[FC], FC]:
    """The option that names a period. `--week`, its name before there were months and quarters, stays for scripts."""
    return click.option("--period", "--week", "period", **said)


@click.group(invoke_without_command=True)
@CONFIG
@_period(help=f"{_PERIOD}; by default the newest settled week.")
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
    with service_of(config) as service:
        if as_published:
            if span is None:
                raise SettingsError("--as-published: name the period with --period")
            for path in service.reporting.serve(span, editions, asked):
                echo(path)
            return
        made = service.report(span, editions, asked)
    for done in made:
        if done.paths:
            what = "published" if done.new else "unchanged since it was published"
            added = f"; added: {', '.join(done.added)}" if done.added else ""
            changed = f"; changed: {', '.join(done.changed)}" if done.changed else ""
            echo(f"{done.path} ({what}, version {done.version}{added}{changed})")
    if failed := [form for done in made for form in done.failed]:
        for form in failed[:-1]:
            echo(f"compliance: {form}", err=True)
        stop(str(failed[-1]), getattr(failed[-1].error, "exit_code", ComplianceError.exit_code))


@report.command()
@CONFIG
@_period(required=True, help=f"{_PERIOD}.")
@click.option(
    "--figure", required=True, help="A figure's name as the report shows it, then :MEASURE for another count."
)
@click.option("--division", help="Trace a number of this division's edition, not of the board's.")
@click.option("--counted", is_flag=True, help="List only the cases that are counted, not all that they are counted of.")
def cases(config: Path, period: str, figure: str, division: str | None, counted: bool) -> None:
    """List the cases behind a figure; they add up to it. Where there are none by its nature, say why."""
    from compliance.reports.periods import parse_period

    with service_of(config) as service:
        found, published = service.reporting.cases(parse_period(period), figure, division)
    if found.instead:
        echo(f"No cases behind {figure}: {found.instead}")
        return
    for line in found.table(counted):
        echo(*line)
    echo(f"{found}{published}", err=True)


@click.command()
@CONFIG
def run(config: Path) -> None:
    """Poll, remind and report on schedule, until SIGTERM."""
    from compliance.signals import heeded

    with heeded() as asked:  # before anything that takes time is begun
        from compliance.service.daemon import Daemon

        with service_of(config, asked) as service:
            Daemon(service).run()


@click.command()
@CONFIG
def check(config: Path) -> None:
    """Say whether settings, policies, worked examples and templates are in order, and what of the data held is not."""
    from compliance.service.check import check as look

    wrong = 0
    for finding in look(config):
        echo(f"{'wrong' if finding.problems else 'ok':7}{finding.what}")
        for problem in finding.problems:
            echo_text(f"       {problem}", err=True)
            wrong += 1
        for note in finding.notes:
            echo_text(f"       {note}", err=bool(finding.problems))
    if wrong:
        stop(f"{counted(wrong, 'problem')} found", SettingsError.exit_code)
