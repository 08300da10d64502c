"""Checking a digest just before it is sent: what it still says, or why it is not sent (decision 0017)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from compliance.mail import Postponed, Rendered, StillDue, Withdrawn, as_written
from compliance.policy import Policy
from compliance.reminders.decisions import decide_to_notify, route, steps
from compliance.reminders.digest_keys import DIGEST, STAFF_LIST
from compliance.reminders.digests import read_text
from compliance.reminders.emails.composing import LetterContext, write
from compliance.reminders.emails.owed_again import explain_owed_again
from compliance.reminders.emails.templates import render
from compliance.reminders.emails.who_else import Others
from compliance.reminders.history import (
    AcceptedEmails,
    History,
    find_renewed,
    is_list_owed,
    read_notified_before,
    read_written_today,
    set_aside_of,
    spells,
    unreachable,
)
from compliance.reminders.morning import Decision, Morning, attach_obstacles
from compliance.reminders.notices import Dropped, drop_notices, key_of, restate_notices, says_the_same
from compliance.reminders.owed import Key, Owed, Standing, find_owed
from compliance.reminders.own_disputes import read_queries
from compliance.reminders.reasons import reason_text
from compliance.reminders.sending_times import (
    first_working_day,
    is_recovering,
    list_day,
    next_opening,
    not_now,
    silence,
)
from compliance.reminders.settings import ReminderSettings
from compliance.reminders.support_list import Support, support_for
from compliance.reminders.team_rules import team_rules
from compliance.store import Store, load_crimes, officers
from compliance.store.judgements.obligation_rows import is_aside
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.tables import CrimeRow, Notice, Outbox

FRESH: Final = timedelta(minutes=15)
"""How long a digest may be sent as written, provided that no record in it changes."""
_PAGE: Final = timedelta(seconds=30)
LATER: Final = timedelta(minutes=30)
"""How long to wait before checking an email again that waits for fresh data."""

_CHANGED: Final = (
    select(Notice.id)
    .join(CrimeRow, col(CrimeRow.crime_ref) == col(Notice.crime_ref))
    .where(col(Notice.outbox_id) == bindparam("mail"), col(CrimeRow.seen_at) >= bindparam("written"))
    .limit(1)
)


def still_due(store: Store, policy: Policy, settings: ReminderSettings, clock: Callable[[], datetime]) -> StillDue:
    """Return the check that `mail.deliver` makes before each email. Emails of other kinds are sent as written.

    A digest is written again from what is owed at that instant. Whatever has since been discharged, handed over or put
    on hold drops out, and its notice records that reason. An empty digest is withdrawn, and so is one that a later
    digest has replaced. Outside working hours, and on the day after a gap in our data, it is postponed to the next
    working morning. While our data is old, it is postponed until the data is fresh.
    """

    about, rules = _Recheck(store, policy, settings), settings.reminders

    def ask(row: Outbox) -> Rendered | Withdrawn | Postponed:
        if row.kind not in (DIGEST, STAFF_LIST):
            return as_written(row)
        now = clock()
        if reason := not_now(policy, rules, now):
            return Postponed(next_opening(policy, rules, now), reason)
        return about.digest(row, now) if row.kind == DIGEST else about.staff_list(row, now)

    return ask


class _Recheck:
    """The check for one delivery run, which works out once what many emails share."""

    def __init__(self, store: Store, policy: Policy, settings: ReminderSettings) -> None:
        self._store, self._policy, self._settings, self._rules = store, policy, settings, settings.reminders
        self._support, self._unreachable = cache(self._support_on), cache(self._unreachable_on)

    def digest(self, row: Outbox, now: datetime) -> Rendered | Withdrawn | Postponed:
        """Return a digest as it should be sent at an instant."""
        store, policy, rules = self._store, self._policy, self._rules
        if _stands(store, row, now):
            return as_written(row)
        with store.session(reading=True) as session:
            if reason := silence(session, rules, now):
                return Postponed(now + LATER, reason_text(reason))
            if _is_replaced(session, row):
                return Withdrawn("replaced by a later digest")
            listed, crowded = _read_notices(session, row)
            if any(not LadderStep(notice.step).is_escalation for notice in listed) and is_recovering(
                session, policy, rules, now
            ):
                return Postponed(next_opening(policy, rules, now), reason_text(Reason.RECOVERING))
            crime_refs = sorted({notice.crime_ref for notice in (*listed, *crowded)})
            often, renewed = spells(session, crime_refs), find_renewed(session, policy, crime_refs)
            teams = team_rules(session.connection(), rules, policy.local.date_of(row.created_at))
            asides = set_aside_of(session, crime_refs)
            accepted = read_notified_before(session, policy, crime_refs)[1]
            is_list = is_list_owed(session, row, list_day(policy, rules, policy.local.date_of(row.created_at)))
        found = find_owed(load_crimes(store, crime_refs), policy, rules, now, often, renewed, teams)
        owed = {item.key: item for item in found}
        today = policy.local.date_of(now)
        about = self._situation(today, row, accepted)
        decided, dropped = _sort(listed, owed, about, asides)
        kept, restated = list(decided.values()), _find_restated(listed, decided)
        if dropped or restated:
            with store.session() as session:
                drop_notices(session, dropped)
                restate_notices(session, restated)
        if not kept:
            reasons = f" ({', '.join(sorted({reason_text(*why) for why in dropped.values()}))})" if dropped else ""
            return Withdrawn(f"nothing in it is still due{reasons}")
        with store.session(reading=True) as session:
            again = explain_owed_again(
                session, policy, sorted({d.owed.waiting.crime_ref for d in kept if d.is_new}), today
            )
            queries = read_queries(session, policy, crime_refs, today).get(row.recipient_ref or "", {})
            others = Others(accepted, read_written_today(session, today, crime_refs, about.history.recently_deferred))
        support = self._support(today).get(row.recipient_ref or "", ()) if is_list else ()
        unlisted, _ = _sort(crowded, owed, about)
        read_at, named = read_text(store, policy, today), list(unlisted.values())
        context = LetterContext(read_at, again, about.directory, support, named, others, queries)
        return self._rewrite(kept, context, about, row)

    def staff_list(self, row: Outbox, now: datetime) -> Rendered | Withdrawn | Postponed:
        """Return a weekly list that covers no victim, as it should be sent.

        Its reader may have left, or its contents may have been corrected.
        """
        today = self._policy.local.date_of(now)
        with self._store.session(reading=True) as session:
            if reason := silence(session, self._rules, now):
                return Postponed(now + LATER, reason_text(reason))
            if _is_replaced(session, row):
                return Withdrawn("replaced by a later digest")
            if is_recovering(session, self._policy, self._rules, now):
                return Postponed(next_opening(self._policy, self._rules, now), reason_text(Reason.RECOVERING))
        support = self._support(today).get(row.recipient_ref or "", ())
        if not support:
            return Withdrawn("nothing in it is still due")
        return self._rewrite((), LetterContext(support=support), self._situation(today, row), row)

    def _rewrite(self, kept: Sequence[Decision], context: LetterContext, about: Morning, row: Outbox) -> Rendered:
        """Write an email again, to the address now in the directory."""
        content = render(write(kept, self._policy, self._settings, about.today, context), self._settings)
        return replace(content, to_address=about.directory.address(row.recipient_ref or ""))

    def _situation(self, today: date, row: Outbox | None = None, accepted: AcceptedEmails | None = None) -> Morning:
        """Return what is known for an email, ignoring deferrals of its own recipient so that it is still tried."""
        history, mine = self._unreachable(today), None if row is None else row.recipient_ref
        others = {place: since for place, since in history.deferred.items() if place[0] != mine}
        return Morning(
            self._rules,
            today,
            officers(self._store),
            replace(history, deferred=others, accepted=accepted or {}),
            list_day=list_day(self._policy, self._rules, today),
            opens=partial(first_working_day, self._policy),
        )

    def _support_on(self, today: date) -> Mapping[str, tuple[Support, ...]]:
        return support_for(self._store, self._policy, self._situation(today))

    def _unreachable_on(self, today: date) -> History:
        with self._store.session(reading=True) as session:
            return unreachable(session, self._policy, self._rules, today)


def _sort(
    notices: Iterable[Notice], owed: Mapping[Key, Owed], about: Morning, asides: Collection[tuple[Any, ...]] = ()
) -> tuple[dict[int, Decision], dict[int, Dropped]]:
    """Sort notices, by id, into those still due, as decided now, and those that drop out, with the reason."""
    kept: dict[int, Decision] = {}
    dropped: dict[int, Dropped] = {}
    for notice in notices:
        item, number, step = owed.get(key_of(notice)), int(notice.id or 0), LadderStep(notice.step)
        if why := _why_not(notice, item, about):
            is_set_aside = why[0] is Reason.DISCHARGED and is_aside(key_of(notice)[:-1], asides)
            dropped[number] = (Reason.NOT_JUDGED, None) if is_set_aside else why
        elif item is not None:
            found = decide_to_notify(item, step, notice.recipient_ref, route(item, step, about))
            found = replace(found, outcome=Outcome(notice.outcome), reason=Reason(notice.reason), since=notice.since)
            kept[number] = attach_obstacles(found, about) if found.outcome is Outcome.SENT else found
    return kept, dropped


def _find_restated(notices: Iterable[Notice], kept: Mapping[int, Decision]) -> dict[int, Decision]:
    """Return the decisions whose reason has changed since the email was written."""
    written = {int(notice.id or 0): notice for notice in notices}
    return {number: found for number, found in kept.items() if not says_the_same(written[number], found)}


def _stands(store: Store, row: Outbox, now: datetime) -> bool:
    """Return whether an email was written minutes ago and no record in it has changed since.

    It then says what it would say if written again.
    """
    if not timedelta() <= now - row.created_at < FRESH:
        return False
    # Records stored by another instance carry the instant at which it began to read their page.
    written = row.created_at - _PAGE
    with store.reading() as connection:
        return connection.execute(_CHANGED, {"mail": row.id, "written": written}).first() is None


def _why_not(notice: Notice, owed: Owed | None, about: Morning) -> Dropped | None:
    """Return why a notice drops out, or None if it is still due."""
    step = LadderStep(notice.step)
    if owed is None or owed.spell != notice.spell:
        return Reason.DISCHARGED, None
    if step not in steps(owed, about):
        is_less = step.is_escalation and owed.standing is not Standing.DUE_SOON
        return Reason.NOT_REACHED if is_less else Reason.DISCHARGED, None
    found = route(owed, step, about)
    if found.recipient_ref == notice.recipient_ref:
        return None
    return (Reason.HANDED_OVER, None) if found.why is None else (found.why, found.since)


def _is_replaced(session: Session, row: Outbox) -> bool:
    later = select(Outbox.id).where(
        col(Outbox.kind).in_((DIGEST, STAFF_LIST)),
        col(Outbox.recipient_ref) == row.recipient_ref,
        col(Outbox.id) > row.id,
        col(Outbox.state).not_in(("bounced", "refused", "cancelled")),
    )
    return session.exec(later.limit(1)).first() is not None


def _read_notices(session: Session, row: Outbox) -> tuple[list[Notice], list[Notice]]:
    """Return the notices that an email covers, and those for which it had no room."""
    found = session.exec(select(Notice).where(col(Notice.outbox_id) == row.id).order_by(col(Notice.id))).all()
    listed = [notice for notice in found if notice.outcome == Outcome.SENT]
    return listed, [notice for notice in found if notice.reason == Reason.NO_ROOM]
