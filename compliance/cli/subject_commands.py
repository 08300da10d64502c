"""The command that answers an officer who asks what is held on them: subject."""

from pathlib import Path
from typing import Any

import click

from compliance.cli.options import CONFIG, echo, echo_text, service_of
from compliance.errors import RecordError

_TITLES = {
    "directory": "In the officer directory",
    "cases": "Cases that they have or had, and updates that they recorded",
    "reminders": "Decisions to remind them, or not",
    "emails": "Emails to them",
    "disputes": "What they said was wrong",
    "answers": "What they answered to what others said was wrong",
    "sessions": "When they were signed in to the pages",
    "readings": "What they found as readers of dip samples",
    "questions": "What they had worked out on the pages",
    "tokens": "Tokens for programs that they made",
    "releases": "Reports that they released",
    "suspensions": "Reports that they suspended",
    "audit_entries": "In the audit log",
}


@click.command()
@CONFIG
@click.argument("officer_ref")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)
def subject(config: Path, officer_ref: str, form: str) -> None:
    """Show what is held on OFFICER_REF, for an answer to their own request (docs/data-protection.md).

    Victims and other people are left out. Every stored record is read. Exit code 3: nothing is held.
    """
    from compliance.cli.command_notes import note_command
    from compliance.store.reading.subject import crimes_in, read_subject
    from compliance.text import count_noun, printable_json

    with service_of(config) as service:
        held = read_subject(service.store, officer_ref)
        note_command(service.store, service.clock(), crimes_in(held))
    if form == "json":
        import msgspec

        echo_text(
            printable_json(msgspec.json.format(msgspec.json.encode({"officer_ref": officer_ref, **held})).decode())
        )
    else:
        for part, rows in held.items():
            echo(f"{_TITLES[part]}: {count_noun(len(rows), 'entry', 'entries')}")
            for row in rows:
                echo("  " + "; ".join(_describe(name, value) for name, value in row.items() if value))
    if not any(rows for part, rows in held.items() if part != "audit_entries"):  # that somebody asked before is one
        raise RecordError(f"nothing is held on {officer_ref}; is that the reference in the officer directory?")


def _describe(name: str, value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return f"{name} {value}"
