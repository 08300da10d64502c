"""What the readings of a dip sample add up to (docs/reviews-method.md)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, structs

from compliance.reviews.agreement import ReaderAgreement, measure_agreement
from compliance.reviews.estimates import ReviewEstimate, StratumCounts, estimate
from compliance.reviews.readings import CaseReading, WasTold
from compliance.reviews.strata import RecordedState


class CaseFinding(StrEnum):
    """What a reading says of an obligation."""

    MET = "told in time"
    NOT_MET = "not told in time"
    UNCLEAR = "cannot be established"


@dataclass(frozen=True, slots=True)
class ReviewedCase:
    """A case that was drawn, with what each reader found of it, the first reader's first.

    `readers`: who reads it, the first reader first; `readings` are of those of them who have.
    `due_date`: the last local date on which the victim could be told in time.
    """

    number: int
    crime_ref: str
    victim_ref: str
    cycle: int
    look_from: date
    due_date: date
    division: str
    state: RecordedState
    readers: tuple[str, ...]
    readings: tuple[CaseReading, ...]

    @property
    def found(self) -> CaseFinding | None:
        """What counts: the first reader's finding, or the second's if only they have read it. None: nobody has."""
        return self.judge(self.readings[0]) if self.readings else None

    @property
    def is_good_enough(self) -> bool:
        """Whether the victim was told in time, and well enough by all criteria."""
        return self.found is CaseFinding.MET and self.readings[0].is_good_enough

    @property
    def is_wrong(self) -> bool:
        """Whether the record says otherwise."""
        return (
            self.found is not None
            and self.found is not CaseFinding.UNCLEAR
            and ((self.found is CaseFinding.MET) is not self.state.is_met)
        )

    def judge(self, reading: CaseReading) -> CaseFinding:
        """Return what a reading of this case says."""
        if reading.told is WasTold.UNCLEAR:
            return CaseFinding.UNCLEAR
        in_time = reading.told_on is not None and reading.told_on <= self.due_date
        return CaseFinding.MET if in_time else CaseFinding.NOT_MET


class DivisionReadings(Struct, frozen=True):
    """The cases of a division that were read and could be established, and in how many the record was wrong.

    `flattering`: of those, recorded as met and not; `harming`: the other way round. `name`: empty: not known. So few
    cases give no rate of a division.
    """

    name: str
    established: int
    flattering: int
    harming: int


class ReaderCount(Struct, frozen=True):
    """How many cases a reader has to read, and how many of those they have."""

    name: str
    given: int
    read: int


class ReviewResults(Struct, frozen=True):
    """What a dip sample found.

    - `drawn`, `read`, `unread`: how many cases.
    - `record`: what it says of the recorded rate. `good_enough`: the same if only a contact that meets all criteria
      counts as told; its errors and its difference say nothing of the record.
    - `readers`: how far two readers agree whether the victim was told in time. `disagreements`: the numbers of the
      cases in which they do not.
    - `answered`, `not_answered`: contacts that did, or did not, answer what the victim had asked.
    - `by_reader`: who has read how many of their cases.
    - `by_criterion`: of the contacts that were read, how many meet each criterion, of how many.
    """

    drawn: int
    read: int
    unread: tuple[int, ...]
    record: ReviewEstimate
    good_enough: ReviewEstimate
    readers: ReaderAgreement
    disagreements: tuple[int, ...]
    by_reader: tuple[ReaderCount, ...]
    by_division: tuple[DivisionReadings, ...]
    answered: int
    not_answered: int
    by_criterion: dict[str, tuple[int, int]]


_TOLD: Final = (CaseFinding.MET, CaseFinding.NOT_MET)


def add_up(
    cases: Sequence[ReviewedCase], populations: Mapping[RecordedState, int], criteria: Sequence[str]
) -> ReviewResults:
    """Return what the readings of a dip sample add up to. `populations`: the obligations of the period by state."""
    read = [each for each in cases if each.found is not None]
    pairs = [
        (each, each.judge(each.readings[0]), each.judge(each.readings[1])) for each in read if len(each.readings) > 1
    ]
    contacts = [each.readings[0] for each in read if each.readings[0].told is WasTold.YES]
    answers = [each.answered_request for each in contacts]
    return ReviewResults(
        drawn=len(cases),
        read=len(read),
        unread=tuple(each.number for each in cases if each.found is None),
        record=estimate(list(_count(read, populations, lambda each: each.found is CaseFinding.MET))),
        good_enough=estimate(list(_count(read, populations, lambda each: each.is_good_enough))),
        readers=measure_agreement((first, second) for _, first, second in pairs),
        disagreements=tuple(each.number for each, first, second in pairs if first != second),
        by_reader=tuple(_of_readers(cases)),
        by_division=tuple(_of_divisions(read)),
        answered=answers.count(True),
        not_answered=answers.count(False),
        by_criterion={name: (sum(each.criteria[name] for each in contacts), len(contacts)) for name in criteria},
    )


def _count(
    read: Sequence[ReviewedCase], populations: Mapping[RecordedState, int], is_met: Callable[[ReviewedCase], bool]
) -> Iterator[StratumCounts]:
    for state, population in populations.items():
        here = [each for each in read if each.state is state]
        unclear = sum(each.found is CaseFinding.UNCLEAR for each in here)
        yield StratumCounts(state, population, len(here), sum(map(is_met, here)), unclear, state.is_met)


def _of_readers(cases: Sequence[ReviewedCase]) -> Iterator[ReaderCount]:
    for name in sorted({name for each in cases for name in each.readers}):
        read = sum(reading.reader == name for each in cases for reading in each.readings)
        yield ReaderCount(name, sum(name in each.readers for each in cases), read)


def _of_divisions(read: Sequence[ReviewedCase]) -> Iterator[DivisionReadings]:
    for name in sorted({each.division for each in read}):
        here = [each for each in read if each.division == name and each.found in _TOLD]
        wrong = [each for each in here if each.is_wrong]
        flattering = sum(each.state.is_met for each in wrong)
        yield DivisionReadings(name, len(here), flattering, len(wrong) - flattering)


def as_json(value: Any) -> Any:
    """Return results as JSON has them: every part by the names of its fields."""
    if isinstance(value, Struct):
        return {name: as_json(each) for name, each in structs.asdict(value).items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: as_json(each) for name, each in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [as_json(each) for each in value]
    return {name: as_json(each) for name, each in value.items()} if isinstance(value, dict) else value
