"""Figures about how updates and categories get into the records (rules 8, rules 5.5, statistics 3)."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from compliance.records import Columns, columns, convert_crime
from compliance.reports.figures import report_figures
from compliance.reports.judging.sources import GivenRecords, KnownRecords
from compliance.reports.model.findings import EntryQuestion
from compliance.reports.model.report_model import Figures
from tests.engine import shipped
from tests.plain_figures import SETTLED, WEEK
from tests.reference_case import Json

WEST_MERCIA = shipped("west-mercia")[0]


def of(*records: Json) -> Columns:
    return columns([convert_crime(record) for record in records])


@dataclass(frozen=True)
class Versions:
    """Records as known when the week before was settled, and as known now."""

    then: Columns
    now: Columns
    name = "versions"

    def records_known(self, known_at: datetime) -> KnownRecords:
        return KnownRecords(self.now if known_at >= SETTLED else self.then, seen_until=known_at)


def crime(ref: str, **categories: str) -> Json:
    victims = [{"victim_ref": victim, "category": category} for victim, category in categories.items()]
    return {"crime_ref": ref, "reported_at": "2026-10-20T10:00:00Z", "victims": victims}


def question(figures: Figures, key: str) -> EntryQuestion:
    return next(each for each in figures.questions if each.key == key)


def test_rules_5_5_a_victim_put_into_a_category_that_is_owed_nothing_is_asked_about() -> None:
    """Of those on both records who were owed updates before. The same reference in another crime is another victim."""
    then = of(
        crime("changed", V1="standard", V2="enhanced"), crime("unchanged", V1="standard"), crime("before", V1="state"),
        crime("gone", V1="standard"),
    )  # fmt: skip
    now = of(
        crime("new", V1="state"), crime("changed", V1="anonymous", V2="enhanced"), crime("unchanged", V1="standard"),
        crime("before", V1="state"),
    )  # fmt: skip
    found = report_figures(Versions(then, now), WEST_MERCIA, WEEK, SETTLED, force="A force")
    share = question(found, "category-changed").share
    assert (share.count, share.of) == (1, 3)


def test_rules_5_5_whatever_the_place_of_the_crime_in_the_records() -> None:
    """The first of them has changed, and nothing else."""
    then, now = of(crime("1", V1="standard")), of(crime("1", V1="state"))
    found = report_figures(Versions(then, now), WEST_MERCIA, WEEK, SETTLED, force="A force")
    share = question(found, "category-changed").share
    assert (share.count, share.of) == (1, 1)


def test_4_4_chance_looks_at_the_days_on_which_a_cycle_could_be_met() -> None:
    """Cycle 1 was due on 27 October and met on the 8th; cycle 2 is due on 5 November. An update before 28 October would
    have been one more of cycle 1, so chance has nine days, of which the last three are near the due date."""
    told = [{"update_ref": f"U{day}", "at": f"2026-{day}T10:00:00Z", "outcome": "informed"}
            for day in ("10-01", "10-08", "10-30")]  # fmt: skip
    record = {
        "crime_ref": "1",
        "reported_at": "2026-09-29T10:00:00Z",
        "victims": [{"victim_ref": "V1"}],
        "updates": told,
    }
    found = report_figures(GivenRecords("one", of(record)), WEST_MERCIA, WEEK, SETTLED, force="A force")
    near = question(found, "near-deadline")
    assert (near.share.count, near.share.of) == (0, 1)
    assert near.expected == pytest.approx(3 / 9)
