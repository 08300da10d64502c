"""Asked again just before a digest is sent: what it still tells, or why it is not sent (decision 0017)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from compliance.mail import Postponed, Rendered, StillDue, Withdrawn, as_written
from compliance.policy import Policy
from compliance.reminders.decisions import (
    LEADERS,
    NEW,
    NO_ROOM,
    RECOVERING,
    STILL_WAITING,
    Decision,
    Outcome,
    phase,
)
from compliance.reminders.digest import Told, write
from compliance.reminders.escalation import Others
from compliance.reminders.freshness import recovering, silence
from compliance.reminders.history import (
    DIGEST,
    STAFF_LIST,
    Takings,
    owed_list,
    set_aside_of,
    spells,
    told_before,
    unreachable,
    written_today,
)
from compliance.reminders.ladder import steps
from compliance.reminders.notices import drop_notices, restate_notices
from compliance.reminders.owed import Key, Owed, owed_now
from compliance.reminders.plan import read_text
from compliance.reminders.rearmed import rearmed
from compliance.reminders.render import render
from compliance.reminders.rules import ReminderRules, list_day, next_opening, not_now, today_of, working_from
from compliance.reminders.situation import History, Situation
from compliance.reminders.staff import Support, support_for
from compliance.reminders.stages import Matter, route, tell
from compliance.store import Store, load_crimes, officers
from compliance.store.rows import is_aside
from compliance.store.tables import CrimeRow, Notice, Outbox

FRESH: Final = timedelta(minutes=15)
"""For so long a digest stands as it was written while no record that it tells of changes."""
_PAGE: Final = timedelta(seconds=30)
NOT_COME: Final = "the step has not come after all: the officer has more time"
DISCHARGED: Final = "no longer outstanding when the mail was to be sent"
NOT_JUDGED: Final = "set aside before the mail was sent: it cannot be judged (rules 6.1a)"
HANDED_OVER: Final = "handed over before the mail was sent"
LATER: Final = timedelta(minutes=30)
"""When a mail that waits for fresh data is looked at again."""

_CHANGED: Final = (
    select(Notice.id)
    .join(CrimeRow, col(CrimeRow.crime_ref) == col(Notice.crime_ref))
    .where(col(Notice.outbox_id) == bindparam("mail"), col(CrimeRow.seen_at) >= bindparam("written"))
    .limit(1)
)


def still_due(store: Store, policy: Policy, rules: ReminderRules, clock: Callable[[], datetime]) -> StillDue:
    """The question that `mail.deliver` asks before each mail; mails that are no digests or lists go as written.

    A digest is written anew from what is owed at that instant. What was discharged, handed over or put on hold since
    drops out, its notice with that reason; an empty digest is withdrawn, and one that a later digest has replaced too.
    Outside working hours it is postponed to the next working morning, as it is on the day after a gap in our data;
    while our data is old, until it is fresh.
    """

    about = _Recheck(store, policy, rules)

    def ask(row: Outbox) -> Rendered | Withdrawn | Postponed:
        if row.kind not in (DIGEST, STAFF_LIST):
            return as_written(row)
        now = clock()
        if reason := not_now(policy, rules, now):
            return Postponed(next_opening(policy, rules, now), reason)
        return about.digest(row, now) if row.kind == DIGEST else about.staff_list(row, now)

    return ask


class _Recheck:
    """The question of one run of delivery: what is the same for many mails is worked out once."""

    def __init__(self, store: Store, policy: Policy, rules: ReminderRules) -> None:
        self._store, self._policy, self._rules = store, policy, rules
        self._support, self._unreachable = cache(self._support_on), cache(self._unreachable_on)

    def digest(self, row: Outbox, now: datetime) -> Rendered | Withdrawn | Postponed:
        """A digest as it is to be sent at an instant."""
        store, policy, rules = self._store, self._policy, self._rules
        if _stands(store, row, now):
            return as_written(row)
        with store.session(reading=True) as session:
            if reason := silence(session, rules, now):
                return Postponed(now + LATER, reason)
            if _replaced(session, row):
                return Withdrawn("replaced by a later digest")
            told, crowded = _told(session, row)
            if any(notice.step not in LEADERS for notice in told) and recovering(session, policy, rules, now):
                return Postponed(next_opening(policy, rules, now), RECOVERING)
            crime_refs = sorted({notice.crime_ref for notice in (*told, *crowded)})
            often = spells(session, crime_refs)
            asides = set_aside_of(session, crime_refs)
            accepted = told_before(session, policy, rules, crime_refs)[1]
            is_list = owed_list(session, row, list_day(policy, rules, today_of(policy, row.created_at)))
        owed = {item.key: item for item in owed_now(load_crimes(store, crime_refs), policy, rules, now, often)}
        today = today_of(policy, now)
        about = self._situation(today, row, accepted)
        decided, dropped = _sorted(told, owed, about, asides)
        kept, restated = list(decided.values()), _restated(told, decided)
        if dropped or restated:
            with store.session() as session:
                drop_notices(session, dropped)
                restate_notices(session, restated)
        if not kept:
            reasons = f" ({', '.join(sorted(set(dropped.values())))})" if dropped else ""
            return Withdrawn(f"nothing is left to tell{reasons}")
        with store.session(reading=True) as session:
            again = rearmed(session, policy, sorted({d.owed.waiting.crime_ref for d in kept if d.is_new}), today)
            others = Others(accepted, written_today(session, today, crime_refs, about.history.put_off))
        support = self._support(today).get(row.recipient_ref or "", ()) if is_list else ()
        unlisted, _ = _sorted(crowded, owed, about)
        read_at, named = read_text(store, policy, today), list(unlisted.values())
        besides = Told(read_at, again, about.directory, support, named, others)
        return self._written(kept, besides, about, row)

    def staff_list(self, row: Outbox, now: datetime) -> Rendered | Withdrawn | Postponed:
        """A weekly list that tells of no victim: its reader may have left, or what it says may have been put right."""
        today = today_of(self._policy, now)
        with self._store.session(reading=True) as session:
            if reason := silence(session, self._rules, now):
                return Postponed(now + LATER, reason)
            if _replaced(session, row):
                return Withdrawn("replaced by a later digest")
            if recovering(session, self._policy, self._rules, now):
                return Postponed(next_opening(self._policy, self._rules, now), RECOVERING)
        support = self._support(today).get(row.recipient_ref or "", ())
        if not support:
            return Withdrawn("nothing is left to tell")
        return self._written((), Told(support=support), self._situation(today, row), row)

    def _written(self, kept: Sequence[Decision], besides: Told, about: Situation, row: Outbox) -> Rendered:
        """To the address that the directory has now."""
        content = render(write(kept, self._policy, self._rules, about.today, besides), self._rules)
        return replace(content, to_address=about.directory.address(row.recipient_ref or ""))

    def _situation(self, today: date, row: Outbox | None = None, accepted: Takings | None = None) -> Situation:
        """As it is for a mail: that it has been put off so far does not keep it from being tried."""
        history, mine = self._unreachable(today), None if row is None else row.recipient_ref
        others = {place: since for place, since in history.deferred.items() if place[0] != mine}
        return Situation(
            self._rules,
            today,
            officers(self._store),
            replace(history, deferred=others, accepted=accepted or {}),
            opens=partial(working_from, self._policy),
        )

    def _support_on(self, today: date) -> Mapping[str, tuple[Support, ...]]:
        about = replace(self._situation(today), list_day=list_day(self._policy, self._rules, today))
        return support_for(self._store, self._policy, about)

    def _unreachable_on(self, today: date) -> History:
        with self._store.session(reading=True) as session:
            return unreachable(session, self._policy, today)


def _sorted(
    notices: Iterable[Notice], owed: Mapping[Key, Owed], about: Situation, asides: Collection[tuple[Any, ...]] = ()
) -> tuple[dict[int, Decision], dict[int, str]]:
    """What is still to be told, by the notice's id, as it is to be told now; and of the other notices why not."""
    kept: dict[int, Decision] = {}
    dropped: dict[int, str] = {}
    for notice in notices:
        item, number = owed.get(_key(notice)), int(notice.id or 0)
        if reason := _why_not(notice, item, about):
            if reason == DISCHARGED and is_aside(_key(notice)[:-1], asides):
                reason = NOT_JUDGED
            dropped[number] = reason
        elif item is not None:
            matter = Matter(item, notice.step, route(item, notice.step, about).why)
            if notice.outcome == Outcome.SENT:
                news = NEW if notice.reason.startswith(NEW) else STILL_WAITING
                kept[number] = tell(matter, notice.recipient_ref, news, about)
            else:
                kept[number] = matter.decided(notice.recipient_ref, Outcome(notice.outcome), notice.reason)
    return kept, dropped


