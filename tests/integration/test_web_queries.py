"""The queries of the pages on every kind of database: whose cases, by which index, sessions, the audit log."""

from datetime import date, timedelta

import pytest
from sqlalchemy import and_, event, insert, text, true

from compliance.policy import load_policy
from compliance.records import Officer
from compliance.store import (
    AuditEntry,
    AuditKind,
    DisputeAnswer,
    Store,
    answer_dispute,
    begin_session,
    concerns_only,
    count_disputes,
    count_set_aside_crimes,
    count_unknown_officers,
    dispute_victim,
    end_session,
    find_session,
    judge_due,
    list_disputes,
    log_entry,
    page_disputes,
    page_quarantined,
    page_set_aside,
    page_unknown_officers,
    save_officers,
    set_aside_reasons,
    touch_session,
)
from compliance.store.owed.owed_bands import OwedBand, OwedPeriod
from compliance.store.owed.owed_crimes import (
    count_overdue_victims,
    crimes_within,
    is_any_within,
    list_missed_at_close,
    list_overdue_victims,
    list_owed_crimes,
    officers_within,
)
from compliance.store.owed.owed_lists import OwedChoice, OwedOrder, choose_owed, list_owed, page_owed
from compliance.store.tables import DISPUTED_VICTIM, OBLIGATION, SET_ASIDE, WEB_SESSION, WebSession
from compliance.web.restriction import restrict
from compliance.web.roles import CaseScope, Viewer, WebRole
from tests import stores
from tests.accesses import list_accesses
from tests.stores import crime, rows, take, updates
from tests.web_office import CRIMES, NOW, STAFF, case

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
POLICY = load_policy("west-mercia")
MONDAY, LONG_AGO = date(2026, 7, 20), date(2026, 1, 1)
WEEK = OwedPeriod(MONDAY)


@pytest.fixture
def filled(store: Store) -> Store:
    """The force of the pages, and a case of nobody."""
    save_officers(store, STAFF, NOW)
    take(store, NOW, *map(case, STAFF), crime("22A/1/26", officer_ref=None))
    judge_due(store, POLICY, NOW)
    return store


def viewer(ref: str, role: WebRole) -> Viewer:
    officer = next(each for each in STAFF if each.officer_ref == ref)
    return Viewer(ref, role, ref, ref, officer.team, officer.division)


def listed(store: Store, viewer: Viewer, scope: CaseScope) -> set[str]:
    """Whose crimes are listed."""
    found = list_owed_crimes(store, restrict(viewer, scope), MONDAY, MONDAY, LONG_AGO)
    assert crimes_within(store, restrict(viewer, scope), [*CRIMES.values(), "22A/1/26"]) == set(found)
    return {holder for holder, ref in CRIMES.items() if ref in found} | ({"nobody"} if "22A/1/26" in found else set())


@pytest.mark.parametrize(
    ("ref", "role", "expected"),
    [
        ("n1a", WebRole.OFFICER, ["n1a", "n1a", "n1a", "n1a"]),
        ("n1s", WebRole.SUPERVISOR, ["n1s", "n1a n1b n1s", "n1a n1b n1s", "n1a n1b n1s"]),
        ("nc", WebRole.CHAMPION, ["nc", "nc", "n1a n1b n1s n2a nc", "n1a n1b n1s n2a nc"]),
        ("n1a", WebRole.PERFORMANCE, ["n1a", "n1a n1b n1s", "n1a n1b n1s n2a nc", "n1a n1b n1s n2a nc nobody s1a"]),
        ("n1a", WebRole.BOARD, ["", "", "", ""]),
        ("n1a", WebRole.ADMINISTRATOR, ["", "", "", ""]),
    ],
)
def test_a_person_sees_the_narrower_of_what_the_page_shows_and_the_role_allows(
    filled: Store, ref: str, role: WebRole, expected: list[str]
) -> None:
    assert listed(filled, viewer(ref, role), CaseScope.NONE) == set()
    scopes = (CaseScope.OWN, CaseScope.TEAM, CaseScope.DIVISION, CaseScope.FORCE)
    assert [" ".join(sorted(listed(filled, viewer(ref, role), scope))) for scope in scopes] == expected


def test_somebody_who_is_in_no_team_sees_no_case_without_one(filled: Store) -> None:
    for role, scope in ((WebRole.SUPERVISOR, CaseScope.TEAM), (WebRole.CHAMPION, CaseScope.DIVISION)):
        assert listed(filled, Viewer("x", role, "X", "x"), scope) == set()
        assert listed(filled, Viewer("x", role, "X"), scope) == set()


