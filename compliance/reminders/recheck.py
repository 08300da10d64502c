"""Asked again just before a digest is sent: what it still tells, or why it is not sent (design decision 5)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from compliance.mail import Postponed, Rendered, StillDue, Withdrawn, as_written
from compliance.policy import Policy
from compliance.reminders.digest import Told, write
from compliance.reminders.freshness import recovering, silence
from compliance.reminders.history import DIGEST, STAFF_LIST, drop_notices, owed_list, spells
from compliance.reminders.owed import Key, Owed, owed_now
from compliance.reminders.plan import read_text
from compliance.reminders.rearmed import rearmed
from compliance.reminders.render import render
from compliance.reminders.rules import ReminderRules, list_day, next_opening, not_now, today_of
from compliance.reminders.staff import Support, support_for
from compliance.reminders.stages import LEADERS, RECOVERING, Decision, Outcome, Situation, route, steps
from compliance.store import Store, load_crimes, officers
from compliance.store.tables import CrimeRow, Notice, Outbox

FRESH: Final = timedelta(minutes=15)
"""For so long a digest stands as it was written while no record that it tells of changes."""
DISCHARGED: Final = "no longer outstanding when the mail was to be sent"
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

    @cache
    def support(today: date) -> Mapping[str, tuple[Support, ...]]:
        about = Situation(rules, today, officers(store), list_day=list_day(policy, rules, today))
        return support_for(store, policy, about)

    def ask(row: Outbox) -> Rendered | Withdrawn | Postponed:
        if row.kind not in (DIGEST, STAFF_LIST):
            return as_written(row)
        now = clock()
        if reason := not_now(policy, rules, now):
            return Postponed(next_opening(policy, rules, now), reason)
        if row.kind == STAFF_LIST:
            return _list_again(policy, rules, today_of(policy, now), support(today_of(policy, now)), row)
        return _again(store, policy, rules, now, row, support)

    return ask


def _again(
    store: Store,
    policy: Policy,
    rules: ReminderRules,
    now: datetime,
    row: Outbox,
    support: Callable[[date], Mapping[str, tuple[Support, ...]]],
) -> Rendered | Withdrawn | Postponed:
    with store.session(reading=True) as session:
        if _stands(session, row, now):
            return as_written(row)
        if reason := silence(session, rules, now):
            return Postponed(now + LATER, reason)
        if _replaced(session, row):
            return Withdrawn("replaced by a later digest")
        told = _told(session, row)
        if any(notice.step not in LEADERS for notice in told) and recovering(session, policy, rules, now):
            return Postponed(next_opening(policy, rules, now), RECOVERING)
        crime_refs = sorted({notice.crime_ref for notice in told})
        often = spells(session, crime_refs)
        is_list = owed_list(session, row, list_day(policy, rules, today_of(policy, row.created_at)))
    owed = {item.key: item for item in owed_now(load_crimes(store, crime_refs), policy, rules, now, often)}
    today = today_of(policy, now)
    about = Situation(rules, today, officers(store))
    kept, dropped = [], {}
    for notice in told:
        item = owed.get(_key(notice))
        if reason := _why_not(notice, item, about):
            dropped[int(notice.id or 0)] = reason
        elif item is not None:
            kept.append(Decision(item, notice.recipient_ref, Outcome.SENT, notice.reason, notice.step))
    if dropped:
        with store.session() as session:
            drop_notices(session, dropped)
    if not kept:
        reasons = sorted(set(dropped.values()))
        return Withdrawn(f"nothing is left to tell ({', '.join(reasons)})" if reasons else "nothing is left to tell")
    with store.session(reading=True) as session:
        again = rearmed(session, policy, sorted({d.owed.waiting.crime_ref for d in kept if d.is_new}), today)
    named = support(today).get(row.recipient_ref or "", ()) if is_list else ()
    besides = Told(read_text(store, policy, today), again, about.directory, named)
    return render(write(kept, policy, rules, today, besides), rules)


def _list_again(
    policy: Policy, rules: ReminderRules, today: date, support: Mapping[str, tuple[Support, ...]], row: Outbox
) -> Rendered | Withdrawn:
    """A weekly list that tells of no victim: its reader may have left, or what it says may have been put right."""
    officers_named = support.get(row.recipient_ref or "", ())
    if not officers_named:
        return Withdrawn("nothing is left to tell")
    return render(write((), policy, rules, today, Told(support=officers_named)), rules)


def _stands(session: Session, row: Outbox, now: datetime) -> bool:
    """Whether it was written minutes ago, and no record that it tells of has changed since: then it says what it would
    say anew."""
    if not timedelta() <= now - row.created_at < FRESH:
        return False
    return session.execute(_CHANGED, {"mail": row.id, "written": row.created_at}).first() is None


def _why_not(notice: Notice, owed: Owed | None, about: Situation) -> str | None:
    """Why what was to be told drops out, None where it is told."""
    if owed is None or owed.spell != notice.spell or notice.step not in steps(owed, about):
        return DISCHARGED
    found = route(owed, notice.step, about)
    if found.recipient_ref == notice.recipient_ref:
        return None
    return found.why or HANDED_OVER


def _replaced(session: Session, row: Outbox) -> bool:
    later = select(Outbox.id).where(
        col(Outbox.kind) == DIGEST,
        col(Outbox.recipient_ref) == row.recipient_ref,
        col(Outbox.id) > row.id,
        col(Outbox.state).not_in(("refused", "cancelled")),
    )
    return session.exec(later.limit(1)).first() is not None


def _told(session: Session, row: Outbox) -> list[Notice]:
    """The notices of a mail that say it tells them."""
    asked = select(Notice).where(col(Notice.outbox_id) == row.id, col(Notice.outcome) == Outcome.SENT)
    return list(session.exec(asked.order_by(col(Notice.id))).all())


def _key(notice: Notice) -> Key:
    return notice.crime_ref, notice.victim_ref, notice.requirement, notice.cycle, notice.clock_date
