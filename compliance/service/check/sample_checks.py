"""Looks at a sample of the crime system's records: what is refused, not known, or never filled in."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Final

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.feed_settings import CrimeSystem
from compliance.feeds.fields import LISTS
from compliance.policy import Policy
from compliance.policy.vocabulary import count_unknown_values
from compliance.service.check.record_checks import first_ones
from compliance.service.conditions import Finding, Problem
from compliance.service.polls.crime_feed import vocabulary_of
from compliance.service.polls.feed_trial import FeedSample
from compliance.service.polls.sample_notes import WITHOUT_ZONE
from compliance.service.polls.unknown_notes import name_value
from compliance.store import Store, list_changed_unseen
from compliance.text import count_noun, plural

_ENOUGH: Final = 20
"""How many records, or items of a list, a field must be empty in before it is told of."""
_EXPECTED: Final = ("status", "victims", "updates")
"""The lists that a force's crimes have, though not each crime; allocations, if the settings say where they are."""


def check_sample(settings: Settings, policy: Policy, sample: FeedSample, more: Sequence[str], now: datetime) -> Finding:
    """Look at a sample of records, also beside what is stored, as at an instant (aware). `more`: what else to note."""
    refused = [record.refused for record in sample.records if record.refused is not None]
    zoneless = [reason for reason in refused if WITHOUT_ZONE in reason]
    others = [reason for reason in refused if WITHOUT_ZONE not in reason]
    of = f"of {count_noun(len(sample.records), 'record')} in the sample"
    problems: list[Problem] = []
    if others:
        problems.append(Problem("sample-refused", f"{len(others):,} {of} would be refused.", _count_reasons(others)))
    if zoneless:
        said = f"{len(zoneless):,} {of} {plural(len(zoneless), 'has', 'have')} date-times without an offset from UTC."
        problems.append(Problem("instants-without-zone", said, _count_reasons(zoneless)))
    mapped = [record.mapped for record in sample.records if isinstance(record.mapped, dict)]
    if never := list(_find_never_filled(settings, mapped)):
        said = f"{count_noun(len(never), 'field or list', 'fields or lists')} of the mapping came in no record."
        problems.append(Problem("fields-never-filled", said, tuple(never)))
    if unknown := count_unknown_values(sample.crimes, vocabulary_of(settings, policy)):
        said = f"The sample has {count_noun(len(unknown), 'value')} that neither the mapping nor the policy knows."
        ordered = sorted(unknown.items(), key=lambda item: (-item[1], item[0]))
        listed = [f"{name_value(*which)}: {count_noun(times, 'time')}" for which, times in ordered]
        problems.append(Problem("sample-unknown-values", said, first_ones(listed)))
    problems += _find_changed_unseen(settings, sample, now)
    notes = [*more]
    if sample.clock_changes:
        notes.append(
            f"{count_noun(sample.clock_changes, 'date-time')} without an offset fell in an hour that a clock change "
            "repeats or skips; each is read as if the clocks had not yet changed"
        )
    return Finding(
        f"sample: {len(sample.records) - len(refused):,} {of} would be stored", tuple(problems), tuple(notes)
    )


def _find_changed_unseen(settings: Settings, sample: FeedSample, now: datetime) -> Iterator[Problem]:
    """Find crimes that are stored otherwise than they come now, and of which no poll would see that."""
    try:
        with closing(Store.open(settings.database_url)) as store, store.reading() as connection:
            changed = list_changed_unseen(connection, sample.crimes, now)
    except ComplianceError:  # another look finds what is wrong with the database
        return
    if changed:
        of = f"{len(changed):,} of {count_noun(len(sample.crimes), 'crime')} in the sample"
        is_are = plural(len(changed), "is", "are")
        said = f"{of} {is_are} stored with other content, though `changed_at` says that nothing has changed since."
        yield Problem("changed-unseen", said, first_ones([f"crime {ref}" for ref in sorted(changed)]))


def _count_reasons(reasons: Iterable[str]) -> tuple[str, ...]:
    """Return each kind of reason with its count and one example, the most frequent first."""
    counted: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for reason in reasons:
        kind = re.sub(r"\[\d+\]", "", reason).partition(": found")[0]
        counted[kind] += 1
        examples.setdefault(kind, reason)
    return first_ones([f"{count_noun(times, 'record')}: {examples[kind]}" for kind, times in counted.most_common()])


def _find_never_filled(settings: Settings, records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lists that no record has, and the fields that the mapping names and no record has a value of."""
    if len(records) < _ENOUGH:
        return
    mapping = settings.crime_system.mapping
    for name in (*_EXPECTED, *(["allocations"] if _gives_allocations(settings.crime_system) else [])):
        if not any(_items(records, name)):
            source = mapping.lists.get(name)
            yield f"the list {name}" + (f", [crime_system.mapping] lists.{name} = {source!r}" if source else "")
    for name in ("crime", *LISTS):
        items = records if name == "crime" else [*_items(records, name)]
        if len(items) < _ENOUGH:
            continue
        for key, source in getattr(mapping, name).items():
            is_link = key == "crime_ref" and name != "crime"  # says whose row it is, and is no field of the list
            if source and not is_link and not any(item.get(key) is not None for item in items):
                yield f"{name}.{key}, [crime_system.mapping] {name}.{key} = {source!r}"


def _gives_allocations(system: CrimeSystem) -> bool:
    """Return whether the settings say where allocations are. A crime system may have none: records section 1."""
    given = {*(system.files.tables if system.files else ()), *(system.database.queries if system.database else ())}
    return "allocations" in given | set(system.mapping.lists) or bool(system.mapping.allocations)


def _items(records: Sequence[Mapping[str, Any]], name: str) -> Iterator[Mapping[str, Any]]:
    if name == "contact_holds":
        for victim in _items(records, "victims"):
            yield from _dicts(victim.get(name))
        return
    for record in records:
        yield from _dicts(record.get(name))


def _dicts(items: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))
