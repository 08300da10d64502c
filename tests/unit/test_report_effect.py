"""What the report's cells and shares say where there is little to say it of."""

import numpy as np

from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.parts import plain
from compliance.reports.proportions import Proportion
from compliance.reports.sections.reminder_effect import cleared_in
from tests.plain_figures import same, share


def test_of_no_reminder_no_share_is_shown() -> None:
    """A step that nobody was sent, or that nothing can be compared with (statistics 1.1: nothing of nothing is no rate)."""
    nothing, half = Proportion(0, 0, None, None, None, 1.0), Proportion(6, 12, 0.5, 0.25, 0.75, 1.0)
    dash = plain(cleared_in(None, "reminders").text)
    assert plain(cleared_in(nothing, "reminders").text) == dash
    assert plain(cleared_in(half, "reminders").text) != dash
    assert "50.0%" in plain(cleared_in(half, "reminders").text)


def test_1_3_cases_without_officers_are_independent() -> None:
    """They are no officer's cases together: each is a cluster of its own."""
    hit = np.array([True] * 10 + [False] * 10)
    assert same(CountedRows({COUNT: hit}, list).share, share((bool(each), None) for each in hit))
