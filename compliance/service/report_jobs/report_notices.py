"""Which notice stands in place of which report: it is delayed or held, or reports are suspended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from compliance.reports.periods.spans import Span
from compliance.reports.rendering.notice_pages import Notices, remove_other_notices, write_notices
from compliance.reports.sections import delayed_report, held_report, suspended_report
from compliance.service.polls.record_state import describe_reading
from compliance.service.report_jobs.release_gate import ReleaseGate


@dataclass(frozen=True)
class ReportNotices:
    """The notices in a folder."""

    folder: Path
    gate: ReleaseGate

    def write(self, waiting: Iterable[Span], now: datetime) -> None:
        """Write the notices of all periods that are held, or that wait, and remove all others.

        A period waits for the crime system or, while reports are suspended, for the end of that.
        """
        notices = self._held()
        suspension, reading = self.gate.suspension(now), describe_reading(self.gate.store, self.gate.local)
        for period in waiting:
            if suspension is not None:
                notices[period] = "suspended", suspended_report(self._force, period, suspension)
            else:
                notices[period] = "delayed", delayed_report(self._force, period, reading.claim)
        write_notices(self.folder, notices)
        remove_other_notices(self.folder, notices)

    def write_held(self) -> None:
        """Write the notices of the periods that are held."""
        write_notices(self.folder, self._held())

    def _held(self) -> Notices:
        local = self.gate.local
        return {
            held.period: ("held", held_report(self._force, held.period, held.claims, local.date_of(held.since)))
            for held in self.gate.holds()
        }

    @property
    def _force(self) -> str:
        return self.gate.settings.force.name
