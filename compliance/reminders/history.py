"""Who was notified of what before, and who cannot be reached by email, as recorded in the store."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, cast

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session, col

from compliance.mail import allows
from compliance.policy import Policy
from compliance.reminder_settings import Reminders
from compliance.reminders.digest_keys import DIGEST, STAFF_LIST, day_of_key, digest_key
from compliance.reminders.mailboxes import (
    find_bounced,
    find_deferred,
    find_recently_deferred,
    find_refused,
    read_last_emails,
)
from compliance.reminders.owed import Became, Key, Owed, Spell, Standing, horizon
from compliance.reminders.team_rules import TeamRules
from compliance.store.database.dialect import chunks
from compliance.store.kept.notice_kinds import LadderStep, Outcome
from compliance.store.tables import SET_ASIDE, Notice, Obligation, Outbox, SetAsideRow, Transition

NOTIFIED: Final = ("sent", "sending", "uncertain", "pilot")
"""The states of an email that counts as notified, including one that a pilot is keeping back.

A queued email has notified no one.
"""
OBLIGATION: Final = ("crime_ref", "victim_ref", "requirement", "cycle", "clock_date")
_READ: Final = (col(Outbox.kind).in_((DIGEST, STAFF_LIST)), col(Outbox.state).in_(NOTIFIED))


@dataclass(frozen=True, slots=True)
class Accepted:
    """An email about an obligation that was accepted for one recipient.

    `in_place` means that they were notified in another's place. `first` is the first local date.
    """

    recipient_ref: str
    step: LadderStep
    in_place: bool
    first: date


LastNotified = Mapping[tuple[str, Key, int, LadderStep], date]
"""The last day of a notification, by recipient, obligation, spell and phase of the step."""
AcceptedEmails = Mapping[Spell, Sequence[Accepted]]
"""The emails that the mail server accepted, by obligation and spell."""


@dataclass(frozen=True, slots=True)
class History:
    """What has been notified before, by emails that went out. Dates are local.

    Emails that are waiting, bounced, refused or cancelled do not count.
    """

    notified: LastNotified = field(default_factory=dict)
    refused: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """The day of the last digest, by recipient and address, if the mail server refused it."""
    bounced: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """The day on which a digest last bounced, by recipient and address, if that is less than `repeat_days` ago."""
    deferred: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """The day from which the mail server has deferred every email, by recipient and address.

    Included only if that is at least two working days ago and an email is still waiting.
    """
    recently_deferred: frozenset[str] = frozenset()
    """Recipients whose last email was deferred, however recently: we cannot promise that the next one is accepted."""
    today: frozenset[str] = frozenset()
    """Recipients who have a digest dated today, regardless of what happened to it, or got one today that had waited."""
    last: Mapping[str, date] = field(default_factory=dict)
    """The day of each recipient's last digest, unless it was refused or cancelled."""
    accepted: AcceptedEmails = field(default_factory=dict)

    def accepted_for(self, recipient: str | None, owed: Owed) -> date | None:
        """Return the first local date on which an email about the victim's wait was accepted for a recipient."""
        found = accepted_about(self.accepted, owed)
        return min((email.first for email in found if email.recipient_ref == recipient), default=None)

    def notified_on(self, recipient: str, owed: Owed, step: LadderStep) -> date | None:
        """Return the last local date on which a recipient was notified of what a step says, or None.

        What is notified is the victim: a second breach in the same wait is no news. Only of a victim owed the enhanced
        service is the officer notified of each breach. A case that closes again counts as new.
        """
        return max(self._days_notified(recipient, owed, step), default=None)

    def _days_notified(self, recipient: str, owed: Owed, step: LadderStep) -> Iterator[date]:
        phases, is_of_victim = {step.phase}, step.is_escalation
        if step.is_escalation and owed.standing is Standing.CLOSED:
            phases.add(LadderStep.CLOSED)  # in the officer's place
        if step is LadderStep.OVERDUE:
            is_of_victim = not owed.waiting.is_enhanced
        since = owed.waiting.closed_on if step is LadderStep.CLOSED else None
        for spell in (owed.wait if is_of_victim else ()) or (owed.spell_key,):
            earliest = (since or date.min) if spell == owed.spell_key else owed.wait_since
            for phase in phases:
                day = self.notified.get((recipient, *spell, phase))
                if day is not None and day >= earliest:
                    yield day


def accepted_about(accepted: AcceptedEmails, owed: Owed) -> tuple[Accepted, ...]:
    """Return the accepted emails about an obligation, or about anything else in the same wait of the victim."""
    return tuple(
        email
        for spell in owed.wait or (owed.spell_key,)
        for email in accepted.get(spell, ())
        if spell == owed.spell_key or email.first >= owed.wait_since
    )


