"""The command line: thin, one command, one call. Heavy imports wait until their command runs."""

import signal
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from compliance.errors import ComplianceError, fault_trace
from compliance.text import printable

if TYPE_CHECKING:
    from compliance.batch.inputs import NotJudged, Refused
    from compliance.service import Service
    from compliance.stopping import Stop


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        from compliance.records.instants import SHAPE, from_micros, parse_instants

        micros, bad = parse_instants([value])
        if bad[0]:
            self.fail(f"{value!r} is no instant; expected {SHAPE}", param, ctx)
        return from_micros(int(micros[0]))


INSTANT = _Instant()


class Main(click.Group):
    """Turns this service's errors into their message and exit code, and faults into where they arose."""

    def __call__(self, *words: Any, **options: Any) -> Any:
        """Run as a program of its own."""
        try:
            return super().__call__(*words, **options)
        except Exception as fault:
            echo_text(f"{fault_trace(fault)}\ncompliance: a fault in the service itself", err=True)
            sys.exit(ComplianceError.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command asked for."""
        try:
            return super().invoke(ctx)
        except ComplianceError as error:
            stop(str(error), error.exit_code)
        except KeyboardInterrupt:
            stop("interrupted", 128 + signal.SIGINT)


def echo(*cells: object, err: bool = False) -> None:
    """Write a line, its cells set apart by tabs. Whatever another system wrote in them comes out printable."""
    click.echo("\t".join(printable(str(cell)) for cell in cells), err=err)


def echo_text(text: str, *, err: bool = False) -> None:
    """Write a text laid out in lines by this service, which ends a line; otherwise as `echo`."""
    click.echo(printable(text.removesuffix("\n"), kept="\n"), err=err)


def echo_progress(text: str) -> None:
    """Write over the line before, where standard error is a terminal; no text ends the line."""
    if sys.stderr.isatty():
        click.echo("\r" + printable(text) if text else "", err=True, nl=not text)


def stop(message: str, code: int) -> NoReturn:
    """End with a message on standard error and an exit code."""
    echo_text(f"compliance: {message}", err=True)
    sys.exit(code)


def tell(each: "Refused | NotJudged") -> None:
    """Tell of a refused record, or of what of a record is set aside, on standard error."""
    from compliance.batch.inputs import Refused

    crime = f"crime {each.crime_ref}: " if each.crime_ref else ""
    if not isinstance(each, Refused):
        number = f" {each.cycle}" if each.cycle else ""
        crime += f"victim {each.victim_ref}: {each.requirement}{number}: set aside (rules {each.clause}): "
    echo(f"line {each.line}: {crime}{each.reason}", err=True)


def service_of(config: Path, asked: "Stop | None" = None) -> "Service":
    """The service of a settings file, its log set up as the settings say; `asked` is how it is asked to stop."""
    from compliance.config import load_settings
    from compliance.service import Service
    from compliance.service.logs import set_up

    settings = load_settings(config)
    set_up(settings.log)
    return Service.open(settings, stop=asked)


_TOLD = 20


def tell_unknown(counts: Mapping[tuple[str, str], int]) -> None:
    """Values of the records that neither mapping nor policy knows, the most frequent first, and what to do."""
    if not counts:
        return
    from compliance.service.unknown import REMEDY, named

    for (field, value), times in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TOLD]:
        echo(f"{times:,} times a value that nobody knows: {named(field, value)}")
    if len(counts) > _TOLD:
        echo(f"and {len(counts) - _TOLD:,} more such values")
    echo(f"where they should count, or are in order: {REMEDY}")


CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    help="The settings file.",
)
