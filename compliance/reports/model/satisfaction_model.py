"""What victims say, as a report tells it (docs/satisfaction.md)."""

from msgspec import Struct

from compliance.reports.model.proportions import Proportion, RateDifference


class SatisfiedUnit(Struct, frozen=True):
    """A division with its share satisfied, of at least 10 answers (statistics 1.6)."""

    name: str
    share: Proportion


class Satisfaction(Struct, frozen=True):
    """The share of victims satisfied with being kept informed, of those who answered, as known at K.

    - `wave`: the period that was asked about, as text; the newest that ended by the end of the report's.
    - `target`: in per cent; None: there is none.
    - `before`, `share_before`: the newest earlier wave of the same kind of period; empty and None if there is none.
    - `change`: from that wave, with Newcombe's interval.
    - `divisions`: in the board's edition, those with enough answers.
    - `too_few`: how many others answered in.
    - `stood_before`: in the board's edition, what the same wave said of the force before it was corrected, where an
      earlier report can have told it. `overlaps`: the other waves that ask about some of the same days. From both,
      small counts might be worked out (statistics 1.6).
    """

    wave: str
    share: Proportion
    target: float | None = None
    before: str = ""
    share_before: Proportion | None = None
    change: RateDifference | None = None
    divisions: tuple[SatisfiedUnit, ...] = ()
    too_few: int = 0
    stood_before: tuple[Proportion, ...] = ()
    overlaps: tuple[str, ...] = ()
