"""The command that announces planned work: maintenance."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from compliance.cli.options import CONFIG, echo, service_of

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LONGEST_DAYS = 7


class _Duration(click.ParamType[timedelta | None]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta | None:
        if value is None or isinstance(value, timedelta) or value == "end":
            return None if value == "end" else value
        found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", value)
        length = found and timedelta(**{_UNITS[found[2]]: int(found[1])})
        if not length or length > timedelta(days=_LONGEST_DAYS):
            self.fail(f"{value!r}: expected a time such as 30m, 2h or 1d, at most {_LONGEST_DAYS}d, or end", param, ctx)
        return length


@click.command()
@CONFIG
@click.argument("length", metavar="DURATION|end", type=_Duration())
@click.option("--reason", help="Why; shown by `compliance status`. Required to begin.")
def maintenance(config: Path, length: timedelta | None, reason: str | None) -> None:
    """Announce planned work: no alerts are sent for a time such as 30m, 2h or 1d, or until `end`.

    What begins meanwhile and lasts is told when it ends (docs/conditions.md).
    """
    from compliance import clock
    from compliance.store import begin_maintenance, end_maintenance

    if length is not None and not (reason or "").strip():
        raise click.UsageError('give --reason, such as --reason "new mail server"')
    with service_of(config) as service:
        if length is None:
            ended = end_maintenance(service.store, clock.now())
            echo("maintenance has ended; alerts are sent again" if ended else "there was no maintenance under way")
            return
        begun = begin_maintenance(service.store, clock.now(), clock.now() + length, str(reason))
    echo(f"no alerts are sent until {begun.until:%Y-%m-%d %H:%MZ}; `compliance maintenance end` ends this earlier")
