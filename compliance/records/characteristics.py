"""What a record may say of a victim beyond the format's own fields: age band, sex, ethnicity, disability (records A7).

No verdict depends on it, so it is taken out of the record before that is judged or stored.
"""

import re
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from compliance.records.wire import Crime, Victim

NAMES: Final = ("age_band", "sex", "ethnicity", "disability")
"""The characteristics, as fields of a victim."""
_LONGEST: Final = 60
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE: Final = re.compile(rf"\d{{4}}|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2}}|\b({_MONTHS})[a-z]*\W*\d", re.IGNORECASE)
"""Four digits in a row can be a year, or a day as a spreadsheet counts it."""


class Characteristics(NamedTuple):
    """What is known of a victim of a crime, as the force codes it. None: not recorded, or not kept."""

    victim_ref: str
    age_band: str | None = None
    sex: str | None = None
    ethnicity: str | None = None
    disability: str | None = None


Described = tuple[Characteristics, ...]
"""The victims of a crime of whom something is kept, each once, in the order of their references."""


def take_characteristics(crime: Crime, keep: Collection[str]) -> Described:
    """Take the characteristics out of a record, and return those that `keep` names.

    A value that is no number and no text of 1 to 60 characters, or that holds a date or four digits in a row,
    is not recorded (records A7).
    """
    found: dict[str, Characteristics] = {}
    for victim in crime.victims or ():
        if victim.age_band is victim.sex is victim.ethnicity is victim.disability is None:
            found.pop(victim.victim_ref, None)  # the last of a reference applies (records section 1)
            continue
        said = {name: usable(value) for name, value in _take(victim) if name in keep}
        found.pop(victim.victim_ref, None)
        if any(value is not None for value in said.values()):
            found[victim.victim_ref] = Characteristics(victim.victim_ref, **said)
    return tuple(sorted(found.values(), key=lambda each: each.victim_ref))


def _take(victim: Victim) -> list[tuple[str, Any]]:
    said = [(name, getattr(victim, name)) for name in NAMES]
    for name in NAMES:
        setattr(victim, name, None)
    return said


def usable(value: Any) -> str | None:
    """Return the value of a characteristic as it is kept; None: it cannot be (records A7)."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= _LONGEST and not _DATE.search(text) else None
