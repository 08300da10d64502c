"""How divisions compare, in the summaries: of the board, of the public, and of the division, which reads the same."""

import pytest
from msgspec.structs import replace

from compliance.reports.comparing.compared_units import place_in_force
from compliance.reports.model.proportions import Proportion, Rate, RateDifference
from compliance.reports.model.report_model import DivisionFigures, Figures
from compliance.reports.sections.summary import summary
from tests.integration.test_report_forms import figures


def share(rate: float) -> Rate:
    return Rate(Proportion(round(1000 * rate), 1000, rate, rate - 0.02, rate + 0.02, 1.0), None, None, None)


def board(*units: DivisionFigures) -> Figures:
    """The board's figures with these units under its first requirement, and none under the others."""
    first, *others = figures().requirements
    kept = (replace(first, divisions=units), *(replace(each, divisions=()) for each in others))
    return replace(figures(), requirements=kept)


def unit(name: str, change: RateDifference, rests_on: tuple[str, ...] = ()) -> DivisionFigures:
    own, rest = share(0.596), share(0.683)
    return DivisionFigures(name, own, None, own, rest, change, rests_on)


BELOW = RateDifference(-0.087, -0.119, -0.054, p=0.0001, significant=True, tested=True)
ALIKE = replace(BELOW, difference=-0.01, low=-0.04, high=0.02, p=0.5, significant=False)


def lines(found: Figures, about: str) -> list[str]:
    parts = [part for part in summary(found).parts[0].items if part.about == about]  # type: ignore[union-attr]
    return ["".join(run.text for run in line.text) for line in parts]


def said(found: Figures) -> str:
    (line,) = lines(found, "In the force")
    return line


def test_1_5_a_division_below_the_rest_reads_it_in_its_own_edition() -> None:
    found = place_in_force(figures("division"), board(unit("A", BELOW), unit("B", ALIKE)))
    assert said(found) == (
        "Over the last 13 settled weeks, against the rest of the force, in points: the 7-day rate was below in A (−8.7). "
        "This is unlikely to have occurred by chance. 7-day: 59.6% here, 68.3% there."
    )


def test_1_5_a_division_that_does_not_differ_reads_that() -> None:
    found = place_in_force(figures("division"), board(unit("A", ALIKE), unit("B", BELOW)))
    assert "no significant difference between A and the rest of the force." in said(found)


def test_1_5_a_difference_that_rests_on_another_division_says_so() -> None:
    found = place_in_force(figures("division"), board(unit("A", BELOW, ("B",))))
    assert "A, 7-day rate: with B left out, no significant difference from the rest of the force." in said(found)


@pytest.mark.parametrize("units", [(), (unit("B", BELOW),), (unit("A", replace(BELOW, tested=False)),)])
def test_1_6_a_division_that_is_not_compared_reads_nothing(units: tuple[DivisionFigures, ...]) -> None:
    assert lines(place_in_force(figures("division"), board(*units)), "In the force") == []


@pytest.mark.parametrize("edition", ["board", "public"])
def test_1_5_the_summary_says_once_which_difference_rests_on_another_division(edition: str) -> None:
    """Also where another difference is not judged, since it rests on crimes on record twice (decision 0058)."""
    held = replace(ALIKE, on_duplicates=True)
    found = replace(board(unit("A", BELOW, ("B",)), unit("B", held)), edition=edition)
    differs, not_judged = lines(found, "Divisions")
    rests = "A, 7-day rate: with B left out, no significant difference from the rest of the force."
    assert differs.endswith(f"below in A (−8.7). This is unlikely to have occurred by chance. {rests}")
    assert not_judged.startswith("Not judged: the difference from the rest of the force of the 7-day rate in B.")
    assert rests not in not_judged
