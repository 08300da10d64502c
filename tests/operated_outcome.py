"""What came of a year of a service: its reports, its digests and what they told, and how it differs from another."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlmodel import col, select

from compliance.reports.periods.periods import newest_settled, parse_period
from compliance.reports.periods.spans import Span
from compliance.store import Store
from compliance.store.tables import Notice, Obligation, Outbox, Published
from tests.operated import ADMINISTRATOR, OperatedYear
from tests.reporting import digests
from tests.simulated import LONDON

Report = tuple[str, str]
"""Period and edition."""
Overdue = tuple[str, str, str, int, date]
"""An obligation: crime, victim, requirement, cycle and clock date."""
Window = tuple[date, date]
"""The first local date of a fault for which emails wait, and the morning on which what waited is told."""
REPEAT: Final = timedelta(days=11)
"""The longest that a victim of whom the officer was told waits to be mentioned again: `repeat_days`, and days off over Easter or
Christmas."""
SETTLED: Final = ("sent", "cancelled")
"""How an email ends of which nothing is left to do."""
OF_THE_SERVICE: Final = (
    "reminders", "questions[after-reminder]", "quality[feed-gap]", "intake.gaps", "basis.audit_head",
    *(f"gate.facts.{name}" for name in ("records", "refused", "no_victim", "set_aside", "unfit")),
)  # fmt: skip
"""What a report says of the service itself, which faults change: what came of emails (rules 8), which may be late, when
the crime system was not read (statistics 1.2), the head of the audit log, and which records came since the period began
(section 7). All else is what the crime system's records say."""
AS_OF: Final = re.compile(r"\b(directory_)?as_of$")
"""As of when a figure stands that cannot be asked as at K (statistics 1.2a)."""


@dataclass(frozen=True)
class YearOutcome:
    """`end`: the last day. `reports`: the figures of each version. `files`: what is noted of them; `held`: what lies in the folder.
    `emails`: the state of each by its key. `ids`: its Message-ID; `arrived`: how often each came. `told`: the day on
    which an email that was sent first said that something is overdue. `right_on`: when something was discharged."""

    end: date
    reports: Mapping[Report, list[dict[str, Any]]]
    files: Mapping[str, str]
    held: Mapping[str, str]
    emails: Mapping[str, str]
    ids: Mapping[str, str]
    arrived: Counter[str]
    told: Mapping[Overdue, date]
    mentioned: Mapping[tuple[str, str], set[date]]
    right_on: Mapping[Overdue, date]

    @classmethod
    def of(cls, year: OperatedYear) -> "YearOutcome":
        """What is in its database, its folder and its mailboxes, when it is over."""
        reports: dict[Report, list[dict[str, Any]]] = {}
        files: dict[str, str] = {}
        told: dict[Overdue, date] = {}
        mentioned: dict[tuple[str, str], set[date]] = defaultdict(set)
        right_on: dict[Overdue, date] = {}
        with closing(Store.open(year.database)) as store, store.session(reading=True) as session:
            for row in session.exec(select(Published).order_by(col(Published.version))):
                reports.setdefault((row.period, row.edition), []).append(row.figures)
                files |= row.files
            emails = {row.key: (row.state, row.message_id) for row in session.exec(select(Outbox))}
            sent = select(Notice, col(Outbox.sent_at)).join(Outbox, col(Outbox.id) == col(Notice.outbox_id))
            said = sent.where(Outbox.state == "sent", Notice.outcome == "sent", Notice.step == "overdue")
            for notice, sent_at in session.exec(said.order_by(col(Outbox.sent_at))):
                if sent_at is not None:
                    day = sent_at.astimezone(LONDON).date()
                    told.setdefault(_key(notice), day)
                    mentioned[notice.crime_ref, notice.victim_ref].add(day)
            for obligation in session.exec(select(Obligation)):
                if obligation.discharged_on is not None:
                    right_on[_key(obligation)] = obligation.discharged_on
        states, ids = ({key: email[n] for key, email in emails.items()} for n in (0, 1))
        to_others = [received for received in year.mail.taken if received.recipient != ADMINISTRATOR]
        arrived = Counter(str(received.message["Message-ID"]) for received in to_others)
        return cls(
            year.now.astimezone(LONDON).date(),
            reports,
            files,
            digests(year.folder),
            states,
            ids,
            arrived,
            told,
            mentioned,
            right_on,
        )

    def problems(self) -> Iterator[str]:
        """What does not hold of it, whatever went wrong meanwhile, in words."""
        for (period, edition), versions in self.reports.items():
            if len(versions) > 1:
                yield f"{period} {edition}: published {len(versions)} times"
        yield from (f"{period} {edition}: not published" for period, edition in self._owed() - self.reports.keys())
        if self.files != self.held:
            yield f"files that are not there as noted: {self.files.items() ^ self.held.items()}"
        yield from (f"{key}: left {state}" for key, state in self.emails.items() if state not in SETTLED)
        for key, state in self.emails.items():
            if (state == "sent") != (self.arrived[self.ids[key]] > 0):
                yield f"{key}: {state}, and arrived {self.arrived[self.ids[key]]} times"
        yield from (f"{identity}: arrived from no email" for identity in self.arrived.keys() - set(self.ids.values()))

    def _owed(self) -> set[Report]:
        """Both editions of each week and month from the first published to the newest settled on the last day."""
        spans = [parse_period(period) for period, _ in self.reports]
        owed = set[Report]()
        for kind in ("week", "month"):
            span: Span | None = min((span for span in spans if span.kind == kind), key=str)
            newest = newest_settled(kind, self.end - timedelta(days=self.end.weekday()))
            while span is not None and str(span) <= str(newest):
                owed |= {(str(span), "board"), (str(span), "public")}
                span = span.plus(1)
        return owed

    def __str__(self) -> str:
        states = ", ".join(f"{count:,} {state}" for state, count in sorted(Counter(self.emails.values()).items()))
        return (
            f"{len(self.reports)} reports of {len({period for period, _ in self.reports})} periods, {len(self.files)} "
            f"files; emails: {states}, {self.doubles} came twice; {len(self.told):,} obligations told as overdue"
        )

    def repeat_of(self, overdue: Overdue, day: date) -> date:
        """The last day of the repeat of the newest mention of its victim by a day; the first of days without one."""
        mentions = [each for each in self.mentioned.get(overdue[:2], ()) if each <= day]
        return max(mentions) + REPEAT if mentions else date.min

    @property
    def doubles(self) -> int:
        """How many emails came again, with the same Message-ID."""
        return sum(count - 1 for count in self.arrived.values())


