"""As known at K means everything (statistics 1.2a): a period published in time, again, or for the first time months
later has the same figures to the last digit."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import delete
from sqlmodel import select

from compliance.config import Settings
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span
from compliance.reports.rendering.forms import FORMS, form
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import Store, seen_by
from compliance.store.tables import Published
from tests import stores
from tests.changing_force import POLICY, ChangingForce

new_database, database_url = stores.one_database, stores.database_url
store = stores.store

FIRST: Final = date(2026, 3, 23)
"""A Monday in winter time; the clocks change on the Sunday after."""
LATER: Final = timedelta(days=21)
"""So long the force goes on changing after the last report that is published in time."""
SAYS_AS_OF: Final = re.compile(
    r"\)\.(basis\.audit_head|intake\.(as_of|directory_as_of|unknown_officers|vanished|vanished_in_period)|quality\.(unknown-officer|vanished)\."
    r"|gate\.facts\.staff(_before)?\.)"
)
"""What cannot be asked as at K: the directory, and whether a vanished crime came again. It says as of when it stands. And
the head of the audit log, which is that of when the report was published."""
Rows = dict[tuple[str, str], dict[str, Any]]


class Publisher:
    """Publishes in a folder what has settled, and keeps what it has published."""

    def __init__(self, store: Store, force: ChangingForce, folder: Path) -> None:
        settings = Settings.model_validate(
            {
                "force": {"name": "A force"},
                "crime_system": {
                    "kind": "files",
                    "files": {"folder": "in", "tables": {"crimes": "*.ndjson"}, "full_export": True},
                },
                "reminders": {"due_from": force.settings.reminders.due_from.isoformat()},
                "mail": {"host": "127.0.0.1", "sender": "updates@force.example"},
                "report": {
                    "folder": "reports", "forms": ["json"], "editions": ["board", "division", "public"],
                    "unfit_share": 100,
                },
                "base": folder,
                "source": "a test",
            }
        )  # fmt: skip
        self.store, self.force = store, force
        self.reporting = Reporting(settings, POLICY, store)

    def publish(self, period: Span, now: datetime) -> bool:
        """Whether anything of it is new."""
        return any(done.new for done in self.reporting.publish(period, now))

    def rows(self) -> Rows:
        """The figures of all that is published, by period and edition; of each there is one version."""
        with self.store.session(reading=True) as session:
            found = session.exec(select(Published)).all()
            assert {row.version for row in found} == {1}
            return {(row.period, row.edition): row.figures for row in found}

    def forget(self) -> None:
        """As if nothing had ever been published."""
        with self.store.session() as session:
            session.execute(delete(Published))
        for path in self.reporting.folder.iterdir():
            path.unlink()


class InTime:
    """A force's days, each period published on the first day on which it can be; then more days."""

    def __init__(self, store: Store, folder: Path, days: int, seed: int = 1) -> None:
        self.force = ChangingForce(store, seed, FIRST)
        self.publisher = Publisher(store, self.force, folder)
        self.periods: list[Span] = []
        waiting = [parse_period(name) for name in _periods(FIRST, FIRST + timedelta(days=days))]
        for _ in range(days):
            self.force.live()
            now = self.force.now + timedelta(hours=1)
            for period in [each for each in waiting if _can_be_published(store, each, now)]:
                self.publisher.publish(period, now)
                self.periods.append(period)
                waiting.remove(period)
        self.rows = self.publisher.rows()
        for _ in range(LATER.days):
            self.force.live()
        self.later = self.force.now + timedelta(days=100)


def _periods(first: date, last: date) -> list[str]:
    """Weeks from the one before the first reading on, months and a quarter, in the order in which they settle."""
    weeks = [parse_period(f"2026-W{n}") for n in range(11, 53)]
    months = [parse_period(f"2026-{n:02}") for n in range(2, 13)]
    spans = [*weeks, *months, parse_period("2026-Q1"), parse_period("2026-Q2")]
    settled = {str(span): span.last + timedelta(days=8) for span in spans}
    return sorted(
        (name for name, day in settled.items() if first <= day < last), key=lambda name: (settled[name], name)
    )


def _can_be_published(store: Store, period: Span, now: datetime) -> bool:
    settled = period.settling_instant(POLICY.local)
    return settled <= now and seen_by(store, settled) is not None


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two figures differ, each as `path: one, other`."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{path}.{key}")
    elif path.endswith(".quality"):
        yield from differences({q["key"]: q for q in one}, {q["key"]: q for q in other}, path)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}[{place}]")
    elif one != other:
        yield f"{path}: {one}, {other}"


@pytest.fixture(params=[22, pytest.param(29, marks=pytest.mark.long)])
def in_time(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> InTime:
    """Three weeks, in which also a month and a quarter settle; four in the long form."""
    return InTime(store, tmp_path, request.param)


def test_1_2a_published_months_later_or_again_every_figure_is_as_it_was_in_time(in_time: InTime) -> None:
    publisher = in_time.publisher
    assert [str(each) for each in in_time.periods if publisher.publish(each, in_time.later)] == []
    publisher.forget()
    for period in in_time.periods:
        publisher.publish(period, in_time.later)
    late = publisher.rows()
    assert late.keys() == in_time.rows.keys()
    found = [f"{key}{where}" for key in in_time.rows for where in differences(in_time.rows[key], late[key])]
    assert [each for each in found if not SAYS_AS_OF.search(each)] == []
    newest = str(in_time.periods[-1])
    then, now = (msgspec.convert(rows[newest, "board"], Figures) for rows in (in_time.rows, late))
    # What says as of when it stands, and nothing else.
    basis = replace(now.basis, audit_head=then.basis.audit_head)
    now = replace(now, intake=then.intake, quality=then.quality, gate=then.gate, basis=basis)
    assert [name for name in FORMS if form(now, name) != form(then, name)] == [], "byte for byte, in every form"
