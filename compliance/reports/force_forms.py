"""Figures across forces as a table to read, as CSV and as JSON."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from compliance.reports import words
from compliance.reports.force_model import ComparedRequirement, FiguresAcross
from compliance.reports.printable_figures import cell_text
from compliance.reports.proportions import Proportion, Rate
from compliance.reports.report_model import DivisionFigures
from compliance.text import count_noun, printable

ForceForm = Literal["text", "csv", "json"]
CSV_COLUMNS: Final = (
    "force", "division", "requirement", "what", "count", "of", "rate", "low", "high", "design_effect", "late",
    "overdue", "missed", "difference", "difference_low", "difference_high", "p", "differs",
    "funnel_low_95", "funnel_high_95", "funnel_low_998", "funnel_high_998",
)  # fmt: skip
"""An empty `force`: all that are compared. An empty `division`: the whole force. `differs`: from the rest, by
statistics 1.5; empty if it is not tested."""
ALL_FORCES: Final = "all forces"
_UNNAMED: Final = "no division"


def render(figures: FiguresAcross, form: ForceForm) -> str:
    """Return the figures in a form."""
    return _FORMS[form](figures)


def _json(figures: FiguresAcross) -> str:
    return msgspec.json.format(msgspec.json.encode(figures), indent=1).decode()


def _csv(figures: FiguresAcross) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for force, division, requirement, what, cells in _rows(figures):
        named = {"force": cell_text(force), "division": cell_text(division), "requirement": requirement, "what": what}
        writer.writerow({**named, **{name: "" if cell is None else cell for name, cell in cells.items()}})
    return out.getvalue()


Cells = Mapping[str, object]


def _rows(figures: FiguresAcross) -> Iterator[tuple[str, str, str, str, Cells]]:
    """Yield (force, division, requirement, what is counted, numbers) for every share."""
    for requirement in figures.requirements:
        yield from _whole(requirement, "")
        for unit in requirement.divisions:
            yield from _unit(requirement, unit, unit.name or "", "")
    for force in figures.forces:
        compared = {unit.name for requirement in figures.requirements for unit in requirement.divisions}
        for requirement in force.requirements:
            if force.name not in compared:
                yield from _whole(requirement, force.name)
            for unit in requirement.divisions:
                yield from _unit(requirement, unit, force.name, unit.name or _UNNAMED)


def _whole(requirement: ComparedRequirement, force: str) -> Iterator[tuple[str, str, str, str, Cells]]:
    rates = {"week": requirement.week, "trailing weeks": requirement.trailing}
    for what, rate in rates.items():
        if rate:
            yield force, "", requirement.id, what, _rate_cells(rate)
    if requirement.silent:
        yield force, "", requirement.id, "silent", _share_cells(requirement.silent)


def _unit(
    requirement: ComparedRequirement, unit: DivisionFigures, force: str, division: str
) -> Iterator[tuple[str, str, str, str, Cells]]:
    yield force, division, requirement.id, "week", _rate_cells(unit.week)
    if unit.silent:
        yield force, division, requirement.id, "silent", _share_cells(unit.silent)
    if unit.trailing:
        compared = _rate_cells(unit.trailing) | _change_cells(unit) | _limit_cells(requirement, unit)
        yield force, division, requirement.id, "trailing weeks", compared
    if unit.rest:
        yield force, division, requirement.id, "the rest, trailing weeks", _rate_cells(unit.rest)


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
    first, last = figures.trailing_weeks
    lines = [
        f"Week {figures.week}, settled {figures.settled:%Y-%m-%d %H:%M}Z; trailing weeks {first} to {last}.",
        f"{figures.policy} ({figures.policy_digest[:12]}).",
        "Each week is judged as at seven days after its end. One version of each record is held, so what was corrected",
        "since is not known (statistics 1.2a).",
    ]
    for force in figures.forces:
        if not force.compared:
            since = (
                f"its records begin on {words.day(force.records_begin)}" if force.records_begin else "it holds no crime"
            )
            lines.append(f"Force {printable(force.name)} is not compared: {since} (statistics 1.2b).")
    lines += _family(figures.requirements, ALL_FORCES, "by force")
    for force in figures.forces:
        lines += _family(force.requirements, "the force", f"force {printable(force.name)} by division")
    lines += ["", "A difference shows no cause. Units that do not differ are not to be ranked (statistics 1.5, 3.2)."]
    return "\n".join(lines)


def _family(requirements: Sequence[ComparedRequirement], whole: str, units: str) -> Iterator[str]:
    """Yield the tables of units whose differences are judged together (statistics 1.5)."""
    for requirement in requirements:
        yield from ("", f"{requirement.title}, {units}", *_table(requirement, whole))
    every = [unit.change for requirement in requirements for unit in requirement.divisions if unit.change]
    if tested := sum(change.tested for change in every):
        yield f"{count_noun(tested, 'comparison')} with the rest judged together."


def _table(requirement: ComparedRequirement, whole: str) -> list[str]:
    head = ("", "week", "trailing weeks", "95 % interval", "of", "silent", "from the rest", "")
    rows = [head, _line(whole, requirement.week, requirement.trailing, requirement.silent, "", "")]
    for unit in requirement.divisions:
        change = words.points_text(words.difference_of(unit)) if unit.change else ""
        chance = words.verdict(unit.change) if unit.change else ""
        if unit.rests_on:
            chance += f", but not without {words.list_names(list(map(printable, unit.rests_on)))}"
        rows.append(_line(printable(unit.name or _UNNAMED), unit.week, unit.trailing, unit.silent, change, chance))
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


_FORMS: Final[dict[ForceForm, Callable[[FiguresAcross], str]]] = {"text": _text, "csv": _csv, "json": _json}
