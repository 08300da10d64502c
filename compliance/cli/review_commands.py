"""The commands for dip samples: is the record behind the figures true (docs/reviews.md)?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from compliance.cli.options import CONFIG, echo, echo_text, service_of, user_name
from compliance.text import count_noun, printable_json

if TYPE_CHECKING:
    from compliance.service import Service
    from compliance.store.kept.reviews import StoredReview

_NUMBER = click.option("--review", "number", type=int, help="The number of the sample. Default: the newest.")


@click.group()
def review() -> None:
    """Check the record itself: people read cases drawn by lot, without our verdict."""


@review.command()
@CONFIG
@click.option("--period", required=True, help="A published week (2026-W47), month (2026-11) or quarter (2026-Q4).")
@click.option("--requirement", default="7-day", show_default=True, help="The requirement of the policy.")
@click.option("--reader", "readers", multiple=True, required=True, help="Who reads the cases. Repeatable.")
@click.option("--size", type=click.IntRange(1), help="How many cases. Default: as many as [review] half_width needs.")
@click.option("--seed", help="What the lots are drawn by; the same seed draws the same cases. Default: made up.")
def draw(
    config: Path, period: str, requirement: str, readers: tuple[str, ...], size: int | None, seed: str | None
) -> None:
    """Draw a dip sample from a published period."""
    from compliance.reviews.strata import IN_WORDS, RecordedState
    from compliance.service.evidence.reviewing import draw_review

    with service_of(config) as service:
        made = draw_review(service, period, requirement, readers, user_name(), size, seed)
    echo(f"{_name(made.review)}: {count_noun(made.plan.total, 'case')} drawn with the seed {made.review.seed}")
    due = made.review.populations
    for state, drawn in made.review.drawn.items():
        echo(f"  {IN_WORDS[RecordedState(state)]}: {drawn:,} of {due[state]:,}")
    echo(
        f"The adjusted rate will be known to about {100 * made.plan.half_width:.1f} percentage points either side if "
        f"the record is wrong as often as assumed (docs/reviews-method.md), at worst {100 * made.plan.at_most:.1f}"
    )
    met = sum(count for state, count in due.items() if RecordedState(state).is_met)
    rate = f"{count_noun(sum(due.values()), 'obligation')} were due, {met:,} recorded as met"
    echo(f"{rate}{made.published or '; the report does not have this rate'}")
    if made.is_proof_open:
        echo("[review] proof does not say whether what an officer wrote is enough, if nothing else shows the contact")
    echo(f"next: readers open /reviews/{made.review.id} on the intranet pages; or compliance review form FOLDER")


@review.command("list")
@CONFIG
def list_all(config: Path) -> None:
    """List the dip samples, the oldest first."""
    from compliance.store.kept.reviews import list_reviews

    with service_of(config) as service:
        found = list_reviews(service.store)
    for each in found:
        echo(
            f"{_name(each)}: {count_noun(sum(each.drawn.values()), 'case')}, drawn {each.drawn_at:%Y-%m-%d} "
            f"by {each.drawn_by}"
        )
    echo(count_noun(len(found), "dip sample"), err=True)


@review.command()
@CONFIG
@_NUMBER
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def form(config: Path, number: int | None, folder: Path) -> None:
    """Write a form for each reader to FOLDER, as XLSX and CSV, and how to fill it in.

    It has the crime and the victim, and nothing of our verdict.
    """
    from compliance.service.evidence.review_reading import write_forms

    with service_of(config) as service:
        _note_cases(service, number)
        written = write_forms(service, number, folder)
    for path in written:
        echo(path)


@review.command("import")
@CONFIG
@_NUMBER
@click.option("--reader", required=True, help="Whose form it is.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def take(config: Path, number: int | None, reader: str, file: Path) -> None:
    """Store what a reader found, from the form FILE.

    Rows without answers are left for later. Exit code 3: an answer cannot be used; nothing is stored.
    """
    from compliance.service.evidence.review_reading import take_form

    with service_of(config) as service:
        answered, new = take_form(service, number, reader, file, user_name())
    echo(f"{count_noun(answered, 'case')} with answers, {new:,} of them new")


@review.command()
@CONFIG
@_NUMBER
def close(config: Path, number: int | None) -> None:
    """Take no more answers: what was found stays as it is."""
    from compliance.store.kept.reviews import close_review, find_review

    with service_of(config) as service:
        found = find_review(service.store, number)
        close_review(service.store, found.id, service.clock(), user_name())
        found = find_review(service.store, found.id)
    echo(f"{_name(found)}: closed since {found.closed_at:%Y-%m-%d %H:%M} UTC by {found.closed_by}")


@review.command()
@CONFIG
@_NUMBER
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(config: Path, number: int | None, form: str) -> None:
    """Show what the readings add up to: the rate adjusted for the record's errors, and how far readers agree."""
    from compliance.reviews.results import as_json
    from compliance.reviews.review_sentences import rate_in_words, state_findings, state_readers
    from compliance.reviews.strata import IN_WORDS, RecordedState
    from compliance.service.evidence.reviewing import results_of

    with service_of(config) as service:
        found, _, results = results_of(service, number)
    if form == "json":
        import msgspec

        echo_text(printable_json(msgspec.json.format(msgspec.json.encode(as_json(results))).decode()))
        return
    echo(f"{_name(found)}: {results.read:,} of {count_noun(results.drawn, 'case')} read")
    for line in (state_readers(results), *state_findings(results)):
        echo(line)
    echo("")
    echo("recorded", "obligations", "read", "established", "wrong", "share wrong")
    for each in results.record.by_stratum:
        share = "" if each.rate is None else rate_in_words(each.rate)
        echo(IN_WORDS[RecordedState(each.name)], each.population, each.read, each.established, each.errors, share)


@review.command()
@CONFIG
@_NUMBER
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Say what another rule makes of the period.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def pack(config: Path, number: int | None, folder: Path, changes: tuple[str, ...]) -> None:
    """Write what was found to FOLDER, for an inspector: a report as PDF and HTML, the cases as XLSX, all as JSON.

    It says how the published rate has changed since and, with --set, what another rule makes of the period (repeatable,
    as of `compliance whatif`).
    """
    from compliance.service.evidence.review_pack import write_pack

    with service_of(config) as service:
        _note_cases(service, number)
        written = write_pack(service, number, folder, changes)
    for path in written:
        echo(path)


def _note_cases(service: "Service", number: int | None) -> None:
    """Write to the audit log that the cases of a dip sample are about to be shown."""
    from compliance.cli.command_notes import note_command
    from compliance.store.kept.reviews import cases_of, find_review

    shown = cases_of(service.store, find_review(service.store, number).id)
    note_command(service.store, service.clock(), (case["crime_ref"] for case in shown if case["crime_ref"]))


def _name(found: "StoredReview") -> str:
    return f"dip sample {found.id}, {found.requirement} of {found.period}"
