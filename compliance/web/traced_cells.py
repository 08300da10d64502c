"""A case behind a number as a row: of the page, and of the file."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from compliance.policy.calendars import plain_date
from compliance.reports.catalogue.case import TracedCase
from compliance.reports.rendering.list_files import Cell

TITLES: Final = {
    "crime_ref": "Crime", "victim_ref": "Victim", "requirement": "Requirement", "cycle": "Cycle", "due_date": "Due",
    "state": "State", "counted": "Counted", "closed_on": "Closed", "update_ref": "Update", "at": "Took place",
    "entered_at": "Entered", "told_at": "Reminded", "mail": "Email",
}  # fmt: skip
"""What is shown of a case, by the fields of `TracedCase`."""
_COUNTED: Final = {1: "yes", 0: "no", -1: "taken away"}


def fields_of(cases: Iterable[TracedCase], *, has_cycles: bool) -> list[str]:
    """Return the fields that some of the cases have. `has_cycles`: whether more than one cycle can be."""
    listed = list(cases)
    asked = [name for name in TITLES if has_cycles or name != "cycle"]
    return [name for name in asked if name == "crime_ref" or any(getattr(case, name) is not None for case in listed)]


def texts_of(case: TracedCase, names: Sequence[str]) -> list[str]:
    """Return fields of a case as the page shows them."""
    values = ((name, getattr(case, name)) for name in names)
    return [_COUNTED.get(value, str(value)) if name == "counted" else _text(value) for name, value in values]


def cells_of(case: TracedCase, names: Sequence[str]) -> list[Cell]:
    """Return fields of a case as a file has them: instants with their offset."""
    values = (getattr(case, name) for name in names)
    return [value.isoformat(timespec="minutes") if isinstance(value, datetime) else value for value in values]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{plain_date(value.date())}, {value:%H:%M}"
    if isinstance(value, date):
        return plain_date(value)
    return "" if value is None else str(value)
