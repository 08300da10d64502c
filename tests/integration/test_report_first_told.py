"""What to look at first, from records to words, and again in the next report (docs/statistics.md, section 6)."""

from compliance.reports.model.changes import LastTold
from compliance.reports.model.report_model import Figures
from compliance.reports.wording.attention import things_to_look_at
from tests.small_forces import read, records, report

FELL = 50
"""The week in which North and South begin to tell fewer victims in time."""


def changes(found: Figures) -> list[str]:
    return [thing.words for thing in things_to_look_at(found) if " has been " in thing.words]


def test_6_two_divisions_that_fell_are_told_once_together_and_in_the_next_report_with_what_was_said() -> None:
    held = read(records(lambda name, week: 0.6 if name in ("North", "South") and week >= FELL else 0.75, FELL + 10))
    before, then = report(held, FELL - 1), report(held, FELL + 7)
    assert changes(before) == []
    (told,) = changes(then)
    assert "North and South" in told
    assert "Told" not in told
    (again,) = changes(report(held, FELL + 8, last_told=LastTold(then.period, then.attention.told)))
    assert "North and South" in again
    assert "First told in week 7 of 2026, when " in again
