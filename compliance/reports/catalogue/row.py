"""A row of the report: the numbers of one figure by measure, under the figure's name."""

from typing import Final, NamedTuple

from msgspec import Struct

from compliance.reports.model.proportions import Proportion, RateDifference

Number = int | float | None
NO_NAME: Final = "not recorded"


class Row(Struct, frozen=True):
    """One figure: its name, section of the report, what it is, its group and period, and its numbers by measure.

    `status`: empty, `not available`, `few` (fewer than 10) or `withheld`.
    """

    figure: str
    section: str
    what: str
    group: str
    period: str
    numbers: dict[str, Number]
    status: str


class PlacedRow(NamedTuple):
    """A row and its place in its section. Rows in the same place follow the order of the catalogue."""

    place: tuple[int, ...]
    row: Row


SECTIONS: Final = {
    "rates": "Rates",
    "weeks": "Week by week",
    "areas": "Areas",
    "units": "Divisions",
    "same-day": "Same-day question",
    "contact": "Contact",
    "survey": "What victims say",
    "outstanding": "Overdue and closed",
    "groups": "Groups of victims",
    "restated": "Restatement",
    "quality": "Data quality",
    "reminders": "Reminders",
}
"""The sections of the rows, in order."""


def share_row(section: str, figure: str, what: str, group: str, period: str, share: Proportion, **more: Number) -> Row:
    """Return the row of a share."""
    return Row(figure, section, what, group, period, _share_numbers(share) | more, _share_status(share))


def count_row(section: str, figure: str, what: str, group: str, period: str, **numbers: Number) -> Row:
    """Return the row of counts that are not a share."""
    known = any(number is not None for number in numbers.values())
    return Row(figure, section, what, group, period, dict(numbers), "" if known else "not available")


def change_numbers(change: RateDifference | None) -> dict[str, Number]:
    """Return the numbers of a difference by measure, empty if there is nothing to compare with."""
    if change is None:
        return {}
    return {"difference": change.difference, "difference_low": change.low, "difference_high": change.high}


def band_measure(first: int, last: int | None) -> str:
    """Return the measure for how many have been overdue from `first` to `last` days; None: `first` days or more."""
    return f"days_{first}_to_{last}" if last else f"days_{first}_and_more"


def _share_numbers(share: Proportion) -> dict[str, Number]:
    """Return the numbers of a share by measure, None for each if it is withheld."""
    if share.withheld:
        return dict.fromkeys(("count", "of", "rate", "low", "high", "design_effect"))
    return {
        "count": share.count, "of": share.of, "rate": share.rate, "low": share.low, "high": share.high,
        "design_effect": share.deff,
    }  # fmt: skip


def _share_status(share: Proportion) -> str:
    if share.withheld:
        return "withheld"
    return "not available" if share.of == 0 else "few" if share.few else ""
