"""What did not reach its reader, by reason, with what to do: once a working day to the performance team, and for
`compliance outbox`.

People are named by their references, not their addresses: the remedies lie in the officer directory and the outbox.
"""

import textwrap
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, func, or_, select

from compliance.config import Settings
from compliance.mail import Postponed, Rendered, StillDue, Withdrawn, bare_address, enqueue, row_of
from compliance.policy import Policy
from compliance.policy.calendars import plain_date
from compliance.reminder_settings import Reminders
from compliance.reminders.digest_keys import day_of_key
from compliance.reminders.recipients import Directory
from compliance.reminders.sending_times import not_now, previous_working
from compliance.service.conditions.email_facts import REFUSED_LATELY
from compliance.store import Store, officers
from compliance.store.database.dialect import chunks
from compliance.store.kept.notice_kinds import Reason
from compliance.store.owed.owed_bands import OUTSTANDING
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import OBLIGATION, OUTBOX, Outbox
from compliance.teams_settings import SCHEME
from compliance.text import count_noun, join_words, printable

UNDELIVERED: Final = "undelivered"
"""The kind of the daily email's row in the outbox."""
_NAMED: Final = 40
"""How many references are named for one reason."""
_WIDTH: Final = 76


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason for which emails do not reach their readers.

    `name` is short, for the subject. A count, `noun` or `nouns`, and `said` make a sentence, such as `3 emails refused
    by the mail server in the last 7 days`. `remedy`: what to do.
    """

    name: str
    said: str
    remedy: str
    noun: str = "email"
    nouns: str = "emails"


NO_ADDRESS: Final = Cause(
    "without an address",
    "without an address that can be used in the officer directory, who have something overdue or are supervisors or "
    "champions",
    "have the address added or corrected at the source of the officer directory. Until then someone else is told.",
    "person",
    "people",
)
CAUSES: Final = {
    "refused": Cause(
        "refused",
        "refused by the mail server in the last 7 days",
        "correct the address in the officer directory or, of a channel in Teams, its webhook in [teams]; `compliance "
        "outbox list --state refused` gives the reasons. Until then an officer's supervisor is told.",
    ),
    "bounced": Cause(
        "bounced",
        "returned in the last 7 days, after the mail server had accepted them",
        "correct the address in the officer directory, or have the mailbox mended; `compliance outbox list --state "
        "bounced` gives the reasons. Until then the supervisor is told.",
    ),
    "retry": Cause(
        "deferred",
        "deferred by the reader's mailbox since before today",
        "ask those who run the mailboxes: a mailbox is full or closed. It is tried several times a day; after two "
        "working days the supervisor is told as well.",
    ),
    "uncertain": Cause(
        "uncertain",
        "perhaps accepted by the mail server, perhaps not",
        "look in the mail server's log for the Message-ID (`compliance outbox show NUMBER`), then run `compliance "
        "outbox retry` or `compliance outbox cancel`. Those not marked as held are sent once more by themselves.",
    ),
    "pilot": Cause(
        "held by the pilot",
        "written to the pilot's folder and not sent, since the last working day",
        "nothing during the pilot. To send emails to them, add their addresses to [mail] allow.",
    ),
}
"""The reasons by the state of an email in the outbox, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What did not reach its readers for one reason: how many, and the references of the readers.

    An email to a reader without a reference is given by its number, such as `email 12 (report)`.
    """

    cause: Cause
    count: int
    readers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.count:,} {self.cause.name}"

    @property
    def line(self) -> str:
        """Return it as a sentence without an end."""
        named, more = self.readers[:_NAMED], len(self.readers) - _NAMED
        who = printable(join_words([*named, *([f"{more:,} more"] if more > 0 else [])]))
        return f"{count_noun(self.count, self.cause.noun, self.cause.nouns)} {self.cause.said}: {who}"


def find_undelivered(
    store: Store, policy: Policy, rules: Reminders, now: datetime, before: datetime
) -> list[Undelivered]:
    """Return what has not reached its readers at an instant, of what was tried up to another one (both aware)."""
    today, local = policy.local.date_of(now), policy.local
    known, since = officers(store), local.start_of(previous_working(policy, today))
    with store.reading() as connection:
        rows = [row for row in _read(connection, now, before, since) if not _is_corrected(row, known)]
        late = (
            select(OBLIGATION.c.officer_ref)
            .distinct()
            .where(OUTSTANDING, OBLIGATION.c.state != "pending", OBLIGATION.c.due_date >= rules.due_from)
        )
        concerned = {ref for ref in connection.execute(late).scalars() if ref}
    by_state: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_state[row.state].append(row)
    found = [Undelivered(cause, len(of), _readers(of)) for state, cause in CAUSES.items() if (of := by_state[state])]
    leaders = {ref for ref, officer in known.items() if officer.role in (rules.supervisor_role, rules.champion_role)}
    directory = Directory(known, rules, today, {})
    without = [ref for ref in sorted(concerned | leaders) if directory.problem(ref) in _UNADDRESSED]
    return found + ([Undelivered(NO_ADDRESS, len(without), tuple(without))] if without else [])


_UNADDRESSED: Final = (Reason.NO_ADDRESS, Reason.BAD_ADDRESS, Reason.UNKNOWN)


def _read(connection: Connection, now: datetime, before: datetime, since: datetime) -> Sequence[Any]:
    """Return the emails that did not arrive; not those to whose address a later one was sent.

    Of one that came back, a later one says nothing: it may come back too.
    """
    table, state = OUTBOX.c, OUTBOX.c.state
    tried_at = func.coalesce(table.bounced_at, table.claimed_at, table.created_at)
    failed = or_(
        and_(state.in_(("refused", "bounced")), tried_at >= now - REFUSED_LATELY),
        and_(state == "retry", table.deferred_since <= before),
        state == "uncertain",
        and_(state == "pilot", table.created_at >= since),
    )
    columns = table.id, table.kind, table.recipient_ref, table.to_address, state, table.next_attempt_at
    rows = connection.execute(select(*columns).where(failed, tried_at <= before).order_by(table.id)).all()
    asked = select(table.to_address, func.max(table.id)).where(state == "sent")
    addresses = sorted({row.to_address for row in rows})
    sent: dict[str, int] = {}
    for part in chunks(addresses):
        found = connection.execute(asked.where(table.to_address.in_(part)).group_by(table.to_address))
        sent |= {address: int(newest) for address, newest in found}
    return [
        row for row in rows if row.state not in ("refused", "retry", "pilot") or sent.get(row.to_address, 0) < row.id
    ]


def _is_corrected(row: Any, known: Mapping[str, DirectoryEntry]) -> bool:
    """Return whether the directory now has another address for the reader of an email that was not taken."""
    officer = known.get(row.recipient_ref)
    return row.state in ("refused", "bounced", "retry") and officer is not None and officer.email != row.to_address


def _readers(rows: Collection[Any]) -> tuple[str, ...]:
    return tuple(sorted({_reader(row) for row in rows}))


def _reader(row: Any) -> str:
    held = ", held" if row.state == "uncertain" and row.next_attempt_at is None else ""
    if row.to_address.startswith(SCHEME):
        return f"{row.to_address}{held}"
    if row.recipient_ref is None:
        return f"email {row.id} ({row.kind}{held})"
    return f"{row.recipient_ref} (email {row.id}{held})" if row.state == "uncertain" else str(row.recipient_ref)


def undelivered_text(found: Sequence[Undelivered]) -> str:
    """Return what did not reach its readers as plain text, a paragraph a reason."""

    def fill(text: str, indent: str) -> str:
        return textwrap.fill(
            text, _WIDTH, initial_indent=indent, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )

    return "\n\n".join(f"{fill(f'{each.line}.', '')}\n{fill(f'To do: {each.cause.remedy}', '  ')}" for each in found)


def tell_undelivered(store: Store, policy: Policy, settings: Settings, now: datetime) -> int:
    """Queue today's email to the performance team, if there is anything to tell, and return how many were queued.

    What happened before today (local date) is told, so that it says the same whenever in the day it is made. Each
    address gets one a date at most.
    """
    team, mail, today = settings.mail.performance_team, settings.mail, policy.local.date_of(now)
    keys = {f"{UNDELIVERED}:{to}:{today}": to for to in team}
    if not keys or not_now(policy, settings.reminders, now):
        return 0
    with store.reading() as connection:
        asked = select(OUTBOX.c.key).where(OUTBOX.c.key.in_(list(keys)))
        missing = set(keys) - set(connection.execute(asked).scalars())
    if not missing:
        return 0
    found = find_undelivered(store, policy, settings.reminders, now, policy.local.start_of(today))
    if not found:
        return 0
    content = Rendered(f"Emails that did not arrive: {join_words(list(map(str, found)))}", _letter(found, today), None)
    headers = {"From": mail.sender} | ({"Reply-To": mail.reply_to} if mail.reply_to else {})
    rows = [
        row_of(
            key=key, kind=UNDELIVERED, recipient_ref=None, to_address=keys[key], content=content, headers=headers,
            domain=bare_address(mail.sender).partition("@")[2], now=now,
        )
        for key in sorted(missing)
    ]  # fmt: skip
    with store.session() as session:
        return len(enqueue(session, rows))


def _letter(found: Sequence[Undelivered], today: date) -> str:
    return (
        f"What did not reach its readers, up to the end of the day before {plain_date(today)}:\n\n"
        f"{undelivered_text(found)}\n\n"
        "`compliance outbox`, on the machine that runs the service, shows this as it is now.\n"
    )


def today_only(question: StillDue, policy: Policy, clock: Callable[[], datetime]) -> StillDue:
    """Return the check before each email, with one for the daily email: it is sent on its own day or not at all."""

    def ask(row: Outbox) -> Rendered | Withdrawn | Postponed:
        if row.kind == UNDELIVERED and day_of_key(row.key) != policy.local.date_of(clock()):
            return Withdrawn("its day has passed")
        return question(row)

    return ask
