"""Reports as a job: which are due, in which editions, and the notices in place of those that are not published."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, cast

import structlog

from compliance.config import Settings
from compliance.errors import ComplianceError, HeldError, UnavailableError
from compliance.policy import Policy, Verdicts
from compliance.reminders.effect import MailedDigests, read_mailed
from compliance.reports.catalogue.editions import public
from compliance.reports.comparing.compared_units import place_in_force
from compliance.reports.figures import divisions_of, figures_of
from compliance.reports.judging.beginning import Beginning, CannotReportError, begin
from compliance.reports.judging.judged import Judgements, ReportOptions, judge_periods
from compliance.reports.judging.satisfaction import find_satisfaction, name_divisions, told_before
from compliance.reports.judging.sources import map_records
from compliance.reports.model.release_facts import Released, ReleaseFacts
from compliance.reports.model.report_model import Figures, Intake
from compliance.reports.organisation import FILE as ORGANISATION_FILE
from compliance.reports.organisation import Organisation, load_organisation
from compliance.reports.periods.explained import ExplainedWeeks
from compliance.reports.periods.periods import newest_settled
from compliance.reports.periods.spans import Kind, Span
from compliance.reports.periods.weeks import Week
from compliance.reports.publishing.publish import Publication, add_forms, publish
from compliance.reports.publishing.published_files import as_published
from compliance.reports.publishing.snapshots import (
    StoredRecords,
    add_policy_changes,
    as_last_published,
    check_held,
    earlier_periods,
    last_told,
)
from compliance.reports.releasing.release import pass_gate
from compliance.reports.rendering.forms import Form
from compliance.reports.rendering.notice_pages import remove_notices
from compliance.reports.rendering.output_files import write_whole
from compliance.reports.tracing import Edition, Printed, TracedFigure, as_printed, cases
from compliance.resources import resource
from compliance.service.polls.crime_feed import own_words
from compliance.service.polls.record_state import intake_of, list_vanished
from compliance.service.report_jobs.release_evidence import ReleaseEvidence
from compliance.service.report_jobs.release_gate import ReleaseGate
from compliance.service.report_jobs.report_duties import DIVISION, Attempts, Duties, OwedReports
from compliance.service.report_jobs.report_mail import ReportMail
from compliance.service.report_jobs.report_notices import ReportNotices
from compliance.store import Store, seen_by
from compliance.store.audit.actors import THE_SERVICE, Actor
from compliance.store.kept.surveys import list_former, list_waves

log = structlog.get_logger()

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MADE_UP: Final = 26
"""How many missed periods of a kind are made up at one check, earliest first; the next check continues."""


def organisation_in(settings: Settings) -> Organisation | None:
    """Return the map by which reports name units, None if there is none. Raises SettingsError if it is wrong."""
    own = settings.report.organisation
    return load_organisation(resource("rules", ORGANISATION_FILE) if own is None else settings.path(own))


@dataclass(frozen=True)
class Reporting:
    """The reports of a service."""

    settings: Settings
    policy: Policy
    store: Store
    attempts: Attempts = field(default_factory=Attempts)
    organisation: Organisation | None = None
    actor: Actor = THE_SERVICE

    @property
    def folder(self) -> Path:
        """The folder of the reports."""
        return self.settings.path(self.settings.report.folder)

    def publish(
        self, period: Span, now: datetime, editions: Sequence[str] = (), forms: Sequence[str] = ()
    ) -> list[Publication]:
        """Publish a period in the given editions and forms, by default those of the settings.

        All editions are published together or none. Raises UnavailableError until the crime system has been read to its
        end since the period settled: what was known then is not known yet (decision 0008). Raises CannotReportError for
        a period before the records begin (statistics 1.2b), and if retention has removed the records it was made from.
        Raises HeldError if something stands against the report that no person has released it for, or while reports are
        suspended (statistics section 7).
        """
        with self.store.session(reading=True) as session:
            self.gate.check_open(session, now)
        settled = period.settling_instant(self.policy.local)
        if settled <= now and seen_by(self.store, settled) is None:
            raise UnavailableError(
                f"{period.kind} {period} cannot be reported yet: the crime system has not been read completely since "
                f"it was settled on {settled:%Y-%m-%dT%H:%MZ}; run `compliance poll` and try again"
            )
        check_held(self.store, period)
        earlier = earlier_periods(self.store, period)
        records, options = StoredRecords(self.store), add_policy_changes(self._options(), self.store, self.policy.local)
        options = replace(options, records_begin=self._find_beginning(records, period))
        Beginning(options.records_begin, self.policy).check(period)
        judged = judge_periods(records, self.policy, period, now, options, earlier)
        # What cannot be asked as at K (statistics 1.2a): a reproduced report repeats what it said.
        before = as_last_published(self.store, str(period))
        intake = before.intake if before else self._intake(judged.verdicts, period)
        make = self._maker(judged, intake)
        board = make(None)
        evidence = ReleaseEvidence(self.store, self.policy, self.organisation, self.settings.report.unfit_share)
        facts = evidence.find(judged, board, before)
        released = self._pass_gate(period, facts, now)
        every = self._editions(make, board, editions or self.settings.report.editions)
        figures = [pass_gate(each, facts, released) for each in every]
        asked = cast("Sequence[Form]", forms or self.settings.report.forms)
        made = publish(
            self.store, figures, self.policy, self.folder, now, asked, ReportMail(self.settings, now).announce,
            self.organisation, lambda session: self.gate.open(session, period, now), self.actor,
        )  # fmt: skip
        remove_notices(self.folder, period)
        return made

    def release(self, period: Span, reason: str, by: str, now: datetime) -> list[Publication]:
        """Publish a held period all the same, for what stands against it now, and keep who released it, when and why.

        Raises SettingsError if it is not held, and HeldError if something else stands against it by now.
        """
        self.gate.release(period, reason, by, now)
        return self.publish(period, now)

    @property
    def gate(self) -> ReleaseGate:
        """What holds the reports back."""
        return ReleaseGate(self.settings, self.store, self.policy.local)

    def _pass_gate(self, period: Span, facts: ReleaseFacts, now: datetime) -> list[Released]:
        """Return the releases that a period passes by. Raises HeldError, with a notice in its place, if it is held."""
        try:
            return self.gate.pass_or_hold(period, facts, now)
        except HeldError:
            ReportNotices(self.folder, self.gate).write_held()
            raise

    def _find_beginning(self, records: StoredRecords, period: Span) -> date | None:
        """Return where the records begin, as known when a period was settled (statistics 1.2b)."""
        if (configured := self.settings.report.records_begin) is not None:
            return configured
        local, settled = self.policy.local, period.settling_instant(self.policy.local)
        return begin(records.records_known(settled).columns.reported_at, local, seen_by(self.store, settled) or settled)

    def _intake(self, verdicts: Verdicts, period: Span) -> Intake:
        files = self.settings.crime_system.files
        full_exports = files is not None and files.full_export
        inbound = self.settings.mail.inbound
        reads_replies = inbound is not None and inbound.reply_address is not None
        return intake_of(self.store, verdicts, period, full_exports, reads_replies=reads_replies)

    def _list_vanished(self, period: Span) -> list[tuple[str, datetime, bool]]:
        return list_vanished(self.store, period, self.policy.local)

    def serve(self, period: Span, editions: Sequence[str], forms: Sequence[str]) -> list[Path]:
        """Write what was published of a period into the current folder, byte for byte (`as_published`)."""
        asked = cast("Sequence[Form]", forms or self.settings.report.forms)
        return [
            write_whole(
                Path(f"{period}-{edition}.{ending}"),
                as_published(self.store, self.folder, str(period), edition, ending),
            )
            for edition in editions or ("board",)
            for ending in asked
        ]

    def cases(self, period: Span, figure: str, division: str | None = None) -> tuple[TracedFigure, str]:
        """Return the cases behind a figure of a period's report, and whether they add up to what was published.

        The latter in words. The report is the board's edition or a division's, judged by the policy it was published
        under.
        """
        edition, printed = self.read_edition(period, division)
        answer = cases(edition, figure)
        return answer, printed.compare(answer) if printed else ""

    def read_edition(self, period: Span, division: str | None = None) -> tuple[Edition, Printed | None]:
        """Return a period as judged again for the board or a division, and its report as last published, if it was.

        By the policy it was published under; else by that of the settings.
        """
        check_held(self.store, period)
        options, printed = self._options(), as_printed(self.store, period, division)
        if printed:
            options = replace(options, organisation=printed.organisation)
        if printed and (basis := printed.basis):
            options = replace(options, live_methods=basis.live_methods, own_words=basis.own_words)
        stored, begun = StoredRecords(self.store), printed.basis.records_begin if printed and printed.basis else None
        options = replace(options, records_begin=begun or self._find_beginning(stored, period))
        records = map_records(stored, options.organisation, period.last)
        edition = Edition(
            records, printed.policy if printed else self.policy, period, options, division,
            earlier_periods(self.store, period), self._read_mailed, self._list_vanished,
        )  # fmt: skip
        return edition, printed

    def publish_due(self, now: datetime, between: Callable[[], None] = lambda: None) -> list[Publication]:
        """Publish what is owed by now (`service.report_duties`), earliest first.

        While the crime system has not been read since, while something stands against a report and while reports are
        suspended, a notice says so in its place. A held report holds back no other. `between` is called before each
        period; what it raises ends the run.
        """
        made: list[Publication] = []
        waiting: list[Span] = []
        left = dict.fromkeys(self.settings.report.periods, MADE_UP)
        self.gate.end_past_suspension(now)
        is_suspended, held = self.gate.suspension(now) is not None, {str(each.period) for each in self.gate.holds()}
        for owed in self._duties.owed(now):
            between()
            period = owed.period
            if is_suspended or seen_by(self.store, period.settling_instant(self.policy.local)) is None:
                waiting += [period] if owed.editions else []
            elif left[period.kind] and not self.attempts.wait(period, now, is_held=str(period) in held):
                left[period.kind] -= 1
                made += self._fulfil(owed, now)
        ReportNotices(self.folder, self.gate).write(waiting, now)
        return made

    def still_owed(self, at: datetime) -> list[Span]:
        """Return the periods that were owed at an instant (aware) and are not published yet (`Duties.still_owed`)."""
        return self._duties.still_owed(at)

    @property
    def _duties(self) -> Duties:
        def settled(kind: Kind, at: datetime) -> Span:
            return newest_settled(kind, self._report_day(at))

        return Duties(self.store, self.settings.report, settled, self.attempts)

    def _fulfil(self, owed: OwedReports, now: datetime) -> list[Publication]:
        """Publish what is owed for a period. What cannot be made is logged once and tried again later."""
        period, made, problem = owed.period, list[Publication](), ""
        try:
            made += [
                add_forms(self.store, str(period), key, self.folder, forms, now, self.actor)
                for key, forms in owed.forms.items()
            ]
            if owed.editions:
                made += self.publish(period, now, owed.editions)
        except (CannotReportError, HeldError) as error:
            problem = str(error)
            self.attempts.note_held(period, is_held=isinstance(error, HeldError))
            if isinstance(error, CannotReportError):
                self.gate.let_go(period, now)
        failed = [form for done in made for form in done.failed]
        problem = "; ".join([*filter(None, [problem]), *map(str, failed)])
        if problem and self.attempts.note(period, now, problem):
            faults = [form.error for form in failed if not isinstance(form.error, ComplianceError)]
            log.error("not reported", period=str(period), problem=problem, exc_info=faults[0] if faults else None)
        if not problem and DIVISION in owed.editions:
            self.attempts.complete.add(str(period))
        return made

    def _report_day(self, now: datetime) -> date:
        """Return the newest local date on which reports should have been made."""
        report = self.settings.report
        local = self.policy.local.clock_at(now)
        days = (local.weekday() - _WEEKDAYS.index(report.weekday)) % 7
        if days == 0 and local.time() < report.at:
            days = 7
        return local.date() - timedelta(days=days)

    def _options(self) -> ReportOptions:
        report = self.settings.report
        for requirement in report.targets:
            self.policy.requirement_by_id(requirement)  # raises SettingsError for a target of an unknown requirement
        return ReportOptions(
            live_methods=report.live_methods,
            targets=report.targets,
            recalculate_from=[(limits.since, limits.reason) for limits in report.new_limits],
            explained_weeks=[
                ExplainedWeeks(Week.parse(each.first), Week.parse(each.until), each.reason, each.exclude)
                for each in report.explained_weeks
            ],
            own_words=own_words(self.settings),
            organisation=self.organisation,
            questions_to=report.questions_to or "",
        )

    def _maker(self, judged: Judgements, intake: Intake) -> Callable[[str | None], Figures]:
        """Return what makes the figures of the board's edition (None), or of a division's."""
        period, force = judged.period.span, self.settings.force.name
        mailed, told = self._read_mailed(judged.verdicts, period), last_told(self.store, period)
        settled = period.settling_instant(self.policy.local)
        waves = list_waves(self.store, settled)
        former = told_before(list_former(self.store, settled), self.policy.local)
        place, target = name_divisions(self.organisation, period.last), self.settings.survey.target
        return lambda division: figures_of(
            judged, force=force, intake=intake, mailed=mailed, division=division, last_told=told.get(division),
            satisfaction=find_satisfaction(waves, period, division, target, place, former),
        )  # fmt: skip

    def _editions(
        self, make: Callable[[str | None], Figures], board: Figures, editions: Sequence[str]
    ) -> list[Figures]:
        made = []
        for edition in editions:
            if edition == "division":
                made += [place_in_force(make(name), board) for name in sorted(divisions_of(board))]
            else:
                made.append(public(board) if edition == "public" else board)
        return made

    def _read_mailed(self, verdicts: Verdicts, period: Span) -> MailedDigests:
        """Return what the period's reminders listed."""
        local = self.policy.local
        return read_mailed(
            self.store, verdicts, self.settings.reminders, (local.start_of(period.first), period.end_instant(local))
        )
