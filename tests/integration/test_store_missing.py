"""Crimes that vanish from a full export are flagged, never deleted; the flag goes when they are back."""

from compliance.store import (
    Store,
    begin_poll,
    end_poll,
    judge_due,
    list_missing_crimes,
    list_overdue,
    mark_missing,
    take_page,
)
from compliance.store.tables import CRIME
from tests import stores
from tests.engine import shipped
from tests.stores import SOURCE, at, crime, raws, rows, take

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

FIRST, SECOND, THIRD = at("2026-07-12 06:00"), at("2026-07-13 06:00"), at("2026-07-14 06:00")


def missing(store: Store) -> dict[str, object]:
    return {ref: since for ref, since in rows(store, CRIME, "crime_ref", "missing_since") if since is not None}


def test_what_a_full_export_lacks_is_flagged_once_and_goes_on_being_judged(store: Store) -> None:
    take(store, FIRST, crime("A"), crime("B"), crime("C"))
    done = mark_missing(store, SOURCE, {"A", "not held"}, SECOND)
    assert (done.lost, done.found) == (2, 0)
    assert missing(store) == {"B": SECOND, "C": SECOND}
    done = mark_missing(store, SOURCE, ["A"], THIRD)
    assert (done.lost, done.found) == (0, 0), "since when, not when last looked at"
    assert missing(store) == {"B": SECOND, "C": SECOND}
    assert [len(list_missing_crimes(store, as_at)) for as_at in (FIRST, SECOND, THIRD)] == [0, 2, 2]
    assert {since for _, since in list_missing_crimes(store, THIRD)} == {SECOND}
    judge_due(store, shipped("west-mercia")[0], THIRD)
    assert [owed.crime_ref for owed in list_overdue(store, THIRD.date())] == ["A", "B", "C"]


def test_the_flag_goes_when_an_export_holds_it_again(store: Store) -> None:
    take(store, FIRST, crime("A"), crime("B"))
    mark_missing(store, SOURCE, {"A"}, SECOND)
    assert mark_missing(store, SOURCE, {"A", "B"}, THIRD).found == 1
    assert missing(store) == {}


def test_the_flag_goes_when_it_comes_in_a_page_changed_or_not(store: Store) -> None:
    take(store, FIRST, crime("A"), crime("B"))
    mark_missing(store, SOURCE, set(), SECOND)
    assert take(store, THIRD, crime("A"), crime("B", division="X")).changed == 1
    assert missing(store) == {}


def test_an_export_says_nothing_of_the_crimes_of_another_source(store: Store) -> None:
    take(store, FIRST, crime("A"))
    poll = begin_poll(store, "nightly files", FIRST)
    take_page(store, poll, "nightly files", raws([crime("B")]), None, FIRST)
    end_poll(store, poll, FIRST, complete=True)
    mark_missing(store, "nightly files", set(), SECOND)
    assert missing(store) == {"B": SECOND}


def test_many_at_once(store: Store) -> None:
    refs = [f"22A/{n}/26" for n in range(300)]
    take(store, FIRST, *map(crime, refs))
    assert mark_missing(store, SOURCE, set(refs[:100]), SECOND).lost == 200
    assert sorted(missing(store)) == sorted(refs[100:])
    assert take(store, THIRD, *map(crime, refs)).changed == 0
    assert missing(store) == {}
