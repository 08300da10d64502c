"""Commands for trying the service: demo and simulate."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from compliance.cli.options import echo


@click.command()
@click.option("--seed", default=2026, show_default=True, help="Seed for the simulated force.")
@click.option("--weeks", default=26, show_default=True, help="Weeks of crime to simulate.")
@click.option("--days", default=14, show_default=True, help="Number of final days to run one by one.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day. Default: the last day in the records.")
@click.option(
    "--replay", help="Use the crime records in this file (NDJSON, also .gz or .zst) instead of simulated ones."
)
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True, help="Output folder."
)
@click.option("--serve", "is_served", is_flag=True, help="Serve the intranet pages of it at the end, until Ctrl+C.")
@click.option("--port", default=8480, show_default=True, help="Port of the pages on 127.0.0.1.")
def demo(
    seed: int,
    weeks: int,
    days: int,
    until: datetime | None,
    replay: str | None,
    folder: Path,
    is_served: bool,
    port: int,
) -> None:
    """Run the whole service on a simulated force.

    Lists the files to open at the end.
    """
    from compliance.demo import replay_records, run, simulate_force

    if replay:
        history: Any = replay_records(replay, lambda line, reason: echo(f"line {line}: {reason}", err=True))
        name = "Replayed records"
    else:
        echo(f"Simulating a force: {weeks} weeks of crime, five divisions, 145 local policing teams …")
        history, name = simulate_force(seed, weeks), "Simulated Constabulary"
    done = run(history, folder, name, days, echo, until and until.date())
    echo()
    echo(f"{done.crimes:,} crimes watched, {done.refused} records refused, {done.mails:,} emails sent.")
    echo()
    echo("Files to open:")
    *earlier, newest = done.reports or (None,)
    if newest:
        echo(f"  {newest}    the latest week's report, as the board gets it (PDF and XLSX in the same folder)")
    for path in reversed(earlier):
        echo(f"  {path}    an earlier week's report")
    echo(f"  {done.mail_folder}/    the emails, one file each")
    echo(f"  {done.database}    the database (SQLite)")
    if not is_served:
        echo("To see the pages of officers and leaders, too: compliance demo --serve")
        return
    from compliance.demo import serve_pages
    from compliance.signals import heed_signals

    with heed_signals() as asked:
        serve_pages(done, port, asked, echo)


@click.command()
@click.option("--seed", default=2026, show_default=True, help="Seed for the simulated force.")
@click.option("--weeks", default=26, show_default=True, help="Weeks of crime to simulate.")
@click.option("--port", default=8470, show_default=True, help="Port of the crime system on 127.0.0.1.")
@click.option("--smtp-port", default=8471, show_default=True, help="Port of the mail server on 127.0.0.1.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("var/mail"),
    show_default=True,
    help="Folder for received emails.",
)
def simulate(seed: int, weeks: int, port: int, smtp_port: int, folder: Path) -> None:
    """Serve a simulated force until stopped (SIGTERM).

    It runs in real time, for `compliance run` to watch.
    """
    from compliance.signals import heed_signals

    with heed_signals() as asked:
        from compliance.demo import simulate as serve

        serve(seed, weeks, folder, (port, smtp_port), asked, echo)