def differing_reports(one: YearOutcome, other: YearOutcome) -> Iterator[str]:
    """The reports that only one of two years has, and what others say differently of the crime system's records."""
    for report in sorted(one.reports.keys() ^ other.reports.keys()):
        yield f"{report}: in one of the years only"
    for report in sorted(one.reports.keys() & other.reports.keys()):
        for path, value, its in _differing(one.reports[report][0], other.reports[report][0]):
            if not path.startswith(OF_THE_SERVICE) and not AS_OF.search(path):
                yield f"{report}: {path}: {value!r} and {its!r}"


def differing_emails(one: YearOutcome, other: YearOutcome, windows: Sequence[Window]) -> Iterator[str]:
    """What was not told in `other` as it was in `one`: the same emails before the first window; afterwards, of
    everything overdue on the same day or, in a window, on its last, unless it had come right by then. A second breach of a
    victim mentioned before waits for the repeat, which a fault moves with the first."""
    first = min((window[0] for window in windows), default=date.max)
    for key, state in sorted(one.emails.items() ^ other.emails.items()):
        if key.startswith("report/") or date.fromisoformat(key.rpartition(":")[2]) < first:
            yield f"{key}: {state} in one of the years only"
    for overdue, day in one.told.items():
        waited = next((last for begun, last in windows if begun <= day <= last), None)
        told = other.told.get(overdue)
        if told == day or (waited and told and told <= waited):
            continue
        if told is not None and told < day:
            is_repeat = day <= one.repeat_of(overdue, told)
        else:
            is_repeat = (told or other.right_on.get(overdue, date.max)) <= other.repeat_of(overdue, day)
        if not is_repeat and not (waited and told is None and other.right_on.get(overdue, date.max) <= waited):
            yield f"{overdue}: told on {day} in one of the years, on {told} in the other"


def _differing(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in one:
            yield from _differing(one[name], other[name], f"{path}.{name}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (value, its) in enumerate(zip(one, other, strict=True)):
            name = value.get("key", place) if isinstance(value, dict) else place
            yield from _differing(value, its, f"{path}[{name}]")
    elif one != other:
        yield path, one, other


def _key(row: Notice | Obligation) -> Overdue:
    return row.crime_ref, row.victim_ref, row.requirement, row.cycle, row.clock_date
