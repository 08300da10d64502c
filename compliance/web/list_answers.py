"""A list of cases as a file: its forms, how long it may be, and what is said if it is longer."""

from collections.abc import Callable, Sequence
from typing import Final

from compliance.reports.rendering.list_files import ListContent, list_csv, list_workbook
from compliance.web.page_table import Answer, Download, RefusedPageError

MOST_IN_FILE: Final = 10_000
"""The entries of a list that is given as a file, at most."""
_FORMS: Final[dict[str, tuple[str, Callable[[ListContent], bytes]]]] = {
    "csv": ("text/csv", list_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", list_workbook),
}


def check_form(form: str) -> None:
    """Raise RefusedPageError for a form that lists do not have."""
    if form not in _FORMS:
        words = "A list is given as CSV or XLSX."
        raise RefusedPageError("There is no such file", words, "a form of a list that there is not", 404)


def give_list(content: ListContent, form: str, name: str, crimes: Sequence[str]) -> Download:
    """Return a list as a file. `name`: what it is saved as, without its ending; `crimes`: of its rows, one each."""
    check_form(form)
    media_type, made = _FORMS[form]
    return Download(made(content), media_type, f"{name}.{form}", crimes, len(content.rows))


def too_long(total: int, path: str) -> Answer | None:
    """Return a page that says that a list is too long for a file; None if it is not. `path`: of the list."""
    if total <= MOST_IN_FILE:
        return None
    words = (
        f"It has {total:,} entries, and a file has at most {MOST_IN_FILE:,}. Choose less, such as one division or one "
        "requirement, and download that."
    )
    values = {"words": words, "link": (path, "Go back to the list")}
    return Answer("message.html.j2", "This list is too long for a file", values, status=400)
