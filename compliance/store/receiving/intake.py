"""Taking in what a feed delivers: whole pages, by content, with every earlier version stored (decision 0008).

A page is one transaction, including its cursor. After a crash at any moment the store holds whole pages, and reading
continues after the last of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from compliance.errors import UnavailableError
from compliance.policy.vocabulary import Vocabulary, count_unknown_values
from compliance.records import PageRecord, text_of
from compliance.records.collector import paused_gc
from compliance.store.audit.audit_entry import AuditEntry
from compliance.store.audit.audit_log import append_entry
from compliance.store.content import Content, is_older, stamps
from compliance.store.database.dialect import upsert
from compliance.store.database.engine import Store
from compliance.store.database.recent_records import RecentRecords
from compliance.store.kept.idle_polls import NewestPoll, delete_idle_poll, idle_since, read_newest_poll
from compliance.store.receiving.current_versions import are_as_stored, put_crimes, read_changed_at
from compliance.store.receiving.quarantine import Refused, are_in_quarantine, update_quarantine
from compliance.store.receiving.unknown_values import Unknown, count_unknown
from compliance.store.tables import FEED, POLL

CURSOR_STANDS: Final = timedelta(hours=1)
"""How long a cursor is kept where a feed gives another each time and nothing new with it: none expires so soon."""


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """The result of a page.

    It holds the number of records received, new or changed, and refused; the latest instant of change in the crime
    system, None unless every record gives one; how many were older than what is stored; the unknown values in new or
    changed records; and how many crimes lost all their updates or victims.
    """

    received: int
    changed: int
    refused: int
    latest: datetime | None = None
    late: int = 0
    unknown: Unknown = field(default_factory=Unknown)
    emptied: int = 0


def newest_poll(store: Store, source: str) -> NewestPoll:
    """Return the newest poll of a source as it stands, for a poll that begins now and may have nothing to store."""
    with store.reading() as connection:
        return read_newest_poll(connection, source)


def begin_poll(store: Store, source: str, now: datetime, after: NewestPoll | None = None) -> int:
    """Begin a poll of a feed, before the first page that it stores, and return its number.

    An older poll of the source can no longer add pages: they could be older than those of this one. `now`: when it
    began. `after`: the newest poll then (None: as it is now). Raises UnavailableError if another has stored something
    since, for what this one has read could be older.
    """
    with store.writing() as connection:
        if after is not None and (newest := read_newest_poll(connection, source)) != after:
            raise UnavailableError(
                f"another poll of {source} (number {newest.number}) was stored while this one was under way; this one "
                "stops, and the next takes in what is still to come"
            )
        delete_idle_poll(connection, source)
        nothing_yet = {"complete": False, "pages": 0, "received": 0, "changed": 0, "refused": 0}
        row = {"source": source, "started_at": now} | nothing_yet
        return int(connection.execute(insert(POLL).values(row).returning(POLL.c.id)).scalar_one())


def is_nothing_new(
    store: Store, source: str, page: "ReadPage", cursor: str | None, now: datetime, *, leads_on: bool
) -> bool:
    """Return whether the last page of a poll need not be stored, because everything in it is stored already.

    `leads_on`: it has records that lie behind the stored cursor, so another cursor must be stored. Otherwise the stored
    one stands for `CURSOR_STANDS`: the next poll reads the same nothing again.
    """
    asked = select(FEED.c.cursor, FEED.c.moved_at).where(FEED.c.source == source)
    with store.reading() as connection:
        held, moved_at = connection.execute(asked).first() or (None, None)
        is_fresh = held is not None and moved_at is not None and now - moved_at < CURSOR_STANDS
        return (
            (cursor in (None, held) or (is_fresh and not leads_on))
            and not page.refused
            and not page.late
            and are_as_stored(connection, page.standing)
            and not are_in_quarantine(connection, page.right)
        )


def take_page(
    store: Store,
    poll_id: int,
    source: str,
    records: Sequence[PageRecord],
    cursor: str | None,
    now: datetime,
    known: Vocabulary | None = None,
    read: "ReadPage | None" = None,
) -> PageOutcome:
    """Store a page and move the feed's cursor, all or nothing.

    `cursor` is where to continue next time (None leaves it unchanged). Of a record repeated in the page, the last
    applies. A record older than the current one does not replace it (records section 4). One that breaks the format
    goes to quarantine. In new or changed records, values that are not in `known` are counted (rules section 8; None:
    none are). `read`: the records, if they were read already.

    Raises UnavailableError if a newer poll of the source has begun, or the database does not answer.
    """
    with paused_gc():
        page = read or ReadPage(records, store.recent, now)
    with paused_gc(), store.writing() as connection:
        _move_cursor(connection, source, cursor, now)
        _refuse_if_superseded(connection, source, poll_id)
        put = put_crimes(connection, page.standing, poll_id, now, page.late)
        right = {ref: changed_at for ref, changed_at in page.right.items() if ref not in put.late}
        update_quarantine(connection, source, right, _not_overtaken(connection, page.refused, now), now)
        found = {} if known is None else count_unknown_values(put.changed, known)
        unknown = count_unknown(connection, source, found, now)
        late = len(put.late) + len(page.late)
        outcome = PageOutcome(
            len(records), len(put.changed), len(page.refused), page.latest, late, unknown, put.emptied
        )
        _count(connection, poll_id, outcome)
    return outcome


def end_poll(
    store: Store,
    poll_id: int,
    now: datetime,
    complete: bool,
    problem: str | None = None,
    idle: bool = False,
    entry: AuditEntry | None = None,
) -> None:
    """End a poll: `complete` if the feed had nothing further; otherwise `problem` says what was wrong.

    `idle`: nothing in the store changed by it, and nothing failed. `entry`: what the audit log says of it.
    """
    with store.writing() as connection:
        since = idle_since(connection, poll_id, now, complete) if idle else None
        ended = {"ended_at": now, "complete": complete, "problem": problem, "idle_since": since}
        connection.execute(update(POLL).where(POLL.c.id == poll_id).values(ended))
        if entry is not None:
            append_entry(connection, entry)


def cursor_of(store: Store, source: str) -> str | None:
    """Return the cursor at which to continue reading a feed; None for the beginning."""
    with store.reading() as connection:
        return connection.execute(select(FEED.c.cursor).where(FEED.c.source == source)).scalar()


class ReadPage:
    """A decoded page.

    `standing` holds the record of each crime that is current at the end of the page: the last one, unless it is older
    than one before it. `late` holds those that arrived after a newer one. `right` has the crimes whose newest record in
    this page is valid, with its `changed_at`.
    """

    def __init__(self, records: Sequence[PageRecord], recent: RecentRecords, now: datetime) -> None:
        contents, refusals = recent.read(records)
        told = [content.changed_at for content in contents.values() if content.changed_at is not None]
        self.latest = max(told) if told and len(told) == len(records) else None
        standing: dict[str, Content] = {}
        self.late = []
        for content in contents.values():
            held = standing.get(content.crime_ref)
            if held is not None and is_older(content.changed_at, held.changed_at, now):
                self.late.append(content)
            else:
                standing[content.crime_ref] = content
        self.standing = list(standing.values())
        raws = {r.index: text_of(records[r.index]) for r in refusals}
        changed = dict(zip(raws, stamps(list(raws.values())), strict=True))
        came = {place: (content.crime_ref, content.changed_at) for place, content in contents.items()}
        last = _last(came | {r.index: (r.crime_ref, changed[r.index]) for r in refusals if r.crime_ref}, now)
        self.refused = [
            Refused(
                raws[r.index], r.crime_ref, r.reason, changed[r.index],
                stands=r.crime_ref is None or last[r.crime_ref] == r.index,
            )
            for r in refusals
        ]  # fmt: skip
        self.right = {ref: came[place][1] for ref, place in last.items() if place in came}


def _last(came: Mapping[int, tuple[str, datetime | None]], now: datetime) -> dict[str, int]:
    """Return the position of the newest record of each crime number.

    `came` maps positions in the page to (crime number, changed_at).
    """
    last: dict[str, int] = {}
    for place, (ref, changed_at) in sorted(came.items()):
        if ref not in last or not is_older(changed_at, came[last[ref]][1], now):
            last[ref] = place
    return last


def _not_overtaken(connection: Connection, refused: Sequence[Refused], now: datetime) -> list[Refused]:
    """Return refused records, with `stands` cleared on those older than the stored record of their crime."""
    dated = {r.crime_ref for r in refused if r.stands and r.crime_ref and r.changed_at is not None}
    held = read_changed_at(connection, sorted(dated))
    return [
        replace(r, stands=r.stands and not is_older(r.changed_at, held.get(r.crime_ref or ""), now)) for r in refused
    ]


def _move_cursor(connection: Connection, source: str, cursor: str | None, now: datetime) -> None:
    """Move a feed's cursor; done first, so that two polls of one source wait for each other here on any database."""
    kept = ("cursor",) if cursor is None else ()
    upsert(connection, FEED, [{"source": source, "cursor": cursor, "moved_at": now}], kept=kept)


def _refuse_if_superseded(connection: Connection, source: str, poll_id: int) -> None:
    newest = connection.execute(select(func.max(POLL.c.id)).where(POLL.c.source == source)).scalar()
    if newest != poll_id:
        raise UnavailableError(
            f"another poll of {source} (number {newest}) began while this one (number {poll_id}) was under way; this "
            "one stops, and the other takes in what is still to come"
        )


def _count(connection: Connection, poll_id: int, outcome: PageOutcome) -> None:
    connection.execute(
        update(POLL)
        .where(POLL.c.id == bindparam("poll"))
        .values(
            pages=POLL.c.pages + 1,
            received=POLL.c.received + outcome.received,
            changed=POLL.c.changed + outcome.changed,
            refused=POLL.c.refused + outcome.refused,
            emptied=POLL.c.emptied + outcome.emptied,
        ),
        {"poll": poll_id},
    )