def list_concerned_crimes(session: Session, policy: Policy, teams: TeamRules, today: date) -> list[str]:
    """Return the crimes of which someone may have to be notified on a local date, as last judged, in order."""
    state, due = col(Obligation.state), col(Obligation.due_date)
    soon = today + timedelta(days=horizon(policy, teams, today))
    long_ago = today - timedelta(days=2 * policy.owed_after_close_days)
    asked = select(col(Obligation.crime_ref)).where(
        or_(
            state == "overdue",
            and_(state.in_(("pending", "met")), due.between(today, soon)),
            and_(state == "missed", col(Obligation.clause) == "5.6", due >= long_ago),
        )
    )
    return sorted(session.execute(asked.distinct()).scalars())


def spells(session: Session, crime_refs: Sequence[str]) -> dict[Key, Became]:
    """Return how often each obligation of these crimes has become overdue, and when that was last noticed."""
    last = func.max(Transition.spell), func.max(Transition.noticed_at)
    asked = select(*columns_of(Transition), *last).where(col(Transition.to_state) == "overdue")
    found = of_crimes(session, asked.group_by(*columns_of(Transition)), Transition, crime_refs)
    return {tuple(row[:5]): Became(row[5], row[6]) for row in found}


def find_renewed(session: Session, policy: Policy, crime_refs: Sequence[str]) -> dict[tuple[str, str], date]:
    """Return the local date on which contact was last found to be owed after all, by crime and victim.

    An update did not count any more, or something became overdue again. What was notified before was of another wait.
    """
    to, before = col(Transition.to_state), col(Transition.from_state)
    undone = and_(before.in_(("met", "late")), or_(to.is_(None), to.in_(("overdue", "missed", "lapsed"))))
    whose = (col(Transition.crime_ref), col(Transition.victim_ref))
    asked = select(*whose, func.max(Transition.noticed_at)).group_by(*whose)
    again = and_(to == "overdue", col(Transition.spell) > 1)
    found = of_crimes(session, cast("Select[Any]", asked.where(or_(undone, again))), Transition, crime_refs)
    return {(crime, victim): policy.local.date_of(noticed_at) for crime, victim, noticed_at in found}


def set_aside_of(session: Session, crime_refs: Sequence[str]) -> set[tuple[Any, ...]]:
    """Return what is set aside in these crimes (rules 6.1a).

    Each entry is crime, victim, requirement, and the event's number or 0.
    """
    asked: Select[Any] = select(*(SET_ASIDE.c[name] for name in ("crime_ref", "victim_ref", "requirement", "cycle")))
    return {tuple(row) for row in of_crimes(session, asked, SetAsideRow, crime_refs)}


def history(
    session: Session,
    policy: Policy,
    rules: Reminders,
    today: date,
    crime_refs: Sequence[str],
    allow: Collection[str] | None,
) -> History:
    """Return what was notified before about the obligations of these crimes.

    `allow` is the pilot's list, or None if there is no pilot.
    """
    notified, accepted = read_notified_before(session, policy, crime_refs, allow)
    lasts = read_last_emails(session)
    return replace(
        unreachable(session, policy, rules, today),
        notified=notified,
        today=frozenset(last.recipient_ref for last in lasts if _is_of_today(last, policy, today)),
        last=_last_read(session),
        accepted=accepted,
    )


def _is_of_today(last: Any, policy: Policy, today: date) -> bool:
    """Return whether a recipient's last email is dated today, or was accepted today after it had waited."""
    was_sent = last.sent_at is not None and policy.local.date_of(last.sent_at) == today
    return was_sent or last.key == digest_key(last.recipient_ref, today)


def read_notified_before(
    session: Session, policy: Policy, crime_refs: Sequence[str], allow: Collection[str] | None = None
) -> tuple[LastNotified, AcceptedEmails]:
    """Return what earlier emails said about these crimes, and for whom the mail server accepted them.

    An email that a pilot keeps back counts as notified for as long as it is kept back. `allow` is the pilot's list, or
    None if there is no pilot.
    """
    notified: dict[tuple[str, Key, int, LadderStep], date] = {}
    accepted: dict[tuple[Key, int], list[Accepted]] = {}
    for row in _read_notified_rows(session, crime_refs):
        if row.state == "pilot" and (allow is None or allows(allow, row.to_address)):
            continue  # no one has read it, and they now get emails
        key = (row.crime_ref, row.victim_ref, row.requirement, row.cycle, row.clock_date)
        day = row.decided_on
        if row.state == "sent" and row.first is not None:
            email = Accepted(
                row.recipient_ref, LadderStep(row.step), row.rerouted is not None, policy.local.date_of(row.first)
            )
            accepted.setdefault((key, row.spell), []).append(email)
            day = max(day, policy.local.date_of(row.last))
        matter = (row.recipient_ref, key, row.spell, LadderStep(row.step).phase)
        notified[matter] = max(day, notified.get(matter, date.min))
    return notified, {matter: tuple(found) for matter, found in accepted.items()}


