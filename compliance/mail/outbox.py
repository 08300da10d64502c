"""The outbox: the intent to send is exactly once, the sending at least once, and what is not known is said.

A row is *queued* once for its key. `deliver` claims a row (*sending*), commits, talks to the server with no lock held,
and commits what came of it: *sent*; *retry* (not now: 4xx, or a connection lost before the mail was complete);
*refused* (5xx, never tried again); *uncertain* (the mail was complete and the answer did not come, or this service
ended in between). An uncertain mail is sent once more with the same Message-ID, by which a mail system can tell a
double; when that is uncertain too it stays so, for a person to decide. *Cancelled*: no longer due just before it was to
be sent.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Update, and_, bindparam, or_, update
from sqlmodel import Session, SQLModel, col, select

from compliance.errors import RecordError, UnavailableError
from compliance.mail.message import address_problem, bare_address, check_header, check_line, compose, message_id
from compliance.mail.smtp import Answer, Fate, Mailer, SmtpServer
from compliance.store import Store
from compliance.store.dialect import insert_into
from compliance.store.tables import Outbox

CLAIM_LASTS: Final = timedelta(minutes=15)
"""A row claimed longer ago than this was claimed by a service that has ended: longer than any hand-over can take."""
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=4)
"""How long after a failed attempt the next one comes: twice as long each time, up to the longest."""
PATIENCE: Final = 3
"""A run ends when this many connections in a row were lost."""

_OUTBOX: Final = SQLModel.metadata.tables["outbox"]
_ROW: Final = update(_OUTBOX).where(_OUTBOX.c.id == bindparam("row"), _OUTBOX.c.attempts == bindparam("tried"))
_UNCHANGED: Final = _ROW.where(_OUTBOX.c.state == bindparam("was"))
_OURS: Final = _ROW.where(_OUTBOX.c.state.in_(("sending", "uncertain")), _OUTBOX.c.claimed_at == bindparam("since"))


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mail says."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A mail is no longer due, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """A mail must not go out before an instant, and why."""

    until: datetime
    reason: str


StillDue = Callable[[Outbox], Rendered | Withdrawn | Postponed]
"""Asked just before a row is sent: what it says now, or why it is not to be sent."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one run did, in mails; `stopped` says why it ended before the outbox was empty, None where it did not."""

    sent: int = 0
    retried: int = 0
    refused: int = 0
    uncertain: int = 0
    cancelled: int = 0
    postponed: int = 0
    stopped: str | None = None


def as_written(row: Outbox) -> Rendered:
    """A mail that says what it said when it was queued, whenever it is sent."""
    return Rendered(row.subject, row.text, row.html)


def enqueue(
    session: Session, *, key: str, kind: str, recipient_ref: str | None, to_address: str, content: Rendered,
    headers: Mapping[str, str], domain: str, now: datetime,
) -> int | None:  # fmt: skip
    """Queue a mail in the caller's transaction -> its row's id, None where there is a row with this key already.

    `headers` are all but To, Subject, Date and Message-ID; `From` must be there. The Message-ID follows from the key
    and `domain`. Raises RecordError for an address that cannot be used, SettingsError for a header that cannot.
    """
    if problem := address_problem(to_address):
        raise RecordError(f"the address of {recipient_ref or 'a recipient'}: {problem}; correct it where it comes from")
    check_line("mail header Subject", content.subject)
    bare_address(headers.get("From", ""))
    for name, value in headers.items():
        check_header(name, value)
    values = {
        "key": key, "kind": kind, "recipient_ref": recipient_ref, "to_address": to_address,
        "subject": content.subject, "text": content.text, "html": content.html, "headers": dict(headers),
        "message_id": message_id(key, domain), "state": "queued", "created_at": now, "attempts": 0,
    }  # fmt: skip
    insert = insert_into(session.connection(), _OUTBOX).values(values)
    unless_there = insert.on_conflict_do_nothing(index_elements=["key"]).returning(col(Outbox.id))
    found = session.execute(unless_there).scalar_one_or_none()
    return None if found is None else int(found)


def deliver(
    store: Store,
    server: SmtpServer,
    clock: Callable[[], datetime],
    *,
    still_due: StillDue = as_written,
    limit: int | None = None,
) -> Delivery:
    """Send what is due, oldest first, at most `limit` mails (design decision 5).

    `clock` gives the present instant (aware). A server that cannot be reached, refuses us, or loses one connection
    after another ends the run: `stopped` says so, and everything not yet sent stays queued.
    """
    stopped: str | None = None
    lost = 0
    _end_old_claims(store, clock())
    with Mailer(server) as mailer:
        run = _Run(store, mailer, clock, still_due)
        for row_id in _due(store, clock(), limit):
            try:
                answer = run.handle(row_id)
            except UnavailableError as error:
                stopped = str(error)
                break
            if answer is None:
                continue
            lost = lost + 1 if answer.fate in (Fate.LOST, Fate.UNCERTAIN) else 0
            if answer.fate is Fate.HALTED or lost == PATIENCE:
                stopped = f"mail server {server}: {answer.said}"
                break
    return Delivery(**run.counts, stopped=stopped)


