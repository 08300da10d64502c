"""Taking in what a feed delivers: whole pages, by content, every earlier version kept (decision 0008).

A page is one transaction, its cursor included: after a crash at any moment the store holds whole pages, and the feed is
asked again from the last of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, literal, select, update

from compliance.errors import UnavailableError
from compliance.records import Officer, decode_crimes
from compliance.records.collector import paused_gc
from compliance.records.instants import NONE, from_micros, parse_instants
from compliance.store.content import Content, content_of, pack
from compliance.store.database import Store
from compliance.store.dialect import among, chunks, rows_of, set_by_key, upsert
from compliance.store.quarantine import Refused, clear, put_in
from compliance.store.removals import removed_contents
from compliance.store.tables import CRIME, CRIME_VERSION, FEED, OFFICER, POLL

AT_ONCE: Final = date.min
"""The `wake_on` of a crime that has changed since it was last judged."""


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """What a page brought: records received, of these new or changed, and refused; the latest instant at which one of
    them changed in the crime system, None where not every one says."""

    received: int
    changed: int
    refused: int
    latest: datetime | None = None


def begin_poll(store: Store, source: str, now: datetime) -> int:
    """Note that a feed is being asked from now on; the number of the poll. An older poll of the source can take in no
    more pages: they could be older than those of this one."""
    with store.writing() as connection:
        nothing_yet = {"complete": False, "pages": 0, "received": 0, "changed": 0, "refused": 0}
        row = {"source": source, "started_at": now} | nothing_yet
        return int(connection.execute(insert(POLL).values(row).returning(POLL.c.id)).scalar_one())


def take_page(
    store: Store, poll_id: int, source: str, raws: Sequence[bytes], cursor: str | None, now: datetime
) -> PageOutcome:
    """Take in a page and move the feed's cursor, all or nothing.

    `raws` is the JSON text of each record, `cursor` where to ask from next time (None leaves it where it is). A record
    that stands twice in the page: the last one stands. One that breaks the format goes to quarantine. Raises
    UnavailableError where a newer poll of the source has begun, or the database does not answer.
    """
    page = _Page(raws)
    with paused_gc(), store.writing() as connection:
        _move_cursor(connection, source, cursor, now)
        _refuse_if_superseded(connection, source, poll_id)
        changed = put_crimes(connection, page.crimes, poll_id, now)
        clear(connection, page.seen, now)
        put_in(connection, source, page.refused, now)
        outcome = PageOutcome(len(raws), changed, len(page.refused), page.latest)
        _count(connection, poll_id, outcome)
    return outcome


def end_poll(store: Store, poll_id: int, now: datetime, complete: bool, problem: str | None = None) -> None:
    """Note that a poll has ended: `complete` where the feed had nothing further, else what the problem was."""
    with store.writing() as connection:
        ended = {"ended_at": now, "complete": complete, "problem": problem}
        connection.execute(update(POLL).where(POLL.c.id == poll_id).values(ended))


def cursor_of(store: Store, source: str) -> str | None:
    """Where to ask a feed from, None for from the beginning."""
    with store.reading() as connection:
        return connection.execute(select(FEED.c.cursor).where(FEED.c.source == source)).scalar()


def save_officers(store: Store, officers: Sequence[Officer], now: datetime) -> None:
    """Keep the entries of the officer directory as of now, their dates checked by the feed. One that it no longer holds
    stays as last seen."""
    rows = []
    for officer in {officer.officer_ref: officer for officer in officers}.values():
        row: dict[str, Any] = msgspec.structs.asdict(officer)
        row["left_on"] = date.fromisoformat(officer.left_on) if officer.left_on else None
        row["email"] = officer.email.strip() if officer.email else officer.email
        row["absent"] = msgspec.to_builtins(officer.absent or [])
        rows.append(row | {"seen_at": now})
    with store.writing() as connection:
        upsert(connection, OFFICER, rows)


class _Page:
    """A page decoded: what stands in it at its end, by crime number."""

    def __init__(self, raws: Sequence[bytes]) -> None:
        crimes, refusals = decode_crimes(raws)
        lost = {refusal.index for refusal in refusals}
        place = {crime.crime_ref: i for i, crime in zip(_others(len(raws), lost), crimes, strict=True)}
        changes = parse_instants([crime.changed_at for crime in crimes])[0]
        told = len(changes) == len(raws) > 0 and changes.min() != NONE
        self.latest = from_micros(changes.max()) if told else None
        self.crimes = content_of(list({crime.crime_ref: crime for crime in crimes}.values()))
        last = place | {r.crime_ref: r.index for r in refusals if r.crime_ref and r.index > place.get(r.crime_ref, -1)}
        self.refused = [
            Refused(raws[r.index], r.crime_ref, r.reason, stands=last.get(r.crime_ref or "", r.index) == r.index)
            for r in refusals
        ]
        self.seen = sorted(last)


def _others(count: int, lost: set[int]) -> list[int]:
    return [i for i in range(count) if i not in lost]


def _move_cursor(connection: Connection, source: str, cursor: str | None, now: datetime) -> None:
    """First of all, so that on any database two polls of one source wait for each other here."""
    kept = ("cursor",) if cursor is None else ()
    upsert(connection, FEED, [{"source": source, "cursor": cursor, "moved_at": now}], kept=kept)


def _refuse_if_superseded(connection: Connection, source: str, poll_id: int) -> None:
    newest = connection.execute(select(func.max(POLL.c.id)).where(POLL.c.source == source)).scalar()
    if newest != poll_id:
        raise UnavailableError(
            f"another poll of {source} (number {newest}) began while this one (number {poll_id}) was under way; this "
            "one stops, and the other takes in what is still to come"
        )


def put_crimes(connection: Connection, contents: Sequence[Content], poll_id: int | None, now: datetime) -> int:
    """Put what is new or changed in place of what stands; how many. What came is missing no longer."""
    standing: dict[str, bytes] = {}
    back: list[dict[str, Any]] = []
    for refs in chunks(content.crime.crime_ref for content in contents):
        held = select(CRIME.c.crime_ref, CRIME.c.digest, CRIME.c.missing_since)
        for ref, digest, missing_since in rows_of(connection, held.where(among(connection, CRIME.c.crime_ref, refs))):
            standing[ref] = digest
            if missing_since is not None:
                back.append({"crime_ref": ref, "missing_since": None})
    changed = [content for content in contents if standing.get(content.crime.crime_ref) != content.digest]
    removed = removed_contents(connection, [c.crime.crime_ref for c in changed if c.crime.crime_ref not in standing])
    changed = [content for content in changed if content.digest not in removed]
    _keep_versions(connection, [c.crime.crime_ref for c in changed if c.crime.crime_ref in standing], now)
    rows = [
        {
            "crime_ref": content.crime.crime_ref,
            "digest": content.digest,
            "record": record,
            "seen_at": now,
            "seen_poll": poll_id,
            "first_seen_at": now,
            "wake_on": AT_ONCE,
        }
        for content, record in zip(changed, pack(content.crime for content in changed), strict=True)
    ]
    upsert(connection, CRIME, rows, kept=("first_seen_at",))
    set_by_key(connection, CRIME, back)
    return len(rows)


def _keep_versions(connection: Connection, refs: list[str], now: datetime) -> None:
    """Move what stands to the versions, without its leaving the database."""
    kept = ["crime_ref", "digest", "record", "seen_at"]
    standing = select(*(CRIME.c[name] for name in kept), literal(now, CRIME_VERSION.c.replaced_at.type))
    for part in chunks(refs):
        moved = standing.where(among(connection, CRIME.c.crime_ref, part))
        connection.execute(insert(CRIME_VERSION).from_select([*kept, "replaced_at"], moved))


def _count(connection: Connection, poll_id: int, outcome: PageOutcome) -> None:
    connection.execute(
        update(POLL)
        .where(POLL.c.id == bindparam("poll"))
        .values(
            pages=POLL.c.pages + 1,
            received=POLL.c.received + outcome.received,
            changed=POLL.c.changed + outcome.changed,
            refused=POLL.c.refused + outcome.refused,
        ),
        {"poll": poll_id},
    )
