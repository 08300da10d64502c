"""As known at K (decision 0008): of each record the version seen by the end of the poll that covers K."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from compliance.records import columns, convert_crime
from compliance.store import Reader, Store, load_columns
from tests import stores
from tests.histories import histories
from tests.stores import Record, at, crime, take
from tests.unit.test_store_pool import plain

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

DAYS = [at("2026-07-02 06:00") + timedelta(days=n) for n in range(6)]


def divisions(store: Store, known_at: datetime | None, refs: Sequence[str] | None = None) -> dict[str, str | None]:
    found = load_columns(store, known_at, refs)
    return dict(zip(found.crime_ref.to_pylist(), found.division.texts().to_pylist(), strict=True))


def test_the_version_of_each_record_seen_by_then(store: Store) -> None:
    take(store, DAYS[0], crime("B", division="b0"), crime("A", division="a0"))
    take(store, DAYS[1], crime("A", division="a1"))
    take(store, DAYS[2], crime("A", division="a2"), crime("B", division="b2"))
    assert divisions(store, DAYS[0]) == {"A": "a0", "B": "b0"}
    assert divisions(store, DAYS[1]) == {"A": "a1", "B": "b0"}
    assert divisions(store, DAYS[2]) == divisions(store, None) == {"A": "a2", "B": "b2"}
    assert list(divisions(store, None)) == ["A", "B"], "by crime number"
    assert divisions(store, DAYS[1], ["B", "none"]) == {"B": "b0"}


def test_the_first_complete_poll_that_ended_at_or_after_it_decides(store: Store) -> None:
    take(store, DAYS[0], crime("A", division="a0"))
    take(store, DAYS[1], crime("A", division="a1"), complete=False)
    take(store, DAYS[2], crime("A", division="a2"))
    take(store, DAYS[3], crime("A", division="a3"))
    just_after = DAYS[0] + timedelta(microseconds=1)
    assert divisions(store, just_after) == divisions(store, DAYS[1]) == divisions(store, DAYS[2]) == {"A": "a2"}


def test_where_no_poll_has_ended_since_all_seen_so_far_counts(store: Store) -> None:
    take(store, DAYS[0], crime("A", division="a0"))
    take(store, DAYS[1], crime("A", division="a1"), complete=False)
    known = Reader(store).records_known(DAYS[1])
    assert known.seen_until is None
    assert divisions(store, DAYS[1]) == {"A": "a1"}


def test_before_its_first_version_was_seen_that_one_stands_and_is_marked(store: Store) -> None:
    take(store, DAYS[0], crime("A", division="a0"))
    take(store, DAYS[1], crime("B", division="b1"), crime("C", division="c1"))
    take(store, DAYS[2], crime("B", division="b2"), crime("A", division="a2"))
    take(store, DAYS[3], crime("B", division="b3"))
    known = Reader(store).records_known(DAYS[0])
    assert known.seen_until == DAYS[0]
    assert known.columns.division.texts().to_pylist() == ["a0", "b1", "c1"]
    assert known.before_observation.tolist() == [False, True, True]


def test_a_reader_stays_with_the_store_as_it_was_when_it_was_made(store: Store) -> None:
    take(store, DAYS[0], crime("A", division="a0"))
    take(store, DAYS[1], crime("A", division="a1"))
    reader = Reader(store)
    take(store, DAYS[2], crime("A", division="a2"), crime("B"))
    take(store, DAYS[3], crime("A", division="a3"))
    for known_at, division in ((DAYS[0], "a0"), (DAYS[1], "a1"), (DAYS[2], "a1"), (None, "a1")):
        assert reader.records_known(known_at).columns.division.texts().to_pylist() == [division]


def test_any_number_of_instants_in_any_order_are_as_the_records_were_at_each(store: Store) -> None:
    dice = Random(7)
    variants = [list(histories(seed, 40)) for seed in range(6)]
    standing: dict[str, Record] = {}
    first: dict[str, Record] = {}
    seen: list[dict[str, Record]] = []
    for n, now in enumerate(DAYS):
        changed = dice.sample(variants[n], 15)
        take(store, now, *changed)
        standing = standing | {record["crime_ref"]: record for record in changed}
        first = {record["crime_ref"]: record for record in changed} | first
        seen.append(standing)
    reader = Reader(store)
    for n in dice.sample(range(6), 6):
        expected = first | seen[n]
        records = [convert_crime(expected[ref]) for ref in sorted(expected)]
        assert plain(reader.records_known(DAYS[n]).columns) == plain(columns(records))
