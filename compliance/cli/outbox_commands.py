"""Commands for the outbox: list, show, retry and cancel emails."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from compliance.cli.options import CONFIG, echo, echo_text, service_of
from compliance.text import count_noun, printable_json

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)
_NUMBERS = click.argument("numbers", type=int, nargs=-1, required=True)


@click.group(invoke_without_command=True)
@CONFIG
@click.pass_context
def outbox(context: click.Context, config: Path) -> None:
    """Show what has not reached its readers; list, show, retry or cancel emails (docs/mail.md).

    Exit code 3: there is no email with a given number, or its state does not allow the change; nothing is changed.
    """
    if context.invoked_subcommand:
        return
    from compliance.service.telling.undelivered import undelivered_text

    with service_of(config) as service:
        found = service.undelivered()
    echo_text(undelivered_text(found) if found else "every email has reached its reader, or is still under way")


@outbox.command("list")
@CONFIG
@click.option("--state", "states", multiple=True, help="Only emails in this state, such as refused. Repeatable.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Maximum number listed.")
@_FORMAT
def list_mails(config: Path, states: tuple[str, ...], limit: int, form: str) -> None:
    """List emails, newest first, and count them by state."""
    from compliance.mail.by_hand import STATES, counts, list_emails

    if unknown := set(states) - set(STATES):
        raise click.BadParameter(f"{unknown.pop()!r} is not a state; expected one of {', '.join(STATES)}")
    with service_of(config) as service:
        found, many = list_emails(service.store, states, limit), counts(service.store)
    if form == "json":
        _json({"counts": many, "mails": [asdict(mail) for mail in found]})
        return
    for mail in found:
        when = f"sent {_minute(mail.sent_at)}" if mail.sent_at else f"queued {_minute(mail.created_at)}"
        again = f", again {_minute(mail.next_attempt_at)}" if mail.next_attempt_at else ""
        off = f", put off since {_minute(mail.deferred_since)}" if mail.state == "retry" and mail.deferred_since else ""
        held = ", held" if mail.state == "uncertain" and not mail.next_attempt_at else ""
        problem = f": {mail.problem}" if mail.problem else ""
        to = f"{mail.recipient_ref or '-'} <{mail.to_address}>"
        echo(f"{mail.id}  {mail.state}{held}  {mail.kind}  {to}  {when}{off}{again}{problem}")
    echo(", ".join(f"{count:,} {state}" for state, count in many.items() if count) or "no emails", err=True)


@outbox.command()
@CONFIG
@click.argument("number", type=int)
@_FORMAT
def show(config: Path, number: int, form: str) -> None:
    """Show one email: its state, headers and text."""
    from compliance.cli.command_notes import note_command
    from compliance.mail.by_hand import crimes_told, show_email

    with service_of(config) as service:
        mail = show_email(service.store, number)
        note_command(service.store, service.clock(), crimes_told(service.store, number))
    if form == "json":
        _json(mail.model_dump())
        return
    for name in (
        "state", "problem", "attempts", "created_at", "claimed_at", "deferred_since", "sent_at", "bounced_at",
        "next_attempt_at", "key",
    ):  # fmt: skip
        value = getattr(mail, name)
        if value is not None:
            echo(f"{name}: {_minute(value) if isinstance(value, datetime) else value}")
    echo()
    own = {"To": mail.to_address, "Subject": mail.subject, "Message-ID": mail.message_id}
    for name, value in (own | mail.headers).items():
        echo(f"{name}: {value}")
    echo()
    echo_text(mail.text)


@outbox.command()
@CONFIG
@_NUMBERS
def retry(config: Path, numbers: tuple[int, ...]) -> None:
    """Send emails again at the next run: refused, cancelled, waiting, or held as uncertain."""
    from compliance.mail.by_hand import send_again

    with service_of(config) as service:
        send_again(service.store, numbers, service.clock())
    echo(f"{count_noun(len(numbers), 'email')} will be sent at the next run (such as `compliance remind`) if still due")


@outbox.command()
@CONFIG
@_NUMBERS
def cancel(config: Path, numbers: tuple[int, ...]) -> None:
    """Cancel emails that are waiting, or uncertain ones that must not be sent again."""
    from compliance.mail.by_hand import cancel_emails

    with service_of(config) as service:
        cancel_emails(service.store, numbers)
    echo(f"{count_noun(len(numbers), 'email')} cancelled")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%MZ}"


def _json(content: Any) -> None:
    echo_text(printable_json(json.dumps(content, indent=1, default=_instant, ensure_ascii=False)))


def _instant(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"
