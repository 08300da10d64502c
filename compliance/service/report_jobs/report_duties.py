"""Which reports the service owes, derived from rows at each check, so that the next resumes any interrupted work.

Each edition and form in the settings is owed for every period that settles after the service first found it there, and
for the newest that had settled then (`report_duty`), until it is in `published`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Final, cast

from sqlmodel import col, select

from compliance.report_settings import ReportSettings
from compliance.reports.figures import divisions_of
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Kind, Span
from compliance.reports.publishing.snapshots import newest_published, read_figures
from compliance.reports.rendering.forms import Form
from compliance.reports.rendering.names import OF_DIVISION, form_of
from compliance.resources import resource
from compliance.store import Store
from compliance.store.tables import Published, ReportDuty

DIVISION: Final = "division"
AGAIN: Final = timedelta(days=1)
"""How long to wait before a failed report is tried again."""
Duty = tuple[Kind, str, Form]


@dataclass(frozen=True)
class OwedReports:
    """What is owed for a period.

    `editions`: those to be published, in all forms of the settings. `forms`: the forms to be added to published
    editions, by the key of each.
    """

    period: Span
    editions: tuple[str, ...]
    forms: Mapping[str, tuple[Form, ...]]


class Attempts:
    """What could not be made in this run of the service, and when.

    It is tried again after a day, after a change of the templates and after a restart, not at each check.
    """

    def __init__(self) -> None:
        """Begin without attempts."""
        self._last: dict[str, tuple[datetime, object, str]] = {}
        self._held: set[str] = set()
        self.complete: set[str] = set()
        """Periods whose division editions are all published, or that have none."""

    def wait(self, period: Span, now: datetime, *, is_held: bool = False) -> bool:
        """Return whether a period was tried too recently. One that was held, and is no longer, is tried at once."""
        if str(period) in self._held and not is_held:
            return False
        at, templates, _ = self._last.get(str(period), (None, None, ""))
        return at is not None and at <= now < at + AGAIN and templates == _templates()

    def note_held(self, period: Span, *, is_held: bool) -> None:
        """Record whether something stood against a period at an attempt."""
        self._held = self._held | {str(period)} if is_held else self._held - {str(period)}

    def note(self, period: Span, now: datetime, problem: str) -> bool:
        """Record that a period is still owed after an attempt, and return whether the problem is new."""
        before = self._last.get(str(period))
        self._last[str(period)] = now, _templates(), problem
        return before is None or before[2] != problem


@dataclass(frozen=True)
class Duties:
    """What the settings ask for, and since when each is owed."""

    store: Store
    report: ReportSettings
    settled: Callable[[Kind, datetime], Span]
    """Returns the newest period of a kind to be reported at an instant."""
    attempts: Attempts = field(default_factory=Attempts)

    def owed(self, now: datetime) -> Iterator[OwedReports]:
        """Yield what is owed and not published, by kind, earliest first."""
        yield from self._owed(now, self._since(now))

    def still_owed(self, at: datetime) -> list[Span]:
        """Return the periods that were owed at an instant (aware) and are not published yet, by kind, earliest first.

        Writes nothing. Left out are periods before the newest published of their kind: they may be from before the
        records begin (statistics 1.2b), and are never reported.
        """
        asked = set(self._asked)
        with self.store.session(reading=True) as session:
            rows = session.exec(select(ReportDuty).where(col(ReportDuty.since) <= at)).all()
            published = [parse_period(name) for name in session.exec(select(Published.period).distinct())]
        since = {cast("Duty", (row.kind, row.edition, row.form)): row.since for row in rows}
        newest = {span.kind: span for span in sorted(published, key=str)}
        found = self._owed(at, {duty: begun for duty, begun in since.items() if duty in asked}, newest)
        return [owed.period for owed in found]

    @property
    def _asked(self) -> list[Duty]:
        report = self.report
        return cast("list[Duty]", list(product(report.periods, report.editions, report.forms)))

    def _owed(
        self, now: datetime, since: Mapping[Duty, datetime], begin: Mapping[Kind, Span] | None = None
    ) -> Iterator[OwedReports]:
        """Yield what is owed, of a kind in `begin` from that period on."""
        held = _read_published(self.store)
        for kind in self.report.periods:
            first = {duty: self.settled(kind, at) for duty, at in since.items() if duty[0] == kind}
            span = min(first.values(), key=str, default=None)
            if span is not None and begin:
                span = max(span, begin.get(kind, span), key=str)
            while span is not None and str(span) <= str(self.settled(kind, now)):
                found = self._of(span, [duty for duty, begun in first.items() if str(begun) <= str(span)], held)
                if found.editions or found.forms:
                    yield found
                span = span.plus(1)

    def _since(self, now: datetime) -> dict[Duty, datetime]:
        """Return since when each edition and form in the settings is owed.

        New ones are recorded. One removed from the settings is no longer owed, and is owed again only from when it
        returns.
        """
        asked = self._asked
        with self.store.session(reading=True) as session:
            rows = session.exec(select(ReportDuty)).all()
        if {(row.kind, row.edition, row.form) for row in rows} != set(asked):
            with self.store.session() as session:
                rows = session.exec(select(ReportDuty)).all()
                known = {(row.kind, row.edition, row.form): row for row in rows}
                for row in (row for duty, row in known.items() if duty not in asked):
                    session.delete(row)
                added = [duty for duty in asked if duty not in known]
                new = [ReportDuty(kind=kind, edition=edition, form=form, since=now) for kind, edition, form in added]
                session.add_all(new)
                rows = [*(known[duty] for duty in asked if duty in known), *new]
        return {cast("Duty", (row.kind, row.edition, row.form)): row.since for row in rows}

    def _of(self, period: Span, duties: Sequence[Duty], held: Mapping[str, Mapping[str, Sequence[str]]]) -> OwedReports:
        """Return what is owed for a period, given what is published of it."""
        rows, editions = held.get(str(period), {}), list[str]()
        forms: dict[str, tuple[Form, ...]] = {}
        for edition in dict.fromkeys(edition for _, edition, _ in duties):
            of_division = edition == DIVISION
            keys = [key for key in rows if (key.startswith(OF_DIVISION) if of_division else key == edition)]
            if not (self._has_all_divisions(period, rows) if of_division else keys):
                editions.append(edition)
            asked = [form for _, other, form in duties if other == edition]
            forms |= {key: tuple(form for form in asked if form not in rows[key]) for key in keys}
        return OwedReports(period, tuple(editions), {key: lacking for key, lacking in forms.items() if lacking})

    def _has_all_divisions(self, period: Span, rows: Mapping[str, Sequence[str]]) -> bool:
        """Return whether each division that the board's report names has its edition.

        Without that report: whether any division has. They are published together; only an earlier version of the
        service could be interrupted between two.
        """
        name = str(period)
        published = [key for key in rows if key.startswith(OF_DIVISION)]
        if name in self.attempts.complete or "board" not in rows:
            return bool(published) or name in self.attempts.complete
        with self.store.session(reading=True) as session:
            found = [newest_published(session, name, key) for key in ("board", *published)]
        board, *own = [None if row is None else read_figures(row) for row in found]
        if board is None or not all(own):
            return bool(published)
        if divisions_of(board) <= {figures.unit for figures in own if figures}:
            self.attempts.complete.add(name)
        return name in self.attempts.complete


def _read_published(store: Store) -> dict[str, dict[str, list[str]]]:
    """Return the forms of the newest version, by period and by the edition's key."""
    held: dict[str, dict[str, list[str]]] = {}
    asked = select(Published.period, Published.edition, Published.files).order_by(col(Published.version))
    with store.session(reading=True) as session:
        for period, key, files in session.exec(asked):
            held.setdefault(period, {})[key] = [form_of(name) for name in files]
    return held


def _templates() -> object:
    """Return a value that changes whenever a report template does."""
    found = [(path.name, path.stat()) for path in sorted(resource("templates", "report").iterdir())]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]
