"""Figures across forces in words: what they rest on, and the units that are compared with each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from compliance.reports.model import words
from compliance.reports.model.force_model import ComparedRequirement, FiguresAcross, ForceFigures
from compliance.reports.model.report_model import DivisionFigures
from compliance.text import count_noun, printable

NO_RANKING: Final = "A difference shows no cause. Units that do not differ are not to be ranked (statistics 1.5, 3.2)."
_UNNAMED: Final = {"force": "no force", "area": "in no area", "division": "no division"}
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class UnitFamily:
    """Units of one level whose differences are judged together (statistics 1.5): forces, or what one force is made of.

    `force`: None for all forces. `whole`: what they are compared within, in words.
    """

    level: str
    force: str | None
    whole: str
    requirements: Sequence[ComparedRequirement]

    @property
    def title(self) -> str:
        """Which units, in words, after a requirement."""
        return f"by {self.level}" if self.force is None else f"{self.force} by {self.level}"

    @property
    def tested(self) -> int:
        """How many comparisons with the rest were judged together."""
        every = [unit.change for requirement in self.requirements for unit in requirement.divisions if unit.change]
        return sum(change.tested for change in every)


def name_unit(name: str | None, level: str) -> str:
    """Return the name of a unit, or what stands for those without one."""
    return _UNNAMED[level] if name is None else name


def list_families(figures: FiguresAcross) -> Iterator[UnitFamily]:
    """Yield all forces, then the areas and the divisions of each, as far as asked for."""
    if figures.requirements:
        yield UnitFamily("force", None, "all forces", figures.requirements)
    for force in figures.forces:
        name = f"force {force.name}" if force.name else "no force"
        if force.areas:
            yield UnitFamily("area", name, "the force", force.areas)
        if force.requirements:
            yield UnitFamily("division", name, "the force", force.requirements)


def say_chance(unit: DivisionFigures) -> str:
    """Return whether the difference of a unit from the rest is chance, in words; empty if it is not compared."""
    said = words.verdict(unit.change) if unit.change else ""
    return said + (f", but not without {words.list_names(list(unit.rests_on))}" if unit.rests_on else "")


def list_basis(figures: FiguresAcross) -> Iterator[str]:
    """Yield what must be known to read the figures, a sentence or two each."""
    first, last = figures.trailing_weeks
    yield f"Week {figures.week}, settled {figures.settled:%Y-%m-%d %H:%M}Z; trailing weeks {first} to {last}."
    yield f"{figures.policy} ({figures.policy_digest[:12]})."
    yield "Each week is judged as at seven days after its end (statistics 1.2)."
    yield "One version of each record is held, so what was corrected since is not known (statistics 1.2a)."
    yield from _list_map(figures)
    for force in figures.forces:
        if not force.compared:
            yield _not_compared(force)


def _list_map(figures: FiguresAcross) -> Iterator[str]:
    used = figures.organisation
    if used is None:
        return
    yield f"Forces, areas and divisions are those of {words.day(used.day)} ({used.digest[:12]})."
    for day in used.reorganised:
        before = day <= used.day
        other = day - timedelta(days=1) if before else day
        yield (
            f"They changed on {words.day(day)}, within these weeks; --map-on {other} shows all weeks by those "
            f"{'before' if before else 'after'}."
        )
    for name in figures.unplaced[:_SHOWN]:
        named = "no division" if name.division is None else f"division {printable(name.division)}"
        where = "of no force" if name.force is None else f"under no division of force {printable(name.force)}"
        crimes = count_noun(name.crimes, "crime")
        yield f"{crimes} in the folder of force {printable(name.folder)} that name {named}: {where}."
    if len(figures.unplaced) > _SHOWN:
        yield f"And {count_noun(len(figures.unplaced) - _SHOWN, 'name')} more that lead to no unit; JSON has them all."


def _not_compared(force: ForceFigures) -> str:
    since = f"its records begin on {words.day(force.records_begin)}" if force.records_begin else "it holds no crime"
    name = f"Force {printable(force.name)}" if force.name else "What is of no force"
    return f"{name} is not compared: {since} (statistics 1.2b)."
