"""Values that neither mapping nor policy knows, as shown to people (rules section 8)."""

from collections.abc import Iterator
from typing import Final

from compliance.config import Settings
from compliance.policy import Policy
from compliance.policy.vocabulary import shorten
from compliance.service.polls.crime_feed import vocabulary_of
from compliance.store import OTHERS, Store, values_seen
from compliance.text import count_noun

REMEDY: Final = (
    "map them in [crime_system.mapping] values, name them in the policy, or list them in [crime_system.mapping] "
    "acknowledged (docs/feeds.md)"
)
_MAPPED: Final = "is mapped by now: what is held changes when its record comes again"


def name_value(field: str, value: str) -> str:
    """Return a value with its field: `updates.outcome = "left card"`."""
    return f"{field}: other values" if value == OTHERS else f'{field} = "{shorten(value)}"'


def still_unknown(store: Store, settings: Settings, policy: Policy) -> Iterator[str]:
    """Yield each value received that the current settings and policy do not know: how often, and when last."""
    known, mapped = vocabulary_of(settings, policy), settings.crime_system.mapping.values
    for seen in values_seen(store):
        if seen.value in known.get(seen.field, ()):
            continue
        often = count_noun(seen.times, "time")
        said = f"{name_value(seen.field, seen.value)}: {often}, last on {seen.last_seen_at:%Y-%m-%d}"
        yield f"{said}; {_MAPPED}" if seen.value in mapped.get(seen.field, ()) else said
