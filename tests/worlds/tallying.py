"""What a world's reports came to: right, false by chance, false by what was planted, and missed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tests.worlds.catalogue import PATTERN, WORLDS, Due, World
from tests.worlds.checking import judge, key_of
from tests.worlds.force import Size
from tests.worlds.playing import PlayedWorld, Told
from tests.worlds.viewing import Said, unit_of

NEAR = 2
"""The same statement within so many weeks in the quiet force of the same seed is chance."""


@dataclass(frozen=True)
class Judged:
    """A claim with what it says; false if any of that is not so."""

    told: Told
    said: tuple[Said, ...]

    @property
    def true(self) -> bool:
        """Whether all that it says is so."""
        return all(each.true for each in self.said)


@dataclass
class Lived:
    """All the claims of the reports of one world by one seed, judged."""

    world: PlayedWorld
    claims: list[Judged] = field(default_factory=list)

    @classmethod
    def of(cls, world: World, size: Size, seed: int, weeks: Iterable[int] | None = None) -> "Lived":
        """Play a world and judge its reports of some weeks; None: of all."""
        played = PlayedWorld(world, size, seed)
        return cls(played)._report(played.weeks if weeks is None else weeks)

    @classmethod
    def quiet(cls, like: World, size: Size, seed: int, weeks: Iterable[int]) -> "Lived":
        """Play the quiet force of the same seed, size and edition as a world, and judge its reports."""
        return cls.of(replace(WORLDS["quiet"], size=like.size, edition=like.edition), size, seed, weeks)

    def _report(self, weeks: Iterable[int]) -> "Lived":
        for week in weeks:
            self.claims += [Judged(told, tuple(judge(self.world, told))) for told in self.world.tell(week)]
        return self

    def false_keys(self) -> set[tuple[int, tuple[object, ...]]]:
        """Return what is said and not so, each with its week."""
        return {
            (judged.told.week, key_of(self.world, judged.told, said))
            for judged in self.claims for said in judged.said if not said.true
        }  # fmt: skip

    def false_claims(self) -> list[Judged]:
        """Return the claims that are not so."""
        return [judged for judged in self.claims if not judged.true]

    def beyond(self, quiet: "Lived") -> list[Judged]:
        """Return the false claims that the quiet force of the same seed does not make: chance is not their cause.

        Of a unit that the quiet force does not have it cannot be told, and they count as chance.
        """
        by_chance = {(week + near, key) for week, key in quiet.false_keys() for near in range(-NEAR, NEAR + 1)}
        return [
            judged for judged in self.false_claims()
            if any(
                (judged.told.week, key_of(self.world, judged.told, said)) not in by_chance
                for said in judged.said if not said.true and self._in_both(quiet, said.unit)
            )
        ]  # fmt: skip

    def _in_both(self, quiet: "Lived", unit: str) -> bool:
        own = set(self.world.truth.teams(unit).tolist())
        return any(own == set(teams.tolist()) for teams in quiet.world.truth.list_units())

    def untrue_first(self) -> set[int]:
        """Return the weeks whose report says anything untrue under what to look at first."""
        return {judged.told.week for judged in self.claims if judged.told.first and not judged.true}

    def reported(self) -> set[int]:
        """Return the weeks reported."""
        return {judged.told.week for judged in self.claims}

    def said_in(self, due: Due) -> int | None:
        """Return the first week in which something due was said rightly, None if it was not."""
        unit, edition = unit_of(due, self.world), self.edition_of(due)
        weeks = [
            judged.told.week
            for judged in self.claims if judged.told.edition == edition and (judged.told.first or not due.first)
            if not due.subjects or judged.told.claim.subject.partition("/")[0] in due.subjects
            for said in judged.said if said.true and said.what == due.what and said.unit in _names_for(due, unit)
        ]  # fmt: skip
        return min(weeks, default=None)

    def edition_of(self, due: Due) -> str:
        """Return the edition in which something is due."""
        edition = self.world.world.edition
        return self.world.named(edition) if due.team and edition is not None else ""

    def missed(self) -> list[Due]:
        """Return what was due and not said in time."""
        found = []
        for due in self.world.world.due:
            said = self.said_in(due)
            if said is None or said > due.by:
                found.append(due)
        return found

    def count(self, quiet: "Lived") -> dict[str, Counter[str]]:
        """Return how many claims of each kind were right, false by chance, and false by what was planted."""
        beyond = {id(judged) for judged in self.beyond(quiet)}
        found: dict[str, Counter[str]] = {}
        for judged in self.claims:
            which = "right" if judged.true else "planted" if id(judged) in beyond else "chance"
            found.setdefault(judged.told.claim.kind.value, Counter())[which] += 1
        return found


def _names_for(due: Due, unit: str) -> tuple[str, ...]:
    """Return the names by which something due may be told: the board is told of patterns in numbers."""
    return (unit, "") if due.what == PATTERN and not due.team else (unit,)