def test_an_officer_who_moves_takes_their_cases_into_the_new_team_at_once(filled: Store) -> None:
    """The directory is read with the query; the case's own team goes on seeing it, too."""
    supervisor = viewer("n1s", WebRole.SUPERVISOR)
    save_officers(filled, [Officer("s1a", team="N1", division="North")], NOW + timedelta(hours=1))
    assert "s1a" in listed(filled, supervisor, CaseScope.TEAM)
    save_officers(filled, [Officer("n1a", team="N2")], NOW + timedelta(hours=2))
    assert "n1a" in listed(filled, supervisor, CaseScope.TEAM)


def test_the_crimes_of_a_list_are_those_with_something_owed_now_or_by_a_date(store: Store) -> None:
    """Of what was met the next may be due by then, and of what was missed as the case closed it is not known here."""
    shut = [{"status": "closed", "at": "2026-07-15T09:00:00Z"}]
    take(
        store,
        NOW,
        crime("overdue", reported_at="2026-07-02T09:00:00Z"),
        crime("soon", reported_at="2026-07-15T09:00:00Z"),
        crime("later", reported_at="2026-07-17T09:00:00Z"),
        crime("met", updates=updates("2026-07-06", "2026-07-15")),
        crime("falls away", reported_at="2026-06-24T09:00:00Z", updates=updates("2026-06-27"), status=shut),
    )
    judge_due(store, POLICY, NOW)
    mine = restrict(Viewer("O1", WebRole.OFFICER, "O", "O1"), CaseScope.OWN)
    assert list_owed_crimes(store, mine, MONDAY, date(2026, 7, 22), LONG_AGO) == ["overdue", "soon"]


def test_the_victims_of_a_scope_are_those_with_something_overdue_each_once_the_longest_first(store: Store) -> None:
    two = [{"victim_ref": "V1"}, {"victim_ref": "V2"}]
    take(store, NOW, crime("late", reported_at="2026-06-01T09:00:00Z", victims=two), crime("22A/2/26"),
         crime("due", reported_at="2026-07-15T09:00:00Z"), crime("of another", officer_ref="O2"))  # fmt: skip
    judge_due(store, POLICY, NOW)
    mine = restrict(Viewer("O1", WebRole.OFFICER, "O", "O1"), CaseScope.OWN)
    found = list_overdue_victims(store, mine, 50, "enhanced")
    assert [(each.crime_ref, each.victim_ref, each.due_date) for each in found] == [
        ("late", "V1", date(2026, 6, 8)), ("late", "V2", date(2026, 6, 8)), ("22A/2/26", "V1", date(2026, 7, 8)),
    ]  # fmt: skip
    assert count_overdue_victims(store, mine) == 3
    of_both = list_overdue_victims(store, true(), 1, "enhanced")
    assert [(each.officer_ref, each.victim_ref) for each in of_both] == [("O1", "V1"), ("O2", "V1")], "so many of each"


def test_no_list_and_no_view_reads_all_obligations(filled: Store) -> None:
    """Query plans: each goes by an index. A small table would be read whole by PostgreSQL: it is told not to."""
    asked: list[tuple[str, object]] = []
    event.listen(filled.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    officer = viewer("n1a", WebRole.OFFICER)
    list_owed_crimes(filled, restrict(officer, CaseScope.OWN), MONDAY, MONDAY, LONG_AGO)
    for role, ref in ((WebRole.OFFICER, "n1a"), (WebRole.SUPERVISOR, "n1s"), (WebRole.CHAMPION, "nc")):
        crimes_within(filled, restrict(viewer(ref, role), CaseScope.FORCE), ["22A/1/26"])
        assert list_overdue_victims(filled, restrict(viewer(ref, role), CaseScope.FORCE), 50, "enhanced")
        count_overdue_victims(filled, restrict(viewer(ref, role), CaseScope.FORCE))
        of_one = and_(restrict(viewer(ref, role), CaseScope.FORCE), OBLIGATION.c.officer_ref.in_(["n1a", "n1b"]))
        assert list_missed_at_close(filled, of_one, LONG_AGO) == set()
        theirs = and_(restrict(viewer(ref, role), CaseScope.FORCE), OBLIGATION.c.officer_ref == "n1a")
        assert is_any_within(filled, theirs)
        officers_within(filled, restrict(viewer(ref, role), CaseScope.FORCE), list(CRIMES))
        of_scope = concerns_only(restrict(viewer(ref, role), CaseScope.FORCE))
        page_disputes(filled, of_scope, is_open=True, after=None, limit=50)
        count_disputes(filled, of_scope)
    page_unknown_officers(filled, None, 50)
    count_unknown_officers(filled)
    for within in (true(), restrict(viewer("nc", WebRole.CHAMPION), CaseScope.FORCE)):
        chosen = choose_owed(within, WEEK, OwedChoice(team="N1", bands=[OwedBand.MONTH]))
        assert len(list_owed(filled, chosen, OwedOrder.OFFICER, 50)) == 3
        for order in OwedOrder:
            first, after = page_owed(filled, chosen, order, None, 2)
            second, end = page_owed(filled, chosen, order, after, 2)
            assert (len(first), len(second), end) == (2, 1, None)
    questions = [(sql, given) for sql, given in asked if "FROM obligation" in sql]
    assert len(questions) >= 52
    is_sqlite = filled.engine.dialect.name == "sqlite"
    with filled.engine.connect() as connection:
        if not is_sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        for sql, given in questions:
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql, given))  # type: ignore[arg-type]
            assert "SCAN obligation" not in plan, plan
            assert "Seq Scan on obligation" not in plan, plan


