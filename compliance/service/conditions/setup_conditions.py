"""Conditions of the settings, the files that they name and this machine. `compliance check` looks for them."""

from functools import partial
from typing import Final

from compliance.service.conditions.condition import Condition, Severity, Sight

_setup: Final = partial(Condition, sight=Sight.SETUP)
_FAULT, _WARNING = Severity.FAULT, Severity.WARNING

SETUP_CONDITIONS: Final = (
    _setup(
        "settings-wrong",
        _FAULT,
        "The settings cannot be read, or a setting cannot be used as it is.",
        "correct the setting that the sentence names (docs/configuration.md).",
    ),
    _setup(
        "policy-wrong",
        _FAULT,
        "A policy, or the calendar that it names, cannot be read.",
        "correct the policy or the calendar (rules/README.md) or, if there is none of that name, [force] policy in the "
        "settings.",
    ),
    _setup(
        "examples-failing",
        _FAULT,
        "Under a policy some of its worked examples do not hold, or one cannot be read.",
        'read the story of each example that fails (rules/README.md, "When an example fails").',
    ),
    _setup(
        "clauses-unproved",
        _FAULT,
        "A clause that decides a verdict has no worked example in any policy supplied.",
        "add an example whose answer depends on the clause and cite it there (rules/README.md).",
    ),
    _setup(
        "organisation-wrong",
        _FAULT,
        "The map of areas, divisions and teams cannot be read.",
        "correct the file that [report] organisation names (docs/report.md).",
    ),
    _setup(
        "secret-missing",
        _FAULT,
        "A secret that the settings name is not there: an environment variable is not set, or a file cannot be read.",
        "set the variable, or write the file so that only the user of the service can read it (docs/install.md). "
        "Commands run by hand need the variables that the service has.",
    ),
    _setup(
        "mapping-wrong",
        _FAULT,
        "The mapping of the crime system's fields names something that does not exist.",
        "correct [crime_system.mapping] (docs/feeds.md); `compliance feed try` then shows what it makes of a record.",
    ),
    _setup(
        "query-writes",
        _FAULT,
        "A query of the crime system's database would write.",
        "leave only SELECT in it, and give the service an account that can only read (docs/feeds.md).",
    ),
    _setup(
        "templates-wrong",
        _FAULT,
        "A template of an email or a report cannot be filled in.",
        "correct the line that the sentence names (templates/email/README.md), or use the templates supplied.",
    ),
    _setup(
        "folder-unwritable",
        _FAULT,
        "A folder in which the service writes cannot be written to, or its path leads through a file.",
        "create the folder and let the user of the service write to it (docs/install.md), or correct the setting.",
    ),
    _setup(
        "time-zones-missing",
        _FAULT,
        "The data of time zones is not there, so no local date can be known.",
        "install the Python package `tzdata`, as `pip install --require-hashes -r requirements/run.txt` does.",
    ),
    _setup(
        "file-readable-by-others",
        _WARNING,
        "A file with a secret, a key or a password in it can be read by other users of this machine.",
        "let only the user of the service read it: `chmod 400 FILE` (docs/install.md).",
    ),
    _setup(
        "due-from-in-future",
        _WARNING,
        "`[reminders] due_from` is a date to come: until then nobody is emailed about anything.",
        "set it to the day on which the service starts, if reminders should go out before.",
    ),
    _setup(
        "ladder-unmatched",
        _WARNING,
        "A [[reminders.ladder]] entry is for victims of whom the policy and the mapping know nothing, or who are owed "
        "nothing.",
        "correct its `category` (docs/reminders.md), or take the entry out.",
    ),
    _setup(
        "pages-not-served",
        _FAULT,
        "The intranet pages cannot listen on the port or the address that the settings name.",
        "correct [web] port and listen (docs/pages.md), or end the program that has the port.",
    ),
    _setup(
        "pages-for-nobody",
        _WARNING,
        "The intranet pages are switched on, and no group has a role on them, so nobody can sign in.",
        "name the groups or app roles that have each role in [web.roles] (docs/pages.md).",
    ),
    _setup(
        "certificate-ending",
        _WARNING,
        "A certificate ends within 30 days, or has ended: the one that this service shows, the crime system's or the "
        "mail server's.",
        "have it renewed before that day, by those who issued it.",
    ),
)
"""In the order of what to look at first, among those of one severity."""
