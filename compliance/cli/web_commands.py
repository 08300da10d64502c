"""The pages as a command: web."""

from pathlib import Path

import click

from compliance.cli.options import CONFIG, echo


@click.command()
@CONFIG
def web(config: Path) -> None:
    """Serve the intranet pages until stopped (SIGTERM).

    Beside `compliance run`, behind the reverse proxy in [web] (docs/pages.md).
    """
    from compliance.signals import heed_signals

    with heed_signals() as asked:
        from compliance.cli.options import service_of
        from compliance.web.serving_pages import serve_pages

        with service_of(config) as service, serve_pages(service) as url:
            echo(f"Pages: {url}, for the reverse proxy only")
            asked.wait()
