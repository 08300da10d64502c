"""The catalogue of figures: each one object with all its parts, and no number of a report without one (decision 0030)."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from compliance.reports import figure_rows as rows_of
from compliance.reports.catalogue import editions
from compliance.reports.catalogue.editions import public
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.page import figures_page
from compliance.reports.catalogue.registry import FIGURES, find_figure
from compliance.reports.catalogue.row import SECTIONS
from compliance.reports.figure_rows import rows
from compliance.reports.judging.satisfaction import find_satisfaction
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.weeks import Week
from compliance.reports.tracing.answer import WORKED_OUT as WORKED
from compliance.store.kept.surveys import WaveResult
from tests.traced import figures as traced_figures

ROOT: Final = Path(__file__).parents[2]
MEASURES: Final = {
    "requirements.enhanced.rate": ("enhanced", ("late", "overdue", "missed")),
    "requirements.live.rate": ("live", ("late", "overdue", "missed")),
    "requirements.divisions.week": ("division", ("late", "overdue", "missed")),
    "requirements.divisions.trailing": ("trailing", ("late", "overdue", "missed")),
    "requirements.trend.silent": ("silent", ("count", "of", "low", "high", "deff")),
    "requirements.units.shares": ("division", ("count", "of", "rate", "low", "high", "deff")),
    "requirements.funnel.points.share": ("trailing", ("count", "of", "rate", "low", "high", "deff")),
    "same_day": ("only-same-day", ("updated_later",)),
    "closing": ("closed-without-a-word", ("cases",)),
}
"""Numbers that stand in the JSON alone: the figure that each is of, in another period or by another measure."""
WORKED_OUT: Final = {
    "requirements.divisions.rest": "the force without the division",
    "requirements.divisions.change.p": "from the difference and its interval",
    "requirements.trailing_held": "how many weeks are held",
    "requirements.trend.control.limits": "lines of the chart",
    "requirements.parts.trend.control.limits": "lines of the chart of a part",
    "requirements.units.control": "lines and special causes of a unit's chart",
    "requirements.funnel": "lines of the funnel, and what is beyond them",
    "attention": "what is told first, and what was missed: rates of weeks and units, and weights (statistics 6)",
    "own_past.weeks": "how many weeks can be compared",
    "restated.version": "which version was published",
    "sample": "a draw of crimes for reading",
    "version": "which version it is",
    "basis": "what the figures were computed from",
    "satisfaction.target": "a setting",
    "satisfaction.too_few": "how many divisions are left out",
    "requirements.clustering": "how alike one officer's obligations are: ρ, by which intervals are widened",
}
"""Numbers that are worked out from figures, or that count nothing that victims were owed."""


SAID: Final = find_satisfaction(
    [
        WaveResult("2026-09", "", 150, 100), WaveResult("2026-10", "", 200, 140),
        WaveResult("2026-10", "North", 60, 40), WaveResult("2026-10", "South", 9, 5),
    ],
    Week.parse("2026-W45"), target=70,
)  # fmt: skip
"""What a survey said, of which the simulated force has none."""


@cache
def board() -> Figures:
    """A week's report that has something of everything."""
    return msgspec.structs.replace(traced_figures("2026-W45", None), satisfaction=SAID)


def numbers(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each number in data as JSON has it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from numbers(part, (*path, name))
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value):
            yield from numbers(part, (*path, place))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def changed(data: Any, path: tuple[str | int, ...]) -> Any:
    """The data with another number in one place."""
    if not path:
        return data + 7
    first, *rest = path
    if isinstance(data, dict):
        return data | {first: changed(data[first], tuple(rest))}
    return [changed(part, tuple(rest)) if place == first else part for place, part in enumerate(data)]


def numbers_without_a_row() -> list[str]:
    """The numbers of the published model that may be others without any row being another."""
    data = msgspec.to_builtins(board())
    places: dict[str, list[tuple[str | int, ...]]] = {}
    for path in numbers(data):
        places.setdefault(".".join(part for part in path if isinstance(part, str)), []).append(path)
    told = rows(board())
    return [
        name
        for name, paths in places.items()
        if all(rows(msgspec.convert(changed(data, path), Figures)) == told for path in (*paths[:3], *paths[-3:]))
    ]


