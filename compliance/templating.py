"""Templates that a force may edit: strict and escaped, with errors that name the file and line."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, select_autoescape

from compliance.errors import SettingsError

_PLAIN: Final = ("txt.j2",)


class Templates:
    """The Jinja templates in a folder, with the filters and values that all of them can use.

    An unknown name is an error, never a blank. Values go through `finalize`, if given, and are then escaped, except in
    plain text (`.txt.j2`).
    """

    def __init__(
        self,
        folder: Path,
        filters: Mapping[str, Callable[..., Any]],
        values: Mapping[str, Any] | None = None,
        finalize: Callable[[Any], Any] | None = None,
    ) -> None:
        self._folder = folder
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(disabled_extensions=_PLAIN, default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=finalize,
        )
        self._environment.filters.update(filters)
        self._environment.globals.update(values or {})

    def fill(self, name: str, **values: Any) -> str:
        """Return a template filled with values. Raises SettingsError that names the template and the wrong line."""
        try:
            return self._environment.get_template(name).render(**values)
        except TemplateSyntaxError as error:
            raise SettingsError(
                f"{error.filename or self._folder / name}, line {error.lineno}: {error.message}"
            ) from None
        except (TemplateError, OSError, TypeError, ValueError) as error:
            raise SettingsError(f"{self._place(error, name)}: {error}") from None

    def check_syntax(self) -> None:
        """Read every template, without filling in any. Raises SettingsError that names the template and the line."""
        for name in self._environment.list_templates(filter_func=lambda name: name.endswith(".j2")):
            path = self._folder / name
            try:
                self._environment.parse(path.read_text("utf-8"), name, str(path))
            except TemplateSyntaxError as error:
                raise SettingsError(f"{path}, line {error.lineno}: {error.message}") from None
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{path}: cannot be read ({type(error).__name__})") from None

    def load(self) -> None:
        """Compile every template now, so that nobody waits for it later. A wrong one is told of when it is filled."""
        for name in self._environment.list_templates(filter_func=lambda name: name.endswith(".j2")):
            with suppress(TemplateError, OSError, UnicodeDecodeError):
                self._environment.get_template(name)

    def _place(self, error: Exception, name: str) -> str:
        """Return where an error arose: this template or one that it includes, and the line."""
        place, at = str(self._folder / name), error.__traceback__
        while at is not None:
            file = at.tb_frame.f_code.co_filename
            if Path(file).parent == self._folder:
                place = f"{file}, line {at.tb_lineno}"
            at = at.tb_next
        return place
