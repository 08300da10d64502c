"""The outbox as commands: look at mails, send them again, call them off."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from compliance.cli.base import CONFIG, echo, echo_text, service_of
from compliance.text import printable_json

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom."
)
_NUMBERS = click.argument("numbers", type=int, nargs=-1, required=True)


@click.group()
def outbox() -> None:
    """Mails: what became of them, sending them again, calling them off (docs/mail.md).

    Exit code 3: there is no mail with a number, or its state does not allow it; then nothing is changed.
    """


@outbox.command("list")
@CONFIG
@click.option("--state", "states", multiple=True, help="Only mails in this state, such as refused. Repeatable.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@_FORMAT
def list_mails(config: Path, states: tuple[str, ...], limit: int, form: str) -> None:
    """The mails, the newest first, and how many there are in each state."""
    from compliance.mail.by_hand import STATES, counts, listed

    if unknown := set(states) - set(STATES):
        raise click.BadParameter(f"{unknown.pop()!r} is no state; expected some of {', '.join(STATES)}")
    with service_of(config) as service:
        found, many = listed(service.store, states, limit), counts(service.store)
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
    echo(", ".join(f"{count:,} {state}" for state, count in many.items() if count) or "no mails", err=True)


@outbox.command()
@CONFIG
@click.argument("number", type=int)
@_FORMAT
def show(config: Path, number: int, form: str) -> None:
    """A mail whole: its state, its headers and what it says."""
    from compliance.mail.by_hand import shown

    with service_of(config) as service:
        mail = shown(service.store, number)
    if form == "json":
        _json(mail.model_dump())
        return
    for name in (
        "state", "problem", "attempts", "created_at", "claimed_at", "deferred_since", "sent_at", "next_attempt_at",
        "key",
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
    """Send mails again with the next run: what was refused, is held as uncertain, was cancelled, or waits."""
    from compliance.mail.by_hand import send_again

    with service_of(config) as service:
        send_again(service.store, numbers, service.clock())
    echo(f"{len(numbers):,} to be sent with the next run, if still due; `compliance remind` is one")


@outbox.command()
@CONFIG
@_NUMBERS
def cancel(config: Path, numbers: tuple[int, ...]) -> None:
    """Call mails off: what waits, or is uncertain and not to be sent a second time."""
    from compliance.mail.by_hand import call_off

    with service_of(config) as service:
        call_off(service.store, numbers)
    echo(f"{len(numbers):,} cancelled")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%MZ}"


def _json(content: Any) -> None:
    echo_text(printable_json(json.dumps(content, indent=1, default=_instant, ensure_ascii=False)))


def _instant(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"
