"""What is looked at before a report is released (statistics section 7), as numbers, names and instants."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from compliance.reports.periods.spans import Kind


class Check(StrEnum):
    """A check before a report is released, in the order in which they are made."""

    READ = "read"
    REPEATED = "repeated"
    CRIMES = "crimes"
    UNFIT = "unfit"
    SUMS = "sums"
    DIVISIONS = "divisions"
    OFFICERS = "officers"
    POLICY = "policy"


class UnequalSum(Struct, frozen=True):
    """Parts that do not add up to their total: the figure, the total, and the sum of the parts."""

    figure: str
    total: int
    parts: int


class DivisionCrimes(Struct, frozen=True):
    """How many crimes of a division were reported in a period, and how many in the one before as known for that one.

    `earlier`: in the weeks before the period (`WEEKS_OF_DIVISIONS`), as known for the one before.
    """

    name: str
    now: int
    before: int
    earlier: int


class DivisionOfficers(Struct, frozen=True):
    """How many officers the directory has in a division, by the name that the directory gives."""

    name: str
    count: int


class DirectoryStaff(Struct, frozen=True):
    """The officers of the directory that was in force at an instant, by division; `as_of` None: there was none."""

    as_of: datetime | None = None
    divisions: tuple[DivisionOfficers, ...] = ()


class ReleaseFacts(Struct, frozen=True):
    """What the checks before a release look at. Counts are as known when the period was settled, unless dated.

    - `settled`: T = K of the period. `read_until`: the end of the first complete poll since, None if there was none.
    - `due`: obligations due in the period. `repeated`: whether every number of the period is that of `before`.
    - `crimes`: those reported in the `days` of the period. `weekly`: those of each week before it that is held, at most
      26, newest first.
    - `records`: those that came from the first day of the period on. Of them `refused` stood refused, `no_victim` have
      no victim (`no_victim_usual` as is usual), and `set_aside` have an obligation that cannot be judged. `unfit` is
      any of these, a record once, without what is usual.
    - `unfit_limit`: the share in per cent that `unfit` must stay below.
    - `sums`: how many sums were compared with their totals. `unequal`: those that differ.
    - `divisions`: those that have crimes in the period or had some in the one before; `compared`: whether the one
      before is held.
    - `staff`: as of when the period was first published. `staff_before`: as in the report before, None if it has none.
      `entered`: divisions that the organisation map has an entry for since then.
    - `examples`: how many worked examples the policy has. `failing`: which do not hold, or why the policy cannot be
      used.
    """

    kind: Kind
    before: str
    settled: datetime
    read_until: datetime | None = None
    due: int = 0
    repeated: bool = False
    crimes: int = 0
    days: int = 7
    weekly: tuple[int, ...] = ()
    records: int = 0
    refused: int = 0
    no_victim: int = 0
    no_victim_usual: int = 0
    set_aside: int = 0
    unfit: int = 0
    unfit_limit: float = 2.0
    sums: int = 0
    unequal: tuple[UnequalSum, ...] = ()
    compared: bool = False
    divisions: tuple[DivisionCrimes, ...] = ()
    staff: DirectoryStaff = DirectoryStaff()
    staff_before: DirectoryStaff | None = None
    entered: tuple[str, ...] = ()
    policy: str = ""
    examples: int = 0
    failing: tuple[str, ...] = ()


class Released(Struct, frozen=True):
    """That a person released a report though something stood against it, and why.

    `by`: their user name on the machine, empty in the public edition. `faults`: what stood against it, by the names of
    `release.fault_names`.
    """

    at: datetime
    by: str
    reason: str
    faults: tuple[str, ...]


class Gate(Struct, frozen=True):
    """What was checked before the report was released, and who released it if something stood against it.

    `facts`: None in the public edition. `faults`: what stood against it.
    """

    facts: ReleaseFacts | None
    faults: tuple[str, ...] = ()
    released: tuple[Released, ...] = ()

    @property
    def checks_at_fault(self) -> tuple[str, ...]:
        """The checks that found what stood against it, in order."""
        return tuple(dict.fromkeys(name.partition("/")[0] for name in self.faults))