def _read_notified_rows(session: Session, crime_refs: Sequence[str]) -> Iterator[Any]:
    """Return one row for each kind of email that notified someone.

    Each row says who was notified of what, the last day it was decided, and the first and last instant at which such an
    email was accepted.
    """
    said = (
        *(col(getattr(Notice, name)) for name in ("recipient_ref", *OBLIGATION, "spell", "step", "rerouted")),
        col(Outbox.state),
        col(Outbox.to_address),
    )
    sent_at = col(Outbox.sent_at)
    days = (func.max(Notice.decided_on).label("decided_on"), func.min(sent_at).label("first"))
    asked = (
        select(*said, *days, func.max(sent_at).label("last"))
        .join(Outbox, col(Outbox.id) == col(Notice.outbox_id))
        .where(col(Notice.outcome) == Outcome.SENT, col(Outbox.state).in_(NOTIFIED))
        .group_by(*said)
    )
    return of_crimes(session, asked, Notice, crime_refs)


def read_written_today(
    session: Session, today: date, crime_refs: Sequence[str], recently_deferred: frozenset[str]
) -> dict[tuple[Key, int], list[str]]:
    """Return whose email of today, as an escalation or in the officer's place, is about to be sent.

    The recipients are listed by obligation and spell. Recipients whose last email was deferred are left out.
    """
    said = (*columns_of(Notice), col(Notice.spell), col(Notice.recipient_ref))
    to_others = or_(
        col(Notice.step).in_([step for step in LadderStep if step.is_escalation]), col(Notice.rerouted).is_not(None)
    )
    asked = (
        select(*said)
        .join(Outbox, col(Outbox.id) == col(Notice.outbox_id))
        .where(col(Notice.outcome) == Outcome.SENT, col(Notice.decided_on) == today, to_others)
        .where(col(Outbox.state).in_(("queued", "sending")))
    )
    found: dict[tuple[Key, int], list[str]] = {}
    for row in of_crimes(session, asked, Notice, crime_refs):
        if row[6] not in recently_deferred:
            found.setdefault((tuple(row[:5]), row[5]), []).append(row[6])
    return found


def unreachable(session: Session, policy: Policy, rules: Reminders, today: date) -> History:
    """Return the recipients who cannot be reached by email.

    These are recipients whose last digest was refused, with its day; those to whom one has bounced lately, with that
    day; those whose every email has been deferred for at least two working days and whose last email is still being
    tried, with the first day; and those whose last email was deferred.
    """
    lasts = read_last_emails(session)
    return History(
        refused=find_refused(policy, lasts),
        bounced=find_bounced(session, policy, today, rules),
        deferred=find_deferred(session, policy, today, lasts),
        recently_deferred=find_recently_deferred(session, policy, today),
    )


def _last_read(session: Session) -> dict[str, date]:
    """Return the day of each recipient's last digest or list that counts as notified; a key ends with the date."""
    asked = select(col(Outbox.recipient_ref), func.max(col(Outbox.key))).where(*_READ)
    return {ref: day_of_key(key) for ref, key in session.execute(asked.group_by(col(Outbox.recipient_ref)))}


def is_list_owed(session: Session, row: Outbox, list_day: date | None) -> bool:
    """Return whether a digest is its recipient's first since the day of the weekly list, and so is that list."""
    earlier = select(col(Outbox.key)).where(
        *_READ, col(Outbox.recipient_ref) == row.recipient_ref, col(Outbox.id) < row.id
    )
    before = session.execute(earlier.order_by(col(Outbox.id).desc()).limit(1)).scalar()
    return list_day is not None and (before is None or day_of_key(before) < list_day)


def columns_of(table: Any) -> list[Any]:
    """Return the columns of a table that identify an obligation."""
    return [getattr(table, name) for name in OBLIGATION]


def of_crimes(session: Session, asked: Select[Any], table: Any, crime_refs: Sequence[str]) -> Iterator[Any]:
    """Return a table's rows for some crimes."""
    for part in chunks(crime_refs):
        yield from session.execute(asked.where(table.crime_ref.in_(part)))
