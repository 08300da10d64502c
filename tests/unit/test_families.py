"""Units that differ from the rest, all comparisons of a page judged together (docs/statistics.md, 1.3, 1.5 and 3.2)."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from statsmodels.stats.multitest import multipletests

from compliance.records import columns, convert_crime
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.methods.statistics import (
    benjamini_hochberg,
    design_effect,
    intra_cluster_correlation,
    newcombe,
    newcombe_p,
)
from compliance.reports.model.report_model import DivisionFigures, Figures
from compliance.reports.pieces.parts import Items, Statement, plain
from compliance.reports.sections import report_of
from tests.plain_figures import figures as histories
from tests.unit.test_figures_words import HELD_SINCE, NOW, POLICY, WEEK, weeks_of

Counts = npt.NDArray[np.int64]
UNLIKELY, NO_DIFFERENCE = "unlikely to have occurred by chance", "no significant difference"


@cache
def board(*met: int | None, division: str | None = None) -> Figures:
    """Divisions (or teams of one) with so many of 20 updates a week given in time, over 13 weeks; None: there is none."""
    named = zip(("North", "South", "West", "East"), met, strict=True)
    records = [crime for name, count in named if count is not None for crime in weeks_of(name, count)]
    if division:
        records = [crime | {"team": crime["division"], "division": division} for crime in records]
    given = GivenRecords("units", columns([convert_crime(record) for record in records]))
    judged = judge_periods(given, POLICY, WEEK, NOW, ReportOptions(records_begin=HELD_SINCE))
    return figures_of(judged, force="A force", division=division)


def units(found: Figures) -> dict[str | None, DivisionFigures]:
    return {unit.name: unit for unit in found.requirements[0].divisions}


def different(found: Figures) -> list[str | None]:
    return [name for name, unit in units(found).items() if unit.change and unit.change.significant]


def texts(found: Figures) -> Iterator[str]:
    """What the report says outside its tables and its section on method."""
    for section in report_of(found).sections:
        for part in section.parts if section.id != "method" else ():
            if isinstance(part, Statement):
                yield plain(part.text)
            if isinstance(part, Items):
                yield from (plain(item.text) for item in part.items)


def test_1_5_a_standing_difference_of_one_division_is_told_in_the_same_words_everywhere() -> None:
    found = board(14, 13, 7, 13)
    assert "West" in different(found)
    told = [text for text in texts(found) if UNLIKELY in text]
    assert len(told) >= 2  # the summary and the funnel
    assert all("below in West" in text or text.startswith("West:") for text in told)
    drawn = found.requirements[0].funnel
    assert drawn is not None
    assert [point.name for point in drawn.points if point.different] == different(found)


def test_1_5_of_divisions_that_do_not_differ_nothing_is_said() -> None:
    found = board(13, 14, 13, 12)
    assert different(found) == []
    assert not any(UNLIKELY in text for text in texts(found))
    assert sum(NO_DIFFERENCE in text for text in texts(found)) >= 2
    assert not any(word in text for text in texts(found) for word in ("worth a question", "unlikely to be chance"))


def test_1_5_a_difference_that_rests_on_one_other_division_is_told_with_it() -> None:
    """South is below the rest only because North is so much above it."""
    found = board(20, 12, 13, 13)
    south, north = units(found)["South"], units(found)["North"]
    assert set(different(found)) >= {"North", "South"}
    assert (north.rests_on, south.rests_on) == ((), ("North",))
    assert "South, 7-day rate: with North left out, no significant difference from the rest of the force." in list(
        texts(found)
    )
    assert different(board(None, 12, 13, 13)) == [], "a force without North"


def test_1_5_the_teams_of_a_division_are_compared_with_the_rest_of_it() -> None:
    found = board(14, 13, 7, 13, division="A division")
    assert "West" in different(found)
    assert any("against the rest of the division" in text and "below in West" in text for text in texts(found))


def test_1_5_the_family_is_every_comparison_of_the_page() -> None:
    """Divisions times requirements, against another implementation of the procedure."""
    for found in (histories(), board(14, 13, 7, 13), board(15, 12, 13, 12)):
        tested = [unit.change for r in found.requirements for unit in r.divisions if unit.change and unit.change.tested]
        p = [change.p for change in tested if change.p is not None]
        assert len(p) == len(tested) == found.basis.comparisons
        rejected = multipletests(p, alpha=0.05, method="fdr_bh")[0]
        assert [change.significant for change in tested] == rejected.tolist()


def test_1_5_p_is_of_the_effective_sizes() -> None:
    for requirement in histories().requirements:
        for unit in requirement.divisions:
            if unit.change and unit.trailing and unit.rest:
                own, rest = unit.trailing.share, unit.rest.share
                p = newcombe_p(own.count / own.deff, own.of / own.deff, rest.count / rest.deff, rest.of / rest.deff)
                assert unit.change.p == pytest.approx(p, abs=1e-12)


def trial(draw: np.random.Generator, teams: int, officers: int) -> tuple[Counts, Counts]:
    """Met and due over 13 weeks of like teams, by team and officer: officers differ much, teams do not."""
    habit, size = draw.beta(2, 1.2, (teams, officers)), draw.poisson(25, (teams, officers)) + 1
    return draw.binomial(size, habit), size


def test_1_3_identical_teams_of_three_officers_are_called_different_no_more_often_than_chance_allows() -> None:
    """With ρ of the whole force; with ρ of each small team by itself, twice as often."""
    draw = np.random.default_rng(52)
    flagged = alone = compared = pages = 0
    for _ in range(60):
        met, size = trial(draw, 30, 3)
        rho, p = intra_cluster_correlation(met.ravel(), size.ravel()), []
        for team in range(30):
            rest = np.arange(30) != team
            sides = [(met[team], size[team]), (met[rest].ravel(), size[rest].ravel())]
            pooled = [design_effect(n, rho) for _, n in sides]
            own = [design_effect(n, intra_cluster_correlation(m, n)) for m, n in sides]
            flagged += called_different(sides, pooled)
            alone += called_different(sides, own)
            compared += 1
            (m, n), (m_0, n_0) = sides
            p.append(newcombe_p(m.sum() / pooled[0], n.sum() / pooled[0], m_0.sum() / pooled[1], n_0.sum() / pooled[1]))
        pages += any(benjamini_hochberg([value for value in p if value is not None], 0.05))
    assert flagged / compared < 0.06
    assert alone > 1.5 * flagged
    assert pages / 60 < 0.1


def called_different(sides: list[tuple[Counts, Counts]], deff: list[float]) -> bool:
    (m, n), (m_0, n_0) = sides
    found = newcombe(m.sum() / deff[0], n.sum() / deff[0], m_0.sum() / deff[1], n_0.sum() / deff[1])
    return found is not None and found.significant
