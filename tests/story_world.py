"""A story lived in a real store, day by day.

Each morning at seven the crime system is read and judged, the reminders are planned and the outbox is delivered, as the
service does it, and once more ten minutes later if an email was not accepted. What happens at a stated time is read five
minutes later, and all is done again. What happens in the evening is read then, and nothing is planned before the next
morning.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from sqlmodel import SQLModel, col, select

from compliance.mail import Channel, Fate, Mail, OutgoingMessage, Pilot, SendResult, deliver
from compliance.policy import load_policy
from compliance.records import Officer
from compliance.reminders import reason_of, remind, still_due
from compliance.store import Store, begin_poll, end_poll, judge_due, save_officers, take_page
from compliance.store.notice_kinds import Outcome, Reason
from compliance.store.tables import Notice, Outbox
from tests.reminding import change, reminder_settings
from tests.story_facts import LONDON, Facts, at
from tests.story_files import Entry, Story, StoryDay

POLICY: Final = load_policy("west-mercia")
SETTINGS: Final = reminder_settings(date(2026, 1, 1))
MORNING, EVENING = time(7), time(20)
A_DAY, SOON = timedelta(days=1), timedelta(minutes=5)
"""`SOON`: how long until the service reads what has happened."""
_SUPPORT: Final = re.compile(r"(?:Officer |\()(\S+?)\)?(?:, [^:]*)?: (\d+) updates not given")
_RESULTS: Final = {
    "refused": SendResult(Fate.REFUSED, "550 5.1.1 No such mailbox"),
    "deferred": SendResult(Fate.DEFERRED, "451 4.3.2 Try again later", defers_recipient=True),
    "accepted": SendResult(Fate.ACCEPTED, "250 OK"),
}
Said = dict[str, set[str]]
"""Officer -> what is said of what they were told, or not."""


class ScriptedChannel:
    """A mail server that answers as the facts of a story say."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def compose(self, message: OutgoingMessage) -> Mail:
        return Mail.of(message)

    def open(self) -> "ScriptedChannel":
        return self

    def connect(self) -> None:
        """It is always there."""

    def send(self, mail: Mail) -> SendResult:
        return _RESULTS[self._facts.answers.get(mail.to_address, "accepted")]

    def close(self) -> None:
        """There is nothing to close."""


class WatchedChannel:
    """A channel that notes what became of each email: Message-ID -> "accepted", "deferred" or "refused"."""

    def __init__(self, channel: Channel[Mail]) -> None:
        self._channel = channel
        self.tried: dict[str, str] = {}

    def compose(self, message: OutgoingMessage) -> Mail:
        return self._channel.compose(message)

    def open(self) -> "WatchedChannel":
        self._line = self._channel.open()
        return self

    def connect(self) -> None:
        self._line.connect()

    def send(self, mail: Mail) -> SendResult:
        result = self._line.send(mail)
        self.tried[mail.message_id] = str(result.fate)
        return result

    def close(self) -> None:
        self._line.close()

    @property
    def not_taken(self) -> dict[str, str]:
        """What was not accepted."""
        return {name: fate for name, fate in self.tried.items() if fate != Fate.ACCEPTED}


