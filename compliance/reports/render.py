"""Figures into one self-contained HTML file: no script, nothing fetched, the same bytes for the same figures."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from compliance.reports import attention, charts, passages, telling, words
from compliance.reports.definitions import GLOSSARY
from compliance.reports.model import Figures
from compliance.reports.periods import in_words
from compliance.reports.rows import cases_command
from compliance.reports.shown import LAYOUT, shown
from compliance.resources import resource
from compliance.templating import Templates


def render(figures: Figures) -> str:
    """The report as HTML. Raises SettingsError that names the template and the line where a template is wrong."""
    unit, whole = words.units(figures)
    page = fill(
        "weekly.html.j2",
        figures=figures,
        summary=words.summary(figures),
        things=attention.things_to_look_at(figures),
        unit=unit,
        whole=whole,
        edition_name=edition_name(figures),
        cases_command=cases_command(figures.period, figures.unit),
        glossary=GLOSSARY,
    )
    lines = (line.strip() for line in page.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def fill(template: str, **values: Any) -> str:
    """A template of a report with its values. Raises SettingsError that names the template and the line where it is
    wrong."""
    return _environment().fill(template, **values)


def edition_name(figures: Figures) -> str:
    """What kind of report it is, in words."""
    often = {"week": "weekly", "month": "monthly", "quarter": "quarterly"}[figures.kind]
    whom = {"board": "to the board", "public": "to the public", "division": "to the division"}[figures.edition]
    return f"{often} report {whom}"


def _shown(value: Any) -> Any:
    """What a template prints: of what stands in the records only what can be printed. Markup is our own."""
    return shown(value, LAYOUT) if type(value) is str else value


@lru_cache(maxsize=1)
def _environment() -> Templates:
    filters: dict[str, Callable[..., Any]] = {
        "percent": words.percent,
        "interval": words.interval,
        "number": words.number,
        "signed": words.signed,
        "verdict": words.verdict,
        "day": words.day,
        "instant": words.instant,
        "heading": words.heading,
        "reach": words.reach,
        "in_words": in_words,
    }
    values = {
        "span": words.span,
        "counted": words.counted,
        "nothing_due": words.nothing_due,
        "nothing_before": words.nothing_before,
        "drawn": charts,
        "telling": telling,
        "passages": passages,
        "attention": attention,
    }
    return Templates(resource("templates", "report"), filters, values, _shown)
