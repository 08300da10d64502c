"""The weeks of forces, judged from the records of all of them, by the forces of a day (statistics 1.2)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from compliance.errors import SettingsError
from compliance.policy import Policy
from compliance.records import Columns
from compliance.records.columns import encode_texts
from compliance.records.instants import from_micros
from compliance.reports.forces.folder_records import FolderRecords
from compliance.reports.judging.beginning import Beginning, begin
from compliance.reports.judging.judged import TRAILING, JudgedPeriod, judge_span, list_charted_weeks
from compliance.reports.judging.rates import Cohort, together
from compliance.reports.judging.silent_victims import Silence, join_silences
from compliance.reports.judging.sources import GivenRecords, KnownRecords, select_complete
from compliance.reports.model.force_model import EndedForce, RecordsRead
from compliance.reports.organisation.force_map import ForceMap, PlacedUnit
from compliance.reports.organisation.placed_records import UnplacedName, place_records
from compliance.reports.periods.weeks import Week
from compliance.text import count_noun

Held = TypeVar("Held", Cohort, Silence)
_FIRST_WEEK: Final = timedelta(days=7)
"""Within how long after a force came into being its own folder begins: with a Monday."""
_TOGETHER: Final = 16_384
"""How many crimes are judged together: those that have been open for years have a hundred verdicts each."""
_NO_CRIMES: Final = pa.array([], pa.string())


@dataclass(frozen=True, slots=True)
class ForceWeeks:
    """The trailing weeks of a force up to the one asked about, earliest first (statistics 1.2, 1.5).

    Of the weeks before the last, only what was due is held. `name`: None for what is of no force on the map. `begun`:
    the local date from which the records are complete (1.2b). `weeks` is empty if no crime is held.
    """

    name: str | None
    begun: date | None
    weeks: tuple[JudgedPeriod, ...]

    def is_compared(self, policy: Policy) -> bool:
        """Return whether all trailing weeks are held under every requirement that is compared (statistics 1.2b)."""
        beginning = Beginning(self.begun, policy)
        return len(self.weeks) == TRAILING and all(
            beginning.is_charted(self.weeks[0].span, asked) for asked in policy.requirement if asked.event is None
        )


@dataclass(frozen=True, slots=True)
class JudgedGroup:
    """The forces to which the records of one group of folders lead (`Forces.groups`), and what leads to no unit.

    `folders`: the names of the forces that wrote them. Records of no force are one without a name.
    """

    folders: tuple[str, ...]
    forces: tuple[ForceWeeks, ...]
    unplaced: tuple[UnplacedName, ...]
    records: RecordsRead
    ended: tuple[EndedForce, ...] = ()


def judge_forces(
    folders: Mapping[str, FolderRecords], units: ForceMap, policy: Policy, week: Week, begun: date | None = None
) -> JudgedGroup:
    """Judge the trailing weeks of forces, each as at its own T and as known at its K (statistics 1.2).

    `folders`: the records of one group, at least one folder, by the name of the force that wrote them, gathered for
    this policy and week; one version of each record, so K is by rules 2.8 alone (1.2a). `begun`: where the records of
    all begin; None: derived from them (1.2b). A force's records then begin where the last of the folders they are in
    begins. A folder that begins with its force, made of others whose folders are here, is no beginning.

    Raises SettingsError if two folders hold the same crimes.
    """
    _check_apart(folders)
    settled = week.settling_instant(policy.local)
    begins = {name: begun or begin(each.reported_at, policy.local, settled) for name, each in folders.items()}
    placed = place_records({name: each.columns for name, each in folders.items()}, units)
    since = {
        force: max(_list_begun(begins, names, units), default=None) for force, names in placed.contributing.items()
    }
    judged = {day: _judge_weeks(placed.columns, policy, week, day) for day in {*since.values()} if day}
    found = [
        ForceWeeks(force, day, tuple(_of_force(each, force, placed.units) for each in judged[day]) if day else ())
        for force, day in since.items()
    ]
    return JudgedGroup(
        tuple(folders),
        tuple(found),
        placed.unplaced,
        add_read([each.read for each in folders.values()]),
        tuple(_list_ended(folders, units, policy, week)),
    )


def _list_ended(
    folders: Mapping[str, FolderRecords], units: ForceMap, policy: Policy, week: Week
) -> Iterator[EndedForce]:
    for name, each in folders.items():
        if name in units.there and len(each.reported_at):
            last = policy.local.date_of(from_micros(int(each.reported_at.max())))
            if last < week.plus(-1).first:
                yield EndedForce(name, last)


def add_read(parts: Sequence[RecordsRead]) -> RecordsRead:
    """Return what was read in several parts."""
    unknown = Counter[str]()
    for part in parts:
        unknown.update(part.unknown_fields)
    crimes, victims, updates, refused = (
        sum(getattr(part, name) for part in parts) for name in ("crimes", "victims", "updates", "refused")
    )
    newest = max((part.newest for part in parts if part.newest), default=None)
    return RecordsRead(crimes, victims, updates, newest, refused, dict(sorted(unknown.items())))


def _check_apart(folders: Mapping[str, FolderRecords]) -> None:
    """Check that no crime is in two folders: by number and time of report, as a number alone may be another's."""
    if len(folders) == 1:
        return
    tables = [
        pa.table(
            {"crime": each.crime_ref, "reported": each.reported_at, "folder": pa.repeat(name, len(each.reported_at))}
        )
        for name, each in folders.items()
    ]
    crimes = pa.concat_tables(tables).group_by(["crime", "reported"])
    held = crimes.aggregate([("folder", "count_distinct"), ("folder", "min"), ("folder", "max")])
    twice = held.filter(pc.greater(held["folder_count_distinct"], 1)).sort_by("crime")
    if len(twice):
        first = twice.slice(0, 1).to_pylist()[0]
        raise SettingsError(
            f"forces {first['folder_min']!r} and {first['folder_max']!r}: {count_noun(len(twice), 'crime')} in the "
            f"folders of both, such as {first['crime']}, with the same number and time of report; leave each in one "
            "folder, or it counts twice"
        )


