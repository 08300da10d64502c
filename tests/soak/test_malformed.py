"""Malformed records never stop a poll, lose a good record or fill memory (decision 0014)."""

import gc
import os
from collections.abc import Iterator

import psutil
import pytest

from compliance.feeds import DirectoryEntries, Page
from compliance.policy import Policy
from compliance.records import decode_crimes
from compliance.service.polls.polling import poll
from compliance.store import Store, judge_due, list_quarantined, load_crimes, rebuild, retry_quarantined
from tests import stores
from tests.engine import POLICIES, shipped
from tests.histories import AS_AT, histories
from tests.malformed import variations
from tests.stores import SOURCE, raws

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

COUNT = int(os.environ.get("MALFORMED", "10000"))
PAGE = 40
MOST_MEMORY = 400 * 1024 * 1024


class Malformed:
    """A crime system between whose good records, one in four, stand malformed ones."""

    def __init__(self, seed: int, count: int) -> None:
        self.seed, self.count = seed, count

    def records(self) -> Iterator[bytes]:
        good = iter(raws(list(histories(self.seed + 1, self.count))))
        for number, bad in enumerate(variations(self.seed, self.count)):
            yield bad
            if number % 3 == 0:
                yield next(good)

    def pages(self, cursor: str | None) -> Iterator[Page]:
        page: list[bytes] = []
        for record in self.records():
            page.append(record)
            if len(page) == PAGE:
                yield Page(page, cursor or "", True)
                page = []
        yield Page(page, "the end", False)

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [])

    def close(self) -> None:
        """There is nothing to let go of."""


def attack(store: Store, count: int, policies: list[Policy]) -> None:
    """Poll, judge, try the refused again: all good records are held, every other one is held or refused."""
    feed = Malformed(20261125, count)
    gc.collect()
    before = psutil.Process().memory_info().rss
    outcome = poll(store, feed, SOURCE, lambda: AS_AT)
    assert outcome.complete
    grown = psutil.Process().memory_info().rss - before
    assert grown < MOST_MEMORY, f"{grown:,} bytes more than before"
    expected = {}
    for crime in decode_crimes(feed.records())[0]:
        expected[crime.crime_ref] = crime
    held = load_crimes(store, list(expected))
    assert held == [expected[ref] for ref in sorted(expected)]
    assert outcome.received == count + (count + 2) // 3
    assert outcome.refused > count / 3
    standing = list_quarantined(store)
    assert 0 < len(standing) <= outcome.refused
    assert sum(record.times for record in standing) <= outcome.refused
    for policy in policies:
        judge_due(store, policy, AS_AT)
        assert rebuild(store, policy, AS_AT).differences == 0
    assert retry_quarantined(store, AS_AT).refused == len(standing)
    print(f"\n{count:,} malformed variations: {outcome.refused:,} refused, {len(held):,} crimes held, none lost")


def test_a_few_hundred_malformed_variations(store: Store) -> None:
    attack(store, 300, [shipped("west-mercia")[0]])


@pytest.mark.long
def test_a_great_many_malformed_variations(store: Store) -> None:
    """MALFORMED of them on each database, judged by every policy shipped."""
    attack(store, COUNT, [shipped(name)[0] for name in POLICIES])
