"""A story lived in a real store, day by day.

Each morning at seven the crime system is read and judged, the reminders are planned and the outbox is delivered, as the
service does it, and once more ten minutes later if an email was not accepted. What happens at a stated time is read five
minutes later, and all is done again. What happens in the evening is read then, and nothing is planned before the next
morning.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from sqlmodel import SQLModel, col, select

from compliance.mail import Channel, Fate, Mail, OutgoingMessage, Pilot, SendResult, deliver
from compliance.policy import load_policy
from compliance.records import Officer
from compliance.reminders import reason_of, remind, still_due
from compliance.store import Store, begin_poll, end_poll, judge_due, save_officers, take_page
from compliance.store.kept.notice_kinds import Outcome, Reason
from compliance.store.tables import Notice, Outbox
from tests.bounces import Mailbox, path_of, report
from tests.fair_days import named_for_support
from tests.reminding import change, reminder_settings
from tests.story_facts import LONDON, Facts, at
from tests.story_files import Entry, Story, StoryDay

POLICY: Final = load_policy("west-mercia")
SETTINGS: Final = reminder_settings(date(2026, 1, 1))
MORNING, EVENING = time(7), time(20)
A_DAY, SOON = timedelta(days=1), timedelta(minutes=5)
"""`SOON`: how long until the service reads what has happened."""
_RESULTS: Final = {
    "refused": SendResult(Fate.REFUSED, "550 5.1.1 No such mailbox"),
    "deferred": SendResult(Fate.DEFERRED, "451 4.3.2 Try again later", defers_recipient=True),
}
_ACCEPTED: Final = SendResult(Fate.ACCEPTED, "250 OK")
Answers = Callable[[], Mapping[str, str]]
"""What mailboxes do with email by now ("refused", "deferred", "bounced"), by address."""
Said = dict[str, set[str]]
"""Officer -> what is said of what they were told, or not."""


class ScriptedChannel:
    """A mail server whose mailboxes answer as stories say."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def compose(self, message: OutgoingMessage) -> Mail:
        return Mail.of(message)

    def open(self) -> "ScriptedChannel":
        return self

    def connect(self) -> None:
        """It is always there."""

    def send(self, mail: Mail) -> SendResult:
        return _RESULTS.get(self._answers().get(mail.to_address, ""), _ACCEPTED)

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
    """A store in which stories are lived side by side, each with its own people. `folder`: for what a pilot keeps back and
    for what mailboxes send back."""

    def __init__(
        self, store: Store, stories: Sequence[Story], staff: dict[str, Entry], folder: Path,
        channel: Callable[[Answers], Channel[Mail]] = ScriptedChannel,
    ) -> None:  # fmt: skip
        marks = [""] if len(stories) == 1 else [f".{n}" for n in range(1, len(stories) + 1)]
        self._store, self._stories = store, stories
        self._facts = [Facts.of(story, staff, mark) for story, mark in zip(stories, marks, strict=True)]
        self._channel = WatchedChannel(channel(self._answers))
        self._settings = change(SETTINGS, **stories[0].every_setting)
        allow = self._settings.mail.allow
        self._pilot = None if allow is None else Pilot(tuple(allow), folder / "pilot")
        self._folder, self._begun = folder, list[Facts]()
        self._read: dict[str, bytes] = {}
        self._known: list[Officer] = []
        self._read_at = datetime.min.replace(tzinfo=UTC)

    def live(self, day: date) -> list[Lived]:
        """Live a day -> what came of it in each story. Raises ValueError for a sentence that is not understood."""
        self._channel.tried.clear()
        self._begun = [f for story, f in zip(self._stories, self._facts, strict=True) if story.first <= day]
        happenings = sorted(self._happenings(day), key=lambda each: each[0])
        self._happen(day, [each for each in happenings if each[0] <= MORNING])
        if self._run(at(day, MORNING)):
            self._run(at(day, MORNING) + 2 * SOON)  # by then what was deferred may be tried again
        for clock, several in groupby((each for each in happenings if each[0] > MORNING), key=lambda each: each[0]):
            self._happen(day, several)
            if clock < EVENING:
                self._run(at(day, clock) + SOON)
        latest = max([EVENING, *(each[0] for each in happenings)])
        self._read_everything(at(day, latest) + SOON, until=at(day + A_DAY, MORNING))
        return self._tell(day)

    def _happenings(self, day: date) -> Iterator[tuple[time, Facts, str]]:
        """What happens on a day: when, in which story, the sentence."""
        for story, facts in zip(self._stories, self._facts, strict=True):
            for sentence in story.day(day).happens:
                found = re.fullmatch(r"(\d\d:\d\d) (.*)", sentence)
                yield (time.fromisoformat(found[1]), facts, found[2]) if found else (EVENING, facts, sentence)

    def _happen(self, day: date, happenings: Iterable[tuple[time, Facts, str]]) -> None:
        for clock, facts, sentence in happenings:
            facts.now = at(day, clock)
            facts.hear(sentence)

    def _answers(self) -> dict[str, str]:
        return {str(f.address(address)): said for f in self._facts for address, said in f.answers.items()}

    def _run(self, now: datetime) -> bool:
        """What the service does every few minutes -> whether an email was not accepted, or came back."""
        self._read_everything(now)
        judge_due(self._store, POLICY, now)
        remind(self._store, POLICY, self._settings, now)
        again = still_due(self._store, POLICY, self._settings, lambda: now)
        deliver(self._store, self._channel, lambda: now, still_due=again, pilot=self._pilot)
        return self._send_back() or bool(self._channel.not_taken)

    def _send_back(self) -> bool:
        """Report what mailboxes have sent back, and read the reports -> whether there is any."""
        sending = [address for address, said in self._answers().items() if said == "bounced"]
        asked = select(Outbox.id).where(Outbox.state == "sent", col(Outbox.to_address).in_(sending))
        with self._store.session(reading=True) as session:
            rows = session.exec(asked.where(col(Outbox.message_id).in_(self._channel.tried))).all() if sending else ()
        if rows:
            returned = Mailbox(Path(mkdtemp(dir=self._folder)) / "mail")
            returned.put(*(report(path_of(self._store, row or 0), number=row or 0) for row in rows))
            returned.read(self._store, lambda: self._read_at + SOON)
        return bool(rows)

    def _read_everything(self, now: datetime, until: datetime | None = None) -> None:
        """The crime system and the directory are read to their end, if the crime system answers. In the evening there is
        no need to, if nothing has changed and no day will have passed by the next reading (`until`)."""
        if not all(facts.answers_us for facts in self._begun):
            return
        for facts in self._begun:
            facts.now = now
        directory = [entry for facts in self._begun for entry in facts.listed()]
        pages = {r["crime_ref"]: json.dumps(r).encode() for facts in self._begun for r in facts.served()}
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

    def _tell(self, day: date) -> list[Lived]:
        with self._store.session(reading=True) as session:
            mails = session.exec(select(Outbox).order_by(col(Outbox.id))).all()
            notices = session.exec(select(Notice).order_by(col(Notice.decided_on), col(Notice.id))).all()
        tried = [mail for mail in mails if mail.message_id in self._channel.tried or mail.state == "pilot"]
        mails_of, notices_of = defaultdict[str, list[Outbox]](list), defaultdict[str, list[Notice]](list)
        for mail in tried:
            mails_of[self._mark_of(str(mail.recipient_ref))].append(mail)
        for notice in notices:
            notices_of[self._mark_of(notice.crime_ref)].append(notice)
        return [self._tell_story(day, facts, mails_of[facts.mark], notices_of[facts.mark]) for facts in self._facts]

    def _mark_of(self, ref: str) -> str:
        """The mark of the story that a crime or an officer is of; if there is only one, it has none."""
        return "" if len(self._facts) == 1 else f".{ref.rpartition('.')[2]}"

    def _tell_story(self, day: date, facts: Facts, mails: Sequence[Outbox], notices: Sequence[Notice]) -> Lived:
        lived = Lived()
        taken = {mail.id: mail for mail in mails if mail.state == "sent"}
        addresses = [mail.to_address for mail in taken.values()]
        lived.doubled += sorted({address for address in addresses if addresses.count(address) > 1})
        for mail in mails:
            is_kept = mail.state == "pilot" and mail.created_at.astimezone(LONDON).date() == day
            is_back = mail.bounced_at is not None and mail.bounced_at.astimezone(LONDON).date() == day
            fate = "pilot" if is_kept else "bounced" if is_back else None
            if answer := fate or self._channel.not_taken.get(mail.message_id):
                lived.not_taken[facts.plain(mail.recipient_ref)] = answer
            if mail.id in taken:
                for officer, count in named_for_support(mail.text):
                    lived.told[facts.plain(mail.recipient_ref)].add(f"support {facts.plain(officer)}, {count} misses")
        for notice in _longest_owed(n for n in notices if n.outcome == Outcome.SENT and n.outbox_id in taken):
            lived.told[facts.plain(notice.recipient_ref)].add(_told(facts, notice))
        for notice in _in_force(notices):
            ref, said = facts.plain(notice.recipient_ref) or "nobody", _not_told(facts, notice)
            lived.not_told[ref].add(said)
            if notice.decided_on == day and _is_for_a_reason(notice):
                lived.newly[ref].add(said)
        return lived


