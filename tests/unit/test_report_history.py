"""History that several charts show at once is told once (statistics 2.2c)."""

import msgspec

from compliance.reports.methods.control import Rule
from compliance.reports.model.changes import Part
from compliance.reports.model.claims import SpecialCause
from compliance.reports.model.findings import PartFigures
from compliance.reports.model.report_model import Figures
from compliance.reports.pieces.parts import Heading, Items, claims_in
from compliance.reports.sections import summary_lines
from compliance.reports.sections.change_over_time import change_over_time
from compliance.reports.wording.shared_causes import shared_causes
from tests.unit.test_report_telling import figures, trend

Signals = list[tuple[int, Rule, bool]]
replace = msgspec.structs.replace


def run(first: int, last: int, better: bool = False) -> Signals:
    """Weeks in a row below (or above) the mean. Place 0 is week 2."""
    return [(place, "shift", better) for place in range(first, last + 1)]


def drawn(seven: Signals, first: Signals = [], continuing: Signals = []) -> Figures:  # noqa: B006  # never changed
    """A report with these signals in its three charts: the 7-day rate, first further and continuing contact."""
    found = figures()
    own, repeating = found.requirements[:2]
    part = PartFigures("", repeating.week.rate, trend(), None)
    asked: list[tuple[Part, Signals]] = [("first", first), ("continuing", continuing)]
    parts = tuple(replace(part, part=name, trend=trend(*signals)) for name, signals in asked)
    changed = (replace(own, trend=trend(*seven)), replace(repeating, trend=trend(), parts=parts))
    return replace(found, requirements=changed)


def told(found: Figures) -> list[SpecialCause]:
    """Every special cause of the section, as often as it is told."""
    listed = [part for part in change_over_time(found).parts if isinstance(part, Items)]
    return [claim for part in listed for claim in claims_in(part) if isinstance(claim, SpecialCause)]


def together(found: Figures) -> list[str]:
    """What is told of several charts at once."""
    parts = change_over_time(found).parts
    places = [place for place, part in enumerate(parts) if isinstance(part, Heading) and part.id == "together"]
    return [item.words for place in places for item in parts[place + 1].items]  # type: ignore[union-attr]


def test_changes_of_two_charts_that_begin_within_two_weeks_are_one_statement_and_each_is_told_once() -> None:
    found = drawn(run(8, 15), run(10, 17))
    assert together(found) == [
        "2 March to 10 May 2026 (weeks 10 to 19), in 2 charts: 7-day rate, weeks 10 to 17, 8 weeks in a row below the "
        "mean; 28-day first further contact, weeks 12 to 19, 8 weeks in a row below the mean."
    ]
    assert len(told(found)) == len(set(told(found))) == 2


def test_what_begins_later_or_goes_the_other_way_or_is_in_one_chart_is_told_under_its_chart() -> None:
    for found in (drawn(run(5, 12), run(8, 15)), drawn(run(8, 15), run(8, 15, better=True)), drawn(run(8, 15))):
        assert together(found) == []
        assert shared_causes(found) == []
        assert len(told(found)) == len(set(told(found))) > 0


def test_a_cause_of_its_own_stands_under_its_chart_beside_those_told_with_others() -> None:
    found = drawn([*run(1, 7, better=True), *run(10, 16)], run(10, 16), run(11, 17))
    assert len(told(found)) == 4
    (words,) = together(found)
    assert words.startswith("16 March to 10 May 2026 (weeks 12 to 19), in 3 charts: ")
    assert "better" not in words


def test_the_summary_says_once_what_several_rates_are_in() -> None:
    newest = run(19, 25)
    lines = {line.about: line.words for line in summary_lines(drawn(newest, newest, newest))}
    assert lines["Several rates"].startswith("18 May to 5 July 2026 (weeks 21 to 27), in 3 charts: 7-day rate, weeks ")
    assert all("in a row" not in words for about, words in lines.items() if about != "Several rates")
    alone = {line.about: line.words for line in summary_lines(drawn(newest))}
    assert "Several rates" not in alone
    assert "7 weeks in a row below the mean" in alone["7-day rate"]
