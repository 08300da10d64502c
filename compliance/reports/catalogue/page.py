"""The page of all figures, `docs/figures.md`, made from the catalogue by `make docs`."""

from typing import Final

from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.registry import FIGURES

_HEAD: Final = """# The figures

<!-- Made of compliance/reports/catalogue by `make docs`; do not edit. -->

Every number of a report is one of these figures, or follows from one. `compliance report cases --figure NAME` lists its
cases, `NAME:MEASURE` those of one of its measures ([report.md](report.md)). A report is about a week, a month or a
quarter: *period* stands for that here, and REQUIREMENT for the id of a requirement of the policy.
"""
_HEADINGS: Final = ("name", "what it is", "of which cases", "counted", "clause", "in the public edition")


def figures_page() -> str:
    """Return the page as Markdown."""
    table = [_HEADINGS, ("---",) * len(_HEADINGS), *map(_cells, FIGURES.values())]
    return "\n".join([_HEAD, *(f"| {' | '.join(cells)} |" for cells in table)]) + "\n"


def _cells(figure: Figure) -> tuple[str, ...]:
    words = {"kind": "period", "methods": "the methods of live contact"}
    title, meaning = figure.title.format(**words), figure.meaning.format(**words)
    (first, counted), *others = figure.measures.items()
    more = [f"`:{measure}` {what}" for measure, what in others]
    if first != "count":
        counted = f"`:{first}` {counted}"
    return (
        f"`{figure.form}`", f"**{title}.** {meaning}", figure.cases, "; ".join([counted, *more]), figure.clause,
        figure.disclosure.words,
    )  # fmt: skip
