"""Two weeks of a troubled force, day by day: nobody is blamed for time that does not count, nobody is named as told who was
not, and no victim is hidden. The long form is in tests/soak."""

from pathlib import Path

from tests.fair_days import live_with_troubles


def test_nobody_is_blamed_for_what_they_could_not_do_and_no_victim_is_hidden(tmp_path: Path) -> None:
    watch = live_with_troubles(tmp_path, seed=3, days=15)
    assert watch.broken_promises == []
    seen = (
        "supervisors told",
        "supervisors told although the officer could not act",
        "named as told",
        "told, and came back",
        "past the supervisor's time",
        "past the champion's time",
    )
    assert all(watch.counted[what] for what in seen), dict(watch.counted)
