"""Commands for disputes: list, show and answer the replies that say an email is wrong."""

from datetime import datetime
from pathlib import Path
from textwrap import indent

import click

from compliance.cli.options import CONFIG, echo, echo_text, service_of, user_name
from compliance.text import count_noun, describe_age

_ANSWERS = ("wrong", "right", "withdrawn")
_QUOTED = "> "  # so that no line of a reply passes for one of ours


@click.group()
def disputes() -> None:
    """List, show and answer the replies that say a reminder is wrong (docs/mail.md).

    Exit code 3: there is no dispute with that number, or it does not concern that crime; nothing is changed.
    """


@disputes.command("list")
@CONFIG
@click.option("--open", "only_open", is_flag=True, help="Only those that are not answered.")
def list_all(config: Path, only_open: bool) -> None:
    """List the disputes, the oldest first, and count those that are open."""
    from compliance.cli.command_notes import note_command
    from compliance.store import list_disputes

    with service_of(config) as service:
        found, now = list_disputes(service.store, only_open=only_open), service.clock()
        note_command(service.store, now, (crime for each in found for crime in each.crimes))
    for each in found:
        state = each.answer or f"open for {describe_age(now - each.received_at)}"
        crimes = ", ".join(each.crimes) or "no crime"
        about = crimes if each.is_assigned else f"not assigned, one or more of {crimes}"
        echo(f"{each.id}  {_day(each.received_at)}  {each.recipient_ref or '-'}  {state}: {about}")
    waiting = sum(each.answer is None for each in found)
    echo(f"{count_noun(len(found), 'dispute')}, {waiting:,} open", err=True)


@disputes.command()
@CONFIG
@click.argument("number", type=int)
def show(config: Path, number: int) -> None:
    """Show one dispute: what the reply says in its own words, and the answer."""
    from compliance.cli.command_notes import note_command
    from compliance.store import show_dispute

    with service_of(config) as service:
        found = show_dispute(service.store, number)
        note_command(service.store, service.clock(), found.crimes)
    echo(f"received: {found.received_at:%Y-%m-%d %H:%MZ}, from {found.recipient_ref or '-'}")
    email = found.outbox_id
    echo("email: none, filed on a page" if email is None else f"email: {email} (`compliance outbox show {email}`)")
    assigned = "" if found.is_assigned else " (not assigned: the reply names no crime number of the email)"
    echo(f"crimes: {', '.join(found.crimes) or 'none'}{assigned}")
    if found.answer is not None and found.answered_at is not None:
        by = f" by {found.answered_by}" if found.answered_by else ""
        echo(f"answered: {_day(found.answered_at)}{by}: {found.answer}")
        if found.note:
            echo_text(indent(found.note, _QUOTED))
    echo()
    echo_text(indent(found.text, _QUOTED) or "(no text)")


@disputes.command()
@CONFIG
@click.argument("number", type=int)
@click.argument("answer", type=click.Choice(_ANSWERS))
@click.option("--note", help="Why, for the performance team; it is not sent.")
@click.option("--crime", "crimes", multiple=True, help="A crime that it concerns, if the reply names none. Repeatable.")
def answer(config: Path, number: int, answer: str, note: str | None, crimes: tuple[str, ...]) -> None:
    """Answer a dispute: the record was wrong, the record is right, or the dispute was withdrawn.

    The next email about the victim says so to whoever disputed it. Your user name is stored with the answer. Answering
    again replaces the answer.
    """
    from compliance.store import DisputeAnswer, answer_dispute

    named = dict(zip(_ANSWERS, DisputeAnswer, strict=True))
    with service_of(config) as service:
        done = answer_dispute(service.store, number, named[answer], note, crimes, service.clock(), user_name())
    echo(f"dispute {number} answered: {done.answer}: {', '.join(done.crimes) or 'no crime'}")


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
