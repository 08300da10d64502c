"""An instant within a text is said in local time, and nothing else is touched."""

import pytest

from compliance.policy import load_policy
from compliance.web.local_times import in_local_time


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at 2026-06-15T14:04:07Z; method visit", "at 15 June 2026, 15:04; method visit"),
        ("since 2026-06-29 12:00Z, though", "since 29 June 2026, 13:00, though"),
        ("2026-12-31T23:30:00.5+01:00", "31 December 2026, 22:30"),
        ("2026-13-45 12:00Z", "2026-13-45 12:00Z"),
        ("2026-06-15, 14:04, 22/018257/26", "2026-06-15, 14:04, 22/018257/26"),
    ],
)
def test_instants_are_said_in_local_time(text: str, said: str) -> None:
    assert in_local_time(text, load_policy("west-mercia").local) == said
