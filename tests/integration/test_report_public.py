"""The public edition: no count from 1 to 4, and none that could be worked out (statistics 1.6)."""

import re
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.policy import load_policy
from compliance.reports.catalogue.editions import SMALL, find_hidden_parts, public, share
from compliance.reports.figure_rows import rows
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import judge_periods
from compliance.reports.judging.satisfaction import find_satisfaction
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.judging.trends import values
from compliance.reports.methods.control import control_chart
from compliance.reports.model.proportions import Proportion, Rate
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.weeks import Week
from compliance.reports.releasing.printed_sums import PrintedSums
from compliance.reports.rendering.forms import form
from compliance.reports.sections import summary_lines
from compliance.simulator import SimulatedForce
from compliance.store.kept.surveys import WaveResult
from tests.disclosure import worked_out
from tests.simulated import LONDON, columns_at_end

END: Final = datetime(2026, 6, 29, tzinfo=LONDON)
NEWEST: Final = Week.parse("2026-W24")
FORCES: Final = ((3, 0.05), (5, 0.02), (6, 0.12))
"""(seed, volume) of small forces."""

APRIL: Final = (WaveResult("2026-04", "", 400, 290), WaveResult("2026-04", "", 403, 292))
"""As first imported, and as it was corrected: of three more answers two are satisfied."""
MAY: Final = WaveResult("2026-05", "", 300, 258)
SURVEYS: Final[tuple[tuple[list[WaveResult], list[WaveResult]], ...]] = (
    ([APRIL[0]], []),
    ([APRIL[1]], [APRIL[0]]),
    ([APRIL[1], MAY], [APRIL[0]]),
    ([APRIL[1], MAY, WaveResult("2026-W22", "", 298, 257)], [APRIL[0]]),
)
"""What each of four reports knows of a survey: the waves, and what they said when earlier reports told them. The last is of
the end of May, in which nearly all of those asked about May were."""


@cache
def reports(seed: int, scale: float) -> list[Figures]:
    """The board's figures of four weeks that follow one another, with what a survey said by the time of each."""
    made = columns_at_end(SimulatedForce(seed=seed, weeks=28, scale=scale, end=END))
    source = GivenRecords("a small force", made)
    policy = load_policy("west-mercia")
    return [
        figures_of(judge_periods(source, policy, week, END), force="A force",
                   satisfaction=find_satisfaction(waves, week, former=former))
        for back, (waves, former) in zip((3, 2, 1, 0), SURVEYS, strict=True)
        for week in (NEWEST.plus(-back),)
    ]  # fmt: skip


def carelessly(value: Any) -> Any:
    """The figures with nothing withheld but what is itself from 1 to 4."""
    if isinstance(value, tuple):
        return tuple(map(carelessly, value))
    if isinstance(value, Proportion):
        return share(value)
    if not isinstance(value, msgspec.Struct):
        return value
    return msgspec.structs.replace(
        value, **{name: carelessly(getattr(value, name)) for name in value.__struct_fields__}
    )


@pytest.mark.parametrize(("seed", "scale"), FORCES)
def test_1_6_no_small_count_can_be_worked_out_from_one_report_or_from_some_that_follow_one_another(
    seed: int, scale: float
) -> None:
    told = list(map(public, reports(seed, scale)))
    assert [worked_out([figures]) for figures in told] == [[]] * len(told)
    assert worked_out(told) == []


def test_1_6_the_attempt_works_it_out_where_only_what_is_small_itself_is_withheld() -> None:
    found = [each for force in FORCES for each in worked_out(list(map(carelessly, reports(*force))))]
    kinds = {key[0] for keys, _ in found for key in keys if isinstance(key, tuple)}
    assert {
        "force",
        "division",
        "offence",
        "others",
        "silent",
        "attempted",
        "found before",
        "came between",
        "survey rest",
    } <= kinds


