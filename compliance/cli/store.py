"""Commands on what the database holds: rebuild, quarantine, retention, export."""

import sys
from pathlib import Path

import click

from compliance.cli.base import CONFIG, echo, service_of
from compliance.text import counted


@click.command()
@CONFIG
def rebuild(config: Path) -> None:
    """Make the obligations again from the records, and say how many stood otherwise.

    They are brought up to date first. Exit code 1 where some stood otherwise: they are as the records say now.
    """
    from compliance.store import rebuild as run

    with service_of(config) as service:
        done = run(service.store, service.policy, service.clock())
    echo(f"{counted(done.crimes, 'crime')} judged again, {counted(done.differences, 'obligation')} stood otherwise")
    sys.exit(done.differences > 0)


@click.group()
def quarantine() -> None:
    """Refused records: what they are, why, and trying them again."""


@quarantine.command("list")
@CONFIG
def list_quarantined(config: Path) -> None:
    """The refused records that stand, the newest first."""
    from compliance.store import quarantined

    with service_of(config) as service:
        found = quarantined(service.store)
    for record in found:
        crime = f"crime {record.crime_ref}" if record.crime_ref else "no crime number"
        echo(
            f"{record.id}  {record.first_seen_at:%Y-%m-%d %H:%MZ} to {record.last_seen_at:%Y-%m-%d %H:%MZ}, "
            f"{counted(record.times, 'time')}  {record.source}  {crime}: {record.reason}"
        )
    echo(f"standing: {counted(len(found), 'refused record')}", err=True)


@quarantine.command()
@CONFIG
@click.argument("number", type=int)
def show(config: Path, number: int) -> None:
    """A refused record as it came, and why it was refused. What cannot be printed is shown as an escape."""
    from compliance.store import quarantined_record

    with service_of(config) as service:
        record, raw = quarantined_record(service.store, number)
    echo(record.reason + (f" (left the quarantine {record.cleared_at})" if record.cleared_at else ""))
    echo(raw.decode("utf-8", "backslashreplace"))


@quarantine.command()
@CONFIG
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that stand.")
def retry(config: Path, numbers: tuple[int, ...], every: bool) -> None:
    """Take refused records again, as though they had come: those named, or all."""
    from compliance.store import retry_quarantined

    if bool(numbers) == every:
        raise click.UsageError("name the records by their numbers, or say --all")
    with service_of(config) as service:
        done = retry_quarantined(service.store, service.clock(), None if every else numbers)
        service.judge()
    echo(f"{done.taken:,} taken in, {done.overtaken:,} had come right since, {done.refused:,} refused still")


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Say what would be removed or stripped; write nothing.")
def retention(config: Path, dry_run: bool) -> None:
    """Remove crimes, or strip them of officers, a configured time after closing; each removal is written down.

    Refused records and the files of exports are removed too, when they have been kept as long as the settings say.
    """
    with service_of(config) as service:
        retaining = service.retaining
        if not retaining.of_crimes:
            echo("the settings say nothing of how long crimes are kept: no crime is removed")
        if dry_run:
            for line in retaining.due():
                echo(line)
            return
        removed = retaining.apply()
        if retaining.of_crimes:
            echo(f"{counted(removed.crimes, 'crime')} removed or stripped of officers")
        if removed.refused:
            echo(f"{counted(removed.refused, 'refused record')} removed")
        if removed.exports:
            echo(f"{counted(removed.exports, 'file')} of exports removed")


@click.command()
@CONFIG
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export(config: Path, folder: Path) -> None:
    """Write crimes, updates, obligations and transitions as Parquet files into FOLDER."""
    from compliance.store import export as run

    with service_of(config) as service:
        service.judge()
        counts = run(service.store, folder)
    for name, count in counts.items():
        echo(f"{folder / f'{name}.parquet'}: {counted(count, 'row')}")


@click.command()
@CONFIG
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(config: Path, file: Path) -> None:
    """Copy the database into FILE, also while the service runs.

    The copy is checked, and only its owner can read it. A former copy of that name is replaced. For PostgreSQL, use
    pg_dump.
    """
    from compliance.config import load_settings
    from compliance.store import backup as run

    size = run(load_settings(config).database_url, file)
    echo(f"{file}: {size:,} bytes, checked")
