"""Commands on files of crime records or on the database: evaluate, figures, explain, whatif."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from compliance.cli.options import CONFIG, INSTANT, echo, echo_text, tell
from compliance.errors import RecordError, SettingsError

if TYPE_CHECKING:
    from compliance.policy import Policy


@click.command()
@click.option("--policy", required=True, help="A policy file, or the name of a supplied policy, such as west-mercia.")
@click.option("--as-at", required=True, type=INSTANT, help="Judge as things were at this date-time (rules 2.7).")
@click.option("--known-at", type=INSTANT, help="Leave out anything entered later (rules 2.8).")
@click.option(
    "--input",
    "source",
    required=True,
    help="Crime records: NDJSON or .csv, also .gz or .zst, or .parquet; - for standard input; or the folder of a "
    "partitioned dataset of Parquet.",
)
@click.option(
    "--output",
    "target",
    required=True,
    help="Verdicts: .ndjson, .csv, also .gz or .zst, or .parquet; - for standard output; of a dataset, a folder.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Number of threads, for a dataset of processes. Default: one for each core.",
)
@click.option("--strict", is_flag=True, help="End with an error, without output, if there is an unknown field.")
@click.option("--for-spreadsheet", is_flag=True, help="For CSV: put an apostrophe before text that would be a formula.")
@click.option("--delta", is_flag=True, help="Of a dataset: make the output Delta Lake tables, too.")
def evaluate(
    policy: str,
    as_at: datetime,
    known_at: datetime | None,
    source: str,
    target: str,
    workers: int | None,
    strict: bool,
    for_spreadsheet: bool,
    delta: bool,
) -> None:
    """Judge a file or dataset of crime records and write the verdicts. Needs no database.

    Exit code 3: some records were refused, or obligations were set aside because the calendar does not cover a date
    they need. Each is reported on standard error with its line number (row number for CSV and Parquet) and the reason;
    all others are judged. Exit code 2: the command line, the policy or the input as a whole is wrong, or --strict found
    an unknown field. Exit code 4: the output could not be written to the end. With 2 and 4 there is no output file.

    Of a dataset, what was not judged is in a dataset beside the verdicts. Exit code 3 is also that of a crime that
    stands more than once in its force; it is judged each time. What is finished is kept, whatever ends the
    command, and the same command continues (docs/many-forces.md).

    The last line on standard error gives the totals, and names fields that the record format does not have.
    """
    from functools import partial
    from pathlib import Path

    from compliance.batch.evaluate import evaluate as run
    from compliance.batch.parquet import place_word
    from compliance.policy import load_policy

    asked = load_policy(policy)
    for each in asked.unknown or ():
        echo(f"draft: not known yet: {each}", err=True)
    if Path(source).is_dir():
        if for_spreadsheet:
            raise click.UsageError("--for-spreadsheet is for CSV; the verdicts on a dataset are Parquet")
        _evaluate_dataset(asked, as_at, known_at, source, target, workers, strict, delta)
        return
    if delta:
        raise click.UsageError("--delta is for a dataset; the verdicts on one file are a file")
    done = run(
        asked, as_at, known_at, source, target, partial(tell, place=place_word(source)),
        workers=workers, strict=strict, for_spreadsheet=for_spreadsheet,
    )  # fmt: skip
    echo(str(done), err=True)
    if done.refused or done.set_aside:
        sys.exit(RecordError.exit_code)


def _evaluate_dataset(
    policy: "Policy",
    as_at: datetime,
    known_at: datetime | None,
    source: str,
    target: str,
    workers: int | None,
    strict: bool,
    delta: bool,
) -> None:
    from compliance.batch.dataset_ledger import NOT_JUDGED, TWICE
    from compliance.batch.evaluate_dataset import evaluate_dataset

    done = evaluate_dataset(policy, as_at, known_at, source, target, workers=workers, strict=strict, delta=delta)
    if done.totals.refused or done.totals.set_aside:
        echo(f"what was not judged is in {target}/{NOT_JUDGED}", err=True)
    if done.twice:
        said = f"{done.twice:,} records are of crimes that stand more than once in their force"
        echo(f"{said}; they are in {target}/{TWICE}", err=True)
    echo(str(done), err=True)
    if done.totals.refused or done.totals.set_aside or done.twice:
        sys.exit(RecordError.exit_code)


def _question(command: Any) -> Any:
    """Add the options shared by `explain` and `whatif`."""
    for option in (
        CONFIG,
        click.option("--known-at", type=INSTANT, help="Leave out anything entered later (rules 2.8)."),
        click.option("--as-at", type=INSTANT, help="Judge as things were at this date-time (rules 2.7). Default: now."),
        click.option(
            "--policy", "policy_name", help="A policy file or a supplied policy. Default: as in the settings."
        ),
        click.option(
            "--input",
            "source",
            help="A file of crime records to read instead of the database: NDJSON or CSV, also compressed.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("crime_ref")
@_question
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
def explain(crime_ref: str, form: Any, **question: Any) -> None:
    """Explain how a crime was judged.

    Shows its timeline, its due dates and the clause behind each verdict.
    """
    from compliance.batch.explanation_page import render
    from compliance.cli.command_notes import note_command_in
    from compliance.service.answers.explaining import RecordsQuestion

    if not question["source"]:
        note_command_in(question["config"])
    echo_text(render(RecordsQuestion(**question).explain(crime_ref), form))


@click.command()
@click.option(
    "--set", "settings", multiple=True, help="A policy key to change, such as 7-day.within.days=5. Repeatable."
)
@click.option("--policy-to", help="Another policy to compare with, instead of --set.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The period's first date.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The period's last date.")
@_question
@click.option("--examples", default=5, show_default=True, help="Number of crimes to list for each kind of change.")
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
    """Compare a period's figures under two policies.

    Counts the obligations due in the period, as judged at --as-at. Choose a date-time some days after the period ends,
    to include updates entered late. Exit code 3: some records were refused, or obligations were set aside.
    """
    from functools import partial

    from compliance.batch.parquet import place_word
    from compliance.batch.whatif_text import render
    from compliance.cli.command_notes import note_command_in
    from compliance.service.answers.explaining import RecordsQuestion

    if not question["source"]:
        note_command_in(question["config"])
    place = place_word(question["source"] or "")
    period = (first.date(), last.date())
    answer = RecordsQuestion(**question).whatif(settings, policy_to, period, examples, partial(tell, place=place))
    echo_text(render(answer, form))
    if answer.refused or any(answer.set_aside):
        sys.exit(RecordError.exit_code)


@click.command()
@click.option("--dataset", "source", required=True, help="The folder of a partitioned dataset of crime records.")
@click.option("--policy", required=True, help="A policy file, or the name of a supplied policy, such as west-mercia.")
@click.option("--period", required=True, help="A settled week, such as 2026-W25.")
@click.option("--by", default="force", show_default=True, help="Or force,area, force,division or force,area,division.")
@click.option(
    "--organisation", type=click.Path(), help="A file that lists the forces over time. Default: each folder is a force."
)
@click.option(
    "--map-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The date whose forces, areas and divisions are shown. Default: the last day of the week.",
)
@click.option(
    "--records-begin",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The date from which all forces' records are complete (statistics 1.2b). Default: found for each force.",
)
@click.option(
    "--as-at",
    "read_at",
    type=INSTANT,
    help="When the records were read; the week must be settled by then. Default: now, if they have entries up to then.",
)
@click.option("--strict", is_flag=True, help="End with an error if there is a field that the format does not have.")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json", "html"]), default="text", show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), help="Number of processes. Default: one for each core.")
def figures(
    source: str,
    policy: str,
    period: str,
    by: str,
    organisation: str | None,
    map_on: datetime | None,
    records_begin: datetime | None,
    read_at: datetime | None,
    strict: bool,
    form: Any,
    workers: int | None,
) -> None:
    """Compare forces, and the areas and divisions of each, from a dataset of crime records. Needs no database.

    Rates, intervals, comparisons and funnels of a week and the 13 up to it are made as in the report of one force, each
    week as at seven days after its end (docs/many-forces.md). Exit code 3: some records were refused; each is named on
    standard error, and all others are counted.
    """
    import os

    from compliance import clock
    from compliance.batch.unknown_fields import describe
    from compliance.policy import load_policy
    from compliance.reports.forces.force_figures import ForcesQuestion
    from compliance.reports.forces.force_forms import render
    from compliance.service.answers.figures_across import figures_across

    asked, (shown_on, begun) = load_policy(policy), (day and day.date() for day in (map_on, records_begin))
    question = ForcesQuestion.checked(
        asked, period, clock.now(),
        by=by, organisation=organisation, map_on=shown_on, begun=begun, read_at=read_at,
    )  # fmt: skip
    found = figures_across(
        source, question, lambda file, each: tell(each, f"{file} row"), workers=workers or len(os.sched_getaffinity(0))
    )
    if unknown := found.records.unknown_fields:
        said = f"--dataset {source}: has {describe(unknown)}"
        if strict:
            raise SettingsError(f"{said}; correct or remove them, or leave out --strict")
        echo(said, err=True)
    echo_text(render(found, form))
    if found.records.refused:
        sys.exit(RecordError.exit_code)