def _restated(notices: Iterable[Notice], kept: Mapping[int, Decision]) -> dict[int, Decision]:
    """What is told for another reason than when the mail was written."""
    written = {int(notice.id or 0): (notice.reason, notice.obstacles or []) for notice in notices}
    return {
        number: decision
        for number, decision in kept.items()
        if written[number] != (decision.said, [obstacle.as_data() for obstacle in decision.obstacles])
    }


def _stands(store: Store, row: Outbox, now: datetime) -> bool:
    """Whether it was written minutes ago, and no record that it tells of has changed since: then it says what it would
    say anew."""
    if not timedelta() <= now - row.created_at < FRESH:
        return False
    # What another instance stored meanwhile bears the instant at which its page began to be read.
    written = row.created_at - _PAGE
    with store.reading() as connection:
        return connection.execute(_CHANGED, {"mail": row.id, "written": written}).first() is None


def _why_not(notice: Notice, owed: Owed | None, about: Situation) -> str | None:
    """Why what was to be told drops out, None where it is told."""
    come = () if owed is None or owed.spell != notice.spell else tuple(steps(owed, about))
    if owed is None or not come or phase(notice.step) not in map(phase, come):
        return DISCHARGED
    if notice.step not in come:
        return NOT_COME
    found = route(owed, notice.step, about)
    if found.recipient_ref == notice.recipient_ref:
        return None
    return found.why or HANDED_OVER


def _replaced(session: Session, row: Outbox) -> bool:
    later = select(Outbox.id).where(
        col(Outbox.kind).in_((DIGEST, STAFF_LIST)),
        col(Outbox.recipient_ref) == row.recipient_ref,
        col(Outbox.id) > row.id,
        col(Outbox.state).not_in(("refused", "cancelled")),
    )
    return session.exec(later.limit(1)).first() is not None


def _told(session: Session, row: Outbox) -> tuple[list[Notice], list[Notice]]:
    """The notices of a mail that say it tells them, and those for which it had no room."""
    found = session.exec(select(Notice).where(col(Notice.outbox_id) == row.id).order_by(col(Notice.id))).all()
    told = [notice for notice in found if notice.outcome == Outcome.SENT]
    return told, [notice for notice in found if notice.reason == NO_ROOM]


def _key(notice: Notice) -> Key:
    return notice.crime_ref, notice.victim_ref, notice.requirement, notice.cycle, notice.clock_date
