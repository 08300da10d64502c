"""A service operated for a year while everything around it fails, and while it is killed: every report that it owed is
there once and says what it says in a year in which nothing went wrong, and everybody was told what they were to be told.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from compliance.simulator import SimulatedForce
from tests import pooler
from tests.operated import DISK, UNDISTURBED, Disturbance, Happening, OperatedYear
from tests.operated_faults import (
    database_restarted,
    directory_faults,
    disk_full,
    disk_full_at_report,
    feed_away,
    feed_faults,
    looked_at,
    mail_away,
)
from tests.operated_incidents import Incidents, unexplained
from tests.operated_outcome import Window, YearOutcome, differing_emails, differing_reports
from tests.simulated import LONDON

KILLS: Final = int(os.environ.get("KILLS", "100"))
NOW: Final = datetime(2026, 10, 25, 12, tzinfo=UTC)
Quiet = tuple[YearOutcome, Incidents]
"""What came of a time in which nothing went wrong."""
SCALE: Final = float(os.environ.get("SCALE", "0.02"))


@dataclass(frozen=True)
class Scenario:
    """The last days of a force; its calendar ends on one date, and goes on on another (`calendar`).

    `windows`: in which emails wait for the end of a fault.
    """

    force: SimulatedForce
    days: int
    calendar: tuple[str, date]
    faults: Sequence[Happening]
    windows: Sequence[Window]

    def live(
        self, folder: Path, databases: Sequence[str] = (), disturbance: Disturbance = UNDISTURBED
    ) -> tuple[OperatedYear, YearOutcome, Incidents]:
        """Live through them; what does not hold of them, whatever went wrong, is a failure."""
        start = self.force.end.date() - timedelta(days=self.days)
        urls = databases or [f"sqlite:///{folder / 'compliance.db'}"]
        extra = looked_at(self.faults)
        with OperatedYear(folder / "year", self.force, start, self.days, urls, self.calendar, extra) as year:
            year.live(disturbance)
        outcome, incidents = YearOutcome.of(year), Incidents.of(year)
        print(f"\n{year}\n{outcome}\n{incidents}")
        assert list(outcome.problems()) == []
        assert list(incidents.problems(disturbance.kills)) == []
        assert year.log.faults() == []
        assert year.kills == disturbance.kills
        assert year.happened.total() == len(disturbance.happenings)
        return year, outcome, incidents

    def disturbed(
        self, quiet: Quiet, folder: Path, kills: int, bursts: int, databases: Sequence[str] = ()
    ) -> OperatedYear:
        """Live through them with everything that goes wrong: they differ in nothing but what faults may change."""
        year, outcome, incidents = self.live(folder, databases, Disturbance(self.faults, kills, bursts))
        assert list(differing_reports(quiet[0], outcome)) == []
        assert list(differing_emails(quiet[0], outcome, self.windows)) == []
        is_file = year.database.startswith("sqlite")
        seen = [each for each in self.faults if is_file or not each.name.startswith(DISK) or "report" in each.name]
        assert list(unexplained(incidents, quiet[1], seen)) == []
        return year


def october(*days: int) -> list[date]:
    return [date(2026, 10, day) for day in days]


def wednesdays(day: int, *months: int) -> list[date]:
    """The first Wednesday of each month from a day of it on."""
    first = [date(2026, month, day) for month in months]
    return [each + timedelta(days=(2 - each.weekday()) % 7) for each in first]


WEEKS_FAULTS: Final = [
    *feed_faults(october(22, 23, 27, 28, 29, 30)), *directory_faults(october(22, 23, 28)),
    *mail_away(date(2026, 10, 26)), *disk_full(date(2026, 10, 27)), *database_restarted(date(2026, 10, 29)),
]  # fmt: skip
WEEKS_WINDOWS: Final = [(date(2026, 10, 26), date(2026, 10, 27))]
YEAR_FAULTS: Final = [
    *feed_faults(wednesdays(2, *range(2, 8))), *feed_faults(wednesdays(9, *range(7, 13))),
    *directory_faults(wednesdays(16, 2, 4, 6)), *directory_faults(wednesdays(16, 8, 9, 11)),
    *disk_full(date(2026, 5, 21)), *disk_full_at_report(date(2026, 8, 10)),
    *database_restarted(date(2026, 6, 25)), *database_restarted(date(2026, 11, 26)),
    *feed_away(date(2026, 2, 17), 3), *feed_away(date(2026, 10, 20), 3),
    *mail_away(date(2026, 3, 23)), *mail_away(date(2026, 9, 28)),
]  # fmt: skip
YEAR_WINDOWS: Final = [
    (date(2026, 2, 17), date(2026, 2, 23)), (date(2026, 3, 23), date(2026, 3, 24)),
    (date(2026, 9, 28), date(2026, 9, 29)), (date(2026, 10, 20), date(2026, 10, 26)),
]  # fmt: skip


@pytest.fixture(scope="module")
def weeks() -> Scenario:
    """Eleven days in which the clocks go back and the calendar ends."""
    force = SimulatedForce(seed=3, weeks=12, end=datetime(2026, 11, 2, tzinfo=LONDON), scale=0.02)
    return Scenario(force, 11, ("2026-10-31", date(2026, 10, 24)), WEEKS_FAULTS, WEEKS_WINDOWS)


@pytest.fixture(scope="module")
def quiet_weeks(weeks: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Quiet:
    return weeks.live(tmp_path_factory.mktemp("quiet"))[1:]


@pytest.fixture(scope="module")
def year() -> Scenario:
    """2026."""
    force = SimulatedForce(seed=2026, weeks=60, end=datetime(2027, 1, 4, tzinfo=LONDON), scale=SCALE)
    return Scenario(force, 364, ("2026-11-30", date(2026, 11, 5)), YEAR_FAULTS, YEAR_WINDOWS)


@pytest.fixture(scope="module")
def quiet_year(year: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Quiet:
    return year.live(tmp_path_factory.mktemp("quiet"))[1:]


def test_eleven_days_in_which_everything_fails(weeks: Scenario, quiet_weeks: Quiet, tmp_path: Path) -> None:
    weeks.disturbed(quiet_weeks, tmp_path, kills=5, bursts=2)


@pytest.mark.long
def test_eleven_days_of_two_services_behind_a_pooler(weeks: Scenario, quiet_weeks: Quiet, tmp_path: Path) -> None:
    """What they did together is what one does alone, on another database."""
    lived = weeks.disturbed(quiet_weeks, tmp_path, 10, 2, 2 * [pooler.new_database()])
    assert lived.sessions_cut > 0


@pytest.mark.long
def test_a_year_in_which_everything_fails(year: Scenario, quiet_year: Quiet, tmp_path: Path) -> None:
    """KILLS kills, every fault in spring and again in autumn."""
    year.disturbed(quiet_year, tmp_path, KILLS, 20)


@pytest.mark.long
def test_a_year_of_two_services_behind_a_pooler(year: Scenario, quiet_year: Quiet, tmp_path: Path) -> None:
    year.disturbed(quiet_year, tmp_path, KILLS, 20, 2 * [pooler.new_database()])


def test_what_is_lost_changed_or_made_up_is_noticed(quiet_weeks: Quiet) -> None:
    """A comparison that sees nothing would be worth nothing."""
    quiet, incidents = quiet_weeks
    report, key = min(quiet.reports), min(key for key in quiet.emails if key.startswith("digest"))
    figures = quiet.reports[report][0]
    wrong = {
        "not published": replace(
            quiet, reports={each: quiet.reports[each] for each in quiet.reports if each != max(quiet.reports)}
        ),
        "published 2 times": replace(quiet, reports={**quiet.reports, report: 2 * [figures]}),
        "files that are not there": replace(quiet, held={}),
        "left queued": replace(quiet, emails={**quiet.emails, key: "queued"}),
        "arrived 0 times": replace(quiet, arrived=quiet.arrived - Counter([quiet.ids[key]])),
        "from no email": replace(quiet, arrived=quiet.arrived + Counter(["<nobody>"])),
    }
    for words, outcome in wrong.items():
        assert words in "; ".join(outcome.problems())
    fewer = {each: versions for each, versions in quiet.reports.items() if each != report}
    assert list(differing_reports(quiet, replace(quiet, reports=fewer)))
    closing = figures["closing"] | {"across_due_date": -1}
    changed = {**quiet.reports, report: [figures | {"closing": closing}]}
    assert list(differing_reports(quiet, replace(quiet, reports=changed)))
    assert list(differing_emails(quiet, replace(quiet, told={}), WEEKS_WINDOWS))
    assert list(differing_emails(quiet, replace(quiet, emails={}), WEEKS_WINDOWS))
    incident = min(incident for incident, end in incidents.held.items() if end)
    untold = {said: at for said, at in incidents.told.items() if said != (incident, "over")}
    assert list(replace(incidents, told=untold).problems(kills=0))
    assert list(replace(incidents, told={**incidents.told, (incident, "over"): 2 * [NOW]}).problems(kills=0))
    invented = replace(incidents, held={**incidents.held, ("feed-silent", NOW): NOW})
    assert list(unexplained(invented, incidents, ()))
    assert len(list(unexplained(incidents, incidents, WEEKS_FAULTS))) >= 8, "faults that were not seen"
