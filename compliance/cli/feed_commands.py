"""`compliance feed`: show what a poll would read, and let the next one read from the beginning."""

import json
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compliance.cli.options import CONFIG, INSTANT, echo, service_of, stop, tell_unknown
from compliance.errors import RecordError, SettingsError, UnavailableError
from compliance.text import count_noun

if TYPE_CHECKING:
    from datetime import datetime

_WIDTH = 58


@click.group()
def feed() -> None:
    """Test the connection to the crime system, or read it again from the beginning."""


@feed.command("try")
@CONFIG
@click.option(
    "--records", type=click.IntRange(1, 1000), default=5, show_default=True, help="Number of records to show."
)
@click.option("--now", "ask_now", is_flag=True, help="Ask even if the crime system asked for a wait (Retry-After).")
def try_it(config: Path, records: int, ask_now: bool) -> None:
    """Show a few records before and after mapping, with the reason for any refusal, and what the first 500 say of the
    mapping. Writes nothing.

    Exit code 3: a record or an entry in the officer directory was refused. 4: the directory could not be used.
    """
    from compliance import clock
    from compliance.config import load_settings
    from compliance.service.polls.feed_trial import try_feed

    trial = try_feed(load_settings(config), clock.now, records, ask_now)
    for number, record in enumerate(trial.records, 1):
        echo(f"record {number}: " + (f"refused: {record.refused}" if record.refused else "accepted"))
        for left, right in zip_longest(_lines(record.source), _lines(record.mapped), fillvalue=""):
            echo(f"  {_cut(left):{_WIDTH}} | {_cut(right)}".rstrip())
    if trial.clock_changes:
        echo(
            f"{count_noun(trial.clock_changes, 'date-time')} without a UTC offset fell in an hour that a clock change "
            "repeats or skips; each is read as if the clocks had not yet changed"
        )
    tell_unknown(trial.unknown)
    for note in trial.notes:
        echo(note)
    for refusal in trial.officers.refusals:
        echo(f"refused: {refusal.reason}")
    shown = sum(record.refused is not None for record in trial.records)
    if len(trial.refused) > shown:
        echo(f"of the records not shown, {len(trial.refused) - shown:,} refused, the first: {trial.refused[shown]}")
    echo(
        f"{count_noun(trial.examined, 'record')}, {len(trial.refused):,} refused; "
        f"{count_noun(len(trial.officers.officers), 'officer')}, {len(trial.officers.refusals):,} refused; "
        "nothing was written"
    )
    if trial.directory_problem:
        stop(f"officer directory: {trial.directory_problem}", UnavailableError.exit_code)
    if trial.refused or trial.officers.refusals:
        stop("some records or officers were refused; the reasons are above", RecordError.exit_code)


@feed.command()
@CONFIG
@click.option(
    "--from", "begin", type=INSTANT, help="Read only what has changed since this date-time; of a database only."
)
@click.option(
    "--keep-cursor", is_flag=True, help="Read on from where the last poll ended: the crime system has only moved."
)
def restart(config: Path, begin: "datetime | None", keep_cursor: bool) -> None:
    """Let the next poll read the crime system from the beginning, into the same database.

    For a cursor that has expired, or another crime system. Nothing stored is lost, and what comes again unchanged is
    not written again.
    """
    if begin is not None and keep_cursor:
        raise SettingsError("--from and --keep-cursor exclude each other; give one of them")
    with service_of(config) as service:
        service.restart_feed(begin, keep_cursor=keep_cursor)
    where = (
        "where the last one ended" if keep_cursor else "the beginning" if begin is None else f"{begin:%Y-%m-%dT%H:%MZ}"
    )
    echo(f"the next poll reads the crime system from {where}; everything stored stays")


def _lines(value: Any) -> list[str]:
    """Format a value as JSON, so that no control character from the source reaches the terminal."""
    return json.dumps(value, indent=2, default=str).splitlines()


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
