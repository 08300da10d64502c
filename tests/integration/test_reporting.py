"""When reports are published, and what is said when they cannot be: delays, missed runs, readers, gaps, versions."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from compliance.errors import UnavailableError
from compliance.policy import load_policy
from compliance.reports.model.findings import Gap
from compliance.reports.periods.periods import parse_period
from compliance.service.polls.record_state import gaps
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import Store, judge_due, mark_missing, migrate
from compliance.store.tables import Published
from tests.reporting import reporting, told, written
from tests.stores import SOURCE, at, crime, take, updates

SUNDAY, TUESDAY = at("2026-07-19 12:00"), at("2026-07-21 05:00")
CRIME = crime(updates=updates("2026-07-03"), division="North", team="N1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/compliance.db"
    migrate(url)
    opened = Store.open(url)
    yield opened
    opened.close()


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
    assert "Delayed: the crime system could not be read to its end since 20 July 2026" in notice
    assert "%" not in notice.partition("<body>")[2]
    with pytest.raises(UnavailableError, match="week 2026-W28 cannot be reported yet"):
        asked.publish(parse_period("2026-W28"), TUESDAY)
    take(store, at("2026-07-22 09:00"), CRIME)
    assert len(asked.publish_due(at("2026-07-22 09:01"))) == 1
    assert written(tmp_path) == ["2026-W28-board.html"]


def said(folder: Path) -> str:
    """What the one notice that lies there says of the crime system."""
    (path,) = (folder / "reports").glob("*-delayed.html")
    return " ".join(path.read_text("utf-8").partition('<main id="report">')[2].split())


def test_a_delay_is_laid_at_the_crime_systems_door_only_where_it_was_tried_in_vain(
    store: Store, tmp_path: Path
) -> None:
    """Never read; tried in vain; read before the week settled and not asked since; asked since, in vain."""
    asked, wednesday = reporting(store, tmp_path), at("2026-07-22 05:00")
    asked.publish_due(TUESDAY)
    assert "Delayed: the crime system has not been read yet" in said(tmp_path)
    assert "has not been read to its end yet. No attempt has been made." in said(tmp_path)
    take(store, at("2026-07-18 06:00"), complete=False)
    asked.publish_due(TUESDAY)
    assert "Delayed: the crime system could not be read to its end since 18 July 2026" in said(tmp_path)
    assert "has not been read to its end yet. No attempt has come to its end" in said(tmp_path)
    take(store, SUNDAY, CRIME)
    asked.publish_due(TUESDAY)
    assert "Delayed: the crime system has not been read since 19 July 2026" in said(tmp_path)
    assert "was last read to its end on 19 July 2026. No attempt has been made since then." in said(tmp_path)
    take(store, TUESDAY, complete=False)
    asked.publish_due(wednesday)
    assert "Delayed: the crime system could not be read to its end since 21 July 2026" in said(tmp_path)
    assert "was last read to its end on 19 July 2026. No attempt since then has come to its end" in said(tmp_path)


def test_a_silence_over_two_mondays_delays_two_reports_and_both_are_made_up(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path)
    take(store, at("2026-07-13 06:00"), CRIME)
    assert len(asked.publish_due(at("2026-07-13 06:00"))) == 1
    for now in (TUESDAY, at("2026-07-28 05:00")):
        assert asked.publish_due(now) == []
    assert written(tmp_path) == ["2026-W27-board.html", "2026-W28-delayed.html", "2026-W29-delayed.html"]
    take(store, at("2026-07-29 06:00"), CRIME)
    asked.publish_due(at("2026-07-29 06:00"))
    assert written(tmp_path) == [f"2026-W{n}-board.html" for n in (27, 28, 29)]


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
    assert "1 update was due in the week, 1 given in time" in mails[0].text
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


def test_publishing_the_public_edition_alone_again_does_nothing_either(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path, editions=["public"])
    take(store, TUESDAY, CRIME)
    assert [done.new for done in asked.publish(parse_period("2026-W28"), TUESDAY)] == [True]
    take(store, at("2026-08-01 09:00"), CRIME, b"{}")
    assert [done.new for done in asked.publish(parse_period("2026-W28"), at("2026-08-01 09:00"))] == [False]


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


def test_a_date_without_a_complete_poll_is_a_gap_of_its_period_and_of_no_other(store: Store, tmp_path: Path) -> None:
    days = ("06-28 05:00", "06-29 05:01", "06-30 21:00", "07-01 05:00", "07-02 05:00", "07-03 05:00", "07-04 05:00")
    more = ("07-05 05:00", "07-06 05:00", "07-07 04:00", "07-09 05:00", "07-10 05:00", "07-20 05:00", "07-27 05:00")
    for text in (*days, *more):
        take(store, at(f"2026-{text}"), complete=True)
    take(store, at("2026-07-08 05:00"), complete=False)
    local = load_policy("west-mercia").local
    found = {n: gaps(store, parse_period(f"2026-W{n}"), local) for n in range(20, 32)}
    short, long = Gap(date(2026, 7, 7), date(2026, 7, 9)), Gap(date(2026, 7, 10), date(2026, 7, 20))
    last = Gap(date(2026, 7, 20), date(2026, 7, 27))
    assert {n: each for n, each in found.items() if each} == {28: (short, long), 29: (long,), 30: (last,)}
    assert gaps(store, parse_period("2026-07"), local) == (short, long, last)
    (done,) = reporting(store, tmp_path).publish(parse_period("2026-W28"), TUESDAY)
    page = done.path.read_text("utf-8")
    assert "the crime system was not read to its end between 7 July 2026 and 9 July 2026" in page


def test_a_nightly_export_that_comes_a_little_later_is_no_gap_nor_is_the_night_of_the_clock_change(
    store: Store,
) -> None:
    for text in ("2026-10-22 04:00", "2026-10-23 04:10", "2026-10-24 04:20", "2026-10-25 05:20", "2026-10-26 05:30"):
        take(store, at(text), complete=True)
    assert gaps(store, parse_period("2026-W43"), load_policy("west-mercia").local) == ()


def vanished(store: Store, period: str) -> tuple[int | None, int | None]:
    """(in the period, in all records) as the board's newest report of it says."""
    with store.session(reading=True) as session:
        row = session.exec(select(Published).where(Published.period == period)).all()[-1]
    (item,) = [item for item in row.figures["quality"] if item["key"] == "vanished"]
    return item["in_week"], item["held"]


