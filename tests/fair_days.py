"""A simulated force with troubles of every kind, and what must hold of who is blamed and of what is said of others.

What an officer could have done is worked out here plainly from the records, the directory and the mails that arrived,
without the service's own code.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlmodel import col, select

from compliance.simulator import SimulatedForce, crime_refs_in
from compliance.store import load_crimes, officers
from compliance.store.kept.notice_kinds import Reason
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import Notice, Obligation, Outbox
from tests.bounces import Mailbox, path_of, report
from tests.force_days import LONDON, ForceDays, Overdue, Watch
from tests.reminding import change
from tests.troubles import HeedlessForce, TroubledSystem, in_trouble

DAY: Final = timedelta(days=1)
NOBODY_TOLD: Final = ("held", "suppressed")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail that was taken for an address on a day: what it says, and the crimes it names."""

    address: str
    day: date
    text: str
    crimes: frozenset[str]


class FairWatch(Watch):
    """Nobody is blamed for time that does not count; nobody is named as told who was not; no victim is hidden."""

    def __init__(self, service: ForceDays) -> None:
        super().__init__(service)
        self._arrivals = 0
        self._told_on: dict[tuple[str, str], list[date]] = defaultdict(list)
        """Address and crime -> the days of the mails that name it, of those that did not come back."""
        self.counted: dict[str, int] = defaultdict(int)
        """How often each promise had something to be held against: a watch that sees nothing is worth nothing."""
        self.broken_promises: list[str] = []

    def broken(self, overdue: list[Overdue]) -> list[str]:
        """The promises that do not hold this morning, in words: those of `Watch`, and those of this module."""
        found = super().broken(overdue)
        new = self._arrived_today()
        self._staff = officers(self.service.store)
        self._crimes = {c.crime_ref: c for c in load_crimes(self.service.store, sorted({i.key[0] for i in overdue}))}
        found += [*self._blamed(), *self._named_as_told(new), *self._supported(new)]
        for mail in new:
            for crime in mail.crimes:
                self._told_on[mail.address, crime].append(mail.day)
        return found + [text for item in overdue if not self._is_closed(item) for text in self._hidden(item)]

    def _arrived_today(self) -> list[Arrived]:
        found = []
        for received in self.service.sink.messages[self._arrivals :]:
            body = received.message.get_body(("plain",))
            text = " ".join(str(body.get_content() if body else "").split())
            found.append(Arrived(received.recipient, self.service.day, text, frozenset(crime_refs_in(text))))
        self._arrivals += len(found)
        return found

    def take_back(self, addresses: set[str]) -> None:
        """Today's mails to these addresses came back, and have told nobody."""
        for (address, _), days in self._told_on.items():
            if address in addresses and days[-1:] == [self.service.day]:
                days.pop()
                self.counted["told, and came back"] += 1

    def _told(self, address: str | None, crime: str, *, until: date, since: date = date.min) -> bool:
        """Whether a mail that names a crime had arrived for somebody by a day."""
        return any(since <= day <= until for day in self._told_on.get((address or "", crime), ()))

    def days_to_act(self, key: Any, due: date, officer: str, until: date) -> int:
        """On how many days an officer could act, up to and including one: worked out day by day, plainly."""
        crime, row = self._crimes[key[0]], self._staff.get(officer)
        holds = [h for v in crime.victims or () if v.victim_ref == key[1] for h in v.contact_holds or ()]
        return sum(
            self._holders(crime, day) == {officer}
            and not any(_covers(hold, day) for hold in holds)
            and row is not None
            and not _is_away(row, day)
            and self._told(row.email, crime.crime_ref, until=day)
            for day in (due + n * DAY for n in range(1, (until - due).days + 1))
        )

    def _holders(self, crime: Any, day: date) -> set[str | None]:
        """Everybody who had a case on some part of a day, up to now."""
        begins, ends = _instant(day), min(_instant(day + DAY), self.service.now)
        told = sorted(
            (datetime.fromisoformat(a.start), n, a.officer_ref) for n, a in enumerate(crime.allocations or ())
        )
        told = [each for each in told if each[0] < ends]
        if not told:
            return {crime.officer_ref}
        before = [each for each in told if each[0] <= begins]
        inside = {each[2] for each in told if each[0] > begins}
        return inside | ({before[-1][2]} if before else {None})

    def _blamed(self) -> Iterator[str]:
        """A supervisor is told at the officer's cost only of time that counts; else when half of the champion's time has
        passed, with the reason."""
        today, rules = self.service.day, self.service.settings.reminders
        with self.service.store.session(reading=True) as session:
            asked = select(Notice, col(Obligation.due_date), col(Obligation.officer_ref), col(Outbox.text))
            asked = asked.join(Outbox, col(Outbox.id) == col(Notice.outbox_id)).join(
                Obligation,
                (col(Obligation.crime_ref) == Notice.crime_ref)
                & (col(Obligation.victim_ref) == Notice.victim_ref)
                & (col(Obligation.requirement) == Notice.requirement)
                & (col(Obligation.cycle) == Notice.cycle),
            )
            rows = session.exec(
                asked.where(Notice.step == "supervisor", Notice.decided_on == today, Outbox.state == "sent")
                .where(Notice.outcome == "sent")
            ).all()  # fmt: skip
        for notice, due, _, text in rows:
            key = (notice.crime_ref, notice.victim_ref)
            if notice.crime_ref not in self._crimes:
                continue
            holders = self._holders(self._crimes[notice.crime_ref], today)
            ladder = rules.ladder_for(notice.requirement, self._category(key))
            latest, since = ladder.champion_days // 2, self._first_due(notice, due)
            days = max((self.days_to_act(key, since, ref, today) for ref in holders if ref), default=0)
            self.counted["supervisors told"] += 1
            if days >= ladder.supervisor_days:
                continue
            self.counted["supervisors told although the officer could not act"] += 1
            if (today - since).days < latest:
                yield f"blamed after {days} days to act, {(today - since).days} overdue: {notice}"
            if notice.obstacles is None and None not in holders:
                yield f"no reason is kept why the officer could not act: {notice}"
            part = self._part(text, notice)
            if part and not re.search(r"has not had \d+ days to act|Do not contact: a hold is in force", part):
                yield f"the mail does not say why the officer could not act: {part[:600]}: {notice}"

    def _first_due(self, notice: Notice, due: date) -> date:
        """Since when the victim has been waiting: a cycle that is missed by silence is followed by the next (rules 4.5)."""
        since = self.service.settings.reminders.due_from
        with self.service.store.session(reading=True) as session:
            of_victim = select(Obligation).where(
                Obligation.crime_ref == notice.crime_ref, Obligation.victim_ref == notice.victim_ref
            )
            asked = of_victim.where(Obligation.requirement == notice.requirement, Obligation.cycle < notice.cycle)
            rows = session.exec(asked.order_by(col(Obligation.cycle).desc())).all()
            before = [(row.due_date, row.state, row.clause) for row in rows]
        for earlier, state, clause in before:
            if (state, clause) != ("missed", "4.5") or earlier < since:
                break
            due = earlier
        return due

    def _part(self, text: str, notice: Notice) -> str:
        """What an email says of the victim of a notice, nothing if it does not name the crime."""
        parts = " ".join(text.split()).split(f"Crime {notice.crime_ref}")[1:]
        several = len(self._crimes[notice.crime_ref].victims or ()) > 1
        own = (part for part in parts if not several or part.startswith(f", victim {notice.victim_ref} "))
        return next(own, "").partition(" Crime ")[0]

    def _category(self, key: tuple[str, str]) -> str:
        victims = self._crimes[key[0]].victims or ()
        return next((v.category for v in victims if v.victim_ref == key[1] and v.category), "standard")

    def _named_as_told(self, new: list[Arrived]) -> Iterator[str]:
        """Whoever an officer's mail names as told already of a victim had a mail that names the crime before."""
        by_address = {row.email: row for row in self._staff.values() if row.email}
        for mail in new:
            reader = by_address.get(mail.address)
            for crime, entry in re.findall(r"Crime (\S+)(.*?)(?= Crime | WHAT TO DO)", mail.text):
                said = re.search(r"Also told: (.*?)\.", entry)
                if reader is None or said is None:
                    continue
                for who in re.split(r", (?=your|the|officer)| and ", said[1]):
                    self.counted["named as told"] += 1
                    refs = self._who(who, reader)
                    if not any(self._told(self._staff[ref].email, crime.strip(","), until=mail.day) for ref in refs):
                        yield f"{who} named as told of {crime}, and was not: {entry}"

    def _who(self, said: str, reader: DirectoryEntry) -> list[str]:
        """Whom a mail means."""
        if found := re.search(r"\((\S+?)\)|officer (\S+?)(?:,|$)", said):
            return [found[1] or found[2]]
        if said.startswith("your supervisor"):
            return [str(reader.supervisor_ref)]
        return [ref for ref, row in self._staff.items() if row.role == "champion" and row.division == reader.division]

    def _supported(self, new: list[Arrived]) -> Iterator[str]:
        """No officer is named for support with more than they could have given."""
        for mail in new:
            for ref, count in named_for_support(mail.text):
                self.counted["named for support"] += 1
                mine = self._misses(ref)
                if mine < count:
                    yield f"officer {ref} named for {count} misses, of which {mine} could have been none"

    def _misses(self, officer: str) -> int:
        """How many updates due in the last weeks an officer could have given on four days and more after the due date."""
        today = self.service.day
        first = max(today - 36 * DAY, self.service.settings.reminders.due_from)
        with self.service.store.session(reading=True) as session:
            late = col(Obligation.state).in_(("late", "overdue", "missed"))
            asked = select(Obligation).where(late, col(Obligation.due_date).between(first, today))
            rows = session.exec(asked).all()
            session.expunge_all()
        held = {c.crime_ref: c for c in load_crimes(self.service.store, sorted({row.crime_ref for row in rows}))}
        self._crimes |= held
        found = set()
        for row in rows:
            if officer in self._holders(held[row.crime_ref], row.due_date):
                until = (row.discharged_on or today) - DAY
                if self.days_to_act((row.crime_ref, row.victim_ref), row.due_date, officer, until) >= 4:
                    found.add((row.crime_ref, row.requirement, row.cycle))
        return len(found)

    def _hidden(self, item: Overdue) -> Iterator[str]:
        """Past half of the champion's time somebody above knows of a victim, from the first weekly list past all of it the
        champion, or a reason is kept why not."""
        today, rules = self.service.day, self.service.settings.reminders
        if not self.service.working:
            return
        half = (today - item.due).days >= rules.champion_days // 2
        for step, reached in (("supervisor", half), ("champion", self.is_champion_due(item.due))):
            if not reached:
                continue
            notice = self._newest.get((item.key, step))
            if notice is None:
                continue  # said by Watch
            self.counted[f"past the {step}'s time"] += 1
            if notice.outcome == "held" or (notice.outcome == "suppressed" and notice.reason != Reason.NOTIFIED_BEFORE):
                self.counted[f"{step} not told for a reason"] += 1
                continue
            row = self._staff.get(notice.recipient_ref)
            if row is None or self._told(row.email, item.key[0], until=today, since=item.due) or self._waits(notice):
                continue
            yield f"{step} does not know, {notice.outcome}: {notice.reason}: {item}"

    def _waits(self, notice: Notice) -> bool:
        """Whether the mail that tells it waits because the mailbox defers it, or was refused this morning, after which it
        goes to the next person."""
        with self.service.store.session(reading=True) as session:
            row = session.get(Outbox, notice.outbox_id) if notice.outbox_id else None
            if row is None or row.state != "refused":
                return row is not None and row.state == "retry" and row.deferred_since is not None
            return notice.decided_on == self.service.day


