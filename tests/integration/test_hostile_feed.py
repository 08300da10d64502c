"""A hostile crime system never stops a poll for good and never loses a good record. `make soak` tries ten thousand."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
import stamina

from compliance.store import Store
from tests import stores
from tests.hostile import RECORDS
from tests.hostile_feed import WIRES, survive
from tests.web_server import WebServer, serving

new_database, database_url = stores.new_database, stores.database_url
store = stores.store


@pytest.fixture
def web() -> Iterator[WebServer]:
    stamina.set_testing(True, attempts=1)
    with serving() as server:
        yield server
    stamina.set_testing(False)


def test_variations_on_records_and_on_the_wire(store: Store, web: WebServer) -> None:
    """Wrong types, huge texts, deep nesting, NUL bytes, surrogate halves, numbers that come twice, years 0 and 9999, gzip
    bombs, answers cut short, wrong lengths; 100 on each database."""
    seen = Counter(re.sub(",.*", "", survive(store, web, number)) for number in range(100))
    assert len(seen) == len({*RECORDS, *WIRES}), "every kind came"
