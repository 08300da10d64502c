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
        compared = sum(force.compared and force.name is not None for force in figures.forces)
        every = compared == sum(force.name is not None for force in figures.forces)
        yield UnitFamily(
            "force",
            None,
            "all forces" if every else f"the {count_noun(compared, 'force')} compared",
            figures.requirements,
        )
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
    read, used = figures.records, figures.organisation
    yield f"Week {figures.week}, settled {figures.settled:%Y-%m-%d %H:%M}Z; trailing weeks {first} to {last}."
    yield f"{figures.policy} ({figures.policy_digest[:12]})."
    counted = [count_noun(read.crimes, "crime"), count_noun(read.victims, "victim"), count_noun(read.updates, "update")]
    newest = f"; the newest of {read.newest:%Y-%m-%d %H:%M}Z" if read.newest else ""
    yield f"{', '.join(counted)}{newest}."
    yield "Each week is judged as at seven days after its end (statistics 1.2)."
    yield "One version of each record is held, so what was corrected since is not known (statistics 1.2a)."
    if used:
        yield f"Forces, areas and divisions are those of {words.day(used.day)} ({used.digest[:12]})."
    if any(force.areas or force.requirements for force in figures.forces):
        yield (
            "Among all forces, intervals rest on how alike the cases of one officer are in all of them; in the tables "
            "of one force, in that force (statistics 1.3)."
        )
    units = (unit for family in list_families(figures) for each in family.requirements for unit in each.divisions)
    if any(unit.rests_on for unit in units):
        yield "But not without another: with that one left out, too, the difference may be chance (statistics 1.5)."


def list_warnings(figures: FiguresAcross) -> Iterator[str]:
    """Yield what is not in the figures, or stands in the way of reading them, a sentence or two each."""
    if refused := figures.records.refused:
        yield f"Refused, and in no figure: {count_noun(refused, 'record')}."
    for what, count in (("victim", figures.records.victims), ("update", figures.records.updates)):
        if figures.records.crimes and not count:
            yield f"No crime has a single {what}: see that the records have the column {what}s, by this name."
    if figures.records.newest and figures.records.newest < figures.settled - timedelta(days=1):
        yield (
            f"The newest crime or update is of {figures.records.newest:%Y-%m-%d %H:%M}Z, before the week was settled: "
            "if the records were read then, the rates are too low."
        )
    for force in figures.forces:
        if not force.compared:
            yield _not_compared(force, figures)
    for ended in figures.ended:
        name, last = printable(ended.name), words.day(ended.last)
        yield (
            f"No crime of force {name} was reported after {last}: what is due since is of older cases. If it became "
            "another force, --organisation says so."
        )
    yield from _list_map(figures)


def _list_map(figures: FiguresAcross) -> Iterator[str]:
    used = figures.organisation
    for day in used.reorganised if used else ():
        before = used is not None and day <= used.day
        other = day - timedelta(days=1) if before else day
        yield (
            f"Forces or their parts changed on {words.day(day)}, within these weeks; --map-on {other} shows all weeks "
            f"by those {'before' if before else 'after'}."
        )
    for name in figures.unplaced[:_SHOWN]:
        where = "Of no force" if name.force is None else f"Under no division of force {printable(name.force)}"
        named = "cases without a division" if name.division is None else f"division {printable(name.division)}"
        crimes = f"{count_noun(name.crimes, 'crime')} of these weeks in the folder of force {printable(name.folder)}"
        advice = "" if name.division is None else " Name it in the organisation of the force that has it."
        yield f"{where}: {named}, in {crimes}.{advice}"
    if len(figures.unplaced) > _SHOWN:
        yield f"And {count_noun(len(figures.unplaced) - _SHOWN, 'name')} more that lead to no unit; JSON has them all."


def _not_compared(force: ForceFigures, figures: FiguresAcross) -> str:
    since = f"its records begin on {words.day(force.records_begin)}" if force.records_begin else "it holds no crime"
    name = f"Force {printable(force.name)}" if force.name else "What is of no force"
    made = figures.organisation is None and force.records_begin
    hint = " If it was made of others, --organisation says of which." if made else ""
    return f"{name} is not compared, and not in the total: {since} (statistics 1.2b).{hint}"
