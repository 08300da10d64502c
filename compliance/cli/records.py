"""Commands on files of crime records, or on what the database holds: evaluate, explain, whatif."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from compliance.cli.base import CONFIG, INSTANT, echo, echo_progress, echo_text, tell
from compliance.errors import RecordError

if TYPE_CHECKING:
    from compliance.batch.evaluate import Evaluated


@click.command()
@click.option("--policy", required=True, help="A policy file, or the name of a shipped one, such as west-mercia.")
@click.option("--as-at", required=True, type=INSTANT, help="The instant asked about (rules 2.7).")
@click.option("--known-at", type=INSTANT, help="Leave out what was entered later (rules 2.8).")
@click.option(
    "--input",
    "source",
    required=True,
    help="Crime records: NDJSON or .csv, also .gz or .zst, or .parquet; - for standard input.",
)
@click.option(
    "--output",
    "target",
    required=True,
    help="Verdicts: .ndjson, .csv, also .gz or .zst, or .parquet; - for standard output.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="How many judge side by side; by default one a core.")
def evaluate(
    policy: str, as_at: datetime, known_at: datetime | None, source: str, target: str, workers: int | None
) -> None:
    """Judge a file of crime records and write the verdicts. Needs no database.

    Exit code 3 where some records were refused, or obligations set aside because the calendar does not know a date that
    they need: all others are answered, and each of these is a line on standard error with its line number (of Parquet,
    its row) and the reason. The last line there counts what was read.
    """
    from compliance.batch.evaluate import evaluate as run
    from compliance.policy import load_policy

    def progress(done: "Evaluated") -> None:
        echo_progress(f"{done.crimes:,} crimes, {done.verdicts:,} verdicts")

    done = run(load_policy(policy), as_at, known_at, source, target, tell, workers=workers, progress=progress)
    echo_progress("")
    echo(str(done), err=True)
    if done.refused or done.set_aside:
        sys.exit(RecordError.exit_code)


def _question(command: Any) -> Any:
    """The options that make a question."""
    for option in (
        CONFIG,
        click.option("--known-at", type=INSTANT, help="Leave out what was entered later (rules 2.8)."),
        click.option("--as-at", type=INSTANT, help="The instant asked about (rules 2.7); by default now."),
        click.option("--policy", "policy_name", help="A policy file or a shipped policy; by default the settings'."),
        click.option("--input", "source", help="Crime records in place of the database: NDJSON or CSV, also packed."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("crime_ref")
@_question
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
def explain(crime_ref: str, form: Any, **question: Any) -> None:
    """Say why a crime was judged as it was: its timeline, its due dates, and the clause behind each verdict."""
    from compliance.batch.explanation import render
    from compliance.service.question import Question

    echo_text(render(Question(**question).explain(crime_ref), form))


@click.command()
@click.option("--set", "settings", multiple=True, help="A key set otherwise, such as 7-day.within.days=5; repeatable.")
@click.option("--policy-to", help="Another policy to compare with, in place of --set.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The period's first date.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The period's last date.")
@_question
@click.option("--examples", default=5, show_default=True, help="How many crimes to name for each kind of change.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def whatif(
    settings: tuple[str, ...],
    policy_to: str | None,
    first: datetime,
    last: datetime,
    examples: int,
    form: str,
    **question: Any,
) -> None:
    """The figures of a period under a policy and under a changed one, side by side.

    Obligations due in the period are counted, as judged at --as-at: choose an instant some days after its end, so that
    updates typed in late are counted. Exit code 3 where some records were refused, or obligations set aside.
    """
    from compliance.batch.whatif_text import render
    from compliance.service.question import Question

    period = (first.date(), last.date())
    answer = Question(**question).whatif(settings, policy_to, period, examples, tell)
    echo_text(render(answer, form))
    if answer.refused or any(answer.set_aside):
        sys.exit(RecordError.exit_code)
