"""Killed (SIGKILL) at any moment of a sending run nothing is lost, and only what was uncertain may arrive twice."""

import os
from collections.abc import Iterator

import pytest

from tests import stores
from tests.sending import Counting, SendingCampaign

new_database = stores.new_database

COUNT = int(os.environ.get("KILLS", "200"))
A_LIFE = 5


@pytest.fixture
def server() -> Iterator[Counting]:
    with Counting().listening() as server:
        yield server


def held_to_its_word(campaign: SendingCampaign) -> None:
    """Doubles only within what is visibly uncertain, with the same Message-ID (decision 0017)."""
    assert campaign.kills > 0
    assert campaign.mails > 0
    assert campaign.lost == 0
    assert campaign.unexplained == 0
    assert campaign.doubles <= campaign.under_way <= campaign.kills


def test_after_a_few_kills_every_mail_has_arrived(new_database: stores.NewDatabase, server: Counting) -> None:
    campaign = SendingCampaign(new_database, server, seed=1)
    campaign.time_a_run()
    campaign.live(kills=3)
    held_to_its_word(campaign)


@pytest.mark.long
def test_after_a_great_many_kills(new_database: stores.NewDatabase, server: Counting) -> None:
    """KILLS of them on each database."""
    campaign = SendingCampaign(new_database, server, seed=20261125)
    campaign.time_a_run()
    while campaign.kills < COUNT:
        campaign.live(A_LIFE)
    print(f"\n{campaign}")
    held_to_its_word(campaign)
