"""What victims say: the share satisfied with being kept informed, by the force's survey (docs/satisfaction.md)."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from compliance.reports.catalogue.counted import COUNT
from compliance.reports.catalogue.disclosure import WITHHELD, reveals_small, share
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import Disclosure, Figure
from compliance.reports.catalogue.row import PlacedRow, change_numbers, share_row
from compliance.reports.model.report_model import Figures
from compliance.reports.model.satisfaction_model import Satisfaction

_WHAT: Final = "victims satisfied"


def _count(_edition: Edition, _key: str, _group: str | None) -> str:
    """Say where to look: no person who answered is known."""
    return "it counts answers to a survey, and of whom is not known. `compliance survey show` lists its waves"


def _rows(figures: Figures) -> Iterator[PlacedRow]:
    found = figures.satisfaction
    if found is UNSET:
        return
    name, whose = SATISFACTION.name_of(found.wave), figures.unit or "all"
    yield PlacedRow((0,), share_row("survey", name, _WHAT, whose, found.wave, found.share,
                                    **change_numbers(found.change)))  # fmt: skip
    if found.share_before is not None:
        name = SATISFACTION.name_of(found.before)
        yield PlacedRow((1,), share_row("survey", name, _WHAT, whose, found.before, found.share_before))
    for each in found.divisions:
        name = SATISFACTION.name_of(found.wave, each.name)
        yield PlacedRow((2,), share_row("survey", name, _WHAT, each.name, found.wave, each.share))


def _release(board: Figures, disclosed: Figures) -> Figures:
    """Release the newest wave of the force alone: parts of it, and waves before, might show what is withheld.

    Neither where it was corrected by few answers since a report told it, nor where another wave asks about some of the
    same days: the difference would tell what those few said.
    """
    found = board.satisfaction
    if found is UNSET:
        return disclosed
    is_open = found.overlaps or any(reveals_small(found.share, each) for each in found.stood_before)
    told = WITHHELD if is_open else share(found.share)
    return replace(disclosed, satisfaction=Satisfaction(found.wave, told, found.target))


SATISFACTION: Final = Figure(
    name="satisfaction", key="WAVE", group="[DIVISION]", title="Victims satisfied",
    meaning="Of the victims who answered the survey about a wave (a period that ended by the end of the {kind}), the "
            "share satisfied with being kept informed, as imported by the time the {kind} was settled: of the newest "
            "wave, of each division with at least 10 answers to it, and of the wave before.",
    clause="statistics 1.2a, 1.4, 1.6", cases="answers to the survey; no person is known",
    measures={COUNT: "those satisfied"}, count=_count, rows=_rows,
    disclosure=Disclosure(
        "the force's newest wave, where neither those satisfied nor the others are from 1 to 4, nor differ by so few "
        "from what the wave said in an earlier report, and no other wave asks about some of the same days; no "
        "division, no wave before",
        _release,
    ),
)  # fmt: skip
