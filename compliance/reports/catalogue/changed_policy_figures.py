"""The period by the policy before a change of policy (statistics section 5)."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import not_disclosed
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import KEY, Figure
from compliance.reports.catalogue.row import PlacedRow, share_row
from compliance.reports.model.report_model import Figures


def _count(_edition: Edition, _requirement: str, _group: str | None) -> CountedRows | str:
    return (
        "it is judged by the policy before, not by the one of the report: `compliance whatif` lists what that changed"
    )


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    for place, each in enumerate(figures.changed_policy.rates if figures.changed_policy else ()):
        yield PlacedRow((place,), share_row("rates", f"former-policy.{each.requirement}",
                                            f"{each.requirement} in time, by the policy before", "all", figures.period,
                                            each.before))  # fmt: skip


FORMER_POLICY: Final = Figure(
    name="former-policy", key=KEY, group="", title="By the policy before",
    meaning="The rate of the {kind} by the policy that was in use before it changed, where it changed in the {kind}, "
            "in the four weeks before it or since. What was due, and whether it was in time, is judged by that policy.",
    clause="statistics 5", cases="obligations by that policy, which is not the report's",
    measures={COUNT: "met on or before the due date"}, count=_count, rows=_rows,
    disclosure=not_disclosed("small counts would follow from the same updates by two policies"),
)  # fmt: skip