@dataclass
class Lived:
    """What came of a day: as `StoryDay` has it, and beside it what is newly held or dropped."""

    told: Said = field(default_factory=lambda: defaultdict(set))
    not_told: Said = field(default_factory=lambda: defaultdict(set))
    newly: Said = field(default_factory=lambda: defaultdict(set))
    not_taken: dict[str, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    """Addresses that accepted more than one email."""


class StoryWorld:
    """A store in which a story is lived. `folder`: where the emails of a pilot go."""

    def __init__(
        self, store: Store, story: Story, staff: dict[str, Entry], folder: Path,
        channel: Callable[[Facts], Channel[Mail]] = ScriptedChannel,
    ) -> None:  # fmt: skip
        self._store, self._facts = store, Facts.of(story, staff)
        self._channel = WatchedChannel(channel(self._facts))
        self._settings = change(SETTINGS, **story.settings)
        allow = self._settings.mail.allow
        self._pilot = None if allow is None else Pilot(tuple(allow), folder)
        self._read: dict[str, bytes] = {}
        self._known: list[Officer] = []
        self._read_at = datetime.min.replace(tzinfo=UTC)

    def live(self, day: date, happenings: Iterable[str]) -> Lived:
        """Live a day. Raises ValueError for a sentence that is not understood."""
        timed = sorted(map(_timed, happenings), key=lambda each: each[0])
        self._channel.tried.clear()
        self._happen(day, [each for each in timed if each[0] <= MORNING])
        self._run(at(day, MORNING))
        if self._channel.not_taken:
            self._run(self._facts.now + 2 * SOON)  # by then what was deferred may be tried again
        for clock, sentence in timed:
            if clock > MORNING:
                self._happen(day, [(clock, sentence)])
                if clock < EVENING:
                    self._run(self._facts.now + SOON)
        self._facts.now = max(self._facts.now, at(day, EVENING)) + SOON
        self._read_everything(until=at(day + timedelta(days=1), MORNING))
        return self._tell(day)

    def _happen(self, day: date, timed: Iterable[tuple[time, str]]) -> None:
        for clock, sentence in timed:
            self._facts.now = at(day, clock)
            self._facts.hear(sentence)

    def _run(self, now: datetime) -> None:
        """What the service does every few minutes."""
        self._facts.now = now
        self._read_everything()
        judge_due(self._store, POLICY, now)
        remind(self._store, POLICY, self._settings, now)
        again = still_due(self._store, POLICY, self._settings, lambda: now)
        deliver(self._store, self._channel, lambda: now, still_due=again, pilot=self._pilot)

    def _read_everything(self, until: datetime | None = None) -> None:
        """The crime system and the directory are read to their end, if the crime system answers. In the evening there is
        no need to, if nothing has changed and no day will have passed by the next reading (`until`)."""
        if not self._facts.answers_us:
            return
        now, directory = self._facts.now, list(self._facts.directory.values())
        pages = {ref: json.dumps(record).encode() for ref, record in self._facts.visible().items()}
        changed = [raw for ref, raw in pages.items() if self._read.get(ref) != raw]
        if until and until - self._read_at <= A_DAY and not changed and directory == self._known:
            return
        if directory != self._known:
            save_officers(self._store, directory, now)
        self._read, self._known, self._read_at = pages, deepcopy(directory), now
        poll = begin_poll(self._store, "crimes", now)
        if changed:
            take_page(self._store, poll, "crimes", changed, None, now)
        end_poll(self._store, poll, now, complete=True)
        if changed:
            judge_due(self._store, POLICY, now)

    def _tell(self, day: date) -> Lived:
        lived = Lived()
        with self._store.session(reading=True) as session:
            mails = session.exec(select(Outbox).order_by(col(Outbox.id))).all()
            notices = session.exec(select(Notice).order_by(col(Notice.decided_on), col(Notice.id))).all()
        taken = {mail.id: mail for mail in mails if mail.state == "sent" and mail.message_id in self._channel.tried}
        addresses = [mail.to_address for mail in taken.values()]
        lived.doubled += sorted({address for address in addresses if addresses.count(address) > 1})
        for mail in mails:
            is_kept = mail.state == "pilot" and mail.created_at.astimezone(LONDON).date() == day
            if answer := "pilot" if is_kept else self._channel.not_taken.get(mail.message_id):
                lived.not_taken[str(mail.recipient_ref)] = answer
        for mail in taken.values():
            for officer, count in _SUPPORT.findall(" ".join(mail.text.split())):
                lived.told[str(mail.recipient_ref)].add(f"support {officer}, {count} misses")
        for notice in _longest_owed(n for n in notices if n.outcome == Outcome.SENT and n.outbox_id in taken):
            lived.told[notice.recipient_ref].add(self._told(notice))
        for notice in _in_force(notices):
            ref, said = notice.recipient_ref or "nobody", self._not_told(notice)
            lived.not_told[ref].add(said)
            if notice.decided_on == day and _is_for_a_reason(notice):
                lived.newly[ref].add(said)
        return lived

    def _told(self, notice: Notice) -> str:
        """What an email says of a victim: `C1 overdue again; rerouted: officer absent`."""
        _, *more = reason_of(notice).split("; ")
        again = " again" if notice.reason == Reason.STILL_WAITING else ""
        return "; ".join([f"{self._victim(notice)} {notice.step}{again}", *more])

    def _not_told(self, notice: Notice) -> str:
        """Why nothing is said of a victim: `C1 overdue held: officer absent`."""
        return f"{self._victim(notice)} {notice.step} {notice.outcome}: {reason_of(notice)}"

    def _victim(self, notice: Notice) -> str:
        several = len(self._facts.records[notice.crime_ref]["victims"]) > 1
        return f"{notice.crime_ref}/{notice.victim_ref}" if several else notice.crime_ref


def _timed(sentence: str) -> tuple[time, str]:
    """The local time of a sentence, the evening if it has none, and the rest of it."""
    found = re.fullmatch(r"(\d\d:\d\d) (.*)", sentence)
    return (time.fromisoformat(found[1]), found[2]) if found else (EVENING, sentence)


def _longest_owed(notices: Iterable[Notice]) -> Iterable[Notice]:
    """What an email says of a victim at a step: of what is owed the longest, if more than one update is owed."""
    order = [requirement.id for requirement in POLICY.requirement]
    latest_first = sorted(notices, key=lambda n: (n.clock_date, order.index(n.requirement)), reverse=True)
    return {(n.outbox_id, n.crime_ref, n.victim_ref, n.step): n for n in latest_first}.values()


def _in_force(notices: Iterable[Notice]) -> Iterator[Notice]:
    """The newest notice of each step of each obligation, of those by which nobody was told."""
    newest = {(n.crime_ref, n.victim_ref, n.requirement, n.cycle, n.clock_date, n.step): n for n in notices}
    return (notice for notice in newest.values() if notice.outcome != Outcome.SENT)


def _is_for_a_reason(notice: Notice) -> bool:
    """Whether a story has to say of a notice that it stands: one that is held on a day off is held for the day."""
    return notice.outcome != Outcome.SUPPRESSED and notice.reason != Reason.QUIET_HOURS


def differences(day: StoryDay, lived: Lived) -> Iterator[str]:
    """How a day differs from what a story says of it, in words."""
    for who in sorted({*day.told, *lived.told}):
        expected, came = set(day.told.get(who, ())), lived.told.get(who, set())
        if expected != came:
            yield f"{who} told: expected {_listed(expected)}; got {_listed(came)}"
    for who in sorted({*day.not_told, *lived.newly}):
        expected, came = set(day.not_told.get(who, ())), lived.not_told.get(who, set())
        if wrong := (expected - came) | (lived.newly.get(who, set()) - expected):
            yield f"{who} not told: {_listed(wrong)}: expected {_listed(expected)}; got {_listed(came)}"
    if dict(day.not_taken) != lived.not_taken:
        yield f"not taken: expected {dict(day.not_taken) or 'none'}; got {lived.not_taken or 'none'}"
    yield from (f"{address} accepted more than one email" for address in lived.doubled)


def _listed(said: Iterable[str]) -> str:
    return " and ".join(sorted(said)) or "nothing"


def failures(
    store: Store,
    story: Story,
    staff: dict[str, Entry],
    folder: Path,
    channel: Callable[[Facts], Channel[Mail]] = ScriptedChannel,
) -> list[str]:
    """Live a story in a store, from which all others are removed -> how it differs from what is written, day by day."""
    with store.writing() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    world, found = StoryWorld(store, story, staff, folder, channel), []
    for day in story.each_day():
        expected = story.days.get(day, StoryDay())
        lived = world.live(day, expected.happens)
        found += [f"{story}: {day:%A %-d %B %Y}: {each}" for each in differences(expected, lived)]
    return found
