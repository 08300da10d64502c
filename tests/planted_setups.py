"""What can be wrong with how a service is set up, one fault at a time, and set-ups in which nothing is.

Each is a function of a set-up of `tests/setups.py`; `compliance check` finds each fault by its name. A `+` after the
name: another condition may follow from it.
"""

from datetime import timedelta
from typing import Final

from compliance.service.conditions import CONDITIONS
from tests import setup_plants as plant
from tests.serving_sockets import silent_port
from tests.setup_plants import both, crimes, directory, exports, mapped, officer, record, setting
from tests.setups import MAPPING, PlantSetup, as_files, server_tls
from tests.stores import at
from tests.time_stamping import authority as stamp_authority
from tests.web_server import answer

DAY: Final = timedelta(days=1)
GRANTED: Final = answer(b'{"access_token": "t", "token_type": "Bearer", "expires_in": 3600}')

SETUP_FAULTS: Final[list[tuple[str, PlantSetup, str]]] = [
    # settings
    ("settings-wrong", setting("due_from = ", "due_form = 2026-01-01"), "did you mean 'due_from'"),
    ("settings-wrong", setting("kind = ", 'kind = "http'), "cannot be read as TOML"),
    ("settings-wrong", setting("# token = ", 'kind = "http"'), "`crime_system.kind` stands in the file twice, first on line "),
    ("settings-wrong", both(setting("page_size = ", "page_size = 0"), setting("poll_minutes = ", "poll_minutes = 0")), " (found 0). "),
    ("settings-wrong", setting("sender = ", 'sender = "the team"'), "mail sender or reply address 'the team'"),
    ("settings-wrong", setting('# requirement = "7-day"', 'requirement = "8-day"'), "found '8-day'; expected one of 7-day"),
    ("settings-wrong", setting("targets = ", 'targets = { "8-day" = 80 }'), "8-day"),
    ("settings-wrong", setting("# allow = ", 'allow = ["everyone"]'), "allow: 'everyone': expected name@domain"),
    ("settings-wrong", both(setting("security = ", 'security = "tls"'), setting('# ca_file = "mail-ca.pem"', 'ca_file = "none.pem"')), "none.pem"),
    ("settings-wrong", setting('# ca_file = "crime', 'ca_file = "none.pem"'), "crime_system.ca_file"),
    ("settings-wrong", setting("# certificate = ", 'certificate = "none.pem"'), "crime_system.certificate"),
    ("settings-wrong", plant.crime_system_at("ftp://crimes.example/"), "found 'ftp://crimes.example/'"),
    ("settings-wrong", plant.query("SELECT * FROM crimes"), "expected :changed_since in it"),
    ("settings-wrong", plant.query("PRAGMA table_info(crimes) /* :changed_since */"), "expected a query that begins with SELECT"),
    ("settings-wrong", both(as_files, plant.pattern("crimes.txt")), "expected a name ending in .csv"),
    # policy, organisation, templates, secrets
    ("policy-wrong", setting("policy = ", 'policy = "none.toml"'), "none.toml"),
    ("policy-wrong", plant.file("mine.toml", 'titel = "x"\n', setting("policy = ", 'policy = "mine.toml"')), "mine.toml"),
    ("organisation-wrong", plant.file("units.toml", "[[divison]]\n", setting("# organisation", 'organisation = "units.toml"')), "units.toml"),
    ("templates-wrong", setting("# templates = ", 'templates = "none"'), "none"),
    ("templates-wrong", plant.own_templates("{{ letter.nobody }}"), "nobody"),
    ("secret-missing", setting("# token = ", 'token = "env:NO_SUCH_VARIABLE"'), "the environment variable NO_SUCH_VARIABLE is not set"),
    ("secret-missing", setting("# token = ", 'token = "file:none"'), "the file none cannot be read"),
    ("secret-missing", setting("# webhook_token = ", 'webhook_token = "env:NO_SUCH_VARIABLE"'), "alerts.webhook_token: the environment variable NO_SUCH_VARIABLE is not set"),
    ("secret-missing", setting("# heartbeat = ", 'heartbeat = "file:none"'), "the file none cannot be read"),
    ("secret-missing", setting('url = "sqlite:///', 'url = "env:NO_DATABASE" # '), "database.url: the environment variable NO_DATABASE is not set"),
    ("secret-missing", plant.token(b"\xff\xfe\x81"), "the file token is not text in UTF-8"),
    ("secret-missing", plant.token(b"one\ntwo"), "what file:token holds is not one line of printable characters"),
    ("settings-wrong", plant.token("gehe\u00efm".encode()), "crime_system.token: it has a character that is not ASCII"),
    ("settings-wrong", plant.with_login("gehe\u00efm"), "our user name or our password contains a character that cannot be used"),
    ("settings-wrong", setting('host = "127.0.0.1"', 'host = "the mail..server"'), "its name, our user name or our password contains"),
    ("mapping-wrong", mapped('crime = { crime_number = "No" }'), "there is no such field"),
    ("mapping-wrong", mapped('lists = { victims = "Persons[?" }'), "is not a JMESPath expression"),
    ("mapping-wrong", mapped('timezone = "London"'), "there is no time zone 'London'"),
    ("query-writes", plant.query("WITH gone AS (DELETE FROM crimes RETURNING *) SELECT * FROM gone WHERE :changed_since"), "DELETE FROM in it writes"),
    ("query-writes", plant.query("SELECT * FROM crimes WHERE changed_at > :changed_since FOR UPDATE"), "FOR UPDATE in it writes"),
    # this machine
    ("folder-unwritable", plant.file("reports", "", setting('folder = "var/reports"', 'folder = "reports"')), "reports is a file, not a folder"),
    ("folder-unwritable", plant.file("pilot", "", plant.pilot, setting("pilot_folder = ", 'pilot_folder = "pilot/here"')), "pilot is a file, not a folder"),
    ("folder-unwritable", both(as_files, plant.folder_in_the_way), "done is a file, not a folder"),
    ("time-zones-missing", plant.no_time_zones, "does not know the time zone Europe/London"),
    ("file-readable-by-others", plant.secret_of_mode(0o644), "token holds a secret, and its mode 644"),
    ("file-readable-by-others", plant.own_certificate(90 * DAY, 0o604), "own.pem holds a secret, and its mode 604"),
    ("due-from-in-future", setting("due_from = ", "due_from = 2026-07-21"), "until then nobody is emailed"),
    ("ladder-unmatched", setting('category = "enhanced"', 'category = "vulnerable"'), "victims 'vulnerable'"),
    ("ladder-unmatched", setting('category = "enhanced"', 'category = "state"'), "to whom west-mercia.toml owes nothing"),
    ("certificate-ending", plant.own_certificate(10.5 * DAY), "[crime_system] certificate ends on 30 July 2026, in 10 days"),
    ("certificate-ending", plant.own_certificate(-DAY), "[crime_system] certificate ended on 19 July 2026"),
    # the pages
    ("settings-wrong", plant.pages("roles = {}"), "port: nobody can sign in to the pages; set user_header"),
    ("settings-wrong", both(plant.openid_pages("https://login.example"), setting("# user_header", 'user_header = "X-Remote-User"')), "people sign in either by this header of a reverse proxy or as [web.openid] says"),
    ("pages-for-nobody", plant.pages('user_header = "X-Remote-User"', "roles = { officer = [] }"), "No group has a role in [web.roles]."),
    ("pages-not-served", plant.pages(listen="192.0.2.1"), "of 192.0.2.1 cannot be used (Cannot assign requested address)."),
    ("pages-not-served", plant.pages(port=silent_port()), "Another program uses the port"),
    ("secret-missing+", plant.openid_pages("http://127.0.0.1:1", secret=False), "web.openid.client_secret: the file openid-secret cannot be read"),
    ("openid-provider-unusable", plant.openid_pages("http://127.0.0.1:1/realm"), "http://127.0.0.1:1/realm/.well-known/openid-configuration could not be asked (ConnectError)."),
    # the database
    ("database-missing", plant.no_database, "does not exist"),
    ("schema-behind", plant.old_schema, "is at schema 0001"),
    ("database-damaged+", plant.damaged, "is damaged"),
    ("database-readable-by-others", lambda setup: plant.database_file(setup).chmod(0o644), "mode 644"),
    ("report-altered", plant.published(altered=True), "1 published file in "),
    ("report-altered", plant.published(altered=True), " | 2026-W27-board.csv"),
    # the crime system
    ("feed-unreachable", plant.crime_system_at(f"http://127.0.0.1:{plant.closed_port()}/crimes"), "Connection refused"),
    ("feed-unreachable", plant.silent_crime_system, "timed out"),
    ("feed-unreachable", plant.dripping_crime_system, "did not give a sample of records within 1 s"),
    ("feed-unreachable", lambda setup: setattr(setup, "crimes", b""), "could not be reached"),
    ("feed-unreachable", crimes(b"", "503 Service Unavailable"), "503 Service Unavailable"),
    ("feed-unreachable", crimes(b"", "500 Internal Server Error"), "500 Internal Server Error"),
    ("feed-login-refused", crimes(b"", "401 Unauthorized"), "check that the token is right"),
    ("feed-login-refused", crimes(b"", "403 Forbidden"), "check that this service may read the feed"),
    ("feed-login-refused+", plant.with_oauth(answer(b"", "401 Unauthorized")), "check that client_id and client_secret are right"),
    ("feed-answer-wrong+", plant.with_oauth(answer(plant.HTML)), "gave no token"),
    ("feed-certificate-refused+", plant.over_tls(server_tls, trusted=False), "certificate verify failed"),
    ("feed-certificate-refused+", plant.over_tls(lambda: server_tls(ends=-DAY)), "certificate has expired"),
    ("feed-certificate-refused+", plant.over_tls(lambda: server_tls("other.example")), "IP address mismatch"),
    ("certificate-ending", plant.over_tls(lambda: server_tls(ends=10.5 * DAY)), "The certificate of the crime system, 127.0.0.1:"),
    ("feed-answer-wrong", crimes(Content_Type="text/html"), "<!DOCTYPE html>"),
    ("feed-answer-wrong", crimes(b"", "302 Found", Location="https://login.example/"), "302 Found"),
    ("feed-answer-wrong", crimes(b"", "404 Not Found"), "check that the address is right"),
    ("feed-answer-wrong", crimes(b'{"records": "none"}'), "gave a page that cannot be read"),
    ("feed-answer-wrong", crimes(b"{}\n", Content_Type="application/x-ndjson"), "an NDJSON page without its cursor"),
    ("feed-empty", crimes(b'{"records": [], "next": "c", "more": false}'), "no record at all"),
    ("clock-off", plant.dated(timedelta(minutes=5)), "5 minutes ahead of that of this machine"),
    ("clock-off", lambda setup: setup.headers.update(Date="Fri, 31 Dec 9999 23:59:59 GMT"), "days ahead of that of this machine"),
    ("clock-off", plant.dated(timedelta(minutes=-3)), "3 minutes behind that of this machine"),
    # what it sends
    ("sample-refused", record(lambda each: each.pop("reported_at"), 2), "2 of 25 records in the sample would be refused. | 2 records: "),
    ("instants-without-zone", record(lambda each: each.update(reported_at="2026-07-01T09:00:00"), 3), "3 of 25 records"),
    ("sample-unknown-values", record(plant.outcome("left card"), 12), '1 value that neither the mapping nor the policy knows. | updates.outcome = "left card": 12 times'),
    ("sample-unknown-values", record(lambda each: each["victims"][0].update(category="witness")), 'victims.category = "witness": 25 times'),
    ("sample-unknown-values", record(lambda each: each["updates"][0].update(method="fax")), 'updates.method = "fax"'),
    ("sample-unknown-values", record(lambda each: each.update(events=[{"event_ref": "E1", "kind": "lunch", "at": each["reported_at"]}])), 'events.kind = "lunch"'),
    ("changed-unseen", plant.stored(lambda each: each["victims"].append({"victim_ref": "S1"})), "3 of 25 crimes in the sample are stored with other content, though `changed_at` says that nothing has changed since. | crime 22A/0/26"),
    ("fields-never-filled", record(plant.rename("updates", "contacts")), "the list updates"),
    ("fields-never-filled", mapped('updates = { outcome = "Outcome" }'), "updates.outcome, [crime_system.mapping] updates.outcome = 'Outcome'"),
    # the officer directory
    ("directory-unreadable", directory(b"", "500 Internal Server Error"), "500 Internal Server Error"),
    ("directory-unreadable", directory(Content_Type="text/html"), "a web page instead of an officer directory"),
    ("directory-unusable", directory(b""), "it is empty"),
    ("directory-unusable", directory(b'{"collar": 1}\n'), "none of its 1 entries can be used"),
    ("officers-refused", lambda setup: setup.officers.append({"name": "X"}), "1 entry of the officer directory would be refused"),
    ("addresses-missing", officer(0, email=None), "1 officer has no email address: O1."),
    ("addresses-wrong", officer(0, email="O1 Smith <o1@force.example>"), "1 officer has an email address that is none: O1."),
    ("roles-missing", officer(1, role="sergeant"), "the role 'supervisor', which [reminders] supervisor_role names"),
    ("roles-missing", officer(1, role="SGT"), "supervisor_role names; the roles in it are 'SGT' 1"),
    ("roles-missing", setting("champion_role = ", 'champion_role = "lead"'), "the role 'lead', which [reminders] champion_role"),
    ("leaders-missing", officer(0, supervisor_ref=None, team="T9", division="South"), "1 officer has nobody above: O1."),
    ("supervisors-loop", officer(1, supervisor_ref="O1"), "2 officers are in the end their own supervisors: O1, S1."),
    ("supervisors-unknown", officer(0, supervisor_ref="S9"), "1 officer has a supervisor who is not in the directory or gone: O1."),
    ("supervisors-unknown", officer(0, supervisor_ref="L1"), "1 officer has a supervisor who is not in the directory or gone: O1."),
    ("officers-unlisted", record(lambda each: each["allocations"][0].update(officer_ref="7001")), "the directory does not have 1: 7001."),
    ("cover-unmatched", setting("cover = ", 'cover = { "O1" = "2000" }'), "[reminders] cover names 2000, whom"),
    ("allow-unmatched", setting("# allow = ", 'allow = ["@force.example", "x@force.example"]'), "[mail] allow has x@force.example; no officer"),
    # a folder of exports
    ("export-folder-missing", exports(lambda folder: folder.rename(folder.with_name("elsewhere"))), "exports is not there"),
    ("export-unreadable", both(as_files, mapped(MAPPING.replace('"Result"', '"Outcome"'))), "crimes_1.csv would not be taken: crimes_1.csv: there is no column 'Outcome'"),
    ("export-unreadable", both(as_files, mapped(MAPPING.replace('"No"', '"Crime"'))), "there is no column 'Crime', which crime_system.mapping.crime.crime_ref names"),
    ("export-unreadable", exports(lambda folder: (folder / "crimes_1.csv").write_bytes(b"No\xff,Reported\n")), "is not utf-8"),
    ("exports-unmatched", exports(lambda folder: (folder / "crimes_1.csv").rename(folder / "offences.csv")), "None of the 1 file in"),
    ("feed-empty", exports(lambda folder: (folder / "crimes_1.csv").unlink()), "exports is empty"),
    # a database of crimes
    ("query-failed", plant.query("SELECT * FROM offences WHERE changed_at >= :changed_since"), "no such table: offences"),
    ("query-failed", plant.query("SELECT No, changed_at FROM crimes WHERE changed_at >= :changed_since"), "gives no column 'Reported', which crime_system.mapping."),
    ("query-failed", plant.query("SELECT No, Reported, State, Collar, Person, Contact, Told, Result FROM crimes WHERE changed_at >= :changed_since"), "gives no column 'changed_at'"),
    ("feed-unreachable", both(plant.as_database, plant.database_url("postgresql+psycopg://monitor@127.0.0.1:1/crimes")), "the database cannot be reached"),
    ("feed-empty", plant.query("SELECT * FROM crimes WHERE changed_at > '9' AND :changed_since"), "no record at all"),
    # the mail server
    ("mail-not-answering", lambda setup: setattr(setup, "mail_port", plant.closed_port()), "Connection refused"),
    ("mail-not-answering", plant.silent_mail_server, "timed out"),
    ("mail-not-answering", plant.dripping_mail_server, "did not answer to the end within 1 s"),
    ("mail-not-answering", plant.name_not_known, "Name or service not known"),
    ("mail-encryption-refused", plant.secured("starttls", tls=None), "STARTTLS extension not supported"),
    ("mail-encryption-refused", both(plant.secured("tls", tls=None), plant.without_log), "mail server 127.0.0.1"),
    ("mail-certificate-refused", plant.secured("starttls", trusted=False), "certificate verify failed"),
    ("mail-certificate-refused", plant.secured("tls", tls=lambda: server_tls(ends=-DAY)), "certificate has expired"),
    ("certificate-ending", plant.secured("starttls", tls=lambda: server_tls(ends=2.5 * DAY)), "The certificate of the mail server 127.0.0.1:"),
    ("mail-login-refused", plant.with_login("swordfish-5"), "it rejects our user name and password"),
    ("mail-login-refused", plant.with_login(offered=False), "SMTP AUTH extension not supported"),
    ("mailbox-not-readable", plant.with_maildir(None), "there is no folder 'new' in it."),
    ("mailbox-not-readable", plant.with_imap(plant.closed_port), "Connection refused."),
    ("mailbox-not-readable", plant.with_imap(silent_port), "timed out"),
    ("settings-wrong", plant.with_maildir("bounces", "bounces+all@@force.example"), "[mail.inbound] bounce_address 'bounces+all@@force.example'"),
    ("secret-missing", plant.with_imap(plant.closed_port, secret=False), "mail.inbound.password: the environment variable IMAP_PASSWORD is not set"),
    ("test-email-refused", both(plant.with_test_email, plant.answering(rcpt="550 5.7.1 Relaying denied")), "550 5.7.1 Relaying denied"),
    ("test-email-held", both(plant.with_test_email, setting("# allow = ", 'allow = ["o1@force.example"]')), "not among those that [mail] allow lists"),
    # stamps of the audit log
    ("settings-wrong", setting("# authority = ", 'authority = "none.pem"'), "audit.authority: "),
    ("settings-wrong", setting("# timestamp_url = ", 'timestamp_url = "https://stamps.example/"'), "timestamp_url is set, and authority is not"),
    ("secret-missing+", plant.with_stamps("env:NO_SUCH_VARIABLE"), "audit.timestamp_url: the environment variable NO_SUCH_VARIABLE is not set"),
    ("stamp-service-unusable", plant.with_stamps(f"http://127.0.0.1:{plant.closed_port()}/tsa"), "/tsa could not be asked (ConnectError)"),
    ("stamp-service-unusable", plant.with_stamps(trusted=stamp_authority("Another authority")), "is not to be trusted"),
    # time
    ("calendar-ending+", lambda setup: setattr(setup.state, "now", at("2028-04-01 10:00")), "ends on 31 December 2028"),
]  # fmt: skip

