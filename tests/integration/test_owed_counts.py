"""The counts of what is outstanding: always those of the obligations, whatever is written, on every kind of database."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select, text, true, update

from compliance.policy import load_policy
from compliance.store import Rebuilt, RetentionPeriods, Store, apply_retention, judge_due, rebuild
from compliance.store.owed.owed_bands import OwedBand, OwedPeriod
from compliance.store.owed.owed_counts import (
    OwedCount,
    count_owed,
    count_states,
    kept_up,
    outstanding_by_officer,
    overdue_by_officer,
)
from compliance.store.owed.owed_lists import OwedChoice, OwedOrder, choose_owed, list_owed
from compliance.store.tables import OBLIGATION, OWED_COUNT
from compliance.web.restriction import restrict
from compliance.web.roles import CaseScope, Viewer, WebRole
from tests import stores
from tests.stores import crime, take, updates
from tests.web_office import NOW, STAFF, case

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
POLICY = load_policy("west-mercia")
MONDAY = date(2026, 7, 20)
NORTH: dict[str, Any] = {"division": "North", "team": "N1"}
N, NONE = ("North", "N1"), ("", "")


def counts(store: Store, today: date = MONDAY, whose: Any = None) -> list[OwedCount]:
    found = count_owed(store, whose or (lambda _: true()), OwedPeriod(today))
    return sorted(found, key=lambda each: (each.division, each.category, each.band))


def counted_directly(store: Store, today: date = MONDAY) -> list[OwedCount]:
    """Without what is kept."""
    with store.writing() as connection:
        kept = connection.execute(select(OWED_COUNT)).mappings().all()
        connection.execute(delete(OWED_COUNT))
    found = counts(store, today)
    with store.writing() as connection:
        if kept:
            connection.execute(OWED_COUNT.insert(), [dict(row) for row in kept])
    return found


def kept(store: Store) -> tuple[int, set[date]]:
    """How many are counted that are of interest on a day, and as of which days."""
    with store.reading() as connection:
        of = connection.execute(
            select(func.sum(OWED_COUNT.c.count)).where(OWED_COUNT.c.band.in_(list(OwedBand)))
        ).scalar()
        return of or 0, set(connection.execute(select(OWED_COUNT.c.counted_on)).scalars())


def test_what_is_outstanding_is_counted_by_all_that_can_be_chosen(store: Store) -> None:
    """What is due later than the period, met or of another scope does not count; what is due in it does to the day."""
    enhanced = [{"victim_ref": "V1", "category": "enhanced"}, {"victim_ref": "V2"}]
    take(store, NOW, crime("A", **NORTH, victims=enhanced), crime("B", reported_at="2026-07-13T09:00:00Z"),
         crime("C", reported_at="2026-07-20T09:00:00Z", **NORTH), crime("D", reported_at="2026-07-21T09:00:00Z"),
         crime("E", updates=updates("2026-07-06")))  # fmt: skip
    judge_due(store, POLICY, NOW)
    assert kept(store) == (4, {MONDAY})
    expected = [
        OwedCount("7-day", *NONE, "standard", OwedBand.TODAY, 1),
        OwedCount("7-day", *N, "enhanced", OwedBand.MONTH, 1),
        OwedCount("7-day", *N, "standard", OwedBand.MONTH, 1),
        OwedCount("7-day", *N, "standard", OwedBand.SOON, 1),
    ]
    assert counts(store) == counted_directly(store) == expected
    of_other = Viewer("s1a", WebRole.OFFICER, "s1a", "s1a")
    assert counts(store, whose=lambda of: restrict(of_other, CaseScope.OWN, of)) == []


def test_counts_follow_every_change_in_the_transaction_that_makes_it(store: Store) -> None:
    take(store, NOW, crime("A", **NORTH), crime("B", **NORTH), crime("C"))
    judge_due(store, POLICY, NOW)
    take(store, NOW, crime("A", **NORTH, updates=updates("2026-07-06", "2026-07-19")), crime("B", officer_ref="n2a"))
    judge_due(store, POLICY, NOW + timedelta(hours=1))
    assert counts(store) == counted_directly(store)
    assert counts(store) == [OwedCount("7-day", *NONE, "standard", OwedBand.MONTH, 2)]

    def fail(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "owed_count" in statement.lower() and "INSERT" in statement:
            raise RuntimeError("stopped between the obligations and their counts")

    take(store, NOW, crime("D"))
    event.listen(store.engine, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError):
        judge_due(store, POLICY, NOW + timedelta(hours=2))
    event.remove(store.engine, "before_cursor_execute", fail)
    assert counts(store) == counted_directly(store) == [OwedCount("7-day", *NONE, "standard", OwedBand.MONTH, 2)]


def test_on_a_new_day_the_obligations_are_counted_until_they_are_judged(store: Store) -> None:
    take(store, NOW, crime("A", reported_at="2026-07-13T09:00:00Z"), crime("B", reported_at="2026-07-20T09:00:00Z"))
    judge_due(store, POLICY, NOW)
    tomorrow = MONDAY + timedelta(days=1)
    assert [each.band for each in counts(store)] == [OwedBand.SOON, OwedBand.TODAY]
    expected = [(OwedBand.SOON, 1), (OwedBand.WEEK, 1)]
    assert [(each.band, each.count) for each in counts(store, tomorrow)] == expected
    assert kept(store) == (2, {MONDAY})
    judge_due(store, POLICY, NOW + timedelta(days=1))
    assert [(each.band, each.count) for each in counts(store, tomorrow)] == expected
    assert kept(store) == (2, {tomorrow})


def test_what_each_officer_has_outstanding_and_overdue(store: Store) -> None:
    """Outstanding whenever due, and of any day; overdue as of the day. Counted, or of the obligations: the same."""
    take(store, NOW, crime("A"), crime("B", reported_at="2026-07-19T09:00:00Z"), crime("C", officer_ref=None))
    judge_due(store, POLICY, NOW)
    for _ in ("from the counts", "from the obligations"):
        with store.writing() as connection:
            found = {ref: int(many) for ref, many in connection.execute(outstanding_by_officer(connection))}
            assert found == {"O1": 4, "": 2}
        for day, late in ((MONDAY, {"O1": 1, "": 1}), (MONDAY + timedelta(days=8), {"O1": 2, "": 1})):
            assert overdue_by_officer(store, lambda _: true(), OwedPeriod(day)) == late
        with store.writing() as connection:
            connection.execute(delete(OWED_COUNT))


def test_obligations_are_counted_by_state_as_they_change(store: Store) -> None:
    """What is met, missed or exempt too, from day to day; counted, or of the obligations: the same."""
    take(store, NOW, crime("A", reported_at="2026-05-01T09:00:00Z"), crime("B", updates=updates("2026-07-06")))
    for day in range(3):
        take(store, NOW + timedelta(days=day), crime(f"C{day}", reported_at="2026-07-13T09:00:00Z"))
        judge_due(store, POLICY, NOW + timedelta(days=day))
        with store.writing() as connection:
            directly = connection.execute(select(OBLIGATION.c.state, func.count()).group_by(OBLIGATION.c.state))
            assert count_states(connection) == dict(iter(directly))
    with store.writing() as connection:
        before = count_states(connection)
        connection.execute(delete(OWED_COUNT))
        assert count_states(connection) == before
        assert {"met", "missed", "overdue", "pending"} <= set(before)


def test_retention_takes_its_crimes_out_of_the_counts(store: Store) -> None:
    closed = {"reported_at": "2025-06-02T09:00:00Z", "status": [{"status": "closed", "at": "2025-06-05T09:00:00Z"}]}
    take(store, NOW, crime("A", **closed), crime("B", **NORTH))
    judge_due(store, POLICY, NOW)
    with store.writing() as connection:
        before = count_states(connection)
    assert apply_retention(store, RetentionPeriods("remove", 30, POLICY.local), NOW) == 1
    with store.writing() as connection:
        directly = connection.execute(select(OBLIGATION.c.state, func.count()).group_by(OBLIGATION.c.state))
        assert count_states(connection) == dict(iter(directly)) != before
    assert rebuild(store, POLICY, NOW).counts == 0


def test_rebuilding_proves_the_counts(store: Store) -> None:
    take(store, NOW, crime("A", **NORTH), crime("B"))
    judge_due(store, POLICY, NOW)
    assert rebuild(store, POLICY, NOW) == Rebuilt(2, 0, 0)
    with store.writing() as connection:
        connection.execute(
            update(OWED_COUNT).where(OWED_COUNT.c.team == "N1", OWED_COUNT.c.band.in_(list(OwedBand))).values(count=7)
        )
    assert rebuild(store, POLICY, NOW) == Rebuilt(2, 0, 1)
    assert counts(store) == counted_directly(store)


def test_counts_of_a_scope_are_those_of_its_obligations(store: Store) -> None:
    """One condition on two tables: of the obligations, and of their counts."""
    from compliance.store import save_officers

    save_officers(store, STAFF, NOW)
    take(store, NOW, *map(case, STAFF), crime("nobody's", officer_ref=None), crime("no division", officer_ref="n1a"))
    judge_due(store, POLICY, NOW)
    for ref, role in (("n1a", WebRole.OFFICER), ("n1s", WebRole.SUPERVISOR), ("nc", WebRole.CHAMPION),
                      ("s1a", WebRole.PERFORMANCE), ("s1a", WebRole.BOARD)):  # fmt: skip
        officer = next(each for each in STAFF if each.officer_ref == ref)
        viewer = Viewer(ref, role, ref, ref, officer.team, officer.division)

        def whose(of: Any, viewer: Viewer = viewer) -> Any:
            return restrict(viewer, CaseScope.FORCE, of)

        with store.reading() as connection:
            asked = select(func.count()).where(whose(OBLIGATION.c), *OwedPeriod(MONDAY).owed)
            directly = connection.execute(asked).scalar()
        assert sum(each.count for each in counts(store, whose=whose)) == directly


def test_what_has_no_counts_yet_is_not_kept_up(store: Store) -> None:
    """A database of an earlier version, until it is first judged: nothing is half counted."""
    take(store, NOW, crime("A"))
    judge_due(store, POLICY, NOW)
    with store.writing() as connection:
        connection.execute(delete(OWED_COUNT))
        with kept_up(connection, ["A"]):
            connection.execute(delete(OBLIGATION))
    assert kept(store) == (0, set())


def test_counts_of_a_page_read_no_obligation(store: Store) -> None:
    take(store, NOW, crime("A"))
    judge_due(store, POLICY, NOW)
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert counts(store)
    assert not [sql for sql in asked if "obligation" in sql]
    assert text("owed_count").text in asked[-1]


def test_what_falls_away_as_its_case_is_closed_is_in_no_list_and_no_count_of_what_is_owed(store: Store) -> None:
    """Owed only in open cases and not yet due (rules 4.1, 5.2): pending, and counted again when the case is opened.

    What is owed whether the case is open or closed stays (rules 3.6), and what was overdue when it closed as well.
    """
    closed = [{"status": "closed", "at": "2026-07-10T09:00:00Z"}]
    opened = [*closed, {"status": "open", "at": "2026-07-20T05:00:00Z"}]
    due_friday = {"reported_at": "2026-06-26T09:00:00Z", "updates": updates("2026-06-29"), **NORTH}
    take(store, NOW, crime("open", **due_friday), crime("closed", status=closed, **due_friday),
         crime("opened again", status=opened, **due_friday),
         crime("to be opened", status=[*closed, {"status": "open", "at": "2026-07-20T12:00:00Z"}], **due_friday),
         crime("owed when closed", reported_at="2026-07-13T09:00:00Z",
               status=[{"status": "closed", "at": "2026-07-15T09:00:00Z"}], **NORTH))  # fmt: skip
    judge_due(store, POLICY, NOW)
    period, expected = OwedPeriod(MONDAY), {"open", "opened again", "owed when closed"}
    for _ in ("from the counts", "from the obligations"):
        assert sum(each.count for each in counts(store)) == 3
        with store.writing() as connection:
            assert count_states(connection)["pending"] == 6
            found = {ref: int(many) for ref, many in connection.execute(outstanding_by_officer(connection))}
            assert found == {"O1": 3}
            listed = list_owed(store, choose_owed(true(), period, OwedChoice()), OwedOrder.CRIME, 9)
            assert {each.crime_ref for each in listed} == expected
            connection.execute(delete(OWED_COUNT))
    assert rebuild(store, POLICY, NOW) == Rebuilt(4, 0, 0), "one is judged again today anyway"
    judge_due(store, POLICY, NOW + timedelta(hours=8))
    assert sum(each.count for each in counts(store)) == 4
    assert counts(store) == counted_directly(store)
