"""Figures into one self-contained HTML file: no script, nothing fetched, the same bytes for the same figures."""

import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError

from compliance.errors import SettingsError
from compliance.reports import words
from compliance.reports.model import Figures
from compliance.resources import resource

EDITION: Final = "board"


def render(figures: Figures) -> str:
    """The report as HTML. Raises SettingsError that names the template and the line where a template is wrong."""
    environment = _environment()
    try:
        template = environment.get_template("weekly.html.j2")
        page = template.render(figures=figures, summary=words.summary(figures))
    except TemplateSyntaxError as error:
        raise SettingsError(f"{error.filename or error.name}, line {error.lineno}: {error.message}") from None
    except TemplateError as error:
        raise SettingsError(f"{resource('templates', 'report')}: the report could not be made: {error}") from None
    lines = (line.strip() for line in page.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def file_name(figures: Figures, version: int = 1) -> str:
    """The name of a report's file: 2016-W18-board.html, later versions 2016-W18-board-v2.html."""
    return f"{figures.week}-{EDITION}{'' if version == 1 else f'-v{version}'}.html"


def write_report(figures: Figures, folder: Path, version: int = 1) -> Path:
    """Write the report into a folder, whole or not at all, and answer with its path. Raises SettingsError where the
    folder cannot be written."""
    return write_whole(folder / file_name(figures, version), render(figures).encode())


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file beside its place, then put it there in one step: a reader sees the old one or the new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise SettingsError(f"{path}: the report cannot be written ({error.strerror})") from None
    return path


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource("templates", "report")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        percent=words.percent,
        interval=words.interval,
        number=words.number,
        signed=words.signed,
        verdict=words.verdict,
        day=words.day,
        instant=words.instant,
        heading=words.heading,
        reach=words.reach,
        week_name=words.week_name,
    )
    environment.globals.update(span=words.span, counted=words.counted)
    return environment
