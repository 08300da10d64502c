"""Commands for the audit log: list its entries, and verify that they are as they were written."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compliance.cli.options import CONFIG, INSTANT, echo, echo_text, service_of, stop
from compliance.text import count_noun, printable_json

if TYPE_CHECKING:
    from compliance.service.audit_verification import Verified
    from compliance.store.audit_log import StoredEntry

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)


@click.group()
def audit() -> None:
    """Show who saw, changed or decided what, and verify that nobody has changed that (docs/audit.md)."""


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
    from compliance.store.audit_log import is_about, iterate_entries, select_entries

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
@_FORMAT
def verify(config: Path, heads: tuple[str, ...], form: str) -> None:
    """Verify that each entry is as it was written, in its place, and that none is missing.

    The heads printed in the published reports that are stored are compared too. Exit code 8: something is wrong, which
    is said with the numbers of the entries.
    """
    from compliance.errors import AuditError
    from compliance.service.audit_verification import read_heads, verify_log

    kept = read_heads(heads)
    with service_of(config) as service:
        found = verify_log(service.store, kept)
    if form == "json":
        echo_text(printable_json(json.dumps(found.as_json(), indent=1)))
    else:
        _tell_found(found)
    if found.problem:
        stop(found.problem, AuditError.exit_code)


def _tell_found(found: "Verified") -> None:
    for line in found.lines:
        echo(line)