class _Run:
    """One run over the outbox, row by row."""

    def __init__(self, store: Store, mailer: Mailer, clock: Callable[[], datetime], still_due: StillDue) -> None:
        self.counts: Counter[str] = Counter()
        self._store, self._mailer, self._clock, self._still_due = store, mailer, clock, still_due

    def handle(self, row_id: int) -> Answer | None:
        """One row from its re-check to what came of it; None where it was not handed over."""
        with self._store.session(reading=True) as session:
            # Read anew: since the run began another instance may have sent it.
            row = session.exec(select(Outbox).where(Outbox.id == row_id, _ready(self._clock()))).first()
            if row is None:
                return None
            session.expunge(row)
        content = self._still_due(row)
        if isinstance(content, Withdrawn):
            ended = {"state": "cancelled", "problem": content.reason, "next_attempt_at": None}
            self.counts["cancelled"] += self._change(row, ended)
            return None
        if isinstance(content, Postponed):
            later = {"next_attempt_at": content.until, "problem": content.reason}
            self.counts["postponed"] += self._change(row, later)
            return None
        return self._hand_over(row, content)

    def _hand_over(self, row: Outbox, content: Rendered) -> Answer | None:
        """Claim, commit, talk to the server with no lock held, commit what came of it."""
        self._mailer.connect()
        now = self._clock()
        mail = compose(
            to_address=row.to_address, subject=content.subject, text=content.text, html=content.html,
            headers=row.headers, identity=row.message_id, now=now,
        )  # fmt: skip
        claim = {
            "state": "sending",
            "claimed_at": now,
            "attempts": row.attempts + 1,
            # When it is sent again should this service end here; never again where this is that second time already.
            "next_attempt_at": None if row.state == "uncertain" else now + CLAIM_LASTS,
            "subject": content.subject,
            "text": content.text,
            "html": content.html,
        }
        if not self._change(row, claim):
            return None  # another instance has it
        answer = self._mailer.send(bare_address(row.headers["From"]), row.to_address, mail)
        self._record(row, now, answer)
        return answer

    def _change(self, row: Outbox, changes: Mapping[str, Any]) -> bool:
        """Change a row that is still as it was read, and commit: True where exactly one row was changed."""
        return _committed(self._store, _UNCHANGED, {"row": row.id, "was": row.state, "tried": row.attempts}, changes)

    def _record(self, row: Outbox, claimed: datetime, answer: Answer) -> None:
        """Commit what came of a hand-over, also where the claim was given up meanwhile: it is still ours."""
        count, changes = _outcome(row, answer, self._clock())
        ours = {"row": row.id, "tried": row.attempts + 1, "since": claimed}
        _committed(self._store, _OURS, ours, changes)
        self.counts[count] += 1


def _outcome(row: Outbox, answer: Answer, now: datetime) -> tuple[str, dict[str, Any]]:
    """The name of its count and the changes of a row, as it was before it was claimed, after a hand-over."""
    second = row.state == "uncertain"
    match answer.fate:
        case Fate.TAKEN:
            return "sent", {"state": "sent", "sent_at": now, "next_attempt_at": None, "problem": None}
        case Fate.REFUSED:
            return "refused", {"state": "refused", "next_attempt_at": None, "problem": answer.said}
        case Fate.UNCERTAIN:
            again = None if second else now + FIRST_WAIT
            return "uncertain", {"state": "uncertain", "next_attempt_at": again, "problem": answer.said}
        case _:
            later = now + min(FIRST_WAIT * 2 ** min(row.attempts, 16), LONGEST_WAIT)
            state = "uncertain" if second else "retry"
            return "retried", {"state": state, "next_attempt_at": later, "problem": answer.said}


def _end_old_claims(store: Store, now: datetime) -> None:
    """What was being sent when the service ended may have been taken: it becomes uncertain, visibly."""
    old = and_(col(Outbox.state) == "sending", col(Outbox.claimed_at) <= now - CLAIM_LASTS)
    said = "the service ended between handing the mail over and hearing the answer"
    with store.writing() as connection:
        connection.execute(update(_OUTBOX).where(old).values(state="uncertain", problem=said))


def _committed(store: Store, update_row: Update, where: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    with store.writing() as connection:
        return connection.execute(update_row, {**where, **changes}).rowcount == 1


def _ready(now: datetime) -> ColumnElement[bool]:
    """Which rows are to be sent now."""
    state, after = col(Outbox.state), col(Outbox.next_attempt_at)
    return or_(
        and_(state.in_(("queued", "retry")), or_(after.is_(None), after <= now)),
        and_(state == "uncertain", after <= now),
    )


def _due(store: Store, now: datetime, limit: int | None) -> list[int]:
    """The ids of the rows to be sent now, oldest first."""
    with store.session(reading=True) as session:
        found = session.exec(select(Outbox.id).where(_ready(now)).order_by(col(Outbox.id)).limit(limit)).all()
    return [row_id for row_id in found if row_id is not None]
