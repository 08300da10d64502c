"""Ten thousand variations of a hostile crime system; `HOSTILE` says another number."""

import os
import resource
from collections.abc import Iterator

import pytest
import stamina

from compliance.store import Store
from tests import stores
from tests.hostile_feed import survive
from tests.web_server import WebServer, serving

new_database, database_url = stores.new_database, stores.database_url
store = stores.store


@pytest.fixture
def web() -> Iterator[WebServer]:
    stamina.set_testing(True, attempts=1)
    with serving() as server:
        yield server
    stamina.set_testing(False)


def _most_memory() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.long
def test_it_never_stops_a_poll_loses_a_good_record_or_fills_memory(store: Store, web: WebServer) -> None:
    count = int(os.environ.get("HOSTILE", "10000"))
    for number in range(200):
        survive(store, web, number)
    before = _most_memory()
    for number in range(200, count):
        survive(store, web, number)
    grown = _most_memory() - before
    print(f"\n{count:,} hostile variations on {store.name}: none lost a record; memory grew by {grown:.0f} MB")
    assert grown < 150
