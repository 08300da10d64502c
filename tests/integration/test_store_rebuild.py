"""The obligations are rebuilt from the records, and what fails halfway is made good by the next cycle."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from compliance.store import Store, judge_due, rebuild
from compliance.store.database import dialect
from compliance.store.judgements import projection
from compliance.store.tables import OBLIGATION, TRANSITION
from tests import stores
from tests.histories import histories
from tests.integration.test_store_projection import JULY, WEST_MERCIA, log
from tests.stores import at, crime, rows, take, updates

new_database, database_url = stores.new_database, stores.database_url
store = stores.store


def test_the_projection_can_be_rebuilt_and_shows_what_differed(store: Store) -> None:
    take(store, JULY[1], *histories(9, 50))
    now = at("2026-11-25 12:00")
    judge_due(store, WEST_MERCIA, now)
    before, noticed = rows(store, OBLIGATION), rows(store, TRANSITION)
    assert rebuild(store, WEST_MERCIA, now).differences == 0
    with store.writing() as connection:
        connection.execute(update(OBLIGATION).where(OBLIGATION.c.crime_ref == before[0][0]).values(state="pending"))
        connection.execute(delete(OBLIGATION).where(OBLIGATION.c.crime_ref == before[-1][0]))
        connection.execute(insert(OBLIGATION), dict(zip(OBLIGATION.c.keys(), ("none", *before[0][1:]), strict=True)))
    assert rebuild(store, WEST_MERCIA, now).differences > 2
    assert rows(store, OBLIGATION) == before
    assert rows(store, TRANSITION) == noticed


def test_a_rebuild_notices_first_what_has_changed_since_it_was_last_judged(store: Store) -> None:
    """What became overdue stands in the log, whichever of the two was quicker to see it."""
    take(store, JULY[1], crime())
    judge_due(store, WEST_MERCIA, JULY[1])
    assert rebuild(store, WEST_MERCIA, JULY[9]).differences == 0
    assert log(store) == [("7-day", 1, "pending", "overdue", "08 Jul", 1)]


def test_a_rebuild_under_another_policy_that_is_cut_short_leaves_the_rest_to_be_judged_by_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "BATCH", 2)
    take(store, JULY[1], *(crime(f"22A/{n}/26") for n in range(6)))
    judge_due(store, WEST_MERCIA, JULY[2])
    strict, calls = WEST_MERCIA.with_values(exempt_victims=["standard"]), iter(range(9))

    def cut(*arguments: Any) -> None:
        if next(calls) == 1:
            raise RuntimeError("power cut")
        dialect.upsert(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(projection, "upsert", cut)
        with pytest.raises(RuntimeError, match="power cut"):
            rebuild(store, strict, JULY[2])
    judge_due(store, strict, JULY[2])
    assert {row[0] for row in rows(store, OBLIGATION, "state")} == {"exempt"}
    assert rebuild(store, strict, JULY[2]).differences == 0


def test_a_crime_that_changes_during_a_rebuild_is_left_to_the_next_cycle(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise what the change brings about would never stand in the log."""
    take(store, JULY[1], crime("A"), crime("B"))
    judge_due(store, WEST_MERCIA, JULY[9])
    chunks, calls = dialect.chunks, iter(range(9))

    def meanwhile(items: list[str], size: int) -> Iterator[list[str]]:
        if next(calls) == 1:  # the first is the judging at the start
            take(store, JULY[9], crime("A", updates=updates("2026-07-09")))
        return chunks(items, size)

    monkeypatch.setattr(projection, "chunks", meanwhile)
    done = rebuild(store, WEST_MERCIA, JULY[9])
    assert (done.crimes, done.differences) == (1, 0)
    judge_due(store, WEST_MERCIA, JULY[10])
    assert ("7-day", 1, "overdue", "late", "09 Jul", 1) in log(store)


def test_a_batch_that_fails_is_undone_and_the_next_cycle_goes_on_from_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "BATCH", 2)
    take(store, JULY[1], *(crime(f"22A/{n}/26") for n in range(6)))
    write, count = dialect.set_by_key, iter(range(9))

    def fail(*arguments: Any) -> None:
        if next(count) == 1:
            raise RuntimeError("power cut")
        write(*arguments)

    monkeypatch.setattr(projection, "set_by_key", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        judge_due(store, WEST_MERCIA, JULY[9])
    assert {row[0] for row in rows(store, TRANSITION, "crime_ref")} == {"22A/0/26", "22A/1/26"}
    assert judge_due(store, WEST_MERCIA, JULY[9]).crimes == 4
    assert len(rows(store, TRANSITION)) == 6


def test_after_most_of_the_store_was_judged_the_database_takes_stock(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL plans by what it counted last: after a first reading, that no crime was judged yet."""
    monkeypatch.setattr(projection, "MANY", 3)
    take(store, at("2026-07-02 06:00"), *(crime(f"22A/{number}/26") for number in range(5)))
    judge_due(store, WEST_MERCIA, at("2026-07-02 07:00"))
    if store.engine.dialect.name == "postgresql":
        with store.reading() as connection:
            asked = "SELECT reltuples FROM pg_class WHERE relname = 'crime' AND pg_table_is_visible(oid)"
            assert connection.exec_driver_sql(asked).scalar() == 5
    assert len(rows(store, OBLIGATION)) == 10
