"""The same-day question: the same obligations judged three ways (statistics section 4)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from compliance.errors import SettingsError
from compliance.policy.status import Flags
from compliance.policy.verdicts import LATE, YES
from compliance.reports.catalogue.case import obligations
from compliance.reports.catalogue.counted import COUNT, CountedRows, every
from compliance.reports.catalogue.disclosure import SMALL, counts_of, reveals_small
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import Counting, Disclosure, Figure
from compliance.reports.catalogue.row import PlacedRow, count_row, share_row
from compliance.reports.judging.questions import first_owed
from compliance.reports.judging.rates import Cohort
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures, SameDay

UPDATED_LATER: Final = "updated_later"


def _readings(edition: Edition) -> tuple[int, Cohort, tuple[Flags, Flags, Flags]]:
    """Return the place of the requirement, its obligations, and which are met under each reading."""
    place = first_owed(edition.policy)
    if place is None or edition.same_day is None:
        raise SettingsError(f"policy {edition.policy.title!r} has no requirement that a same-day update is asked of")
    return place, *edition.same_day


def _count(reading: int) -> Counting:
    """Return a function that counts the obligations under one reading, by its place."""

    def count(edition: Edition, _key: str, _group: str | None) -> CountedRows:
        place, cohort, met = _readings(edition)
        listed = partial(obligations, edition.headline, cohort.verdict)
        deff = partial(edition.clusters.effect, cohort, place, edition.period)
        return CountedRows({COUNT: met[reading]}, listed, deff)

    return count


def _count_only(edition: Edition, _key: str, _group: str | None) -> CountedRows:
    """Count the victims who had an update on the day of the report and none in time after it."""
    _, cohort, met = _readings(edition)
    only = cohort.where((edition.headline.same_day_update[cohort.verdict] == YES) & ~met[0])
    counts = {COUNT: every(only.state), UPDATED_LATER: only.state == LATE}
    return CountedRows(counts, partial(obligations, edition.headline, only.verdict))


def _rows(name: str, what: str, share_of: Callable[[SameDay], Proportion]) -> Callable[[Figures], Iterator[PlacedRow]]:
    def rows(figures: Figures) -> Iterator[PlacedRow]:
        if figures.same_day:
            yield PlacedRow((), share_row("same-day", name, what, "all", figures.period, share_of(figures.same_day)))

    return rows


def _rows_only(figures: Figures) -> Iterator[PlacedRow]:
    if figures.same_day:
        yield PlacedRow((), count_row("same-day", "only-same-day", "victims who had only a same-day update", "all",
                                      figures.period, count=figures.same_day.only_same_day))  # fmt: skip


def _release(board: Figures, disclosed: Figures) -> Figures:
    """Release all three readings or none: each contains the next, so their differences would be revealed."""
    found = board.same_day
    if found is None:
        return disclosed
    readings = (found.policy, found.counting, found.original)
    victims = (found.only_same_day or 0, found.updated_later or 0)
    small = any(number in SMALL for each in readings for number in counts_of(each))
    small = small or any(reveals_small(one, other) for one in readings for other in readings)
    small = small or any(number in SMALL for number in (*victims, victims[0] - victims[1]))
    return disclosed if small else replace(disclosed, same_day=found)


_DISCLOSED: Final = Disclosure("all three readings, and who had only a same-day update, or none", _release)
_figure = partial(Figure, key="", group="", disclosure=_DISCLOSED)
_reading = partial(_figure, cases="obligations of the same-day question", measures={COUNT: "met under that reading"})
SAME_DAY: Final = _reading(
    name="same-day", title="The same-day question",
    meaning="The same obligations judged three ways: by the policy; if an update on the day of the report counted; and "
            "as the original system counted, which dropped updates on the day of the report and on the day of "
            "recording.",
    clause="rules 9.2, 9.7, statistics 4", count=_count(0),
    rows=_rows("same-day", "by the force's policy", lambda found: found.policy),
)  # fmt: skip
SAME_DAY_COUNTING: Final = _reading(
    name="same-day-counting", title="The same-day question, if the update counted",
    meaning="The obligations of the same-day question, had an update on the day of the report counted.",
    clause="rules 9.2, statistics 4", count=_count(1),
    rows=_rows("same-day-counting", "if the same-day update counted", lambda found: found.counting),
)  # fmt: skip
SAME_DAY_ORIGINAL: Final = _reading(
    name="same-day-original", title="The same-day question, as the original system counted",
    meaning="The obligations of the same-day question, had updates on the day of the report and on the day of "
            "recording been dropped.",
    clause="rules 9.7, statistics 4", count=_count(2),
    rows=_rows("same-day-original", "as the original system counted", lambda found: found.original),
)  # fmt: skip
ONLY_SAME_DAY: Final = _figure(
    name="only-same-day", title="Only a same-day update",
    meaning="Victims with a counted update on the day of the report and none after it on or before the due date.",
    clause="rules 3.3, statistics 4", cases="obligations not met, with a same-day update",
    measures={COUNT: "all", UPDATED_LATER: "updated after the due date"}, count=_count_only, rows=_rows_only,
)  # fmt: skip
