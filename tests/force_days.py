"""A service that watches a simulated force day by day, and what must hold of its mail on every one of them."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import col, select

from compliance.feeds import HttpFeed
from compliance.mail import deliver
from compliance.policy import load_policy
from compliance.policy.calendars import to_day
from compliance.reminders import remind, still_due
from compliance.reminders.digest_keys import DIGEST
from compliance.reminders.sending_times import list_day, newest_day
from compliance.service.polls.polling import poll
from compliance.simulator import MailSink, SimulatedCrimeSystem, SimulatedForce, crime_refs_in, serve
from compliance.store import Store, judge_due, migrate, officers
from compliance.store.kept.notice_kinds import Reason
from compliance.store.tables import Notice, Obligation, Outbox
from tests.mails import smtp_server
from tests.reminding import reminder_settings

LONDON: Final = ZoneInfo("Europe/London")
MORNING: Final = time(7)
POLICY: Final = load_policy("west-mercia")
KEY: Final = ("crime_ref", "victim_ref", "requirement", "cycle", "clock_date")
Key = tuple[str, str, str, int, date]


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something overdue on a morning, before anything is told: the obligation, its due date, who has the case."""

    key: Key
    due: date
    officer: str | None


class ForceDays:
    """A service that watches a simulated force from a day on; its officers read their mail and act on it.

    All that happened before the first day is read on it; what fell due before `due_from`, by default that day, is
    reported and never mailed. `system`: what serves the force's records. `url`: of an empty database; None: a
    new SQLite file.
    """

    def __init__(
        self, folder: Path, force: SimulatedForce, start: date, due_from: date | None = None,
        system: Callable[[SimulatedForce], SimulatedCrimeSystem] = SimulatedCrimeSystem, url: str | None = None,
    ) -> None:  # fmt: skip
        self.settings = reminder_settings(due_from or start, reply_to="performance@force.example")
        self.force = force
        self.day = start - timedelta(days=1)
        self._folder, self._open, self._system_of = folder, ExitStack(), system
        self._url = url or f"sqlite:///{folder / 'compliance.db'}"

    def __enter__(self) -> Self:
        migrate(self._url)
        self.store = self._open.enter_context(closing(Store.open(self._url)))
        self._system = self._system_of(self.force)
        self._address = self._open.enter_context(serve(self._system))
        self.sink = self._open.enter_context(MailSink(self._folder / "mail", self._read))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def now(self) -> datetime:
        """The morning of the day."""
        return datetime.combine(self.day, MORNING, LONDON)

    @property
    def working(self) -> bool:
        """Whether it is a working day."""
        return bool(POLICY.working.is_working(to_day(self.day)))

    def _read(self, recipient: str, message: EmailMessage) -> None:
        body = message.get_body(("plain",))
        self.force.deliver(recipient, self.now, crime_refs_in(body.get_content() if body else ""))

    def resume(self, day: date) -> None:
        """Go on, with a database in which the crime system was read on a morning, after that morning."""
        self.day = day
        self._system.advance(self.now)

    def wake(self) -> list[Overdue]:
        """The next morning: the crime system is read, if it answers, and judged -> what is overdue, of what fell due since
        `due_from`."""
        self.day += timedelta(days=1)
        self._system.advance(self.now)
        if self._system.up:
            with HttpFeed(f"{self._address}/crimes", f"{self._address}/officers", page_size=5000, timeout=60) as feed:
                poll(self.store, feed, "crimes", lambda: self.now)
        judge_due(self.store, POLICY, self.now)
        asked = select(Obligation).where(
            Obligation.state == "overdue", col(Obligation.due_date) >= self.settings.reminders.due_from
        )
        with self.store.session(reading=True) as session:
            return [Overdue(_key(row), row.due_date, row.officer_ref) for row in session.exec(asked)]

    def remind(self) -> int:
        """The morning's reminders -> how many mails arrived."""
        before = len(self.sink.messages)
        remind(self.store, POLICY, self.settings, self.now)
        question = still_due(self.store, POLICY, self.settings, lambda: self.now)
        server = smtp_server(self.sink.host, self.sink.port, security="plain", timeout=60)
        deliver(self.store, server, lambda: self.now, still_due=question)
        return len(self.sink.messages) - before

    def hand_over(self) -> None:
        """The morning's reminders, each read at once: planned, written and stored as ever, and accepted by a mail server
        that is never in the way."""
        remind(self.store, POLICY, self.settings, self.now)
        with self.store.session() as session:
            for row in session.exec(select(Outbox).where(Outbox.state == "queued")):
                self.force.deliver(row.to_address, self.now, crime_refs_in(row.text))
                row.state, row.sent_at = "sent", self.now

    def count_mails(self) -> tuple[int, int]:
        """How many mails went to officers so far, and how many to those who lead them."""
        rules = self.settings.reminders
        leads = {
            row.email
            for row in officers(self.store).values()
            if row.role in (rules.supervisor_role, rules.champion_role)
        }
        with self.store.session(reading=True) as session:
            to_leaders = [address in leads for address in session.exec(select(Outbox.to_address))]
        return to_leaders.count(False), to_leaders.count(True)

    def one_digest_an_officer_a_day(self, overdue: list[Overdue]) -> int:
        """What is often built: on a working day, one digest to each officer with anything overdue, of those who can be
        written to -> how many."""
        mails: dict[str, list[str]] = {}
        for item in overdue if self.working else ():
            mails.setdefault(item.officer or "", []).append(item.key[0])
        known, count = officers(self.store), 0
        for officer_ref, crime_refs in mails.items():
            officer = known.get(officer_ref)
            if officer is None or not officer.email or (officer.left_on and officer.left_on <= self.day):
                continue
            self.force.deliver(officer.email, self.now, crime_refs)
            count += 1
        return count


