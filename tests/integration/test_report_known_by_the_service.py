"""What only the service knows, in a report: as known when the period was settled, or as of when it says (statistics
1.2a)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from compliance.records import Officer
from compliance.reports.periods.periods import parse_period
from compliance.store import Store, save_officers
from compliance.store.kept.notice_kinds import Reason
from compliance.store.tables import Notice, Published
from tests import stores
from tests.reporting import reporting
from tests.stores import at, crime, take, updates

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store = stores.store

SETTLED = at("2026-07-20 04:30")
"""The poll by which all that was known when week 28 was settled had been seen."""
MONTHS_LATER = at("2026-10-20 06:00")
OVERDUE = crime(officer_ref="O1")
"""Reported on 1 July, first update due on 8 July: in week 28."""


def figures(store: Store, folder: Path, period: str = "2026-W28", now: Any = MONTHS_LATER) -> dict[str, Any]:
    """The board's figures of a period once it is published."""
    reporting(store, folder).publish(parse_period(period), now)
    with store.session(reading=True) as session:
        asked = select(Published).where(Published.period == period).order_by(col(Published.version))
        return session.exec(asked).all()[-1].figures


def quality(found: dict[str, Any], key: str) -> dict[str, Any]:
    (item,) = [item for item in found["quality"] if item["key"] == key]
    return item


def test_refused_is_what_stood_refused_when_the_period_was_settled(store: Store, tmp_path: Path) -> None:
    take(store, SETTLED, OVERDUE, b'{"crime_ref": "22A/2/26"}', b'{"crime_ref": "22A/3/26"}')
    take(store, SETTLED + timedelta(hours=1), crime("22A/2/26"), b"{}")
    item = quality(figures(store, tmp_path), "refused")
    assert (item["held"], item["as_of"]) == (2, "2026-07-20T04:30:00Z")


def test_the_last_reading_is_the_one_that_covers_k(store: Store, tmp_path: Path) -> None:
    take(store, SETTLED, OVERDUE)
    take(store, MONTHS_LATER, OVERDUE)
    found = figures(store, tmp_path)["intake"]
    assert (found["last_complete_poll"], found["as_of"]) == ("2026-07-20T04:30:00Z", "2026-10-20T06:00:00Z")


def notice(store: Store, day: date, reason: str, crime_ref: str = "22A/1/26", cycle: int = 1) -> None:
    """What was decided on a date of the first update due of a crime."""
    row = Notice(
        recipient_ref="O1", crime_ref=crime_ref, victim_ref="V1", requirement="7-day", cycle=cycle,
        clock_date=date(2026, 7, 1), spell=1, step="overdue", decided_on=day, outcome="held", reason=reason,
    )  # fmt: skip
    with store.session() as session:
        session.add(row)


@pytest.mark.parametrize(("day", "count"), [(date(2026, 7, 19), 1), (date(2026, 7, 20), 0)])
def test_a_missing_address_counts_by_what_had_been_decided_by_k(
    store: Store, tmp_path: Path, day: date, count: int
) -> None:
    take(store, SETTLED, OVERDUE)
    notice(store, day, Reason.NO_ADDRESS)
    assert quality(figures(store, tmp_path), "no-address")["held"] == count


def test_an_address_found_after_k_changes_nothing_of_the_week(store: Store, tmp_path: Path) -> None:
    take(store, SETTLED, OVERDUE)
    notice(store, date(2026, 7, 17), Reason.NO_ADDRESS)
    notice(store, date(2026, 7, 21), "new")
    assert quality(figures(store, tmp_path), "no-address")["held"] == 1


def test_a_missing_address_counts_of_what_was_overdue_at_t_whatever_came_since(store: Store, tmp_path: Path) -> None:
    take(store, SETTLED, OVERDUE, crime("22A/2/26", updates=updates("2026-07-03")))
    for ref in ("22A/1/26", "22A/2/26"):
        notice(store, date(2026, 7, 17), Reason.NO_ADDRESS, ref)
    take(store, MONTHS_LATER, crime(officer_ref="O1", updates=updates("2026-07-20")))
    assert quality(figures(store, tmp_path), "no-address")["held"] == 1


def test_unknown_officers_are_those_of_the_records_of_k_and_say_as_of_when_the_directory_stands(
    store: Store, tmp_path: Path
) -> None:
    take(store, SETTLED, OVERDUE, crime("22A/2/26", officer_ref="O2"))
    save_officers(store, [Officer("O2", email="o2@force.example")], SETTLED)
    take(store, MONTHS_LATER, crime("22A/3/26", officer_ref="O3"))
    item = quality(figures(store, tmp_path), "unknown-officer")
    assert (item["held"], item["as_of"]) == (1, "2026-07-20T04:30:00Z")  # when the directory was last read
    page = (tmp_path / "reports" / "2026-W28-board.html").read_text("utf-8")
    assert "cannot be reminded (as of 2026-07-20T04:30:00Z)" in page


def test_a_report_made_again_restates_what_had_been_published_when_it_first_was(store: Store, tmp_path: Path) -> None:
    """Week 27 is published once more, by another policy, after week 28 was: week 28 still says what it said."""
    take(store, at("2026-07-13 05:00"), OVERDUE)
    take(store, SETTLED, OVERDUE)
    figures(store, tmp_path, "2026-W27", SETTLED)
    before = figures(store, tmp_path, "2026-W28", SETTLED + timedelta(hours=1))
    with store.session() as session:
        row = session.exec(select(Published).where(Published.period == "2026-W27")).one()
        again = row.model_dump(exclude={"id"}) | {"version": 2, "published_at": MONTHS_LATER}
        session.add(Published(**again))
    assert figures(store, tmp_path, "2026-W28", MONTHS_LATER + timedelta(hours=1)) == before
    assert {each["version"] for each in before["restated"]} == {1}
