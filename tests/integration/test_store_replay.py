"""An older record never takes the place of a newer one: a page may be replayed (records section 4)."""

from datetime import timedelta
from typing import Any, Final

import pytest

from compliance.records import decode_crimes
from compliance.store import (
    Reader,
    RetentionPeriods,
    Store,
    apply_retention,
    list_missing_crimes,
    load_columns,
    load_crimes,
    retry_quarantined,
)
from compliance.store.content import unpack
from compliance.store.receiving import retry
from compliance.store.receiving.missing import mark_missing
from compliance.store.tables import CRIME, CRIME_VERSION, QUARANTINE
from tests import stores
from tests.engine import shipped
from tests.stores import SOURCE, Record, at, crime, rows, take

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

DAYS: Final = [at("2026-07-02 06:00") + timedelta(days=n) for n in range(9)]


def version(hour: int, division: str | None = None, crime_ref: str = "A", **fields: Any) -> Record:
    """A crime as it was changed at an hour of 2 July 2026 in UTC, a negative one before."""
    changed = at("2026-07-02 00:00") + timedelta(hours=hour)
    return crime(crime_ref, division=division or f"as at {hour}", changed_at=changed.isoformat(), **fields)


def wrong(hour: int, crime_ref: str = "A") -> Record:
    return version(hour, crime_ref=crime_ref) | {"reported_at": f"soon {hour}"}


def standing(store: Store, crime_ref: str = "A") -> str | None:
    (found,) = load_crimes(store, [crime_ref])
    return found.division


def versions(store: Store) -> list[tuple[Any, ...]]:
    """(crime, seen, replaced, late) of every version kept."""
    return rows(store, CRIME_VERSION, "crime_ref", "seen_at", "replaced_at", "late")


def in_quarantine(store: Store) -> list[str]:
    found = rows(store, QUARANTINE, "reason", "cleared_at")
    return sorted(reason.split("'")[1] for reason, cleared_at in found if cleared_at is None)


def test_an_older_record_does_not_replace_a_newer_one_and_is_kept_as_seen_late(store: Store) -> None:
    """Records section 4."""
    take(store, DAYS[0], version(5))
    before = rows(store, CRIME)
    outcome = take(store, DAYS[1], version(3))
    assert (outcome.received, outcome.changed, outcome.late) == (1, 0, 1)
    assert rows(store, CRIME) == before
    assert versions(store) == [("A", DAYS[1], DAYS[1], True)]
    take(store, DAYS[2], version(7))
    assert standing(store) == "as at 7"
    assert versions(store)[1:] == [("A", DAYS[0], DAYS[2], False)]


def test_a_record_said_to_change_in_the_future_holds_nothing_back(store: Store) -> None:
    """It does not say when it changed, so the one that comes last applies (decision 0044)."""
    years = 24 * 365
    take(store, DAYS[0], version(36 * years, "in 2062"), version(36 * years, "in 2062", "B"))
    outcome = take(store, DAYS[1], version(30), wrong(30, "B"))
    assert (outcome.changed, outcome.late, standing(store)) == (1, 0, "as at 30")
    assert in_quarantine(store) == ["soon 30"], "the newest word on B is the refused record"
    take(store, DAYS[2], version(36 * years, "in 2062"), version(50))
    assert standing(store) == "as at 50"
    assert take(store, DAYS[3], version(40)).late == 1, "what is believed orders records as ever"


def test_a_record_said_to_change_within_a_day_is_believed(store: Store) -> None:
    """Clocks differ, and so do the hours at which a source says that its records changed."""
    take(store, DAYS[0], version(6 + 24))
    assert take(store, DAYS[0], version(6 + 23)).late == 1


def test_a_refused_record_said_to_change_in_the_future_does_not_stay_for_ever(store: Store) -> None:
    take(store, DAYS[0], wrong(24 * 365))
    take(store, DAYS[1], version(30))
    assert in_quarantine(store) == []


def test_a_future_change_noted_of_an_unchanged_record_is_corrected(store: Store) -> None:
    for day, hour in enumerate((5, 24 * 365, 30)):
        take(store, DAYS[day], version(hour, "same"))
    assert take(store, DAYS[3], version(29)).late == 1


