"""How far the crime system has been read, while a report is delayed: no cause beyond what is known."""

from dataclasses import dataclass
from datetime import date

from compliance.reports.model.claims import Claim, ClaimKind


@dataclass(frozen=True)
class Reading:
    """How far the crime system has been read.

    `complete`: the local date on which it was last read to its end. `failing_since`: that of the first attempt since
    then that did not reach the end. Either is None if there was none.
    """

    complete: date | None
    failing_since: date | None

    @property
    def claim(self) -> Claim:
        """The claim about it: last read to its end on `since`, failing from `until` on."""
        kind = ClaimKind.NEVER_READ if self.complete is None else ClaimKind.NOT_READ
        if self.failing_since is not None:
            kind = ClaimKind.COULD_NOT_BE_READ
        return Claim(kind=kind, subject="reading", since=self.complete, until=self.failing_since)
