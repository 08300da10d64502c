"""Commands on the database: rebuild, quarantine, retention, export, backup, restore."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from compliance.cli.options import CONFIG, echo, service_of
from compliance.text import count_noun

if TYPE_CHECKING:
    from compliance.store import Rebuilt


@click.command()
@CONFIG
def rebuild(config: Path) -> None:
    """Rebuild the obligations from the stored records, and their counts for the pages.

    They are brought up to date first; those that differ afterwards are counted and corrected. Exit code 1: some
    differed.
    """
    from compliance.store import rebuild as run

    with service_of(config) as service:
        done = run(service.store, service.policy, service.clock())
    _tell_rebuilt(done)


def _tell_rebuilt(done: "Rebuilt") -> NoReturn:
    counts = f", {count_noun(done.counts, 'count')} of what is outstanding corrected" if done.counts else ""
    obligations = count_noun(done.differences, "obligation")
    echo(f"{count_noun(done.crimes, 'crime')} judged again, {obligations} corrected{counts}")
    sys.exit(done.differences + done.counts > 0)


@click.group()
def quarantine() -> None:
    """List, show and retry refused records."""


@quarantine.command("list")
@CONFIG
def list_quarantined(config: Path) -> None:
    """List refused records, newest first."""
    from compliance.cli.command_notes import note_command
    from compliance.store import list_quarantined

    with service_of(config) as service:
        found = list_quarantined(service.store)
        note_command(service.store, service.clock(), (record.crime_ref for record in found))
    for record in found:
        crime = f"crime {record.crime_ref}" if record.crime_ref else "no crime number"
        echo(
            f"{record.id}  {record.first_seen_at:%Y-%m-%d %H:%MZ} to {record.last_seen_at:%Y-%m-%d %H:%MZ}, "
            f"{count_noun(record.times, 'time')}  {record.source}  {crime}: {record.reason}"
        )
    echo(count_noun(len(found), "refused record"), err=True)


@quarantine.command()
@CONFIG
@click.argument("number", type=int)
def show(config: Path, number: int) -> None:
    """Show a refused record as received, and why it was refused. Unprintable characters are shown as escapes."""
    from compliance.cli.command_notes import note_command
    from compliance.store import read_quarantined

    with service_of(config) as service:
        record, raw = read_quarantined(service.store, number)
        note_command(service.store, service.clock(), [record.crime_ref])
    echo(record.reason + (f" (left the quarantine {record.cleared_at})" if record.cleared_at else ""))
    echo(raw.decode("utf-8", "backslashreplace"))


@quarantine.command()
@CONFIG
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="Retry all of them.")
def retry(config: Path, numbers: tuple[int, ...], every: bool) -> None:
    """Try refused records again: those given, or all.

    They are treated as if they had just arrived.
    """
    from compliance.store import retry_quarantined

    if bool(numbers) == every:
        raise click.UsageError("give the numbers of the records, or --all")
    with service_of(config) as service:
        done = retry_quarantined(service.store, service.clock(), None if every else numbers)
        service.judge()
    echo(f"{done.taken:,} accepted, {done.overtaken:,} already corrected since, {done.refused:,} still refused")


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Show what would be removed or stripped. Writes nothing.")
def retention(config: Path, dry_run: bool) -> None:
    """Remove old crimes, or the officers named in them.

    This happens a set time after a crime is closed, and each removal is recorded. Everything else that has been kept as
    long as the settings say is also removed (docs/retention.md).
    """
    with service_of(config) as service:
        retaining = service.retaining
        if not retaining.of_crimes:
            echo("no retention period is set for crimes; none are removed")
        if dry_run:
            for line in retaining.due():
                echo(line)
            return
        removed = retaining.apply()
        if retaining.of_crimes:
            echo(f"{count_noun(removed.crimes, 'crime')} removed or stripped of officers")
        for line in removed.lines:
            echo(line)


@click.command()
@CONFIG
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--as-known-for", "period",
    help="Write the records as known when a week (2026-W47), month (2026-11) or quarter (2026-Q4) was settled, from "
    "which its report can be recomputed.",
)  # fmt: skip
def export(config: Path, folder: Path, period: str | None) -> None:
    """Write the stored data to FOLDER as Parquet files.

    One file each for crimes, victims, updates, statuses, allocations and events; without --as-known-for also for
    obligations, obligations set aside and transitions (docs/export.md).
    """
    from compliance.reports.periods.periods import parse_period
    from compliance.store import export as run
    from compliance.store import export_known

    with service_of(config) as service:
        if period is None:
            service.judge()
            counts = run(service.store, folder)
        else:
            settled = parse_period(period).settling_instant(service.policy.local)
            counts = export_known(service.store, folder, settled)
    for name, count in counts.items():
        echo(f"{folder / f'{name}.parquet'}: {count_noun(count, 'row')}")


@click.command()
@CONFIG
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(config: Path, file: Path) -> None:
    """Back up the SQLite database to FILE.

    The service may be running. The copy is checked, and only its owner can read it. An existing FILE is replaced. For
    PostgreSQL, use pg_dump.
    """
    from compliance.cli.command_notes import note_command_in
    from compliance.config import load_settings
    from compliance.store import NoSchemaError, WrongSchemaError
    from compliance.store import backup as run

    with suppress(NoSchemaError, WrongSchemaError):  # a copy is due before an upgrade too
        note_command_in(config)
    size = run(load_settings(config).database_url, file)
    echo(f"{file}: {size:,} bytes, checked")


@click.command()
@CONFIG
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def restore(config: Path, file: Path) -> None:
    """Replace the SQLite database by the copy FILE.

    Stop the service first. The copy is checked, upgraded to this version and put in place; the former database is kept
    beside it under another name. Then all crimes are judged again, as `rebuild` does. Exit code 1: some obligations
    differed. For PostgreSQL, use pg_restore (docs/install.md).
    """
    from compliance import clock
    from compliance.cli.command_notes import note_command
    from compliance.config import load_settings
    from compliance.service import Service
    from compliance.service.noting.noted_progress import noted_progress
    from compliance.store import rebuild as run
    from compliance.store import restore as put_back

    settings, now = load_settings(config), clock.now()
    former = put_back(settings.database_url, file, now, lambda store: note_command(store, now))
    echo(f"{file}: checked, and put in place of the database")
    if former is not None:
        echo(f"{former}: the former database; delete it when you no longer need it")
    with Service.open(settings) as service, noted_progress(service.store, "restore", clock.now, is_logged=False):
        done = run(service.store, service.policy, now)
    _tell_rebuilt(done)
