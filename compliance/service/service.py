"""The service put together from its settings: each job one method, idempotent, nameable from the command line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from compliance import clock as real_clock
from compliance.config import Settings
from compliance.errors import SettingsError, UnavailableError
from compliance.feeds import Remembered
from compliance.mail import Delivery, SmtpServer, bare_address, deliver
from compliance.policy import Policy, load_policy
from compliance.policy.calendars import from_day
from compliance.reminders import Plan, ReminderRules, RemindOutcome, plan, remind, still_due
from compliance.reports.figures import weekly_figures
from compliance.reports.publish import Publication, StoredRecords, publish
from compliance.reports.weeks import Week
from compliance.service.feeding import feed_of
from compliance.service.held import intake_of, is_published
from compliance.service.polling import PollOutcome, poll
from compliance.store import Retention, Store, apply_retention, judge_due, polls_covering

SOURCE: Final = "crimes"
"""The name under which the feed's cursor and polls are kept."""
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Service:
    """A force's monitor. `clock` gives the present instant (aware), so that a demo or a test can move it."""

    settings: Settings
    policy: Policy
    store: Store
    clock: Callable[[], datetime] = real_clock.now
    remembered: Remembered = field(default_factory=Remembered)

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime] = real_clock.now) -> "Service":
        """The service of some settings, to be closed. Raises SettingsError for a wrong policy, or a database whose
        schema is not this version's."""
        return cls(settings, load_policy(settings.policy), Store.open(settings.database_url), clock)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def poll(self, stopping: Callable[[], bool] = lambda: False) -> PollOutcome:
        """Take what changed in the crime system and judge it. Raises UnavailableError where the feed does not answer as
        it must; what was taken by then is kept."""
        overlap = timedelta(minutes=self.settings.crime_system.overlap_minutes)
        with feed_of(self.settings, self.clock, self.remembered) as feed:
            outcome = poll(self.store, feed, SOURCE, self.clock, stopping, overlap)
        self.judge()
        return outcome

    def judge(self) -> int:
        """Judge what changed or whose day has come -> how many crimes."""
        return judge_due(self.store, self.policy, self.clock()).crimes

    def plan(self) -> Plan:
        """Who would be told what now, without writing anything."""
        self.judge()
        return plan(self.store, self.policy, self.rules, self.clock())

    def remind(self) -> tuple[RemindOutcome, Delivery]:
        """Queue this morning's digests, if it is a working morning and they are not queued yet; send what is due."""
        self.judge()
        outcome = remind(self.store, self.policy, self.rules, self.clock())
        return outcome, self.deliver()

    def deliver(self) -> Delivery:
        """Send what is due from the outbox."""
        question = still_due(self.store, self.policy, self.rules, self.clock)
        return deliver(self.store, self.smtp, self.clock, still_due=question)

    def report(self, week: Week | None = None) -> Publication:
        """Publish the report of a week, by default the newest settled one (statistics 1.2). Publishing again without
        change does nothing. Raises UnavailableError before the crime system was read to its end since the week settled:
        what was known then is not known yet (design decision 11)."""
        now = self.clock()
        week = week or Week.newest_settled(from_day(self.policy.local.day_of(now)))
        settled = week.settled(self.policy.local)
        if polls_covering(self.store, settled) is None:
            raise UnavailableError(
                f"week {week} cannot be reported yet: the crime system has not been read to its end since the week was "
                f"settled on {settled:%Y-%m-%dT%H:%MZ}; run `compliance poll` and try again"
            )
        figures = weekly_figures(
            StoredRecords(self.store),
            self.policy,
            week,
            now,
            force=self.settings.force.name,
            intake=intake_of(self.store, now),
            live_methods=self.settings.report.live_methods,
        )
        return publish(self.store, figures, self.report_folder, now)

    def report_if_due(self) -> Publication | None:
        """Publish this week's report if its time has come, it is not published, and the crime system was read since."""
        report, now = self.settings.report, self.clock()
        local = now.astimezone(ZoneInfo(self.policy.timezone))
        days = (local.weekday() - _WEEKDAYS.index(report.weekday)) % 7
        day = local.date() - timedelta(days=days)
        if days == 0 and local.time() < report.at:
            day -= timedelta(days=7)
        week = Week.newest_settled(day)
        if is_published(self.store, str(week)) or polls_covering(self.store, week.settled(self.policy.local)) is None:
            return None
        return self.report(week)

    def retain(self) -> int:
        """Strip or remove the crimes whose time has come, as the settings say -> how many."""
        return sum(apply_retention(self.store, retention, self.clock()) for retention in self.retentions)

    @property
    def retentions(self) -> list[Retention]:
        """What becomes of closed crimes, if anything. Those to be removed are not stripped first."""
        settings, found = self.settings.retention, list[Retention]()
        if settings.remove_after_days is not None:
            found.append(Retention("remove", settings.remove_after_days, self.policy.local))
        if settings.strip_officers_after_days is not None:
            found.append(Retention("strip", settings.strip_officers_after_days, self.policy.local))
        return found

    @property
    def report_folder(self) -> Path:
        """Where reports are written."""
        return self.settings.path(self.settings.report.folder)

    @property
    def rules(self) -> ReminderRules:
        """What the force decided about reminders."""
        return reminder_rules(self.settings)

    @property
    def smtp(self) -> SmtpServer:
        """The mail server. Raises SettingsError where its password cannot be had."""
        mail = self.settings.mail
        try:
            return SmtpServer(
                host=mail.host,
                port=mail.port,
                security=mail.security,
                username=mail.username,
                password=self.settings.secret(mail.password, "mail.password"),
                timeout=mail.timeout_seconds,
                ca_file=None if mail.ca_file is None else str(self.settings.path(mail.ca_file)),
            )
        except SettingsError as error:
            raise SettingsError(f"{self.settings.source}: [mail] {error}") from None


def reminder_rules(settings: Settings) -> ReminderRules:
    """What a force decided about reminders, out of its settings. Raises SettingsError that names the setting."""
    reminders, mail = settings.reminders, settings.mail
    domain = bare_address(mail.sender).partition("@")[2]
    return ReminderRules(
        due_from=reminders.due_from,
        sender=mail.sender,
        domain=domain,
        list_id=f"victim-updates.{domain}",
        reply_to=mail.reply_to,
        repeat_days=reminders.repeat_days,
        send_from=reminders.send_from,
        send_until=reminders.send_until,
        listed=reminders.listed,
        crime_link=settings.crime_system.crime_link,
    )
