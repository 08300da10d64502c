"""The email that announces a new report: its first page as text and HTML, and where to find the whole of it."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from compliance.errors import SettingsError
from compliance.reports.model.printable_figures import make_printable
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import span
from compliance.reports.pieces.parts import (
    Chart,
    Heading,
    Items,
    KeyFigures,
    Note,
    Part,
    Report,
    Statement,
    Table,
    plain,
)
from compliance.reports.rendering.render import fill, without_blank_lines
from compliance.reports.sections import board_page

WIDTH: Final = 76
"""Characters in a line of the text part, which every email client shows without breaking it."""


class Place(NamedTuple):
    """A file of the report, and the address at which readers open it (empty for none)."""

    name: str
    link: str


class Announcement(NamedTuple):
    """An email: subject, text and HTML. `problem`: why it has no HTML, empty if it has."""

    subject: str
    text: str
    html: str | None
    problem: str


def announce(figures: Figures, files: Sequence[str], folder: str, link: str | None = None) -> Announcement:
    """Return the email about a report written as some files in a folder.

    `link`: the address of a file, with `{file}` in place of its name; None: the folder is named instead. If the HTML
    template is wrong, the email has its text only.
    """
    report = board_page(figures)
    again = f" (version {figures.version}: {', '.join(figures.changed)} changed)" if figures.changed else ""
    subject = make_printable(f"Keeping victims informed: {span(figures.first, figures.last)}{again}")
    places = [Place(name, link.replace("{file}", quote(name)) if link else "") for name in files]
    content = {"subject": subject, "report": report, "places": places, "folder": "" if link else folder}
    html, problem = None, ""
    try:
        html = without_blank_lines(fill("mail.html.j2", **content))
    except SettingsError as error:
        problem = str(error)
    return Announcement(subject, make_printable(_text(report, places, content["folder"]), "\n"), html, problem)


def _text(report: Report, places: Sequence[Place], folder: Any) -> str:
    where = [place.link or place.name for place in places]
    head = (f"{report.force}: {report.title}", report.period, *report.about)
    lines = [*(line for text in head for line in _fill(text)), ""]
    lines += ["The whole report:", *(f"  {each}" for each in where), *([f"in {folder}"] if folder else [])]
    for section in report.sections:
        lines += ["", "", section.heading.upper()]
        for part in filter(_is_shown, section.parts):
            lines += ["", *_PARTS[type(part)](part)]
    return "\n".join([*lines, "", "--", *_fill(report.footer)]) + "\n"


def _is_shown(part: Part) -> bool:
    """Return whether the email includes a part. It has no drawings, and so no notes about them."""
    return not (isinstance(part, Note) and part.of_drawing)


def _fill(text: str, indent: int = 0) -> list[str]:
    """Wrap a paragraph into lines, all but the first indented."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def _heading(part: Heading) -> Iterable[str]:
    return [part.text]


def _word(part: Statement) -> str:
    sign = {"better": "▲ ", "worse": "▼ ", "": ""}[part.direction]
    return sign + (f"{part.about}. " if part.about else "") + part.words


def _statement(part: Statement) -> Iterable[str]:
    return _fill(_word(part))


def _note(part: Note) -> Iterable[str]:
    return _fill(plain(part.text))


def _items(part: Items) -> Iterator[str]:
    for place, item in enumerate(part.items, 1):
        if part.look == "terms":
            yield from _fill(f"{item.about}: {item.words}")
            yield ""
        else:
            yield from _fill(f"{place}. {_word(item)}" if part.look == "numbered" else f"- {_word(item)}", 3)


def _key_figures(part: KeyFigures) -> Iterator[str]:
    for figure in part.figures:
        yield f"{figure.title}: {figure.number.text}{figure.unit}"
        for line in (figure.about, *map(plain, figure.counts)):
            yield from _fill(f"  {line}", 2)
        for other in figure.beside:
            yield f"  {other.name}: {plain(other.text)}"
        yield from _fill(f"  {figure.change.words}", 2)
        yield ""


def _table(part: Table) -> Iterator[str]:
    yield from _fill(part.caption)
    if part.cases:
        yield from _fill(f"Cases: figure {', '.join(part.cases)}")
    for row in (*part.rows, *part.foot):
        name, *cells = zip(part.columns, row, strict=True)
        values = [f"{column.group + ': ' if column.group else ''}{column.title} {plain(cell.text)}"
                for column, cell in cells if column.kind != "drawn" and cell.text]  # fmt: skip
        yield from _fill(f"- {plain(name[1].text)}: {'; '.join(values)}", 2)


def _chart(part: Chart) -> Iterable[str]:
    return [*_fill(part.caption), *_fill(part.words)]


_PARTS: Final[dict[type[Part], Callable[[Any], Iterable[str]]]] = {
    Heading: _heading, Statement: _statement, Note: _note, Items: _items, KeyFigures: _key_figures, Table: _table,
    Chart: _chart,
}  # fmt: skip