FULL_EXPORTS = {"kind": "files", "files": {"folder": "in", "tables": {"crimes": "*.ndjson"}, "full_export": True}}


def test_crimes_that_vanished_are_counted_as_known_at_k_and_the_same_when_made_again(
    store: Store, tmp_path: Path
) -> None:
    """W28 is settled on Monday 20 July at midnight in London, and what is known then was seen by the poll at 04:30."""
    asked = reporting(store, tmp_path, system=FULL_EXPORTS)
    take(store, at("2026-07-06 06:00"), CRIME, *[crime(f"22A/{n}/26") for n in range(2, 8)])
    everything = {f"22A/{n}/26" for n in range(1, 8)}
    for n, text in enumerate(("2026-07-05 22:00", "2026-07-08 06:00", "2026-07-15 06:00", "2026-07-20 04:30"), 2):
        everything -= {f"22A/{n}/26"}
        mark_missing(store, SOURCE, everything, at(text))
    take(store, at("2026-07-20 04:30"), CRIME)
    mark_missing(store, SOURCE, everything - {"22A/6/26"}, at("2026-07-21 04:30"))
    asked.publish(parse_period("2026-W28"), TUESDAY)
    assert vanished(store, "2026-W28") == (1, 4)
    mark_missing(store, SOURCE, everything | {"22A/3/26"}, at("2026-07-22 04:30"))
    assert not any(done.new for done in asked.publish(parse_period("2026-W28"), at("2026-07-23 06:00")))
    assert vanished(store, "2026-W28") == (1, 4)


def test_without_full_exports_nothing_is_said_of_what_vanished(store: Store, tmp_path: Path) -> None:
    take(store, TUESDAY, CRIME)
    reporting(store, tmp_path).publish(parse_period("2026-W28"), TUESDAY)
    assert vanished(store, "2026-W28") == (None, None)


def test_the_present_instant_is_an_argument(store: Store, tmp_path: Path) -> None:
    take(store, TUESDAY, CRIME)
    asked = reporting(store, tmp_path)
    early: datetime = at("2026-07-19 22:59")
    with pytest.raises(Exception, match="is settled seven days after its end"):
        asked.publish(parse_period("2026-W28"), early)


def test_2_5_another_policy_is_drawn_in_the_week_in_which_it_came_into_use(store: Store, tmp_path: Path) -> None:
    """Known from the first judging by it, whatever was published by then, and never from the first judging of all."""
    before, other = load_policy("west-mercia"), load_policy("west-mercia").with_values(title="The policy of July")
    judge_due(store, before, at("2026-06-29 06:00"))
    take(store, at("2026-07-08 06:00"), CRIME, crime("22A/2/26", reported_at="2026-06-24T09:00:00Z"))
    for policy, text in ((before, "2026-07-08 06:00"), (other, "2026-07-12 23:30"), (other, "2026-07-13 06:00")):
        judge_due(store, policy, at(text))
    take(store, at("2026-07-27 06:00"), CRIME)
    asked = reporting(store, tmp_path)
    later = Reporting(asked.settings, other, store)
    now, said = at("2026-07-27 06:00"), "Week 29 of 2026: another policy: The policy of July."
    pages = {n: later.publish(parse_period(f"2026-W{n}"), now)[0].path.read_text("utf-8") for n in (27, 28, 29)}
    assert [page.count("another policy: ") for page in pages.values() if said not in page] == [0, 0]
    assert [page.count(said) for page in pages.values()] == [0, 0, 1], "23:30 UTC on a Sunday is Monday in London"


def test_5_a_changed_policy_is_announced_with_what_the_one_before_would_have_given(
    store: Store, tmp_path: Path
) -> None:
    """Where a report was published by the one before: nobody else knows another."""
    before = load_policy("west-mercia")
    other = before.with_values(late_entry_days=5)
    take(store, TUESDAY, CRIME)
    judge_due(store, before, TUESDAY)
    later = Reporting(reporting(store, tmp_path).settings, other, store)
    said = "Since 22 July 2026 another policy is in use. Late entry days 5, before 3. "
    judge_due(store, other, at("2026-07-22 06:00"))
    assert said not in later.publish(parse_period("2026-W28"), TUESDAY)[0].path.read_text("utf-8")
    with store.session() as session:
        session.delete(session.exec(select(Published)).one())
    reporting(store, tmp_path).publish(parse_period("2026-W28"), TUESDAY)
    assert said in later.publish(parse_period("2026-W28"), TUESDAY)[0].path.read_text("utf-8")


def test_judging_by_another_policy_makes_another_version(store: Store, tmp_path: Path) -> None:
    take(store, TUESDAY, CRIME)
    asked = reporting(store, tmp_path)
    asked.publish(parse_period("2026-W28"), TUESDAY)
    other = load_policy("west-mercia").with_values(title="The policy of July")
    (again,) = Reporting(asked.settings, other, store).publish(parse_period("2026-W28"), TUESDAY)
    assert (again.version, again.changed) == (2, ("the policy", "the figures"))