def named_for_support(text: str) -> list[tuple[str, int]]:
    """The officers whom a mail names as such who may need support, and with how many updates."""
    listed = " ".join(text.split()).partition("OFFICERS WHO MAY NEED SUPPORT")[2]
    found = re.findall(r"(?:Officer |\()(\S+?)\)?(?:, [^:]*)?: (\d+) updates not given", listed)
    return [(ref, int(count)) for ref, count in found]


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _covers(hold: Any, day: date) -> bool:
    """Whether a hold is in force on some part of a day; one without an end for 28 days."""
    first = datetime.fromisoformat(hold.start).astimezone(LONDON).date()
    last = datetime.fromisoformat(hold.end).astimezone(LONDON).date() if hold.end else first + 27 * DAY
    return first <= day <= last


def _is_away(row: DirectoryEntry, day: date) -> bool:
    gone = row.left_on is not None and row.left_on <= day
    return gone or any(span["from"] <= str(day) <= (span.get("until") or "9999") for span in row.absent)


def live_with_troubles(
    folder: Path, seed: int, days: int, scale: float = 0.02, force: type[SimulatedForce] = HeedlessForce
) -> FairWatch:
    """The last days of a force, by default a heedless one, with random holds, absences, cases to and fro, and mailboxes
    that defer mail, refuse it, or accept it and send it back. What fell due in the three weeks before is mailed too."""
    end = datetime(2027, 1, 4, tzinfo=LONDON)
    lived = force(seed=seed, weeks=max(10, days // 7 + 6), end=end, scale=scale)
    start = lived.end.date() - timedelta(days=days)
    system = partial(TroubledSystem, seed=seed, days=days)
    with ForceDays(folder, lived, start, start - timedelta(days=21), system) as service:
        service.settings = change(service.settings, listed=200)  # all is with a few people here
        watch, returned = FairWatch(service), Mailbox(folder / "returned")
        for _ in range(days):
            overdue = service.wake()
            service.sink.defer = in_trouble(service, f"{seed}/defers", days)
            service.sink.refuse = in_trouble(service, f"{seed}/refuses", days)
            service.remind()
            watch.broken_promises += watch.broken(overdue)
            watch.take_back(_send_back(service, returned, in_trouble(service, f"{seed}/sends back", days)))
    return watch


def _send_back(service: ForceDays, returned: Mailbox, addresses: set[str]) -> set[str]:
    """This morning's mails to some addresses come back, and the reports are read -> the addresses of those."""
    with service.store.session(reading=True) as session:
        asked = select(Outbox.id, Outbox.to_address).where(
            Outbox.state == "sent", col(Outbox.to_address).in_(addresses), col(Outbox.sent_at) >= service.now
        )
        rows = session.exec(asked).all()
    returned.put(*(report(path_of(service.store, row_id or 0), number=row_id or 0) for row_id, _ in rows))
    returned.read(service.store, lambda: service.now)
    return {address for _, address in rows}
