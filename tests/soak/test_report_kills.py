"""Killed (SIGKILL) or without room on its disk at any moment of publishing three editions of several weeks, the service
ends up with every report that it owes: noted once, its files there as noted, its readers told once."""

import os
from pathlib import Path

import pytest

from tests import publishing_held, stores
from tests.publishing import Outcome, PublishingCampaign, prepare, work

new_database = stores.one_database

COUNT = int(os.environ.get("KILLS", "200"))
A_LIFE = 5


def test_after_a_few_kills_every_report_is_there(new_database: stores.NewDatabase, tmp_path: Path) -> None:
    """On SQLite; `test_after_a_great_many_kills` has both."""
    campaign = PublishingCampaign(new_database, tmp_path, seed=1)
    expected = campaign.undisturbed()
    expected.check()
    while not campaign.kills:  # on a machine that is suddenly quick, all is done before the first
        assert campaign.disturbed(kills=2) == expected


def test_after_a_disk_that_was_full_a_few_times_every_report_is_there(
    new_database: stores.NewDatabase, tmp_path: Path
) -> None:
    """One life, in which room is made for a few files at a time; `test_report_owed.py` stops at each write."""
    url = new_database()
    prepare(url)
    for room in (0, 11):
        work(url, str(tmp_path), room)
    work(url, str(tmp_path))
    Outcome.of(url, tmp_path).check()


def test_after_a_few_kills_a_held_report_is_released_and_published_once(
    new_database: stores.NewDatabase, tmp_path: Path
) -> None:
    """Readers are told once that it is held, and once that it is there."""
    campaign = held_campaign(new_database, tmp_path, seed=2)
    expected = campaign.undisturbed()
    publishing_held.check(expected)
    while not campaign.kills:
        assert campaign.disturbed(kills=3) == expected


def held_campaign(new_database: stores.NewDatabase, folder: Path, seed: int) -> PublishingCampaign:
    """The same with a report that is held, and that a person releases."""
    return PublishingCampaign(
        new_database, folder, seed, publishing_held.prepare, publishing_held.work, publishing_held.FILES
    )


@pytest.mark.long
@stores.on_both
def test_after_a_great_many_kills_of_a_held_report(new_database: stores.NewDatabase, tmp_path: Path) -> None:
    """KILLS of them on each database."""
    campaign = held_campaign(new_database, tmp_path, seed=20261130)
    expected = campaign.undisturbed()
    publishing_held.check(expected)
    while campaign.kills < COUNT:
        assert campaign.disturbed(A_LIFE) == expected
    print(f"\n{campaign}")


@pytest.mark.long
@stores.on_both
def test_after_a_great_many_kills(new_database: stores.NewDatabase, tmp_path: Path) -> None:
    """KILLS of them on each database."""
    campaign = PublishingCampaign(new_database, tmp_path, seed=20261125)
    expected = campaign.undisturbed()
    expected.check()
    while campaign.kills < COUNT:
        assert campaign.disturbed(A_LIFE) == expected
    print(f"\n{campaign}")
