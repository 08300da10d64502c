"""The facts about a service at an instant: read once from its store and its disks, for everything that describes it.

The conditions, `compliance status` and the metrics are all worked out from these facts. No other system is asked.
"""

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, func, or_, select

from compliance.config import Settings
from compliance.errors import ComplianceError, SettingsError
from compliance.mail import Rest
from compliance.mail.by_hand import counts
from compliance.policy import Policy
from compliance.policy.vocabulary import Vocabulary
from compliance.reports.model.claims import Claim
from compliance.service.conditions.email_facts import EmailFacts, read_emails
from compliance.service.conditions.held_emails import HeldEmails, read_held_emails
from compliance.service.mail_channel import rest_of_mail
from compliance.service.noting.job_runs import STOP, merge_runs
from compliance.service.polls.crime_feed import SOURCE, origin_of, vocabulary_of
from compliance.service.polls.feed_changes import RESTARTED, describe_change
from compliance.service.polls.polling import NOTHING_YET, TOLD_TO_STOP
from compliance.service.report_jobs.release_gate import HeldReport
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import (
    DatabaseReplacedError,
    Emptied,
    FeedState,
    Growth,
    JobRun,
    LastGood,
    Maintenance,
    OutOfOrder,
    Store,
    count_failed_readings,
    count_set_aside,
    directory_problem,
    feed_state,
    find_changed_ahead,
    find_emptied,
    find_late,
    find_replaced,
    last_complete_poll,
    last_good_directory,
    list_job_runs,
    maintenance_at,
    quarantine_counts,
    read_growth,
    read_size,
    values_seen,
)
from compliance.store.database.dialect import describe_url, file_of, parse_url
from compliance.store.kept.api_tokens import tokens_ending
from compliance.store.kept.trials import RegisteredTrial, newest_trial
from compliance.store.kept.work_progress import WorkProgress, list_progress
from compliance.store.owed.owed_counts import count_states
from compliance.store.tables import CRIME, POLL, Published

REPORT_GRACE: Final = timedelta(days=1)
"""How long after its time a report may be published before it is missed: making it takes minutes, a restart hours."""
TOKEN_NOTICE: Final = timedelta(days=14)
"""How long before a token of a program expires it is said: it takes two people, who may be away."""


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """How the crime system was read. Instants are in UTC; None: never.

    - `read_at`: the end of the newest complete poll. `changed_at`: the end of the newest poll that brought a new or
      changed record. `began_at`: the start of the newest poll that ended or had
      something to store. `under_way`: that poll has not ended.
    - `failures`: how many polls have failed since `read_at`, the first at `failing_since`; `problem`: why the last did.
    - `directory`: the officer directory in force. `directory_problem`: why the newest was not accepted.
      `directory_failures`: how many readings in a row have failed; 0 if the newest could be read.
    - `waits`: what the export waits for that could not be taken at the newest poll, since `waits_since`.
    - `change`: how the settings name another crime system than the one read until now. `ask_again_at`: the end of the
      last wait that it asked for. `emptied`: a poll that took away all updates or victims of many crimes.
    - `ahead`: crimes whose `changed_at` lies ahead. `late`: those of which an older record came.
    """

    read_at: datetime | None
    changed_at: datetime | None
    began_at: datetime | None
    under_way: bool
    failures: int
    failing_since: datetime | None
    problem: str | None
    directory: LastGood | None
    directory_problem: str | None
    directory_failures: int
    waits: str | None
    waits_since: datetime | None
    change: str | None
    ask_again_at: datetime | None
    emptied: Emptied | None
    ahead: OutOfOrder
    late: OutOfOrder


