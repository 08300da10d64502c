"""The command for reports: publish, trace a number, release what is held, suspend and resume."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from compliance.cli.options import CONFIG, echo, echo_text, service_of, stop, user_name
from compliance.errors import ComplianceError, SettingsError
from compliance.text import printable_json

if TYPE_CHECKING:
    from compliance.reports.publishing.publish import Publication

FC = TypeVar("FC", bound=Callable[..., Any])

_FORMS = ("html", "pdf", "xlsx", "csv", "json")
_PERIOD = "A week (2026-W47), month (2026-11) or quarter (2026-Q4)"


def _period(**said: Any) -> Callable[[FC], FC]:
    """Add the option that names a period. `--week`, its old name, remains for existing scripts."""
    return click.option("--period", "--week", "period", **said)


def _check_reason(_: click.Context, __: click.Parameter, reason: str) -> str:
    if not reason.strip():
        raise click.BadParameter("give a reason in words")
    return reason.strip()


def _reason(help_text: str) -> Callable[[FC], FC]:
    return click.option("--reason", required=True, callback=_check_reason, help=help_text)


@click.group(invoke_without_command=True)
@CONFIG
@_period(help=f"{_PERIOD}. Default: the newest settled week.")
@click.option(
    "--edition",
    "editions",
    multiple=True,
    help="board, public or division; with --as-published also one division, such as division-north. Repeatable.",
)
@click.option(
    "--format", "forms", help="Any of html,pdf,xlsx,csv,json, separated by commas. Default: as in the settings."
)
@click.option("--as-published", is_flag=True, help="Write the published files, byte for byte, into the current folder.")
@click.pass_context
def report(
    context: click.Context, config: Path, period: str | None, editions: tuple[str, ...], forms: str | None,
    as_published: bool,
) -> None:  # fmt: skip
    """Publish reports, or write out those already published.

    Each is checked first. Exit code 7: something stands against it, which is said, or reports are suspended; nothing is
    published (docs/report.md).
    """
    from compliance.reports.periods.periods import parse_period

    if context.invoked_subcommand:
        return
    asked = tuple(part.strip() for part in forms.split(",")) if forms else ()
    if wrong := set(asked) - set(_FORMS):
        raise SettingsError(f"--format {wrong.pop()!r}: expected one or more of {', '.join(_FORMS)}")
    span = parse_period(period) if period else None
    with service_of(config) as service:
        if as_published:
            if span is None:
                raise SettingsError("--as-published needs a period; give one with --period")
            for path in service.reporting.serve(span, editions, asked):
                echo(path)
            return
        made = service.report(span, editions, asked)
    _tell(made)


def _tell(made: "list[Publication]") -> None:
    """Print each edition and its files, and end with the error of a form that could not be made."""
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
@click.option("--figure", required=True, help="A figure's name as shown in the report; add :MEASURE for another count.")
@click.option("--division", help="Trace a number in this division's edition instead of the board's.")
@click.option("--counted", is_flag=True, help="List only the cases counted, not the whole group they are counted from.")
def cases(config: Path, period: str, figure: str, division: str | None, counted: bool) -> None:
    """List the cases that add up to a figure, or say why it has none."""
    from compliance.cli.command_notes import note_command
    from compliance.reports.periods.periods import parse_period

    with service_of(config) as service:
        found, published = service.reporting.cases(parse_period(period), figure, division)
        note_command(service.store, service.clock(), (case.crime_ref for case in found.cases))
    if found.instead:
        echo(f"No cases behind {figure}: {found.instead}")
        return
    for line in found.table(counted):
        echo(*line)
    echo(f"{found}{published}", err=True)


@report.command()
@CONFIG
@click.argument("period")
@_reason("Why it is published all the same; printed in the report.")
def release(config: Path, period: str, reason: str) -> None:
    """Publish a held report although something stands against it.

    The reason, your user name and the time are stored and printed in the report. A release holds for what stands
    against the report now: anything new holds it again. Exit code 2: it is not held. 7: it is still held, or reports
    are suspended.
    """
    from compliance.reports.periods.periods import parse_period

    span = parse_period(period)
    with service_of(config) as service:
        _tell(service.reporting.release(span, reason, user_name(), service.clock()))


@report.command()
@CONFIG
@_reason("Why; told to the readers.")
@click.option(
    "--until", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
    help="The last day on which no report is published, such as 2026-07-31.",
)  # fmt: skip
def suspend(config: Path, reason: str, until: datetime) -> None:
    """Publish no report until the end of a day.

    Readers are told, now and when it is over. What falls due meanwhile is published afterwards, the earliest first.
    """
    with service_of(config) as service:
        service.reporting.gate.suspend(until.date(), reason, user_name(), service.clock())
    day = f"{until:%Y-%m-%d}"
    echo(f"no report is published until {day}, that day included; `compliance report resume` ends this earlier")


@report.command()
@CONFIG
def resume(config: Path) -> None:
    """End the suspension of reports. The service publishes what fell due meanwhile when it next looks."""
    with service_of(config) as service:
        ended = service.reporting.gate.resume(user_name(), service.clock())
    echo("reports are published again" if ended else "reports were not suspended")


@report.command()
@CONFIG
@click.option(
    "--format", "form", type=click.Choice(["csv", "html", "json"]), default="csv", show_default=True,
    help="CSV is one row of a register; HTML can be pasted into a document.",
)  # fmt: skip
def risk(config: Path, form: str) -> None:
    """Write the entry for the corporate risk register to standard output.

    It is worked out from the weeks that were published (docs/risk.md). Exit code 3: none of them has its figure.
    """
    from compliance.service.report_jobs.risk_entry import find_risk

    with service_of(config) as service:
        force, entry = service.settings.force.name, find_risk(service.settings, service.store)
    if form == "json":
        import msgspec

        echo_text(printable_json(msgspec.json.format(msgspec.json.encode(entry)).decode()))
    elif form == "html":
        from compliance.reports.rendering.render import page_of
        from compliance.reports.risk_register import risk_report

        echo_text(page_of(risk_report(entry, force)))
    else:
        from compliance.reports.rendering.list_files import list_csv
        from compliance.reports.risk_register import risk_list

        echo_text(list_csv(risk_list(entry, force)).decode().replace("\r\n", "\n"))