def _key(row: Any) -> Key:
    return tuple(getattr(row, name) for name in KEY)


class Watch:
    """What must hold every morning after the reminders, and for how long an overdue obligation went unmentioned."""

    def __init__(self, service: ForceDays) -> None:
        self.service = service
        self.longest = timedelta()
        """The longest time without a mention, of those overdue obligations that nothing held: of what is new from its
        due date, of the others from their last mention or the end of what held them."""
        self.held = 0
        """Obligation-mornings on which something held what was to be told."""
        self._arrived = 0
        self._newest: dict[tuple[Key, str], Notice] = {}
        self._mentioned: dict[tuple[Key, str], date] = {}
        self._announced: dict[tuple[Key, str], date] = {}
        self._held_on: dict[Key, date] = {}

    def broken(self, overdue: list[Overdue]) -> list[str]:
        """The promises that do not hold this morning, in words."""
        self._learn()
        found = [*self._more_than_one_digest(), *self._mails_of_nothing()]
        for item in overdue:
            if self._is_closed(item):
                continue
            found += self._without_a_reason(item)
            found += self._unmentioned(item)
        return found

    def look(self, overdue: list[Overdue]) -> None:
        """Learn for how long an overdue obligation went unmentioned, and look at nothing else."""
        self._learn()
        for item in overdue:
            if not self._is_closed(item):
                list(self._unmentioned(item))

    def _learn(self) -> None:
        """What was decided this morning."""
        with self.service.store.session(reading=True) as session:
            for notice in session.exec(select(Notice).where(Notice.decided_on == self.service.day)).all():
                session.expunge(notice)
                self._newest[_key(notice), notice.step] = notice
                if notice.step in ("overdue", "supervisor", "champion") and notice.outcome == "sent":
                    self._mentioned[_key(notice), notice.recipient_ref] = notice.decided_on
                if notice.step == "due soon" and notice.outcome == "sent":
                    self._announced[_key(notice), notice.recipient_ref] = notice.decided_on

    def _is_closed(self, item: Overdue) -> bool:
        """Whether its case has closed: there is one mail then, and no ladder."""
        closed, before = self._newest.get((item.key, "closed")), self._newest.get((item.key, "overdue"))
        return closed is not None and (before is None or closed.decided_on >= before.decided_on)

    def _more_than_one_digest(self) -> Iterator[str]:
        """At most one digest a person a day, by what arrived."""
        arrived = Counter(message.recipient for message in self.service.sink.messages[self._arrived :])
        self._arrived = len(self.service.sink.messages)
        yield from (f"{count} mails to {address}" for address, count in arrived.items() if count > 1)

    def _mails_of_nothing(self) -> Iterator[str]:
        """No mail without an outstanding obligation: each tells one that stands as the mail says."""
        with self.service.store.reading() as connection:
            rows = connection.execute(text(_OF_NOTHING), {"kind": DIGEST, "day": f"%:{self.service.day}"})
            yield from (f"nothing is owed of the mail {key}" for (key,) in rows)

    def _without_a_reason(self, item: Overdue) -> Iterator[str]:
        """No outstanding obligation past a step of the ladder without a stored reason for it."""
        today, rules = self.service.day, self.service.settings.reminders
        passed = {"overdue"}
        if (today - item.due).days >= rules.champion_days // 2:
            passed.add("supervisor")
        if self.is_champion_due(item.due):
            passed.add("champion")
        yield from (f"{step}: no reason is stored: {item}" for step in passed if (item.key, step) not in self._newest)

    def is_champion_due(self, due: date) -> bool:
        """Whether a weekly list has come since all of the champion's time had passed."""
        rules = self.service.settings.reminders
        newest = list_day(POLICY, rules, self.service.day)
        return newest is not None and (newest - due).days >= rules.champion_days

    def _unmentioned(self, item: Overdue) -> Iterator[str]:
        """No overdue obligation unmentioned for longer than the ladder says: on a working morning whoever is to act
        was told, is told, or is not for a reason that holds it. A repeat waits for a day for what is no news, and so does
        what was announced."""
        today, notice = self.service.day, self._newest.get((item.key, "overdue"))
        if notice is None:
            return  # said above
        if notice.outcome == "held":
            self._held_on[item.key] = today
            self.held += 1
            return
        mine = (item.key, notice.recipient_ref)
        mentioned = self._mentioned.get(mine) or self._victim_mentioned(notice) or self._announced.get(mine)
        if mentioned == today:
            return
        since = max(item.due, mentioned or item.due, self._held_on.get(item.key, item.due))
        self.longest = max(self.longest, today - since)
        if not self.service.working:
            return
        rules = self.service.settings.reminders
        latest = since + timedelta(days=1 if notice.reason == Reason.NO_NEWS else rules.repeat_days)
        sending_day = newest_day(POLICY, rules.days_of_digests, today)
        if mentioned is None or (sending_day is not None and sending_day >= latest):
            yield f"not mentioned since {since}, {notice.outcome}: {notice.reason}: {item}"

    def _victim_mentioned(self, notice: Notice) -> date | None:
        """When whoever is to act was last told of the victim, of whom nothing was discharged since: what is told is the
        victim, and a second breach waits for the repeat."""
        victim, recipient = (notice.crime_ref, notice.victim_ref), notice.recipient_ref
        days = [d for (key, ref), d in self._mentioned.items() if key[:2] == victim and ref == recipient]
        if not days:
            return None
        asked = select(Obligation.crime_ref).where(
            Obligation.crime_ref == victim[0],
            Obligation.victim_ref == victim[1],
            col(Obligation.discharged_on) >= max(days),
        )
        with self.service.store.session(reading=True) as session:
            return None if session.exec(asked.limit(1)).first() is not None else max(days)


_OF_NOTHING: Final = """
    SELECT outbox.key FROM outbox WHERE outbox.kind = :kind AND outbox.state = 'sent' AND outbox.key LIKE :day
    AND NOT EXISTS (
        SELECT 1 FROM notice LEFT JOIN obligation ON obligation.crime_ref = notice.crime_ref
        AND obligation.victim_ref = notice.victim_ref AND obligation.requirement = notice.requirement
        AND obligation.cycle = notice.cycle AND obligation.clock_date = notice.clock_date
        WHERE notice.outbox_id = outbox.id AND notice.outcome = 'sent' AND (
            (notice.step IN ('overdue', 'supervisor', 'champion') AND obligation.state = 'overdue')
            OR (notice.step = 'due soon' AND coalesce(obligation.state, 'pending') = 'pending')
            OR (notice.step IN ('supervisor', 'champion') AND obligation.state = 'missed' AND obligation.clause = '5.6')
            OR (notice.step = 'closed' AND obligation.state IN ('overdue', 'missed'))))
"""