@dataclass(frozen=True, slots=True)
class LastReport:
    """The report last published: its period, its edition, and when (UTC)."""

    period: str
    edition: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """What the store holds.

    - `refused`: records in quarantine. `unknown`: values that neither mapping nor policy knows.
    - `obligations`: how many in each state, as last judged. `set_aside`: how many could not be judged.
    - `owed`: the periods whose reports should have been published a day ago, and that nothing has held since.
    - `held_reports`: the reports that are held. `suspension`: of reports, None if there is none.
    - `jobs`: the last run of each job that has ever failed, by name.
    - `held`: who waits for emails because of the crime system.
    - `mail_rest`: until when the mail server is not tried, because it refused us; None: it did not.
    - `trial`: the trial of reminders registered last, over or not; None: none ever was.
    - `maintenance`: the planned work under way, in which no alerts are sent.
    - `under_way`: the work of more than some seconds that is being done, also by commands.
    - `ending_tokens`: the tokens of programs that expire within `TOKEN_NOTICE`, or have, by name, and when (UTC).
    - `size`: of the database, in bytes. `growth`: in the last 30 days; None if it is not known.
    """

    feed: FeedFacts
    emails: EmailFacts
    held: HeldEmails | None
    mail_rest: Rest | None
    trial: RegisteredTrial | None
    crimes: int
    refused: int
    set_aside: int
    unknown: int
    obligations: dict[str, int]
    owed: tuple[str, ...]
    held_reports: tuple[HeldReport, ...]
    suspension: Claim | None
    report: LastReport | None
    jobs: dict[str, JobRun]
    maintenance: Maintenance | None
    under_way: list[WorkProgress]
    ending_tokens: list[tuple[str, datetime]]
    size: int
    growth: Growth | None

    @property
    def stopped_at(self) -> datetime | None:
        """When a service was stopped and ended cleanly (UTC), if no poll is known to have begun since."""
        run, began_at = self.jobs.get(STOP), self.feed.began_at
        return run.ended_at if run is not None and (began_at is None or began_at <= run.ended_at) else None


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The free bytes of the disk that a folder is on. `is_database`: it is that of the database file."""

    folder: Path
    free: int
    is_database: bool = False


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """The facts at `now` (aware). `stored` is None if the database cannot be used, and `trouble` says why.

    `database`: its URL without a password. `replaced`: what happened to its file while a service was using it. `jobs`:
    how they ended last. Only the running service knows of those that have never failed.
    """

    now: datetime
    settings: Settings
    policy: Policy
    database: str
    stored: StoredFacts | None
    trouble: ComplianceError | None
    disks: tuple[DiskSpace, ...]
    jobs: tuple[JobRun, ...] = ()
    replaced: str | None = None

    @property
    def time_to_full_disk(self) -> timedelta | None:
        """How long the disk of the database file lasts at the growth of the last 30 days; None: not known, or long."""
        free = [disk.free for disk in self.disks if disk.is_database]
        growth = None if self.stored is None else self.stored.growth
        return growth.time_to_fill(free[0]) if growth and free else None

    @property
    def calendar_days_left(self) -> int:
        """The number of days until the policy's calendar ends; negative after its end."""
        return self.policy.working.last - self.policy.local.day_of(self.now)


def read_facts(
    settings: Settings, policy: Policy, now: datetime, store: Store | None = None, jobs: Sequence[JobRun] = ()
) -> ServiceFacts:
    """Return the facts at an instant (aware). `store`: the open store, or None to open it for this.

    A database that is missing, of another version or out of reach is one of the facts. Raises SettingsError for a wrong
    database URL or mapping.
    """
    url, known = parse_url(settings.database_url), vocabulary_of(settings, policy)
    stored, trouble = None, None
    try:
        if store is None:
            with closing(Store.open(settings.database_url)) as opened:
                stored = _read(opened, settings, policy, known, now)
        else:
            store.check_schema()
            stored = _read(store, settings, policy, known, now)
    except ComplianceError as error:
        trouble = error
    disks = tuple(_disks(settings, file_of(url)))
    runs = merge_runs({} if stored is None else stored.jobs, tuple(jobs))
    replaced = str(trouble) if isinstance(trouble, DatabaseReplacedError) else find_replaced(settings.database_url)
    return ServiceFacts(now, settings, policy, describe_url(url), stored, trouble, disks, runs, replaced)


