"""The commands for returns to other bodies (docs/returns.md)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from compliance.cli.options import CONFIG, echo, service_of, user_name
from compliance.text import count_noun, join_words

if TYPE_CHECKING:
    from compliance.service import Service
    from compliance.store.kept.returns import StoredReturn

_NAME = click.argument("name")
_PERIOD = click.option("--period", required=True, help="A quarter (2026-Q3) or month (2026-09), as the return asks.")
_VERSION = click.option("--version", type=click.IntRange(1), help="Which version. Default: the newest.")


@click.group("return")
def returns() -> None:
    """Make returns to other bodies: figures in their form, signed off, each version kept (docs/returns.md)."""


@returns.command("list")
@CONFIG
def list_all(config: Path) -> None:
    """List the returns that are defined, and those that were made, the newest first."""
    from compliance.returns.definition import load_return
    from compliance.service.evidence.returning import definitions_of, names_of
    from compliance.store.kept.returns import list_made

    with service_of(config) as service:
        folder = definitions_of(service)
        for name in names_of(service):
            found = load_return(folder, name)
            echo(name, f"a {found.period}", found.status, found.title)
        for name, period, version, made_at in list_made(service.store):
            echo(name, period, f"version {version}", f"made {made_at:%Y-%m-%d %H:%M} UTC")


@returns.command()
@CONFIG
@_NAME
@_PERIOD
def make(config: Path, name: str, period: str) -> None:
    """Make the return NAME for a period that is settled, and keep it as its next version.

    If nothing has changed since the newest version, that stands. Nothing is sent to anybody.
    """
    from compliance.service.evidence.returning import make_return

    with service_of(config) as service:
        made = make_return(service, name, period, user_name())
        _tell(service, made.stored)
    echo("  a new version" if made.is_new else "  unchanged: it says what that version says")
    for each in made.notes:
        echo(f"  look at {each}")
    echo(f"next: compliance return write {name} --period {made.stored.period} FOLDER")


@returns.command()
@CONFIG
@_NAME
@_PERIOD
@_VERSION
@click.option("--format", "forms", help="Any of csv,xlsx,html,pdf,json, separated by commas. Default: all.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def write(config: Path, name: str, period: str, version: int | None, forms: str | None, folder: Path) -> None:
    """Write a return as it was made, with who signed it off, into FOLDER; only the owner may read the files."""
    from compliance.returns.return_forms import FORMS
    from compliance.service.evidence.returning import write_return

    asked = FORMS if forms is None else tuple(form.strip() for form in forms.split(","))
    if wrong := next((form for form in asked if form not in FORMS), None):
        raise click.BadParameter(f"{wrong!r} is none of {', '.join(FORMS)}", param_hint="--format")
    with service_of(config) as service:
        for path in write_return(service, name, period, folder, asked, version):
            echo(str(path))


@returns.command()
@CONFIG
@_NAME
@_PERIOD
@_VERSION
@click.option("--role", required=True, help="The role in which you sign, as the return names it.")
def sign(config: Path, name: str, period: str, version: int | None, role: str) -> None:
    """Sign a version of a return off, under your user name. It cannot be taken back."""
    from compliance.service.evidence.returning import sign_off

    with service_of(config) as service:
        made = sign_off(service, name, period, role, user_name(), version)
        _tell(service, made)


@returns.command()
@CONFIG
@_NAME
@_PERIOD
@click.option("--measure", required=True, help="The id of the measure in the return.")
@click.option("--by", required=True, help="The characteristic: age_band, sex, ethnicity or disability.")
@click.option("--group", required=True, help="The group, as the return names it.")
def cases(config: Path, name: str, period: str, measure: str, by: str, group: str) -> None:
    """List the obligations behind a line by a characteristic: crime, victim, state (docs/data-protection.md)."""
    from compliance.cli.command_notes import note_command
    from compliance.service.evidence.returning import list_group

    with service_of(config) as service:
        found = list_group(service, name, period, measure, by, group)
        note_command(service.store, service.clock(), [crime for crime, _, _ in found])
    for each in found:
        echo(*each)
    echo(count_noun(len(found), "obligation"), err=True)


@returns.command()
@CONFIG
@click.argument("crime_ref", metavar="CRIME")
def held(config: Path, crime_ref: str) -> None:
    """Show which characteristics are kept of the victims of CRIME, as for a victim who asks what is held."""
    from compliance.errors import RecordError
    from compliance.records.characteristics import NAMES
    from compliance.store import load_crimes
    from compliance.store.receiving.victim_characteristics import read_characteristics

    with service_of(config) as service:
        if not load_crimes(service.store, [crime_ref]):
            raise RecordError(f"there is no crime {crime_ref!r} in the database")
        found = read_characteristics(service.store, crime_ref=crime_ref)
    for _, said in found:
        told = [f"{field} {value}" for field in NAMES if (value := getattr(said, field)) is not None]
        echo(said.victim_ref, join_words(told))
    echo(count_noun(len(found), "victim"), err=True)


def _tell(service: "Service", made: "StoredReturn") -> None:
    """Say which version it is, what is withheld or left to fill in, and who has yet to sign."""
    from compliance.service.evidence.returning import content_of, signatures_of

    content = content_of(made)
    lines = [line for measure in content.measures for line in measure.lines]
    echo(f"{made.name}, {made.period}, version {made.version}: {count_noun(len(content.measures), 'measure')}, "
         f"{count_noun(len(lines), 'line')}")  # fmt: skip
    for standing, words in (("withheld", "withheld (counts from 1 to 4)"), ("by hand", "to be filled in by hand")):
        if count := sum(line.standing == standing for line in lines):
            echo(f"  {count_noun(count, 'line')} {words}")
    differing = [
        f"{measure.id}: {line.group}" for measure in content.measures for line in measure.lines if line.differs
    ]
    if content.compared:
        said = join_words(differing) if differing else "none"
        echo(f"  {count_noun(content.compared, 'comparison')} of groups; unlikely to have occurred by chance: {said}")
    signed = {each.role: each.signed_by for each in signatures_of(service, made)}
    for role in content.sign_off:
        echo(f"  {role}: {f'signed off by {signed[role]}' if role in signed else 'not signed off yet'}")