def test_what_is_kept_already_is_not_kept_twice(store: Store) -> None:
    """As what stands, as a version that stood, or as one seen late."""
    for day, hour in enumerate((5, 7, 3)):
        take(store, DAYS[day], version(hour))
    before = rows(store, CRIME), rows(store, CRIME_VERSION)
    for hour in (3, 5, 7, 3):
        assert take(store, DAYS[4], version(hour)).changed == 0
    assert (rows(store, CRIME), rows(store, CRIME_VERSION)) == before
    assert len(before[1]) == 2


@pytest.mark.parametrize(
    ("held", "came", "replaces"),
    [
        ("2026-07-02T10:00:00Z", "2026-07-02T10:30:00+01:00", False),
        ("2026-07-02T10:00:00+01:00", "2026-07-02T09:30:00Z", True),
        ("2026-07-02T10:00:00.5Z", "2026-07-02T10:00:00.49Z", False),
        ("2026-07-02T10:00:00.49Z", "2026-07-02T10:00:00.5Z", True),
        ("2026-07-02T10:00:00Z", "2026-07-02T11:00:00+01:00", True),
        (None, "1900-01-01T00:00:00Z", True),
        ("2999-12-31T23:59:59Z", None, True),
        (None, None, True),
    ],
    ids=["offset, older", "offset, newer", "decimals, older", "decimals, newer", "equal", "held: none", "came: none", "none"],
)  # fmt: skip
def test_instants_are_compared_and_where_either_has_none_the_last_to_come_stands(
    store: Store, held: str | None, came: str | None, replaces: bool
) -> None:
    take(store, DAYS[0], crime("A", division="held", changed_at=held))
    take(store, DAYS[1], crime("A", division="came", changed_at=came))
    assert standing(store) == ("came" if replaces else "held")
    assert [late for *_, late in versions(store)] == [not replaces]


def test_of_a_record_that_stands_twice_in_a_page_the_last_stands_only_if_it_is_not_older(store: Store) -> None:
    outcome = take(store, DAYS[0], version(5), version(3), version(3, crime_ref="B"), version(5, crime_ref="B"))
    assert (outcome.received, outcome.changed, outcome.late) == (4, 2, 1)
    assert (standing(store, "A"), standing(store, "B")) == ("as at 5", "as at 5")
    assert versions(store) == [("A", DAYS[0], DAYS[0], True)]


def test_a_record_that_came_again_unchanged_is_as_new_as_when_it_came_last(store: Store) -> None:
    """Somebody worked on it meanwhile, in a field that the record format does not have."""
    take(store, DAYS[0], version(1, "north"))
    take(store, DAYS[1], version(5, "north"))
    take(store, DAYS[2], version(3, "south"))
    assert standing(store) == "north"
    take(store, DAYS[3], version(2, "north"))
    take(store, DAYS[4], version(4, "south"))
    assert standing(store) == "north", "an older one does not make it older again"
    assert len(versions(store)) == 1


def test_a_crime_held_since_before_instants_were_noted_is_as_old_as_its_record_says(store: Store) -> None:
    take(store, DAYS[0], version(5), version(5, crime_ref="B"))
    with store.writing() as connection:
        connection.execute(CRIME.update().values(changed_at=None))
    take(store, DAYS[1], version(3))
    take(store, DAYS[2], version(4, "as at 5", crime_ref="B"))
    take(store, DAYS[3], version(3, crime_ref="B"))
    assert (standing(store, "A"), standing(store, "B")) == ("as at 5", "as at 5")


def test_a_version_seen_late_never_stood(store: Store) -> None:
    """As known at any K, before the first was seen and after."""
    take(store, DAYS[0])
    take(store, DAYS[1], version(5))
    take(store, DAYS[2], version(3))
    take(store, DAYS[3], version(7))
    take(store, DAYS[4], version(6))
    reader = Reader(store)
    for day, division in ((0, "as at 5"), (1, "as at 5"), (2, "as at 5"), (3, "as at 7"), (4, "as at 7")):
        known = reader.records_known(DAYS[day])
        assert known.columns.division.texts().to_pylist() == [division]
        assert known.before_observation.tolist() == [day == 0]


def test_a_version_seen_late_first_of_all_never_stood(store: Store) -> None:
    """It has the lower number where the one that stood is replaced only later."""
    take(store, DAYS[0])
    take(store, DAYS[1], version(5), version(3))
    take(store, DAYS[2], version(7))
    assert load_columns(store, DAYS[0]).division.texts().to_pylist() == ["as at 5"]