HEALTHY_SETUPS: Final[dict[str, PlantSetup]] = {
    "an HTTP feed": both(),
    "a folder of exports": as_files,
    "a folder whose exports have all been read": exports(plant.all_read),
    "a database": plant.as_database,
    "a pilot": plant.pilot,
    "OAuth": plant.with_oauth(GRANTED),
    "a token in a file": plant.secret_of_mode(0o600),
    "a feed over TLS, with an own certificate": both(plant.over_tls(server_tls), plant.own_certificate(90 * DAY)),
    "a mail server with STARTTLS": plant.secured("starttls"),
    "a mail server over TLS that asks for a password": both(plant.secured("tls"), plant.with_login()),
    "a test email": plant.with_test_email,
    "a mailbox of bounces": plant.with_maildir("bounces"),
    "a time-stamping service": plant.with_stamps(),
    "a clock that is a minute off": plant.dated(timedelta(seconds=-100)),
    "a certificate of two months": plant.over_tls(lambda: server_tls(ends=60 * DAY)),
    "a few records only": lambda setup: setup.records.__delitem__(slice(3, None)),
    "crimes of which nobody says who had them before": record(lambda each: each.pop("allocations")),
    "crimes stored as they come": plant.stored(dict.copy),
    "crimes that changed since they were stored": plant.stored(
        lambda each: each.update(changed_at="2026-07-05T12:00:00Z", updates=[])
    ),
    "no officer directory": setting("officers_url = ", ""),
    "a published file as it was, and one moved away": plant.published(altered=False),
    "pages behind a proxy that signs people in": plant.pages(),
    "an officer who left": officer(3, email=None, supervisor_ref="X"),
}


def names() -> set[str]:
    """The conditions that are planted here, and that only `check` sees."""
    return {name.removesuffix("+") for name, *_ in SETUP_FAULTS} & {each.name for each in CONDITIONS}
