"""What the service knows of a report before its release: records, officer directory, policy (statistics section 7)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from msgspec.structs import replace

from compliance.policy import Policy
from compliance.reports.judging.judged import Judgements
from compliance.reports.model.release_facts import DirectoryStaff, DivisionOfficers, ReleaseFacts
from compliance.reports.model.report_model import Figures
from compliance.reports.organisation import Organisation
from compliance.reports.periods.spans import Span
from compliance.reports.publishing.snapshots import as_published_before
from compliance.reports.releasing.release_counts import count_release, count_usual
from compliance.service.report_jobs.policy_proof import try_examples
from compliance.store import Store, directory_as_of, officers, seen_by
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.receiving.received import count_received

_REPEATED: Final = (
    "read_until", "records", "refused", "no_victim", "no_victim_usual", "set_aside", "unfit", "unfit_limit", "policy",
    "examples", "failing",
)  # fmt: skip
"""The facts that a report made again by the same policy repeats."""
_WRITTEN_WITHIN = timedelta(days=1)
"""How long before the newest entry another of the same directory may have been written (`save_officers`)."""


@dataclass(frozen=True)
class ReleaseEvidence:
    """Where the facts of a release are found. `limit`: the share of unfit records in per cent that is too many."""

    store: Store
    policy: Policy
    organisation: Organisation | None
    limit: float

    def find(self, judged: Judgements, board: Figures, published: Figures | None) -> ReleaseFacts:
        """Return the facts of a period, as known when it was settled.

        If it was published before (`published`: its board's figures), the directory is as it was then. By the same
        policy so are the examples, and the records that came: some may have been removed since, and the limit changed.
        """
        facts, span = count_release(judged, board), judged.period.span
        held = published.gate.facts if published and published.gate else None
        if held is None:
            facts = self._add_staff(facts, span)
        else:
            facts = replace(facts, staff=held.staff, staff_before=held.staff_before, entered=held.entered)
        if held and published and published.basis.policy_digest == self.policy.digest:
            return replace(facts, **{name: getattr(held, name) for name in _REPEATED})
        examples, failing = try_examples(self.policy)
        facts = replace(facts, policy=self.policy.title, examples=examples, failing=failing)
        return self._add_records(facts, judged)

    def _add_records(self, facts: ReleaseFacts, judged: Judgements) -> ReleaseFacts:
        local, verdicts, span = self.policy.local, judged.verdicts, judged.period.span
        read_until = seen_by(self.store, facts.settled)
        columns, aside = verdicts.columns, verdicts.set_aside
        empty = np.flatnonzero(np.diff(columns.victims_of) == 0)
        blocked = np.unique(columns.victims.crime[aside.victim])
        asked = [columns.crime_ref.take(rows).to_pylist() for rows in (empty, blocked)]
        came = count_received(self.store, local.start_of(span.first), read_until or facts.settled, *asked)
        no_victim, set_aside = came.asked
        usual = min(count_usual(judged, came.count), no_victim)
        return replace(
            facts, read_until=read_until, records=came.count, refused=came.refused, no_victim=no_victim,
            no_victim_usual=usual, set_aside=set_aside, unfit=max(0, came.unfit - usual), unfit_limit=self.limit,
        )  # fmt: skip

    def _add_staff(self, facts: ReleaseFacts, span: Span) -> ReleaseFacts:
        now = read_staff(self.store)
        earlier = as_published_before(self.store, span)
        held = None if earlier is None or earlier.gate is None else earlier.gate.facts
        before = None if held is None else held.staff
        if self.organisation is None or before is None or before.as_of is None or now.as_of is None:
            return replace(facts, staff=now, staff_before=before)
        days = (self.policy.local.date_of(before.as_of), self.policy.local.date_of(now.as_of))
        return replace(
            facts, staff=self._rename(now, span), staff_before=self._rename(before, span),
            entered=tuple(_entered(self.organisation, min(days[0], span.first), days[1])),
        )  # fmt: skip

    def _rename(self, staff: DirectoryStaff, span: Span) -> DirectoryStaff:
        """Return the officers by the divisions of the map at the period's end. What it does not have keeps its name."""
        if self.organisation is None:
            return staff
        units, counted = self.organisation.on(span.last), Counter[str]()
        for each in staff.divisions:
            counted[units.place(each.name, None)[0] or each.name] += each.count
        return DirectoryStaff(staff.as_of, _in_order(counted))


def read_staff(store: Store) -> DirectoryStaff:
    """Return the officers of the directory in force by division, without those who left or whom it no longer has."""
    rows, as_of = list(officers(store).values()), directory_as_of(store)
    if as_of is None or not rows:
        return DirectoryStaff()
    newest = max(row.seen_at for row in rows)
    return DirectoryStaff(
        as_of, _in_order(Counter(row.division for row in rows if row.division and _serves(row, newest)))
    )


def _serves(row: DirectoryEntry, newest: datetime) -> bool:
    has_left = row.left_on is not None and row.left_on <= newest.date()
    return not has_left and row.seen_at > newest - _WRITTEN_WITHIN


def _in_order(counted: Counter[str]) -> tuple[DivisionOfficers, ...]:
    return tuple(DivisionOfficers(name, count) for name, count in sorted(counted.items()))


def _entered(organisation: Organisation, since: date, until: date) -> list[str]:
    """Return the divisions of which the map says that they began, ended or took another's place in some days."""
    found: set[str] = set()
    for entry in organisation.divisions:
        if any(day is not None and since <= day <= until for day in (entry.since, entry.day_after)):
            found |= {entry.name, *entry.successors}
    return sorted(found)
