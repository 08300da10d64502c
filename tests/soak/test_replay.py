"""Real records lived through in time order, poll by poll, end in the obligations of judging their file at once."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import msgspec
import pytest

from compliance.batch.inputs import line_blocks, open_input
from compliance.feeds import DirectoryEntries, Page
from compliance.policy import Policy
from compliance.service.polls.polling import poll
from compliance.simulator import Replay, SimulatedCrimeSystem
from compliance.store import Store, judge_due, load_crimes, rebuild
from compliance.store.tables import CRIME, CRIME_VERSION, OBLIGATION
from tests import stores
from tests.conformance import records
from tests.engine import POLICIES, shipped
from tests.integration.test_store_projection import COMPARED, HOLDER, judged
from tests.stores import SOURCE, Record, rows

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

DAY = timedelta(days=1)


class Living:
    """The feed of a crime system, asked without a network between."""

    def __init__(self, system: SimulatedCrimeSystem) -> None:
        self.system = system

    def pages(self, cursor: str | None) -> Iterator[Page]:
        more = True
        while more:
            page = self.system.page(cursor)
            cursor, more = page.next, page.more
            yield Page(page.records, cursor, more)

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [])

    def close(self) -> None:
        """There is nothing to let go of."""


def replay(store: Store, policy: Policy, history: Replay, every: timedelta) -> datetime:
    """Live a history through with a poll and a judgement `every` so often -> the instant of the last of them."""
    system = SimulatedCrimeSystem(history)
    now = datetime.combine(history.start.date(), time(6), UTC)
    while now < history.end + every:
        now += every
        if system.advance(now):
            poll(store, Living(system), SOURCE, lambda: system.now)
        judge_due(store, policy, now)
    return now


def once_each(record: Record) -> Record:
    """The record without what it repeats: of a repeated reference the last stands (records section 1), which in a life
    need not be the one typed in last."""
    for name, ref in (("updates", "update_ref"), ("events", "event_ref"), ("victims", "victim_ref")):
        if record.get(name):
            record[name] = list({item[ref]: item for item in record[name]}.values())
    return record


def assert_as_at_once(store: Store, policy: Policy, told: Sequence[Record], now: datetime) -> None:
    assert sorted(rows(store, OBLIGATION, *COMPARED, *HOLDER)) == judged(told, policy, now)
    assert rebuild(store, policy, now).differences == 0


IN_SHORT: Final = {
    ("sqlite", "west-mercia"), ("postgresql", "hertfordshire"), ("sqlite", "victims-code-2006"),
    ("postgresql", "victims-code-2020"),
}  # fmt: skip


@pytest.mark.parametrize(("new_database", "name"), sorted(IN_SHORT), indirect=["new_database"])
def test_some_conformance_records_lived_through_are_as_judged_at_once(store: Store, name: str) -> None:
    """A thirtieth of them for each policy."""
    live_through(store, name, 30)


@pytest.mark.long
@pytest.mark.parametrize("name", POLICIES)
def test_the_conformance_records_lived_through_are_as_judged_at_once(store: Store, name: str) -> None:
    """A fifth of them for each policy, on both databases."""
    live_through(store, name, 5)


def live_through(store: Store, name: str, share: int) -> None:
    policy = shipped(name)[0]
    told = [once_each(record) for record in records()[POLICIES.index(name) :: share]]
    now = replay(store, policy, Replay(told), 5 * DAY)
    assert len(load_crimes(store, [record["crime_ref"] for record in told])) == len(told)
    assert len(rows(store, CRIME_VERSION)) > len(told), "they changed many times"
    assert_as_at_once(store, policy, told, now)


@pytest.mark.long
@pytest.mark.skipif("REPLAY" not in os.environ, reason="REPLAY names no file of crime records")
def test_a_file_lived_through_day_by_day_is_as_judged_at_once(store: Store) -> None:
    """REPLAY=FILE: NDJSON, also .gz or .zst."""
    policy = shipped("west-mercia")[0]
    with open_input(os.environ["REPLAY"]) as stream:
        told: list[Any] = [
            msgspec.json.decode(line) for block in line_blocks(stream) for line in block.text.splitlines()
        ]
    now = replay(store, policy, Replay(told), DAY)
    assert_as_at_once(store, policy, told, now)
    counts = [len(rows(store, table)) for table in (CRIME, CRIME_VERSION, OBLIGATION)]
    print("\n{:,} crimes, {:,} earlier versions, {:,} obligations: as judged at once".format(*counts))
