"""`compliance feed try`: whether the crime system can be read, and what would be taken from it."""

import json
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from compliance.cli.base import CONFIG, echo, stop, tell_unknown
from compliance.errors import RecordError, UnavailableError

_WIDTH = 58


@click.group()
def feed() -> None:
    """The crime system as the settings have it."""


@feed.command("try")
@CONFIG
@click.option("--records", type=click.IntRange(1, 1000), default=5, show_default=True, help="How many to fetch.")
def try_it(config: Path, records: int) -> None:
    """Fetch a few records; show what came beside what would be taken, and why any is refused. Writes nothing.

    Exit code 3 where a record or an entry of the officer directory is refused, 4 where the directory is of no use.
    """
    from compliance import clock
    from compliance.config import load_settings
    from compliance.service.trying import try_feed

    trial = try_feed(load_settings(config), clock.now, records)
    for number, record in enumerate(trial.records, 1):
        echo(f"record {number}: " + (f"refused: {record.refused}" if record.refused else "taken"))
        for left, right in zip_longest(_lines(record.source), _lines(record.mapped), fillvalue=""):
            echo(f"  {_cut(left):{_WIDTH}} | {_cut(right)}".rstrip())
    if trial.clock_changes:
        echo(
            f"{trial.clock_changes:,} instants without an offset fell into an hour that comes twice or never; the "
            "first of the two was taken, or the clock as though it had not gone forward yet"
        )
    tell_unknown(trial.unknown)
    for refusal in trial.officers.refusals:
        echo(f"refused: {refusal.reason}")
    refused = sum(record.refused is not None for record in trial.records)
    echo(
        f"{len(trial.records):,} records, {refused:,} refused; {len(trial.officers.officers):,} officers, "
        f"{len(trial.officers.refusals):,} refused; nothing was written"
    )
    if trial.directory_problem:
        stop(f"officer directory: {trial.directory_problem}", UnavailableError.exit_code)
    if refused or trial.officers.refusals:
        stop("some were refused: the reasons are above", RecordError.exit_code)


def _lines(value: Any) -> list[str]:
    """As JSON, whatever it is: no control character of the source reaches the terminal."""
    return json.dumps(value, indent=2, default=str).splitlines()


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
