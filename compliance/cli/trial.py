"""Trying it out: demo and simulate."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from compliance.cli.base import echo


@click.command()
@click.option("--seed", default=2026, show_default=True, help="Another seed, another force.")
@click.option("--weeks", default=26, show_default=True, help="How many weeks of crime the force has seen.")
@click.option("--days", default=14, show_default=True, help="How many of the last days are lived through.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; by default the last of the records.")
@click.option("--replay", help="Crime records (NDJSON, also .gz or .zst) in place of the simulated ones.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True, help="Where all goes."
)
def demo(seed: int, weeks: int, days: int, until: datetime | None, replay: str | None, folder: Path) -> None:
    """Run the whole service on a simulated force, and show where to look."""
    from compliance.demo import given, run, simulated

    if replay:
        history: Any = given(replay, lambda line, reason: echo(f"line {line}: {reason}", err=True))
        name = "Replayed records"
    else:
        echo(f"Making a simulated force: {weeks} weeks of crime, five divisions, 145 local policing teams …")
        history, name = simulated(seed, weeks), "Simulated Constabulary"
    done = run(history, folder, name, days, echo, until and until.date())
    echo()
    echo(f"{done.crimes:,} crimes watched, {done.refused} records refused, {done.mails:,} emails sent.")
    echo()
    echo("Look at")
    *earlier, newest = done.reports or (None,)
    if newest:
        echo(f"  {newest}    the newest week's report, as the board gets it; PDF and XLSX beside it")
    for path in reversed(earlier):
        echo(f"  {path}    the report of an earlier week")
    echo(f"  {done.mail_folder}/    the emails, one file each")
    echo(f"  {done.database}    the database (SQLite)")


@click.command()
@click.option("--seed", default=2026, show_default=True, help="Another seed, another force.")
@click.option("--weeks", default=26, show_default=True, help="How many weeks of crime the force has seen.")
@click.option("--port", default=8470, show_default=True, help="Of the crime system, on 127.0.0.1.")
@click.option("--smtp-port", default=8471, show_default=True, help="Of the mail server, on 127.0.0.1.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("var/mail"), show_default=True, help="Where mail is kept."
)
def simulate(seed: int, weeks: int, port: int, smtp_port: int, folder: Path) -> None:
    """Serve a simulated force in real time, for `compliance run` to watch; until SIGTERM."""
    from compliance.signals import heeded

    with heeded() as asked:
        from compliance.demo import simulate as serve

        serve(seed, weeks, folder, (port, smtp_port), asked, echo)
