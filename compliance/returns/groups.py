"""The groups of a cohort by a characteristic of its victims (statistics A8)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from compliance.policy.calendars import Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import Verdicts
from compliance.records.characteristics import Characteristics
from compliance.reports.judging.rates import Cohort
from compliance.returns.definition import NOT_RECORDED, CharacteristicGroups

VictimsKnown = Mapping[tuple[str, str], Characteristics]
"""What is known of victims, by crime number and reference."""


def index_victims(known: Iterable[tuple[str, Characteristics]]) -> VictimsKnown:
    """Return what is known of victims, by crime number and reference."""
    return {(crime_ref, said.victim_ref): said for crime_ref, said in known}


def with_values(known: VictimsKnown, field: str, values: Mapping[tuple[str, str], str]) -> VictimsKnown:
    """Return what is known of victims with other values of a characteristic, by crime number and reference."""
    found = dict(known)
    for key, value in values.items():
        found[key] = found.get(key, Characteristics(key[1]))._replace(**{field: value})
    return found


class GroupsFound:
    """The group of each obligation of a cohort.

    `names`: in the order of the return, the unrecorded last. `unplaced`: how many victims have each value that the
    return puts in no group. `empty`: its groups that nobody is in.
    """

    def __init__(
        self, verdicts: Verdicts, cohort: Cohort, known: VictimsKnown, field: str, asked: CharacteristicGroups
    ) -> None:
        """Find the groups. `field`: the characteristic."""
        group_of = {value: name for name, values in asked.groups.items() for value in values}
        columns = verdicts.columns
        victims, place = np.unique(cohort.victim, return_inverse=True)
        crimes = columns.crime_ref.take(columns.victims.crime[victims]).to_pylist()
        refs = columns.victims.ref.take(victims).to_pylist()
        keys = list(zip(crimes, refs, strict=True))
        found = [_group(known.get(key), field, group_of) for key in keys]
        order = [*asked.groups] if asked.groups else sorted({*found} - {NOT_RECORDED})
        self.names = [name for name in (*order, NOT_RECORDED) if name in set(found)]
        codes: Ints = np.array([self.names.index(name) for name in found], dtype=np.int64)
        self._codes = codes[place]
        values = (getattr(known[key], field) for key in keys if key in known)
        self.unplaced = Counter(value for value in values if value is not None and group_of and value not in group_of)
        self.empty = [name for name in asked.groups if name not in self.names]

    def rows(self, name: str) -> Flags:
        """Return which obligations are of a group."""
        found: Flags = self._codes == self.names.index(name)
        return found

    def others(self, name: str) -> Flags:
        """Return which are of another group that is recorded."""
        other: Flags = ~self.rows(name)
        return other & ~self.rows(NOT_RECORDED) if NOT_RECORDED in self.names else other


def _group(said: Characteristics | None, field: str, group_of: Mapping[str, str]) -> str:
    value: Any = None if said is None else getattr(said, field)
    if value is None:
        return NOT_RECORDED
    return group_of.get(value, NOT_RECORDED) if group_of else value