def test_every_number_of_a_report_is_that_of_a_figure() -> None:
    """A number of the model that is another makes the row of a figure another, or it is known of which figure it is."""
    measures = {f"{place}.{measure}" for place, (_, every) in MEASURES.items() for measure in every}
    found = set(numbers_without_a_row())
    others = {name for name in found - measures if not any(name.startswith(known) for known in WORKED_OUT)}
    assert others == set(), "numbers without a figure: add one to compliance/reports/catalogue (docs/contributing.md)"
    assert measures <= found, "these have a row by now"
    assert all(any(name.startswith(known) for name in found) for known in WORKED_OUT)
    assert {name for name, _ in MEASURES.values()} <= FIGURES.keys()


def test_a_number_without_a_figure_is_found() -> None:
    """The attempt above, on a model with a number that nobody made a figure of."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rows_of, "FIGURES", {name: each for name, each in FIGURES.items() if name != "closed-across"})
        assert "closing.across_due_date" in numbers_without_a_row()


def test_every_row_is_named_by_its_figure_and_counts_what_the_figure_says() -> None:
    for row in rows(board()):
        found = find_figure(row.figure)
        assert found is not None, row.figure
        figure, key, group = found
        assert figure.takes(key, group), row.figure
        assert figure.name_of(key, group) == row.figure
        assert row.section in SECTIONS
        known = {*figure.measures, "of", "rate", "silent", "overdue_then", *WORKED}
        assert row.numbers.keys() <= known, row.figure


def test_a_figure_is_not_made_without_one_of_its_parts() -> None:
    """Nor with one that says nothing. Key and group may be empty, and have to be said to be."""
    whole = {field.name: getattr(FIGURES["rate"], field.name) for field in fields(Figure)}
    assert Figure(**whole) == FIGURES["rate"]
    assert set(whole) == {
        "name", "key", "group", "title", "meaning", "clause", "cases", "measures", "count", "rows", "disclosure",
    }  # fmt: skip
    for part in whole:
        with pytest.raises(TypeError, match=part):
            Figure(**{name: value for name, value in whole.items() if name != part})
    for part in whole.keys() - {"key", "group"}:
        with pytest.raises(ValueError, match=f"{part} says nothing"):
            Figure(**whole | {part: type(whole[part])() if isinstance(whole[part], str | dict) else None})


def told_numbers(figures: Figures) -> dict[str, dict[str, Any]]:
    """The numbers that an edition tells, by figure."""
    told: dict[str, dict[str, Any]] = {}
    for row in rows(figures):
        known = {measure: number for measure, number in row.numbers.items() if number is not None}
        found = find_figure(row.figure)
        if known and found:
            told.setdefault(found[0].name, {})[f"{row.section}/{row.figure}"] = known
    return told


def test_1_6_the_public_edition_tells_what_the_disclosures_tell_and_nothing_else() -> None:
    """Without disclosures nothing is told; a figure that says it is not told has no number."""
    whole = told_numbers(public(board()))
    silent = {name for name, figure in FIGURES.items() if figure.disclosure.words.startswith("not disclosed")}
    assert silent >= {"provisional", "division", "question", "reminders", "restated", "pattern"}
    assert not silent & whole.keys()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(editions, "FIGURES", {})
        nothing = public(board())
    assert told_numbers(nothing) == {}
    assert all(share.withheld for share in shares(nothing)), "nor in the model"


def shares(value: Any) -> Iterator[Proportion]:
    """Every share in a part of the model."""
    if isinstance(value, Proportion):
        yield value
    elif isinstance(value, msgspec.Struct):
        yield from shares(tuple(getattr(value, name) for name in value.__struct_fields__))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from shares(part)


def test_a_meaning_speaks_of_the_kind_of_its_period() -> None:
    for kind in ("week", "month", "quarter"):
        for figure in FIGURES.values():
            said = figure.meaning.format(kind=kind, methods="phone")
            assert "{" not in said
        assert f"obligations due in the {kind}" in FIGURES["rate"].meaning.format(kind=kind)


def test_the_page_of_figures_is_up_to_date() -> None:
    assert (ROOT / "docs" / "figures.md").read_text("utf-8") == figures_page(), "run `make docs`"
