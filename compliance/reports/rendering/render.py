"""A report as one self-contained HTML file: no script, nothing fetched, the same bytes for the same figures."""

import re
from collections.abc import Callable
from functools import lru_cache
from html import unescape
from typing import Any, Final

from markupsafe import Markup, escape

from compliance.reports.model.printable_figures import LAYOUT, make_printable
from compliance.reports.model.report_model import Figures
from compliance.reports.pieces.parts import Chart, Part, Report
from compliance.reports.sections import report_of
from compliance.resources import resource
from compliance.templating import Templates

_ID: Final = re.compile(r' id="([^"]*)"')
_LINK: Final = re.compile(r'<a href="#([^"]*)">')
_NUMBER: Final = re.compile(r'<data value="(?P<value>[^"]*)" data-figure="(?P<figure>[^"]*)"[^>]*>[^<]*</data>')
_NOTHING: Final = ("0", "0.0")


def render(figures: Figures) -> str:
    """Return the report as HTML. Raises SettingsError that names the template and line if a template is wrong."""
    return page_of(report_of(figures))


def page_of(report: Report) -> str:
    """Return a report as a page."""
    return without_blank_lines(fill("page.html.j2", report=report))


def sections_of(report: Report, place: Callable[[str], str], cases: Callable[[str], tuple[str, str] | None]) -> Markup:
    """Return the sections of a report as they stand in its page, for a page of another kind.

    `place`: gives the address of a part that is not here, by its id; links to it lead there. `cases`: gives that of the
    cases behind a number, by its name and measure, with what it counts in words; None if it has none. Other numbers
    than 0 lead there.
    """
    drawn = without_blank_lines(fill("sections.html.j2", report=report))
    here = set(_ID.findall(drawn))

    def lead(found: re.Match[str]) -> str:
        return found[0] if found[1] in here else f'<a href="{escape(place(unescape(found[1])))}">'

    def open_cases(found: re.Match[str]) -> str:
        link = None if found["value"] in _NOTHING else cases(unescape(found["figure"]))
        if link is None:
            return found[0]
        hidden = f'<span class="hidden"> {escape(link[1])}: open the cases</span>'
        return f'<a class="cases" href="{escape(link[0])}">{found[0]}{hidden}</a>'

    linked = _NUMBER.sub(open_cases, _LINK.sub(lead, drawn))
    return Markup(linked)  # noqa: S704  # of a template, which escapes what is put in


def without_blank_lines(text: str) -> str:
    """Return markup without the blank lines and indents of the templates."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def draw(part: Chart, font: str) -> Markup:
    """Return a chart as SVG in a font; empty: that of the page."""
    kind = type(part.drawing).__name__
    drawing = fill("charts.svg.j2", kind=kind, chart=part.drawing, label=part.words, font=font)
    return Markup(without_blank_lines(drawing).strip())  # noqa: S704  # of a template, which escapes what is put in


def fill(template: str, **values: Any) -> str:
    """Fill a report's template. Raises SettingsError that names the template and line if it is wrong."""
    return _environment().fill(template, **values)


def kind_of(part: Part) -> str:
    """Return the kind of a part."""
    tag = part.__struct_config__.tag
    return str(tag)


def _make_printable(value: Any) -> Any:
    """Return a value printable in a template. Text from the records is cleaned; markup is our own and left alone."""
    return make_printable(value, LAYOUT) if type(value) is str else value


@lru_cache(maxsize=1)
def _environment() -> Templates:
    return Templates(resource("templates", "report"), {}, {"draw": draw, "kind_of": kind_of}, _make_printable)
