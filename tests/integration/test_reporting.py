"""When reports are published, and what is said when they cannot be: delays, missed runs, readers, gaps, versions."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from compliance.config import Settings
from compliance.errors import UnavailableError
from compliance.policy import load_policy
from compliance.reports.findings import Gap
from compliance.reports.periods import parse_period
from compliance.service.held import gaps
from compliance.service.reporting import Reporting
from compliance.service.service import reminder_rules
from compliance.store import Store, migrate
from compliance.store.tables import Outbox, Published
from tests.stores import at, crime, take, updates

SUNDAY, TUESDAY = at("2026-07-19 12:00"), at("2026-07-21 05:00")
CRIME = crime(updates=updates("2026-07-03"), division="North", team="N1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/compliance.db"
    migrate(url)
    opened = Store.open(url)
    yield opened
    opened.close()


def reporting(store: Store, folder: Path, **report: Any) -> Reporting:
    settings = Settings.model_validate(
        {
            "force": {"name": "A force"},
            "crime_system": {"url": "http://127.0.0.1:1/crimes"},
            "reminders": {"due_from": "2026-01-01"},
            "mail": {"host": "127.0.0.1", "sender": "Updates <updates@force.example>"},
            "report": {"folder": "reports", "forms": ["html"]} | report,
            "base": folder,
            "source": "a test",
        }
    )
    return Reporting(settings, load_policy("west-mercia"), store, reminder_rules(settings))


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "reports").glob("*"))


def told(store: Store) -> list[Outbox]:
    with store.session(reading=True) as session:
        return list(session.exec(select(Outbox)))


def test_published_on_monday_after_the_first_complete_poll_since_midnight(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path)
    take(store, at("2026-07-20 04:30"), CRIME)
    early = asked.publish_due(at("2026-07-20 04:59"))
    assert [done.path.name for done in early] == ["2026-W27-board.html"], "six o'clock in London is not yet"
    assert [done.path.name for done in asked.publish_due(at("2026-07-20 05:01"))] == ["2026-W28-board.html"]
    assert asked.publish_due(TUESDAY) == []


def test_delayed_while_the_crime_system_is_unavailable_and_no_rate_is_given(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path)
    take(store, SUNDAY, CRIME)
    take(store, at("2026-07-20 06:00"), CRIME, complete=False)
    for now in (TUESDAY, at("2026-07-22 05:00")):
        assert asked.publish_due(now) == []
    assert written(tmp_path) == ["2026-W28-delayed.html"]
    notice = (tmp_path / "reports" / "2026-W28-delayed.html").read_text("utf-8")
    assert "Delayed: crime system unavailable since 19 July 2026" in notice
    assert "%" not in notice.partition("<body>")[2]
    with pytest.raises(UnavailableError, match="week 2026-W28 cannot be reported yet"):
        asked.publish(parse_period("2026-W28"), TUESDAY)
    take(store, at("2026-07-22 09:00"), CRIME)
    assert len(asked.publish_due(at("2026-07-22 09:01"))) == 1
    assert written(tmp_path) == ["2026-W28-board.html"]


def test_missed_runs_are_made_up_the_earliest_first(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path, periods=["week", "month"])
    take(store, TUESDAY, CRIME)
    assert [done.path.stem for done in asked.publish_due(TUESDAY)] == ["2026-W28-board", "2026-06-board"]
    back = at("2026-08-11 09:00")
    take(store, back, CRIME)
    assert [done.path.stem for done in asked.publish_due(back)] == [
        "2026-W29-board", "2026-W30-board", "2026-W31-board", "2026-07-board",
    ]  # fmt: skip


def test_readers_are_mailed_once_for_every_version_and_no_one_else(store: Store, tmp_path: Path) -> None:
    asked = reporting(
        store, tmp_path, readers=["board@force.example", "chief@force.example"], editions=["public", "board"]
    )
    take(store, TUESDAY, CRIME)
    for _ in range(2):
        asked.publish(parse_period("2026-W28"), TUESDAY)
    mails = told(store)
    assert [mail.to_address for mail in mails] == ["board@force.example", "chief@force.example"]
    assert mails[0].subject == "Keeping victims informed: 6 to 12 July 2026"
    assert "7-day: 1 update was due in the week, 1 given in time" in mails[0].text
    assert "22A" not in mails[0].text


def test_publishing_again_does_nothing_though_more_is_known_of_the_service(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path, editions=["board", "division", "public"])
    take(store, TUESDAY, CRIME)
    first = asked.publish(parse_period("2026-W28"), TUESDAY)
    assert [done.path.stem for done in first] == ["2026-W28-board", "2026-W28-division-north", "2026-W28-public"]
    later = at("2026-08-01 09:00")
    take(store, later, CRIME, b"{}")
    assert not any(done.new for done in asked.publish(parse_period("2026-W28"), later))
    with store.session(reading=True) as session:
        assert len(session.exec(select(Published)).all()) == 3


def test_5_an_earlier_report_is_restated_by_what_was_learnt_since(store: Store, tmp_path: Path) -> None:
    """A cancelled crime, and an update typed in late: from the stored versions, beside the figure as it was printed."""
    asked = reporting(store, tmp_path)
    others = [crime(f"22A/{n}/26", division="North") for n in (2, 3)]
    take(store, TUESDAY, CRIME, *others)
    asked.publish(parse_period("2026-W28"), TUESDAY)
    late = [
        {"update_ref": "L", "at": "2026-07-04T12:00:00Z", "entered_at": "2026-07-24T12:00:00Z", "outcome": "informed"}
    ]
    cancelled = [{"status": "cancelled", "at": "2026-07-23T09:00:00Z"}]
    now = at("2026-07-27 06:00")
    take(
        store,
        now,
        crime("22A/2/26", division="North", updates=late),
        crime("22A/3/26", division="North", status=cancelled),
    )
    (done,) = asked.publish_due(now)
    page = done.path.read_text("utf-8")
    assert "Updates entered later: +1 met, 0 due; crimes cancelled: 0 met, −1 due" in page
    with store.session(reading=True) as session:
        row = session.exec(select(Published).where(Published.period == "2026-W29")).one()
    (whole,) = [r for r in row.figures["restated"] if r["unit"] is None and r["requirement"] == "7-day"]
    assert [whole[name] for name in ("published_met", "published_due", "met", "due")] == [1, 3, 2, 2]


def test_a_day_without_a_complete_poll_is_a_gap_of_its_period(store: Store, tmp_path: Path) -> None:
    for text in ("2026-07-06 05:00", "2026-07-07 04:00", "2026-07-09 05:00", "2026-07-10 05:00", "2026-07-20 05:00"):
        take(store, at(text), complete=True)
    take(store, at("2026-07-08 05:00"), complete=False)
    local = load_policy("west-mercia").local
    found = gaps(store, parse_period("2026-W28"), local)
    assert found == (Gap(date(2026, 7, 7), date(2026, 7, 9)),)
    assert gaps(store, parse_period("2026-W20"), local) == ()
    (done,) = reporting(store, tmp_path).publish(parse_period("2026-W28"), TUESDAY)
    page = done.path.read_text("utf-8")
    assert "the crime system was not read to its end between 7 July 2026 and 9 July 2026" in page


def test_the_present_instant_is_an_argument(store: Store, tmp_path: Path) -> None:
    take(store, TUESDAY, CRIME)
    asked = reporting(store, tmp_path)
    early: datetime = at("2026-07-19 22:59")
    with pytest.raises(Exception, match="is settled seven days after its end"):
        asked.publish(parse_period("2026-W28"), early)


def test_2_5_another_policy_is_drawn_in_its_week_and_said(store: Store, tmp_path: Path) -> None:
    take(store, at("2026-07-13 06:00"), CRIME)
    take(store, TUESDAY, CRIME, crime("22A/2/26", reported_at="2026-06-24T09:00:00Z"))
    reporting(store, tmp_path).publish(parse_period("2026-W27"), TUESDAY)
    other = load_policy("west-mercia").changed(title="The policy of July")
    before = reporting(store, tmp_path)
    later = Reporting(before.settings, other, store, before.rules)
    (done,) = later.publish(parse_period("2026-W28"), TUESDAY)
    assert "Week 28 of 2026: another policy: The policy of July." in done.path.read_text("utf-8")
    (again,) = later.publish(parse_period("2026-W27"), TUESDAY)
    assert (again.version, again.changed) == (2, ("the policy", "the figures"))
