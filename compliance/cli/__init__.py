"""The command line. Each command makes one call; heavy imports wait until their command runs."""

import click

from compliance.cli.audit_commands import audit
from compliance.cli.demo_commands import demo, simulate
from compliance.cli.dispute_commands import disputes
from compliance.cli.feed_commands import feed
from compliance.cli.init_commands import init
from compliance.cli.job_commands import inbound, migrate, notices, poll, remind, run
from compliance.cli.maintenance_commands import maintenance
from compliance.cli.options import Main
from compliance.cli.outbox_commands import outbox
from compliance.cli.record_commands import evaluate, explain, figures, whatif
from compliance.cli.report_commands import report
from compliance.cli.return_commands import returns
from compliance.cli.review_commands import review
from compliance.cli.status_commands import check, status
from compliance.cli.store_commands import backup, export, quarantine, rebuild, restore, retention
from compliance.cli.subject_commands import subject
from compliance.cli.survey_commands import survey
from compliance.cli.token_commands import token
from compliance.cli.trial_commands import trial
from compliance.cli.web_commands import web


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="victims-code-compliance", prog_name="compliance")
def main() -> None:
    """Check that every victim of crime is kept informed on time."""


for command in (
    evaluate,
    figures,
    explain,
    whatif,
    init,
    check,
    status,
    maintenance,
    migrate,
    poll,
    feed,
    inbound,
    remind,
    notices,
    outbox,
    disputes,
    report,
    run,
    web,
    token,
    rebuild,
    trial,
    review,
    survey,
    returns,
    audit,
    subject,
    quarantine,
    retention,
    export,
    backup,
    restore,
    demo,
    simulate,
):
    main.add_command(command)
