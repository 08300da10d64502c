"""Killed (SIGKILL) at any moment of a backfill, a poll or a rebuild, the service ends up where it would have anyway."""

import os

import pytest

from tests import stores
from tests.killed import Campaign

new_database = stores.new_database

COUNT = int(os.environ.get("KILLS", "200"))
A_STAGE = 4


def test_after_a_few_kills_the_store_is_that_of_an_undisturbed_run(new_database: stores.NewDatabase) -> None:
    """Records, versions, cursor, quarantine, obligations and log: design, "data flows one way"."""
    campaign = Campaign(new_database, seed=1)
    expected = campaign.undisturbed()
    assert all(len(rows) > 0 for rows in expected.values())
    assert campaign.disturbed(kills_a_stage=1) == expected
    assert campaign.kills > 0


@pytest.mark.long
def test_after_a_great_many_kills(new_database: stores.NewDatabase) -> None:
    """KILLS of them on each database."""
    campaign = Campaign(new_database, seed=20261125)
    expected, lives = campaign.undisturbed(), 0
    while campaign.kills < COUNT:
        assert campaign.disturbed(A_STAGE) == expected
        lives += 1
    print(f"\n{campaign.kills:,} kills in {lives:,} lives of a database, no difference")
