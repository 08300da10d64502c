"""The commands for the survey of victims (docs/satisfaction.md)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from compliance.cli.options import CONFIG, echo, service_of, user_name
from compliance.text import count_noun

if TYPE_CHECKING:
    from compliance.store.kept.surveys import WaveResult


@click.group()
def survey() -> None:
    """Keep what victims say of being kept informed: the waves of the force's own survey (docs/satisfaction.md)."""


@survey.command("import")
@CONFIG
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def take(config: Path, file: Path) -> None:
    """Store the waves in FILE (.csv or .xlsx), whose columns `[survey]` names.

    A wave that is held already is replaced. Exit code 3: a row cannot be used; each is named, and nothing is stored.
    """
    from compliance.service.evidence.surveying import import_survey

    with service_of(config) as service:
        found, replaced = import_survey(service, file, user_name())
    for each in found.results:
        if not each.unit:
            units = sum(other.wave == each.wave for other in found.results) - 1
            again = ", in place of what was held of it" if each.wave in replaced else ""
            answers = count_noun(each.answers, "answer")
            echo(f"{each.wave}: {answers}, {each.satisfied:,} satisfied; {count_noun(units, 'division')}{again}")
    if found.left_out:
        echo(f"left out, because they do not answer the question: {count_noun(found.left_out, 'person', 'people')}")


@survey.command()
@CONFIG
def show(config: Path) -> None:
    """Show each wave as last imported: how many answered, and the share satisfied with its 95 % interval, by unit."""
    from compliance.store.kept.surveys import list_waves

    with service_of(config) as service:
        found = list_waves(service.store)
    echo("wave", "unit", "answers", "satisfied", "share (95 % interval)")
    for each in found:
        echo(each.wave, each.unit or "the force", f"{each.answers:,}", f"{each.satisfied:,}", _share(each))
    echo(count_noun(len({each.wave for each in found}), "wave"), err=True)


def _share(result: "WaveResult") -> str:
    from compliance.reports.judging.rates import counted_share
    from compliance.reports.model.words import interval, percent

    share = counted_share(result.satisfied, result.answers)
    return f"{percent(share.rate)} ({interval(share)})" if share.of else percent(None)
