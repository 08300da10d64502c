"""How long refused records, and the files of exports, are kept."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from compliance.config import load_settings
from compliance.errors import UnavailableError
from compliance.feed_settings import Files
from compliance.feeds.exports import Exports
from compliance.service import Service
from compliance.service.retaining import EXPORT_FILE
from compliance.service.running.daemon import Daemon
from compliance.store import (
    Lives,
    Store,
    apply_retention,
    judge_due,
    list_expired,
    list_expired_refusals,
    migrate,
    remove_expired,
)
from compliance.store.tables import QUARANTINE
from tests import exports, stores
from tests.exports import Folder, crimes, feed_of, polled
from tests.integration.test_store_retention import LATER, WEST_MERCIA, closed, rule
from tests.stores import at, crime, rows, take

ROOT = Path(__file__).parents[2]
new_database, database_url = stores.new_database, stores.database_url
store, folder = stores.store, exports.folder

JULY = at("2026-07-12 06:00")
LIFE = Lives(refused=100, crimes=None, emails=100, other=100, local=WEST_MERCIA.local)
NUMBERLESS = b'{"reported_at": 5}'


def due(store: Store, now: datetime, life: Lives = LIFE) -> list[int]:
    return [over.number for over in list_expired_refusals(store, life, now)]


def remove_refused(store: Store, life: Lives, now: datetime) -> int:
    return sum(remove_expired(store, each) for each in list_expired(store, life, now) if each.table is QUARANTINE)


def test_a_refused_record_without_a_crime_number_is_removed_after_it_last_came(store: Store) -> None:
    """Nothing that comes later can be known to be the same crime, so that it would stand for ever."""
    take(store, JULY, NUMBERLESS)
    take(store, at("2026-08-12 06:00"), NUMBERLESS)
    last_day = at("2026-11-20 22:00")  # a hundred local dates after 12 August, and not more
    assert due(store, last_day) == []
    assert remove_refused(store, LIFE, last_day) == 0
    (over,) = list_expired_refusals(store, LIFE, last_day + timedelta(days=1))
    assert (over.number, over.last_seen_on) == (1, datetime(2026, 8, 12).date())  # noqa: DTZ001
    assert remove_refused(store, LIFE, last_day + timedelta(days=1)) == 1
    assert rows(store, QUARANTINE) == []


def test_one_that_left_the_quarantine_is_removed_after_that(store: Store) -> None:
    take(store, JULY, crime("A", reported_at="soon"))
    take(store, at("2026-09-01 06:00"), crime("A"))
    assert due(store, at("2026-12-10 06:00")) == []
    assert remove_refused(store, LIFE, at("2026-12-11 06:00")) == 1


def test_one_that_stands_stays_however_old_for_its_crime_is_watched_by_nobody(store: Store) -> None:
    take(store, JULY, crime("A", reported_at="soon"))
    assert remove_refused(store, LIFE, at("2046-01-01 06:00")) == 0


def test_where_nothing_else_is_stored_of_its_crime_it_goes_when_the_crime_would_have(store: Store) -> None:
    """Else what never came right would be kept for ever, and what did come right for some years."""
    take(store, JULY, crime("A", reported_at="soon"), crime("B"))
    take(store, JULY, crime("B", reported_at="soon"))
    life = replace(LIFE, crimes=400)
    assert due(store, at("2027-08-16 06:00"), life) == []
    assert remove_refused(store, life, at("2027-08-17 06:00")) == 1
    assert rows(store, QUARANTINE, "crime_ref") == [("B",)], "a crime that is stored is watched as it stood"


def test_refused_forms_of_a_crime_go_with_it(store: Store) -> None:
    take(store, JULY, closed("A"))
    take(store, JULY, closed("A", team="x" * 300))
    judge_due(store, WEST_MERCIA, JULY)
    assert apply_retention(store, rule(), LATER) == 1
    assert rows(store, QUARANTINE) == []


def test_what_was_taken_is_its_owners_alone(folder: Folder) -> None:
    """Whatever the mode that the crime system's transfer gave it, and that of a folder of an earlier version."""
    (folder.path / "done").mkdir(mode=0o755)
    folder.put("a.csv", crimes("1")).chmod(0o666)
    folder.put("b.csv", b"\xff").chmod(0o644)
    with pytest.raises(UnavailableError):
        polled(feed_of(folder))
    modes = {path.relative_to(folder.path).as_posix(): path.stat().st_mode & 0o777 for path in folder.path.rglob("*")}
    assert modes == {
        "done": 0o700, "done/a.csv": 0o600, "failed": 0o700, "failed/b.csv": 0o600, "failed/b.csv.reason.txt": 0o600,
    }  # fmt: skip


def test_a_file_of_an_export_is_counted_from_when_it_was_moved(folder: Folder) -> None:
    """When it was written does not matter: an export may be old when it comes."""
    os.utime(folder.put("a.csv", crimes("1")), (0, 0))
    polled(feed_of(folder))
    now = datetime.now(UTC)
    held = Exports(folder.path, Files())
    assert held.moved_before(now - timedelta(hours=1)) == []
    assert held.moved_before(now + timedelta(hours=1)) == [folder.path / "done" / "a.csv"]


def test_the_service_removes_files_of_exports_after_so_many_days(folder: Folder, tmp_path: Path) -> None:
    """Those of `failed` with their reasons too; what has not been taken yet stays."""
    folder.put("a.csv", crimes("1"))
    folder.put("b.csv", b"\xff")
    with pytest.raises(UnavailableError):
        polled(feed_of(folder))
    folder.put("c.csv", crimes("3"))
    config = tmp_path / "config.toml"
    text = (
        (ROOT / "config.toml")
        .read_text("utf-8")
        .replace("# [crime_system.files]", f'[crime_system.files]\nfolder = "{folder.path}"\n#')
    )
    config.write_text(text, "utf-8")
    settings = load_settings(config)
    migrate(settings.database_url)
    moved = datetime.now(UTC)
    for days, removed in ((30, 0), (32, 3)):
        now = moved + timedelta(days=days)
        with Service.open(settings, lambda now=now: now) as service:  # type: ignore[misc]
            assert len(service.retaining.files()[EXPORT_FILE]) == removed
            assert service.retaining.apply().others[EXPORT_FILE] == removed
            assert Daemon(service)._scheduler.get_job("retention"), "by itself, also where crimes are kept for ever"
    assert (folder.names("done"), folder.names("failed")) == ([], [])
    assert "c.csv" in folder.names()
