"""Contact holds: times in which a victim must not be contacted as usual (records section 1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from compliance.policy.calendars import from_day
from compliance.policy.facts import Block
from compliance.records import Crime
from compliance.records.instants import parse_instants
from compliance.records.wire import ContactHold


@dataclass(frozen=True, slots=True)
class Hold:
    """What the record's contact holds say of a victim (records section 1). Dates are local."""

    now: bool = False
    """One covers some part of today."""
    until: date | None = None
    """The last day for which it counts, where it has no end of its own."""
    lapsed: date | None = None
    """When one began that has no end and does not count any more; None where there was an update since."""
    of_another: bool = False
    """One covers another victim of the crime today."""


NO_HOLD: Final = Hold()


def holds_of(crimes: Sequence[Crime], block: Block, hold_days: int) -> dict[int, dict[str, Hold]]:
    """Crime (its row) -> victim's reference -> what its holds say: of entries with the same reference all together. A
    hold without an end counts for `hold_days` from its start."""
    policy, today = block.policy, block.moment.today

    def day(text: str | None) -> int | None:
        return None if text is None else int(policy.local.of(parse_instants([text])[0])[0])

    def of(holds: Sequence[ContactHold]) -> Hold:
        covering: list[tuple[int, bool]] = []
        lapsed: list[int] = []
        for hold in holds:
            start, end = day(hold.start), day(hold.end)
            # One that says neither when it began nor when it ends stands: nobody knows that it is over.
            begins = today if start is None else start
            ends = begins + hold_days - 1 if end is None else end
            if begins <= today <= ends:
                covering.append((ends, start is not None and end is None))
            elif end is None and begins < today:
                lapsed.append(begins)
        if covering:
            ends, is_open = max(covering)
            return Hold(now=True, until=from_day(ends) if is_open else None)
        return Hold(lapsed=from_day(max(lapsed)) if lapsed else None)

    found: dict[int, dict[str, Hold]] = {}
    for place, crime in enumerate(crimes):
        told: dict[str, list[ContactHold]] = {}
        for victim in crime.victims or ():
            told.setdefault(victim.victim_ref, []).extend(victim.contact_holds or ())
        found[place] = {ref: of(holds) for ref, holds in told.items()}
    return found


def standing_hold(held: dict[int, dict[str, Hold]], crime: int, victim: str, last_update: date | None) -> Hold:
    """What stands of a victim's holds, beside those of the crime's other victims."""
    hold = held[crime].get(victim, NO_HOLD)
    told = hold.lapsed is not None and last_update is not None and last_update > hold.lapsed
    others = any(other.now for ref, other in held[crime].items() if ref != victim)
    return replace(hold, lapsed=None if told else hold.lapsed, of_another=others)
