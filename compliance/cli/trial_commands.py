"""Commands for a trial of reminders (docs/trials.md)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from compliance.cli.options import CONFIG, echo, service_of
from compliance.text import count_noun

if TYPE_CHECKING:
    from compliance.service import Service
    from compliance.store.kept.trials import RegisteredTrial


@click.group()
def trial() -> None:
    """Measure whether a change of the reminders helps: some teams, drawn by lot, try it for a time."""


@trial.command()
@CONFIG
def register(config: Path) -> None:
    """Register the trial of `[reminders.trial]` and draw the teams. It starts on the next Monday."""
    from compliance.reminders import register_trial

    with service_of(config) as service:
        registered = register_trial(service.store, service.policy, service.settings.reminders, service.clock())
        _show(service, registered)


@trial.command()
@CONFIG
def show(config: Path) -> None:
    """Show the trial registered last, and which teams try it. What came of it is in the report."""
    from compliance.store.kept.trials import newest_trial

    with service_of(config) as service:
        with service.store.reading() as connection:
            found = newest_trial(connection)
        if found is None:
            echo("no trial has been registered")
        else:
            _show(service, found)


@trial.command()
@CONFIG
def end(config: Path) -> None:
    """End the trial today: all mail is as usual from now on."""
    from compliance.store.kept.trials import end_trial

    with service_of(config) as service:
        ended = end_trial(service.store, service.policy.local.date_of(service.clock()))
    echo("no trial is under way" if ended is None else f"the trial {ended.name!r} ends today; remove [reminders.trial]")


def _show(service: "Service", found: "RegisteredTrial") -> None:
    from compliance.reminders import find_disagreement
    from compliance.store import officers

    teams = sorted({row.team for row in officers(service.store).values() if row.team})
    tried = [team for team in teams if found.is_tried_by(team)]
    echo(f"{found.name}: {found.setting} = {found.tried} instead of {found.usual}")
    echo(f"from {found.starts_on} to {found.last_day}, registered {found.registered_at:%Y-%m-%d %H:%MZ}")
    echo(f"drawn with the seed {found.seed}")
    echo(f"{count_noun(len(tried), 'team')} of the {len(teams):,} in the officer directory:")
    for team in tried:
        echo(f"  {team}")
    today = service.policy.local.date_of(service.clock())
    if problem := find_disagreement(service.settings.reminders, found, today):
        echo(problem)