def _read(store: Store, settings: Settings, policy: Policy, known: Vocabulary, now: datetime) -> StoredFacts:
    reporting = Reporting(settings, policy, store)
    gate, owed = reporting.gate, reporting.still_owed(now - REPORT_GRACE)
    newest = select(Published.period, Published.edition, Published.published_at)  # type: ignore[call-overload]
    with store.reading() as connection:
        states = count_states(connection)
        report = connection.execute(newest.order_by(Published.id.desc()).limit(1)).first()  # type: ignore[union-attr]
        crimes, size = _count(connection, CRIME), read_size(connection)
        growth, trial = read_growth(connection, now), newest_trial(connection)
        under_way = list_progress(connection, now)
    return StoredFacts(
        feed=_read_feed(store, settings, now),
        emails=read_emails(store, counts(store), now),
        held=read_held_emails(store, policy, settings.reminders, now),
        mail_rest=rest_of_mail(store),
        trial=trial,
        crimes=crimes,
        refused=sum(quarantine_counts(store).values()),
        set_aside=count_set_aside(store),
        unknown=sum(seen.value not in known.get(seen.field, ()) for seen in values_seen(store)),
        obligations=states,
        owed=gate.not_held_since(list(map(str, owed)), now - REPORT_GRACE),
        held_reports=tuple(gate.holds()),
        suspension=gate.suspension(now),
        report=None if report is None else LastReport(*report),
        jobs=list_job_runs(store),
        maintenance=maintenance_at(store, now),
        under_way=under_way,
        ending_tokens=tokens_ending(store, now + TOKEN_NOTICE),
        size=size,
        growth=growth,
    )


def _read_feed(store: Store, settings: Settings, now: datetime) -> FeedFacts:
    newest, complete = select(POLL).order_by(POLL.c.id.desc()).limit(1), last_complete_poll(store)
    harmless = or_(*(POLL.c.problem.startswith(said) for said in (NOTHING_YET, TOLD_TO_STOP, RESTARTED)))
    failed = and_(~POLL.c.complete, POLL.c.problem.is_not(None), ~harmless)
    if complete is not None:
        failed = and_(failed, POLL.c.id > complete.id)
    failures = select(POLL.c.started_at, POLL.c.problem).where(failed).order_by(POLL.c.id)
    state = feed_state(store, SOURCE)
    with store.reading() as connection:
        last = connection.execute(newest).first()
        changed_at = connection.execute(select(func.max(POLL.c.ended_at)).where(POLL.c.changed > 0)).scalar()
        failing = _rows(connection, failures)
        waits, waits_since = _read_wait(connection)
    return FeedFacts(
        read_at=None if complete is None else complete.ended_at,
        changed_at=changed_at,
        began_at=None if last is None else last.started_at,
        under_way=last is not None and last.ended_at is None,
        failures=len(failing),
        failing_since=failing[0][0] if failing else None,
        problem=failing[-1][1] if failing else None,
        directory=last_good_directory(store),
        directory_problem=directory_problem(store),
        directory_failures=count_failed_readings(store),
        waits=waits,
        waits_since=waits_since,
        change=_change(state, settings),
        ask_again_at=state.ask_again_at,
        emptied=find_emptied(store, SOURCE, now),
        ahead=find_changed_ahead(store, now),
        late=find_late(store, now),
    )


def _read_wait(connection: Connection) -> tuple[str | None, datetime | None]:
    """Return what the newest poll that ended waits for, and since when polls have ended so."""
    ended = select(POLL.c.problem).where(POLL.c.ended_at.is_not(None)).order_by(POLL.c.id.desc()).limit(1)
    problem = connection.execute(ended).scalar()
    if problem is None or not problem.startswith(f"{NOTHING_YET}: "):
        return None, None
    before = select(func.max(POLL.c.id)).where(or_(POLL.c.problem.is_(None), POLL.c.problem != problem))
    same = select(func.min(POLL.c.ended_at)).where(POLL.c.id > func.coalesce(before.scalar_subquery(), 0))
    return problem.removeprefix(f"{NOTHING_YET}: "), connection.execute(same.where(POLL.c.problem == problem)).scalar()


def _change(state: FeedState, settings: Settings) -> str | None:
    try:
        return describe_change(state, origin_of(settings))
    except SettingsError:
        return None  # the address of a database is a secret, which this process may not know


def _rows(connection: Connection, asked: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(asked)]


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _disks(settings: Settings, file: Path | None) -> list[DiskSpace]:
    """Return the disks of the database file, if it is one, and of the reports, each once."""
    folders = [settings.path(settings.report.folder)]
    if file is not None:
        folders.insert(0, file.parent)
    disks: dict[int, DiskSpace] = {}
    for place, folder in enumerate(folders):
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        is_database = file is not None and place == 0
        disks.setdefault(there.stat().st_dev, DiskSpace(folder, shutil.disk_usage(there).free, is_database))
    return list(disks.values())
