"""Reports as a job: which are due, in which editions, what is said while the crime system cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlmodel import Session

from compliance.config import Settings
from compliance.errors import UnavailableError
from compliance.mail import Rendered, bare_address, enqueue, row_of
from compliance.policy import Policy, Verdicts
from compliance.policy.calendars import from_day
from compliance.reminders import ReminderRules
from compliance.reminders.effect import Mailed, mailed
from compliance.reports import words
from compliance.reports.delay import notice, write_delay
from compliance.reports.editions import public
from compliance.reports.figures import figures_of
from compliance.reports.files import write_whole
from compliance.reports.forms import Form
from compliance.reports.judged import Judgements, ReportOptions, judge_periods
from compliance.reports.model import Figures, Intake
from compliance.reports.periods import newest_settled, parse_period
from compliance.reports.publish import Publication, as_published, edition_key, publish
from compliance.reports.snapshots import (
    StoredRecords,
    as_last_published,
    check_held,
    earlier_periods,
    policy_changes,
)
from compliance.reports.spans import Kind, Span
from compliance.reports.tracing import Answer, Edition, as_printed, cases
from compliance.service.feeding import own_words
from compliance.service.held import intake_of, newest_published_period, vanished
from compliance.store import Store, last_complete_poll, polls_covering

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MADE_UP: Final = 26
"""So many missed periods of a kind are made up, the earliest first."""


@dataclass(frozen=True)
class Reporting:
    """The reports of a service."""

    settings: Settings
    policy: Policy
    store: Store
    rules: ReminderRules

    @property
    def folder(self) -> Path:
        """Where reports are written."""
        return self.settings.path(self.settings.report.folder)

    def publish(
        self, period: Span, now: datetime, editions: Sequence[str] = (), forms: Sequence[str] = ()
    ) -> list[Publication]:
        """Publish a period in the editions and forms asked for, by default those of the settings.

        Raises UnavailableError before the crime system was read to its end since the period settled: what was known
        then is not known yet (decision 0008); and where retention has removed what it was made of.
        """
        settled = period.settled(self.policy.local)
        if settled <= now and polls_covering(self.store, settled) is None:
            raise UnavailableError(
                f"{period.kind} {period} cannot be reported yet: the crime system has not been read to its end since "
                f"it was settled on {settled:%Y-%m-%dT%H:%MZ}; run `compliance poll` and try again"
            )
        check_held(self.store, period)
        earlier = earlier_periods(self.store, period)
        options = self._options(policy_changes(self.store, self.policy.local))
        judged = judge_periods(StoredRecords(self.store), self.policy, period, now, options, earlier)
        # What only the service knows changes by the hour; a report made again says what it said.
        before = as_last_published(self.store, str(period))
        intake = before.intake if before else self._intake(period, now)
        asked = cast("Sequence[Form]", forms or self.settings.report.forms)
        made = [
            publish(self.store, figures, self.policy, self.folder, now, asked, _Mailing(self.settings, now))
            for figures in self._editions(judged, intake, editions or self.settings.report.editions)
        ]
        notice(self.folder, period).unlink(missing_ok=True)
        return made

    def _intake(self, period: Span, now: datetime) -> Intake:
        files = self.settings.crime_system.files
        full_exports = files is not None and files.full_export
        return intake_of(self.store, now, period, self.policy.local, full_exports)

    def _vanished(self, period: Span) -> list[tuple[str, datetime, bool]]:
        return vanished(self.store, period, self.policy.local)

    def serve(self, period: Span, editions: Sequence[str], forms: Sequence[str]) -> list[Path]:
        """Write what was published of a period into the present folder, byte for byte (`as_published`)."""
        asked = cast("Sequence[Form]", forms or self.settings.report.forms)
        return [
            write_whole(
                Path(f"{period}-{edition}.{ending}"),
                as_published(self.store, self.folder, str(period), edition, ending),
            )
            for edition in editions or ("board",)
            for ending in asked
        ]

    def cases(self, period: Span, figure: str, division: str | None = None) -> tuple[Answer, str]:
        """The cases behind a figure of a period's report, of the board's edition or of a division's, judged by the
        policy it was published by; and whether they add up to what was published, in words."""
        check_held(self.store, period)
        options, printed = self._options(), as_printed(self.store, period, division)
        if printed and (basis := printed.basis):
            options = replace(options, live_methods=basis.live_methods, own_words=basis.own_words)
        edition = Edition(
            StoredRecords(self.store), printed.policy if printed else self.policy, period, options, division,
            earlier_periods(self.store, period), self._mailed, self._vanished,
        )  # fmt: skip
        answer = cases(edition, figure)
        return answer, printed.beside(answer) if printed else ""

    def publish_due(self, now: datetime) -> list[Publication]:
        """Publish what should have been by now and is not, missed runs included. While the crime system has not been
        read since, a notice says that the report is delayed."""
        made = []
        for kind in self.settings.report.periods:
            for period in self._due(kind, now):
                if polls_covering(self.store, period.settled(self.policy.local)) is None:
                    self._delay(period)
                else:
                    made += self.publish(period, now)
        return made

    def _due(self, kind: Kind, now: datetime) -> list[Span]:
        """The periods of a kind to be published: those after the newest that was, and the newest settled."""
        newest = newest_settled(kind, self._report_day(now))
        last = newest_published_period(self.store, kind)
        if last is None:
            return [newest]
        missing: list[Span] = []
        span = newest
        while str(span) > last and len(missing) < MADE_UP:
            missing.append(span)
            span = span.plus(-1)
        return missing[::-1]

    def _report_day(self, now: datetime) -> date:
        """The newest local date on which reports should have been made."""
        report = self.settings.report
        local = now.astimezone(ZoneInfo(self.policy.timezone))
        days = (local.weekday() - _WEEKDAYS.index(report.weekday)) % 7
        if days == 0 and local.time() < report.at:
            days = 7
        return local.date() - timedelta(days=days)

    def _delay(self, period: Span) -> None:
        poll = last_complete_poll(self.store)
        since = None if poll is None or poll.ended_at is None else from_day(self.policy.local.day_of(poll.ended_at))
        write_delay(self.folder, self.settings.force.name, period, since)

    def _options(self, changes: Sequence[tuple[date, str]] = ()) -> ReportOptions:
        report = self.settings.report
        for requirement in report.targets:
            self.policy.named(requirement)  # a target of none is a wrong setting
        return ReportOptions(
            live_methods=report.live_methods,
            targets=report.targets,
            policy_changes=changes,
            anew=[(limits.since, limits.reason) for limits in report.new_limits],
            own_words=own_words(self.settings),
        )

    def _editions(self, judged: Judgements, intake: Intake, editions: Sequence[str]) -> list[Figures]:
        force, told = self.settings.force.name, self._mailed(judged.verdicts, judged.period.span)
        board = figures_of(judged, force=force, intake=intake, mailed=told)
        made = []
        for edition in editions:
            if edition == "division":
                names = {d.name for requirement in board.requirements for d in requirement.divisions if d.name}
                made += [
                    figures_of(judged, force=force, intake=intake, mailed=told, division=name) for name in sorted(names)
                ]
            else:
                made.append(public(board) if edition == "public" else board)
        return made

    def _mailed(self, verdicts: Verdicts, period: Span) -> Mailed:
        """What the period's reminders told."""
        local = self.policy.local
        return mailed(self.store, verdicts, self.rules, (local.start_of(period.first), period.ended(local)))


@dataclass(frozen=True)
class _Mailing:
    """Tells the readers of a new report of the board's edition, once each for every version."""

    settings: Settings
    now: datetime

    def __call__(self, session: Session, figures: Figures) -> None:
        if figures.edition != "board":
            return
        mail, span = self.settings.mail, parse_period(figures.period)
        lines = [f"{line.about}: {line.text}" for line in words.summary(figures)]
        again = f" (version {figures.version}: {', '.join(figures.changed)} changed)" if figures.changed else ""
        about = f"Keeping victims informed: {words.span(span.first, span.last)}{again}"
        where = f"The report is in {self.settings.report.folder}."
        headers = {"From": mail.sender} | ({"Reply-To": mail.reply_to} if mail.reply_to else {})
        for reader in self.settings.report.readers:
            key = f"report/{figures.period}/{edition_key(figures)}/{figures.version}/{reader}"
            content = Rendered(about, "\n\n".join([*lines, where]) + "\n", None)
            row = row_of(
                key=key, kind="report", recipient_ref=None, to_address=reader, content=content,
                headers=headers, domain=bare_address(mail.sender).partition("@")[2], now=self.now,
            )  # fmt: skip
            enqueue(session, [row])
