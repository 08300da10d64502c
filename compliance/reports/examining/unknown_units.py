"""Names of divisions and teams that the map of the organisation does not have (decision 0031)."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from compliance.policy.verdicts import Verdicts
from compliance.records.columns import Columns
from compliance.records.instants import to_micros
from compliance.reports.examining.unknown_quality import LISTED
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.model.case_sets import QualityRows
from compliance.reports.model.printable_figures import make_printable
from compliance.reports.model.report_model import Quality
from compliance.reports.organisation import UNKNOWN_DIVISION, UNKNOWN_TEAM, Organisation
from compliance.reports.periods.spans import Span

UNITS: Final = {
    UNKNOWN_DIVISION: "Crimes of a division that the organisation does not have",
    UNKNOWN_TEAM: "Crimes of a team that the organisation does not have",
}
"""The classes, with the title of each."""
_MEANING: Final = "shown under no unit of their own: add the name, or its spelling, to the file of the organisation"


def count_unknown_units(
    verdicts: Verdicts, as_recorded: Columns | None, options: ReportOptions, period: Span
) -> Iterator[Quality]:
    """Yield each class, followed by its most frequent names; nothing if there is no map.

    `as_recorded`: the records of the verdicts, with units as the crime system names them.
    """
    if options.organisation is None or as_recorded is None:
        return
    for key, title in UNITS.items():
        found, names = select_unknown_units(verdicts, as_recorded, options.organisation, key, period)
        within = found.within(period)
        yield Quality(key, title, _MEANING, "8", in_week=int(within.sum()), held=len(found.rows))
        held = Counter(names)
        in_week = Counter(name for name, belongs in zip(names, within.tolist(), strict=True) if belongs)
        for name, count in sorted(held.items(), key=lambda item: (-item[1], item[0]))[:LISTED]:
            title_of = f"of these: “{name}”"
            yield Quality(f"{key}/{name}", title_of, "", "8", in_week=in_week[name], held=count)


def select_unknown_units(
    verdicts: Verdicts, as_recorded: Columns, organisation: Organisation, key: str, period: Span
) -> tuple[QualityRows, list[str]]:
    """Return (what a class counts, the name of each as it may be shown).

    It counts crimes reported by T, once for each name.
    """
    rows, names = organisation.on(period.last).find_unknown(as_recorded, key)
    there = as_recorded.reported_at[rows] <= to_micros(verdicts.as_at)
    day = verdicts.policy.local.of(as_recorded.reported_at[rows[there]])
    shown_names = [make_printable(name) for name, reported in zip(names, there.tolist(), strict=True) if reported]
    return QualityRows("crimes", rows[there], day), shown_names
