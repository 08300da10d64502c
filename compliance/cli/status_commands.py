"""The command that shows how the service is: status."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from compliance.cli.options import CONFIG, echo_text
from compliance.text import printable_json


@click.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
def status(config: Path, as_json: bool) -> None:
    """Show what is wrong with the service and what to do, then the facts.

    Works whether or not the service runs, and asks no other system. Exit code 5: there are warnings, and no faults.
    Exit code 6: there is at least one fault (docs/conditions.md).
    """
    from compliance import clock
    from compliance.config import load_settings
    from compliance.service.overview import look

    seen = look(load_settings(config), clock.now())
    if as_json:
        echo_text(printable_json(json.dumps(seen.as_json(), indent=1, default=_instant, ensure_ascii=False)))
    else:
        echo_text(seen.text())
    sys.exit(seen.exit_code)


def _instant(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no form in JSON")
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"
