"""What the pack of a dip sample says of the published figure since: how it has changed, and what another rule makes of it."""

import html
import json
import re
from typing import Any

import pytest

from compliance.policy import load_policy
from compliance.store import RetentionPeriods, apply_retention
from compliance.store.tables import PUBLISHED
from tests import stores
from tests.dip_readers import Review, review
from tests.stores import at, crime, take, updates

__all__ = ["review"]
new_database = stores.one_database


def pack(review: Review, *words: str) -> str:
    """What its report says."""
    done = review("review", "pack", review.folder / "pack", *words)
    assert done.exit_code == 0, done.output
    page = (review.folder / "pack" / "review-1.html").read_text("utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def since(review: Review) -> dict[str, Any]:
    """The same as JSON has it."""
    found: dict[str, Any] = json.loads((review.folder / "pack" / "review-1.json").read_text("utf-8"))["since"]
    return found


@pytest.fixture
def drawn(review: Review) -> Review:
    assert review.draw("--reader", "amy", "--size", "40").exit_code == 0
    return review


def test_a_published_rate_that_stands_is_said_to(drawn: Review) -> None:
    words = pack(drawn)
    assert "What became of the published rate Published, in version 1: 24 of 40 met, 60.0%." in words
    assert re.search(r"As known on \d+ \w+ \d{4} it is unchanged\.", words)
    assert "Under another rule" not in words
    found = since(drawn)
    assert (found["restated"]["met"], found["restated"]["due"], found["restated"]["steps"]) == (24, 40, [])
    assert found["whatif"] is None


@stores.on_both
def test_a_published_rate_that_has_changed_is_restated_with_each_cause(drawn: Review) -> None:
    """Two updates were entered after the week was settled, and one crime was cancelled."""
    same = {"reported_at": "2025-07-01T08:00:00Z", "division": "North", "changed_at": "2025-07-28T09:00:00Z"}
    late = [each | {"entered_at": "2025-07-27T09:00:00Z"} for each in updates("2025-07-03")]
    gone = [{"status": "cancelled", "at": "2025-07-26T09:00:00Z"}]
    with drawn.store as store:
        take(store, at("2025-07-28 05:00"), crime("22A/28/25", updates=late, **same),
             crime("22A/30/25", updates=late, **same), crime("22A/0/25", status=gone, **same), complete=True)  # fmt: skip
    words = pack(drawn)
    assert "Published, in version 1: 24 of 40 met, 60.0%." in words
    assert re.search(r"As known on \d+ \w+ \d{4}: 25 of 39 met, 64.1% \(\+4.1 percentage points\)\.", words)
    assert "Updates entered later: +2 met, 0 due;" in words
    assert "crimes cancelled:" in words
    assert "The sample was drawn from what was published" in words
    found = since(drawn)["restated"]
    assert found["published_met"] + sum(step["met"] for step in found["steps"]) == found["met"] == 25
    assert found["published_due"] + sum(step["due"] for step in found["steps"]) == found["due"] == 39


def test_a_rate_whose_records_were_removed_is_not_restated_and_the_pack_says_why(drawn: Review) -> None:
    with drawn.store as store:
        apply_retention(store, RetentionPeriods("remove", 30, load_policy("west-mercia").local), at("2026-07-01 05:00"))
    words = pack(drawn)
    assert "It cannot be said any more: report 2025-W28: it cannot be judged again" in words
    assert since(drawn)["restated"] is None


def test_a_version_that_is_not_held_is_not_restated(drawn: Review) -> None:
    with drawn.store as store, store.writing() as connection:
        connection.execute(PUBLISHED.delete())
    assert "Version 1 of the board's report is not held in a form that can be read." in pack(drawn)


def test_what_another_rule_makes_of_the_period_stands_beside_the_policy(drawn: Review) -> None:
    """If an update on the day of the report counted, the four who were told then only would have been met."""
    words = pack(drawn, "--set", "7-day.same_day=counts")
    assert (
        "Under another rule With 7-day.same_day=counts the period would have: 28 of 40 met, 70.0%. By the policy of the "
        "settings, from the same records as they are now: 24 of 40 met, 60.0%."
    ) in words
    assert since(drawn)["whatif"] == {"changes": ["7-day.same_day=counts"], "before": [24, 40], "after": [28, 40]}
    assert "nothing due" in pack(drawn, "--set", "7-day.within.days=20")


def test_a_rule_that_cannot_be_is_refused_and_no_pack_is_written(drawn: Review) -> None:
    done = drawn("review", "pack", drawn.folder / "pack", "--set", "7-day.withni.days=5")
    assert done.exit_code == 2
    assert "withni" in done.stderr
    assert not (drawn.folder / "pack").exists()
