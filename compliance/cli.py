"""The command line: thin, one command, one call. Heavy imports wait until their command runs."""

import sys
from datetime import datetime
from typing import Any, NoReturn

import click

from compliance.errors import ComplianceError, RecordError


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


class _Main(click.Group):
    """Turns this service's errors into their message and exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ComplianceError as error:
            _stop(str(error), error.exit_code)


def _stop(message: str, code: int) -> NoReturn:
    click.echo(f"compliance: {message}", err=True)
    sys.exit(code)


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="victims-code-compliance", prog_name="compliance")
def main() -> None:
    """Watch that every victim of crime is kept informed in time."""


@main.command()
@click.option("--policy", required=True, help="A policy file, or the name of a shipped one, such as west-mercia.")
@click.option("--as-at", required=True, type=INSTANT, help="The instant asked about (rules 2.7).")
@click.option("--known-at", type=INSTANT, help="Leave out what was entered later (rules 2.8).")
@click.option("--input", "source", required=True, help="Crime records: NDJSON, also .gz or .zst; - for standard input.")
@click.option("--output", "target", required=True, help="Verdicts as .ndjson or .csv; - for standard output, NDJSON.")
def evaluate(policy: str, as_at: datetime, known_at: datetime | None, source: str, target: str) -> None:
    """Judge a file of crime records and write the verdicts. Needs no database.

    Exit code 3 where some records were refused: the good ones are answered, and each refused one is a line on standard
    error with its line number and reason.
    """
    from compliance.batch.evaluate import evaluate as run
    from compliance.policy import load_policy

    def refuse(line: int, crime_ref: str | None, reason: str) -> None:
        click.echo(f"line {line}: {f'crime {crime_ref}: ' if crime_ref else ''}{reason}", err=True)

    done = run(load_policy(policy), as_at, known_at, source, target, refuse)
    if done.refused:
        sys.exit(RecordError.exit_code)


if __name__ == "__main__":
    main()
