"""docs/conditions.md: every condition and every metric, out of the lists that the service itself uses."""

from typing import Final

from compliance.service.alerts.lifecycle import CLAIM_LASTS
from compliance.service.check.checkup import SETUP_WRONG
from compliance.service.conditions import CONDITIONS, Sight
from compliance.service.overview import FAULTS_FOUND, WARNINGS_FOUND
from compliance.service.polls.feed_trial import EXAMINED
from compliance.service.running.metrics import METRICS

_BEGINNING: Final = f"""# What can be wrong, and what to do

For the people who operate the service. This page is written by `make docs` from the lists in the code, so it says what
the service does.

`compliance status` shows what is wrong first, each with what to do, and then the facts: how the crime system was last
read, what is held, and how emails and reports stand. It only reads the service's own database and disks. It works
whether or not the service runs, and if the database is missing or needs `migrate`, it says so. `--json` gives the same
for programs.

| exit code of `status` | meaning |
|---|---|
| 0 | nothing is wrong |
| {WARNINGS_FOUND} | warnings only |
| {FAULTS_FOUND} | at least one fault |
| {SETUP_WRONG} | a setting or the policy is wrong. What can be seen all the same is shown: what is wrong is left out, \
unless it says which database it is |
| 1, 4 | it could not look, as for every command (README.md) |

`compliance check` looks at everything: the same, the settings and this machine, and the other systems. It connects to
the crime system and the mail server, maps a sample of {EXAMINED} records from the feed's beginning, and has the
time-stamping service, if there is one, stamp something. Nothing is stored, no cursor moves, and each wait ends after
`timeout_seconds`. Each line is ok, a warning or a fault, with what to
do.

| option of `check` | meaning |
|---|---|
| `--offline` | asks no server and does not open the database: for settings just written or changed |
| `--send-to ADDRESS` | sends one test email to an address; in a pilot it must be one that `allow` lists |
| `--json` | writes JSON: `findings`, each with `what`, `state` (`ok`, `warning`, `fault`), `problems` and `notes` |

| exit code of `check` | meaning |
|---|---|
| 0 | nothing is wrong |
| {WARNINGS_FOUND} | warnings only |
| {SETUP_WRONG} | a fault that `--offline` sees too: a wrong setting, policy, example, template, secret or folder |
| {FAULTS_FOUND} | another fault |

## Conditions

A **fault** means that the service does not do its work, or soon will not. A **warning** means that it does, and that a
person should look. The names never change.
"""
_SECTIONS: Final = {
    Sight.SERVICE: (
        "How the service is",
        "Seen in the service's own database and on its disks. `status`, `check` and the metrics show them.",
    ),
    Sight.SETUP: (
        "The settings and this machine",
        "Seen in the settings, in the files they name and on this machine. `check` shows them, with `--offline` too.",
    ),
    Sight.SYSTEMS: (
        "The systems that the service depends on",
        "Seen by asking the database, the crime system and the mail server, or by reading the published files. Only "
        "`check` shows them; "
        "`compliance run` looks once a day for `certificate-ending` and `clock-off`, and tells administrators.",
    ),
}
_TABLE: Final = "| name | severity | it is there if | what to do |\n|---|---|---|---|\n"

_AT_ONCE: Final = ", ".join(f"`{each.name}`" for each in CONDITIONS if each.is_told_at_once)
_CLAIM: Final = f"{CLAIM_LASTS.seconds // 60} minutes"
_ALERTS: Final = f"""
## Alerts

`compliance run` looks at the conditions every minute. A condition from when it is found until it is over is an
**incident**. Administrators are told of each incident once when it begins, once a day while it lasts, and once when it
is over. A warning that has lasted for three days is told once a week, a fault every day. They are told:

- by **email**, to the addresses in `[alerts] to`. It goes straight to the mail server in `[mail]`, not through the
  outbox, and in a pilot too.
- by **webhook**: the same as JSON, in an HTTP POST to `[alerts] webhook`. Chat services show its field `text`.
  `incidents` has `event` (`began`, `lasts`, `over`), `name`, `severity`, `sentence`, `remedy`, `began_at` and
  `ended_at` of each.

What is told at the same moment is one message. No message contains personal data.

| if | then |
|---|---|
| a condition is found for less than `[alerts] after_minutes` | nothing is told: one bad poll is no incident |
| only a person can end it ({_AT_ONCE}) | it is told at the first look |
| it is no longer found | it is over after `after_minutes` without it |
| one way fails, such as a mail server that is itself the incident | the other way is used, and this one is \
tried again every {_CLAIM}. What is over by then is told once, as over |
| the database cannot be used | each service tells what it finds from memory |
| several services share one database | one of them tells each incident |
| a service is killed while it tells | the next look after {_CLAIM} tells it, by any service. If the message had \
already gone, it goes a second time, the email with the same Message-ID |

`[alerts] heartbeat` is an address that is requested after each good poll while there is no fault. A monitoring system
that expects it raises the alarm when it stops: also if the machine, the network or the service itself is down, of which
no alert can tell.

**Planned work**: `compliance maintenance 2h --reason "new mail server"` stops alerts for a time such as 30m, 2h or 1d
(at most 7d), and `compliance maintenance end` ends that earlier. `compliance status` shows it. What began meanwhile and
lasts is told when it ends. The heartbeat does not stop for it.
"""

_MONITORING: Final = """
## Monitoring

With `[monitoring] port`, `compliance run` answers over HTTP on that port of 127.0.0.1, and on no other address:

| address | answer |
|---|---|
| `/live` | 200 while the process runs |
| `/ready` | 200 if the database can be read and its schema is up to date, otherwise 503 with the reason |
| `/metrics` | the metrics below, for Prometheus; each request reads the database, so once a minute is enough |

If the port is in use, the log says so and the service works without. No metric names a person, a crime or an address.
Something that is not known, because the database cannot be used or it has never happened, has no value.
`compliance_condition` has a sample for each condition under "How the service is". Those under the other two headings
need a look that takes longer than a request may, and have none: let the monitoring system run `compliance check` once a
day, and tell of its exit code.

| metric | labels | meaning |
|---|---|---|
"""


def conditions_page() -> str:
    """Return the page as Markdown."""
    sections = "".join(
        f"\n### {title}\n\n{where}\n\n{_TABLE}{_rows(sight)}\n" for sight, (title, where) in _SECTIONS.items()
    )
    metrics = (
        f"| `{each.name}` | {', '.join(f'`{label}`' for label in each.labels)} | {each.meaning} |" for each in METRICS
    )
    return _BEGINNING + sections + _ALERTS + _MONITORING + "\n".join(metrics) + "\n"


def _rows(sight: Sight) -> str:
    return "\n".join(
        f"| `{each.name}` | {each.severity} | {each.seen} | {each.remedy[0].upper()}{each.remedy[1:]} |"
        for each in CONDITIONS
        if each.sight is sight
    )
