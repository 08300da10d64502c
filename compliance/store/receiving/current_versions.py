"""The current record of each crime: the newest received, by content. All others are stored as versions of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, insert, literal, select

from compliance.records import Crime
from compliance.store.content import Content, content_of, is_older, pack_texts, read_packed_stamps
from compliance.store.database.dialect import add, among, chunks, rows_of, set_by_key, upsert
from compliance.store.receiving.emptied import count_emptied
from compliance.store.receiving.removals import list_removed_contents
from compliance.store.receiving.victim_characteristics import are_characteristics_as_stored, put_characteristics
from compliance.store.tables import CRIME, CRIME_VERSION

AT_ONCE: Final = date.min
"""The `wake_on` of a crime that has changed since it was last judged."""
_DAY: Final = timedelta(days=1)


class _Held(NamedTuple):
    """What is stored of a crime. `unnoted` means that only its record says when it changed."""

    digest: bytes
    changed_at: datetime | None
    is_missing: bool
    unnoted: bool


@dataclass(frozen=True, slots=True)
class StoredChanges:
    """The crimes that are new or changed, those whose received record was older than the stored one, and how many lost
    all their updates or victims."""

    changed: Sequence[Crime]
    late: frozenset[str]
    emptied: int


def put_crimes(
    connection: Connection,
    contents: Sequence[Content],
    poll_id: int | None,
    now: datetime,
    late: Sequence[Content] = (),
) -> StoredChanges:
    """Replace the current records with those that are new or changed, and clear the missing flag of those received.

    A record older than the current one, and each of `late`, becomes a version seen late (records section 4).
    """
    held = _read_held(connection, contents)
    came = {content.crime_ref: content for content in contents}
    older = {ref for ref, stands in held.items() if is_older(came[ref].changed_at, stands.changed_at, now)}
    changed = [c for ref, c in came.items() if ref not in older and (ref not in held or held[ref].digest != c.digest)]
    removed = list_removed_contents(connection, [c.crime_ref for c in changed if c.crime_ref not in held])
    changed = [content for content in changed if content.digest not in removed]
    emptied = count_emptied(connection, {c.crime_ref: c for c in changed if c.crime_ref in held})
    _keep_versions(connection, [c.crime_ref for c in changed if c.crime_ref in held], now)
    upsert(connection, CRIME, _rows(changed, poll_id, now), kept=("first_seen_at",))
    stored = {content.crime_ref for content in changed} | held.keys()
    put_characteristics(connection, [came[ref] for ref in came if ref in stored and ref not in older], now)
    _note_again(connection, {ref: (came[ref], stands) for ref, stands in held.items() if ref not in older})
    digests = {ref: stands.digest for ref, stands in held.items()} | {c.crime_ref: c.digest for c in changed}
    _keep_late(connection, [*(came[ref] for ref in older), *late], digests, now)
    return StoredChanges([content.crime for content in changed], frozenset(older), emptied)


def are_as_stored(connection: Connection, contents: Sequence[Content]) -> bool:
    """Return whether `put_crimes` would write nothing."""
    held = _read_held(connection, contents)
    is_stored = all(_is_as_stored(content, held.get(content.crime_ref)) for content in contents)
    return is_stored and are_characteristics_as_stored(connection, contents)


def list_changed_unseen(connection: Connection, crimes: Sequence[Crime], now: datetime) -> list[str]:
    """Return the crimes stored with other content than they come with, though `changed_at` is the same as before.

    A poll does not see such a change. One of the last day is left out: a poll may still read it, as a `changed_at` may
    be a date alone.
    """
    came = {content.crime_ref: content for content in content_of(crimes)}
    held = _read_held(connection, list(came.values()))
    return [
        ref
        for ref, stands in held.items()
        if came[ref].digest != stands.digest
        and stands.changed_at is not None
        and came[ref].changed_at == stands.changed_at < now - _DAY
    ]


def _is_as_stored(content: Content, held: _Held | None) -> bool:
    if held is None or held.is_missing or held.digest != content.digest:
        return False
    return content.changed_at is None or (not held.unnoted and held.changed_at == content.changed_at)


def _read_held(connection: Connection, contents: Sequence[Content]) -> dict[str, _Held]:
    """Return what is stored of the crimes received."""
    held: dict[str, _Held] = {}
    asked = select(CRIME.c.crime_ref, CRIME.c.digest, CRIME.c.changed_at, CRIME.c.missing_since)
    for refs in chunks(content.crime_ref for content in contents):
        for ref, digest, changed_at, since in rows_of(
            connection, asked.where(among(connection, CRIME.c.crime_ref, refs))
        ):
            held[ref] = _Held(digest, changed_at, since is not None, changed_at is None)
    told = [content.crime_ref for content in contents if content.changed_at is not None]
    for ref, changed_at in _read_changed_at(
        connection, [ref for ref in told if ref in held and held[ref].unnoted]
    ).items():
        held[ref] = held[ref]._replace(changed_at=changed_at)
    return held


def _read_changed_at(connection: Connection, crime_refs: Sequence[str]) -> dict[str, datetime | None]:
    """Return when crimes changed, from their records."""
    found: dict[str, datetime | None] = {}
    for refs in chunks(crime_refs):
        asked = select(CRIME.c.crime_ref, CRIME.c.record).where(among(connection, CRIME.c.crime_ref, refs))
        held = rows_of(connection, asked)
        found |= zip((ref for ref, _ in held), read_packed_stamps(record for _, record in held), strict=True)
    return found


def read_changed_at(connection: Connection, crime_refs: Sequence[str]) -> dict[str, datetime | None]:
    """Return when stored crimes last changed, None if nothing says; crimes that are not stored are left out."""
    found: dict[str, datetime | None] = {}
    for refs in chunks(crime_refs):
        asked = select(CRIME.c.crime_ref, CRIME.c.changed_at).where(among(connection, CRIME.c.crime_ref, refs))
        found |= dict(rows_of(connection, asked))
    return found | _read_changed_at(connection, [ref for ref, changed_at in found.items() if changed_at is None])


def _rows(changed: Sequence[Content], poll_id: int | None, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "crime_ref": content.crime_ref,
            "digest": content.digest,
            "record": record,
            "seen_at": now,
            "seen_poll": poll_id,
            "first_seen_at": now,
            "wake_on": AT_ONCE,
            "missing_since": None,
            "changed_at": content.changed_at,
        }
        for content, record in zip(changed, pack_texts(content.text for content in changed), strict=True)
    ]


def _note_again(connection: Connection, came: Mapping[str, tuple[Content, _Held]]) -> None:
    """Update crimes received again unchanged: clear the missing flag, and note the later instant of change."""
    same = {ref: both for ref, both in came.items() if both[0].digest == both[1].digest}
    back = [ref for ref, (_, stands) in same.items() if stands.is_missing]
    set_by_key(connection, CRIME, [{"crime_ref": ref, "missing_since": None} for ref in back])
    later = [
        {"crime_ref": ref, "changed_at": content.changed_at}
        for ref, (content, stands) in same.items()
        if content.changed_at is not None and (stands.unnoted or stands.changed_at != content.changed_at)
    ]
    set_by_key(connection, CRIME, later)


def _keep_versions(connection: Connection, refs: list[str], now: datetime) -> None:
    """Move the current records to the versions, without their leaving the database."""
    kept = ["crime_ref", "digest", "record", "seen_at"]
    standing = select(*(CRIME.c[name] for name in kept), literal(now, CRIME_VERSION.c.replaced_at.type))
    for part in chunks(refs):
        moved = standing.where(among(connection, CRIME.c.crime_ref, part))
        connection.execute(insert(CRIME_VERSION).from_select([*kept, "replaced_at"], moved))


def _keep_late(connection: Connection, late: Sequence[Content], standing: Mapping[str, bytes], now: datetime) -> None:
    """Store records that were never current among the versions, each content of a crime once.

    `standing` is the digest of each current record. Nothing is brought back into a crime that retention has stripped.
    """
    stripped = list_removed_contents(connection, list({content.crime_ref for content in late}))
    digests = {ref: digest for ref, digest in standing.items() if digest not in stripped}
    new = {
        (ref, content.digest): content
        for content in late
        if digests.get(ref := content.crime_ref, content.digest) != content.digest
    }
    for refs in chunks(dict.fromkeys(ref for ref, _ in new)):
        asked = select(CRIME_VERSION.c.crime_ref, CRIME_VERSION.c.digest)
        for kept in rows_of(connection, asked.where(among(connection, CRIME_VERSION.c.crime_ref, refs))):
            new.pop(kept, None)
    rows = [
        {"crime_ref": ref, "digest": digest, "record": record, "seen_at": now, "replaced_at": now, "late": True}
        for (ref, digest), record in zip(new, pack_texts(content.text for content in new.values()), strict=True)
    ]
    add(connection, CRIME_VERSION, rows)
