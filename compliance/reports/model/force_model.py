"""What is counted across forces, as it is written as JSON."""

from datetime import date, datetime

from msgspec import UNSET, Struct, UnsetType

from compliance.reports.model.findings import Funnel
from compliance.reports.model.proportions import Proportion, Rate
from compliance.reports.model.report_model import DivisionFigures
from compliance.reports.organisation.placed_records import UnplacedName


class ComparedRequirement(Struct, frozen=True):
    """One requirement in a whole and in its units: forces of all of them, or divisions of a force.

    `week` and `silent` (if it repeats): the whole in the week asked about. `trailing`: over the trailing weeks.
    `divisions`: the units. `trailing_held`: for how many of the trailing weeks obligations are held; if not for all,
    nothing is compared.
    """

    id: str
    title: str
    week: Rate
    silent: Proportion | None
    trailing: Rate | None
    divisions: tuple[DivisionFigures, ...]
    funnel: Funnel | None
    trailing_held: int
    areas: UnsetType = UNSET


class ForceFigures(Struct, frozen=True):
    """One force: the local date from which its records are complete (statistics 1.2b; None: no crime is held).

    `name`: None for what is of no force on the map. `compared`: whether it is among the forces compared; it is not if
    it does not hold all trailing weeks. `requirements`: with its divisions; `areas`: with its areas as divisions; empty
    if not asked for.
    """

    name: str | None
    records_begin: date | None
    compared: bool
    requirements: tuple[ComparedRequirement, ...] = ()
    areas: tuple[ComparedRequirement, ...] = ()


class ForceMapUsed(Struct, frozen=True):
    """The forces and units by which figures are shown: those of a local date, and the digest of all over time.

    `reorganised`: the dates within the trailing weeks from which there were others than before.
    """

    day: date
    digest: str
    reorganised: tuple[date, ...]


class RecordsRead(Struct, frozen=True):
    """What was read: how many crimes, with victims and updates, and when the newest of these came (None: no crime).

    `refused`: records that break the format and are in no figure. `unknown_fields`: how often each field that the
    format does not have has a value, by path, where that was counted.
    """

    crimes: int
    victims: int
    updates: int
    newest: datetime | None
    refused: int = 0
    unknown_fields: dict[str, int] = {}


class EndedForce(Struct, frozen=True):
    """A force of the day in whose folder no crime of the last two weeks is, and when the last was reported."""

    name: str
    last: date


class FiguresAcross(Struct, frozen=True):
    """The figures of forces for one settled week, each of the trailing weeks at its own T = K (statistics 1.2).

    `settled`: T and K of the week itself.
    `requirements`: all forces compared, with each of them as a unit. `organisation`: None if each folder is a force.
    `unplaced`: names of divisions in the records that lead to no force or division.
    """

    week: str
    settled: datetime
    trailing_weeks: tuple[str, str]
    policy: str
    policy_digest: str
    records: RecordsRead
    forces: tuple[ForceFigures, ...]
    requirements: tuple[ComparedRequirement, ...]
    organisation: ForceMapUsed | None = None
    unplaced: tuple[UnplacedName, ...] = ()
    ended: tuple[EndedForce, ...] = ()
