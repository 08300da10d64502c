"""Figures across forces as tables to read, as CSV, as JSON and as a page with funnels."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from textwrap import wrap
from typing import Final, Literal

import msgspec

from compliance.reports.forces.force_families import (
    NO_RANKING,
    UnitFamily,
    list_basis,
    list_families,
    list_warnings,
    name_unit,
    say_chance,
)
from compliance.reports.forces.force_page import force_report
from compliance.reports.model import words
from compliance.reports.model.force_model import ComparedRequirement, FiguresAcross
from compliance.reports.model.printable_figures import cell_text
from compliance.reports.model.proportions import Proportion, Rate
from compliance.reports.model.report_model import DivisionFigures
from compliance.reports.rendering.render import page_of
from compliance.text import count_noun, printable

_WIDTH: Final = 118
ForceForm = Literal["text", "csv", "json", "html"]
CSV_COLUMNS: Final = (
    "period", "map_on", "policy", "force", "area", "division", "requirement", "what",
    "count", "of", "rate", "low", "high", "design_effect", "late",
    "overdue", "missed", "difference", "difference_low", "difference_high", "p", "differs",
    "funnel_low_95", "funnel_high_95", "funnel_low_998", "funnel_high_998",
)  # fmt: skip
"""An empty `force`: all that are compared. Without an `area` and a `division`: the whole force. `differs`: from the
rest, by statistics 1.5; empty if it is not tested."""


def render(figures: FiguresAcross, form: ForceForm) -> str:
    """Return the figures in a form."""
    return FORMS[form](figures)


def _json(figures: FiguresAcross) -> str:
    return msgspec.json.format(msgspec.json.encode(figures), indent=1).decode()


def _csv(figures: FiguresAcross) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    day = figures.organisation.day.isoformat() if figures.organisation else ""
    asked = {"period": figures.week, "map_on": day, "policy": cell_text(figures.policy)}
    for named, requirement, what, cells in _rows(figures):
        units = {level: cell_text(name) for level, name in named.items()}
        numbers = {name: "" if cell is None else cell for name, cell in cells.items()}
        writer.writerow({**asked, **units, "requirement": requirement, "what": what, **numbers})
    return out.getvalue()


Named = Mapping[str, str]
"""The name at each level, by the name of its column."""
Cells = Mapping[str, object]
CsvRow = tuple[Named, str, str, Cells]
"""Which unit, under which requirement, what is counted, and the numbers."""


def _rows(figures: FiguresAcross) -> Iterator[CsvRow]:
    """Yield a row for every share."""
    for requirement in figures.requirements:
        yield from _whole(requirement, {})
        for unit in requirement.divisions:
            yield from _unit(requirement, unit, {"force": name_unit(unit.name, "force")})
    for force in figures.forces:
        of_force = {"force": name_unit(force.name, "force")}
        if not force.compared:
            for requirement in force.requirements or force.areas:  # the whole force is in both
                yield from _whole(requirement, of_force)
        for level, requirements in (("area", force.areas), ("division", force.requirements)):
            for requirement in requirements:
                for unit in requirement.divisions:
                    yield from _unit(requirement, unit, {**of_force, level: name_unit(unit.name, level)})


def _whole(requirement: ComparedRequirement, named: Named) -> Iterator[CsvRow]:
    rates = {"week": requirement.week, "trailing weeks": requirement.trailing}
    for what, rate in rates.items():
        if rate:
            yield named, requirement.id, what, _rate_cells(rate)
    if requirement.silent:
        yield named, requirement.id, "silent", _share_cells(requirement.silent)


def _unit(requirement: ComparedRequirement, unit: DivisionFigures, named: Named) -> Iterator[CsvRow]:
    yield named, requirement.id, "week", _rate_cells(unit.week)
    if unit.silent:
        yield named, requirement.id, "silent", _share_cells(unit.silent)
    if unit.trailing:
        compared = _rate_cells(unit.trailing) | _change_cells(unit) | _limit_cells(requirement, unit)
        yield named, requirement.id, "trailing weeks", compared
    if unit.rest:
        yield named, requirement.id, "the rest, trailing weeks", _rate_cells(unit.rest)


def _share_cells(share: Proportion) -> dict[str, object]:
    return {
        "count": share.count, "of": share.of, "rate": share.rate, "low": share.low, "high": share.high,
        "design_effect": share.deff,
    }  # fmt: skip


def _rate_cells(rate: Rate) -> dict[str, object]:
    return _share_cells(rate.share) | {"late": rate.late, "overdue": rate.overdue, "missed": rate.missed}


def _change_cells(unit: DivisionFigures) -> dict[str, object]:
    change = unit.change
    if change is None:
        return {}
    differs = str(change.significant).lower() if change.tested else None
    return {
        "difference": change.difference, "difference_low": change.low, "difference_high": change.high, "p": change.p,
        "differs": differs,
    }  # fmt: skip


def _limit_cells(requirement: ComparedRequirement, unit: DivisionFigures) -> dict[str, object]:
    points = requirement.funnel.points if requirement.funnel else ()
    limits = next((point.bounds for point in points if point.name == unit.name), None)
    names = ("low_95", "high_95", "low_998", "high_998")
    return {} if limits is None else {f"funnel_{name}": getattr(limits, name) for name in names}


def _text(figures: FiguresAcross) -> str:
    """Return tables of the trailing weeks, with what must be known to read them."""
    said = [*list_basis(figures), *list_warnings(figures)]
    lines = [line for each in said for line in wrap(each, _WIDTH)]
    for family in list_families(figures):
        lines += _family(family)
    lines += ["", NO_RANKING]
    return "\n".join(lines)


def _family(family: UnitFamily) -> Iterator[str]:
    """Yield the tables of units whose differences are judged together (statistics 1.5)."""
    for requirement in family.requirements:
        yield from ("", f"{requirement.title}, {printable(family.title)}", *_table(requirement, family))
    if tested := family.tested:
        yield f"{count_noun(tested, 'comparison')} with the rest judged together."


def _table(requirement: ComparedRequirement, family: UnitFamily) -> list[str]:
    head = ("", "week", "trailing weeks", "95 % interval", "of", "silent", "from the rest", "")
    rows = [head, _line(family.whole, requirement.week, requirement.trailing, requirement.silent, "", "")]
    for unit in requirement.divisions:
        change = words.points_text(words.difference_of(unit)) if unit.change else ""
        name = printable(name_unit(unit.name, family.level))
        rows.append(_line(name, unit.week, unit.trailing, unit.silent, change, printable(say_chance(unit))))
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if place in (0, 7) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]  # fmt: skip


def _line(
    name: str, week: Rate, trailing: Rate | None, silent: Proportion | None, change: str, chance: str
) -> tuple[str, ...]:
    over = trailing.share if trailing else None
    cells = (words.percent(over.rate), words.interval(over), f"{over.of:,}") if over else ("", "", "")
    return name, words.percent(week.share.rate), *cells, words.percent(silent.rate) if silent else "", change, chance


def _html(figures: FiguresAcross) -> str:
    return page_of(force_report(figures))


FORMS: Final[dict[ForceForm, Callable[[FiguresAcross], str]]] = {
    "text": _text, "csv": _csv, "json": _json, "html": _html,
}  # fmt: skip