def test_an_older_record_does_not_bring_back_a_crime_that_has_vanished(store: Store) -> None:
    take(store, DAYS[0], version(5))
    mark_missing(store, SOURCE, set(), DAYS[1])
    take(store, DAYS[2], version(3))
    assert [ref for ref, _ in list_missing_crimes(store, DAYS[2])] == ["A"]
    take(store, DAYS[3], version(5))
    assert list_missing_crimes(store, DAYS[3]) == []


def test_an_older_record_brings_no_officer_back_into_a_crime_that_was_stripped_of_them(store: Store) -> None:
    closed = [{"status": "closed", "at": "2025-01-01T09:00:00Z"}]
    take(store, DAYS[0], version(3), version(5, status=closed))
    strip = RetentionPeriods("strip", 365, shipped("west-mercia")[0].local)
    assert apply_retention(store, strip, DAYS[1]) == 1
    take(store, DAYS[2], version(4))
    held = [row[0] for table in (CRIME, CRIME_VERSION) for row in rows(store, table, "record")]
    assert {found.officer_ref for found in unpack(held)} == {None}


# The quarantine: what the crime system says last of a crime decides whether it stands as refused.


@pytest.mark.parametrize("right", [3, 4, 5], ids=["kept before", "never seen", "held"])
def test_an_older_good_record_does_not_clear_a_newer_refused_one(store: Store, right: int) -> None:
    take(store, DAYS[0], version(3))
    take(store, DAYS[1], version(5))
    take(store, DAYS[2], wrong(7))
    take(store, DAYS[3], version(right))
    assert (standing(store), in_quarantine(store)) == ("as at 5", ["soon 7"])
    take(store, DAYS[4], version(7))
    assert in_quarantine(store) == []


def test_a_good_record_older_than_a_refused_one_and_newer_than_what_is_held_stands(store: Store) -> None:
    take(store, DAYS[0], version(3))
    take(store, DAYS[1], wrong(7))
    take(store, DAYS[2], version(5))
    assert (standing(store), in_quarantine(store)) == ("as at 5", ["soon 7"])


def test_an_older_refused_record_does_not_stand_beside_a_newer_one(store: Store) -> None:
    take(store, DAYS[0], wrong(3))
    take(store, DAYS[1], version(5))
    take(store, DAYS[2], wrong(3), wrong(4))
    assert in_quarantine(store) == []
    assert rows(store, QUARANTINE, "times", "cleared_at") == [(2, DAYS[1]), (1, DAYS[2])]
    take(store, DAYS[3], wrong(8))
    take(store, DAYS[4], wrong(7))
    assert in_quarantine(store) == ["soon 8"]


def test_it_is_as_new_as_the_record_that_came_again_unchanged(store: Store) -> None:
    take(store, DAYS[0], version(1, "north"))
    take(store, DAYS[1], wrong(3))
    take(store, DAYS[2], version(5, "north"))
    assert in_quarantine(store) == []
    take(store, DAYS[3], wrong(3))
    assert in_quarantine(store) == []


def test_of_a_crime_right_and_wrong_in_one_page_the_newest_decides(store: Store) -> None:
    take(store, DAYS[0], wrong(7), version(5), version(5, crime_ref="B"), wrong(3, "B"))
    assert (standing(store, "A"), standing(store, "B")) == ("as at 5", "as at 5")
    assert in_quarantine(store) == ["soon 7"]


def test_a_refused_record_taken_again_does_not_replace_a_newer_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a version of the service that can read it: of instants that both tell, they decide, not when each came."""

    def lenient(raws: list[bytes]) -> Any:
        return decode_crimes([raw.replace(b'"soon 7"', b'"2026-07-01T09:00:00Z"') for raw in raws])

    monkeypatch.setattr(retry, "decode_crimes", lenient)
    take(store, DAYS[0], wrong(7), wrong(7, "B"))
    take(store, DAYS[1], version(5), version(5, crime_ref="B"))
    with store.writing() as connection:  # B was changed again, and its refused record was kept by an earlier version
        connection.execute(CRIME.update().where(CRIME.c.crime_ref == "B").values(changed_at=at("2026-07-02 09:00")))
    done = retry_quarantined(store, DAYS[2])
    assert (done.taken, done.overtaken, done.refused) == (1, 1, 0)
    assert (standing(store, "A"), standing(store, "B")) == ("as at 7", "as at 5")
    assert in_quarantine(store) == []
