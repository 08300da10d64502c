"""Commands for the audit log: list its entries, verify that they are as they were written, and have it stamped."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compliance.cli.options import CONFIG, INSTANT, echo, echo_text, service_of, stop
from compliance.text import count_noun, printable_json

if TYPE_CHECKING:
    from compliance.service.audit.audit_verification import Verified
    from compliance.store.audit.audit_log import StoredEntry

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)


@click.group()
def audit() -> None:
    """Show who saw, changed or decided what, and verify that nobody has changed that (docs/audit.md).

    With a time-stamping service in the settings, the log is stamped with the time too.
    """


@audit.command("list")
@CONFIG
@click.option("--since", type=INSTANT, help="Only entries from this date-time on.")
@click.option("--until", type=INSTANT, help="Only entries before this date-time.")
@click.option("--who", help="Only what this person or program did.")
@click.option("--crime", help="Only what shows or concerns this crime.")
@_FORMAT
def list_entries(
    config: Path, since: datetime | None, until: datetime | None, who: str | None, crime: str | None, form: str
) -> None:
    """List the entries of the audit log, the oldest first. With JSON, one on each line, as it was hashed.

    That you look is an entry too, written first.
    """
    from compliance.store.audit.audit_log import is_about, iterate_entries, select_entries

    count = 0
    with service_of(config) as service, service.store.reading() as connection:
        for stored in iterate_entries(connection, select_entries(since, until, who, crime)):
            if crime is None or is_about(stored.entry, crime):
                _tell(stored, form)
                count += 1
    echo(count_noun(count, "entry", "entries"), err=True)


def _tell(stored: "StoredEntry", form: str) -> None:
    entry = stored.entry
    if form == "json":
        echo_text(printable_json(json.dumps(_as_json(stored), ensure_ascii=False)))
        return
    details = json.dumps(dict(entry.details), ensure_ascii=False) if entry.details else "-"
    echo(
        stored.number, f"{entry.at:%Y-%m-%d %H:%M:%SZ}", entry.who, entry.role, entry.what, entry.target, details,
        entry.reason or "-",
    )  # fmt: skip


def _as_json(stored: "StoredEntry") -> dict[str, Any]:
    entry = stored.entry
    return {
        "number": stored.number, "at": f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}", "who": entry.who, "role": entry.role,
        "what": str(entry.what), "target": entry.target, "details": stored.details, "reason": entry.reason,
        "previous": stored.previous, "hash": stored.hash,
    }  # fmt: skip


@audit.command()
@CONFIG
@click.option(
    "--head", "heads", multiple=True, metavar="FILE|NUMBER:HASH",
    help="A head of the log that was kept elsewhere, or a file with one on each line. Repeatable.",
)  # fmt: skip
@click.option(
    "--stamp", "stamps", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="FILE|FOLDER",
    help="A stamp that was kept elsewhere, as `compliance audit stamps` wrote it, or a folder of them. Repeatable.",
)  # fmt: skip
@_FORMAT
def verify(config: Path, heads: tuple[str, ...], stamps: tuple[Path, ...], form: str) -> None:
    """Verify that each entry is as it was written, in its place, and that none is missing.

    The heads printed in the published reports that are stored are compared too, and stamps are verified: those that
    are stored, and those given. Exit code 8: something is wrong, which is said with the numbers of the entries.
    """
    from compliance.errors import AuditError, SettingsError
    from compliance.service.audit.audit_verification import read_heads, read_stamps, verify_log
    from compliance.service.audit.stamp_tokens import read_authority

    kept, kept_stamps = read_heads(heads), read_stamps(stamps)
    with service_of(config) as service:
        authority = read_authority(service.settings)
        if kept_stamps and not authority:
            raise SettingsError(
                f"{config}: audit.authority: it is not set, and --stamp needs the certificates that it names"
            )
        found = verify_log(service.store, service.clock(), kept, kept_stamps, authority)
    if form == "json":
        echo_text(printable_json(json.dumps(found.as_json(), indent=1)))
    else:
        _tell_found(found)
    if found.problem:
        stop(found.problem, AuditError.exit_code)


def _tell_found(found: "Verified") -> None:
    for line in found.lines:
        echo(line)


@audit.command()
@CONFIG
def stamp(config: Path) -> None:
    """Have the head of the log stamped with the time now, by the time-stamping service of the settings (RFC 3161).

    The service is sent a hash and a random number. What it answers is verified and kept. The running service does this
    once a day by itself.
    """
    with service_of(config) as service:
        kept = service.stamping.stamp()
    if kept is None:
        echo("nothing to stamp: the log has no entry that is not stamped already")
    else:
        echo(f"entry {kept.number} stamped, and so is all before it: {kept.stamped_at:%Y-%m-%d %H:%M:%SZ}")


@audit.command()
@CONFIG
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Write each to a file in this folder.")
def stamps(config: Path, output: Path | None) -> None:
    """List the stamps that are kept: entry, its hash, and when it was stamped. With --output, write them to files.

    A file that is there already stays as it is. Keep the folder where whoever can write to the database cannot: then
    `compliance audit verify --stamp FOLDER` finds a log that was cut off or rewritten.
    """
    from compliance.store.audit.audit_stamps import iterate_stamps

    with service_of(config) as service:
        if output is not None:
            written, count = service.stamping.write_stamps(output)
            echo(f"{output}: {count_noun(count, 'stamp')}, {written:,} of them new")
            return
        with service.store.reading() as connection:
            for kept in iterate_stamps(connection):
                echo(kept.number, kept.hash, f"{kept.stamped_at:%Y-%m-%d %H:%M:%SZ}")
