"""Claims about rates and stocks over time as sentences: what is charted, ages or fills (statistics 1.2b, 1.7)."""

from collections.abc import Callable
from typing import Final

from compliance.reports.model.claims import Claim
from compliance.reports.model.claims import ClaimKind as Kind
from compliance.reports.model.words import day


def _since(claim: Claim) -> str:
    assert claim.since is not None  # noqa: S101  # these claims are about a date
    return day(claim.since)


def _stock_apart(claim: Claim) -> str:
    now, then = (round(claim.value(measure) * 100, 1) for measure in ("now", "then"))
    if now == then:
        return f"Thirteen weeks before it was the same, {then:.1f}%."
    more = "more" if now > then else "fewer"
    return f"Thirteen weeks before it was {then:.1f}%: now {abs(now - then):.1f} percentage points {more}."


SERIES: Final[dict[Kind, Callable[[Claim], str]]] = {
    Kind.NOT_CHARTED: lambda claim: (
        f"There is no chart yet. It begins with the first week on or after {_since(claim)}, when everything due in a "
        "week was reported since the records begin."
    ),
    Kind.STILL_AGEING: lambda claim: (
        f"In weeks before {_since(claim)} its make-up is still ageing: cases grow older as the records do, and the "
        "rate can move for that alone."
    ),
    Kind.NONE_OPEN_YET: lambda claim: (
        f"The records begin on {_since(claim)}: no case reported since can have been open for more than 28 days."
    ),
    Kind.STILL_FILLING: lambda claim: (
        f"Still filling until {_since(claim)}: it grows as the records do, and is compared with nothing before that."
    ),
    Kind.STOCK_APART: _stock_apart,
}  # fmt: skip
