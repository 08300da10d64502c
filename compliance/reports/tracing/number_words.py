"""A number of a published report in words: its value, of whom and what it is, its days, and how it is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from compliance.reports.catalogue.counted import COUNT, OF
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.rate_figures import CASES
from compliance.reports.catalogue.row import NO_NAME
from compliance.reports.figure_rows import Number, rows
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import number, percent, span
from compliance.reports.periods.spans import Span
from compliance.reports.tracing.answer import SHARES

_NAMELESS: Final = {NO_NAME: "none recorded"}
_UNITS: Final = frozenset({"AREA", "DIVISION", "TEAM", "NAME", "OFFENCE", "METHOD"})
"""The groups of figures that are somebody or something, not a period or a step."""
_PLAIN: Final = frozenset({"rate", "week", "division", "team", "trailing", "area", "trailing-area", "offence"})
"""The figures whose titles say no more than the unit, the requirement and the days."""


@dataclass(frozen=True, slots=True)
class NumberInWords:
    """A number in words.

    - `shown`: as it was printed, empty if it was not.
    - `what`: of whom and what it is, and the days it covers.
    - `sums`: what was counted of how many, empty if that was not printed.
    - `counting`: what it means, with its clause.
    - `has_cycles`: whether its requirement repeats.
    """

    shown: str
    what: str
    sums: str
    counting: str
    has_cycles: bool


def describe_number(
    figures: Figures | None, about: Figure, name: str, measure: str | None, spans: Sequence[Span]
) -> NumberInWords:
    """Return a number of a report in words. `name`, `measure`: as `split_figure` gives them.

    `figures`: the report's, None if this version cannot read them. `spans`: the days it covers.
    """
    front, _, group = name.partition("/")
    key = front.partition(".")[2]
    found = next((each for each in figures.requirements if each.id == key), None) if figures else None
    numbers = next((row.numbers for row in rows(figures) if row.figure == name), {}) if figures else {}
    kind = figures.kind if figures else "period"
    words = {"kind": kind, "methods": ", ".join(figures.basis.live_methods) if figures else "live methods"}
    title, whole = about.title.format(**words), figures.unit if figures and figures.unit else "Whole force"
    is_unit = group and about.group.strip("[]") in _UNITS
    days = span(spans[0].first, spans[-1].last) if spans else ""
    parts = [
        _NAMELESS.get(group, group) if is_unit else whole,
        "" if about.name in _PLAIN else _small(title),
        _small(found.title) if found else "",
        f"{'due ' if about.cases.startswith(CASES) else ''}{days}",
    ]
    asked = measure or next(iter(about.measures))
    return NumberInWords(
        _shown(asked, numbers.get(asked)),
        ", ".join(part for part in parts if part),
        _sums(about, asked, numbers),
        f"{title}: {about.meaning.format(**words).removesuffix('.')} ({about.clause}).",
        found.repeats if found else True,
    )


def _shown(measure: str, value: Number) -> str:
    if value is None:
        return ""
    return percent(value) if measure in SHARES else number(int(value))


def _sums(about: Figure, measure: str, numbers: dict[str, Number]) -> str:
    """Return what was counted, of how many: of a share what it is the share of, otherwise what was asked about."""
    counted = COUNT if measure in (*SHARES, OF) else measure
    value, of = numbers.get(counted), numbers.get(OF)
    if value is None:
        return ""
    return f"{value:,} {measure_words(about, counted)}" + (
        "" if of is None else f" of {of:,} {measure_words(about, OF)}"
    )


def measure_words(about: Figure, measure: str) -> str:
    """Return what a measure of a figure counts, in a word or a few: given in time, late, due."""
    of_due = about.cases == CASES
    if measure == OF:
        return "due" if of_due else about.cases
    return "given in time" if of_due and measure in (COUNT, *SHARES) else about.measures.get(measure, measure)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
