"""The service built from its settings: each job is one idempotent method, available on the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compliance import clock as real_clock
from compliance.config import Settings
from compliance.errors import RecordError, SettingsError, System, UnavailableError
from compliance.feeds import Mapper, Remembered
from compliance.mail import Delivery, InboundOutcome, deliver, read_inbound
from compliance.policy import Policy, load_policy_in_use
from compliance.progress import watching
from compliance.reminders import Plan, ReminderSettings, RemindOutcome, notices, plan, remind, still_due
from compliance.reminders.sending_times import not_now
from compliance.reports.organisation import Organisation
from compliance.reports.periods.periods import newest_settled
from compliance.reports.periods.spans import Span
from compliance.reports.publishing.publish import Publication
from compliance.service.calendar_notes import warn_of_end
from compliance.service.mail_channel import addresses_of, channel_of, patient_channel, patient_inbox, pilot_of
from compliance.service.noting.job_runs import INBOUND, ROW_FILTERS, SEND, JobRuns
from compliance.service.polls.crime_feed import SOURCE, feed_of, mapper_of, origin_of, vocabulary_of
from compliance.service.polls.directory_poll import DirectoryRules
from compliance.service.polls.feed_changes import restart
from compliance.service.polls.polling import PollOutcome, poll
from compliance.service.report_jobs.report_duties import Attempts
from compliance.service.report_jobs.reporting import Reporting, organisation_in
from compliance.service.retaining import Retaining
from compliance.service.telling.leaders_cards import LeadersCards
from compliance.service.telling.replanning import LastPlan, planning_state
from compliance.service.telling.undelivered import Undelivered, find_undelivered, tell_undelivered, today_only
from compliance.stopping import Stop
from compliance.store import Store, count_set_aside, judge_due, load_crimes
from compliance.store.audit.actors import THE_SERVICE, Actor
from compliance.store.audit.audit_disclosures import note_messages
from compliance.store.tables import Notice
from compliance.text import join_words

if TYPE_CHECKING:
    from compliance.service.audit.stamping import Stamping

_MANY_ROWS: Final = 20
"""From how many rows on a filter that keeps none is wrong, rather than a night without victims."""


@dataclass(frozen=True)
class Service:
    """A force's monitor.

    `clock`: returns the present instant (aware), so that a demo or a test can move it. `stop`: when requested, every
    job ends between two steps or raises StoppedError. `actor`: who has it do what it does, for the audit log.
    """

    settings: Settings
    policy: Policy
    store: Store
    clock: Callable[[], datetime] = real_clock.now
    remembered: Remembered = field(default_factory=Remembered)
    attempts: Attempts = field(default_factory=Attempts)
    stop: Stop = field(default_factory=Stop)
    actor: Actor = THE_SERVICE

    @classmethod
    def open(
        cls,
        settings: Settings,
        clock: Callable[[], datetime] = real_clock.now,
        stop: Stop | None = None,
        actor: Actor = THE_SERVICE,
    ) -> "Service":
        """Open the service of some settings, to be closed by the caller.

        Raises SettingsError for a wrong policy, or a database whose schema is not this version's.
        """
        policy = load_policy_in_use(settings.policy)
        store = Store.open(settings.database_url, settings.returns.characteristics)
        return cls(settings, policy, store, clock, stop=Stop() if stop is None else stop, actor=actor)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def poll(self, *, ask_now: bool = False, accept_directory: bool = False) -> PollOutcome:
        """Store what changed in the crime system, and judge it.

        `ask_now`: ask it even if it asked for a wait. `accept_directory`: accept an officer directory that has shrunk.
        Raises UnavailableError if the feed does not answer correctly;
        what was stored by then is kept. Raises SettingsError if the settings name another crime system than before.
        """
        overlap = timedelta(minutes=self.settings.crime_system.overlap_minutes)
        rules = DirectoryRules(self.settings.crime_system.directory_shrink_limit, accept_directory)
        mapper = mapper_of(self.settings)
        with feed_of(self.settings, self.clock, self.remembered, mapper, stop=self.stop) as feed:
            known = vocabulary_of(self.settings, self.policy)
            outcome = poll(
                self.store, feed, SOURCE, self.clock, self.stop.is_requested, overlap, known,
                origin_of(self.settings), ask_now, rules, self.actor,
            )  # fmt: skip
        self.judge()
        self._note_row_filters(mapper)
        if outcome.problem is None:
            JobRuns(self.store).note_success("poll", self.clock())  # one by hand ends the failures of the service's own
        return outcome

    def _note_row_filters(self, mapper: Mapper) -> None:
        """Store whether row filters left out everything in a poll, for the conditions. A few rows say nothing."""
        idle = {name: seen for name, seen in mapper.filters.seen.items() if not seen.kept}
        wrong = [
            f"crime_system.mapping.rows.{name} kept none of {seen.left_out:,} rows"
            for name, seen in idle.items()
            if seen.left_out >= _MANY_ROWS
        ]
        if wrong:
            JobRuns(self.store).note_failure(ROW_FILTERS, self.clock(), SettingsError(join_words(wrong)))
        elif not idle:
            JobRuns(self.store).note_success(ROW_FILTERS, self.clock())

    def restart_feed(self, begin: datetime | None = None, *, keep_cursor: bool = False) -> None:
        """Let the next poll read the crime system again from the beginning (`feed_changes.restart`)."""
        restart(self.store, self.settings, SOURCE, self.clock(), begin, keep_cursor)

    def judge(self) -> int:
        """Judge the crimes that changed or whose day has come, and return how many."""
        self.stop.check()
        with watching(lambda _: self.stop.check()):
            return judge_due(self.store, self.policy, self.clock()).crimes

    @property
    def not_judged(self) -> int:
        """The number of stored obligations that are set aside: they cannot be judged (rules 6.1a)."""
        return count_set_aside(self.store)

    @property
    def calendar_warning(self) -> str | None:
        """What to do about the end of the policy's calendar, from nine months before it; None until then."""
        return warn_of_end([self.policy], self.clock())

    def plan(self) -> Plan:
        """Return who would be reminded of what now, without sending anything."""
        self.judge()
        return plan(self.store, self.policy, self.reminder_settings, self.clock())

    def remind(
        self, limit: int | None = None, last: LastPlan | None = None, *, ask_now: bool = False
    ) -> tuple[RemindOutcome, Delivery]:
        """Queue this morning's digests if it is a working morning and they are not queued yet, then send what is due.

        See `deliver`, also for `ask_now`. `last`: what this process planned last; nothing is planned while that stands.
        """
        channel_of(self.settings)  # a wrong setting is reported before anything is queued
        self._cards.channel(self.stop)
        judged, last, now = self.judge(), last or LastPlan(), self.clock()
        state = planning_state(self.store, self.policy, self.settings, now)
        if not judged and last.stands(state, now):
            outcome = RemindOutcome(not_now=not_now(self.policy, self.settings.reminders, now))
        else:
            outcome = remind(self.store, self.policy, self.reminder_settings, now)
            last.note(state, now)
        if not outcome.not_now:
            tell_undelivered(self.store, self.policy, self.settings, now)
            self._cards.queue()
        delivery = self.deliver(limit, ask_now=ask_now)
        if replace(delivery, stopped=None, is_refused=False, rests_until=None) != Delivery():
            last.forget()
        return outcome, delivery

    def notices(self, crime_ref: str) -> list[tuple[Notice, str | None]]:
        """Return the reminder decisions for a crime in order, each with the status of its email (None: no email).

        Raises RecordError for a crime that is neither stored nor has any decisions.
        """
        with self.store.session(reading=True) as session:
            found = notices(session, crime_ref)
        if not found and not load_crimes(self.store, [crime_ref]):
            raise RecordError(f"no crime {crime_ref!r} is stored; write its number as the crime system does")
        return found

    def deliver(self, limit: int | None = None, *, ask_now: bool = False) -> Delivery:
        """Write what is new in the outbox to the audit log, then send what is due, at most `limit` (`mail.deliver`).

        `ask_now`: try the mail server even if it is left alone for a time because it refused us.
        """
        question = today_only(
            still_due(self.store, self.policy, self.reminder_settings, self.clock), self.policy, self.clock
        )
        channel = patient_channel(self.settings, self.store, self.clock, self.stop, ask_now=ask_now)
        pilot, mail = pilot_of(self.settings), self.settings.mail
        note_messages(self.store, self.actor, self.clock())
        delivery = deliver(
            self.store, channel, self.clock,
            still_due=question, limit=limit, settings=mail, pilot=pilot,
            addresses=addresses_of(self.settings, self.store, self.clock()), wait=self.stop.wait,
        )  # fmt: skip
        self._note_sending(delivery)
        return delivery.plus(self._cards.deliver(self.stop))

    @property
    def _cards(self) -> LeadersCards:
        return LeadersCards(self.store, self.policy, self.settings, self.clock)

    def undelivered(self) -> list[Undelivered]:
        """Return what has not reached its readers by now, by reason."""
        now = self.clock()
        return find_undelivered(self.store, self.policy, self.settings.reminders, now, now)

    def read_inbound(self, *, ask_now: bool = False) -> InboundOutcome:
        """Read the bounces in the mailbox of the settings, and mark what was not delivered.

        `ask_now`: try the mailbox even if it is left alone for a time because it refused us.
        Raises SettingsError if the settings name no mailbox, UnavailableError if it cannot be used.
        """
        inbox = patient_inbox(self.settings, self.store, self.clock, self.stop, ask_now=ask_now)
        addresses = addresses_of(self.settings, self.store, self.clock())
        if inbox is None or addresses is None or self.settings.mail.inbound is None:
            raise SettingsError(f"{self.settings.source}: there is no [mail.inbound], so no mailbox to read")
        read = read_inbound(
            self.store, inbox, addresses, self.settings.mail.inbound, self.clock, self.stop.is_requested
        )
        JobRuns(self.store).note_success(INBOUND, self.clock())  # one by hand ends the failures of the service's own
        return read

    def _note_sending(self, delivery: Delivery) -> None:
        """Store whether the mail server takes emails, for whoever asks later, whichever command sent them."""
        runs, now = JobRuns(self.store), self.clock()
        if delivery.rests_until is not None:
            return  # nothing was tried
        if delivery.stopped and not self.stop.is_requested():
            refused = UnavailableError(delivery.stopped, is_lasting=delivery.is_refused, system=System.MAIL_SERVER)
            runs.note_failure(SEND, now, refused)
        elif not delivery.stopped and (delivery.sent or delivery.refused):
            runs.note_success(SEND, now)

    def report(
        self, period: Span | None = None, editions: Sequence[str] = (), forms: Sequence[str] = ()
    ) -> list[Publication]:
        """Publish the reports of a period, by default the newest settled week (statistics 1.2).

        In the given editions and forms, by default those of the settings. Publishing again without change does nothing.
        Raises UnavailableError if it cannot be judged: not yet, no longer, or because the records begin later.
        """
        now = self.clock()
        asked = period or newest_settled("week", self.policy.local.date_of(now))
        return self.reporting.publish(asked, now, editions, forms)

    def report_if_due(self) -> list[Publication]:
        """Publish what is owed by now, if the crime system has been read since."""
        return self.reporting.publish_due(self.clock(), self.stop.check)

    @cached_property
    def organisation(self) -> Organisation | None:
        """The map by which reports name units, None if there is none. Raises SettingsError if it is wrong.

        It is read once: an edit is taken by a reload or a restart, as that of a policy is.
        """
        return organisation_in(self.settings)

    @property
    def reporting(self) -> Reporting:
        """The reports of this service. Raises SettingsError if the map of the organisation is wrong."""
        return Reporting(self.settings, self.policy, self.store, self.attempts, self.organisation, self.actor)

    @property
    def retaining(self) -> Retaining:
        """The retention of this service."""
        return Retaining(self.settings, self.store, self.policy.local, self.clock, self.actor)

    @property
    def stamping(self) -> "Stamping":
        """The stamps of the audit log."""
        from compliance.service.audit.stamping import Stamping  # noqa: PLC0415  # loads a library of certificates

        return Stamping(self.settings, self.store, self.policy.local, self.clock, self.stop)

    @property
    def report_folder(self) -> Path:
        """The folder of the reports."""
        return self.reporting.folder

    @property
    def reminder_settings(self) -> ReminderSettings:
        """What the force decided about reminders."""
        return reminder_settings(self.settings)


def reminder_settings(settings: Settings) -> ReminderSettings:
    """Return what a force decided about reminders. Raises SettingsError that names the setting."""
    reminders, crime_link = settings.reminders, settings.crime_system.crime_link
    if reminders.templates is None:
        return ReminderSettings(reminders, settings.mail, crime_link)
    return ReminderSettings(reminders, settings.mail, crime_link, settings.path(reminders.templates))
