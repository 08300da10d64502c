"""Any replay of pages, in any order, leaves the newest record of each crime standing (records section 4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from compliance.records import columns, convert_crime
from compliance.store import Store, load_columns, migrate
from compliance.store.tables import CRIME, CRIME_VERSION, QUARANTINE
from tests.drawn import drawn
from tests.integration.test_store_replay import DAYS, version, wrong
from tests.postgres import new_database as new_postgres
from tests.stores import DATABASES, NewDatabase, Record, rows, take

pytestmark = pytest.mark.drawn


@contextmanager
def emptied(opened: Store) -> Iterator[Store]:
    """The same store, without the crimes of the example before."""
    with opened.writing() as connection:
        for table in (CRIME, CRIME_VERSION, QUARANTINE):
            connection.execute(delete(table))
    yield opened


@pytest.fixture(scope="module", params=DATABASES)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples of a property."""
    folder = tmp_path_factory.mktemp("kept")
    make: NewDatabase = new_postgres if request.param == "postgresql" else lambda: f"sqlite:///{folder / 'kept.db'}"
    url = make()
    migrate(url)
    opened = Store.open(url)
    yield opened
    opened.close()


HOURS = st.integers(1, 8)
"""A crime is one thing at an instant, right or wrong, and has few contents: it also goes back to an earlier one."""
RECORDS = st.builds(
    lambda ref, hour: version(hour, f"{hour % 3}", ref) if hour % 4 else wrong(hour, ref), st.sampled_from("AB"), HOURS
)
PAGES = st.lists(st.lists(RECORDS, min_size=1, max_size=3), min_size=1, max_size=6)


def as_held(store: Store) -> Any:
    return rows(store, CRIME), rows(store, CRIME_VERSION), rows(store, QUARANTINE, "digest", "cleared_at")


@settings(max_examples=drawn(60, 2))
@given(pages=PAGES, chance=st.randoms(use_true_random=False))
def test_any_replay_of_earlier_pages_in_any_order_leaves_the_store_as_it_was(
    kept: Store, pages: list[list[Record]], chance: Random
) -> None:
    """Records that are right and wrong, in any order, come again in any other: whatever is newest stands."""
    with emptied(kept) as store:
        for page in pages:
            take(store, DAYS[0], *page)
        before = as_held(store)
        for page in chance.choices(pages, k=4):
            take(store, DAYS[1], *page)
            assert as_held(store) == before
        assert_newest_stand(store, [record for page in pages for record in page])


def assert_newest_stand(store: Store, records: list[Record]) -> None:
    newest: dict[str, Record] = {}
    for record in sorted(records, key=instant_of):
        if not record["reported_at"].startswith("soon"):
            newest[record["crime_ref"]] = record
    expected = columns([convert_crime(newest[ref]) for ref in sorted(newest)])
    assert load_columns(store).division.texts().to_pylist() == expected.division.texts().to_pylist()


def instant_of(record: Record) -> datetime:
    return datetime.fromisoformat(record["changed_at"])
