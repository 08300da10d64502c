"""Conditions of the systems that the service depends on. `compliance check` asks them; `status` never does."""

from functools import partial
from typing import Final

from compliance.service.conditions.condition import Condition, Severity, Sight
from compliance.service.polls.unknown_notes import REMEDY as UNKNOWN_REMEDY

_asked: Final = partial(Condition, sight=Sight.SYSTEMS)
_FAULT, _WARNING = Severity.FAULT, Severity.WARNING
_TRY: Final = "`compliance feed try` shows what is read"

_DATABASE: Final = (
    _asked(
        "database-read-only",
        _FAULT,
        "The database can be read and not written.",
        "let the user of the service write the file and its folder, or give its role on the server the privileges of "
        "an owner of the tables (docs/install.md).",
    ),
    _asked(
        "database-damaged",
        _FAULT,
        "The SQLite file is damaged.",
        "stop the service and put the newest copy that is whole back with `compliance restore` (docs/install.md).",
    ),
    _asked(
        "database-privileged",
        _WARNING,
        "The service's role on the PostgreSQL server may do more than it needs: it is a superuser, or may create "
        "databases or roles, or bypass row security.",
        "give the service a role that only owns its own database: `ALTER ROLE … NOSUPERUSER NOCREATEDB NOCREATEROLE "
        "NOBYPASSRLS NOREPLICATION` (docs/install.md).",
    ),
    _asked(
        "database-readable-by-others",
        _WARNING,
        "The SQLite file, which holds personal data, can be read or written by other users of this machine.",
        "`chmod 600` the file and those beside it, ending in -wal and -shm (docs/install.md).",
    ),
)
_REPORTS: Final = (
    _asked(
        "report-altered",
        _WARNING,
        "A published file in the folder of reports is not as it was published.",
        "find out who can write in the folder (docs/install.md). `compliance report --as-published` with `--period` "
        "writes the files as they were published; put them in place of those altered.",
    ),
)
_FEED: Final = (
    _asked(
        "feed-unreachable",
        _FAULT,
        "The crime system cannot be reached, does not answer in time, or answers that it cannot now.",
        "check the address and that this machine may connect to it; ask those who run the crime system.",
    ),
    _asked(
        "feed-login-refused",
        _FAULT,
        "The crime system, or the server that issues its tokens, does not accept who this service is.",
        "correct the token, the client secret, the certificate or the password, or ask for the right to read.",
    ),
    _asked(
        "feed-certificate-refused",
        _FAULT,
        "The certificate of the crime system is not trusted, has ended, or is for another name; or ours is not taken.",
        "have it corrected, or name the authority that signed it in [crime_system] ca_file (docs/feeds.md).",
    ),
    _asked(
        "feed-answer-wrong",
        _FAULT,
        "What answers at the address is not a feed: a web page, a redirect to one, or another form.",
        f"correct the address or [crime_system.page] (docs/feeds.md); {_TRY}.",
    ),
    _asked(
        "query-failed",
        _FAULT,
        "A query of the crime system's database fails, takes too long, or lacks a column that the mapping names.",
        f"correct the query in [crime_system.database], or the mapping (docs/feeds.md); {_TRY}.",
    ),
    _asked(
        "export-folder-missing",
        _FAULT,
        "The folder of exports is not there or cannot be used.",
        "create it and let the user of the service read it and move what is in it, or correct [crime_system.files] "
        "folder.",
    ),
    _asked(
        "export-unreadable",
        _FAULT,
        "An export in the folder cannot be read, or lacks a column that the mapping names.",
        f"correct the export at its source, or [crime_system.files] and the mapping (docs/feeds.md); {_TRY}.",
    ),
    _asked(
        "exports-unmatched",
        _WARNING,
        "There are files in the folder of exports, and none has a name that the settings expect.",
        "correct [crime_system.files] tables, or the names of the files (docs/feeds.md).",
    ),
    _asked(
        "feed-empty",
        _WARNING,
        "The crime system gives no record at all from its beginning.",
        "check the address, the query or the folder, and what this service is allowed to see.",
    ),
    _asked(
        "sample-refused",
        _WARNING,
        "Records in a sample from the beginning of the feed would be refused.",
        f"correct the mapping, or have the records corrected in the crime system (docs/feeds.md); {_TRY}.",
    ),
    _asked(
        "changed-unseen",
        _WARNING,
        "Crimes in the sample are stored with other content, though their `changed_at` says that nothing has changed "
        "since: no poll reads them again.",
        "if the mapping or a query was changed, run `compliance feed restart`, then `compliance poll`; if not, the "
        "crime system changes a crime without its `changed_at`: have that mended there, or in the view "
        "(docs/feeds.md).",
    ),
    _asked(
        "instants-without-zone",
        _WARNING,
        "Records in the sample have date-times without an offset from UTC, which are refused.",
        'set [crime_system.mapping] timezone, such as "Europe/London" (docs/feeds.md).',
    ),
    _asked(
        "fields-never-filled",
        _WARNING,
        "A field or list that the mapping names is filled in no record of the sample.",
        f"check how the source names it and correct [crime_system.mapping] (docs/feeds.md); {_TRY}.",
    ),
    _asked(
        "sample-unknown-values",
        _WARNING,
        "The sample has outcomes, methods, categories or kinds of event that neither the mapping nor the policy knows.",
        f"for each: {UNKNOWN_REMEDY}.",
    ),
    _asked(
        "clock-off",
        _WARNING,
        "The clock of this machine differs by more than two minutes from the `Date` that the crime system gives.",
        "check that this machine keeps its time by NTP (`timedatectl`); if it does, tell those who run the crime "
        "system.",
    ),
)
_DIRECTORY: Final = (
    _asked(
        "directory-unreadable",
        _FAULT,
        "The officer directory cannot be read.",
        "correct its address, its file or its query (docs/feeds.md); `compliance feed try` shows what is read.",
    ),
    _asked(
        "directory-unusable",
        _FAULT,
        "The officer directory is empty, or has no entry that can be used.",
        "have it corrected at its source, or correct [crime_system.mapping] officers (docs/feeds.md).",
    ),
    _asked(
        "officers-refused",
        _WARNING,
        "Entries of the officer directory are refused.",
        "have them corrected at their source, or correct [crime_system.mapping] officers (docs/feeds.md).",
    ),
    _asked(
        "addresses-missing",
        _WARNING,
        "Officers in the directory, who have not left, have no email address.",
        "have the addresses added at their source. Until then someone else is told (docs/reminders.md).",
    ),
    _asked(
        "addresses-wrong",
        _WARNING,
        "The email address of an officer in the directory is not one address of the form name@domain.",
        "have it corrected at its source. Until then someone else is told (docs/reminders.md).",
    ),
    _asked(
        "roles-missing",
        _WARNING,
        "Nobody in the directory has the role of a supervisor, or that of a champion.",
        "correct [reminders] supervisor_role and champion_role, or the mapping of `role` (its words by "
        '[crime_system.mapping] values."officers.role"); otherwise what stays overdue is escalated to nobody '
        "(docs/reminders.md).",
    ),
    _asked(
        "leaders-missing",
        _WARNING,
        "For an officer in the directory there is nobody to escalate to: no supervisor of their own or of the team, "
        "and no champion of the division.",
        "have the supervisor, the team or the division added at its source (docs/reminders.md).",
    ),
    _asked(
        "supervisors-loop",
        _WARNING,
        "The supervisors of an officer lead back to one of them.",
        "have `supervisor_ref` corrected at its source (docs/reminders.md).",
    ),
    _asked(
        "supervisors-unknown",
        _WARNING,
        "The supervisor of an officer is not in the directory, or has left.",
        "have `supervisor_ref` corrected at its source (docs/reminders.md).",
    ),
    _asked(
        "officers-unlisted",
        _WARNING,
        "Most officers in the case of the newest allocations in the sample are not in the directory.",
        "check that crimes and directory name officers by the same reference (docs/feeds.md).",
    ),
    _asked(
        "cover-unmatched",
        _WARNING,
        "[reminders] cover names an officer who is not in the directory.",
        "correct the reference, or take the entry out.",
    ),
    _asked(
        "allow-unmatched",
        _WARNING,
        "An entry of [mail] allow is the address, or the domain, of nobody in the directory and of no reader of the "
        "report.",
        "correct the entry, or take it out (docs/mail.md).",
    ),
)
_MAIL: Final = (
    _asked(
        "mail-not-answering",
        _FAULT,
        "The name of the mail server is not known, or it cannot be reached or does not answer in time.",
        "check [mail] host and port and that this machine may connect to it; ask those who run the mail server.",
    ),
    _asked(
        "mail-encryption-refused",
        _FAULT,
        "The mail server does not offer the encryption that [mail] security asks for.",
        "correct [mail] security and port (docs/mail.md): `starttls` is usual on port 25 and 587, `tls` on 465; "
        "`plain` is for a server that offers neither, on this machine or over a network that you trust.",
    ),
    _asked(
        "mail-certificate-refused",
        _FAULT,
        "The certificate of the mail server is not trusted, has ended, or is for another name.",
        "have it corrected, or name the authority that signed it in [mail] ca_file (docs/mail.md).",
    ),
    _asked(
        "mail-login-refused",
        _FAULT,
        "The mail server does not accept the user name and password, or takes none.",
        "correct [mail] username and password, or leave out both (docs/mail.md).",
    ),
    _asked(
        "mailbox-not-readable",
        _FAULT,
        "The mailbox of bounces cannot be reached, does not accept this service, or cannot be read.",
        "correct [mail.inbound] (docs/mail.md), or ask those who run the mailbox.",
    ),
    _asked(
        "test-email-held",
        _WARNING,
        "The email that `compliance check --send-to` sends was not sent: its address is not among those that a pilot "
        "writes to.",
        "add the address to [mail] allow, or ask for one that is in it. As `compliance init` lays it out, the list is "
        "empty and no email leaves (docs/mail.md).",
    ),
    _asked(
        "test-email-refused",
        _FAULT,
        "The email that `compliance check --send-to` sends was not accepted.",
        "do what the mail server's answer says: often it does not relay for this machine, or does not know the sender.",
    ),
)
_PAGES: Final = (
    _asked(
        "openid-provider-unusable",
        _FAULT,
        "The OpenID provider at which people sign in to the intranet pages does not answer, or does not say of itself "
        "what the settings do.",
        "correct [web.openid] issuer (docs/pages.md), or ask those who run the provider. Nobody can sign in until "
        "then.",
    ),
)
_STAMPS: Final = (
    _asked(
        "stamp-service-unusable",
        _WARNING,
        "The time-stamping service does not give a stamp that the authority of the settings vouches for.",
        "correct [audit] timestamp_url or authority (docs/audit.md), or ask those who run the service.",
    ),
)
SYSTEM_CONDITIONS: Final = (*_DATABASE, *_REPORTS, *_FEED, *_DIRECTORY, *_MAIL, *_PAGES, *_STAMPS)
"""In the order of what to look at first, among those of one severity."""