def test_what_is_outstanding_is_read_from_its_own_index_in_the_order_of_the_list(filled: Store) -> None:
    """SQLite would else take the index on states, which has neither the order nor what is listed."""
    if filled.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the number of rows")
    asked: list[tuple[str, object]] = []
    event.listen(filled.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    for order, key in ((OwedOrder.CRIME, "Z"), (OwedOrder.OFFICER, "z"), (OwedOrder.FIRST_DUE, date(2027, 1, 1))):
        assert page_owed(filled, choose_owed(true(), WEEK, OwedChoice()), order, (key, "Z"), 50) == ([], None)
    questions = [each for each in asked if "FROM obligation" in each[0]]
    assert len(questions) == 3
    with filled.engine.connect() as connection:
        for sql, given in questions:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all())  # type: ignore[arg-type]
            assert "SEARCH obligation USING COVERING INDEX ix_obligation_owed (due_date" in plan
        assert "TEMP B-TREE" not in plan


def test_a_session_is_found_until_it_ends_and_its_first_reason_stays(store: Store) -> None:
    begin_session(store, WebSession(digest=b"1", person="n1a", role="officer", began_at=NOW, seen_at=NOW))
    found = find_session(store, b"1")
    assert found is not None
    assert (found.person, found.role, found.began_at, found.seen_at) == ("n1a", "officer", NOW, NOW)
    touch_session(store, found, NOW + timedelta(seconds=59))
    touch_session(store, found, NOW + timedelta(seconds=61))
    assert rows(store, WEB_SESSION, "seen_at") == [(NOW + timedelta(seconds=61),)]
    end_session(store, b"1", "signed out", NOW)
    end_session(store, b"1", "idle", NOW + timedelta(hours=1))
    assert find_session(store, b"1") is None
    assert rows(store, WEB_SESSION, "ended", "ended_at") == [("signed out", NOW)]
    long_after = NOW + timedelta(days=31)
    begin_session(store, WebSession(digest=b"2", person="n1b", role="officer", began_at=long_after, seen_at=long_after))
    assert rows(store, WEB_SESSION, "person") == [("n1b",)], "those of long ago are removed"


def test_one_open_dispute_of_a_person_on_a_victim_is_enough(store: Store) -> None:
    asked = (("n1a", "V1"), ("n1a", "V1"), ("n1a", "V2"), ("n1b", "V1"))
    filed = [dispute_victim(store, who, ("22A/1/26", victim), "no", NOW) for who, victim in asked]
    assert filed == [True, False, True, True]
    assert [each.outbox_id for each in list_disputes(store)] == [None] * 3


def test_disputes_of_a_scope_are_those_of_which_every_crime_is_in_it(filled: Store) -> None:
    for who in ("n1a", "s1a", "n2a"):
        dispute_victim(filled, who, (CRIMES[who], "V1"), "no", NOW)
    dispute_victim(filled, "x", ("of no record", "V1"), "no", NOW)
    with filled.writing() as connection:
        connection.execute(insert(DISPUTED_VICTIM).values(dispute_id=3, crime_ref=CRIMES["s1a"], victim_ref="V1"))
    north = concerns_only(restrict(viewer("nc", WebRole.CHAMPION), CaseScope.FORCE))
    for which, expected in ((north, [1]), (true(), [1, 2, 3, 4]), (concerns_only(true()), [1, 2, 3])):
        found = page_disputes(filled, which, is_open=True, after=None, limit=9)
        assert [each.id for each in found] == expected
        assert count_disputes(filled, which) == (len(expected), 0)