def _list_begun(begins: Mapping[str, date | None], names: Collection[str], units: ForceMap) -> list[date]:
    """Return where the records in some folders begin: not of those that continue others, if there are more of them."""
    beginning, before = list[date](), set[str]()
    for name in sorted(names):
        day, (since, came_from) = begins[name], units.forces.founded(name)
        if day and since and day < since + _FIRST_WEEK and came_from and came_from <= begins.keys():
            before |= came_from
        elif day:
            beginning.append(day)
    return beginning or (_list_begun(begins, before, units) if before else [])


def _judge_weeks(records: Columns, policy: Policy, week: Week, begun: date) -> tuple[JudgedPeriod, ...]:
    known = select_complete(KnownRecords(records), begun, policy.local).columns
    blocks = [known.slice(start, start + _TOGETHER) for start in range(0, max(len(known), 1), _TOGETHER)]
    weeks = list_charted_weeks(week, begun)[-TRAILING:]
    return tuple(_judge_week(blocks, policy, each, is_last=each == week) for each in weeks)


def _judge_week(blocks: Sequence[Columns], policy: Policy, week: Week, *, is_last: bool) -> JudgedPeriod:
    """Return a week of all records, judged a block at a time: their verdicts take more memory than all that is kept."""
    parts = [
        _without_cases(JudgedPeriod.of(judge_span(GivenRecords("records", block), policy, week), week), is_last)
        for block in blocks
    ]
    return join_weeks(parts)


def join_weeks(parts: Sequence[JudgedPeriod]) -> JudgedPeriod:
    """Return one week from what several parts of the records hold of it, without cases."""
    return replace(
        parts[0],
        cohort=together([part.cohort for part in parts]),
        silence=join_silences([part.silence for part in parts]),
    )


def _of_force(week: JudgedPeriod, force: str | None, units: Sequence[PlacedUnit]) -> JudgedPeriod:
    """Return what a week holds of one force, with its divisions by name."""
    return replace(
        week, cohort=_with_divisions(week.cohort, force, units), silence=_with_divisions(week.silence, force, units)
    )


def _with_divisions(held: Held, force: str | None, units: Sequence[PlacedUnit]) -> Held:
    numbers = np.array([int(value) for value in held.division.values], dtype=np.int64)
    own = np.array([units[number].force == force for number in numbers], dtype=np.bool_)
    named = encode_texts([units[number].division for number in numbers])
    kept = held.where(own[held.division.codes])
    return replace(kept, division=named.take(kept.division.codes))


def _without_cases(week: JudgedPeriod, is_last: bool) -> JudgedPeriod:
    """Return a week without what is not counted here: it is what takes the most memory."""
    silence = week.silence if is_last else week.silence.where(np.zeros(len(week.silence.silent), dtype=np.bool_))
    return replace(week, silence=silence, overdue=week.overdue.where(np.zeros(len(week.overdue), dtype=np.bool_)),
                   crimes=_NO_CRIMES)  # fmt: skip
