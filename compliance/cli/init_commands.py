"""The command that lays out a deployment: init."""

from pathlib import Path

import click

from compliance.cli.options import echo


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, readable=False),  # it may be the service's alone
    help="Where the service keeps its database, reports and pilot. Default: FOLDER/var.",
)
def init(folder: Path, data: Path | None) -> None:
    """Lay out FOLDER for a new service.

    Writes the settings, with what you must decide marked DECIDE, copies of the policies and email templates for you to
    edit, and units for systemd. FOLDER must be new or empty; nothing is overwritten.
    """
    from compliance.service.layout import lay_out

    folder = folder.absolute()
    data = folder / "var" if data is None else data.absolute()
    for path in lay_out(folder, data):
        echo(path)
    echo()
    echo("Next:")
    echo(f"  edit {folder / 'config.toml'}: each line marked DECIDE")
    echo(f"  cd {folder}, and as the user of the service (docs/install.md):")
    echo("  compliance check --offline    # is what you wrote right?")
    echo("  compliance migrate            # create the database")
    echo("  compliance check              # do the other systems work?")
    echo("  compliance run                # or as a service: docs/install.md")
