"""The one list of conditions. `check`, `status`, the metrics and docs/conditions.md are all made from it."""

from collections.abc import Iterable
from typing import Final

from compliance.service.conditions import feed_conditions as feed
from compliance.service.conditions import work_conditions as work
from compliance.service.conditions.condition import Condition, FoundCondition, Severity
from compliance.service.conditions.finding import Problem
from compliance.service.conditions.record_conditions import RECORD_CONDITIONS
from compliance.service.conditions.service_facts import ServiceFacts
from compliance.service.conditions.setup_conditions import SETUP_CONDITIONS
from compliance.service.conditions.system_conditions import SYSTEM_CONDITIONS

_FAULT, _WARNING = Severity.FAULT, Severity.WARNING

CONDITIONS: Final = (
    Condition(
        "database-missing",
        _FAULT,
        "There is no database at `[database] url`, or nothing in it.",
        "create it with `compliance migrate`, or correct `[database] url`; if there was one, restore the last copy "
        "(docs/install.md).",
        work.find_database_missing,
    ),
    Condition(
        "schema-behind",
        _FAULT,
        "The database was made by an older version of the service, or by a newer one.",
        "stop the service, back up the database, run `compliance migrate` and start the service again "
        "(docs/install.md).",
        work.find_schema_behind,
        is_told_at_once=True,
    ),
    Condition(
        "database-unusable",
        _FAULT,
        "The database does not answer, cannot be opened, or is not one of this service.",
        "correct what the sentence names, then run `compliance status` again. `compliance check` looks for damage too.",
        work.find_database_unusable,
    ),
    Condition(
        "database-replaced",
        _FAULT,
        "The SQLite file was deleted or replaced while the service was using it.",
        "stop the service if it still runs, put the right file in place (docs/install.md, Back up) and start the "
        "service. If there is no copy of a deleted file, run `compliance migrate` and `compliance poll` first.",
        work.find_database_replaced,
    ),
    Condition(
        "disk-nearly-full",
        _FAULT,
        "The disk of the database or of the reports has less than 1 GiB free, or less than the size of the database.",
        "make room, or move the database or the reports to a larger disk. `compliance retention` removes what has been "
        "kept long enough.",
        work.find_disk_nearly_full,
    ),
    Condition(
        "disk-filling",
        _WARNING,
        "If the database grows as it did in the last 30 days (at least 7), its disk is full within 30 days. Only for "
        "SQLite: the disk of a database server is not seen from here.",
        "make room, or shorten what is kept: docs/retention.md says what each table holds and which setting ends it.",
        work.find_disk_filling,
    ),
    Condition(
        "service-stopped",
        _FAULT,
        "No poll is known to have begun for an hour, or for three times `poll_minutes` if that is longer: one is known "
        "once it ends or has something to store. One that is under way may then take `stale_hours`. After the service "
        "was stopped and ended cleanly: for three times `poll_minutes`.",
        "run `systemctl restart compliance`; the last lines of its log say why it ended, or what it waited for.",
        feed.find_service_stopped,
    ),
    Condition(
        "feed-silent",
        _FAULT,
        "The crime system has not been read to its end for `stale_hours` and an hour more, or never.",
        "ask those who run the crime system; `compliance feed try` shows what it answers. Then run `compliance poll`, "
        "or wait for the next poll.",
        feed.find_feed_silent,
    ),
    Condition(
        "feed-refuses-us",
        _FAULT,
        "The crime system refused this service at the last poll (401 or 403), or a certificate is not accepted. Trying "
        "again does not help.",
        "correct the token, the certificate or the access in the crime system or in the settings; `compliance feed "
        "try` shows what the crime system answers (docs/feeds.md).",
        feed.find_feed_refuses_us,
        is_told_at_once=True,
    ),
    Condition(
        "feed-rejected",
        _WARNING,
        "Three polls or more have failed since the last complete one; with exports in a folder, one or more. Not if "
        "the crime system refuses this service.",
        "`compliance feed try` shows what the crime system answers (docs/feeds.md). Correct the settings or the "
        "export; the next poll tries again.",
        feed.find_feed_rejected,
    ),
    Condition(
        "feed-changed",
        _FAULT,
        "The settings name another kind of crime system, or another address, than the one read until now.",
        "run `compliance feed restart`, which reads the new one from the beginning and loses nothing stored; if the "
        "same crime system has only moved, `compliance feed restart --keep-cursor`; if the settings are wrong, correct "
        "them (docs/feeds.md).",
        feed.find_feed_changed,
    ),
    Condition(
        "reminders-held",
        _WARNING,
        "Emails wait because the crime system was not read for `stale_hours`, or because it has just come back and "
        "officers have one working day to record updates.",
        "nothing here: they are sent when the crime system has been read, or when that day has passed. `compliance "
        "remind --dry-run` lists who waits.",
        feed.find_reminders_held,
    ),
    Condition(
        "trial-differs",
        _WARNING,
        "The settings and the trial of reminders registered last do not agree, so none runs; or the settings "
        "still have one that is over.",
        "register the trial with `compliance trial register`, end it with `compliance trial end`, or correct or remove "
        "`[reminders.trial]` (docs/trials.md).",
        work.find_trial_differing,
    ),
    Condition(
        "export-waiting",
        _WARNING,
        "An export has waited for an hour for a missing file, or has been written to all the time.",
        "have the crime system deliver the file that the sentence names, or move the rest of the export out of the "
        "folder. After a day it is moved to `failed`, and later exports are read (docs/feeds.md).",
        feed.find_export_waiting,
    ),
    Condition(
        "directory-missing",
        _FAULT,
        "No officer directory has ever been accepted, though one is read.",
        "correct the officer directory at its source (docs/feeds.md); `compliance feed try` shows what is read.",
        feed.find_directory_missing,
    ),
    Condition(
        "directory-refused",
        _WARNING,
        "The newest officer directory was not accepted, or three readings or more have failed, and an older one is in "
        "force.",
        "correct the officer directory at its source (docs/feeds.md); `compliance feed try` shows what is read. If "
        "it has really shrunk, `compliance poll --accept-directory` accepts it.",
        feed.find_directory_refused,
    ),
    Condition(
        "directory-old",
        _WARNING,
        "The officer directory in force was last read more than 7 days ago.",
        "make the crime system give its officer directory again (docs/feeds.md).",
        feed.find_directory_old,
    ),
    *RECORD_CONDITIONS,
    Condition(
        "calendar-ending",
        _WARNING,
        "The policy's calendar ends within nine months, or has ended (rules 6.1a).",
        "add the bank holidays published since to the calendar's file and move `covers_until` (rules/README.md).",
        work.find_calendar_ending,
    ),
    Condition(
        "mail-refuses-us",
        _FAULT,
        "The mail server rejected our password or our sender at the last attempt, or its certificate or encryption is "
        "not as the settings ask. Trying again does not help.",
        "correct `[mail]`, or have the mail server corrected, and run `compliance remind`, which tries it at once. The "
        "service itself waits for an hour, then for a day at a time, so that no account is locked (docs/mail.md).",
        work.find_mail_refuses_us,
        is_told_at_once=True,
    ),
    Condition(
        "mail-unreachable",
        _WARNING,
        "The mail server took nothing in the last three attempts or more, or in any over 12 hours.",
        "ask those who run the mail server. Nothing is lost: the service tries again at every poll.",
        work.find_mail_unreachable,
    ),
    Condition(
        "outbox-old",
        _FAULT,
        "An email has waited since before the newest whole working day's hours for sending, without being deferred by "
        "its mailbox or postponed.",
        "run `compliance remind`, which says why the mail server takes nothing; `compliance outbox list --state "
        "queued --state retry` lists what waits.",
        work.find_outbox_old,
    ),
    Condition(
        "emails-held",
        _WARNING,
        "The mail server may or may not have accepted emails, and they are not sent again by themselves.",
        "`compliance outbox list --state uncertain` lists them. Look in the mail server's log, then run `compliance "
        "outbox cancel` or `compliance outbox retry` with their numbers (docs/mail.md).",
        work.find_emails_held,
    ),
    Condition(
        "emails-uncertain",
        _WARNING,
        "The mail server may or may not have accepted emails, and the next run sends them again.",
        "nothing, if a duplicate does no harm; otherwise run `compliance outbox cancel` with their numbers first "
        "(docs/mail.md).",
        work.find_emails_uncertain,
    ),
    Condition(
        "emails-refused",
        _WARNING,
        "The mail server has refused emails in the last 7 days.",
        "`compliance outbox list --state refused` gives the reasons. Correct the addresses in the officer "
        "directory or, if the reason is our own address, [mail] sender.",
        work.find_emails_refused,
    ),
    Condition(
        "emails-bounced",
        _WARNING,
        "The mail server accepted emails and then reported that they cannot be delivered, in the last 7 days.",
        "`compliance outbox list --state bounced` gives the reasons. Correct the addresses in the officer directory. "
        "Someone else is told meanwhile (docs/reminders.md).",
        work.find_emails_bounced,
    ),
    Condition(
        "mailbox-refuses-us",
        _FAULT,
        "The mailbox of bounces rejected our password, has no such folder, or its certificate is not accepted. Trying "
        "again does not help; it is tried after an hour, then once a day, so that no account is locked.",
        "correct `[mail.inbound]`, or have the mailbox corrected, and run `compliance inbound` (docs/mail.md).",
        work.find_mailbox_refuses_us,
        is_told_at_once=True,
    ),
    Condition(
        "mailbox-unreachable",
        _WARNING,
        "The mailbox of bounces could not be read in the last three attempts or more.",
        "ask those who run it; `compliance inbound` shows what it answers. No bounce is lost: the next run reads it.",
        work.find_mailbox_unreachable,
    ),
    Condition(
        "disputes-waiting",
        _WARNING,
        "An officer has replied that a reminder is wrong, and nobody has answered for 7 days.",
        "the performance team answers: `compliance disputes list --open` lists them, `compliance disputes answer` "
        "takes the answer (docs/mail.md). No clock has stopped meanwhile.",
        work.find_disputes_waiting,
    ),
    Condition(
        "emails-deferred",
        _WARNING,
        "The mailbox of a recipient has deferred an email for 2 days.",
        "`compliance outbox list --state retry` gives the mail server's words. Someone else is told meanwhile "
        "(docs/reminders.md).",
        work.find_emails_deferred,
    ),
    Condition(
        "cards-not-taken",
        _WARNING,
        "Microsoft Teams has refused cards for leaders in the last 7 days, or has not taken one for a day.",
        "`compliance outbox list` gives the reasons. Make a new workflow in Teams where the old one is gone, and "
        "correct its webhook in [teams]. The leaders get their emails in any case (docs/mail.md).",
        work.find_cards_not_taken,
    ),
    Condition(
        "report-owed",
        _FAULT,
        "A report that should have been published a day ago has not been. Periods before the newest one published do "
        "not count, nor do those that are held or suspended.",
        "run `compliance report` with `--period`, which says why it cannot be made; the service tries again every day.",
        work.find_report_owed,
    ),
    Condition(
        "report-held",
        _FAULT,
        "Something stands against a report (statistics section 7), so it is not published. Readers have been told.",
        "put right what the sentence names and run `compliance report --period` with the period; or, if its figures "
        "are right all the same, publish it with `compliance report release` and a reason (docs/report.md).",
        work.find_report_held,
        is_told_at_once=True,
    ),
    Condition(
        "reports-suspended",
        _WARNING,
        "A person has suspended reports for a time. Readers have been told.",
        "nothing: reports are published again after the day that the sentence names. `compliance report resume` ends "
        "it earlier (docs/report.md).",
        work.find_reports_suspended,
    ),
    Condition(
        "token-ending",
        _WARNING,
        "A token by which a program reads the JSON API expires within 14 days, or has expired.",
        "make a new one for the program under another name, change it over, and revoke the old one; or only revoke it, "
        "if nothing needs it any more (docs/api.md).",
        work.find_token_ending,
    ),
    Condition(
        "reload-refused",
        _WARNING,
        "The running service was told to read its settings again (SIGHUP), and something in them was wrong.",
        "correct what the sentence names, and run `systemctl reload compliance` again; `compliance check` shows what "
        "else is wrong. The service works with the old settings until then, and might not start with the new ones.",
        work.find_reload_refused,
    ),
    Condition(
        "alerts-not-taken",
        _WARNING,
        "The last three alerts or more could not be posted to the webhook, or a secret or a template for alerts is "
        "wrong.",
        "correct [alerts] in the settings, or the webhook; the log of the service gives the reasons.",
        work.find_alerts_not_taken,
    ),
    Condition(
        "stamp-failing",
        _WARNING,
        "The audit log was to be stamped, and was not: once if that lasts until a person acts, such as a certificate "
        "or the log itself, three times in a row otherwise.",
        "correct [audit], or ask those who run the time-stamping service, and run `compliance audit stamp`. If the "
        "sentence says that the log is not as it was, run `compliance audit verify` (docs/audit.md). The next stamp "
        "stands for all entries before it.",
        work.find_stamp_failing,
    ),
    Condition(
        "job-failing",
        _FAULT,
        "A job of the running service has failed: once if that lasts until a person acts, three times in a row if "
        "another system could not be used. Not if the crime system or the mail server is why.",
        "correct what the sentence gives as the reason; the log of the service has each failure.",
        work.find_job_failing,
        is_told_at_once=True,
    ),
    *SETUP_CONDITIONS,
    *SYSTEM_CONDITIONS,
)
"""In the order of what to look at first, among those of one severity."""


def find_conditions(facts: ServiceFacts) -> list[FoundCondition]:
    """Return what is wrong with a service according to the facts, the faults first."""
    said = [(condition, condition.find(facts)) for condition in CONDITIONS]
    return _faults_first(FoundCondition(condition, sentence) for condition, sentence in said if sentence is not None)


def name_conditions(problems: Iterable[Problem]) -> list[FoundCondition]:
    """Return the conditions of the list that some looks have found, the faults first."""
    return _faults_first(FoundCondition(_BY_NAME[each.name], each.sentence, each.details) for each in problems)


_BY_NAME: Final = {each.name: each for each in CONDITIONS}


def _faults_first(found: Iterable[FoundCondition]) -> list[FoundCondition]:
    return sorted(found, key=lambda each: each.condition.severity is not Severity.FAULT)
