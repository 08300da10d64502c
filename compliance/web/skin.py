"""The look of the pages: templates filled, the stylesheet, and the headers that every answer has."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from markupsafe import Markup, escape

from compliance.reminders.emails.templates import describe_due
from compliance.reports.model.printable_figures import LAYOUT, make_printable
from compliance.resources import resource
from compliance.templating import Templates
from compliance.text import count_noun, plural

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer: nothing inline, nothing from elsewhere, nothing kept."""
DOCUMENT: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
"""Of a report, which is one file with its styles in it: it may do nothing but be looked at."""
_STYLES: Final = (("report", "report.css"), ("explain", "parts.css"), ("web", "web.css"))


def fill(template: str, **values: Any) -> str:
    """Fill a template of the pages. Raises SettingsError that names the template and the line if it is wrong."""
    text = _templates().fill(template, **values)
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line) + "\n"


def load_templates() -> None:
    """Compile the templates of the pages, so that no view waits for it."""
    _templates().load()


@lru_cache(maxsize=1)
def stylesheet() -> bytes:
    """Return the one stylesheet: the measures and colours of the report, the parts of an explanation, the pages."""
    return "\n".join(resource("templates", *path).read_text("utf-8") for path in _STYLES).encode()


def _make_printable(value: Any) -> Any:
    return make_printable(value.replace("\r\n", "\n"), LAYOUT) if type(value) is str else value


def keep_lines(text: str) -> Markup:
    """Return somebody's own words with every line break as written, which `fill` would tidy away."""
    return Markup("&#10;").join(map(escape, _make_printable(text).split("\n")))


def mark_code(text: str) -> Markup:
    """Return a sentence of ours with what stands between backticks marked as a command."""
    parts = map(escape, _make_printable(text).split("`"))
    marked = (Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts))
    return Markup("").join(marked)


@lru_cache(maxsize=1)
def _templates() -> Templates:
    filters: dict[str, Callable[..., Any]] = {"when": describe_due, "count": count_noun, "plural": plural}
    filters |= {"lines": keep_lines, "code": mark_code}
    return Templates(resource("templates", "web"), filters, {}, _make_printable)
