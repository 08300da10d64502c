"""What is counted across forces, as it is written as JSON."""

from datetime import date, datetime

from msgspec import UNSET, Struct, UnsetType

from compliance.reports.findings import Funnel
from compliance.reports.proportions import Proportion, Rate
from compliance.reports.report_model import DivisionFigures


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

    `compared`: whether it is among the forces compared; it is not if it does not hold all trailing weeks.
    `requirements`: with its divisions; empty if not asked for.
    """

    name: str
    records_begin: date | None
    compared: bool
    requirements: tuple[ComparedRequirement, ...] = ()


class FiguresAcross(Struct, frozen=True):
    """The figures of forces for one settled week, each of the trailing weeks at its own T = K (statistics 1.2).

    `settled`: T and K of the week itself. `refused`: records that break the format and are in no figure.
    `requirements`: all forces compared, with each of them as a unit.
    """

    week: str
    settled: datetime
    trailing_weeks: tuple[str, str]
    policy: str
    policy_digest: str
    refused: int
    forces: tuple[ForceFigures, ...]
    requirements: tuple[ComparedRequirement, ...]