def test_what_is_no_risk_is_still_told() -> None:
    """Of a force a twentieth of the size of West Mercia."""
    for figures in map(public, reports(3, 0.05)):
        for requirement in figures.requirements:
            assert not requirement.week.rate.share.withheld
            assert sum(group.share.of > 0 for group in requirement.offences) >= 5
            assert [division.trailing is not None for division in requirement.divisions] == [True] * 5
        assert sum(not d.trailing.share.withheld for r in figures.requirements for d in r.divisions if d.trailing) >= 8


@pytest.mark.parametrize(("seed", "scale"), FORCES)
def test_1_6_what_is_drawn_and_compared_is_made_of_what_is_shown(seed: int, scale: float) -> None:
    """A mean of all points would tell the one that is withheld, and so would a difference from it."""
    for figures in map(public, reports(seed, scale)):
        for requirement in figures.requirements:
            trend = requirement.trend
            assert trend.control == control_chart(values(trend.shares))
            if requirement.before.rate.share.withheld or requirement.week.rate.share.withheld:
                assert requirement.change is None
            shown = {d.name for d in requirement.divisions if d.trailing and not d.trailing.share.withheld}
            assert {d.name for d in requirement.divisions if d.change or d.rest} <= shown
            if requirement.funnel:
                assert {point.name for point in requirement.funnel.points} <= shown
                assert len(shown) == len(requirement.divisions)


def test_1_6_no_form_has_a_small_count_in_words_or_numbers() -> None:
    for figures in map(public, (*reports(3, 0.05)[-1:], *reports(5, 0.02)[-1:])):
        page = re.sub(r"<[^>]+>", "", form(figures, "html").decode())
        few = re.findall(r"\b[1-4] (?:victims?|updates?|obligations?|cases? |crimes?)\b.*", page)
        assert few == []
        for row in rows(figures):
            counts = {value for name, value in row.numbers.items() if isinstance(value, int) and name != "of"}
            assert not counts & set(SMALL), row
            if row.numbers and all(value is None for value in row.numbers.values()):
                assert row.status == "withheld", row


def test_1_6_a_week_before_that_is_withheld_is_said_to_be() -> None:
    withheld = share(Proportion(1, 9, 0.1, 0, 0.4, 1))
    figures = public(reports(3, 0.05)[-1])
    asked = figures.requirements[0]
    before = msgspec.structs.replace(asked.before, rate=Rate(withheld, None, None, None))
    asked = msgspec.structs.replace(asked, before=before, change=None)
    figures = msgspec.structs.replace(figures, requirements=(asked, *figures.requirements[1:]))
    assert "The rate of the week before is withheld" in summary_lines(figures)[0].words


PARTS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), max_size=9)


@given(PARTS)
def test_1_6_parts_of_a_known_whole_are_withheld_until_nothing_small_is_left_together(
    parts: list[tuple[int, int]],
) -> None:
    hidden = find_hidden_parts(parts)
    for part, is_hidden in zip(parts, hidden, strict=True):
        assert is_hidden or not any(count in SMALL for count in part)
    held = [part for part, is_hidden in zip(parts, hidden, strict=True) if is_hidden]
    left = [part for part, is_hidden in zip(parts, hidden, strict=True) if not is_hidden and any(part)]
    if left and held:
        assert len(held) > 1
        assert not any(sum(counts) in SMALL for counts in zip(*held, strict=True))
    if not any(count in SMALL for part in parts for count in part):
        assert not any(hidden)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=5))
def test_the_attempt_solves_sums(counts: list[int]) -> None:
    """It finds the one part that is left over, and none of two."""
    for unknown in (1, 2):
        sums = PrintedSums()
        sums.told(["whole"], (sum(counts), 0))
        sums.parts("whole", range(len(counts)))
        for place, count in enumerate(counts[unknown:], unknown):
            sums.told([place], (count, 0))
        left = sum(counts[:unknown])
        assert ((list(range(unknown)), [left, 0]) in sums.small()) == (left in SMALL)
