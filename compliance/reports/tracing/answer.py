"""The cases behind a figure, looked up by the names that `rows` gives figures."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final

from compliance.errors import SettingsError, nearest
from compliance.reports.catalogue.case import TracedCase
from compliance.reports.catalogue.counted import COUNT, OF
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.registry import FIGURES, find_figure
from compliance.reports.periods.periods import parse_period


@dataclass(frozen=True, slots=True)
class TracedFigure:
    """The cases of a figure as one of its measures counts them.

    `figure`: as asked for. `instead`: why it has no cases, and where to look.
    """

    figure: str
    name: str
    measure: str
    cases: tuple[TracedCase, ...] = ()
    instead: str = ""

    @property
    def counted(self) -> int:
        """The number counted, minus what was taken away."""
        return sum(case.counted for case in self.cases)

    @property
    def of(self) -> int:
        """The number it is counted out of."""
        return sum(case.of for case in self.cases)

    @property
    def amount(self) -> float:
        """The number asked about: the count, or its share."""
        return self.counted if self.measure not in SHARES else self.counted / self.of if self.of else 0

    @property
    def sums(self) -> str:
        """What its cases add up to: so many of so many."""
        sign = "+," if any(case.counted < 0 or case.of < 0 for case in self.cases) else ","
        return f"{self.counted:{sign}} of {self.of:{sign}}"

    def __str__(self) -> str:
        return f"{self.figure}: {self.sums}"

    def table(self, counted: bool) -> Iterator[list[str]]:
        """Yield the cases as rows of texts under a heading, without columns that are empty throughout.

        All cases, or only those `counted`. Instants have minutes and their offset.
        """
        cases = [case for case in self.cases if case.counted or not counted]
        every = [field.name for field in fields(TracedCase)]
        names = [name for name in every if any(getattr(case, name) is not None for case in self.cases)] or every
        yield names
        for case in cases:
            yield [_text(getattr(case, name)) for name in names]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return "" if value is None else str(value)


_INTERVAL: Final = "the 95% Wilson interval of count / of, each divided by the design effect (statistics 1.3, 1.4)"
_DIFFERENCE: Final = (
    "the difference from another rate and its 95% Newcombe interval: of the period from `before` or `last-year`, of a "
    "division or team from the rest (statistics 1.5)"
)
_LIMITS: Final = (
    "a line of the control chart: the mean of the weeks' rates, and 2.66 times the mean difference of neighbours on "
    "either side (statistics 2.1)"
)
_FUNNEL: Final = "a limit of the funnel, from the force's rate and the effective size alone (statistics 3.1)"
WORKED_OUT: Final = {
    "low": _INTERVAL, "high": _INTERVAL,
    "design_effect": "how far the cases of one officer go together, from ρ of the force and of by officer (1.3)",
    "difference": _DIFFERENCE, "difference_low": _DIFFERENCE, "difference_high": _DIFFERENCE,
    "centre": _LIMITS, "lower_limit": _LIMITS, "upper_limit": _LIMITS,
    "funnel_low_95": _FUNNEL, "funnel_high_95": _FUNNEL, "funnel_low_998": _FUNNEL, "funnel_high_998": _FUNNEL,
    "p": "how often chance alone would give such a difference between 13 weeks and the 13 before, paired by officer "
         "(statistics 1.5b)",
    "rate_before_change": "the rate over up to 13 settled weeks before the one since which it changed",
    "rate_since": "the rate over the settled weeks since the one in which it changed",
    "updates_missed": "what was due since the change times the rate before it, less what was met; of enhanced victims "
                      "each counts twice (statistics 6)",
    "expected": "the share that chance alone would give, as the question says (docs/report.md)",
    "median_hours": "the middle of the hours from told_at to entered_at of the cases discharged by T",
}  # fmt: skip
"""Measures derived from the cases that do not count them."""
OF_THE_WEEK: Final = {"silent": "silent", "overdue_then": "overdue"}
"""Measures of a week that are figures of its own report."""
SHARES: Final = ("rate", "silent")
"""Measures that are the share of the count."""
_COUNTED: Final = {*SHARES, OF, *(measure for figure in FIGURES.values() for measure in figure.measures)}


def cases(edition: Edition, figure: str) -> TracedFigure:
    """Return the cases of a figure of an edition, in the order of the records.

    `figure`: its name, followed by `:MEASURE` if the question is not about the count. Raises SettingsError for an
    unknown figure, with the nearest known name.
    """
    name, measure = split_figure(figure)
    found = find_figure(name)
    if found is None:
        kind, forms = name.partition("/")[0].partition(".")[0], ", ".join(each.form for each in FIGURES.values())
        raise SettingsError(f"no figure {name!r}{nearest(kind, FIGURES)}; expected one of {forms}")
    asked, key, group = found
    if not asked.takes(key, group):
        raise SettingsError(f"figure {name!r} is not a figure; expected {asked.form}")
    if asked is FIGURES["week"] and measure is not None and measure in OF_THE_WEEK:
        named = f"{OF_THE_WEEK[measure]}.{key}" if measure == "overdue_then" else OF_THE_WEEK[measure]
        return replace(cases(edition.of_period(parse_period(group)), named), figure=figure, name=name, measure=measure)
    counted = asked.count(edition, key, group)
    if isinstance(counted, str):
        return TracedFigure(figure, name, measure or COUNT, instead=counted)
    if measure is not None and measure in WORKED_OUT:
        return TracedFigure(figure, name, measure, instead=f"{WORKED_OUT[measure]}. {name} lists the cases")
    first = next(iter(counted.counts))
    try:
        return TracedFigure(
            figure, name, measure or first, counted.cases(first if measure in (None, *SHARES) else measure)
        )
    except KeyError:
        has = ", ".join(counted.counts)
        raise SettingsError(f"figure {name!r} has no measure {measure!r}; it has {has}") from None


def split_figure(figure: str) -> tuple[str, str | None]:
    """Return a figure's name, and its measure if one is given."""
    name, mark, measure = figure.rpartition(":")
    known = mark and measure in {*_COUNTED, *WORKED_OUT, *OF_THE_WEEK}
    return (name, measure) if known else (figure, None)
