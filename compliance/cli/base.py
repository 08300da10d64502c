"""The command line: thin, one command, one call. Heavy imports wait until their command runs."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from compliance.errors import ComplianceError

if TYPE_CHECKING:
    from compliance.batch.inputs import Refused
    from compliance.service import Service


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
    """Turns this service's errors into their message and exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command asked for."""
        try:
            return super().invoke(ctx)
        except ComplianceError as error:
            stop(str(error), error.exit_code)


def stop(message: str, code: int) -> NoReturn:
    """End with a message on standard error and an exit code."""
    click.echo(f"compliance: {message}", err=True)
    sys.exit(code)


def tell(refused: "Refused") -> None:
    """Tell of a refused record on standard error."""
    crime = f"crime {refused.crime_ref}: " if refused.crime_ref else ""
    click.echo(f"line {refused.line}: {crime}{refused.reason}", err=True)


def service_of(config: Path) -> "Service":
    """The service of a settings file, its log set up as the settings say."""
    from compliance.config import load_settings
    from compliance.service import Service
    from compliance.service.logs import set_up

    settings = load_settings(config)
    set_up(settings.log)
    return Service.open(settings)


def printable(text: str) -> str:
    """A text from elsewhere as a terminal may have it: nothing in it that is not printed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    help="The settings file.",
)
