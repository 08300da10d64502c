"""What is stored, how it grows and when it goes: docs/retention.md, and a test that no table is missing."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class StatedLife:
    """A table, or a folder of files: what it holds, how it grows, and when it is removed."""

    name: str
    holds: str
    grows: str
    ends: str


_WITH_CRIME: Final = "with its crime"
_FOR_GOOD: Final = "never"
_ENDED: Final = "730 days after it ended, when the next one begins"

TABLES: Final = (
    StatedLife("crime", "each crime, as last received", "1 row a crime", "`remove_after_days` after it was closed"),
    StatedLife("crime_version", "each earlier form of a crime: what was known when", "1 row a change", _WITH_CRIME),
    StatedLife("obligation", "what is owed, as last judged", "1 row an obligation", _WITH_CRIME),
    StatedLife(
        "owed_count",
        "how many obligations each officer has outstanding, by requirement and age",
        "some rows an officer",
        "when there are none; all are made anew each day",
    ),
    StatedLife("set_aside", "what cannot be judged", "few", "when it can be judged, or with its crime"),
    StatedLife(
        "transition", "when each obligation became overdue or was discharged", "1 or 2 rows an obligation", _WITH_CRIME
    ),
    StatedLife(
        "notice",
        "each decision to tell someone, which later decisions and the report need",
        "about 3 rows a crime",
        "with its crime; also when `strip_officers_after_days` strips it",
    ),
    StatedLife(
        "outbox",
        "each email",
        "about 3 rows a crime",
        "its text `remove_emails_after_days` after it was sent; the row then too, if no notice names it and it is not "
        "the last to its recipient",
    ),
    StatedLife(
        "channel_rest",
        "until when a mail server that refused us is not tried",
        "1 row a mail server that refuses us",
        "when it takes us again, or an email is sent again by hand",
    ),
    StatedLife(
        "inbound",
        "that a message was read in the mailbox of bounces, its kind and the email it answers; nothing of what it says",
        "1 row a message",
        "`remove_other_after_days` after it was read",
    ),
    StatedLife(
        "dispute",
        "each reply to a reminder, or word on a page, that was filed as a dispute: its own words, and the answer",
        "few",
        "its words and the note `remove_emails_after_days` after it was answered; the rest with its crimes or, without "
        "any, `remove_other_after_days` after it was answered",
    ),
    StatedLife("disputed_victim", "which victims a dispute concerns", "1 row a victim", _WITH_CRIME),
    StatedLife(
        "web_session",
        "who was signed in to the pages in which role, with OpenID by which groups, and until when",
        "1 row each time somebody signs in",
        "30 days after it began, when the next one begins",
    ),
    StatedLife(
        "api_token",
        "which programs may, or might once, read the JSON API: by what name, in which role, who made and revoked the "
        "token, and when; of the token itself only its SHA-256",
        "1 row a token",
        _FOR_GOOD,
    ),
    StatedLife(
        "audit_entry",
        "who saw, changed or decided what, on the pages, by the API and at the command line, and polls, retention and "
        "changed settings: when, in which role, the crime numbers, the reason; each entry chained to the one before",
        "1 row each",
        "by whole months, `remove_audit_after_days` after their last day; the hash of the last one stays",
    ),
    StatedLife(
        "audit_stamp",
        "when which head of the log was stamped by the time-stamping service, and what it answered",
        "1 row a day with new entries, if `[audit] timestamp_url` is set",
        "with its entry",
    ),
    StatedLife(
        "background_task",
        "what a page asked to be worked out, who asked, and what came of it: the cases behind a figure, or what "
        "another rule would have done, with crime numbers",
        "1 row each",
        "7 days after it was asked for, within an hour while the pages are served",
    ),
    StatedLife("signing_key", "the key by which the service knows its own tokens again", "1 row", _FOR_GOOD),
    StatedLife(
        "poll",
        "when the crime system was read",
        "1 row a poll that brought something; at most 3 for all idle polls in a row",
        "after `remove_after_days`; the first, and those that a crime names, stay",
    ),
    StatedLife("feed", "where the crime system is read on", "1 row", _FOR_GOOD),
    StatedLife(
        "feed_cursor",
        "earlier places to read on from",
        "a few rows a page, at most 10,000",
        "once they are too old to be needed",
    ),
    StatedLife(
        "officer",
        "the officer directory, as last seen",
        "1 row an officer",
        "`remove_other_after_days` after the directory last had it, counted to when the directory was last read",
    ),
    StatedLife(
        "quarantine",
        "refused records",
        "1 row a refused record",
        "`remove_refused_after_days` after it left the quarantine or, without a crime number, after it last came; with "
        "its crime; if nothing else is stored of its crime, `remove_after_days` after it last came",
    ),
    StatedLife(
        "unknown_value",
        "values that neither mapping nor policy knows",
        "at most 51 rows a field",
        "`remove_other_after_days` after it last came",
    ),
    StatedLife(
        "removal",
        "that a crime was removed or stripped, without its number, so that it is not stored again",
        "1 row a crime removed",
        _FOR_GOOD,
    ),
    StatedLife("trial", "the trials of reminders, and the seed that drew the teams", "1 row a trial", _FOR_GOOD),
    StatedLife("projection", "which policy was used since when", "1 row a change of the policy", _FOR_GOOD),
    StatedLife("published", "the figures of each published report", "1 row a report", _FOR_GOOD),
    StatedLife("report_hold", "what stood against a report, and until when", "1 row a report held", _FOR_GOOD),
    StatedLife("report_release", "who released a held report, when and why", "1 row a release", _FOR_GOOD),
    StatedLife("report_suspension", "who suspended reports, when and why", "1 row each", _FOR_GOOD),
    StatedLife("review", "the dip samples that were drawn, and how", "1 row a sample", _FOR_GOOD),
    StatedLife(
        "review_case",
        "which obligations were drawn, and who reads them",
        "1 row a case drawn",
        "never; its crime and victim with its crime",
    ),
    StatedLife(
        "review_reading",
        "what readers found of them",
        "1 row a case and reader",
        "never; by whom the victim was told, and the note, with its crime, or when officers are stripped from it",
    ),
    StatedLife(
        "survey_result",
        "how many victims answered each survey that was imported, and how many were satisfied, by division; who "
        "imported it, and when",
        "1 row a wave and division, each time it is imported",
        _FOR_GOOD,
    ),
    StatedLife(
        "victim_characteristics",
        "age band, sex, ethnicity and disability of victims, as far as `[returns] characteristics` names them: as the "
        "crime system had them when",
        "1 row a victim and change; none unless they are named",
        "with its crime; what is not named any more when retention next runs",
    ),
    StatedLife("made_return", "the returns that were made: counts, and no crime", "1 row a version", _FOR_GOOD),
    StatedLife("return_signature", "who signed a return off, in which role, and when", "1 row each", _FOR_GOOD),
    StatedLife("report_duty", "since when reports are owed", "a few rows", "when the settings no longer ask for it"),
    StatedLife("job", "which jobs have failed", "1 row a job", _FOR_GOOD),
    StatedLife(
        "work_progress",
        "how far long work under way is",
        "1 row a job or command that takes longer than some seconds",
        "when it ends; after a kill, when the next of its kind ends",
    ),
    StatedLife("incident", "each condition, from when it was found until it was over", "1 row an incident", _ENDED),
    StatedLife("alert", "what was told of each incident", "2 rows an incident at most", "with its incident"),
    StatedLife("maintenance", "times of planned work", "1 row each", _ENDED),
    StatedLife("database_size", "the size of the database", "1 row a day", "`remove_other_after_days` later"),
)
"""Every table of the database."""

FOLDERS: Final = (
    StatedLife(
        "`[report] folder`",
        "the published files",
        "the files of each report",
        "never by this service: they are the force's",
    ),
    StatedLife(
        "`[mail] pilot_folder`",
        "emails that a pilot did not send",
        "1 file an email",
        "after `remove_emails_after_days`",
    ),
    StatedLife(
        "`done_folder` and `other_folder` of `[mail.inbound]`",
        "messages that were read in the mailbox of bounces",
        "1 message each; none in `done_folder` unless it is set",
        "never by this service: they are the mailbox's, whose rules apply",
    ),
    StatedLife(
        "`done` and `failed` of `[crime_system.files] folder`",
        "exports that were read, or could not be",
        "the files of each export",
        "after `remove_exports_after_days`",
    ),
)
"""Every folder that the service writes to."""

_BEGINNING: Final = """# What is kept, and for how long

For those who answer for the data and for the disk. This page is written by `make docs` from the list in the code, and a
test fails for a table that is not in it. The settings are in `[retention]` ([configuration](configuration.md)). The
service applies them once a day; `compliance retention --dry-run` lists what would go, with counts.

What a report as known on an earlier day needs (versions, polls), and what `explain`, the effect of reminders and
"told before" need (transitions, notices), is kept as long as the crime. Without `remove_after_days`, crimes are kept
for good. How much that is: [install](install.md#size-and-growth).

| table | holds | grows by | is removed |
|---|---|---|---|
"""
_FILES: Final = """
| folder | holds | grows by | is removed |
|---|---|---|---|
"""


def retention_page() -> str:
    """Return docs/retention.md."""
    return (
        _BEGINNING
        + "".join(f"| `{each.name}` | {each.holds} | {each.grows} | {each.ends} |\n" for each in TABLES)
        + _FILES
        + "".join(f"| {each.name} | {each.holds} | {each.grows} | {each.ends} |\n" for each in FOLDERS)
    )