def _told(facts: Facts, notice: Notice) -> str:
    """What an email says of a victim: `C1 overdue again; rerouted: officer absent`."""
    _, *more = reason_of(notice).split("; ")
    again = " again" if notice.reason == Reason.STILL_WAITING else ""
    return "; ".join([f"{_victim(facts, notice)} {notice.step}{again}", *more])


def _not_told(facts: Facts, notice: Notice) -> str:
    """Why nothing is said of a victim: `C1 overdue held: officer absent`."""
    return f"{_victim(facts, notice)} {notice.step} {notice.outcome}: {reason_of(notice)}"


def _victim(facts: Facts, notice: Notice) -> str:
    ref = facts.plain(notice.crime_ref)
    return f"{ref}/{notice.victim_ref}" if len(facts.records[ref]["victims"]) > 1 else ref


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


def side_by_side(stories: Iterable[Story]) -> list[list[Story]]:
    """Stories in groups that can be lived at the same time: of the same settings, on days that overlap. One that names
    people in its settings, or in which the crime system does not answer, is lived alone."""
    groups: list[list[Story]] = []
    for story in sorted(stories, key=lambda each: (each.is_alone, repr(each.every_setting), each.first)):
        last = groups[-1] if groups else [story]
        alone = last[0].is_alone or story.is_alone or last[0].every_setting != story.every_setting
        if not groups or alone or story.first > max(each.last for each in last):
            groups.append([story])
        else:
            last.append(story)
    return groups


def failures(
    store: Store, stories: Sequence[Story], staff: dict[str, Entry], folder: Path,
    channel: Callable[[Answers], Channel[Mail]] = ScriptedChannel,
) -> list[str]:  # fmt: skip
    """Live stories side by side in a store, from which all else is removed -> how they differ from what is written, day
    by day."""
    with store.writing() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    world, found = StoryWorld(store, stories, staff, folder, channel), []
    first, last = min(story.first for story in stories), max(story.last for story in stories)
    for day in (first + n * A_DAY for n in range((last - first).days + 1)):
        for story, lived in zip(stories, world.live(day), strict=True):
            if story.first <= day <= story.last:
                problems = differences(story.day(day), lived)
                found += [f"{story}: {day:%A %-d %B %Y}: {each}" for each in problems]
    return found