def test_disputes_are_paged_open_ones_from_the_oldest_and_answered_ones_from_the_newest(store: Store) -> None:
    for number in range(1, 7):
        dispute_victim(store, "n1a", ("A", f"V{number}"), "no", NOW)
    for number in (2, 4, 5):
        answer_dispute(store, number, DisputeAnswer.WITHDRAWN, None, (), NOW, "an.analyst")

    def page(is_open: bool, after: int | None) -> list[int]:
        return [each.id for each in page_disputes(store, true(), is_open=is_open, after=after, limit=2)]

    assert [page(True, after) for after in (None, 3, 6)] == [[1, 3], [6], []]
    assert [page(False, after) for after in (None, 4, 2)] == [[5, 4], [2], []]
    assert count_disputes(store, true()) == (3, 3)


def test_refused_records_are_paged_the_newest_first(store: Store) -> None:
    take(store, NOW, *(crime(f"22A/{n}/26", reported_at="soon") for n in range(1, 6)))
    take(store, NOW + timedelta(hours=1), crime("22A/3/26"))
    pages = [[each.crime_ref for each in page_quarantined(store, before, 2)] for before in (None, 4, 1)]
    assert pages == [["22A/5/26", "22A/4/26"], ["22A/2/26", "22A/1/26"], []]


def test_what_is_set_aside_is_paged_by_crime_and_counted_by_reason(store: Store) -> None:
    row = {"victim_ref": "V1", "cycle": 0, "clause": "6.1a", "reason": "no day", "gap": "after the calendar"}
    keys = [("A", "28-day"), ("A", "7-day"), ("B", "7-day"), ("C", "7-day")]
    with store.writing() as connection:
        rows_ = [row | {"crime_ref": ref, "requirement": requirement} for ref, requirement in keys]
        connection.execute(insert(SET_ASIDE), rows_)
    found = [[[(row.crime_ref, row.requirement) for row in crime] for crime in page_set_aside(store, after, 2)]
             for after in (None, "B", "C")]  # fmt: skip
    assert found == [[keys[:2], keys[2:3]], [keys[3:]], []]
    assert count_set_aside_crimes(store) == 3
    assert [(each.count, each.requirement, each.first_crime) for each in set_aside_reasons(store)] == [
        (3, "7-day", "A"), (1, "28-day", "A"),
    ]  # fmt: skip


def test_officers_whom_the_directory_lacks_are_those_with_something_outstanding_most_first(filled: Store) -> None:
    """Nobody needs to be reminded of what is met, and cases of nobody have no officer."""
    closed = {"reported_at": "2026-01-01T09:00:00Z", "status": [{"status": "closed", "at": "2026-01-06T09:00:00Z"}]}
    take(filled, NOW, crime("A", officer_ref="y"), crime("B", officer_ref="x"), crime("C", officer_ref="x"),
         crime("D", officer_ref="z", updates=updates("2026-01-05"), **closed))  # fmt: skip
    judge_due(filled, POLICY, NOW)
    first, second = page_unknown_officers(filled, None, 9)
    assert (first.officer_ref, second.officer_ref) == ("x", "y")
    assert first.outstanding == 2 * second.outstanding
    assert count_unknown_officers(filled) == 2
    assert page_unknown_officers(filled, first, 9) == [second]
    assert page_unknown_officers(filled, second, 9) == []


def test_officers_of_a_scope_are_those_of_the_directory_who_have_a_case_in_it(filled: Store) -> None:
    save_officers(filled, [Officer("idle", team="N1", division="North")], NOW)
    refs = [*CRIMES, "idle", "nobody"]
    for who, role, expected in (
        ("n1s", WebRole.SUPERVISOR, "n1a n1b n1s"),
        ("nc", WebRole.CHAMPION, "n1a n1b n1s n2a nc"),
        ("nc", WebRole.PERFORMANCE, "n1a n1b n1s n2a nc s1a"),
        ("nc", WebRole.BOARD, ""),
    ):
        within = restrict(viewer(who, role), CaseScope.FORCE)
        assert officers_within(filled, within, refs) == set(expected.split())


def test_what_a_view_writes_waits_for_no_other_writer_where_the_database_allows_it(store: Store) -> None:
    """While a batch of crimes is judged, who looks at a page does not wait; SQLite has one writer at a time."""
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    begin_session(store, WebSession(digest=b"1", person="n1a", role="officer", began_at=NOW, seen_at=NOW))
    found = find_session(store, b"1")
    assert found is not None
    with store.writing():
        log_entry(store, AuditEntry(NOW, "n1s", "supervisor", AuditKind.CONSULTATION, "/team"))
        touch_session(store, found, NOW + timedelta(minutes=2))
        end_session(store, b"1", "signed out", NOW + timedelta(minutes=3))
    assert len(list_accesses(store)) == 1
