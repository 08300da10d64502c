"""Delivering the outbox: each email is claimed, handed over and settled, with no lock held in between.

The claim is on disk before an email leaves, and its result is on disk before the next is claimed: one commit settles an
email and claims the next. If the service ends in between, the claim remains. After `CLAIM_LASTS` it is *uncertain*: it
is sent once more with the same Message-ID, by which a mail system can detect a duplicate, or held for a person to
decide. If the second attempt is uncertain too, it is always held.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Final, cast

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from compliance.errors import System, UnavailableError
from compliance.mail.channel import Channel, Fate, OutgoingMessage, Rendered, SendResult
from compliance.mail.channel import Connection as Line
from compliance.mail.message import Mail
from compliance.mail.outbox import Postponed, StillDue, Withdrawn, as_written, goes_to
from compliance.mail.pilot import Pilot
from compliance.mail.refusals import REFUSES_US, Refusals
from compliance.mail.resting import RestingError
from compliance.mail.tokens import TokenAddresses
from compliance.mail_settings import DeliverySettings
from compliance.store import Store
from compliance.store.database.dialect import chunks
from compliance.store.tables import OUTBOX, Outbox

CLAIM_LASTS: Final = timedelta(minutes=15)
"""The age after which a claim belongs to a service that has ended: longer than any handover can take."""
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=4)
"""The longest wait after a failed attempt. The wait doubles each time up to this."""
AT_ONCE: Final = 20
"""The number of rows read at once."""
PATIENCE: Final = 3
"""A run ends when this many connections in a row are lost."""

BY_DEFAULT: Final = DeliverySettings()
"""No limit on the rate; an uncertain email is sent once more."""

_AFTER: Final = OUTBOX.c.next_attempt_at
_NOW: Final = bindparam("now", type_=_AFTER.type)
_ROW: Final = update(OUTBOX).where(OUTBOX.c.id == bindparam("row"), OUTBOX.c.attempts == bindparam("tried"))
_UNCHANGED: Final = _ROW.where(OUTBOX.c.state == bindparam("was"))
_OURS: Final = _ROW.where(OUTBOX.c.state.in_(("sending", "uncertain")), OUTBOX.c.claimed_at == bindparam("since"))
_READY: Final = or_(
    and_(OUTBOX.c.state.in_(("queued", "retry")), or_(_AFTER.is_(None), _NOW >= _AFTER)),
    and_(OUTBOX.c.state == "uncertain", _NOW >= _AFTER),
)
"""The rows to be sent at an instant."""
_READY_ROWS: Final = (
    select(OUTBOX).where(OUTBOX.c.id.in_(bindparam("rows", expanding=True)), _READY).order_by(OUTBOX.c.id)
)

Wait = Callable[[float], bool]
"""Waits for a number of seconds (0: not at all); True if the service is to stop. As `threading.Event.wait`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of one run, in emails; `pilot` counts those written to disk.

    `stopped` is the problem that ended the run before the outbox was empty, or None. `is_refused`: the mail server
    refuses us until a person acts. `rests_until`: it was therefore not tried, and is tried again then (UTC).
    """

    sent: int = 0
    retried: int = 0
    refused: int = 0
    uncertain: int = 0
    cancelled: int = 0
    postponed: int = 0
    pilot: int = 0
    stopped: str | None = None
    is_refused: bool = False
    rests_until: datetime | None = None

    def plus(self, other: "Delivery") -> "Delivery":
        """Return the emails of both; what ended the run is what ended the first."""
        names = ("sent", "retried", "refused", "uncertain", "cancelled", "postponed", "pilot")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})

    def __str__(self) -> str:
        rare = {
            "uncertain": self.uncertain, "no longer due": self.cancelled, "postponed": self.postponed,
            "written to disk for the pilot": self.pilot,
        }  # fmt: skip
        often = f"{self.sent:,} sent, {self.retried:,} to be tried again, {self.refused:,} refused"
        return ", ".join([often, *(f"{count:,} {name}" for name, count in rare.items() if count)])


def deliver(
    store: Store,
    channel: Channel[Any],
    clock: Callable[[], datetime],
    *,
    scheme: str | None = None,
    still_due: StillDue = as_written,
    limit: int | None = None,
    settings: DeliverySettings = BY_DEFAULT,
    pilot: Pilot | None = None,
    addresses: TokenAddresses | None = None,
    wait: Wait | None = None,
) -> Delivery:
    """Send what is due, oldest first, at most `limit` emails (decision 0017).

    `scheme`: only what goes to destinations that begin so, such as `teams:`; None: what goes to email addresses.
    `clock` returns the present instant (aware). `still_due` is called just before each email. A server that cannot be
    reached, refuses us, or loses one connection after another ends the run: `stopped` says so, and everything not yet
    sent stays queued. The same happens if `wait` says that the service is to stop. `pilot` says who gets emails; None:
    everyone. `addresses`: where reports on delivery go, by email; None: to the sender.
    """
    _end_old_claims(store, clock())
    with closing(channel.open()) as line:
        run = _Run(
            store, channel, line, clock, still_due, settings, pilot, addresses, wait or Event().wait,
            Refusals(store, scheme),
        )  # fmt: skip
        trouble: UnavailableError | None = None
        try:
            try:
                run.through(_due(store, clock, limit, scheme))
            finally:
                run.end()
        except UnavailableError as error:
            trouble = error
    done = Delivery(**run.counts)  # type: ignore[arg-type]  # counts of emails, by name
    if trouble is None:
        return done
    rests_until = trouble.until if isinstance(trouble, RestingError) else None
    return replace(done, stopped=str(trouble), is_refused=trouble.is_lasting, rests_until=rests_until)


@dataclass(frozen=True, slots=True)
class _Flight:
    """An email being sent: its row before the claim, the time of the claim, and the answer to come."""

    row: Outbox
    claimed: datetime
    answer: Future[SendResult]


class _Run:
    """One run over the outbox, row by row. While the server is busy with one email, the next is read and checked."""

    def __init__(
        self, store: Store, channel: Channel[Any], line: Line[Any], clock: Callable[[], datetime], still_due: StillDue,
        settings: DeliverySettings, pilot: Pilot | None, addresses: TokenAddresses | None, wait: Wait,
        refusals: Refusals,
    ) -> None:  # fmt: skip
        self.counts: Counter[str] = Counter()
        self._store, self._line, self._clock, self._still_due = store, line, clock, still_due
        self._channel, self._wait, self._addresses = channel, wait, addresses
        self._per_minute, self._resend, self._pilot = settings.per_minute, settings.uncertain == "resend", pilot
        self._sender = ThreadPoolExecutor(1, "mail")
        self._flight: _Flight | None = None
        self._unsettled: dict[str, Any] | None = None
        self._last: datetime | None = None
        self._lost = 0
        self._refusals = refusals

    def through(self, rows: Iterable[Outbox]) -> None:
        """Send these rows until the service is to stop. Raises UnavailableError if it is pointless to continue."""
        for row in rows:
            if self._wait_for_turn():
                return
            self._handle(row)

    def end(self) -> None:
        """Wait for the email being sent and commit its result."""
        try:
            self._await_answer()
        finally:
            self._sender.shutdown()
            self._settle()

    def _wait_for_turn(self) -> bool:
        """Wait until the next email may go; return True if the service is to stop."""
        seconds = 0.0
        if self._per_minute is not None and self._last is not None:
            between = 60 / self._per_minute
            seconds = min(max(between - (self._clock() - self._last).total_seconds(), 0.0), between)
            if seconds > 0:
                self._await_answer()
                self._settle()
        return self._wait(seconds)

    def _handle(self, row: Outbox) -> None:
        """Check one row and hand it over.

        If it has changed since it was read, its state or attempts differ, and it is not claimed.
        """
        content = self._still_due(row)
        if isinstance(content, Withdrawn):
            self._await_answer()
            return self._end_row(row, "cancelled", state="cancelled", problem=content.reason, next_attempt_at=None)
        if isinstance(content, Postponed):
            self._await_answer()
            return self._end_row(row, "postponed", next_attempt_at=content.until, problem=content.reason)
        to = content.to_address or row.to_address
        headers: Mapping[str, str] = row.headers
        path = None
        if self._addresses is not None:
            its = int(row.id or 0), row.key
            headers, path = self._addresses.headers_of(headers, *its), self._addresses.return_path(*its)
        message = OutgoingMessage(to, content, headers, row.message_id, self._clock(), path)
        if (pilot := self._pilot) is not None and not pilot.allows(to):
            self._await_answer()
            written = f"written to {pilot.write(Mail.of(message))}"
            return self._end_row(
                row, "pilot", state="pilot", problem=written, next_attempt_at=None, **_says(row, content)
            )
        composed = self._channel.compose(message)  # made while the server is busy with the previous email
        self._await_answer()
        return self._hand_over(row, content, composed)

    def _hand_over(self, row: Outbox, content: Rendered, composed: Any) -> None:
        """Claim an email, commit, and hand it over with no lock held."""
        self._line.connect()
        now, second = self._clock(), row.state == "uncertain"
        claim = {
            "state": "sending",
            "claimed_at": now,
            "attempts": row.attempts + 1,
            # When it is sent again if this service ends here; never if this is already the second time.
            "next_attempt_at": None if second or not self._resend else now + CLAIM_LASTS,
            **_says(row, content),
        }
        if self._commit(row, claim):  # otherwise another instance has it
            self._last = now
            self._flight = _Flight(row, now, self._sender.submit(self._line.send, composed))

    def _await_answer(self) -> None:
        """Wait for the email being sent, if any. Raises UnavailableError if no other email would succeed."""
        if self._flight is None:
            return
        flight, self._flight = self._flight, None
        answer = flight.answer.result()
        count, changes = _outcome(flight.row, answer, self._clock(), self._resend)
        self._unsettled = {"row": flight.row.id, "tried": flight.row.attempts + 1, "since": flight.claimed, **changes}
        self.counts[count] += 1
        self._lost = self._lost + 1 if answer.fate in (Fate.LOST, Fate.UNCERTAIN) else 0
        if answer.fate is Fate.HALTED or self._lost == PATIENCE:
            raise UnavailableError(
                f"{self._channel}: {answer.said}", is_lasting=answer.fate is Fate.HALTED, system=System.MAIL_SERVER
            )
        if self._refusals.shows_we_are_refused(flight.row, answer.fate):
            self._settle()
            retried = self._refusals.retry_refused(self._clock() + LONGEST_WAIT)
            self.counts["refused"] -= retried
            self.counts["retried"] += retried
            raise UnavailableError(
                f"{self._channel}: {REFUSES_US} ({answer.said})", is_lasting=True, system=System.MAIL_SERVER
            )

    def _settle(self) -> None:
        """Commit the result of the last email, unless the next claim already did."""
        if self._unsettled is not None:
            with self._record_result():
                pass

    def _end_row(self, row: Outbox, count: str, **changes: Any) -> None:
        self.counts[count] += self._commit(row, changes)

    def _commit(self, row: Outbox, changes: Mapping[str, Any]) -> bool:
        """Settle the last email and change a row if it is still as read; return whether it was."""
        as_read = {"row": row.id, "was": row.state, "tried": row.attempts}
        with self._record_result() as connection:
            return connection.execute(_UNCHANGED, {**as_read, **changes}).rowcount == 1

    @contextmanager
    def _record_result(self) -> Iterator[Connection]:
        """Yield a transaction that records the last result, even if its claim was given up: it is still ours."""
        with self._store.writing() as connection:
            if self._unsettled is not None:
                connection.execute(_OURS, self._unsettled)
            yield connection
        self._unsettled = None


def _says(row: Outbox, content: Rendered) -> dict[str, str | None]:
    """Return what an email says now, as changes to its row; empty if nothing changed."""
    now = replace(content, to_address=None)
    says = {} if now == as_written(row) else {"subject": now.subject, "text": now.text, "html": now.html}
    return says if content.to_address in (None, row.to_address) else says | {"to_address": content.to_address}


def _outcome(row: Outbox, answer: SendResult, now: datetime, resend: bool) -> tuple[str, dict[str, Any]]:
    """Return the name of the count, and the changes to a row as it was before its claim, after a handover."""
    second = row.state == "uncertain"
    found: dict[str, Any] = {"sent_at": None, "next_attempt_at": None, "problem": answer.said}
    match answer.fate:
        case Fate.ACCEPTED:
            return "sent", found | {"state": "sent", "sent_at": now, "problem": None}
        case Fate.REFUSED:
            return "refused", found | {"state": "refused"}
        case Fate.UNCERTAIN:
            again = None if second or not resend else now + FIRST_WAIT
            return "uncertain", found | {"state": "uncertain", "next_attempt_at": again}
        case _:
            wait = min(FIRST_WAIT * 2 ** min(row.attempts, 16), LONGEST_WAIT)
            later = now + max(wait, answer.retry_after or wait)
            if answer.defers_recipient:
                found["deferred_since"] = row.deferred_since or now
            return "retried", found | {"state": "uncertain" if second else "retry", "next_attempt_at": later}


def _end_old_claims(store: Store, now: datetime) -> None:
    """Mark emails that were being sent when the service ended as uncertain: they may have been accepted."""
    old = and_(OUTBOX.c.state == "sending", OUTBOX.c.claimed_at <= now - CLAIM_LASTS)
    said = "the service stopped after handing over the email and before the server answered"
    with store.writing() as connection:
        connection.execute(update(OUTBOX).where(old).values(state="uncertain", problem=said))


def _due(store: Store, clock: Callable[[], datetime], limit: int | None, scheme: str | None) -> Iterator[Outbox]:
    """Yield the rows to be sent now, oldest first, some at a time: those due at the start that still are."""
    asked = select(OUTBOX.c.id).where(_READY, goes_to(scheme)).order_by(OUTBOX.c.id).limit(limit)
    with store.reading() as connection:
        row_ids = list(connection.execute(asked, {"now": clock()}).scalars())
    for part in chunks(row_ids, AT_ONCE):
        with store.reading() as connection:
            found = connection.execute(_READY_ROWS, {"rows": part, "now": clock()}).all()
        yield from cast("Sequence[Outbox]", found)  # the same attributes, without the cost of tracking changes
