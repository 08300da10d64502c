"""Publishing from the store: what was known at K, versions, and nothing done twice (design decision 11)."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlmodel import select

from compliance.errors import UnavailableError
from compliance.policy import load_policy
from compliance.reports.figures import weekly_figures
from compliance.reports.model import Figures
from compliance.reports.publish import StoredRecords, publish
from compliance.reports.weeks import Week
from compliance.store import Store
from compliance.store.tables import Published
from tests import stores
from tests.stores import at, crime, take, updates

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

WEEK = Week.parse("2026-W28")  # 6 to 12 July; settled on the 20th at 00:00 in London
BEFORE, MONDAY, TUESDAY = at("2026-07-19 12:00"), at("2026-07-20 05:00"), at("2026-07-21 05:00")


def figures(store: Store, **more: Any) -> Figures:
    policy = load_policy("west-mercia").changed(**more)
    return weekly_figures(StoredRecords(store), policy, WEEK, TUESDAY, force="A force")


def first_rate(found: Figures) -> tuple[int, int]:
    share = found.requirements[0].week.rate.share
    return share.count, share.of


def published(store: Store) -> list[Published]:
    with store.session(reading=True) as session:
        return list(session.exec(select(Published)))


def test_published_once_however_often_it_is_asked_for(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, crime(updates=updates("2026-07-03")))
    found = figures(store)
    first = publish(store, found, tmp_path, TUESDAY)
    assert (first.version, first.new) == (1, True)
    written = first.path.read_bytes()
    again = publish(store, figures(store), tmp_path, datetime(2027, 1, 1, tzinfo=UTC))
    assert (again.path, again.version, again.new) == (first.path, 1, False)
    (row,) = published(store)
    assert (row.period, row.edition, row.version, row.published_at) == ("2026-W28", "board", 1, TUESDAY)
    assert row.as_at == row.known_at == datetime(2026, 7, 19, 23, tzinfo=UTC)
    assert row.policy_digest == found.basis.policy_digest
    assert row.files == {"2026-W28-board.html": hashlib.sha256(written).hexdigest()}
    assert msgspec.convert(row.figures, Figures) == found


def test_a_file_that_is_gone_is_put_back(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, crime())
    first = publish(store, figures(store), tmp_path, TUESDAY)
    written = first.path.read_bytes()
    first.path.unlink()
    assert not publish(store, figures(store), tmp_path, TUESDAY).new
    assert first.path.read_bytes() == written


def test_a_change_makes_a_new_version_beside_the_old_one(store: Store, tmp_path: Path) -> None:
    take(store, MONDAY, crime(updates=updates("2026-07-03")))
    first = publish(store, figures(store), tmp_path, TUESDAY)
    kept = first.path.read_bytes()
    second = publish(store, figures(store, title="Another policy"), tmp_path, TUESDAY)
    assert (second.path.name, second.version, second.new) == ("2026-W28-board-v2.html", 2, True)
    assert first.path.read_bytes() == kept
    assert [row.version for row in published(store)] == [1, 2]
    assert not publish(store, figures(store, title="Another policy"), tmp_path, TUESDAY).new


def test_nothing_is_published_before_a_complete_poll_has_ended_after_k(store: Store, tmp_path: Path) -> None:
    take(store, BEFORE, crime())
    take(store, MONDAY, complete=False)
    with pytest.raises(UnavailableError, match="not been read whole since 2026-07-19T23:00Z"):
        publish(store, figures(store), tmp_path, TUESDAY)
    assert published(store) == []
    assert list(tmp_path.glob("*.html")) == []


def test_what_was_learnt_after_k_does_not_change_the_figures_of_the_week(store: Store) -> None:
    """A status put right on Tuesday, and an update that carries no time of entry: neither was known at K."""
    take(store, MONDAY, crime())
    before = figures(store)
    assert first_rate(before) == (0, 1)
    cancelled = [{"status": "cancelled", "at": "2026-07-02T09:00:00Z"}]
    take(store, TUESDAY, crime(status=cancelled, updates=updates("2026-07-03")))
    assert figures(store) == before


def test_a_crime_first_seen_after_k_stands_as_first_seen_and_is_said_to(store: Store) -> None:
    """Only where it had been reported by then: what came later is simply new."""
    take(store, MONDAY, crime())
    take(store, TUESDAY, crime("22A/2/26", reported_at="2026-07-20T12:00:00Z"))
    assert figures(store).basis.weeks_before_observation == 0
    take(store, TUESDAY, crime("22A/3/26", updates=updates("2026-07-03")))
    found = figures(store)
    assert first_rate(found) == (1, 2)
    assert found.basis.weeks_before_observation == 3  # those settled after 1 July, its report
