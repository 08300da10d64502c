"""The commands that show how the service is and what is wrong: status, check."""

import json
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from compliance.cli.options import CONFIG, echo_text
from compliance.errors import ComplianceError
from compliance.text import printable_json


@click.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
def status(config: Path, as_json: bool) -> None:
    """Show what is wrong with the service and what to do, then the facts.

    Works whether or not the service runs, and asks no other system. Exit code 2: a setting or the policy is wrong; what
    can be seen all the same is shown. 5: there are warnings, and no faults. 6: there is at least one fault
    (docs/conditions.md).
    """
    from compliance import clock
    from compliance.service.overview import look

    seen = look(config, clock.now())
    if as_json:
        echo_text(printable_json(json.dumps(seen.as_json(), indent=1, default=_instant, ensure_ascii=False)))
    else:
        echo_text(seen.text())
    sys.exit(seen.exit_code)


@click.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
@click.option("--offline", is_flag=True, help="Ask no server, and do not open the database.")
@click.option("--send-to", metavar="ADDRESS", help="Send one test email to this address.")
def check(config: Path, as_json: bool, offline: bool, send_to: str | None) -> None:
    """Look at everything that can be wrong: settings, policies, this machine, the database and the other systems.

    Connects to the crime system and the mail server, and maps a sample of records. Nothing is stored, and no cursor
    moves. Each line is ok, a warning or a fault with what to do (docs/conditions.md). Exit code 2: a setting, policy,
    example, template or folder is wrong. 6: there is another fault. 5: there are warnings only.
    """
    from compliance.cli.command_notes import note_command_in
    from compliance.service.check import CheckOptions, Checkup
    from compliance.service.check import check as look
    from compliance.service.check.checkup import describe_finding

    if offline and send_to is not None:
        raise click.UsageError("--send-to asks the mail server, which --offline does not")
    if not offline:
        with suppress(ComplianceError):  # what keeps it from being written is what the check looks for
            note_command_in(config)
    findings = []
    for finding in look(config, options=CheckOptions(offline, send_to)):
        findings.append(finding)
        if not as_json:
            for line in describe_finding(finding):
                echo_text(line)
    seen = Checkup(findings)
    if as_json:
        echo_text(printable_json(json.dumps(seen.as_json(), indent=1, ensure_ascii=False)))
    else:
        echo_text(f"\n{seen.summary()}")
    sys.exit(seen.exit_code)


def _instant(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no form in JSON")
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"
